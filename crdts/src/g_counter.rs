//! A counter that only grows.
//!
//! *Two replicas hold 7 and each adds 1. Is the sum 8 or 9, and if the message
//! comes twice, 10?* A bare number cannot tell. So the counter keeps one count
//! for each writer, which only that writer raises. A writer's own counts are
//! ordered by time, so of two the larger is the later and contains the smaller:
//! the join takes the maximum writer by writer, and the value is the sum.
//!
//! A concurrent history:
//!
//! ```text
//! r1: {r1: 3}         adds 2 → {r1: 5}         ⟵ merge ⟶  {r1: 5, r2: 4}
//! r2: {r1: 3}         adds 4 → {r1: 3, r2: 4}  ⟵ merge ⟶  {r1: 5, r2: 4}   value 9
//! ```
//!
//! **Cost**, for `w` writers that ever wrote: 16 bytes a writer in the state
//! and in the digest; a delta has 16 bytes for each writer that is news.
//! `increment` and `count_of` O(log w), and O(1) for the writer that came last;
//! `value`, `digest` and iteration O(w); `delta` one walk over both lists of
//! counts; merging a delta of `k` writers O(k log w), and a move of the counts
//! behind them where they are new.
//!
//! **Anomalies.** Writers never leave: a counter written under a thousand ids
//! stays a thousand counts long. Two increments in *one* `update` read the same
//! state, and their join is the larger of the two and not the sum: add up first
//! and increment once. (A [`GCounterRecorder`] adds up by itself.) An id that two
//! writers use loses increments.
//!
//! References: Shapiro, Preguiça, Baquero and Zawirski, *A comprehensive study
//! of convergent and commutative replicated data types*, INRIA RR-7506, 2011,
//! section 3.1 (G-Counter); Almeida, Shoker and Baquero, *Delta state
//! replicated data types*, JPDC 2018, section 4 (its delta).
//!
//! ```
//! use gossiper_core::{ReplicaId, Replicated};
//! use gossiper_crdts::GCounter;
//!
//! let (r1, r2) = (ReplicaId::new(1), ReplicaId::new(2));
//! let (mut here, mut there) = (GCounter::new(), GCounter::new());
//! here.merge(here.increment(r1, 5)?);
//! there.merge(there.increment(r2, 4)?);
//!
//! let lacking = there.delta(&here.digest()).expect("r2's count is news here");
//! here.merge(lacking.clone());
//! here.merge(lacking);
//! assert_eq!(here.value(), 9);
//! # Ok::<(), gossiper_crdts::CounterOverflow>(())
//! ```

mod counts;

use alloc::vec::Vec;
use core::fmt;
use core::num::NonZeroU64;

use counts::Counts;
use gossiper_core::causal::{Plain, Recording};
use gossiper_core::lattice::{
    Delta, Fingerprint, FingerprintKey, Join, MergeOutcome, ReplicaId, Replicated, Schema,
};
use thiserror::Error;

/// A counter that only grows: one count for each writer, and their sum.
///
/// Every increment counts exactly once, however often and in whatever order
/// deltas arrive; [the module](self) tells how.
///
/// ```
/// use gossiper_core::{ReplicaId, Replicated};
/// use gossiper_crdts::GCounter;
///
/// let mut visits = GCounter::new();
/// visits.merge(visits.increment(ReplicaId::new(1), 3)?);
/// visits.merge(visits.increment(ReplicaId::new(2), 4)?);
/// assert_eq!(visits.value(), 7);
/// assert_eq!(format!("{visits:?}"), "GCounter(7: {r1: 3, r2: 4})");
/// # Ok::<(), gossiper_crdts::CounterOverflow>(())
/// ```
#[derive(Clone, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(transparent))]
pub struct GCounter {
    counts: Counts,
}

impl GCounter {
    /// A counter at 0.
    #[must_use]
    pub const fn new() -> Self {
        Self { counts: Counts::new() }
    }

    /// The delta that adds `by` to the count of `replica`; empty when `by` is 0.
    ///
    /// `replica` must be the writer's own id, as `ctx.replica()` gives it. Of
    /// two deltas made from one state the larger wins, so increment once in an
    /// update. O(log w), and mostly O(1) for a writer that was raised here before.
    ///
    /// # Errors
    ///
    /// [`CounterOverflow`] when the writer's count would exceed `u64::MAX`.
    #[inline]
    pub fn increment(&self, replica: ReplicaId, by: u64) -> Result<Delta<Self>, CounterOverflow> {
        match self.counts.raising(replica, by) {
            Ok(counts) => Ok(Delta::new(Self { counts })),
            Err(count) => Err(CounterOverflow { replica, count, by }),
        }
    }

