//! A map of replicated values is a replicated value.

use alloc::collections::BTreeMap;
use alloc::collections::btree_map::Entry;
use alloc::vec;
use alloc::vec::Vec;
use core::hash::Hash;

use super::causal::Deltas;
use super::{Fingerprint, FingerprintKey, Join, MergeOutcome, Replicated, Schema};

/// Key by key. Keys stay; that one is there is news, even if nothing has been
/// written to its value.
///
/// The digest holds that of every value, a delta holds the deltas of those
/// values that lack something: none for one that is there and nothing else.
/// With n keys, m in the digest and k in a delta, an answer is one walk over
/// both, O(n + m), and merging O(k log n).
///
/// The standard library may get a `merge` of its own for maps: call
/// `Replicated::merge(&mut map, delta)` where you merge into a bare one.
impl<K: Ord + Hash + Clone, L: Replicated + Default> Replicated for BTreeMap<K, L> {
    type Digest = BTreeMap<K, L::Digest>;
    type Delta = BTreeMap<K, Deltas<L>>;

    fn digest(&self) -> Self::Digest {
        self.iter().map(|(key, value)| (key.clone(), value.digest())).collect()
    }

    fn delta(&self, remote: &Self::Digest) -> Option<Self::Delta> {
        let nothing = L::default().digest();
        let mut theirs = remote.iter().peekable();
        let lacking = self.iter().filter_map(|(key, value)| {
            while theirs.next_if(|(other, _)| *other < key).is_some() {}
            let delta = match theirs.next_if(|(other, _)| *other == key) {
                Some((_, known)) => Some(value.delta(known)?),
                None => value.delta(&nothing),
            };
            Some((key.clone(), delta.into_iter().collect()))
        });
        let lacking: Self::Delta = lacking.collect();
        (!lacking.is_empty()).then_some(lacking)
    }

    fn merge(&mut self, delta: Self::Delta) -> MergeOutcome {
        let merged = delta.into_iter().map(|(key, deltas)| {
            let (came, value) = match self.entry(key) {
                Entry::Occupied(entry) => (MergeOutcome::Unchanged, entry.into_mut()),
                Entry::Vacant(entry) => (MergeOutcome::Changed, entry.insert(L::default())),
            };
            let deltas = deltas.into_iter().map(|delta| value.merge(delta));
            deltas.fold(came, MergeOutcome::or)
        });
        merged.fold(MergeOutcome::Unchanged, MergeOutcome::or)
    }

    /// One piece for each key and each of its value's.
    fn decompose(delta: Self::Delta) -> Vec<Self::Delta> {
        let pieces = delta.into_iter().flat_map(|(key, deltas)| {
            let atoms = deltas.into_iter().flat_map(L::decompose);
            let mut atoms: Vec<Deltas<L>> =
                atoms.map(|atom| [atom].into_iter().collect()).collect();
            if atoms.is_empty() {
                atoms = vec![Deltas::default()];
            }
            atoms.into_iter().map(move |atom| BTreeMap::from([(key.clone(), atom)]))
        });
        pieces.collect()
    }

    /// Key by key, O(k log n).
    fn join_deltas(delta: &mut Self::Delta, other: Self::Delta) -> Option<Self::Delta> {
        for (key, deltas) in other {
            delta.entry(key).or_default().join(deltas);
        }
        None
    }

    /// O(n) for n keys, each time.
    fn fingerprint(&self, key: &FingerprintKey) -> Option<Fingerprint> {
        let mut atoms = 0_u128;
        for (name, value) in self {
            atoms = atoms.wrapping_add(key.entry(name, value)?);
        }
        Some(Fingerprint::of_atoms(atoms))
    }

    fn schema() -> Schema {
        Schema::named("map").with(Schema::of_type::<K>()).with(L::schema())
    }
}

/// Key by key.
impl<K: Ord, L: Join> Join for BTreeMap<K, L> {
    fn join(&mut self, other: Self) -> MergeOutcome {
        let joined = other.into_iter().map(|(key, theirs)| match self.entry(key) {
            Entry::Occupied(mut mine) => mine.get_mut().join(theirs),
            Entry::Vacant(place) => {
                place.insert(theirs);
                MergeOutcome::Changed
            }
        });
        joined.fold(MergeOutcome::Unchanged, MergeOutcome::or)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::High;
    use super::*;

    type Scores = BTreeMap<&'static str, High>;

    #[test]
    fn a_delta_holds_the_keys_that_lack_something() {
        let mut here = Scores::from([("a", High(3)), ("b", High(0))]);
        let there = Scores::from([("a", High(3)), ("b", High(2)), ("c", High(0))]);
        let lacking = there.delta(&here.digest()).expect("two keys are news");
        let deltas: Vec<(&str, Vec<u64>)> =
            lacking.iter().map(|(key, deltas)| (*key, deltas.iter().copied().collect())).collect();
        assert_eq!(deltas, [("b", vec![2]), ("c", vec![])]);
        let pieces = Scores::decompose(lacking.clone());
        assert_eq!(pieces.len(), 2);

        assert_eq!(Replicated::merge(&mut here, lacking.clone()), MergeOutcome::Changed);
        assert_eq!(Replicated::merge(&mut here, lacking), MergeOutcome::Unchanged);
        assert_eq!((&here, there.delta(&here.digest())), (&there, None));
    }

    #[test]
    fn the_join_goes_key_by_key() {
        let mut scores = BTreeMap::from([("a", Some(High(3)))]);
        let other = BTreeMap::from([("a", Some(High(5))), ("b", None)]);
        assert_eq!(scores.join(other.clone()), MergeOutcome::Changed);
        assert_eq!(scores.join(other.clone()), MergeOutcome::Unchanged);
        assert_eq!(scores, other);
    }
}
