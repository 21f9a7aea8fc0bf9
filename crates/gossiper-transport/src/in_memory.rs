//! A network in memory, for tests and examples.

use std::collections::{BTreeMap, VecDeque};

use gossiper_core::NodeId;

use crate::{Transport, TransportError};

/// Queues of messages, one for each target, that wait until they are drained.
///
/// Nothing is lost, repeated, delayed or reordered: messages for a target come
/// out in the order in which they went in, whoever sent them. A full queue
/// refuses further messages and keeps those it has.
///
/// Memory: the messages that wait. A target whose queue is empty takes none.
#[derive(Clone, Debug)]
pub struct InMemoryTransport<M> {
    queues: BTreeMap<NodeId, VecDeque<M>>,
    queue_limit: usize,
}

/// Messages that wait for one target at most, unless set otherwise. A guess:
/// large for a test, and small enough to notice a node that nobody drains.
const QUEUE_LIMIT: usize = 65_536;

impl<M> InMemoryTransport<M> {
    /// A transport that holds up to 65,536 messages for each target.
    #[must_use]
    pub const fn new() -> Self {
        Self::with_queue_limit(QUEUE_LIMIT)
    }

    /// A transport that holds up to `messages` messages for each target.
    ///
    /// With a limit of 0 it refuses every message.
    #[must_use]
    pub const fn with_queue_limit(messages: usize) -> Self {
        Self { queues: BTreeMap::new(), queue_limit: messages }
    }

    /// Takes out the messages that wait for `target`, oldest first.
    pub fn drain(&mut self, target: &NodeId) -> Vec<M> {
        self.queues.remove(target).map(Vec::from).unwrap_or_default()
    }

    /// How many messages wait for `target`.
    #[must_use]
    pub fn pending(&self, target: &NodeId) -> usize {
        self.queues.get(target).map_or(0, VecDeque::len)
    }

    /// Whether no message waits for anyone.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        // A queue exists only while something waits in it.
        self.queues.is_empty()
    }
}

impl<M> Default for InMemoryTransport<M> {
    fn default() -> Self {
        Self::new()
    }
}

impl<M> Transport<M> for InMemoryTransport<M> {
    fn send(&mut self, target: &NodeId, message: M) -> Result<(), TransportError> {
        let limit = self.queue_limit;
        if self.pending(target) >= limit {
            return Err(TransportError::QueueFull { target: target.clone(), limit });
        }
        self.queues.entry(target.clone()).or_default().push_back(message);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_for_a_target_come_out_once_and_oldest_first() {
        let [a, b] = ["a", "b"].map(NodeId::from);
        let mut transport = InMemoryTransport::default();
        for (target, message) in [(&a, 1), (&b, 2), (&a, 3)] {
            transport.send(target, message).unwrap();
        }
        assert_eq!((transport.pending(&a), transport.pending(&b)), (2, 1));
        assert_eq!(transport.drain(&a), [1, 3]);
        assert_eq!(transport.drain(&a), []);
        assert!(!transport.is_empty());
        assert_eq!(transport.drain(&b), [2]);
        assert!(transport.is_empty());
    }

    #[test]
    fn a_full_queue_refuses_the_newest_and_leaves_other_targets_alone() {
        let [a, b] = ["a", "b"].map(NodeId::from);
        let mut transport = InMemoryTransport::with_queue_limit(1);
        transport.send(&a, 1).unwrap();
        let refused = transport.send(&a, 2).unwrap_err();
        assert!(matches!(refused, TransportError::QueueFull { target, limit: 1 } if target == a));
        transport.send(&b, 3).unwrap();
        assert_eq!((transport.drain(&a), transport.drain(&b)), (vec![1], vec![3]));
        transport.send(&a, 4).unwrap();
    }

    #[test]
    fn a_limit_of_nothing_leaves_no_queue_behind() {
        let mut transport = InMemoryTransport::with_queue_limit(0);
        assert!(transport.send(&"a".into(), ()).is_err());
        assert!(transport.is_empty());
    }
}
