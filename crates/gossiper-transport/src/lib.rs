//! How effects reach other nodes, without opening a socket.
//!
//! The state machines of [`gossiper_core`] return
//! [`Effect`](gossiper_core::Effect)s and leave the sending to their host.
//! This crate holds what every host needs for that and none of the I/O:
//!
//! * [`Transport`], the one method that a host's network must offer, and
//!   [`apply_effects`], which hands it everything that a state machine wants
//!   sent and collects the events;
//! * [`InMemoryTransport`], a bounded bus for tests and examples;
//! * with feature `serde`: the `frame` module, the bytes that stand for a
//!   message on a connection or in a datagram, and the `codec` module, the one
//!   place that decides how a message is encoded.
//!
//! Nothing here waits, reads a clock or draws a random number; the same calls
//! give the same result everywhere.
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(feature = "serde")]
pub mod codec;
#[cfg(feature = "serde")]
pub mod frame;

mod apply;
#[cfg(feature = "serde")]
mod bounded;
mod in_memory;
mod transport;

pub use apply::{EffectReport, apply_effects};
#[cfg(feature = "serde")]
pub use codec::{BincodeCodec, Codec, DecodeError, EncodeError};
#[cfg(feature = "serde")]
pub use frame::{FrameCodec, FrameError, Streamed};
pub use in_memory::InMemoryTransport;
pub use transport::{Transport, TransportError};

/// The snippets of the README compile.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct ReadmeSnippets;
