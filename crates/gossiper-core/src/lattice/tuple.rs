//! Tuples of replicated values are replicated values.

use alloc::vec::Vec;

use super::{Fingerprint, FingerprintKey, Join, MergeOutcome, Replicated, Schema};

/// Joins deltas that may not be there; returns what of `other` goes beside.
pub(super) fn join_optional<L: Replicated>(
    delta: &mut Option<L::Delta>,
    other: Option<L::Delta>,
) -> Option<L::Delta> {
    match (delta, other) {
        (Some(delta), Some(other)) => L::join_deltas(delta, other),
        (delta @ None, other) => {
            *delta = other;
            None
        }
        (Some(_), None) => None,
    }
}

/// Implements [`Replicated`] and [`Join`] for one size of tuple, component by
/// component.
///
/// A tuple's delta holds a delta, or nothing, for each component; its join is
/// that of the components, so its laws are theirs.
macro_rules! tuple {
    ($($name:ident $index:tt),+) => {
        impl<$($name: Replicated),+> Replicated for ($($name,)+) {
            type Digest = ($($name::Digest,)+);
            type Delta = ($(Option<$name::Delta>,)+);

            fn digest(&self) -> Self::Digest {
                ($(self.$index.digest(),)+)
            }

            fn delta(&self, remote: &Self::Digest) -> Option<Self::Delta> {
                let delta = ($(self.$index.delta(&remote.$index),)+);
                let lacking = $(delta.$index.is_some())||+;
                lacking.then_some(delta)
            }

            fn merge(&mut self, delta: Self::Delta) -> MergeOutcome {
                let mut outcome = MergeOutcome::Unchanged;
                $(if let Some(part) = delta.$index {
                    outcome = outcome.or(self.$index.merge(part));
                })+
                outcome
            }

            fn decompose(delta: Self::Delta) -> Vec<Self::Delta> {
                let mut atoms: Vec<Self::Delta> = Vec::new();
                $(if let Some(part) = delta.$index {
                    atoms.extend($name::decompose(part).into_iter().map(|atom| {
                        let mut one = Self::Delta::default();
                        one.$index = Some(atom);
                        one
                    }));
                })+
                atoms
            }

            fn join_deltas(delta: &mut Self::Delta, other: Self::Delta) -> Option<Self::Delta> {
                let beside = ($(join_optional::<$name>(&mut delta.$index, other.$index),)+);
                let lacking = $(beside.$index.is_some())||+;
                lacking.then_some(beside)
            }

            fn fingerprint(&self, key: &FingerprintKey) -> Option<Fingerprint> {
                Some(key.fingerprint(&($(self.$index.fingerprint(key)?,)+)))
            }

            fn maintain_fingerprint(&mut self, key: &FingerprintKey) {
                $(self.$index.maintain_fingerprint(key);)+
            }

            fn schema() -> Schema {
                Schema::named("tuple")$(.with($name::schema()))+
            }
        }

        impl<$($name: Join),+> Join for ($($name,)+) {
            fn join(&mut self, other: Self) -> MergeOutcome {
                let mut outcome = MergeOutcome::Unchanged;
                $(outcome = outcome.or(self.$index.join(other.$index));)+
                outcome
            }
        }
    };
}

tuple!(A 0, B 1);
tuple!(A 0, B 1, C 2);
tuple!(A 0, B 1, C 2, D 3);
tuple!(A 0, B 1, C 2, D 3, E 4);
tuple!(A 0, B 1, C 2, D 3, E 4, F 5);
