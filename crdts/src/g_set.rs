//! A set that only grows.
//!
//! *One replica has an element and the other lacks it: was it never seen, or
//! removed?* In this set the question does not come up, for nothing is ever
//! removed: what is lacking was never seen. The join is the union.
//!
//! A concurrent history:
//!
//! ```text
//! a: {}   inserts x → {x}   ⟵ merge ⟶  {x, y}
//! b: {}   inserts y → {y}   ⟵ merge ⟶  {x, y}
//! ```
//!
//! **Cost**, for `n` elements: the state and the digest hold all of them; a delta
//! holds those that are news. `insert` and `contains` O(log n), `digest` O(n),
//! `delta` O(n + m) for a digest of `m` elements, merging a delta of `k`
//! elements O(k log n). Replicas of more than 256 elements find by sketches and
//! filters what they lack, and send no digest; an element that a sketch told of is
//! found by hashing all, 20 ns each.
//!
//! **Anomalies.** It never shrinks. Elements that are equal are one element: if
//! `Ord` ignores part of an element, replicas may keep different variants of it
//! for ever, so `Ord` and `Hash` must tell apart what anything else can tell apart.
//!
//! References: Shapiro, Preguiça, Baquero and Zawirski, *A comprehensive study
//! of convergent and commutative replicated data types*, INRIA RR-7506, 2011,
//! section 3.3.1 (G-Set); Almeida, Shoker and Baquero, *Delta state replicated
//! data types*, JPDC 2018, section 4 (its delta).
//!
//! ```
//! use gossiper_core::Replicated;
//! use gossiper_crdts::GSet;
//!
//! let (mut here, mut there) = (GSet::default(), GSet::default());
//! here.merge(here.insert("x"));
//! there.merge(there.insert_all(["x", "y"]));
//!
//! let lacking = there.delta(&here.digest()).expect("y is news here");
//! assert_eq!(format!("{lacking:?}"), r#"Δ{"y"}"#);
//! here.merge(lacking);
//! assert_eq!(here, there);
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

/// A set that only grows; concurrent insertions all stay.
///
/// [The module](self) tells how.
///
/// ```
/// use gossiper_core::Replicated;
/// use gossiper_crdts::GSet;
///
/// let mut tags = GSet::<String>::default();
/// tags.merge(tags.insert("b".into()));
/// tags.merge(tags.insert("a".into()));
/// assert!(tags.contains("a"));
/// assert_eq!(format!("{tags:?}"), r#"{"a", "b"}"#);
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(transparent, bound(deserialize = "T: serde::Deserialize<'de> + Ord"))
)]
pub struct GSet<T> {
    #[cfg_attr(
        feature = "serde",
        serde(deserialize_with = "gossiper_core::lattice::canonical::ordered_set")
    )]
    elements: BTreeSet<T>,
    #[cfg_attr(feature = "serde", serde(skip))]
    upkeep: Upkeep,
}

impl<T> GSet<T> {
    const fn of(elements: BTreeSet<T>) -> Self {
        Self { elements, upkeep: Upkeep::new() }
    }

    /// The empty set.
    #[must_use]
    pub const fn new() -> Self {
        Self::of(BTreeSet::new())
    }

    /// How many elements there are. O(1).
    #[must_use]
    pub fn len(&self) -> usize {
        self.elements.len()
    }

    /// Whether there is none. O(1).
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.elements.is_empty()
    }

    /// The elements in ascending order. O(n).
    pub fn iter(&self) -> btree_set::Iter<'_, T> {
        self.elements.iter()
    }
}

impl<T: Ord + Hash> GSet<T> {
    /// The delta that adds `element`; empty if it is there already. O(log n).
    #[must_use = "a delta has no effect until it is merged"]
    pub fn insert(&self, element: T) -> Delta<Self> {
        self.insert_all([element])
    }

    /// The delta that adds those of `elements` that are not there yet.
    /// O(k log n) for `k` elements.
    #[must_use = "a delta has no effect until it is merged"]
    pub fn insert_all(&self, elements: impl IntoIterator<Item = T>) -> Delta<Self> {
        let news = elements.into_iter().filter(|element| !self.elements.contains(element));
        Delta::new(news.collect())
    }

