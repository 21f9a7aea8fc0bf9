//! A map of lattices whose keys stay.
//!
//! *Two replicas change the value of one key at once: which value stands?* The
//! join of both, since values are lattices themselves. The join of two maps goes
//! key by key.
//!
//! A concurrent history, of a map of counters:
//!
//! ```text
//! both: {x: 3}
//! r1: adds 1 to x  ⟵ merge ⟶  {x: 4, y: 7}
//! r2: adds 7 to y  ⟵ merge ⟶  {x: 4, y: 7}
//! ```
//!
//! **Cost**, for n keys: the digest holds that of every value, and a delta the
//! keys that lack something with what they lack. `get` O(log n), `digest` O(n),
//! `delta` one walk over both, O(n + m) for a digest of m keys, merging a delta of
//! k keys O(k log n), besides what the values cost. Large ones are told apart by
//! sketches and filters of their entries: a value that differs is then sent whole.
//!
//! **Anomalies.** Keys are never removed; a key that is there without a value
//! written to it differs from one that is not. Where keys go, or where values are
//! large and change little, take a map of causal values.
//!
//! References: Enes, Almeida, Baquero and Leitão, *Efficient synchronization of
//! state-based CRDTs*, ICDE 2019, section II (GMap); Baquero, Almeida, Cunha and
//! Ferreira, *Composition in state-based replicated data types*, Bulletin of the
//! EATCS 123, 2017 (maps to lattices).
//!
//! ```
//! use gossiper_core::{ReplicaId, Replicated};
//! use gossiper_crdts::{GCounter, GMap};
//!
//! type Visits = GMap<&'static str, GCounter>;
//! let (r1, r2) = (ReplicaId::new(1), ReplicaId::new(2));
//! let (mut here, mut there) = (Visits::new(), Visits::new());
//! here.merge(here.try_update("x", |count| count.increment(r1, 3))?);
//! there.merge(there.try_update("x", |count| count.increment(r2, 4))?);
//! here.merge(there.delta(&here.digest()).expect("r2's count is news"));
//! assert_eq!(here.get("x").map(GCounter::value), Some(7));
//! # Ok::<(), gossiper_crdts::CounterOverflow>(())
//! ```

use alloc::collections::{BTreeMap, btree_map};
use alloc::vec;
use alloc::vec::Vec;
use core::borrow::Borrow;
use core::convert::Infallible;
use core::fmt;
use core::hash::Hash;

use gossiper_core::causal::{Deltas, Plain, Recording};
use gossiper_core::lattice::{
    Fingerprint, FingerprintKey, Join, MergeOutcome, Replicated, Schema, Upkeep,
};
use gossiper_core::reconcile::Sketch;

use crate::plain::{FEW, at_place, half_of_map};

/// A map of lattices whose keys stay.
///
/// [The module](self) tells how.
#[derive(Clone, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(
        transparent,
        bound(deserialize = "K: serde::Deserialize<'de> + Ord, L: serde::Deserialize<'de>")
    )
)]
pub struct GMap<K, L> {
    #[cfg_attr(
        feature = "serde",
        serde(deserialize_with = "gossiper_core::lattice::canonical::ordered_map")
    )]
    entries: BTreeMap<K, L>,
    #[cfg_attr(feature = "serde", serde(skip))]
    upkeep: Upkeep,
}

impl<K, L> GMap<K, L> {
    /// The empty map.
    #[must_use]
    pub const fn new() -> Self {
        Self { entries: BTreeMap::new(), upkeep: Upkeep::new() }
    }

    /// How many keys there are. O(1).
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is none. O(1).
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The keys and their values, in ascending order of keys.
    pub fn iter(&self) -> btree_map::Iter<'_, K, L> {
        self.entries.iter()
    }
}

impl<K: Ord, L> GMap<K, L> {
    /// The value of `key`. O(log n).
    #[must_use]
    pub fn get<Q>(&self, key: &Q) -> Option<&L>
    where
        K: Borrow<Q>,
        Q: Ord + ?Sized,
    {
        self.entries.get(key)
    }

