//! A set of dots: which events are known, gaps included.

use alloc::collections::BTreeMap;
use core::fmt;

use super::{Dot, Intervals, MergeOutcome, ReplicaId};

/// A set of dots, kept as intervals for each writer: a version vector with
/// gaps.
///
/// *Which events are known here?* A version vector answers for writers whose
/// events arrive in order. Gossip delivers in any order, so the vector carries
/// what arrived early as further intervals, and compacts as soon as the gap is
/// filled. A thousand writers without gaps take a thousand intervals.
///
/// Membership O(log w + log g) for `w` writers and `g` intervals of a writer;
/// join and comparison O(intervals). Iteration is in order of replica and
/// sequence. See Almeida, Shoker and Baquero 2018, section 7.2 ("causal
/// context compression").
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct CausalContext {
    writers: BTreeMap<ReplicaId, Intervals>,
}

impl CausalContext {
    /// The empty context.
    #[must_use]
    pub const fn new() -> Self {
        Self { writers: BTreeMap::new() }
    }

    /// Adds one dot.
    pub fn insert(&mut self, dot: Dot) -> MergeOutcome {
        self.insert_range(dot, dot.sequence())
    }

    /// Adds the dots of `first`'s writer from `first` up to sequence `last`;
    /// nothing if `last` is smaller.
    pub fn insert_range(&mut self, first: Dot, last: u64) -> MergeOutcome {
        if last < first.sequence() {
            return MergeOutcome::Unchanged;
        }
        self.writers.entry(first.replica()).or_default().insert(first.sequence(), last)
    }

    /// Adds all dots of `other`.
    pub fn join(&mut self, other: &Self) -> MergeOutcome {
        other.writers.iter().fold(MergeOutcome::Unchanged, |outcome, (replica, theirs)| {
            outcome.or(self.writers.entry(*replica).or_default().join(theirs))
        })
    }

    /// Whether `dot` is known.
    #[must_use]
    pub fn contains(&self, dot: Dot) -> bool {
        self.writers.get(&dot.replica()).is_some_and(|own| own.contains(dot.sequence()))
    }

    /// Whether the dots of `first`'s writer from `first` to `last` are all known.
    #[must_use]
    pub fn contains_range(&self, first: Dot, last: u64) -> bool {
        self.writers
            .get(&first.replica())
            .is_some_and(|own| own.covers_interval(first.sequence(), last))
    }

    /// Whether every dot of `other` is known here.
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        other.writers.iter().all(|(replica, theirs)| {
            self.writers.get(replica).is_some_and(|own| own.covers(theirs))
        })
    }

    /// The highest sequence known of `replica`; 0 if none is.
    #[must_use]
    pub fn max_sequence(&self, replica: ReplicaId) -> u64 {
        self.writers.get(&replica).and_then(Intervals::max).unwrap_or(0)
    }

    /// The intervals of known sequences, `(first, last)` both included, by
    /// writer in ascending order.
    pub fn intervals(&self) -> impl Iterator<Item = (ReplicaId, &[(u64, u64)])> {
        self.writers.iter().map(|(replica, own)| (*replica, own.as_slice()))
    }

    /// Whether no dot is known.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.writers.is_empty()
    }
}

/// Reads as `{r1: 1..=9, r2: 1..=3 5..=7}`.
impl fmt::Debug for CausalContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        struct Shown<'a>(&'a [(u64, u64)]);
        impl fmt::Debug for Shown<'_> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                for (i, (first, last)) in self.0.iter().enumerate() {
                    let space = if i == 0 { "" } else { " " };
                    if first == last {
                        write!(f, "{space}{first}")?;
                    } else {
                        write!(f, "{space}{first}..={last}")?;
                    }
                }
                Ok(())
            }
        }
        f.debug_map().entries(self.intervals().map(|(replica, own)| (replica, Shown(own)))).finish()
    }
}

#[cfg(feature = "serde")]
mod wire {
    use alloc::vec::Vec;

    use serde::de::{Deserialize, Deserializer, Error};
    use serde::ser::{Serialize, Serializer};

    use super::*;

    impl Serialize for CausalContext {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.collect_map(self.intervals())
        }
    }

    /// Refuses whatever is not the one encoding of a context.
    impl<'de> Deserialize<'de> for CausalContext {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            let encoded: BTreeMap<ReplicaId, Vec<(u64, u64)>> =
                crate::lattice::canonical::ordered_map(deserializer)?;
            let writers = encoded
                .into_iter()
                .map(|(replica, own)| {
                    Intervals::from_canonical(own).map(|own| (replica, own)).ok_or_else(|| {
                        D::Error::custom("intervals of a context overlap or are out of order")
                    })
                })
                .collect::<Result<_, _>>()?;
            Ok(Self { writers })
        }
    }
}

#[cfg(test)]
mod tests {
    use alloc::format;

    use super::*;

    fn dot(replica: u64, sequence: u64) -> Dot {
        Dot::new(ReplicaId::new(replica), sequence).unwrap()
    }

    #[test]
    fn a_gap_is_not_claimed_until_it_is_filled() {
        let mut context = CausalContext::new();
        context.insert(dot(1, 1));
        context.insert(dot(1, 3));
        assert!(!context.contains(dot(1, 2)));
        assert!(!context.contains_range(dot(1, 1), 3));
        assert_eq!(format!("{context:?}"), "{r1: 1 3}");
        context.insert(dot(1, 2));
        assert_eq!(format!("{context:?}"), "{r1: 1..=3}");
        assert_eq!(context.max_sequence(ReplicaId::new(1)), 3);
    }

    #[test]
    fn covering_is_by_writer_and_dot() {
        let (mut a, mut b) = (CausalContext::new(), CausalContext::new());
        a.insert_range(dot(1, 1), 5);
        b.insert(dot(1, 4));
        assert!(a.covers(&b) && !b.covers(&a));
        b.insert(dot(2, 1));
        assert!(!a.covers(&b));
        assert_eq!(a.join(&b), MergeOutcome::Changed);
        assert_eq!(a.join(&b), MergeOutcome::Unchanged);
        assert!(a.covers(&b));
    }
}
