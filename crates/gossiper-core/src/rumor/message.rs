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
#[derive(Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct RumorBatch<T> {
    /// Rumors that the receiver may lack.
    pub rumors: Vec<Rumor<T>>,
    /// Rumors that the receiver sent, and that the sender has: old or new to it.
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
            && self.known.is_empty()
            && self.announced.is_empty()
            && self.wanted.is_empty()
    }
}

// By hand, here and below: payloads are shared, so a copy needs no `T: Clone`.
impl<T> Clone for RumorBatch<T> {
    fn clone(&self) -> Self {
        let Self { rumors, known, announced, wanted } = self;
        let (known, announced, wanted) = (known.clone(), announced.clone(), wanted.clone());
        Self { rumors: rumors.clone(), known, announced, wanted }
    }
}

impl<T> Default for RumorBatch<T> {
    fn default() -> Self {
        let ids = Vec::new;
        Self { rumors: Vec::new(), known: ids(), announced: ids(), wanted: ids() }
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
