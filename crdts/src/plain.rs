//! What plain lattices of many atoms have in common.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

/// With so few atoms the digest is as small as a sketch.
pub(crate) const FEW: usize = 256;

/// Takes the second half of the elements; nothing of one. O(n), without a copy.
pub(crate) fn half_of_set<T: Ord + Clone>(elements: &mut BTreeSet<T>) -> BTreeSet<T> {
    let middle = elements.iter().nth(elements.len() / 2).filter(|_| elements.len() > 1).cloned();
    middle.map_or_else(BTreeSet::new, |middle| elements.split_off(&middle))
}

/// As [`half_of_set`], of entries.
pub(crate) fn half_of_map<K: Ord + Clone, X>(entries: &mut BTreeMap<K, X>) -> BTreeMap<K, X> {
    let middle = entries.keys().nth(entries.len() / 2).filter(|_| entries.len() > 1).cloned();
    middle.map_or_else(BTreeMap::new, |middle| entries.split_off(&middle))
}

/// What is at this place, of as many as it takes.
pub(crate) fn at_place<X: Default>(parts: &mut Vec<X>, at: usize) -> &mut X {
    if parts.len() <= at {
        parts.resize_with(at + 1, X::default);
    }
    &mut parts[at]
}
