//! Rumor mongering: spreading opaque payloads quickly, and knowing when to stop.
//!
//! *How does a payload reach every node when each knows only some peers, and
//! how does a node learn that it may stop?* In each round a node pushes its
//! hot rumors to a few random peers (the *fanout*). A peer that has a rumor
//! already says so, and a node that has heard of enough peers knowing a rumor
//! loses interest in it (*feedback with a counter*); so it does when the rumor
//! has grown old (*retention*). In the words of Demers et al.: a node without
//! the rumor is *susceptible*, one that spreads it *infective*, one that has
//! lost interest *removed*.
//!
//! A history of three nodes, fanout 1: `a` publishes and pushes to `b`; `b`
//! pushes to `c`; `a` pushes to `c`, which answers "known". `a` now knows of
//! one other node that has the rumor, as `b` and `c` do of theirs.
//!
//! Costs: with `n` nodes a rumor takes about `ln n` + a few pushes a node (each
//! push beyond the first finds a peer that knows) and `log₂ n` + a few rounds.
//! An answer "known" is a message without payload. A node remembers which ids
//! it has had as intervals for each origin, so what was dropped or has expired
//! is not taken for new.
//!
//! Known limits: a rumor may miss a node with small probability, and a node
//! that joins later does not get it. For certainty replicate state:
//! [`Replica`](crate::Replica) adds anti-entropy.
//!
//! References: Demers et al., *Epidemic algorithms for replicated database
//! maintenance*, PODC 1987, section 1.4; Karp et al., *Randomized rumor
//! spreading*, FOCS 2000.

mod config;
mod event;
mod known_ids;
mod message;
mod message_id;
mod node;
mod store;

pub(crate) use config::positive;
pub use config::{ConfigError, GossipConfig};
pub use event::GossipEvent;
use known_ids::KnownIds;
pub use message::{GossipMessage, Rumor, RumorBatch};
pub use message_id::{IdsExhausted, MessageId, MessageIdGenerator};
pub use node::{GossipEffect, GossipNode};
pub use store::RumorStore;
