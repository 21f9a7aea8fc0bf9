//! What the protocol and the state types share: the trait, the algebra, and
//! the identities that both speak of.
//!
//! Nothing here imports anything else of this crate but [`reconcile`](crate::reconcile); the test
//! `tests/house_rules.rs` of the workspace enforces it. The state types
//! (package `gossiper-crdts`) use this module and never the protocol.
//!
//! | idea | where |
//! | --- | --- |
//! | [`Replicated`]: digest, delta, merge, and the laws | `replicated.rs` |
//! | [`Join`]: the least upper bound of two fragments; [`Delta`] | `join.rs` |
//! | [`ReplicaId`], [`Dot`]: who writes, and which write | `dot.rs` |
//! | [`Event`], [`UpdateContext`]: the dots of one update | `event.rs`, `update.rs` |
//! | [`Timestamp`], [`HybridClock`] | `clock.rs` |
//! | [`CausalContext`], [`VersionVector`]: sets of dots | `causal_context.rs`, `version_vector.rs` |
//! | [`Fingerprint`]: two words that decide whether states are equal | `fingerprint.rs` and its folder |
//! | [`causal`]: states without tombstones; how they compose | `causal.rs` and its folder |
//! | [`IdSetDigest`]: the exact digest of a small set | `id_set_digest.rs` |
//! | tuples, maps, options and boxes of replicated values | `tuple.rs`, `map.rs`, `option.rs`, `boxed.rs` |
//! | [`Schema`]: which state type is this | `schema.rs` |
//! | decoding that accepts one encoding only (feature `serde`) | `canonical.rs` |

mod boxed;
#[cfg(feature = "serde")]
pub mod canonical;
pub mod causal;
mod causal_context;
mod clock;
mod dot;
mod event;
mod fingerprint;
mod id_set_digest;
mod join;
mod map;
mod option;
mod replicated;
mod schema;
mod tuple;
mod update;
mod version_vector;

pub use causal_context::{CausalContext, Run};
pub use clock::{HybridClock, PhysicalTime, Timestamp};
pub use dot::{Dot, ReplicaId};
pub use event::Event;
#[cfg(feature = "serde")]
pub(crate) use fingerprint::word as fingerprint_word;
pub use fingerprint::{DotWord, Fingerprint, FingerprintKey, Upkeep};
pub use id_set_digest::IdSetDigest;
pub use join::{Delta, Join, MergeOutcome};
pub use replicated::{DeltaOf, DigestOf, News, Reconciled, Replicated, Resolve, StateOf};
pub use schema::Schema;
pub use update::UpdateContext;
pub use version_vector::VersionVector;

#[cfg(test)]
mod tests {
    use super::*;

    /// A lattice for the tests of what lattices are put into: the highest number
    /// wins.
    #[derive(Clone, Debug, Default, PartialEq)]
    pub(super) struct High(pub(super) u64);

    impl Replicated for High {
        type Digest = u64;
        type Delta = u64;

        fn digest(&self) -> u64 {
            self.0
        }

        fn delta(&self, remote: &u64) -> Option<u64> {
            (self.0 > *remote).then_some(self.0)
        }

        fn merge(&mut self, delta: u64) -> MergeOutcome {
            let news = delta > self.0;
            self.0 = self.0.max(delta);
            MergeOutcome::changed_if(news)
        }
    }

    impl Join for High {
        fn join(&mut self, other: Self) -> MergeOutcome {
            self.merge(other.0)
        }
    }
}