    /// Whether `key` is there. O(log n).
    #[must_use]
    pub fn contains_key<Q>(&self, key: &Q) -> bool
    where
        K: Borrow<Q>,
        Q: Ord + ?Sized,
    {
        self.entries.contains_key(key)
    }
}

impl<K: Ord, L: Replicated + Default> GMap<K, L> {
    /// The delta that changes the value of `key`: `mutator` reads the value, a
    /// default one if the key is new, and returns its delta. O(log n).
    #[must_use = "a delta has no effect until it is merged"]
    pub fn update(&self, key: K, mutator: impl FnOnce(&L) -> L::Delta) -> ByKey<K, Deltas<L>> {
        let Ok(delta) = self.try_update(key, |value| Ok::<_, Infallible>(mutator(value)));
        delta
    }

    /// As [`update`](Self::update), by a mutator that may refuse.
    ///
    /// # Errors
    ///
    /// What the mutator returns.
    pub fn try_update<E>(
        &self,
        key: K,
        mutator: impl FnOnce(&L) -> Result<L::Delta, E>,
    ) -> Result<ByKey<K, Deltas<L>>, E> {
        let delta = match self.entries.get(&key) {
            Some(value) => mutator(value)?,
            None => mutator(&L::default())?,
        };
        Ok(ByKey { entries: BTreeMap::from([(key, [delta].into_iter().collect())]) })
    }
}

impl<K: Ord + Hash + Clone, L: Replicated + Default> Replicated for GMap<K, L> {
    type Digest = ByKey<K, L::Digest>;
    type Delta = ByKey<K, Deltas<L>>;

    /// The digests of all values.
    fn digest(&self) -> Self::Digest {
        ByKey { entries: Replicated::digest(&self.entries) }
    }

    /// The keys that lack something. One walk over both.
    fn delta(&self, remote: &Self::Digest) -> Option<Self::Delta> {
        Replicated::delta(&self.entries, &remote.entries).map(|entries| ByKey { entries })
    }

    /// O(k log n) for a delta of k keys.
    fn merge(&mut self, delta: Self::Delta) -> MergeOutcome {
        let names: Vec<K> = if self.upkeep.is_kept() {
            delta.entries.keys().cloned().collect()
        } else {
            Vec::new()
        };
        let Self { entries, upkeep } = self;
        let there = |entries: &BTreeMap<K, L>, each: &mut dyn FnMut(&K, &L)| {
            for name in &names {
                entries.get(name).into_iter().for_each(|value| each(name, value));
            }
        };
        there(entries, &mut |name, value| upkeep.remove(|key| key.entry(name, value)));
        let outcome = Replicated::merge(entries, delta.entries);
        there(entries, &mut |name, value| upkeep.add(|key| key.entry(name, value)));
        outcome
    }

    /// O(1) once it is maintained, else O(n). `None` if values have none.
    fn fingerprint(&self, key: &FingerprintKey) -> Option<Fingerprint> {
        let kept = self.upkeep.sum(key).map(Fingerprint::of_atoms);
        kept.or_else(|| Replicated::fingerprint(&self.entries, key))
    }

    /// From now on a merge costs two fingerprints of each value that it touches.
    fn maintain_fingerprint(&mut self, key: &FingerprintKey) {
        if self.upkeep.lacks(key)
            && let Some(now) = Replicated::fingerprint(&self.entries, key)
        {
            self.upkeep.begin(*key, now.atoms);
        }
    }

    fn digest_is_large(&self) -> bool {
        self.len() > FEW
    }

    /// O(n) hashes and fingerprints of values the first time.
    fn maintain_sketch(&mut self) -> bool {
        let Self { entries, upkeep } = self;
        if let Some(key) = upkeep.key() {
            // All have one, or nothing would be kept.
            let hashes = entries.iter().filter_map(|(name, value)| key.entry(name, value));
            upkeep.begin_sketch(entries.len(), hashes);
        }
        upkeep.sketch().is_some()
    }

