//! A type written by hand.

use std::collections::BTreeSet;

use gossiper_core::{IdSetDigest, MergeOutcome, Replicated};

/// A grow-only set of letters: three methods and nothing else.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Letters(pub(crate) BTreeSet<char>);

impl Replicated for Letters {
    type Digest = IdSetDigest<char>;
    type Delta = BTreeSet<char>;

    fn digest(&self) -> Self::Digest {
        self.0.iter().copied().collect()
    }

    fn delta(&self, remote: &Self::Digest) -> Option<Self::Delta> {
        let lacking: Self::Delta = remote.missing(&self.0, |letter| letter).copied().collect();
        (!lacking.is_empty()).then_some(lacking)
    }

    fn merge(&mut self, delta: Self::Delta) -> MergeOutcome {
        let before = self.0.len();
        self.0.extend(delta);
        MergeOutcome::changed_if(self.0.len() > before)
    }
}
