//! The rumors that a node holds, hot and cold.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::ops::RangeInclusive;

use super::fetches::Fetches;
use super::sent::Sent;
use super::silent::Silent;
use super::{GossipConfig, MessageId, Rumor};
use crate::{NodeId, Round};

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
    /// The infective rumors, those of each manner that were pushed least often
    /// first.
    push_order: BTreeSet<(Manner, u32, MessageId)>,
    /// The bytes that a payload takes, if the host has said how many.
    measure: Option<fn(&T) -> usize>,
    pub(super) fetches: Fetches,
    pub(super) sent: Sent,
    pub(super) silent: Silent,
    /// When a push was acknowledged last.
    acknowledged: Option<Round>,
}

/// What of the infective rumors may be sent to a peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Allowed {
    All,
    /// What it did not fail to acknowledge again and again.
    Punctual,
    /// Of that, what has come in this round or later.
    Since(Round),
    Nothing,
}

/// How an infective rumor is spread.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Manner {
    /// It is pushed with its payload.
    Eager,
    /// It is announced, and its payload is sent to those who ask.
    Lazy,
    /// Peers are asked what they have, and told the rest in answers.
    Asked,
}

#[derive(Clone, Debug)]
struct Entry<T> {
    payload: Arc<T>,
    bytes: usize,
    manner: Manner,
    /// `None` before the first round.
    arrived: Option<Round>,
    interest: Interest,
    pushes: u32,
    /// Peers known to have it. Interest is lost when there are enough, which
    /// bounds the list.
    informed: Vec<NodeId>,
    /// Pushes that were not answered yet: a few, for each peer one.
    awaited: Vec<Awaited>,
}

#[derive(Clone, Debug)]
struct Awaited {
    peer: NodeId,
    /// The round of the last push.
    sent: Round,
    pushes: u32,
}

/// So many pushes without an answer, and the peer cannot be reached: once a message
/// may be lost.
const UNREACHABLE_AFTER: u32 = 2;

/// So many rumors that a peer could not be told, and it is told otherwise. A guess.
const BEHIND: usize = 8;

impl<T> Entry<T> {
    /// Whether there is a point in sending it to `peer`: not if the peer has it,
    /// nor if it may be about to say so.
    fn is_news_for(&self, peer: &NodeId, round: Round, retry_rounds: u64) -> bool {
        let recent = |awaited: &Awaited| round.since(awaited.sent) < retry_rounds;
        !self.informed.contains(peer) && !self.awaited_by(peer).is_some_and(recent)
    }

    /// Whether `peer` did not answer when it was told, again and again; if it is `silent`,
    /// whether it is to be told at all.
    fn is_late_for(&self, peer: &NodeId, silent: bool) -> bool {
        if silent || self.manner == Manner::Asked {
            return !self.informed.contains(peer);
        }
        self.awaited_by(peer).is_some_and(|awaited| awaited.pushes >= UNREACHABLE_AFTER)
    }

    fn awaited_by(&self, peer: &NodeId) -> Option<&Awaited> {
        self.awaited.iter().find(|awaited| awaited.peer == *peer)
    }

