//! What the protocol and the state types share: the trait, the algebra, and
//! the identities that both speak of.
//!
//! Nothing here imports anything else of this crate; the test
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
//! | [`causal`]: states without tombstones; how they compose | `causal.rs` and its folder |
//! | [`IdSetDigest`]: the exact digest of a small set | `id_set_digest.rs` |
//! | tuples of replicated values | `tuple.rs` |
//! | [`Schema`]: which state type is this | `schema.rs` |
//! | decoding that accepts one encoding only (feature `serde`) | `canonical.rs` |

#[cfg(feature = "serde")]
pub mod canonical;
pub mod causal;
mod causal_context;
mod clock;
mod dot;
mod event;
mod id_set_digest;
mod join;
mod replicated;
mod schema;
mod tuple;
mod update;
mod version_vector;

pub use causal_context::{CausalContext, Run};
pub use clock::{HybridClock, PhysicalTime, Timestamp};
pub use dot::{Dot, ReplicaId};
pub use event::Event;
pub use id_set_digest::IdSetDigest;
pub use join::{Delta, Join, MergeOutcome};
pub use replicated::{DeltaOf, DigestOf, Replicated, Resolve, StateOf};
pub use schema::Schema;
pub use update::UpdateContext;
pub use version_vector::VersionVector;
