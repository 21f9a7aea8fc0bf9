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
//! | [`CausalContext`]: a set of dots as intervals | `causal_context.rs`, `intervals.rs` |
//! | [`IdSetDigest`]: the exact digest of a small set | `id_set_digest.rs` |
//! | tuples of replicated values | `tuple.rs` |
//! | [`Schema`]: which state type is this | `schema.rs` |
//! | decoding that accepts one encoding only (feature `serde`) | `canonical.rs` |

#[cfg(feature = "serde")]
pub mod canonical;
mod causal_context;
mod dot;
mod id_set_digest;
mod intervals;
mod join;
mod replicated;
mod schema;
mod tuple;

pub use causal_context::CausalContext;
pub use dot::{Dot, ReplicaId};
pub use id_set_digest::IdSetDigest;
pub(crate) use intervals::Intervals;
pub use join::{Delta, Join, MergeOutcome};
pub use replicated::{DeltaOf, DigestOf, Replicated, Resolve, StateOf};
pub use schema::Schema;
