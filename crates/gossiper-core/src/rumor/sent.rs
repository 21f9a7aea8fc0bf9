//! What was pushed to whom and is not acknowledged yet.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use super::MessageId;
use crate::NodeId;

/// Messages that are remembered. What is forgotten is not acknowledged, so it is
/// pushed once more.
const MAX_BATCHES: usize = 1_024;

/// Pushes by number, so that an acknowledgement is a number and not a list of ids:
/// 2 bytes instead of 11 for each rumor.
///
/// A number says nothing to anybody but the two nodes, and a node can only
/// acknowledge what was sent to it. After a restart numbers begin again; an
/// acknowledgement that was on its way for so long can be taken for one of a new
/// push, which costs that push and nothing else.
#[derive(Clone, Debug)]
pub(super) struct Sent {
    last: u64,
    batches: BTreeMap<u64, (NodeId, Vec<MessageId>)>,
}

impl Sent {
    pub(super) const fn new() -> Self {
        Self { last: 0, batches: BTreeMap::new() }
    }

    /// The number of a push of these rumors. O(log n).
    pub(super) fn number(&mut self, peer: &NodeId, ids: Vec<MessageId>) -> u64 {
        let number = self.next_number();
        self.batches.insert(number, (peer.clone(), ids));
        if self.batches.len() > MAX_BATCHES {
            self.batches.pop_first();
        }
        number
    }

    /// A number whose acknowledgement will not matter. Never 0, and used twice only
    /// after 2⁶⁴ pushes.
    pub(super) const fn next_number(&mut self) -> u64 {
        self.last = if self.last == u64::MAX { 1 } else { self.last + 1 };
        self.last
    }

    /// What `peer` has when it acknowledges `number`. O(log n).
    pub(super) fn acknowledged(&mut self, number: u64, peer: &NodeId) -> Vec<MessageId> {
        match self.batches.get(&number) {
            Some((target, _)) if target == peer => {
                self.batches.remove(&number).map_or_else(Vec::new, |(_, ids)| ids)
            }
            _ => Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use super::*;
    use crate::{Dot, ReplicaId};

    #[test]
    fn only_the_receiver_acknowledges_and_only_once() {
        let id = MessageId::from(Dot::new(ReplicaId::new(1), 1).unwrap());
        let mut sent = Sent::new();
        let number = sent.number(&"p".into(), vec![id]);
        assert_eq!(sent.acknowledged(number, &"q".into()), vec![]);
        assert_eq!(sent.acknowledged(number + 1, &"p".into()), vec![]);
        assert_eq!(sent.acknowledged(number, &"p".into()), vec![id]);
        assert_eq!(sent.acknowledged(number, &"p".into()), vec![]);
    }

    #[test]
    fn the_oldest_pushes_are_forgotten() {
        let mut sent = Sent::new();
        for _ in 0..2 * MAX_BATCHES {
            sent.number(&"p".into(), vec![]);
        }
        assert_eq!(sent.batches.len(), MAX_BATCHES);
        assert_eq!(sent.batches.keys().next(), Some(&(MAX_BATCHES as u64 + 1)));
        sent.last = u64::MAX;
        assert_eq!(sent.number(&"p".into(), vec![]), 1, "never 0, which is no number");
    }
}
