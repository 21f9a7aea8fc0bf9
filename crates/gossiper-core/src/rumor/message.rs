//! What nodes tell each other about rumors.

use alloc::sync::Arc;
use alloc::vec::Vec;

use crate::{MessageId, NodeId};

/// A payload on its way through the cluster.
///
/// The payload is shared: however many peers a rumor is pushed to, it exists
/// once.
#[derive(Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(bound(serialize = "T: serde::Serialize", deserialize = "T: serde::Deserialize<'de>"))
)]
pub struct Rumor<T> {
    id: MessageId,
    #[cfg_attr(feature = "serde", serde(with = "crate::shared"))]
    payload: Arc<T>,
}

impl<T> Rumor<T> {
    /// A rumor of a payload.
    #[must_use]
    pub const fn new(id: MessageId, payload: Arc<T>) -> Self {
        Self { id, payload }
    }

    /// The rumor's name.
    #[must_use]
    pub const fn id(&self) -> MessageId {
        self.id
    }

    /// What it says.
    #[must_use]
    pub const fn payload(&self) -> &Arc<T> {
        &self.payload
    }

    /// Takes the payload out.
    #[must_use]
    pub fn into_payload(self) -> Arc<T> {
        self.payload
    }
}

impl<T> Clone for Rumor<T> {
    fn clone(&self) -> Self {
        Self { id: self.id, payload: Arc::clone(&self.payload) }
    }
}

/// Rumors for a peer, and what is said about others.
///
/// As bytes it takes one for which of its parts are there, and these.
#[derive(Debug, PartialEq, Eq)]
pub struct RumorBatch<T> {
    /// The sender's name for `rumors`, to be acknowledged by; 0 if there are none.
    /// Those that come with 0 all the same are acknowledged id by id.
    pub number: u64,
    /// Rumors that the receiver may lack.
    pub rumors: Vec<Rumor<T>>,
    /// The number of a batch whose rumors have come, old or new to the sender; 0 for
    /// none.
    pub acknowledged: u64,
    /// Rumors that the receiver announced, or sent without a number, and that the
    /// sender has.
    pub known: Vec<MessageId>,
    /// Rumors that the sender has, and that the receiver may ask for.
    pub announced: Vec<MessageId>,
    /// Rumors that the receiver announced, and that the sender asks for.
    pub wanted: Vec<MessageId>,
}

impl<T> RumorBatch<T> {
    /// Whether it says nothing.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.rumors.is_empty()
            && self.acknowledged == 0
            && self.known.is_empty()
            && self.announced.is_empty()
            && self.wanted.is_empty()
    }
}

// By hand, here and below: payloads are shared, so a copy needs no `T: Clone`.
impl<T> Clone for RumorBatch<T> {
    fn clone(&self) -> Self {
        let Self { number, rumors, acknowledged, known, announced, wanted } = self;
        Self {
            number: *number,
            rumors: rumors.clone(),
            acknowledged: *acknowledged,
            known: known.clone(),
            announced: announced.clone(),
            wanted: wanted.clone(),
        }
    }
}

impl<T> Default for RumorBatch<T> {
    fn default() -> Self {
        Self {
            number: 0,
            rumors: Vec::new(),
            acknowledged: 0,
            known: Vec::new(),
            announced: Vec::new(),
            wanted: Vec::new(),
        }
    }
}

/// What one [`GossipNode`](crate::GossipNode) sends to another.
#[derive(Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct GossipMessage<T> {
    /// The node that sends it.
    pub sender: NodeId,
    /// What it says.
    pub batch: RumorBatch<T>,
}

impl<T> Clone for GossipMessage<T> {
    fn clone(&self) -> Self {
        Self { sender: self.sender.clone(), batch: self.batch.clone() }
    }
}
