//! A chunk: some consecutive atoms of one writer.

use alloc::vec::Vec;
use core::mem;

use super::numbers::Numbers;

/// Atoms of one writer in order of sequence numbers, at least one.
///
/// It is on one cache line: most lay on two, and finding an atom among a million
/// waited for both.
#[derive(Clone)]
#[repr(align(64))]
pub(super) struct Chunk<T> {
    numbers: Numbers,
    values: Vec<T>,
}

/// So many atoms at most are in a chunk: a compromise between long moves, where
/// one is removed, and many chunks of 64 bytes.
pub(super) const CAPACITY: usize = 128;

/// Chunks of fewer atoms take in whatever is next to them, so that there are
/// not many of them.
pub(super) const SMALL: usize = CAPACITY / 4;

impl<T> Chunk<T> {
    pub(super) fn new(number: u64, value: T) -> Self {
        Self { numbers: Numbers::one(number), values: alloc::vec![value] }
    }

    pub(super) fn len(&self) -> usize {
        self.values.len()
    }

    pub(super) fn is_full(&self) -> bool {
        self.len() >= CAPACITY
    }

    pub(super) fn first(&self) -> u64 {
        self.numbers.first()
    }

    pub(super) fn last(&self) -> u64 {
        self.numbers.last()
    }

    /// What `number` stands for.
    #[inline]
    pub(super) fn get(&self, number: u64) -> Option<&T> {
        self.values.get(self.numbers.position(number)?)
    }

    /// Puts a value in the place of that of the same number; gives it back if
    /// there is none.
    pub(super) fn replace(&mut self, number: u64, value: T) -> Result<T, T> {
        let place = self.numbers.position(number).and_then(|at| self.values.get_mut(at));
        match place {
            Some(own) => Ok(mem::replace(own, value)),
            None => Err(value),
        }
    }

    /// The atoms from `first` to `last`, in order.
    pub(super) fn within(&self, first: u64, last: u64) -> impl Iterator<Item = (u64, &T)> {
        let values = self.values[self.numbers.range(first, last)].iter();
        self.numbers.within(first, last).zip(values)
    }

    /// Whether an atom of `number` can be added.
    pub(super) fn has_room_for(&self, number: u64) -> bool {
        !self.is_full() && self.spans(number, number, self.len())
    }

    /// Whether it can take in the atoms of a chunk that comes after it, and have
    /// at most so many then.
    pub(super) fn takes(&self, next: &Self, most: usize) -> bool {
        let len = self.len().min(next.len());
        self.len() + next.len() <= most && self.spans(next.first(), next.last(), len)
    }

    /// Whether it can have numbers from `first` to `last` as well, `len` being
    /// the atoms for which they would have to be offsets.
    fn spans(&self, first: u64, last: u64, len: usize) -> bool {
        self.numbers.are_near(first, last)
            || (len < SMALL || self.numbers.are_offsets()) && self.numbers.are_far(first, last)
    }

    /// Adds an atom that is not there and for which there is
    /// [room](Self::has_room_for).
    pub(super) fn insert(&mut self, number: u64, value: T) {
        self.values.insert(self.numbers.insert(number), value);
    }

    /// Whether `number` is behind all others and next to them, and has room: what
    /// a writer's next atom mostly is.
    #[inline]
    pub(super) fn is_next(&self, number: u64) -> bool {
        // A bit behind all others is one of the first 128, so there is room.
        self.numbers.is_next(number)
    }

    /// Adds an atom behind all others, if there is [room](Self::has_room_for).
    #[inline]
    pub(super) fn push(&mut self, number: u64, value: T) {
        if self.len() == self.values.capacity() {
            self.grow();
        }
        self.numbers.push(number);
        self.values.push(value);
    }

    /// Twice the room, and no more than can be used.
    #[cold]
    fn grow(&mut self) {
        let more = self.len().max(4).min(CAPACITY.saturating_sub(self.len()));
        self.values.reserve_exact(more);
    }

    /// Shows the atoms in order: for all of them cheaper than
    /// [`within`](Self::within).
    pub(super) fn for_each<'a>(&'a self, mut each: impl FnMut(u64, &'a T)) {
        let mut values = self.values.iter();
        self.numbers.runs(|first, last| {
            (first..=last).zip(&mut values).for_each(|(number, value)| each(number, value));
        });
    }

    /// Removes the atom of `number`.
    pub(super) fn take_one(&mut self, number: u64) -> Option<T> {
        let value = self.values.remove(self.numbers.position(number)?);
        self.numbers.remove_one(number);
        if self.len() > 0 {
            self.shrink();
        }
        Some(value)
    }

    /// Removes the atoms from `first` to `last` and hands them over.
    pub(super) fn take(&mut self, first: u64, last: u64, mut taken: impl FnMut(u64, T)) {
        let range = self.numbers.range(first, last);
        let numbers = self.numbers.within(first, last);
        numbers.zip(self.values.drain(range)).for_each(|(n, value)| taken(n, value));
        self.numbers.remove(first, last);
        if self.len() > 0 {
            self.shrink();
        }
    }

    /// Splits a chunk in two halves, and returns the second.
    pub(super) fn split(&mut self) -> Self {
        let middle = self.len() / 2;
        let values = self.values.split_off(middle);
        let mut second = Self { numbers: self.numbers.split_off(middle), values };
        self.numbers.shrink();
        second.numbers.shrink();
        second
    }

    /// Adds the atoms of a chunk that comes after this one, if it
    /// [takes](Self::takes) them.
    pub(super) fn append(&mut self, next: Self) {
        self.numbers.append(&next.numbers);
        self.values.reserve_exact(next.values.len());
        self.values.extend(next.values);
    }

    /// Gives back room that is not needed.
    pub(super) fn shrink(&mut self) {
        let len = self.len();
        if self.values.capacity() > 2 * len {
            self.values.shrink_to(len + len / 4);
        }
        self.numbers.shrink();
    }

    /// The runs of consecutive numbers, `(first, last)`.
    pub(super) fn runs(&self, each: impl FnMut(u64, u64)) {
        self.numbers.runs(each);
    }
}

impl<T: Clone> Chunk<T> {
    /// A copy of the atoms from `first` to `last`, if there is one.
    pub(super) fn copy(&self, first: u64, last: u64) -> Option<Self> {
        let values = self.values[self.numbers.range(first, last)].to_vec();
        (!values.is_empty()).then(|| Self { numbers: self.numbers.copy(first, last), values })
    }
}
