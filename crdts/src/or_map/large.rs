//! Many keys: found by hash, and by dot, and in order for whoever reads them so.
//!
//! *A write has to find its key, and a removal the key of a dot; and a map is
//! read in order.* A tree in order of keys does the first, at a cache miss for
//! each of its levels. So each key and its value have a place, which a table
//! finds by the key's hash and an index by a dot. The order comes last: a map
//! that is never read in order has none, one that is makes it the first time
//! and keeps it from there on.
//!
//! **Cost** for n keys: finding one O(1) on average; a new key and one that goes
//! O(1), and O(log n) once the map was read in order; the first read in order
//! O(n log n). A key costs 13 to 24 bytes beside itself, and 4 for each dot;
//! the order has every key once more.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::borrow::Borrow;
use core::hash::{BuildHasher, Hash};
use core::mem;
use core::ops::RangeBounds;

use foldhash::fast::RandomState;
use gossiper_core::causal::{Atoms, Changes, DotMap, Dotted, Wanted};
use gossiper_core::lattice::{CausalContext, Dot, Run};
use smallvec::SmallVec;
use spin::Once;

use super::entries::Entries;
use super::slab::Slab;
use crate::table::{FIRST_WORD, Table, Tag};

/// Keys with their values.
pub(super) struct Large<K, V> {
    entries: Slab<(K, V)>,
    /// A word for each key: the high half of its hash, and its place. It is
    /// only ever asked for one key, so that no hash shows.
    table: Table,
    hasher: RandomState,
    /// The place of the key that each live dot is below.
    places: DotMap<u32>,
    /// The place of each key, in order of keys, from the first read in order on.
    order: Once<Order<K>>,
}

/// Keys in order, and their places.
pub(super) type Order<K> = BTreeMap<K, u32>;

impl<K, V> Large<K, V> {
    fn new(keys: usize) -> Self {
        Self {
            entries: Slab::new(),
            table: Table::for_words(keys),
            hasher: RandomState::default(),
            places: DotMap::new(),
            order: Once::new(),
        }
    }

    pub(super) const fn len(&self) -> usize {
        self.entries.len()
    }

    /// What is at a place where a key is.
    pub(super) fn at(&self, place: u32) -> Option<(&K, &V)> {
        self.entries.get(place).map(|(key, value)| (key, value))
    }

    /// The keys with their values, in no order that means anything.
    pub(super) fn entries(&self) -> impl Iterator<Item = &(K, V)> {
        self.entries.iter().map(|(_, entry)| entry)
    }
}

impl<K: Ord + Clone, V> Large<K, V> {
    /// The keys in order.
    pub(super) fn order(&self) -> &Order<K> {
        self.order.call_once(|| {
            let keys = self.entries.iter().map(|(place, (key, _))| (key.clone(), place));
            keys.collect()
        })
    }

    /// The keys within a range and their values, in order.
    pub(super) fn range<Q, R>(&self, range: R) -> impl DoubleEndedIterator<Item = (&K, &V)>
    where
        K: Borrow<Q>,
        Q: Ord + ?Sized,
        R: RangeBounds<Q>,
    {
        self.order().range(range).filter_map(|(_, place)| self.at(*place))
    }
}

impl<K: Eq + Hash, V> Large<K, V> {
    fn find<Q>(&self, key: &Q) -> Option<u32>
    where
        K: Borrow<Q>,
        Q: Eq + Hash + ?Sized,
    {
        self.find_hashed(self.hasher.hash_one(key), key)
    }

    #[inline]
    fn find_hashed<Q>(&self, hash: u64, key: &Q) -> Option<u32>
    where
        K: Borrow<Q>,
        Q: Eq + ?Sized,
    {
        let mut found = None;
        self.table.find(hash, tag(hash), |word| {
            let place = place_in(word);
            let own = self.entries.get(place);
            found = own.filter(|(own, _)| own.borrow() == key).map(|_| place);
            found.is_some()
        });
        found
    }

    /// The value at `key`. O(1) on average.
    pub(super) fn get<Q>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
        Q: Eq + Hash + ?Sized,
    {
        self.entries.get(self.find(key)?).map(|(_, value)| value)
    }

    fn make_room(&mut self) {
        if self.table.has_room_for(1) {
            return;
        }
        let mut table = Table::for_words(self.entries.len() + 1);
        for (place, (key, _)) in self.entries.iter() {
            let hash = self.hasher.hash_one(key);
            table.put(hash, tag(hash), word(hash, place), |_| {});
        }
        self.table = table;
    }
}

