//! Replicated state types: counters, sets and versioned key-value state.
//!
//! Every type here implements [`Replicated`](gossiper_core::Replicated), so a
//! [`Replica`](gossiper_core::Replica) can hold it, alone or in a tuple, and
//! [`Join`](gossiper_core::Join): a state and its deltas are fragments of one
//! lattice. What a type shows is decided by what it has been told, never by
//! the order, loss or repetition of the messages that told it.
//!
//! | type | what it is | under concurrency | digest |
//! | --- | --- | --- | --- |
//! | [`GCounter`] | a counter that only grows | every increment counts, once | a count for each writer |
//! | [`GSet`] | a set that only grows | the union | its elements |
//! | [`VersionedKv`] | a map whose entries have versions | a put beats a delete; of two puts the higher version wins, then the higher writer | context and live dots |
//!
//! Each type's module ([`g_counter`], [`g_set`], [`versioned_kv`]) tells how it
//! works, what it costs and where it surprises.
//!
//! # Changing a state
//!
//! Causal types, those that can take something back, are changed in a
//! transaction, which records what it does and is merged and spread as one:
//!
//! ```
//! use gossiper_core::{Replica, ReplicaConfig, ReplicaId};
//! use gossiper_crdts::VersionedKv;
//!
//! let mut config = Replica::<VersionedKv<String, u16>>::new(
//!     ReplicaId::new(1),
//!     ReplicaConfig::default(),
//! );
//! config.transact(|map| {
//!     map.put("port".to_string(), 8080);
//!     Ok(())
//! })?;
//! assert_eq!(config.state().get("port"), Some(&8080));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Mutators of plain lattices are *delta-mutators*: they read the state and
//! return the [`Delta`](gossiper_core::Delta) that makes the change, and nothing
//! happens until the delta is merged. A value that stands alone is changed in one
//! line, since the delta is made before the merge begins:
//!
//! ```
//! use gossiper_core::Replicated;
//! use gossiper_crdts::GSet;
//!
//! let mut set = GSet::default();
//! set.merge(set.insert("x"));
//! assert!(set.contains("x"));
//! ```
//!
//! Deltas of one update all read the state *before* it. Join them with
//! [`Join::joined`](gossiper_core::Join::joined); each mutator's page says what
//! two of its deltas make together.
//!
//! # Features
//!
//! `serde`: encoding of every state, delta and digest. Equal states have equal
//! bytes, and bytes that are not the encoding of any state are refused.
#![no_std]
#![cfg_attr(docsrs, feature(doc_cfg))]

extern crate alloc;

pub mod disable_wins_flag;
pub mod enable_wins_flag;
pub mod g_counter;
pub mod g_map;
pub mod g_set;
mod leaf;
pub mod lww_register;
pub mod max;
pub mod min;
pub mod mv_register;
pub mod or_map;
pub mod or_set;
pub mod pn_counter;
pub mod rw_set;
pub mod two_phase_set;
pub mod versioned_kv;

pub use disable_wins_flag::{DisableWinsFlag, DisableWinsFlagRecorder};
pub use enable_wins_flag::{EnableWinsFlag, EnableWinsFlagRecorder};
pub use g_counter::{CounterOverflow, GCounter, GCounterDigest, GCounterRecorder};
pub use g_map::{ByKey, GMap, GMapRecorder};
pub use g_set::{GSet, GSetRecorder};
pub use lww_register::{LwwRegister, LwwRegisterRecorder};
pub use max::{Max, MaxRecorder};
pub use min::{Min, MinRecorder};
pub use mv_register::{MvRegister, MvRegisterRecorder};
pub use or_map::{OrMap, OrMapRecorder};
pub use or_set::{OrSet, OrSetRecorder};
pub use pn_counter::{AmountOverflow, PnCounter, PnCounterRecorder};
pub use rw_set::{RwSet, RwSetRecorder};
pub use two_phase_set::{TwoPhaseSet, TwoPhaseSetDigest, TwoPhaseSetRecorder};
pub use versioned_kv::{
    Expected, Mismatch, Versioned, VersionedKv, VersionedKvRecorder, VersionedRegister,
    VersionedRegisterRecorder,
};

/// The examples of the package's front page, compiled.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}
