//! The simplest way to replicate a type: everything is the whole state.

use std::fmt::Debug;

use gossiper_core::MergeOutcome;

/// A state with a join. [`whole_state!`](crate::whole_state) makes it replicated.
pub(crate) trait Whole: Clone + Debug + Default + PartialEq {
    fn join(&mut self, other: Self);

    /// Joins and says whether that changed anything.
    fn join_told(&mut self, other: Self) -> MergeOutcome {
        let before = self.clone();
        self.join(other);
        MergeOutcome::changed_if(*self != before)
    }
}

/// Digest and delta are the state; a delta is sent when it would change the
/// digest's owner.
#[macro_export]
macro_rules! whole_state {
    ($type:ty) => {
        impl gossiper_core::Replicated for $type {
            type Digest = Self;
            type Delta = Self;

            fn digest(&self) -> Self {
                self.clone()
            }
            fn delta(&self, remote: &Self) -> Option<Self> {
                let mut taught = remote.clone();
                $crate::corpus::whole_state::Whole::join(&mut taught, self.clone());
                (taught != *remote).then(|| self.clone())
            }
            fn merge(&mut self, delta: Self) -> gossiper_core::MergeOutcome {
                $crate::corpus::whole_state::Whole::join_told(self, delta)
            }
        }
    };
}