    /// The sum of all counts, which cannot overflow. O(w).
    #[must_use]
    pub fn value(&self) -> u128 {
        self.iter().map(|(_, count)| u128::from(count)).sum()
    }

    /// What `replica` has added; 0 if nothing. O(log w).
    #[must_use]
    pub fn count_of(&self, replica: ReplicaId) -> u64 {
        self.counts.of(replica)
    }

    /// The writers and their counts, in ascending order of writers; no count
    /// is 0. O(w).
    pub fn iter(&self) -> impl Iterator<Item = (ReplicaId, u64)> {
        self.counts.as_slice().iter().map(|(replica, count)| (*replica, count.get()))
    }
}

impl Replicated for GCounter {
    type Digest = GCounterDigest;
    type Delta = Delta<Self>;

    /// All counts. O(w).
    fn digest(&self) -> GCounterDigest {
        GCounterDigest { counts: self.counts.clone() }
    }

    /// The counts that are above those of the digest. One walk over both.
    fn delta(&self, remote: &GCounterDigest) -> Option<Delta<Self>> {
        let counts = self.counts.above(&remote.counts);
        (!counts.is_empty()).then_some(Delta::new(Self { counts }))
    }

    /// O(k log w) for a delta of `k` writers, O(w) where one is new.
    #[inline]
    fn merge(&mut self, delta: Delta<Self>) -> MergeOutcome {
        self.join(delta.into_fragment())
    }

    /// One piece for each writer.
    fn decompose(delta: Delta<Self>) -> Vec<Delta<Self>> {
        let counts = delta.into_fragment().counts;
        let piece = |(replica, count): &(ReplicaId, NonZeroU64)| {
            Delta::new(Self { counts: Counts::of_one(*replica, *count) })
        };
        counts.as_slice().iter().map(piece).collect()
    }

    /// O(w): to keep it up to date would cost every increment two hashes.
    fn fingerprint(&self, key: &FingerprintKey) -> Option<Fingerprint> {
        Some(key.fingerprint(&self.counts))
    }

    fn join_deltas(delta: &mut Delta<Self>, other: Delta<Self>) -> Option<Delta<Self>> {
        delta.join(other);
        None
    }

    fn schema() -> Schema {
        Schema::named("gossiper.GCounter")
    }
}

/// The maximum, writer by writer.
impl Join for GCounter {
    fn join(&mut self, other: Self) -> MergeOutcome {
        self.counts.join(other.counts)
    }
}

impl Plain for GCounter {
    type Recorder<'a> = GCounterRecorder<'a>;
}

/// Changes a [`GCounter`] in a transaction.
pub struct GCounterRecorder<'a>(Recording<'a, GCounter>);

impl<'a> From<Recording<'a, GCounter>> for GCounterRecorder<'a> {
    fn from(recording: Recording<'a, GCounter>) -> Self {
        Self(recording)
    }
}

impl GCounterRecorder<'_> {
    /// Adds `by`; what is added in one transaction adds up.
    ///
    /// # Errors
    ///
    /// [`CounterOverflow`] when this writer's count would exceed `u64::MAX`.
    pub fn add(&mut self, by: u64) -> Result<(), CounterOverflow> {
        let (replica, count) = (self.0.replica(), self.own_count());
        let Some(raised) = count.checked_add(by) else {
            return Err(CounterOverflow { replica, count, by });
        };
        if let Some(raised) = NonZeroU64::new(raised).filter(|_| by > 0) {
            let counts = Counts::of_one(replica, raised);
            self.0.pending_mut().replace(Delta::new(GCounter { counts }));
        }
        Ok(())
    }

    /// The sum of all counts. O(w).
    #[must_use]
    pub fn value(&self) -> u128 {
        let base = self.0.base().map_or(0, GCounter::value);
        base + u128::from(self.own_count() - self.base_count())
    }

    fn own_count(&self) -> u64 {
        let replica = self.0.replica();
        let recorded = self.0.pending().iter().map(|delta| delta.fragment().count_of(replica));
        recorded.max().unwrap_or(0).max(self.base_count())
    }

    fn base_count(&self) -> u64 {
        self.0.base().map_or(0, |base| base.count_of(self.0.replica()))
    }
}

