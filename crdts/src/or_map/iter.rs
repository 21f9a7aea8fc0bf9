//! Reading a map in order of keys.

use alloc::collections::btree_map;
use core::borrow::Borrow;
use core::iter::FusedIterator;
use core::ops::{Bound, RangeBounds};
use core::slice;

use super::large::Large;

/// The keys of an [`OrMap`](super::OrMap) and their values, in order of keys.
pub struct Iter<'a, K, V>(Entries<'a, K, V>);

enum Entries<'a, K, V> {
    Few(slice::Iter<'a, (K, V)>),
    Many(btree_map::Values<'a, K, u32>, &'a Large<K, V>),
}

impl<'a, K, V> Iter<'a, K, V> {
    pub(super) fn few(entries: &'a [(K, V)]) -> Self {
        Self(Entries::Few(entries.iter()))
    }
}

impl<'a, K: Ord + Clone, V> Iter<'a, K, V> {
    pub(super) fn many(large: &'a Large<K, V>) -> Self {
        Self(Entries::Many(large.order().values(), large))
    }
}

impl<'a, K, V> Iterator for Iter<'a, K, V> {
    type Item = (&'a K, &'a V);

    fn next(&mut self) -> Option<Self::Item> {
        match &mut self.0 {
            Entries::Few(entries) => entries.next().map(|(key, value)| (key, value)),
            Entries::Many(order, large) => large.at(*order.next()?),
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        match &self.0 {
            Entries::Few(entries) => entries.size_hint(),
            Entries::Many(order, _) => order.size_hint(),
        }
    }
}

impl<K, V> DoubleEndedIterator for Iter<'_, K, V> {
    fn next_back(&mut self) -> Option<Self::Item> {
        match &mut self.0 {
            Entries::Few(entries) => entries.next_back().map(|(key, value)| (key, value)),
            Entries::Many(order, large) => large.at(*order.next_back()?),
        }
    }
}

impl<K, V> ExactSizeIterator for Iter<'_, K, V> {}

impl<K, V> FusedIterator for Iter<'_, K, V> {}

// By hand: deriving would ask for clones of `K` and `V`.
impl<K, V> Clone for Iter<'_, K, V> {
    fn clone(&self) -> Self {
        Self(match &self.0 {
            Entries::Few(entries) => Entries::Few(entries.clone()),
            Entries::Many(order, large) => Entries::Many(order.clone(), large),
        })
    }
}

/// The entries, which are in order of keys, whose keys are within a range.
///
/// # Panics
///
/// As those of a `BTreeMap`.
pub(super) fn within<'a, K: Borrow<Q>, V, Q: Ord + ?Sized>(
    entries: &'a [(K, V)],
    range: &impl RangeBounds<Q>,
) -> &'a [(K, V)] {
    if let (Bound::Excluded(start), Bound::Excluded(end)) = (range.start_bound(), range.end_bound())
    {
        assert!(start != end, "range start and end are equal and excluded");
    }
    if let (
        Bound::Included(start) | Bound::Excluded(start),
        Bound::Included(end) | Bound::Excluded(end),
    ) = (range.start_bound(), range.end_bound())
    {
        assert!(start <= end, "range start is greater than range end");
    }
    let below = |is: &dyn Fn(&Q) -> bool| entries.partition_point(|(key, _)| is(key.borrow()));
    let start = match range.start_bound() {
        Bound::Included(start) => below(&|key| key < start),
        Bound::Excluded(start) => below(&|key| key <= start),
        Bound::Unbounded => 0,
    };
    let end = match range.end_bound() {
        Bound::Included(end) => below(&|key| key <= end),
        Bound::Excluded(end) => below(&|key| key < end),
        Bound::Unbounded => entries.len(),
    };
    // Of `Excluded(a), Included(a)`, which is empty, the start is behind.
    &entries[start.min(end)..end]
}
