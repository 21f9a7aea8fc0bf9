//! The rumors that a node holds, hot and cold.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::sync::Arc;
use alloc::vec::Vec;

use super::{GossipConfig, MessageId, Rumor, RumorBatch};
use crate::{NodeId, Peers, RandomSource, Round};

/// A bounded store of rumors: which to push next, which to drop first.
///
/// All operations are O(log n) in the number of rumors held, for each rumor
/// that they touch.
#[derive(Clone, Debug)]
pub struct RumorStore<T> {
    capacity: usize,
    /// The round that has begun last, if one has.
    round: Option<Round>,
    rumors: BTreeMap<MessageId, Entry<T>>,
    /// The order in which rumors are dropped: first those that have spread,
    /// each kind from the oldest.
    drop_order: BTreeSet<(Interest, Option<Round>, MessageId)>,
    /// The infective rumors, those pushed least often first.
    push_order: BTreeSet<(u32, MessageId)>,
}

#[derive(Clone, Debug)]
struct Entry<T> {
    payload: Arc<T>,
    /// `None` before the first round.
    arrived: Option<Round>,
    interest: Interest,
    pushes: u32,
    /// Peers known to have it. Interest is lost when there are enough, which
    /// bounds the list.
    informed: Vec<NodeId>,
}

/// Demers' names for what a node does with a rumor that it has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Interest {
    Removed,
    Infective,
}

impl<T> RumorStore<T> {
    /// An empty store for at most `capacity` rumors.
    #[must_use]
    pub const fn new(capacity: usize) -> Self {
        Self {
            capacity,
            round: None,
            rumors: BTreeMap::new(),
            drop_order: BTreeSet::new(),
            push_order: BTreeSet::new(),
        }
    }

    /// Takes in a rumor that is not in the store, as infective, in a round if
    /// one has begun. A full store drops a rumor for it and returns its id.
    pub fn insert(&mut self, rumor: Rumor<T>, round: Option<Round>) -> Option<MessageId> {
        let full = self.rumors.len() >= self.capacity;
        let evicted = full.then(|| self.drop_order.first().map(|(_, _, id)| *id)).flatten();
        if let Some(id) = evicted {
            self.remove(id);
        }
        let id = rumor.id();
        self.remove(id);
        self.rumors.insert(
            id,
            Entry {
                payload: rumor.into_payload(),
                arrived: round,
                interest: Interest::Infective,
                pushes: 0,
                informed: Vec::new(),
            },
        );
        self.drop_order.insert((Interest::Infective, round, id));
        self.push_order.insert((0, id));
        evicted
    }

    /// Notes that `peer` has rumor `id`; once `enough` peers have, the rumor
    /// has spread and is not pushed any more.
    pub fn inform(&mut self, id: MessageId, peer: &NodeId, enough: usize) {
        let Some(entry) = self.rumors.get_mut(&id) else { return };
        if entry.interest == Interest::Removed || entry.informed.contains(peer) {
            return;
        }
        entry.informed.push(peer.clone());
        if entry.informed.len() >= enough {
            self.push_order.remove(&(entry.pushes, id));
            self.drop_order.remove(&(Interest::Infective, entry.arrived, id));
            self.drop_order.insert((Interest::Removed, entry.arrived, id));
            entry.interest = Interest::Removed;
            entry.informed = Vec::new();
        }
    }

    /// Up to `limit` infective rumors that `target` is not known to have, those
    /// pushed least often first. They count as pushed.
    ///
    /// O(log n) for each rumor taken, and for each that the target has.
    pub fn rumors_for(&mut self, target: &NodeId, limit: usize) -> Vec<Rumor<T>> {
        let chosen: Vec<(u32, MessageId)> = self
            .push_order
            .iter()
            .filter(|(_, id)| {
                self.rumors.get(id).is_some_and(|rumor| !rumor.informed.contains(target))
            })
            .take(limit)
            .copied()
            .collect();
        let mut rumors = Vec::with_capacity(chosen.len());
        for (pushes, id) in chosen {
            if let Some(entry) = self.rumors.get_mut(&id) {
                entry.pushes = pushes.saturating_add(1);
                self.push_order.remove(&(pushes, id));
                self.push_order.insert((entry.pushes, id));
                rumors.push(Rumor::new(id, Arc::clone(&entry.payload)));
            }
        }
        rumors
    }

    /// One round of pushing: rumors for each of `fanout` random peers that
    /// lacks any.
    pub(crate) fn push<R: RandomSource + ?Sized>(
        &mut self,
        rng: &mut R,
        peers: &Peers,
        config: &GossipConfig,
    ) -> Vec<(NodeId, RumorBatch<T>)> {
        if self.push_order.is_empty() {
            return Vec::new();
        }
        let targets = peers.sample(rng, config.fanout()).into_iter();
        let pushes = targets.map(|target| {
            let rumors = self.rumors_for(&target, config.max_rumors_per_message());
            (target, RumorBatch { rumors, known: Vec::new() })
        });
        pushes.filter(|(_, batch)| !batch.rumors.is_empty()).collect()
    }

