//! A set from which an element is removed for ever.
//!
//! *One replica has an element and the other lacks it: was it never seen, or
//! removed?* The set keeps what was removed beside what is in it. An element goes
//! through two phases, in and removed, and never back, so of two replicas the one
//! that is further along is right; the join takes the later phase of each
//! element.
//!
//! A concurrent history:
//!
//! ```text
//! both: {x}
//! r1: removes x    → {} removed {x}   ⟵ merge ⟶  {} removed {x}
//! r2: adds x again → {x}, as it was   ⟵ merge ⟶  {} removed {x}
//! ```
//!
//! **Cost**, for n elements that ever were in the set or were removed: state and
//! digest hold all of them; a delta holds those that are news. `insert`, `remove`
//! and `contains` O(log n), `digest` O(n), `delta` O(n + m) for a digest of m
//! elements, merging a delta of k elements O(k log n). Large ones are told apart by
//! sketches and filters, as in a [`GSet`](crate::GSet).
//!
//! **Anomalies.** What was removed can never be in the set again, also if it was
//! removed before it was ever added. It keeps its removals for ever, by
//! definition: take an [`OrSet`](crate::OrSet) where elements come back or where
//! much is removed. What `Ord` calls equal is one element, as in a
//! [`GSet`](crate::GSet).
//!
//! References: Shapiro, Preguiça, Baquero and Zawirski, *A comprehensive study
//! of convergent and commutative replicated data types*, INRIA RR-7506, 2011,
//! section 3.3.2 (2P-Set). Unlike there, an element need not be in the set to be
//! removed.
//!
//! ```
//! use gossiper_core::Replicated;
//! use gossiper_crdts::TwoPhaseSet;
//!
//! let (mut here, mut there) = (TwoPhaseSet::default(), TwoPhaseSet::default());
//! here.merge(here.insert("job 7"));
//! there.merge(there.remove("job 7"));
//! here.merge(there.delta(&here.digest()).expect("the removal is news"));
//! here.merge(here.insert("job 7"));
//! assert!(!here.contains("job 7") && here.is_removed("job 7"));
//! ```

use alloc::collections::{BTreeSet, btree_set};
use alloc::vec::Vec;
use core::borrow::Borrow;
use core::fmt;
use core::hash::Hash;

use gossiper_core::causal::{Plain, Recording};
use gossiper_core::lattice::{
    Delta, Fingerprint, FingerprintKey, IdSetDigest, Join, MergeOutcome, Replicated, Schema, Upkeep,
};
use gossiper_core::reconcile::Sketch;

use crate::plain::{FEW, at_place, half_of_set};

/// A set from which an element is removed for ever.
///
/// [The module](self) tells how.
#[derive(Clone, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(try_from = "wire::Phases<T>", bound(deserialize = "T: serde::Deserialize<'de> + Ord"))
)]
pub struct TwoPhaseSet<T> {
    live: BTreeSet<T>,
    /// Nothing that is live.
    removed: BTreeSet<T>,
    #[cfg_attr(feature = "serde", serde(skip))]
    upkeep: Upkeep,
}

impl<T> TwoPhaseSet<T> {
    /// The empty set.
    #[must_use]
    pub const fn new() -> Self {
        Self { live: BTreeSet::new(), removed: BTreeSet::new(), upkeep: Upkeep::new() }
    }

    /// How many elements are in it. O(1).
    #[must_use]
    pub fn len(&self) -> usize {
        self.live.len()
    }

    /// Whether none is. O(1).
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.live.is_empty()
    }

    /// The elements in ascending order.
    pub fn iter(&self) -> btree_set::Iter<'_, T> {
        self.live.iter()
    }

    /// What was removed, in ascending order.
    pub fn removed(&self) -> btree_set::Iter<'_, T> {
        self.removed.iter()
    }
}

impl<T: Ord + Hash> TwoPhaseSet<T> {
    /// The delta that adds `element`; empty if it is there or was removed.
    /// O(log n).
    #[must_use = "a delta has no effect until it is merged"]
    pub fn insert(&self, element: T) -> Delta<Self> {
        let mut delta = Self::new();
        if !self.live.contains(&element) && !self.removed.contains(&element) {
            delta.live.insert(element);
        }
        Delta::new(delta)
    }

    /// The delta that removes `element` for ever, also if it is not there; empty
    /// if it was removed. O(log n).
    #[must_use = "a delta has no effect until it is merged"]
    pub fn remove(&self, element: T) -> Delta<Self> {
        let mut delta = Self::new();
        if !self.removed.contains(&element) {
            delta.removed.insert(element);
        }
        Delta::new(delta)
    }

