//! Finding the dots of an element in a large set.

use core::borrow::Borrow;
use core::hash::{BuildHasher, Hash};

use foldhash::fast::RandomState;
use gossiper_core::causal::DotMap;
use gossiper_core::lattice::Dot;
use hashbrown::HashTable;

/// The dots of a set's atoms, by the hash of their elements.
///
/// It is only ever asked for one element, and never iterated, so that no hash
/// shows in what the set does.
#[derive(Clone, Default)]
pub(super) struct Index {
    dots: HashTable<Dot>,
    hasher: RandomState,
    /// Atoms whose element an earlier one has as well.
    repeated: usize,
}

impl Index {
    /// The index of all atoms. O(n).
    pub(super) fn of<T: Eq + Hash>(atoms: &DotMap<T>) -> Self {
        let mut index = Self::default();
        for dot in atoms.dots() {
            index.insert(atoms, dot);
        }
        index
    }

    /// Atoms whose element an earlier one has as well.
    pub(super) const fn repeated(&self) -> usize {
        self.repeated
    }

    /// The dots of `element` among `atoms`.
    pub(super) fn dots_of<'a, T, Q>(
        &'a self,
        atoms: &'a DotMap<T>,
        element: &'a Q,
    ) -> impl Iterator<Item = Dot> + 'a
    where
        T: Borrow<Q>,
        Q: Eq + Hash + ?Sized,
    {
        let candidates = self.dots.iter_hash(self.hasher.hash_one(element)).copied();
        candidates.filter(move |dot| atoms.get(*dot).is_some_and(|own| own.borrow() == element))
    }

    /// Adds an atom that is among `atoms`.
    pub(super) fn insert<T: Eq + Hash>(&mut self, atoms: &DotMap<T>, dot: Dot) {
        let Some(element) = atoms.get(dot) else { return };
        let repeated = self.dots_of(atoms, element).next().is_some();
        self.repeated += usize::from(repeated);
        let Self { dots, hasher, .. } = self;
        let rehash = |dot: &Dot| atoms.get(*dot).map_or(0, |own| hasher.hash_one(own));
        dots.insert_unique(hasher.hash_one(element), dot, rehash);
    }

    /// Drops an atom that is about to leave `atoms`.
    pub(super) fn remove<T: Eq + Hash>(&mut self, atoms: &DotMap<T>, dot: Dot) {
        let Some(element) = atoms.get(dot) else { return };
        if let Ok(entry) = self.dots.find_entry(self.hasher.hash_one(element), |own| *own == dot) {
            entry.remove();
            let repeated = self.dots_of(atoms, element).next().is_some();
            self.repeated -= usize::from(repeated);
        }
    }
}