    fn sketch(&self) -> Option<&Sketch> {
        self.upkeep.sketch()
    }

    /// A word for each key and its value as it is. O(n) hashes and fingerprints of
    /// values.
    #[expect(clippy::cast_possible_truncation, reason = "half of a hash is a word")]
    fn visit_words(&self, visit: &mut dyn FnMut(u64)) -> bool {
        let Some(key) = self.upkeep.key() else { return false };
        // All have one, or nothing would be kept.
        let hashes = self.entries.iter().filter_map(|(name, value)| key.entry(name, value));
        hashes.for_each(|hash| visit(hash as u64));
        true
    }

    /// The whole values of keys. A value that differs has a word on either side; each
    /// tells the other all of its own, and the join sorts it out. O(n) hashes and
    /// fingerprints of values.
    #[expect(clippy::cast_possible_truncation, reason = "half of a hash is a word")]
    fn atoms(&self, place: &mut dyn FnMut(u64) -> Option<usize>) -> Vec<Self::Delta> {
        let Some(key) = self.upkeep.key() else { return Vec::new() };
        let nothing = L::default().digest();
        let mut parts: Vec<BTreeMap<K, Deltas<L>>> = Vec::new();
        for (name, value) in &self.entries {
            let place = key.entry(name, value).and_then(|hash| place(hash as u64));
            if let Some(at) = place {
                let value = value.delta(&nothing).into_iter().collect();
                at_place(&mut parts, at).insert(name.clone(), value);
            }
        }
        parts.into_iter().map(|entries| ByKey { entries }).collect()
    }

    /// In order of keys, without a copy, O(k); one key by its value.
    fn halve(delta: Self::Delta) -> Vec<Self::Delta> {
        let mut first = delta.entries;
        let rest = half_of_map(&mut first);
        if !rest.is_empty() {
            return [first, rest].map(|entries| ByKey { entries }).into();
        }
        let parts = first.into_iter().flat_map(|(name, deltas)| {
            let mut parts: Vec<Deltas<L>> = deltas
                .into_iter()
                .flat_map(L::halve)
                .map(|part| [part].into_iter().collect())
                .collect();
            if parts.is_empty() {
                parts = vec![Deltas::default()];
            }
            parts
                .into_iter()
                .map(move |part| ByKey { entries: BTreeMap::from([(name.clone(), part)]) })
        });
        parts.collect()
    }

    /// One piece for each key and each of its value's.
    fn decompose(delta: Self::Delta) -> Vec<Self::Delta> {
        let pieces = BTreeMap::<K, L>::decompose(delta.entries);
        pieces.into_iter().map(|entries| ByKey { entries }).collect()
    }

    /// Key by key, O(k log n).
    fn join_deltas(delta: &mut Self::Delta, other: Self::Delta) -> Option<Self::Delta> {
        let beside = BTreeMap::<K, L>::join_deltas(&mut delta.entries, other.entries)?;
        Some(ByKey { entries: beside })
    }

    fn schema() -> Schema {
        Schema::named("gossiper.GMap").with(Schema::of_type::<K>()).with(L::schema())
    }
}

/// Key by key.
impl<K: Ord, L: Join> Join for GMap<K, L> {
    fn join(&mut self, other: Self) -> MergeOutcome {
        self.upkeep = Upkeep::new();
        self.entries.join(other.entries)
    }
}

impl<K: Ord + Hash + Clone + 'static, L: Plain> Plain for GMap<K, L> {
    type Recorder<'a> = GMapRecorder<'a, K, L>;
}