    fn note_push(&mut self, peer: &NodeId, round: Round) {
        match self.awaited.iter_mut().find(|awaited| awaited.peer == *peer) {
            Some(awaited) => {
                (awaited.sent, awaited.pushes) = (round, awaited.pushes.saturating_add(1));
            }
            None => self.awaited.push(Awaited { peer: peer.clone(), sent: round, pushes: 1 }),
        }
    }
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
            measure: None,
            fetches: Fetches::new(),
            sent: Sent::new(),
            silent: Silent::new(),
            acknowledged: None,
        }
    }

    /// How large a payload is, if the host has said how to tell.
    pub(crate) fn measured(&self, payload: &T) -> Option<usize> {
        self.measure.map(|measure| measure(payload))
    }

    /// Measures payloads that are taken in from now on. Without, all count as 0
    /// bytes.
    pub(crate) fn set_measure(&mut self, measure: fn(&T) -> usize) {
        self.measure = Some(measure);
    }

    /// Takes in a rumor that is not in the store, as infective, in a round if
    /// one has begun; it is announced instead of pushed if its payload is measured
    /// to have more than `lazy_bytes`. A full store drops a rumor for it and
    /// returns its id.
    pub fn insert(
        &mut self,
        rumor: Rumor<T>,
        round: Option<Round>,
        lazy_bytes: usize,
    ) -> Option<MessageId> {
        self.insert_with(rumor, round, lazy_bytes, Manner::Lazy)
    }

    /// The same for a rumor that peers may well have in part: if it is large, they are
    /// asked what they have instead of being told its name.
    pub(crate) fn insert_shared(
        &mut self,
        rumor: Rumor<T>,
        round: Option<Round>,
        lazy_bytes: usize,
    ) -> Option<MessageId> {
        self.insert_with(rumor, round, lazy_bytes, Manner::Asked)
    }

    fn insert_with(
        &mut self,
        rumor: Rumor<T>,
        round: Option<Round>,
        lazy_bytes: usize,
        large: Manner,
    ) -> Option<MessageId> {
        let full = self.rumors.len() >= self.capacity;
        let evicted = full.then(|| self.drop_order.first().map(|(_, _, id)| *id)).flatten();
        if let Some(id) = evicted {
            self.remove(id);
        }
        let id = rumor.id();
        self.remove(id);
        let payload = rumor.into_payload();
        let bytes = self.measure.map_or(0, |measure| measure(&payload));
        let manner = if bytes > lazy_bytes { large } else { Manner::Eager };
        self.rumors.insert(
            id,
            Entry {
                payload,
                bytes,
                manner,
                arrived: round,
                interest: Interest::Infective,
                pushes: 0,
                informed: Vec::new(),
                awaited: Vec::new(),
            },
        );
        self.drop_order.insert((Interest::Infective, round, id));
        self.push_order.insert((manner, 0, id));
        evicted
    }

    /// Notes that `peer` has rumor `id`; once `enough` peers have, the rumor
    /// has spread and is not pushed any more.
    pub fn inform(&mut self, id: MessageId, peer: &NodeId, enough: usize) {
        let Some(entry) = self.rumors.get_mut(&id) else { return };
        if entry.interest == Interest::Removed || entry.informed.contains(peer) {
            return;
        }
        entry.awaited.retain(|awaited| awaited.peer != *peer);
        entry.informed.push(peer.clone());
        if entry.informed.len() >= enough {
            self.push_order.remove(&(entry.manner, entry.pushes, id));
            self.drop_order.remove(&(Interest::Infective, entry.arrived, id));
            self.drop_order.insert((Interest::Removed, entry.arrived, id));
            entry.interest = Interest::Removed;
            (entry.informed, entry.awaited) = (Vec::new(), Vec::new());
        }
    }

    /// Whether any rumor is spread in this manner.
    pub(super) fn has_infective(&self, manner: Manner) -> bool {
        self.push_order.range(all_of(manner)).next().is_some()
    }

    /// Notes that a push came back.
    pub(super) fn note_acknowledgement(&mut self) {
        self.acknowledged = self.round;
    }

    /// Whether pushes of the last `rounds` rounds arrived: some were acknowledged, and
    /// none is overdue. O(log n), and the pushes of the last `retry_rounds` rounds.
    pub(crate) fn all_arrived(&self, rounds: u64, retry_rounds: u64) -> bool {
        let round = self.round.unwrap_or_default();
        let lately = self.acknowledged.is_some_and(|when| round.since(when) < rounds);
        lately && !self.sent.is_overdue(round, rounds, retry_rounds)
    }

    /// Whether `peer` could not be told of many rumors, and had better be asked what it
    /// lacks. O(n) for n infective rumors.
    pub(crate) fn is_behind(&self, peer: &NodeId) -> bool {
        let silent = self.silent.contains(peer);
        let infective = self.push_order.iter().filter_map(|(_, _, id)| self.rumors.get(id));
        let mut late = infective.filter(|entry| entry.is_late_for(peer, silent));
        late.nth(BEHIND - 1).is_some()
    }

    /// Whether `peer` is [behind](Self::is_behind), and has not acknowledged anything for
    /// long: nothing is pushed to it until it is heard, and then only what is new.
    pub(crate) fn is_cut_off(&self, peer: &NodeId) -> bool {
        self.silent.contains(peer) && self.is_behind(peer)
    }

    /// What may be pushed to `peer`. O(n) for n infective rumors.
    pub(super) fn allowed_for(&self, peer: &NodeId) -> Allowed {
        if !self.is_behind(peer) {
            Allowed::All
        } else if !self.silent.contains(peer) {
            Allowed::Punctual
        } else {
            self.silent.heard_since(peer).map_or(Allowed::Nothing, Allowed::Since)
        }
    }

    /// Notes that `peer` has said something.
    pub(crate) fn note_heard(&mut self, peer: &NodeId) {
        self.silent.note_heard(peer, self.round.unwrap_or_default());
    }

    /// Whether `peer`, which is cut off, was heard since this was asked last.
    pub(crate) fn take_heard(&mut self, peer: &NodeId) -> bool {
        self.silent.take_heard(peer)
    }

    /// Notes that `peer` has those of the rumors that it could not be told that it
    /// `knows`. O(n log n) for n infective rumors.
    ///
    /// Not others: a peer that has an event by an answer passes it on when the rumor
    /// comes, and not before.
    pub(crate) fn inform_of_late(
        &mut self,
        peer: &NodeId,
        enough: usize,
        knows: impl Fn(MessageId, &T) -> bool,
    ) {
        for id in self.late_for(peer, knows) {
            self.inform(id, peer, enough);
        }
    }

    /// Notes that `peer` has those of the rumors with these names that it `knows`.
    /// O(k log n) for k of them.
    pub(crate) fn inform_of_all(
        &mut self,
        peer: &NodeId,
        enough: usize,
        names: RangeInclusive<MessageId>,
        knows: impl Fn(MessageId, &T) -> bool,
    ) {
        let known = self.rumors.range(names).filter(|(id, entry)| knows(**id, &entry.payload));
        for id in known.map(|(id, _)| *id).collect::<Vec<_>>() {
            self.inform(id, peer, enough);
        }
    }

    /// A number for events that `peer` is told in an answer, to be acknowledged by: it
    /// then has the rumors that it could not be told, as far as these events `cover`
    /// them. 0 if that is none. O(n log n) for n infective rumors.
    pub(crate) fn number_told(
        &mut self,
        peer: &NodeId,
        cover: impl Fn(MessageId, &T) -> bool,
    ) -> u64 {
        let told = self.late_for(peer, cover);
        if told.is_empty() {
            return 0;
        }
        self.sent.number(peer, told, self.round.unwrap_or_default())
    }

    /// Of the rumors that `peer` could not be told, those of which `are` holds.
    fn late_for(&self, peer: &NodeId, are: impl Fn(MessageId, &T) -> bool) -> Vec<MessageId> {
        let silent = self.silent.contains(peer);
        let infective = self.push_order.iter().map(|(_, _, id)| *id);
        let late = infective.filter(|id| {
            let entry = self.rumors.get(id).filter(|entry| entry.is_late_for(peer, silent));
            entry.is_some_and(|entry| are(*id, &entry.payload))
        });
        late.collect()
    }

    /// Infective rumors for `target`, those pushed least often first: not those
    /// that it is known to have, nor those that it was sent in the last
    /// `retry_rounds` rounds and may be about to acknowledge. They count as
    /// pushed. As many as a message may have, and payloads that are pushed up to
    /// `max_batch_bytes`, one in any case; of what is `allowed`.
    ///
    /// O(log n) for each rumor taken, and for each that is left out.
    pub(super) fn infective_for(
        &mut self,
        target: &NodeId,
        manner: Manner,
        config: &GossipConfig,
        allowed: Allowed,
    ) -> Vec<MessageId> {
        if allowed == Allowed::Nothing {
            return Vec::new();
        }
        let round = self.round.unwrap_or_default();
        let mut chosen = Vec::new();
        let mut bytes = 0_usize;
        for (_, pushes, id) in self.push_order.range(all_of(manner)) {
            let Some(entry) = self.rumors.get_mut(id) else { continue };
            let is_allowed = match allowed {
                Allowed::Punctual => !entry.is_late_for(target, false),
                Allowed::Since(round) => {
                    entry.arrived >= Some(round) && !entry.is_late_for(target, false)
                }
                Allowed::All | Allowed::Nothing => true,
            };
            if !is_allowed || !entry.is_news_for(target, round, config.retry_rounds()) {
                continue;
            }
            bytes = bytes.saturating_add(entry.bytes);
            let too_large = manner == Manner::Eager && bytes > config.max_batch_bytes();
            if too_large && !chosen.is_empty() {
                break;
            }
            entry.note_push(target, round);
            chosen.push((*pushes, *id));
            if chosen.len() == config.max_rumors_per_message() {
                break;
            }
        }
        for (pushes, id) in &chosen {
            if let Some(entry) = self.rumors.get_mut(id) {
                entry.pushes = pushes.saturating_add(1);
                self.push_order.remove(&(manner, *pushes, *id));
                self.push_order.insert((manner, entry.pushes, *id));
            }
        }
        chosen.into_iter().map(|(_, id)| id).collect()
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

    /// Keeps a rumor as if it had arrived in this round, because somebody still
    /// lacks it.
    pub(super) fn refresh(&mut self, id: MessageId) {
        let Some(entry) = self.rumors.get_mut(&id) else { return };
        self.drop_order.remove(&(entry.interest, entry.arrived, id));
        entry.arrived = self.round;
        self.drop_order.insert((entry.interest, entry.arrived, id));
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
            self.push_order.remove(&(entry.manner, entry.pushes, id));
        }
    }

    /// The payload of a rumor in the store.
    #[must_use]
    pub fn payload(&self, id: MessageId) -> Option<&Arc<T>> {
        self.rumors.get(&id).map(|entry| &entry.payload)
    }

    /// The bytes of a rumor in the store, as they were measured.
    pub(super) fn bytes(&self, id: MessageId) -> usize {
        self.rumors.get(&id).map_or(0, |entry| entry.bytes)
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

    /// How many of them are still pushed or announced.
    #[must_use]
    pub fn infective(&self) -> usize {
        self.push_order.len()
    }
}

