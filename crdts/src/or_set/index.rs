//! Finding the dots of an element in a large set.
//!
//! *What must an index hold, if the set holds the elements and finds them by
//! dot?* Dots, by the hash of their elements; but 16 bytes for each are twice a
//! `u64` element. Writers are few, so a dot is a short name, of its writer and the
//! high part of its number, and the rest of the number: it fits in one word beside
//! some bits of the hash, mostly in four bytes. Looking an element up touches one
//! line of the table and two of the storage.
//!
//! **Cost**: that of the table, and some 100 bytes for each writer of a live
//! element and 4,096 numbers.

mod names;
mod words;

use core::borrow::Borrow;
use core::hash::{BuildHasher, Hash};

use foldhash::fast::RandomState;
use gossiper_core::causal::DotMap;
use gossiper_core::lattice::Dot;
use names::Names;
use words::Words;

/// The dots of a set's atoms, by the hash of their elements.
///
/// It is only ever asked for one element, and never iterated, so that no hash
/// shows in what the set does.
#[derive(Clone)]
pub(super) struct Index {
    /// A word for each atom.
    words: Words,
    /// Atoms whose element an earlier one has as well.
    repeated: usize,
    names: Names,
    hasher: RandomState,
}

impl Index {
    /// The index of all atoms. O(n).
    pub(super) fn of<T: Eq + Hash>(atoms: &DotMap<T>) -> Self {
        let names = Names::of(atoms);
        let words = Words::new(atoms.len(), names.are_narrow());
        let mut index = Self { words, repeated: 0, names, hasher: RandomState::default() };
        atoms.for_each(|dot, element| {
            index.put(atoms, dot, element);
        });
        index
    }

    /// Atoms whose element an earlier one has as well.
    pub(super) const fn repeated(&self) -> usize {
        self.repeated
    }

    /// Hands the dots of `element` among `atoms` to `each` until that returns
    /// false.
    pub(super) fn each_dot<T, Q>(
        &self,
        atoms: &DotMap<T>,
        element: &Q,
        mut each: impl FnMut(Dot) -> bool,
    ) where
        T: Borrow<Q>,
        Q: Eq + Hash + ?Sized,
    {
        let hash = self.hasher.hash_one(element);
        let (names, tag) = (&self.names, self.names.tag(hash));
        self.words.find(hash, tag, |word| {
            names.dot_of(atoms, element, word).is_some_and(|dot| !each(dot))
        });
    }

    /// Whether `element` is among `atoms`.
    #[inline]
    pub(super) fn has<T, Q>(&self, atoms: &DotMap<T>, element: &Q) -> bool
    where
        T: Borrow<Q>,
        Q: Eq + Hash + ?Sized,
    {
        let hash = self.hasher.hash_one(element);
        let (names, tag) = (&self.names, self.names.tag(hash));
        self.words.find(hash, tag, |word| names.dot_of(atoms, element, word).is_some()).is_some()
    }

    /// Adds atoms that are among `atoms`, in order of dots. O(k) for k of them
    /// on average.
    pub(super) fn insert<T: Eq + Hash>(&mut self, atoms: &DotMap<T>, born: &[Dot]) {
        // There is mostly room for a name each, without counting them.
        let most = self.most_names(atoms.len());
        let has_names = self.names.len() + born.len() <= most || {
            let mut needed = self.names.needed();
            born.iter().for_each(|dot| needed.see(*dot));
            self.names.len() + needed.names() <= most
        };
        // Or there are names of writers that have come and gone.
        if !has_names || !self.words.has_room_for(born.len()) {
            return self.make_anew(atoms);
        }
        for dot in born {
            if let Some(element) = atoms.get(*dot) {
                self.put(atoms, *dot, element);
            }
        }
    }

    /// Makes room for one more atom to be [put](Self::put) beside these.
    #[inline]
    pub(super) fn make_room<T: Eq + Hash>(&mut self, atoms: &DotMap<T>) {
        if self.names.len() >= self.most_names(atoms.len()) || !self.words.has_room_for(1) {
            self.make_anew(atoms);
        }
    }

    #[cold]
    fn make_anew<T: Eq + Hash>(&mut self, atoms: &DotMap<T>) {
        *self = Self::of(atoms);
    }

    /// So many names at most: others are of writers that have come and gone.
    const fn most_names(&self, atoms: usize) -> usize {
        let (most, capacity) = (2 * atoms + 64, self.names.capacity());
        if most < capacity { most } else { capacity }
    }

    /// Adds an atom that may be among `atoms` or be about to be, for which there
    /// is [room](Self::make_room); returns another one of the same element.
    #[inline(always)]
    pub(super) fn put<T: Eq + Hash>(
        &mut self,
        atoms: &DotMap<T>,
        dot: Dot,
        element: &T,
    ) -> Option<Dot> {
        let hash = self.hasher.hash_one(element);
        let word = self.names.word(dot, hash);
        let (names, tag) = (&self.names, self.names.tag(hash));
        let mut other = None;
        self.words.put(hash, tag, word, |own| {
            other = other.or_else(|| names.dot_of(atoms, element, own));
        });
        self.repeated += usize::from(other.is_some());
        other
    }