    /// Whether `element` is there. O(log n).
    #[must_use]
    pub fn contains<Q>(&self, element: &Q) -> bool
    where
        T: Borrow<Q>,
        Q: Ord + ?Sized,
    {
        self.live.contains(element)
    }

    /// Whether `element` was removed, and can never be there again. O(log n).
    #[must_use]
    pub fn is_removed<Q>(&self, element: &Q) -> bool
    where
        T: Borrow<Q>,
        Q: Ord + ?Sized,
    {
        self.removed.contains(element)
    }
}

impl<T: Ord + Hash + Clone> Replicated for TwoPhaseSet<T> {
    type Digest = TwoPhaseSetDigest<T>;
    type Delta = Delta<Self>;

    /// All elements, and all that were removed. O(n).
    fn digest(&self) -> TwoPhaseSetDigest<T> {
        TwoPhaseSetDigest {
            live: self.live.iter().cloned().collect(),
            removed: self.removed.iter().cloned().collect(),
        }
    }

    /// The elements that are further along here. O(n + m).
    fn delta(&self, remote: &TwoPhaseSetDigest<T>) -> Option<Delta<Self>> {
        let fresh = remote.live.missing(&self.live, |element| *element);
        let live = remote.removed.missing(fresh, |element| *element).cloned().collect();
        let removed = remote.removed.missing(&self.removed, |element| *element).cloned().collect();
        let lacking = Self { live, removed, upkeep: Upkeep::new() };
        (!lacking.is_bottom()).then_some(Delta::new(lacking))
    }

    /// O(k log n) for a delta of `k` elements.
    fn merge(&mut self, delta: Delta<Self>) -> MergeOutcome {
        self.join(delta.into_fragment())
    }

    /// One piece for each element.
    fn decompose(delta: Delta<Self>) -> Vec<Delta<Self>> {
        let Self { live, removed, .. } = delta.into_fragment();
        let live = live.into_iter().map(|element| Self { live: [element].into(), ..Self::new() });
        let removed =
            removed.into_iter().map(|element| Self { removed: [element].into(), ..Self::new() });
        live.chain(removed).map(Delta::new).collect()
    }

    /// In order, what is live before what was removed, without a copy. O(k).
    fn halve(delta: Delta<Self>) -> Vec<Delta<Self>> {
        let mut first = delta.into_fragment();
        let rest = if first.live.is_empty() {
            Self { removed: half_of_set(&mut first.removed), ..Self::new() }
        } else if first.removed.is_empty() {
            Self { live: half_of_set(&mut first.live), ..Self::new() }
        } else {
            Self { removed: core::mem::take(&mut first.removed), ..Self::new() }
        };
        let parts = [first, rest].into_iter().filter(|part| !part.is_bottom());
        parts.map(Delta::new).collect()
    }

    /// O(1) once it is maintained, else O(n).
    fn fingerprint(&self, key: &FingerprintKey) -> Option<Fingerprint> {
        let sum = self.upkeep.sum(key).unwrap_or_else(|| self.sum_of_words(key));
        Some(Fingerprint::of_atoms(sum))
    }

    fn maintain_fingerprint(&mut self, key: &FingerprintKey) {
        if self.upkeep.lacks(key) {
            self.upkeep.begin(*key, self.sum_of_words(key));
        }
    }

    fn join_deltas(delta: &mut Delta<Self>, other: Delta<Self>) -> Option<Delta<Self>> {
        delta.join(other);
        None
    }

    fn digest_is_large(&self) -> bool {
        self.live.len() + self.removed.len() > FEW
    }

    /// O(n) hashes the first time.
    fn maintain_sketch(&mut self) -> bool {
        if let Some(key) = self.upkeep.key() {
            let mut upkeep = core::mem::take(&mut self.upkeep);
            let hashes = self.words_of_all(key).map(|(hash, ..)| hash);
            upkeep.begin_sketch(self.live.len() + self.removed.len(), hashes);
            self.upkeep = upkeep;
        }
        self.upkeep.sketch().is_some()
    }

    fn sketch(&self) -> Option<&Sketch> {
        self.upkeep.sketch()
    }

