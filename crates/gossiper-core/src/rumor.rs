//! Rumor mongering: spreading opaque payloads quickly, and knowing when to stop.
//!
//! *How does a payload reach every node when each knows only some peers, and
//! how does a node learn that it may stop?* In each round a node pushes its
//! hot rumors to a few random peers (the *fanout*). A peer acknowledges what comes,
//! be it news or not, and a node that knows of enough peers that have a rumor
//! loses interest in it (*feedback with a counter*); so it does when the rumor
//! has grown old (*retention*). It never pushes a rumor to a peer that is known to
//! have it, and so not back to where it came from. In the words of Demers et al.: a node without
//! the rumor is *susceptible*, one that spreads it *infective*, one that has
//! lost interest *removed*.
//!
//! A history of three nodes, fanout 1: `a` publishes and pushes to `b`, which
//! acknowledges it. In the next round `b` can only push to `c`, and so can `a`; `c`
//! acknowledges both. Everybody knows now that everybody has the rumor.
//!
//! *And a payload of 10 KB, of which every node would get a dozen copies?* It is
//! *announced*: only its id goes to random peers, more of them than a payload would
//! be pushed to. A peer that has it acknowledges; one that lacks it asks one of
//! those that announced it, and the next ones if it does not come. The host says
//! how large payloads are ([`GossipNode::measure_payloads`]); those of more than
//! [`lazy_bytes`](GossipConfig::lazy_bytes) are announced. A history: `a` announces
//! to `b` and `c`; both ask `a`; `b` announces to `c`, which notes it down and does
//! not ask; `a`'s payload to `c` is lost, and three rounds later `c` asks `b`.
//!
//! Costs: with `n` nodes a rumor takes about `ln n` + a few pushes a node (each
//! push beyond the first finds a peer that knows) and `log₂ n` + a few rounds;
//! between few peers, one push over each link. An acknowledgement is a message
//! without payload. A large payload goes to each node once, unless messages are
//! lost, and takes three messages a hop instead of one: at most twice the rounds,
//! since announcements go to more peers. A node remembers which ids
//! it has had as intervals for each origin, so what was dropped or has expired
//! is not taken for new.
//!
//! Known limits: a rumor may miss a node with small probability, and a node
//! that joins later does not get it. For certainty replicate state:
//! [`Replica`](crate::Replica) adds anti-entropy.
//!
//! References: Demers et al., *Epidemic algorithms for replicated database
//! maintenance*, PODC 1987, section 1.4; Karp et al., *Randomized rumor
//! spreading*, FOCS 2000; Leitão, Pereira and Rodrigues, *Epidemic broadcast
//! trees*, SRDS 2007 (lazy push).

mod config;
mod event;
mod exchange;
mod fetches;
mod known_ids;
mod message;
mod message_id;
mod node;
mod sent;
mod silent;
mod store;
#[cfg(feature = "serde")]
mod wire;

pub(crate) use config::positive;
pub use config::{ConfigError, GossipConfig};
pub use event::GossipEvent;
use known_ids::KnownIds;
pub use message::{GossipMessage, Rumor, RumorBatch};
pub use message_id::{IdsExhausted, MessageId, MessageIdGenerator};
pub use node::{GossipEffect, GossipNode};
pub use store::RumorStore;
