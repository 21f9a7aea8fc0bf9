//! What a gossip node tells its application.

use crate::{MessageId, NodeId};

/// What happened to a rumor at a [`GossipNode`](crate::GossipNode).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum GossipEvent {
    /// The node published a rumor of its own.
    Published {
        /// The rumor.
        id: MessageId,
    },
    /// A rumor came that the node had not had before.
    Received {
        /// The rumor.
        id: MessageId,
        /// Who sent it.
        from: NodeId,
    },
    /// A rumor came, or was published, that the node has or has had.
    Duplicate {
        /// The rumor.
        id: MessageId,
        /// Who sent it; `None` for a local `publish`.
        from: Option<NodeId>,
    },
    /// A known id came, or was published, with *another* payload, which was
    /// refused: two generators share ids. Use
    /// [`MessageIdGenerator::for_replica`](crate::MessageIdGenerator::for_replica).
    Conflict {
        /// The id that names two payloads.
        id: MessageId,
        /// Who sent it; `None` for a local `publish`.
        from: Option<NodeId>,
    },
    /// The store was full and dropped a rumor before its time.
    Evicted {
        /// The rumor.
        id: MessageId,
    },
    /// A rumor reached the end of its retention.
    Expired {
        /// The rumor.
        id: MessageId,
    },
}