/// Changes a [`GMap`] in a transaction.
pub struct GMapRecorder<'a, K: Ord + Hash + Clone + 'static, L: Plain>(Recording<'a, GMap<K, L>>);

impl<'a, K: Ord + Hash + Clone + 'static, L: Plain> From<Recording<'a, GMap<K, L>>>
    for GMapRecorder<'a, K, L>
{
    fn from(recording: Recording<'a, GMap<K, L>>) -> Self {
        Self(recording)
    }
}

impl<K: Ord + Hash + Clone + 'static, L: Plain> GMapRecorder<'_, K, L> {
    /// The recorder of the value of `key`, which is there from now on.
    pub fn entry(&mut self, key: K) -> <L as Plain>::Recorder<'_> {
        let base = self.0.base().and_then(|map| map.get(&key));
        let value = self.0.part(|_| base, |map| map.first_mut().entries.entry(key).or_default());
        value.into()
    }

    /// Whether `key` is there.
    #[must_use]
    pub fn contains_key<Q>(&self, key: &Q) -> bool
    where
        K: Borrow<Q>,
        Q: Ord + ?Sized,
    {
        self.0.base().is_some_and(|map| map.contains_key(key))
            || self.0.pending().iter().any(|delta| delta.entries.contains_key(key))
    }
}

// By hand: deriving would ask for bounds on `K` and `L`.
impl<K, L> Default for GMap<K, L> {
    fn default() -> Self {
        Self::new()
    }
}

impl<'a, K, L> IntoIterator for &'a GMap<K, L> {
    type Item = (&'a K, &'a L);
    type IntoIter = btree_map::Iter<'a, K, L>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// Reads as `{"x": 4, "y": 7}`.
impl<K: fmt::Debug, L: fmt::Debug> fmt::Debug for GMap<K, L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(&self.entries).finish()
    }
}

/// Something for each of some keys of a [`GMap`]: its digest has the digest of
/// every value, a delta the deltas of those that lack something.
#[derive(Clone, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(
        transparent,
        bound(deserialize = "K: serde::Deserialize<'de> + Ord, X: serde::Deserialize<'de>")
    )
)]
pub struct ByKey<K, X> {
    #[cfg_attr(
        feature = "serde",
        serde(deserialize_with = "gossiper_core::lattice::canonical::ordered_map")
    )]
    entries: BTreeMap<K, X>,
}

impl<K, X> ByKey<K, X> {
    /// The keys in ascending order, and what there is for each.
    pub fn iter(&self) -> btree_map::Iter<'_, K, X> {
        self.entries.iter()
    }
}

impl<'a, K, X> IntoIterator for &'a ByKey<K, X> {
    type Item = (&'a K, &'a X);
    type IntoIter = btree_map::Iter<'a, K, X>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl<K, X> Default for ByKey<K, X> {
    fn default() -> Self {
        Self { entries: BTreeMap::new() }
    }
}

/// Reads as a map.
impl<K: fmt::Debug, X: fmt::Debug> fmt::Debug for ByKey<K, X> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(&self.entries).finish()
    }
}

#[cfg(test)]
mod tests {
    use alloc::format;

    use super::*;
    use crate::Max;

    type Scores = GMap<&'static str, Max<u8>>;

    #[test]
    fn values_are_joined_key_by_key() {
        let (mut a, mut b) = (Scores::new(), Scores::new());
        a.merge(a.update("x", |score| score.raise(3)));
        b.merge(b.update("x", |score| score.raise(5)));
        b.merge(b.update("y", |score| score.raise(1)));
        let before = a.digest();
        a.merge(b.delta(&before).unwrap());
        assert_eq!(a, b);
        assert_eq!((a.delta(&b.digest()), a.len(), a.is_empty()), (None, 2, false));
        assert_eq!(format!("{a:?}"), r#"{"x": Max(5), "y": Max(1)}"#);
        assert_eq!(format!("{:?}", a.delta(&before)), r#"Some({"x": [ΔMax(5)], "y": [ΔMax(1)]})"#);
    }

    #[test]
    fn a_key_is_there_even_if_nothing_was_written_to_it() {
        let (mut a, b) = (Scores::new(), Scores::new());
        a.merge(a.update("x", |_| gossiper_core::Delta::default()));
        assert_eq!(a.get("x"), Some(&Max::new()));
        let mut c = b.clone();
        c.merge(a.delta(&b.digest()).expect("the key is news"));
        assert_eq!(a, c);
        assert!(a.contains_key("x") && !b.contains_key("x"));
    }
}