    /// Whether `element` is there. O(log n).
    #[must_use]
    pub fn contains<Q>(&self, element: &Q) -> bool
    where
        T: Borrow<Q>,
        Q: Ord + ?Sized,
    {
        self.elements.contains(element)
    }
}

impl<T: Ord + Hash + Clone> Replicated for GSet<T> {
    type Digest = IdSetDigest<T>;
    type Delta = Delta<Self>;

    /// All elements. O(n).
    fn digest(&self) -> IdSetDigest<T> {
        self.elements.iter().cloned().collect()
    }

    /// The elements that the digest does not list. O(n + m).
    fn delta(&self, remote: &IdSetDigest<T>) -> Option<Delta<Self>> {
        let lacking: Self = remote.missing(&self.elements, |element| *element).cloned().collect();
        (!lacking.is_empty()).then_some(Delta::new(lacking))
    }

    /// O(k log n) for a delta of `k` elements.
    fn merge(&mut self, delta: Delta<Self>) -> MergeOutcome {
        self.join(delta.into_fragment())
    }

    /// One piece for each element.
    fn decompose(delta: Delta<Self>) -> Vec<Delta<Self>> {
        let elements = delta.into_fragment().elements.into_iter();
        elements.map(|element| Delta::new(Self::from_iter([element]))).collect()
    }

    /// O(1) once it is maintained, else O(n).
    fn fingerprint(&self, key: &FingerprintKey) -> Option<Fingerprint> {
        let sum = self.upkeep.sum(key);
        Some(Fingerprint::of_atoms(sum.unwrap_or_else(|| sum_of(&self.elements, key))))
    }

    fn maintain_fingerprint(&mut self, key: &FingerprintKey) {
        if self.upkeep.lacks(key) {
            self.upkeep.begin(*key, sum_of(&self.elements, key));
        }
    }

    fn digest_is_large(&self) -> bool {
        self.len() > FEW
    }

    /// O(n) hashes the first time.
    fn maintain_sketch(&mut self) -> bool {
        let Self { elements, upkeep } = self;
        if let Some(key) = upkeep.key() {
            upkeep.begin_sketch(elements.len(), elements.iter().map(|element| key.hash(element)));
        }
        upkeep.sketch().is_some()
    }

    fn sketch(&self) -> Option<&Sketch> {
        self.upkeep.sketch()
    }

    /// O(n) hashes.
    #[expect(clippy::cast_possible_truncation, reason = "half of a hash is a word")]
    fn visit_words(&self, visit: &mut dyn FnMut(u64)) -> bool {
        let Some(key) = self.upkeep.key() else { return false };
        self.elements.iter().for_each(|element| visit(key.hash(element) as u64));
        true
    }

    /// O(n) hashes.
    #[expect(clippy::cast_possible_truncation, reason = "half of a hash is a word")]
    fn atoms(&self, place: &mut dyn FnMut(u64) -> Option<usize>) -> Vec<Delta<Self>> {
        let Some(key) = self.upkeep.key() else { return Vec::new() };
        let mut parts: Vec<Vec<T>> = Vec::new();
        for element in &self.elements {
            if let Some(at) = place(key.hash(element) as u64) {
                at_place(&mut parts, at).push(element.clone());
            }
        }
        parts.into_iter().map(|part| Delta::new(part.into_iter().collect())).collect()
    }

    /// In order, without a copy. O(k).
    fn halve(delta: Delta<Self>) -> Vec<Delta<Self>> {
        let mut first = delta.into_fragment();
        let rest = Self::of(half_of_set(&mut first.elements));
        [first, rest].into_iter().filter(|part| !part.is_empty()).map(Delta::new).collect()
    }

    fn join_deltas(delta: &mut Delta<Self>, other: Delta<Self>) -> Option<Delta<Self>> {
        delta.join(other);
        None
    }

    fn schema() -> Schema {
        Schema::named("gossiper.GSet").with(Schema::of_type::<T>())
    }
}

fn sum_of<T: Hash>(elements: &BTreeSet<T>, key: &FingerprintKey) -> u128 {
    elements.iter().fold(0, |sum, element| sum.wrapping_add(key.hash(element)))
}

