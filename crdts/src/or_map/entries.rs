//! Some entries of a map, on their way.

use alloc::collections::{BTreeMap, btree_map};
use alloc::vec::Vec;
use core::borrow::Borrow;
use core::hash::{Hash, Hasher};
use core::{fmt, mem, option};

use gossiper_core::causal::{Atoms, Changes, Fragment, Wanted};
use gossiper_core::lattice::{CausalContext, Dot, Run};

/// Entries of an [`OrMap`](crate::OrMap): a fragment of the value at each key.
#[derive(Clone)]
pub struct Entries<K, F> {
    layout: Layout<K, F>,
}

#[derive(Clone, Default)]
enum Layout<K, F> {
    #[default]
    None,
    /// Without an allocation: what most deltas bring.
    One((K, F)),
    /// None, one or several.
    Many(BTreeMap<K, F>),
}

impl<K, F> Entries<K, F> {
    const fn one(key: K, value: F) -> Self {
        Self { layout: Layout::One((key, value)) }
    }

    /// How many keys there are. O(1).
    #[must_use]
    pub fn len(&self) -> usize {
        match &self.layout {
            Layout::None => 0,
            Layout::One(_) => 1,
            Layout::Many(entries) => entries.len(),
        }
    }

    /// Whether there is none. O(1).
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The keys and the fragments of their values, in order of keys.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&K, &F)> {
        match &self.layout {
            Layout::None => Iter::One(None.into_iter()),
            Layout::One((key, value)) => Iter::One(Some((key, value)).into_iter()),
            Layout::Many(entries) => Iter::Many(entries.iter()),
        }
    }

    fn each_value_mut(&mut self, each: impl FnMut(&mut F)) {
        match &mut self.layout {
            Layout::None => {}
            Layout::One((_, value)) => Some(value).into_iter().for_each(each),
            Layout::Many(entries) => entries.values_mut().for_each(each),
        }
    }

    /// The one entry, if there is one only; the entries if there are others.
    pub(super) fn into_only(self) -> Result<(K, F), Self> {
        match self.layout {
            Layout::One(entry) => Ok(entry),
            layout => Err(Self { layout }),
        }
    }

    /// Hands over the keys and the fragments of their values, in order of keys.
    pub(super) fn for_each(self, mut each: impl FnMut(K, F)) {
        match self.layout {
            Layout::None => {}
            Layout::One((key, value)) => each(key, value),
            Layout::Many(entries) => entries.into_iter().for_each(|(key, value)| each(key, value)),
        }
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
        match &self.layout {
            Layout::None => None,
            Layout::One((own, value)) => (own.borrow() == key).then_some(value),
            Layout::Many(entries) => entries.get(key),
        }
    }

    /// The fragment of the value at `key`, which is there from now on.
    pub(super) fn at(&mut self, key: K) -> &mut F
    where
        F: Default,
    {
        let another = match &self.layout {
            Layout::None => {
                self.layout = Layout::One((key, F::default()));
                None
            }
            Layout::One((own, _)) if *own == key => None,
            _ => Some(key),
        };
        if another.is_some()
            && let Layout::One(_) = self.layout
            && let Layout::One(one) = mem::take(&mut self.layout)
        {
            self.layout = Layout::Many(BTreeMap::from([one]));
        }
        match (&mut self.layout, another) {
            (Layout::One((_, value)), _) => value,
            (Layout::Many(entries), Some(key)) => entries.entry(key).or_default(),
            _ => unreachable!("another key is among many"),
        }
    }

    pub(super) fn remove<Q>(&mut self, key: &Q) -> Option<F>
    where
        K: Borrow<Q>,
        Q: Ord + ?Sized,
    {
        match &mut self.layout {
            Layout::Many(entries) => entries.remove(key),
            Layout::One((own, _)) if (*own).borrow() == key => match mem::take(&mut self.layout) {
                Layout::One((_, value)) => Some(value),
                _ => None,
            },
            _ => None,
        }
    }
}

