//! A set of sequence numbers as closed intervals.

use alloc::vec::Vec;

use super::MergeOutcome;

/// Sequence numbers as disjoint, non-adjacent, ascending closed intervals, so
/// that equal sets are equal values.
///
/// A writer whose events arrive in order costs one interval whatever their
/// number; each gap costs one more. With `g` intervals: `contains` O(log g),
/// `insert` O(log g) at the end and O(g) in the middle, `join` and `covers`
/// O(g + h).
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Intervals(Vec<(u64, u64)>);

impl Intervals {
    /// Adds `first..=last`.
    pub(crate) fn insert(&mut self, first: u64, last: u64) -> MergeOutcome {
        debug_assert!(first <= last, "an interval has a first and a last number");
        // Intervals before `start` end below `first - 1`; those from `end` on
        // begin above `last + 1`; those between touch the new one.
        let start = self.0.partition_point(|&(_, end)| end < first.saturating_sub(1));
        let end =
            start + self.0[start..].partition_point(|&(begin, _)| begin <= last.saturating_add(1));
        match self.0.get(start..end) {
            None | Some([]) => self.0.insert(start, (first, last)),
            Some([(begin, end), ..]) if *begin <= first && last <= *end => {
                return MergeOutcome::Unchanged;
            }
            Some(touched) => {
                let joined = (first.min(touched[0].0), last.max(touched[touched.len() - 1].1));
                self.0[start] = joined;
                self.0.drain(start + 1..end);
            }
        }
        MergeOutcome::Changed
    }

    pub(crate) fn contains(&self, number: u64) -> bool {
        self.covers_interval(number, number)
    }

    pub(crate) fn covers_interval(&self, first: u64, last: u64) -> bool {
        let at = self.0.partition_point(|&(_, end)| end < first);
        self.0.get(at).is_some_and(|&(begin, end)| begin <= first && last <= end)
    }

    /// Whether every number of `other` is in this set.
    pub(crate) fn covers(&self, other: &Self) -> bool {
        let mut mine = self.0.iter();
        let mut current = mine.next();
        other.0.iter().all(|&(first, last)| {
            while current.is_some_and(|&(_, end)| end < first) {
                current = mine.next();
            }
            current.is_some_and(|&(begin, end)| begin <= first && last <= end)
        })
    }

    /// Adds all numbers of `other`.
    pub(crate) fn join(&mut self, other: &Self) -> MergeOutcome {
        if self.covers(other) {
            return MergeOutcome::Unchanged;
        }
        let mut merged: Vec<(u64, u64)> = Vec::with_capacity(self.0.len() + other.0.len());
        let (mut left, mut right) = (self.0.iter().peekable(), other.0.iter().peekable());
        loop {
            let next = match (left.peek(), right.peek()) {
                (Some(a), Some(b)) if a.0 <= b.0 => left.next(),
                (_, Some(_)) => right.next(),
                (_, None) => left.next(),
            };
            let Some(&(first, last)) = next else { break };
            match merged.last_mut() {
                Some((_, end)) if first <= end.saturating_add(1) => *end = last.max(*end),
                _ => merged.push((first, last)),
            }
        }
        self.0 = merged;
        MergeOutcome::Changed
    }

    /// Forgets which numbers up to the largest are missing: what was a gap
    /// counts as present from now on.
    pub(crate) fn close_gaps(&mut self) {
        if let (Some(&(first, _)), Some(&(_, last))) = (self.0.first(), self.0.last()) {
            self.0.clear();
            self.0.push((first, last));
        }
    }

    pub(crate) fn max(&self) -> Option<u64> {
        self.0.last().map(|&(_, last)| last)
    }

    /// How many intervals there are.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn as_slice(&self) -> &[(u64, u64)] {
        &self.0
    }

    /// Takes intervals that are valid as they stand; `None` for those that are
    /// empty, out of order, adjacent, or name the number 0.
    #[cfg(feature = "serde")]
    pub(crate) fn from_canonical(intervals: Vec<(u64, u64)>) -> Option<Self> {
        let valid = intervals.first().is_some_and(|&(first, _)| first > 0)
            && intervals.iter().all(|&(first, last)| first <= last)
            && intervals.windows(2).all(|pair| {
                // Both sides are valid intervals, so no overflow: end < next begin.
                pair[0].1 < pair[1].0 && pair[1].0 - pair[0].1 > 1
            });
        valid.then_some(Self(intervals))
    }
}

#[cfg(test)]
mod tests {
    use alloc::collections::BTreeSet;
    use alloc::vec;

    use super::*;
    use crate::random::{DeterministicRng, RandomSource};

    #[test]
    fn intervals_grow_fuse_and_absorb() {
        let mut set = Intervals::default();
        for (first, last, expected) in [
            (5, 6, vec![(5, 6)]),
            (1, 1, vec![(1, 1), (5, 6)]),
            (3, 3, vec![(1, 1), (3, 3), (5, 6)]),
            (2, 2, vec![(1, 3), (5, 6)]),
            (4, 9, vec![(1, 9)]),
            (u64::MAX, u64::MAX, vec![(1, 9), (u64::MAX, u64::MAX)]),
        ] {
            assert_eq!(set.insert(first, last), MergeOutcome::Changed);
            assert_eq!(set.as_slice(), expected);
            assert_eq!(set.insert(first, last), MergeOutcome::Unchanged);
        }
        assert_eq!(set.max(), Some(u64::MAX));
        set.close_gaps();
        assert_eq!(set.as_slice(), [(1, u64::MAX)]);
    }

    /// Random operations beside a plain set of numbers.
    #[test]
    fn intervals_agree_with_a_plain_set() {
        let mut rng = DeterministicRng::new(11);
        let random = |rng: &mut DeterministicRng| {
            let (mut set, mut model) = (Intervals::default(), BTreeSet::new());
            for _ in 0..rng.below(9) {
                let first = 1 + rng.below(24);
                let last = first + rng.below(3);
                let news = (first..=last).any(|n| !model.contains(&n));
                assert_eq!(set.insert(first, last).is_changed(), news);
                model.extend(first..=last);
            }
            (set, model)
        };
        for _ in 0..2_000 {
            let (mut a, mut model_a) = random(&mut rng);
            let (b, model_b) = random(&mut rng);
            assert_eq!(a.covers(&b), model_a.is_superset(&model_b));
            assert_eq!(a.join(&b).is_changed(), !model_a.is_superset(&model_b));
            model_a.extend(&model_b);
            assert!((0..30).all(|n| a.contains(n) == model_a.contains(&n)));
            assert!(a.as_slice().windows(2).all(|pair| pair[0].1 + 1 < pair[1].0));
        }
    }
}