impl<K: Ord + Hash + Clone + 'static, V: Dotted> Large<K, V> {
    /// Of all these, whose keys differ. O(n), and the dots.
    pub(super) fn of(entries: Vec<(K, V)>) -> Self {
        let mut large = Self::new(entries.len());
        let (mut runs, mut born) = (Vec::new(), Vec::new());
        for (key, value) in entries {
            value.live(&mut runs);
            let hash = large.hasher.hash_one(&key);
            let place = large.insert(hash, key, value);
            born.extend(runs.drain(..).flat_map(Run::dots).map(|dot| (dot, place)));
        }
        large.note(born);
        large
    }

    /// Notes the places of dots. In order, for their index is appended to in
    /// steps, and opened in the middle by moving what is behind.
    pub(super) fn note(&mut self, mut born: Vec<(Dot, u32)>) {
        if !put_run_in_order(&mut born) {
            born.sort_unstable();
        }
        for (dot, place) in born {
            self.places.insert(dot, place);
        }
    }

    /// Its keys with their values, in no order that means anything; none stay.
    pub(super) fn take(&mut self) -> Vec<(K, V)> {
        mem::replace(self, Self::new(0)).entries.into_things().collect()
    }

    /// Adds a key that is not there.
    fn insert(&mut self, hash: u64, key: K, value: V) -> u32 {
        self.make_room();
        let ordered = self.order.get_mut().map(|order| (order, key.clone()));
        let place = self.entries.insert((key, value));
        self.table.put(hash, tag(hash), word(hash, place), |_| {});
        if let Some((order, key)) = ordered {
            order.insert(key, place);
        }
        place
    }

    /// Removes the key at a place, whose dots have gone.
    fn remove(&mut self, place: u32) {
        let Some((key, _)) = self.entries.remove(place) else { return };
        let hash = self.hasher.hash_one(&key);
        if let Some(at) = self.table.find(hash, tag(hash), |own| own == word(hash, place)) {
            self.table.remove(at);
        }
        if let Some(order) = self.order.get_mut() {
            order.remove(&key);
        }
    }

    /// Whether it has far more room than it needs, and making it anew is not
    /// much more work than what made it so.
    pub(super) fn is_sparse(&self) -> bool {
        let places = self.entries.places();
        self.len() < places / 8 && self.places.len() <= places
    }

    pub(super) fn live(&self, runs: &mut Vec<Run>) {
        self.places.live(runs);
    }

    pub(super) fn retire(&mut self, doomed: &CausalContext, changes: &mut Changes) {
        let mut touched = SmallVec::<[u32; 4]>::new();
        self.places.take(doomed, |_, place| touched.push(place));
        if touched.len() > 1 {
            touched.sort_unstable();
            touched.dedup();
        }
        for place in touched {
            let Some((_, value)) = self.entries.get_mut(place) else { continue };
            value.retire(doomed, changes);
            if value.is_bottom() {
                self.remove(place);
            }
        }
    }

    /// As [`Atoms::absorb`], of the value at one key. If there is a list, what it
    /// adds to that has to be [noted](Self::note).
    pub(super) fn absorb(
        &mut self,
        key: K,
        part: V::Fragment,
        known: &CausalContext,
        changes: &mut Changes,
        born: Option<&mut Vec<(Dot, u32)>>,
    ) {
        let before = changes.born().len();
        let hash = self.hasher.hash_one(&key);
        let place = match self.find_hashed(hash, &key) {
            Some(place) => {
                if let Some((_, value)) = self.entries.get_mut(place) {
                    value.absorb(part, known, changes);
                }
                place
            }
            None => {
                let mut value = V::default();
                value.absorb(part, known, changes);
                if value.is_bottom() {
                    return;
                }
                self.insert(hash, key, value)
            }
        };
        let dots = &changes.born()[before..];
        match born {
            Some(born) => born.extend(dots.iter().map(|dot| (*dot, place))),
            None => {
                for dot in dots {
                    self.places.insert(*dot, place);
                }
            }
        }
    }

    pub(super) fn pick(&self, wanted: Wanted<'_>) -> Entries<K, V::Fragment> {
        let mut touched: Vec<u32> = self.places.pick(wanted).values().copied().collect();
        touched.sort_unstable();
        touched.dedup();
        let picked = touched.into_iter().filter_map(|place| {
            let (key, value) = self.entries.get(place)?;
            Some((key.clone(), value.pick(wanted)))
        });
        picked.collect()
    }
}

