//! How far each writer's events are known.

use alloc::collections::BTreeMap;
use core::fmt;

use super::ReplicaId;

/// For each writer, the number of its events that are known, counted without a
/// gap from the first.
///
/// The contiguous part of a [`CausalContext`](super::CausalContext), and the
/// shortest thing that can be said of one. After Parker et al., *Detection of
/// mutual inconsistency in distributed systems*, IEEE TSE 1983.
///
/// ```
/// use gossiper_core::{CausalContext, ReplicaId, VersionVector};
///
/// let r1 = ReplicaId::new(1);
/// let vector = VersionVector::from_iter([(r1, 3)]);
/// assert_eq!(vector.of(r1), 3);
/// assert_eq!(CausalContext::from(&vector).contiguous(), vector);
/// ```
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct VersionVector {
    /// No entry is 0.
    writers: BTreeMap<ReplicaId, u64>,
}

impl VersionVector {
    /// How many events of `replica` are known; 0 if none is. O(log w).
    #[must_use]
    pub fn of(&self, replica: ReplicaId) -> u64 {
        self.writers.get(&replica).copied().unwrap_or(0)
    }

    /// The writers of which any event is known, in ascending order, and how
    /// many are.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (ReplicaId, u64)> {
        self.writers.iter().map(|(replica, known)| (*replica, *known))
    }
}

/// Of several numbers for one writer the highest counts.
impl FromIterator<(ReplicaId, u64)> for VersionVector {
    fn from_iter<I: IntoIterator<Item = (ReplicaId, u64)>>(known: I) -> Self {
        let mut writers = BTreeMap::new();
        for (replica, known) in known.into_iter().filter(|(_, known)| *known > 0) {
            let own = writers.entry(replica).or_insert(known);
            *own = known.max(*own);
        }
        Self { writers }
    }
}

/// Reads as `{r1: 9, r2: 3}`.
impl fmt::Debug for VersionVector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(&self.writers).finish()
    }
}
