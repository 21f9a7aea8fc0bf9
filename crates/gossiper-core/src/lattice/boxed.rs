//! A replicated value on the heap is a replicated value.

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::{Fingerprint, FingerprintKey, Join, MergeOutcome, Replicated, Schema};

/// As the value inside, also on the wire.
impl<L: Replicated> Replicated for Box<L> {
    type Digest = L::Digest;
    type Delta = L::Delta;

    fn digest(&self) -> L::Digest {
        (**self).digest()
    }

    fn delta(&self, remote: &L::Digest) -> Option<L::Delta> {
        (**self).delta(remote)
    }

    fn merge(&mut self, delta: L::Delta) -> MergeOutcome {
        (**self).merge(delta)
    }

    fn decompose(delta: L::Delta) -> Vec<L::Delta> {
        L::decompose(delta)
    }

    fn halve(delta: L::Delta) -> Vec<L::Delta> {
        L::halve(delta)
    }

    fn join_deltas(delta: &mut L::Delta, other: L::Delta) -> Option<L::Delta> {
        L::join_deltas(delta, other)
    }

    fn fingerprint(&self, key: &FingerprintKey) -> Option<Fingerprint> {
        (**self).fingerprint(key)
    }

    fn maintain_fingerprint(&mut self, key: &FingerprintKey) {
        (**self).maintain_fingerprint(key);
    }

    fn schema() -> Schema {
        L::schema()
    }
}

impl<L: Join> Join for Box<L> {
    fn join(&mut self, other: Self) -> MergeOutcome {
        (**self).join(*other)
    }
}
