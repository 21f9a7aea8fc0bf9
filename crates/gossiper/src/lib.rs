#![doc = include_str!("../README.md")]
//!
//! # What is where
//!
//! | use | for | feature |
//! | --- | --- | --- |
//! | [`Replica`] | one typed state, kept equal everywhere | |
//! | [`trait@Replicated`] | state types of your own | |
//! | [`derive@Replicated`] | structs of replicated fields | `derive` (default) |
//! | [`GossipNode`] | rumors of opaque payloads | |
//! | [`crdts`] | counters, registers, flags, sets, maps: [which do I need?](crdts::which) | `crdts` (default) |
//! | [`transport`] | executing effects; frames and codec with `serde` | `transport` (default) |
//! | [`sim`] | the deterministic simulator | `sim` |
//! | [`check`](mod@check) | does my type converge? | `check` |
//!
//! `use gossiper::prelude::*` brings in what applications use every day.
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(feature = "check")]
pub use gossiper_check as check;
#[cfg(feature = "check")]
pub use gossiper_check::check;
pub use gossiper_core::*;
#[cfg(feature = "crdts")]
pub use gossiper_crdts as crdts;
#[cfg(feature = "derive")]
pub use gossiper_derive::Replicated;
#[cfg(feature = "sim")]
pub use gossiper_sim as sim;
#[cfg(feature = "transport")]
pub use gossiper_transport as transport;
#[cfg(feature = "transport")]
pub use gossiper_transport::{
    EffectReport, InMemoryTransport, Transport, TransportError, apply_effects,
};

/// What applications use every day.
///
/// ```
/// # #[cfg(feature = "crdts")] {
/// use gossiper::prelude::*;
///
/// let mut set = GSet::default();
/// set.merge(set.insert("x"));
/// assert!(set.contains("x"));
/// # }
/// ```
pub mod prelude {
    pub use gossiper_core::causal::{Abort, Plain, Recording};
    pub use gossiper_core::{
        Delta, DeltaOf, DeterministicRng, DigestOf, Effect, Join, MergeOutcome, MessageOf, NodeId,
        Peers, PhysicalTime, RandomSource, Replica, ReplicaConfig, ReplicaEvent, ReplicaId,
        Replicated, Round, StateOf, UpdateContext,
    };
    #[cfg(feature = "crdts")]
    pub use gossiper_crdts::{
        DisableWinsFlag, EnableWinsFlag, GCounter, GMap, GSet, LwwMap, LwwRegister, Max, Min,
        MvRegister, OrMap, OrSet, PnCounter, RwSet, TwoPhaseSet, VersionedKv,
    };
    #[cfg(feature = "derive")]
    pub use gossiper_derive::Replicated;
    #[cfg(feature = "transport")]
    pub use gossiper_transport::{InMemoryTransport, Transport, apply_effects};
}
