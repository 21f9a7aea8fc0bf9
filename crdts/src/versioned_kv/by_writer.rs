//! One value for each writer, in a small sorted vector.

use alloc::vec::Vec;
use core::fmt;

use gossiper_core::lattice::{MergeOutcome, ReplicaId};

/// A value for each writer, in ascending order of writers, never empty.
///
/// Nearly every key has one writer, or a few: a vector of one is much smaller
/// and faster than a map of one. Look-up O(log w), join O(w + k log w).
#[derive(Clone, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(transparent))]
pub(super) struct ByWriter<T>(Vec<(ReplicaId, T)>);

impl<T> ByWriter<T> {
    /// Takes values of distinct writers; `None` when there is none.
    pub(super) fn from_distinct(values: impl IntoIterator<Item = (ReplicaId, T)>) -> Option<Self> {
        let mut values: Vec<_> = values.into_iter().collect();
        // Linear when they come sorted, as they do from another such vector.
        values.sort_by_key(|(writer, _)| *writer);
        debug_assert!(ascend(&values), "each writer comes once");
        (!values.is_empty()).then_some(Self(values))
    }

    pub(super) fn of(&self, writer: ReplicaId) -> Option<&T> {
        self.0.binary_search_by_key(&writer, |(writer, _)| *writer).ok().map(|at| &self.0[at].1)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (ReplicaId, &T)> {
        self.0.iter().map(|(writer, value)| (*writer, value))
    }

    pub(super) fn into_iter(self) -> impl Iterator<Item = (ReplicaId, T)> {
        self.0.into_iter()
    }

    /// Keeps the greater of the two values of each writer.
    pub(super) fn join(&mut self, other: Self) -> MergeOutcome
    where
        T: Ord,
    {
        let known = self.0.len();
        let mut changed = false;
        for (writer, theirs) in other.0 {
            match self.0[..known].binary_search_by_key(&writer, |(writer, _)| *writer) {
                Ok(at) if self.0[at].1 >= theirs => continue,
                Ok(at) => self.0[at].1 = theirs,
                Err(_) => self.0.push((writer, theirs)),
            }
            changed = true;
        }
        if self.0.len() > known {
            // Two ascending runs, which a stable sort merges in linear time.
            self.0.sort_by_key(|(writer, _)| *writer);
        }
        MergeOutcome::changed_if(changed)
    }
}

impl<T: fmt::Debug> fmt::Debug for ByWriter<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

fn ascend<T>(values: &[(ReplicaId, T)]) -> bool {
    values.is_sorted_by(|(a, _), (b, _)| a < b)
}

#[cfg(feature = "serde")]
mod wire {
    use serde::de::{Deserialize, Deserializer, Error};

    use super::*;

    /// Refuses an empty list and writers that repeat or are out of order.
    impl<'de, T: Deserialize<'de>> Deserialize<'de> for ByWriter<T> {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            let values = Vec::<(ReplicaId, T)>::deserialize(deserializer)?;
            if values.is_empty() {
                return Err(D::Error::custom("a key without any writer"));
            }
            if !ascend(&values) {
                return Err(D::Error::custom("writers of a key repeat or are out of order"));
            }
            Ok(Self(values))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn by_writer(values: &[(u64, u8)]) -> ByWriter<u8> {
        let values = values.iter().map(|(writer, value)| (ReplicaId::new(*writer), *value));
        ByWriter::from_distinct(values).unwrap()
    }

    #[test]
    fn join_keeps_the_greater_value_of_each_writer_in_order() {
        let mut mine = by_writer(&[(2, 5), (4, 1)]);
        assert_eq!(
            mine.join(by_writer(&[(1, 1), (2, 4), (3, 3), (4, 2), (5, 5)])),
            MergeOutcome::Changed
        );
        assert_eq!(mine, by_writer(&[(1, 1), (2, 5), (3, 3), (4, 2), (5, 5)]));
        assert_eq!(mine.join(by_writer(&[(2, 4), (4, 2)])), MergeOutcome::Unchanged);
        assert_eq!(mine.of(ReplicaId::new(3)), Some(&3));
        assert_eq!(mine.of(ReplicaId::new(9)), None);
    }
}