/// Reads as `GCounter(7: {r1: 3, r2: 4})`.
impl fmt::Debug for GCounter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "GCounter({}: {:?})", self.value(), self.counts)
    }
}

/// What a [`GCounter`] knows: the count of each writer.
///
/// Exact, so the answer to it holds nothing but news.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(transparent))]
pub struct GCounterDigest {
    counts: Counts,
}

impl GCounterDigest {
    /// The count of `replica` that the digest's owner knows; 0 if none.
    /// O(log w).
    #[must_use]
    pub fn count_of(&self, replica: ReplicaId) -> u64 {
        self.counts.of(replica)
    }
}

/// Why an increment did not happen. The counter is unchanged.
///
/// The writer has used up its count: go on under a fresh id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("count {count} of replica {replica} plus {by} exceeds the maximum of {}", u64::MAX)]
#[non_exhaustive]
pub struct CounterOverflow {
    /// The writer.
    pub replica: ReplicaId,
    /// Its count.
    pub count: u64,
    /// What was to be added.
    pub by: u64,
}

#[cfg(test)]
mod tests {
    use alloc::format;
    use alloc::string::ToString;

    use super::*;

    const R1: ReplicaId = ReplicaId::new(1);
    const R2: ReplicaId = ReplicaId::new(2);

    #[test]
    fn increments_of_both_writers_count_once() {
        let (mut a, mut b) = (GCounter::new(), GCounter::new());
        let from_a = a.increment(R1, 3).unwrap();
        let from_b = b.increment(R2, 4).unwrap();
        for delta in [&from_a, &from_b, &from_a, &from_b] {
            a.merge(delta.clone());
        }
        b.merge(from_b);
        b.merge(from_a);
        assert_eq!(a, b);
        assert_eq!((a.value(), a.count_of(R1), a.count_of(ReplicaId::new(3))), (7, 3, 0));
        assert_eq!(a.iter().collect::<Vec<_>>(), [(R1, 3), (R2, 4)]);
        assert_eq!(format!("{a:?}"), "GCounter(7: {r1: 3, r2: 4})");
    }

    #[test]
    fn an_increment_by_zero_tells_nothing() {
        let mut counter = GCounter::new();
        let nothing = counter.increment(R1, 0).unwrap();
        assert_eq!(nothing, Delta::default());
        counter.merge(counter.increment(R1, 2).unwrap());
        assert_eq!(counter.increment(R1, 0).unwrap(), Delta::default());
    }

    #[test]
    fn an_overflow_is_refused_with_its_numbers() {
        let mut counter = GCounter::new();
        counter.merge(counter.increment(R1, u64::MAX - 1).unwrap());
        let refused = counter.increment(R1, 2).unwrap_err();
        assert_eq!(refused, CounterOverflow { replica: R1, count: u64::MAX - 1, by: 2 });
        assert_eq!(
            refused.to_string(),
            "count 18446744073709551614 of replica r1 plus 2 exceeds the maximum of \
             18446744073709551615",
        );
        counter.merge(counter.increment(R1, 1).unwrap());
        assert_eq!(counter.increment(R1, 0), Ok(Delta::default()));
        counter.merge(counter.increment(R2, u64::MAX).unwrap());
        assert_eq!(counter.value(), 2 * u128::from(u64::MAX));
    }

    #[test]
    fn two_increments_of_one_update_are_not_added() {
        let counter = GCounter::new();
        let both = counter.increment(R1, 2).unwrap().joined(counter.increment(R1, 3).unwrap());
        assert_eq!(both.fragment().value(), 3);
    }

    #[test]
    fn a_delta_holds_only_counts_above_the_digest() {
        let mut a = GCounter::new();
        a.merge(a.increment(R1, 1).unwrap());
        let digest = a.digest();
        assert_eq!(a.delta(&digest), None);
        a.merge(a.increment(R2, 1).unwrap());
        assert_eq!(a.delta(&digest).unwrap().fragment().iter().collect::<Vec<_>>(), [(R2, 1)]);
    }
}
