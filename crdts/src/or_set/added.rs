//! Elements that are added, on their way.

use alloc::vec::Vec;
use core::borrow::Borrow;
use core::fmt;
use core::hash::Hash;
use core::ops::Deref;

use gossiper_core::causal::{Atoms, Changes, DotMap, Fragment, Wanted};
use gossiper_core::lattice::{CausalContext, Dot, Run};

use super::OrSet;

/// What a delta adds to a set: elements under their dots. It reads as the
/// [`DotMap`] of them.
///
/// While a transaction records very many elements, it finds them by hash, as a
/// set does. What is sent is never asked, and has no index.
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(transparent, bound = "T: serde::Serialize"))]
pub struct Added<T>(OrSet<T>);

impl<T> Added<T> {
    const fn of(atoms: DotMap<T>) -> Self {
        Self(OrSet { atoms, index: None })
    }

    pub(super) fn into_atoms(self) -> DotMap<T> {
        self.0.atoms
    }
}

impl<T: Eq + Hash + Clone + 'static> Added<T> {
    /// Adds an element, in place of one that is there. O(1) on average.
    pub(super) fn insert(&mut self, dot: Dot, element: T) {
        if self.0.index.is_none() && !self.0.atoms.is_empty() {
            self.remove(&element);
        }
        if let Some(other) = self.0.add(dot, element) {
            self.0.retire(&Run::from(other).into(), &mut Changes::default());
        }
    }

    /// Takes an element out again; says whether it was there. O(1) on average.
    pub(super) fn remove<Q>(&mut self, element: &Q) -> bool
    where
        T: Borrow<Q>,
        Q: Eq + Hash + ?Sized,
    {
        let Some(dot) = self.0.first_dot(element) else { return false };
        self.0.retire(&Run::from(dot).into(), &mut Changes::default());
        true
    }

    /// Whether an element is there. O(1) on average.
    pub(crate) fn has<Q>(&self, element: &Q) -> bool
    where
        T: Borrow<Q>,
        Q: Eq + Hash + ?Sized,
    {
        self.0.first_dot(element).is_some()
    }
}

impl<T: Clone + 'static> Atoms for Added<T> {
    type Fragment = Self;

    fn is_bottom(&self) -> bool {
        self.0.is_empty()
    }

    fn live(&self, runs: &mut Vec<Run>) {
        self.0.atoms.live(runs);
    }

    fn only(&self) -> Option<Dot> {
        self.0.atoms.only()
    }

    fn retire(&mut self, doomed: &CausalContext, changes: &mut Changes) {
        self.0.index = None;
        self.0.atoms.retire(doomed, changes);
    }

    fn absorb(&mut self, fragment: Self, known: &CausalContext, changes: &mut Changes) {
        self.0.index = None;
        self.0.atoms.absorb(fragment.into_atoms(), known, changes);
    }

    fn pick(&self, wanted: Wanted<'_>) -> Self {
        Self::of(self.0.atoms.pick(wanted))
    }
}

impl<T: Clone + 'static> Fragment for Added<T> {
    fn decompose(self, atoms: &mut Vec<Self>) {
        let mut single = Vec::new();
        self.into_atoms().decompose(&mut single);
        atoms.extend(single.into_iter().map(Self::of));
    }

    /// Drops the index: the transaction is over.
    fn prune(&mut self) {
        self.0.index = None;
    }
}

impl<T> From<DotMap<T>> for Added<T> {
    fn from(atoms: DotMap<T>) -> Self {
        Self::of(atoms)
    }
}

impl<T> Deref for Added<T> {
    type Target = DotMap<T>;

    fn deref(&self) -> &DotMap<T> {
        &self.0.atoms
    }
}

/// Without an index: a copy is to be sent, or merged.
impl<T: Clone> Clone for Added<T> {
    fn clone(&self) -> Self {
        Self::of(self.0.atoms.clone())
    }
}

// By hand: deriving would ask for `T: Default`.
impl<T> Default for Added<T> {
    fn default() -> Self {
        Self::of(DotMap::new())
    }
}

impl<T: PartialEq> PartialEq for Added<T> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl<T: Eq> Eq for Added<T> {}

impl<T: Hash> Hash for Added<T> {
    fn hash<H: core::hash::Hasher>(&self, state: &mut H) {
        self.0.atoms.hash(state);
    }
}

/// Reads as `{r1#1: "a", r1#2: "b"}`.
impl<T: fmt::Debug> fmt::Debug for Added<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.atoms.fmt(f)
    }
}

#[cfg(feature = "serde")]
impl<'de, T: serde::Deserialize<'de>> serde::Deserialize<'de> for Added<T> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        DotMap::deserialize(deserializer).map(Self::of)
    }
}
