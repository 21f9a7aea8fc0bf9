//! The deterministic core of gossiper.
//!
//! State machines and nothing else: inputs go in (a local update, a message
//! from a peer, a tick with the round and the time), [`Effect`]s come out
//! (send this message to that peer, tell the application this). The core opens
//! no socket, spawns no task, never sleeps and reads no clock; randomness is
//! handed in. The same inputs and the same seed give the same effects, byte
//! for byte, on every platform.
//!
//! Three layers, each usable without the next, and [`reconcile`], which finds out
//! where two sets differ:
//!
//! * [`lattice`]: the [`Replicated`] trait and what state types are made of;
//! * [`rumor`]: [`GossipNode`], which spreads opaque payloads quickly;
//! * [`replica`]: [`Replica`], which keeps one typed state equal everywhere:
//!   rumors carry its deltas, and digest/delta anti-entropy repairs whatever
//!   rumors miss.
#![no_std]
#![cfg_attr(docsrs, feature(doc_cfg))]

extern crate alloc;

pub mod lattice;
pub mod reconcile;
pub mod replica;
pub mod rumor;

mod effect;
mod node_id;
mod peers;
mod random;
mod round;
#[cfg(feature = "serde")]
mod shared;

pub use effect::Effect;
pub use lattice::causal;
pub use lattice::{
    CausalContext, Delta, DeltaOf, DigestOf, Dot, Event, Fingerprint, FingerprintKey, HybridClock,
    IdSetDigest, Join, MergeOutcome, PhysicalTime, ReplicaId, Replicated, Resolve, Schema, StateOf,
    Timestamp, UpdateContext, VersionVector,
};
pub use node_id::NodeId;
pub use peers::Peers;
pub use random::{DeterministicRng, RandomSource};
pub use replica::{
    Change, FirstQuestion, MessageOf, Replica, ReplicaConfig, ReplicaEffect, ReplicaEvent,
    ReplicaMessage, ReplicaStats, RestoreError, Snapshot, TransactError, UpdateError,
};
pub use round::Round;
pub use rumor::{
    ConfigError, GossipConfig, GossipEvent, GossipMessage, GossipNode, IdsExhausted, MessageId,
    MessageIdGenerator, Rumor, RumorStore,
};

/// What derived code names besides the public API.
#[doc(hidden)]
pub mod __private {
    pub use alloc::vec::Vec;

    /// Fails to compile where a field is not replicated.
    pub const fn a_field_must_be_replicated<T: crate::causal::Store>() {}

    /// Fails to compile where a struct has no empty value.
    pub const fn every_replica_begins_empty<T: Default>() {}
}