/// Puts dots in order if they are one run, as those of a transaction are: each
/// goes as far from the first as its number is. Says whether they are; if not,
/// they are in some order.
fn put_run_in_order<T>(dots: &mut [(Dot, T)]) -> bool {
    let Some(first) = dots.iter().map(|(dot, _)| *dot).min() else { return true };
    for at in 0..dots.len() {
        loop {
            let dot = dots[at].0;
            if dot.replica() != first.replica() {
                return false;
            }
            match usize::try_from(dot.sequence() - first.sequence()) {
                Ok(place) if place == at => break,
                // Which puts it where it stays, so that this ends.
                Ok(place) if dots.get(place).is_some_and(|(own, _)| *own != dot) => {
                    dots.swap(at, place);
                }
                _ => return false,
            }
        }
    }
    true
}

/// A copy is read in order as soon as what it is of.
impl<K: Clone, V: Clone> Clone for Large<K, V> {
    fn clone(&self) -> Self {
        let order = self.order.get().cloned();
        Self {
            entries: self.entries.clone(),
            table: self.table.clone(),
            hasher: self.hasher.clone(),
            places: self.places.clone(),
            order: order.map_or_else(Once::new, Once::initialized),
        }
    }
}

/// Bits of a word that hold a place.
const PLACE: u32 = 33;

/// The bits of a hash that tell keys apart.
const fn tag(hash: u64) -> Tag {
    Tag { bits: hash >> PLACE, above: PLACE }
}

const fn word(hash: u64, place: u32) -> u64 {
    tag(hash).bits << PLACE | (place as u64 + FIRST_WORD)
}

#[expect(clippy::cast_possible_truncation, reason = "it was a place of 32 bits")]
const fn place_in(word: u64) -> u32 {
    ((word & ((1 << PLACE) - 1)) - FIRST_WORD) as u32
}

#[cfg(test)]
mod tests {
    use gossiper_core::lattice::ReplicaId;

    use super::*;
    use crate::{MvRegister, OrMap};

    #[test]
    fn only_a_run_is_put_in_order() {
        let dot = |(writer, number)| (Dot::new(ReplicaId::new(writer), number).unwrap(), number);
        let mut run: Vec<_> = (0..100).map(|n| dot((1, 7 + n * 37 % 100))).collect();
        assert!(put_run_in_order(&mut run));
        assert!(run.into_iter().eq((7..107).map(|n| dot((1, n)))));
        for others in [
            &[(1, 5), (1, 7)][..],
            &[(1, 5), (1, 6), (1, 6)],
            &[(1, 5), (2, 6), (1, 7)],
            &[(1, 5), (2, 1)],
            &[(1, u64::MAX), (1, 1)],
        ] {
            let mut dots: Vec<_> = others.iter().copied().map(dot).collect();
            assert!(!put_run_in_order(&mut dots), "{others:?}");
            dots.sort_unstable();
            let mut all: Vec<_> = others.iter().copied().map(dot).collect();
            all.sort_unstable();
            assert_eq!(dots, all, "none is lost");
        }
        assert!(put_run_in_order::<u64>(&mut []));
    }

    /// A map of one size in which keys come and go for ever, and one that shrinks:
    /// what has gone leaves room.
    #[test]
    fn what_has_gone_leaves_room() {
        let mut map = OrMap::<u64, MvRegister<u64>>::new();
        let dot = |number| Dot::new(ReplicaId::new(1), number).unwrap();
        let (mut changes, known) = (Changes::default(), CausalContext::new());
        let large = |map: &OrMap<u64, MvRegister<u64>>| match &map.layout {
            super::super::Layout::Many(large) => {
                (large.entries.places(), large.table.slots().0, large.order.get().is_some())
            }
            super::super::Layout::Few(_) => (0, 0, false),
        };
        for number in 1..=5_000_u64 {
            let one = DotMap::from_iter([(dot(number), number)]);
            map.absorb([(number, one)].into_iter().collect(), &known, &mut changes);
            if let Some(gone) = number.checked_sub(1_000).filter(|gone| *gone > 0) {
                map.retire(&[dot(gone)].into_iter().collect(), &mut changes);
            }
        }
        assert_eq!((map.len(), large(&map).0), (1_000, 1_001));
        assert!(large(&map).1 <= 2_048 && !large(&map).2);
        assert!(map.keys().copied().eq(4_001..=5_000) && large(&map).2, "it is ordered");
        for gone in 4_001..5_000 {
            map.retire(&[dot(gone)].into_iter().collect(), &mut changes);
            let (places, slots, _) = large(&map);
            assert!(places <= 8 * (map.len() + 1) && slots <= 20 * (map.len() + 1));
            assert!(map.keys().copied().eq(gone + 1..=5_000));
        }
        assert_eq!(large(&map), (0, 0, false));
    }
}