    /// Begins a round: drops the rumors that are older than `retention` rounds,
    /// and returns their ids.
    ///
    /// What came before the first round of all counts as arrived in it: a node
    /// that starts in a late round does not know that before its first tick.
    pub(crate) fn begin(&mut self, round: Round, retention: u64) -> Vec<MessageId> {
        if self.round.replace(round).is_none() {
            let early = (Interest::Removed, None, MessageId::MIN)
                ..(Interest::Infective, Some(Round::ZERO), MessageId::MIN);
            let early: Vec<_> = self
                .drop_order
                .range(early)
                .filter(|(_, arrived, _)| arrived.is_none())
                .copied()
                .collect();
            for (interest, arrived, id) in early {
                self.drop_order.remove(&(interest, arrived, id));
                self.drop_order.insert((interest, Some(round), id));
                if let Some(entry) = self.rumors.get_mut(&id) {
                    entry.arrived = Some(round);
                }
            }
        }
        round.before(retention).map_or_else(Vec::new, |arrived_by| self.expire(arrived_by))
    }

    /// The round that has begun last, if one has.
    pub(crate) const fn round(&self) -> Option<Round> {
        self.round
    }

    /// Drops the rumors that arrived in round `arrived_by` or before, and
    /// returns their ids.
    pub fn expire(&mut self, arrived_by: Round) -> Vec<MessageId> {
        let mut expired = Vec::new();
        for interest in [Interest::Removed, Interest::Infective] {
            let kind = (interest, Some(Round::ZERO), MessageId::MIN)
                ..=(interest, Some(arrived_by), MessageId::MAX);
            expired.extend(self.drop_order.range(kind).map(|(_, _, id)| *id));
        }
        for id in &expired {
            self.remove(*id);
        }
        expired
    }

    /// Drops one rumor.
    pub fn remove(&mut self, id: MessageId) {
        if let Some(entry) = self.rumors.remove(&id) {
            self.drop_order.remove(&(entry.interest, entry.arrived, id));
            self.push_order.remove(&(entry.pushes, id));
        }
    }

    /// The payload of a rumor in the store.
    #[must_use]
    pub fn payload(&self, id: MessageId) -> Option<&Arc<T>> {
        self.rumors.get(&id).map(|entry| &entry.payload)
    }

    /// Whether the store holds rumor `id`.
    #[must_use]
    pub fn contains(&self, id: MessageId) -> bool {
        self.rumors.contains_key(&id)
    }

    /// The ids of the rumors in the store, in ascending order.
    pub fn ids(&self) -> impl Iterator<Item = MessageId> {
        self.rumors.keys().copied()
    }

    /// How many rumors are in the store.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rumors.len()
    }

    /// Whether the store is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rumors.is_empty()
    }

    /// How many of them are still pushed.
    #[must_use]
    pub fn infective(&self) -> usize {
        self.push_order.len()
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use super::*;
    use crate::{Dot, ReplicaId};

    fn id(sequence: u64) -> MessageId {
        Dot::new(ReplicaId::new(1), sequence).unwrap().into()
    }

    fn rumor(sequence: u64) -> Rumor<u64> {
        Rumor::new(id(sequence), Arc::new(sequence))
    }

    fn store(capacity: usize, rumors: u64) -> RumorStore<u64> {
        let mut store = RumorStore::new(capacity);
        for n in 1..=rumors {
            assert_eq!(store.insert(rumor(n), Some(Round::new(n))), None);
        }
        store
    }

    #[test]
    fn a_full_store_drops_what_has_spread_and_then_the_oldest() {
        let mut store = store(3, 3);
        store.inform(id(2), &"p".into(), 1);
        assert_eq!(store.insert(rumor(4), Some(Round::new(4))), Some(id(2)));
        assert_eq!(store.insert(rumor(5), Some(Round::new(5))), Some(id(1)));
        assert_eq!(store.ids().collect::<Vec<_>>(), vec![id(3), id(4), id(5)]);
        assert_eq!(store.infective(), 3);
    }

    #[test]
    fn a_rumor_that_has_spread_is_kept_but_not_pushed() {
        let mut store = store(9, 1);
        let peers = ["p", "q", "r"].map(NodeId::from);
        store.inform(id(1), &peers[0], 2);
        store.inform(id(1), &peers[0], 2);
        assert!(store.rumors_for(&peers[0], 9).is_empty(), "p has it");
        assert_eq!(store.rumors_for(&peers[1], 9).len(), 1, "one peer is not enough");
        store.inform(id(1), &peers[1], 2);
        assert!(store.rumors_for(&peers[2], 9).is_empty());
        assert_eq!((store.infective(), store.len()), (0, 1));
    }

    #[test]
    fn the_least_pushed_rumors_go_first() {
        let mut store = store(9, 3);
        let peer = NodeId::from("p");
        let mut turn = || store.rumors_for(&peer, 2).iter().map(Rumor::id).collect::<Vec<_>>();
        assert_eq!(turn(), vec![id(1), id(2)]);
        assert_eq!(turn(), vec![id(3), id(1)]);
        assert_eq!(turn(), vec![id(2), id(3)]);
    }

    #[test]
    fn rumors_expire_by_age_whatever_the_interest_in_them() {
        let mut store = store(9, 4);
        store.inform(id(2), &"p".into(), 1);
        assert_eq!(store.expire(Round::new(3)), vec![id(2), id(1), id(3)]);
        assert_eq!(store.ids().collect::<Vec<_>>(), vec![id(4)]);
        assert_eq!(store.infective(), 1);
    }
}
