//! The exact digest of a small set: the list of what is in it.

use alloc::vec::Vec;

/// All ids that a state holds, in ascending order.
///
/// The digest of [`Replicated`](crate::Replicated) types whose atoms are named
/// by ids, while they are small: it is exact, so the answer to it is minimal,
/// and it costs as many bytes as the ids do.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(bound(deserialize = "I: serde::Deserialize<'de> + Ord")))]
pub struct IdSetDigest<I>(
    #[cfg_attr(feature = "serde", serde(deserialize_with = "super::canonical::ascending_vec"))]
    Vec<I>,
);

impl<I> Default for IdSetDigest<I> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<I: Ord> FromIterator<I> for IdSetDigest<I> {
    fn from_iter<T: IntoIterator<Item = I>>(ids: T) -> Self {
        let mut ids: Vec<I> = ids.into_iter().collect();
        // Free when the ids come sorted, as they do from an ordered state.
        ids.sort_unstable();
        ids.dedup();
        Self(ids)
    }
}

impl<I: Ord> IdSetDigest<I> {
    /// Whether `id` is listed. O(log n).
    #[must_use]
    pub fn contains(&self, id: &I) -> bool {
        self.0.binary_search(id).is_ok()
    }

    /// The ids in ascending order.
    pub fn iter(&self) -> core::slice::Iter<'_, I> {
        self.0.iter()
    }

    /// How many ids are listed.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether no id is listed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Those of `items` whose id is not listed here, in their order.
    ///
    /// The items must come in ascending order of their ids, as they do from an
    /// ordered state: both lists are walked once, O(n + m) comparisons and no
    /// allocation.
    pub fn missing<'a, T>(
        &'a self,
        items: impl IntoIterator<Item = T> + 'a,
        id_of: impl Fn(&T) -> &I + 'a,
    ) -> impl Iterator<Item = T> + 'a {
        let mut listed = self.0.iter().peekable();
        items.into_iter().filter(move |item| {
            let id = id_of(item);
            while listed.next_if(|other| *other < id).is_some() {}
            listed.next_if(|other| *other == id).is_none()
        })
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use super::*;

    #[test]
    fn missing_walks_both_lists_once() {
        let digest: IdSetDigest<u8> = [5, 1, 3, 3].into_iter().collect();
        assert_eq!(digest.iter().copied().collect::<Vec<_>>(), vec![1, 3, 5]);
        assert!(digest.contains(&3) && !digest.contains(&4));
        let items: Vec<u8> = (0..=6).collect();
        let missing: Vec<_> = digest.missing(&items, |item| *item).copied().collect();
        assert_eq!(missing, vec![0, 2, 4, 6]);
    }
}