    /// O(n) hashes.
    #[expect(clippy::cast_possible_truncation, reason = "half of a hash is a word")]
    fn visit_words(&self, visit: &mut dyn FnMut(u64)) -> bool {
        let Some(key) = self.upkeep.key() else { return false };
        self.words_of_all(key).for_each(|(hash, ..)| visit(hash as u64));
        true
    }

    /// O(n) hashes. An element in its earlier phase is sent like any other: where it is
    /// further along, nothing comes of it.
    #[expect(clippy::cast_possible_truncation, reason = "half of a hash is a word")]
    fn atoms(&self, place: &mut dyn FnMut(u64) -> Option<usize>) -> Vec<Delta<Self>> {
        let Some(key) = self.upkeep.key() else { return Vec::new() };
        let mut parts = Vec::new();
        for (hash, phase, element) in self.words_of_all(key) {
            if let Some(at) = place(hash as u64) {
                let atoms: &mut Self = at_place(&mut parts, at);
                let elements = match phase {
                    Phase::Live => &mut atoms.live,
                    Phase::Removed => &mut atoms.removed,
                };
                elements.insert(element.clone());
            }
        }
        parts.into_iter().map(Delta::new).collect()
    }

    fn schema() -> Schema {
        Schema::named("gossiper.TwoPhaseSet").with(Schema::of_type::<T>())
    }
}

impl<T> TwoPhaseSet<T> {
    fn is_bottom(&self) -> bool {
        self.live.is_empty() && self.removed.is_empty()
    }
}

#[derive(Clone, Copy, Hash)]
enum Phase {
    Live,
    Removed,
}

/// What an element adds to the fingerprint.
fn word(key: &FingerprintKey, phase: Phase, element: &impl Hash) -> u128 {
    key.hash(&(phase, element))
}

impl<T: Hash> TwoPhaseSet<T> {
    fn sum_of_words(&self, key: &FingerprintKey) -> u128 {
        self.words_of_all(*key).fold(0, |sum, (hash, ..)| sum.wrapping_add(hash))
    }

    /// Each element with its phase and what it adds to the fingerprint.
    fn words_of_all(&self, key: FingerprintKey) -> impl Iterator<Item = (u128, Phase, &T)> {
        let live = self.live.iter().map(|element| (Phase::Live, element));
        let removed = self.removed.iter().map(|element| (Phase::Removed, element));
        let all = live.chain(removed);
        all.map(move |(phase, element)| (word(&key, phase, element), phase, element))
    }
}

/// The later phase of each element.
impl<T: Ord + Hash> Join for TwoPhaseSet<T> {
    fn join(&mut self, other: Self) -> MergeOutcome {
        let Self { live, removed, upkeep } = self;
        let mut changed = false;
        for element in other.removed {
            if removed.contains(&element) {
                continue;
            }
            if live.remove(&element) {
                upkeep.remove(|key| Some(word(key, Phase::Live, &element)));
            }
            upkeep.add(|key| Some(word(key, Phase::Removed, &element)));
            changed |= removed.insert(element);
        }
        for element in other.live {
            if !removed.contains(&element) && !live.contains(&element) {
                upkeep.add(|key| Some(word(key, Phase::Live, &element)));
                changed |= live.insert(element);
            }
        }
        MergeOutcome::changed_if(changed)
    }
}

impl<T: Ord + Hash + Clone + 'static> Plain for TwoPhaseSet<T> {
    type Recorder<'a> = TwoPhaseSetRecorder<'a, T>;
}