    /// Drops an atom that is about to leave `atoms`.
    pub(super) fn remove<T: Eq + Hash>(&mut self, atoms: &DotMap<T>, dot: Dot, element: &T) {
        self.forget(dot, element);
        let mut repeated = false;
        self.each_dot(atoms, element, |_| {
            repeated = true;
            false
        });
        self.repeated -= usize::from(repeated);
    }

    /// Drops an atom whose element no other atom has.
    pub(super) fn forget<T: Hash>(&mut self, dot: Dot, element: &T) {
        let hash = self.hasher.hash_one(element);
        if let Some(at) =
            self.words.find(hash, self.names.tag(hash), |word| self.names.is_of(dot, word))
        {
            self.words.remove(at);
        }
    }

    /// Whether it has far more room than it needs.
    pub(super) const fn is_sparse(&self) -> bool {
        self.words.is_sparse()
    }
}

#[cfg(test)]
mod tests {
    use alloc::collections::BTreeMap;
    use alloc::vec::Vec;

    use gossiper_core::causal::{Atoms, Changes};
    use gossiper_core::lattice::{CausalContext, ReplicaId};
    use gossiper_core::{DeterministicRng, RandomSource};

    use super::super::OrSet;
    use super::*;

    /// What numbers and writers dots have: consecutive, spread over all numbers,
    /// or from a writer each.
    fn dots(shape: u64, rng: &mut DeterministicRng, next: &mut u64) -> Dot {
        *next += 1;
        let (replica, sequence) = match shape {
            0 => (1 + rng.below(3), *next),
            1 => (1, u64::MAX - *next),
            2 => (rng.below(4) * (u64::MAX / 4), (rng.next_u64() >> rng.below(64)).max(1)),
            _ => (rng.next_u64(), 1 + rng.below(2) * (u64::MAX - 1)),
        };
        Dot::new(ReplicaId::new(replica), sequence).unwrap()
    }

    /// Sets beside a plain map from dots: with elements of which each has many
    /// dots, and with elements of which hardly one has two.
    #[test]
    fn look_ups_agree_with_a_plain_map() {
        let mut rng = DeterministicRng::new(5);
        for (shape, elements) in (0..4).flat_map(|shape| [(shape, 40), (shape, 1 << 40)]) {
            let (mut set, mut model) = (OrSet::<u64>::new(), BTreeMap::<Dot, u64>::new());
            let mut next = 0;
            for step in 0..400_u64 {
                // It grows, shrinks to almost nothing, and grows again.
                let grows = step % 200 < 110;
                let mut changes = Changes::default();
                if grows {
                    let news: DotMap<u64> = (0..rng.below(40))
                        .map(|_| (dots(shape, &mut rng, &mut next), rng.below(elements)))
                        .filter(|(dot, _)| !model.contains_key(dot))
                        .collect();
                    model.extend(news.iter().map(|(dot, element)| (dot, *element)));
                    set.absorb(news.into(), &CausalContext::new(), &mut changes);
                } else {
                    let doomed: Vec<Dot> =
                        model.keys().filter(|_| rng.below(12) == 0).copied().collect();
                    model.retain(|dot, _| !doomed.contains(dot));
                    set.retire(&doomed.into_iter().collect(), &mut changes);
                }
                let mut by_element = BTreeMap::<u64, Vec<Dot>>::new();
                for (dot, element) in &model {
                    by_element.entry(*element).or_default().push(*dot);
                }
                assert_eq!(set.len(), by_element.len());
                for (element, expected) in by_element.iter().take(50) {
                    let mut found: Vec<Dot> = set.dots_of(element).collect();
                    found.sort_unstable();
                    assert_eq!(&found, expected);
                    assert!(set.contains(element));
                }
                let absent = rng.below(elements);
                assert_eq!(set.contains(&absent), by_element.contains_key(&absent));
                if let Some(index) = &set.index {
                    assert_eq!(index.words.len(), model.len());
                    let (slots, used) = index.words.slots();
                    assert!(4 * used <= 3 * slots && 16 * model.len() + 32 >= used);
                    assert!(8 * model.len() + 8 >= slots, "it shrinks");
                    assert!(index.names.len() <= slots + 64, "names are dropped");
                }
            }
        }
    }

    /// A set of one size to which additions and removals go on for ever: what has
    /// gone leaves room.
    #[test]
    fn a_table_stays_as_large_as_its_set() {
        let mut set = OrSet::<u64>::new();
        let dot = |number, writer| Dot::new(ReplicaId::new(writer), number).unwrap();
        for number in 1..30_000_u64 {
            let mut changes = Changes::default();
            // Each from another writer, as one that restarts without its state.
            let one = DotMap::from_iter([(dot(number, number), number)]);
            set.absorb(one.into(), &CausalContext::new(), &mut changes);
            if let Some(gone) = number.checked_sub(100).filter(|gone| *gone > 0) {
                set.retire(&[dot(gone, gone)].into_iter().collect(), &mut changes);
            }
        }
        let index = set.index.as_ref().unwrap();
        assert_eq!((set.len(), index.words.len()), (100, 100));
        assert!(index.words.slots().0 <= 256 && index.names.len() <= 300);
    }
}
