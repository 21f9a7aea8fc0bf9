//! Replicated state types: counters, registers, flags, sets and maps.
//!
//! Every type here is a state that a [`Replica`](gossiper_core::Replica) can
//! hold, alone or as a part of a larger one. Plain lattices, those that only grow,
//! implement [`Replicated`](gossiper_core::Replicated) and
//! [`Join`](gossiper_core::Join) themselves; causal types are replicated inside a
//! [`Causal`](gossiper_core::causal::Causal), which is what a replica of them
//! holds. What a type shows is decided by what it has been told, never by the
//! order, loss or repetition of the messages that told it.
//!
//! [Which type do I need?](which) has a table by purpose.
//!
//! # What each does under concurrency
//!
//! The state that both have, what each of two replicas does to it at the same
//! time, and what both read when they have heard of each other:
//!
//! | type | both have | r1 | r2 | then both read |
//! | --- | --- | --- | --- | --- |
//! | [`GCounter`] | 3 | adds 1 | adds 2 | 6 |
//! | [`PnCounter`] | 3 | adds 1 | subtracts 2 | 2: both count. Where it is the value of a map, a removal of its key takes away exactly what it has seen |
//! | [`Max`] | 5 | raises to 7 | raises to 9 | 9 |
//! | [`Min`] | 5 | lowers to 3 | lowers to 2 | 2 |
//! | [`LwwRegister`] | "a" | writes "b" at 5 | writes "c" at 7 | "c"; at equal times that of the higher replica id. Both have replaced "a", whenever that was written |
//! | [`MvRegister`] | "a" | writes "b" | writes "c" | "b" and "c", until the next write |
//! | [`EnableWinsFlag`] | enabled | disables | enables again | enabled |
//! | [`DisableWinsFlag`] | enabled | disables | enables again | disabled, until someone who has seen that enables it |
//! | [`GSet`] | {} | inserts x | inserts y | {x, y} |
//! | [`OrSet`] | {x} | removes x | inserts x again | {x} |
//! | [`RwSet`] | {x} | removes x | inserts x again | {}, until someone who has seen that inserts x |
//! | [`TwoPhaseSet`] | {x} | removes x | inserts x again | {}, for ever |
//! | [`GMap`] of [`GCounter`] | {x: 3} | adds 1 to x | adds 7 to y | {x: 4, y: 7} |
//! | [`OrMap`] of [`OrSet`] | {x: {1}} | removes x | inserts 2 into x | {x: {2}}: an update wins over a concurrent removal of its key, which takes away what it has seen |
//! | [`LwwMap`] | {x: "a"} | writes "b" to x at 5 | writes "c" to x at 7 | {x: "c"}: as [`LwwRegister`] for each key; a write wins over a concurrent removal |
//! | [`VersionedKv`] | {x: 1}, version 1 | deletes x | puts 2 into x | {x: 2}, version 2; of two puts the higher version wins, then the higher writer |
//!
//! Each type's module tells how it works, what it costs and where it surprises.
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
pub mod lww_map;
pub mod lww_register;
pub mod max;
pub mod min;
pub mod mv_register;
pub mod or_map;
pub mod or_set;
mod plain;
pub mod pn_counter;
pub mod rw_set;
mod table;
pub mod two_phase_set;
pub mod versioned_kv;
pub mod which;

pub use disable_wins_flag::{DisableWinsFlag, DisableWinsFlagRecorder};
pub use enable_wins_flag::{EnableWinsFlag, EnableWinsFlagRecorder};
pub use g_counter::{CounterOverflow, GCounter, GCounterDigest, GCounterRecorder};
pub use g_map::{ByKey, GMap, GMapRecorder};
pub use g_set::{GSet, GSetRecorder};
pub use lww_map::{LwwMap, LwwMapRecorder};
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