impl<K: Ord + Clone + 'static, F: Fragment> Atoms for Entries<K, F> {
    type Fragment = Self;

    fn is_bottom(&self) -> bool {
        match &self.layout {
            Layout::None => true,
            Layout::One((_, value)) => value.is_bottom(),
            Layout::Many(entries) => entries.values().all(Atoms::is_bottom),
        }
    }

    fn live(&self, runs: &mut Vec<Run>) {
        match &self.layout {
            Layout::None => {}
            Layout::One((_, value)) => value.live(runs),
            Layout::Many(entries) => entries.values().for_each(|value| value.live(runs)),
        }
    }

    fn only(&self) -> Option<Dot> {
        match &self.layout {
            Layout::One((_, value)) => value.only(),
            Layout::None | Layout::Many(_) => None,
        }
    }

    fn retire(&mut self, doomed: &CausalContext, changes: &mut Changes) {
        self.each_value_mut(|value| value.retire(doomed, changes));
        self.prune();
    }

    fn absorb(&mut self, fragment: Self, known: &CausalContext, changes: &mut Changes) {
        fragment.for_each(|key, value| self.at(key).absorb(value, known, changes));
        self.prune();
    }

    fn pick(&self, wanted: Wanted<'_>) -> Self {
        let picked = self.iter().map(|(key, value)| (key.clone(), value.pick(wanted)));
        picked.filter(|(_, value)| !value.is_bottom()).collect()
    }
}

impl<K: Ord + Clone + 'static, F: Fragment> Fragment for Entries<K, F> {
    fn decompose(self, atoms: &mut Vec<Self>) {
        self.for_each(|key, value| {
            let mut parts = Vec::new();
            value.decompose(&mut parts);
            atoms.extend(parts.into_iter().map(|part| Self::one(key.clone(), part)));
        });
    }

    fn prune(&mut self) {
        self.each_value_mut(Fragment::prune);
        match &mut self.layout {
            Layout::One((_, value)) if value.is_bottom() => self.layout = Layout::None,
            Layout::None | Layout::One(_) => {}
            Layout::Many(entries) => entries.retain(|_, value| !value.is_bottom()),
        }
    }
}

enum Iter<'a, K, F> {
    One(option::IntoIter<(&'a K, &'a F)>),
    Many(btree_map::Iter<'a, K, F>),
}

impl<'a, K, F> Iterator for Iter<'a, K, F> {
    type Item = (&'a K, &'a F);

    fn next(&mut self) -> Option<Self::Item> {
        match self {
            Self::One(one) => one.next(),
            Self::Many(many) => many.next(),
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        match self {
            Self::One(one) => one.size_hint(),
            Self::Many(many) => many.size_hint(),
        }
    }
}

impl<K, F> ExactSizeIterator for Iter<'_, K, F> {}

/// Of keys that differ.
impl<K: Ord, F> FromIterator<(K, F)> for Entries<K, F> {
    fn from_iter<I: IntoIterator<Item = (K, F)>>(entries: I) -> Self {
        let mut entries = entries.into_iter();
        let (first, second) = (entries.next(), entries.next());
        let layout = match (first, second) {
            (None, _) => Layout::None,
            (Some(one), None) => Layout::One(one),
            (first, second) => {
                Layout::Many(first.into_iter().chain(second).chain(entries).collect())
            }
        };
        Self { layout }
    }
}

// By hand: deriving would ask for defaults of `K` and `F`.
impl<K, F> Default for Entries<K, F> {
    fn default() -> Self {
        Self { layout: Layout::default() }
    }
}

/// Equal entries, in whatever layout.
impl<K: PartialEq, F: PartialEq> PartialEq for Entries<K, F> {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl<K: Eq, F: Eq> Eq for Entries<K, F> {}

impl<K: Hash, F: Hash> Hash for Entries<K, F> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.len().hash(state);
        self.iter().for_each(|entry| entry.hash(state));
    }
}

impl<K: fmt::Debug, F: fmt::Debug> fmt::Debug for Entries<K, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

#[cfg(feature = "serde")]
mod wire {
    use gossiper_core::lattice::canonical;
    use serde::de::{Deserialize, Deserializer};
    use serde::ser::{Serialize, Serializer};

    use super::*;

    impl<K: Serialize, F: Serialize> Serialize for Entries<K, F> {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.collect_map(self.iter())
        }
    }

    impl<'de, K: Deserialize<'de> + Ord, F: Deserialize<'de>> Deserialize<'de> for Entries<K, F> {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            Ok(canonical::ordered_map(deserializer)?.into_iter().collect())
        }
    }
}