const fn all_of(manner: Manner) -> RangeInclusive<(Manner, u32, MessageId)> {
    (manner, 0, MessageId::MIN)..=(manner, u32::MAX, MessageId::MAX)
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

    fn config(max_rumors_per_message: usize) -> GossipConfig {
        GossipConfig::default().with_max_rumors_per_message(max_rumors_per_message).unwrap()
    }

    fn store(capacity: usize, rumors: u64) -> RumorStore<u64> {
        let mut store = RumorStore::new(capacity);
        for n in 1..=rumors {
            assert_eq!(store.insert(rumor(n), Some(Round::new(n)), 0), None);
        }
        store
    }

    #[test]
    fn a_full_store_drops_what_has_spread_and_then_the_oldest() {
        let mut store = store(3, 3);
        store.inform(id(2), &"p".into(), 1);
        assert_eq!(store.insert(rumor(4), Some(Round::new(4)), 0), Some(id(2)));
        assert_eq!(store.insert(rumor(5), Some(Round::new(5)), 0), Some(id(1)));
        assert_eq!(store.ids().collect::<Vec<_>>(), vec![id(3), id(4), id(5)]);
        assert_eq!(store.infective(), 3);
    }

    #[test]
    fn a_rumor_that_has_spread_is_kept_but_not_pushed() {
        let mut store = store(9, 1);
        let peers = ["p", "q", "r"].map(NodeId::from);
        store.inform(id(1), &peers[0], 2);
        store.inform(id(1), &peers[0], 2);
        assert!(
            store.infective_for(&peers[0], Manner::Eager, &config(9), Allowed::All).is_empty(),
            "p has it"
        );
        assert_eq!(
            store.infective_for(&peers[1], Manner::Eager, &config(9), Allowed::All).len(),
            1,
            "one peer is not enough"
        );
        store.inform(id(1), &peers[1], 2);
        assert!(store.infective_for(&peers[2], Manner::Eager, &config(9), Allowed::All).is_empty());
        assert_eq!((store.infective(), store.len()), (0, 1));
    }

    #[test]
    fn the_least_pushed_rumors_go_first() {
        let mut store = store(9, 3);
        let mut turn = |peer: &str| -> Vec<MessageId> {
            store.infective_for(&peer.into(), Manner::Eager, &config(2), Allowed::All)
        };
        assert_eq!(turn("p"), vec![id(1), id(2)]);
        assert_eq!(turn("q"), vec![id(3), id(1)]);
        assert_eq!(turn("r"), vec![id(2), id(3)]);
    }

    #[test]
    fn what_is_not_acknowledged_is_sent_again_and_not_before_its_time() {
        let config = config(9).with_retry_rounds(3).unwrap();
        let mut store = store(9, 1);
        let sent = |store: &mut RumorStore<u64>, round| {
            store.begin(Round::new(round), 99);
            ["p", "q"].map(|peer| {
                store.infective_for(&peer.into(), Manner::Eager, &config, Allowed::All).len()
            })
        };
        assert_eq!(sent(&mut store, 4), [1, 1]);
        store.inform(id(1), &"q".into(), 2);
        assert_eq!(sent(&mut store, 6), [0, 0], "p may be about to answer");
        assert_eq!(sent(&mut store, 7), [1, 0], "p did not, and q has it");
        assert_eq!(store.rumors[&id(1)].awaited.len(), 1);
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
