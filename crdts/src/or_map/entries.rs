//! Some entries of a map, on their way.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::borrow::Borrow;
use core::fmt;

use gossiper_core::causal::{Atoms, Changes, Fragment, Wanted};
use gossiper_core::lattice::{CausalContext, Run};

/// Entries of an [`OrMap`](crate::OrMap): a fragment of the value at each key.
#[derive(Clone, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(
        transparent,
        bound(deserialize = "K: serde::Deserialize<'de> + Ord, F: serde::Deserialize<'de>")
    )
)]
pub struct Entries<K, F>(
    #[cfg_attr(
        feature = "serde",
        serde(deserialize_with = "gossiper_core::lattice::canonical::ordered_map")
    )]
    pub(super) BTreeMap<K, F>,
);

impl<K, F> Entries<K, F> {
    /// The keys and the fragments of their values, in order of keys.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&K, &F)> {
        self.0.iter()
    }
}

impl<K: Ord, F> Entries<K, F> {
    /// The fragment of the value at `key`. O(log n).
    #[must_use]
    pub fn get<Q>(&self, key: &Q) -> Option<&F>
    where
        K: Borrow<Q>,
        Q: Ord + ?Sized,
    {
        self.0.get(key)
    }
}

impl<K: Ord + Clone + 'static, F: Fragment> Atoms for Entries<K, F> {
    type Fragment = Self;

    fn is_bottom(&self) -> bool {
        self.0.values().all(Atoms::is_bottom)
    }

    fn live(&self, runs: &mut Vec<Run>) {
        self.0.values().for_each(|value| value.live(runs));
    }

    fn retire(&mut self, doomed: &CausalContext, changes: &mut Changes) {
        self.0.values_mut().for_each(|value| value.retire(doomed, changes));
        self.prune();
    }

    fn absorb(&mut self, fragment: Self, known: &CausalContext, changes: &mut Changes) {
        for (key, value) in fragment.0 {
            self.0.entry(key).or_default().absorb(value, known, changes);
        }
        self.prune();
    }

    fn pick(&self, wanted: Wanted<'_>) -> Self {
        let picked = self.0.iter().map(|(key, value)| (key.clone(), value.pick(wanted)));
        Self(picked.filter(|(_, value)| !value.is_bottom()).collect())
    }
}

impl<K: Ord + Clone + 'static, F: Fragment> Fragment for Entries<K, F> {
    fn decompose(self, atoms: &mut Vec<Self>) {
        for (key, value) in self.0 {
            let mut parts = Vec::new();
            value.decompose(&mut parts);
            atoms.extend(parts.into_iter().map(|part| Self(BTreeMap::from([(key.clone(), part)]))));
        }
    }

    fn prune(&mut self) {
        self.0.retain(|_, value| {
            value.prune();
            !value.is_bottom()
        });
    }
}

// By hand: deriving would ask for defaults of `K` and `F`.
impl<K, F> Default for Entries<K, F> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<K: fmt::Debug, F: fmt::Debug> fmt::Debug for Entries<K, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(&self.0).finish()
    }
}