/// The union.
impl<T: Ord + Hash> Join for GSet<T> {
    fn join(&mut self, other: Self) -> MergeOutcome {
        let before = self.elements.len();
        // One by one: `append` would rebuild the whole set for a small delta.
        for element in other.elements {
            let Self { elements, upkeep } = self;
            // Only what is new is hashed, and before it is moved.
            if !elements.contains(&element) {
                upkeep.add(|key| Some(key.hash(&element)));
                elements.insert(element);
            }
        }
        MergeOutcome::changed_if(self.elements.len() > before)
    }
}

impl<T: Ord + Hash + Clone + 'static> Plain for GSet<T> {
    type Recorder<'a> = GSetRecorder<'a, T>;
}

/// Changes a [`GSet`] in a transaction.
pub struct GSetRecorder<'a, T: Ord + Hash + Clone + 'static>(Recording<'a, GSet<T>>);

impl<'a, T: Ord + Hash + Clone + 'static> From<Recording<'a, GSet<T>>> for GSetRecorder<'a, T> {
    fn from(recording: Recording<'a, GSet<T>>) -> Self {
        Self(recording)
    }
}

impl<T: Ord + Hash + Clone + 'static> GSetRecorder<'_, T> {
    /// Adds `element`; says whether it is new. O(log n).
    pub fn insert(&mut self, element: T) -> bool {
        let new = !self.contains(&element);
        if new {
            self.0.pending_mut().first_mut().join(Delta::new(GSet::from_iter([element])));
        }
        new
    }

    /// Whether `element` is there. O(log n).
    #[must_use]
    pub fn contains<Q>(&self, element: &Q) -> bool
    where
        T: Borrow<Q>,
        Q: Ord + ?Sized,
    {
        let recorded = self.0.pending().iter().map(Delta::fragment);
        self.0.base().into_iter().chain(recorded).any(|part| part.contains(element))
    }
}

/// Adds elements. O(k log n) for k of them.
impl<T: Ord + Hash + Clone + 'static> Extend<T> for GSetRecorder<'_, T> {
    fn extend<I: IntoIterator<Item = T>>(&mut self, elements: I) {
        for element in elements {
            self.insert(element);
        }
    }
}

// By hand: deriving would ask for `T: Default`.
impl<T> Default for GSet<T> {
    fn default() -> Self {
        Self::new()
    }
}

/// Elements carry no trace of who inserted them, so any collection of elements
/// is a state that insertions lead to.
impl<T: Ord> FromIterator<T> for GSet<T> {
    fn from_iter<I: IntoIterator<Item = T>>(elements: I) -> Self {
        Self::of(elements.into_iter().collect())
    }
}

impl<'a, T> IntoIterator for &'a GSet<T> {
    type Item = &'a T;
    type IntoIter = btree_set::Iter<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// Reads as `{"a", "b"}`.
impl<T: fmt::Debug> fmt::Debug for GSet<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(&self.elements).finish()
    }
}

#[cfg(test)]
mod tests {
    use alloc::format;
    use alloc::string::String;

    use super::*;

    #[test]
    fn concurrent_insertions_all_stay() {
        let (mut a, mut b) = (GSet::new(), GSet::new());
        let (x, y) = (a.insert("x"), b.insert("y"));
        a.merge(x.clone());
        b.merge(y.clone());
        assert_eq!(a.merge(y), MergeOutcome::Changed);
        assert_eq!(b.merge(x.clone()), MergeOutcome::Changed);
        assert_eq!(a, b);
        assert_eq!(a.merge(x), MergeOutcome::Unchanged);
        assert_eq!((a.len(), a.is_empty()), (2, false));
        assert_eq!(a.iter().copied().collect::<String>(), "xy");
        assert_eq!(format!("{a:?}"), r#"{"x", "y"}"#);
    }

    #[test]
    fn inserting_what_is_there_tells_nothing() {
        let set = GSet::from_iter([1, 2]);
        assert_eq!(set.insert(1), Delta::default());
        assert_eq!(set.insert_all([1, 3, 2, 3]), Delta::new(GSet::from_iter([3])));
    }

    #[test]
    fn sets_of_different_elements_have_different_schemas() {
        assert_ne!(GSet::<u8>::schema(), GSet::<u16>::schema());
    }
}
