//! What a replica tells its application.

use alloc::sync::Arc;

use alloc::vec::Vec;

use super::{Reason, Update};
use crate::{CausalContext, Event, MessageId, NodeId, ReplicaId};

/// What a [`Replica`](crate::Replica) tells its application.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReplicaEvent<Delta> {
    /// A peer's message changed the state.
    Changed {
        /// The peer.
        from: NodeId,
        /// What changed.
        change: Change<Delta>,
    },
    /// A peer has seen more events under this replica's id than this replica
    /// has written: it was restarted without the state it had, or another
    /// replica uses its id. It refuses to write from now on. Call
    /// [`adopt_identity`](crate::Replica::adopt_identity) with a fresh id, and
    /// find out why: what was written under the id since the restart may be
    /// lost.
    IdentityReused {
        /// The id.
        id: ReplicaId,
        /// The peer.
        from: NodeId,
        /// The last event that this replica has written.
        written: u64,
        /// The last event that the peer has heard of.
        heard: u64,
    },
    /// A peer sent a rumor that names no possible event. It was dropped; the
    /// peer's software is at fault.
    Malformed {
        /// The peer.
        from: NodeId,
        /// The rumor's name.
        id: MessageId,
    },
    /// Why the replica says to a peer what it says next, in the effects that follow, or
    /// that it says nothing; only where [`explain_exchanges`](crate::Replica::explain_exchanges) asked for it.
    Explained {
        /// The peer.
        peer: NodeId,
        /// What decided, in the order in which it was looked at.
        reasons: Vec<Reason>,
    },
}

/// How a state changed. The delta is shared with the replica's own copy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change<Delta> {
    /// By one event, or several of one writer in turn.
    Event {
        /// The event.
        event: Event,
        /// Its delta.
        update: Arc<Update<Delta>>,
    },
    /// By events of several writers that were joined for this replica, which had missed
    /// them.
    Events {
        /// The events, of which some may have been seen.
        events: CausalContext,
        /// Their join.
        update: Arc<Update<Delta>>,
    },
    /// By an answer, which may hold the effect of many events.
    AntiEntropy {
        /// What the answer told.
        delta: Arc<Delta>,
    },
}

impl<Delta> Change<Delta> {
    /// What was merged. It may tell more than was new.
    #[must_use]
    pub fn delta(&self) -> &Delta {
        match self {
            Self::Event { update, .. } | Self::Events { update, .. } => &update.delta,
            Self::AntiEntropy { delta } => delta,
        }
    }
}
