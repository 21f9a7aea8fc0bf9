//! What was pushed to whom and is not acknowledged yet.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use super::MessageId;
use crate::{NodeId, Round};

/// Messages that are remembered. What is forgotten is not acknowledged, so it is
/// pushed once more.
const MAX_BATCHES: usize = 1_024;

/// Rumors in them, together: some 256 each.
const MAX_IDS: usize = 1 << 18;

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
    batches: BTreeMap<u64, Batch>,
    /// Rumors in `batches`.
    ids: usize,
}

#[derive(Clone, Debug)]
struct Batch {
    target: NodeId,
    ids: Vec<MessageId>,
    sent: Round,
}

impl Sent {
    pub(super) const fn new() -> Self {
        Self { last: 0, batches: BTreeMap::new(), ids: 0 }
    }

    /// The number of a push of these rumors. O(log n).
    pub(super) fn number(&mut self, peer: &NodeId, ids: Vec<MessageId>, round: Round) -> u64 {
        let number = self.next_number();
        self.ids += ids.len();
        self.batches.insert(number, Batch { target: peer.clone(), ids, sent: round });
        while (self.batches.len() > MAX_BATCHES || self.ids > MAX_IDS)
            && let Some((_, oldest)) = self.batches.pop_first()
        {
            self.ids -= oldest.ids.len();
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
            Some(batch) if batch.target == *peer => {
                self.ids -= batch.ids.len();
                self.batches.remove(&number).map_or_else(Vec::new, |batch| batch.ids)
            }
            _ => Vec::new(),
        }
    }

    /// Whether a push of the last `rounds` rounds should have been acknowledged, which
    /// takes `retry_rounds`, and was not. The latest are looked at first.
    pub(super) fn is_overdue(&self, round: Round, rounds: u64, retry_rounds: u64) -> bool {
        let ages = self.batches.values().rev().map(|batch| round.since(batch.sent));
        ages.take_while(|age| *age < rounds).any(|age| age > retry_rounds)
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
        let number = sent.number(&"p".into(), vec![id], Round::ZERO);
        assert_eq!(sent.acknowledged(number, &"q".into()), vec![]);
        assert_eq!(sent.acknowledged(number + 1, &"p".into()), vec![]);
        assert_eq!(sent.acknowledged(number, &"p".into()), vec![id]);
        assert_eq!(sent.acknowledged(number, &"p".into()), vec![]);
    }

    #[test]
    fn the_oldest_pushes_are_forgotten() {
        let mut sent = Sent::new();
        for _ in 0..2 * MAX_BATCHES {
            sent.number(&"p".into(), vec![], Round::ZERO);
        }
        assert_eq!(sent.batches.len(), MAX_BATCHES);
        assert_eq!(sent.batches.keys().next(), Some(&(MAX_BATCHES as u64 + 1)));
        sent.last = u64::MAX;
        assert_eq!(sent.number(&"p".into(), vec![], Round::ZERO), 1, "never 0, which is no number");
    }

    #[test]
    fn what_is_not_acknowledged_in_time_is_overdue_for_a_while() {
        let mut sent = Sent::new();
        let first = sent.number(&"p".into(), vec![], Round::new(4));
        sent.number(&"q".into(), vec![], Round::new(6));
        let overdue = |sent: &Sent, round| sent.is_overdue(Round::new(round), 10, 1);
        assert!(!overdue(&sent, 5), "the answer to the first may be on its way");
        assert!(overdue(&sent, 6));
        sent.acknowledged(first, &"p".into());
        assert_eq!([7, 8, 15, 16].map(|round| overdue(&sent, round)), [false, true, true, false]);
    }
}
