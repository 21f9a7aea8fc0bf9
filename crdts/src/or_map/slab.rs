//! Things at places that stay.

use alloc::vec::Vec;
use core::mem;

/// Things at places, which are numbers that stay while others come and go.
///
/// Growing never moves what is there: a list of a million that doubles would
/// stop everything for that long. O(1) each.
#[derive(Clone)]
pub(super) struct Slab<T> {
    chunks: Vec<Vec<Option<T>>>,
    /// How many places there are.
    places: u32,
    vacant: Vec<u32>,
}

/// So many places are one allocation.
const CHUNK: usize = 64;

impl<T> Slab<T> {
    pub(super) const fn new() -> Self {
        Self { chunks: Vec::new(), places: 0, vacant: Vec::new() }
    }

    pub(super) const fn len(&self) -> usize {
        self.places() - self.vacant.len()
    }

    /// How many places there are, with a thing or without.
    pub(super) const fn places(&self) -> usize {
        self.places as usize
    }

    #[inline]
    pub(super) fn get(&self, place: u32) -> Option<&T> {
        let place = place as usize;
        self.chunks.get(place / CHUNK)?.get(place % CHUNK)?.as_ref()
    }

    #[inline]
    pub(super) fn get_mut(&mut self, place: u32) -> Option<&mut T> {
        let place = place as usize;
        self.chunks.get_mut(place / CHUNK)?.get_mut(place % CHUNK)?.as_mut()
    }

    /// Adds a thing, and says where it is.
    ///
    /// # Panics
    ///
    /// If there are 2³² already, which memory prevents.
    pub(super) fn insert(&mut self, thing: T) -> u32 {
        if let Some(place) = self.vacant.pop() {
            let at = place as usize;
            self.chunks[at / CHUNK][at % CHUNK] = Some(thing);
            return place;
        }
        let place = self.places;
        self.places = place.checked_add(1).expect("fewer than 2^32 keys");
        match self.chunks.last_mut() {
            Some(last) if last.len() < CHUNK => last.push(Some(thing)),
            _ => {
                let mut chunk = Vec::with_capacity(CHUNK);
                chunk.push(Some(thing));
                self.chunks.push(chunk);
            }
        }
        place
    }

    /// Takes the thing at a place away.
    pub(super) fn remove(&mut self, place: u32) -> Option<T> {
        let at = place as usize;
        let thing = mem::take(self.chunks.get_mut(at / CHUNK)?.get_mut(at % CHUNK)?)?;
        self.vacant.push(place);
        Some(thing)
    }

    /// The things, with their places, in order of places.
    pub(super) fn iter(&self) -> impl Iterator<Item = (u32, &T)> {
        let things = (0..).zip(self.chunks.iter().flatten());
        things.filter_map(|(place, thing)| Some((place, thing.as_ref()?)))
    }

    /// The things, in order of places.
    pub(super) fn into_things(self) -> impl Iterator<Item = T> {
        self.chunks.into_iter().flatten().flatten()
    }
}