/// Changes a [`TwoPhaseSet`] in a transaction.
pub struct TwoPhaseSetRecorder<'a, T: Ord + Hash + Clone + 'static>(Recording<'a, TwoPhaseSet<T>>);

impl<'a, T: Ord + Hash + Clone + 'static> From<Recording<'a, TwoPhaseSet<T>>>
    for TwoPhaseSetRecorder<'a, T>
{
    fn from(recording: Recording<'a, TwoPhaseSet<T>>) -> Self {
        Self(recording)
    }
}

impl<T: Ord + Hash + Clone + 'static> TwoPhaseSetRecorder<'_, T> {
    /// Adds `element`, unless it was ever removed; says whether it is there now.
    pub fn insert(&mut self, element: T) -> bool {
        if self.is_removed(&element) {
            return false;
        }
        if !self.contains(&element) {
            self.record(TwoPhaseSet::new().insert(element));
        }
        true
    }

    /// Removes `element` for ever; says whether it was there.
    pub fn remove(&mut self, element: T) -> bool {
        let was_there = self.contains(&element);
        if !self.is_removed(&element) {
            self.record(TwoPhaseSet::new().remove(element));
        }
        was_there
    }

    /// Whether `element` is there.
    #[must_use]
    pub fn contains<Q>(&self, element: &Q) -> bool
    where
        T: Borrow<Q>,
        Q: Ord + ?Sized,
    {
        !self.is_removed(element) && self.parts().any(|part| part.contains(element))
    }

    /// Whether `element` was removed, and can never be there again.
    #[must_use]
    pub fn is_removed<Q>(&self, element: &Q) -> bool
    where
        T: Borrow<Q>,
        Q: Ord + ?Sized,
    {
        self.parts().any(|part| part.is_removed(element))
    }

    fn parts(&self) -> impl Iterator<Item = &TwoPhaseSet<T>> {
        self.0.base().into_iter().chain(self.0.pending().iter().map(Delta::fragment))
    }

    fn record(&mut self, change: Delta<TwoPhaseSet<T>>) {
        self.0.pending_mut().first_mut().join(change);
    }
}

// By hand: deriving would ask for `T: Default`.
impl<T> Default for TwoPhaseSet<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<'a, T> IntoIterator for &'a TwoPhaseSet<T> {
    type Item = &'a T;
    type IntoIter = btree_set::Iter<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// Reads as `{"y"} removed {"x"}`.
impl<T: fmt::Debug> fmt::Debug for TwoPhaseSet<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.live.fmt(f)?;
        if !self.removed.is_empty() {
            f.write_str(" removed ")?;
            self.removed.fmt(f)?;
        }
        Ok(())
    }
}

/// What a [`TwoPhaseSet`] knows: its elements, and what was removed.
///
/// Exact, so the answer to it holds nothing but news.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(bound(deserialize = "T: serde::Deserialize<'de> + Ord")))]
pub struct TwoPhaseSetDigest<T> {
    live: IdSetDigest<T>,
    removed: IdSetDigest<T>,
}

/// An element in both phases is refused: no set encodes to that.
#[cfg(feature = "serde")]
mod wire {
    use super::*;

    #[derive(serde::Deserialize)]
    #[serde(bound(deserialize = "T: serde::Deserialize<'de> + Ord"))]
    pub(super) struct Phases<T> {
        #[serde(deserialize_with = "gossiper_core::lattice::canonical::ordered_set")]
        live: BTreeSet<T>,
        #[serde(deserialize_with = "gossiper_core::lattice::canonical::ordered_set")]
        removed: BTreeSet<T>,
    }

    impl<T: Ord> TryFrom<Phases<T>> for TwoPhaseSet<T> {
        type Error = &'static str;

        fn try_from(Phases { live, removed }: Phases<T>) -> Result<Self, Self::Error> {
            if live.is_disjoint(&removed) {
                Ok(Self { live, removed, upkeep: Upkeep::new() })
            } else {
                Err("an element is there and was removed")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use alloc::format;

    use super::*;

    #[test]
    fn what_was_removed_never_comes_back() {
        let (mut a, mut b) = (TwoPhaseSet::new(), TwoPhaseSet::new());
        let added = a.insert("x");
        a.merge(added.clone());
        a.merge(a.insert("y"));
        b.merge(b.remove("x"));
        a.merge(b.delta(&a.digest()).unwrap());
        b.merge(a.delta(&b.digest()).unwrap());
        assert_eq!(a, b);
        assert_eq!(a.merge(added), MergeOutcome::Unchanged);
        assert_eq!((a.insert("x"), a.remove("x")), Default::default());
        assert!(a.iter().eq(&["y"]) && a.removed().eq(&["x"]));
        assert_eq!((a.len(), a.is_empty(), a.contains("x")), (1, false, false));
        assert_eq!(format!("{a:?}"), r#"{"y"} removed {"x"}"#);
    }

    #[test]
    fn a_delta_holds_what_is_further_along() {
        let mut a = TwoPhaseSet::new();
        for element in ["x", "y"] {
            a.merge(a.insert(element));
        }
        let before = a.digest();
        assert_eq!(a.delta(&before), None);
        a.merge(a.remove("x"));
        assert_eq!(a.delta(&before), Some(TwoPhaseSet::new().remove("x")));
        // Nothing is told of an element to one who knows that it was removed.
        let mut b = TwoPhaseSet::new();
        b.merge(b.remove("y"));
        assert_eq!(a.delta(&b.digest()), Some(TwoPhaseSet::new().remove("x")));
    }
}
