//! The gossip node: rumors of opaque payloads, without anti-entropy.

use alloc::sync::Arc;
use alloc::vec::Vec;

use super::{
    GossipConfig, GossipEvent, GossipMessage, KnownIds, MessageId, Rumor, RumorBatch, RumorStore,
};
use crate::{Effect, NodeId, Peers, RandomSource, Round};

/// What a [`GossipNode`] asks of its host.
pub type GossipEffect<T> = Effect<GossipMessage<T>, GossipEvent>;

/// A node that spreads payloads by rumor; see the [module](crate::rumor).
///
/// ```
/// use gossiper_core::{
///     DeterministicRng, Effect, GossipConfig, GossipNode, MessageIdGenerator, Round,
/// };
///
/// let mut a = GossipNode::new("a".into(), GossipConfig::default());
/// let mut b = GossipNode::new("b".into(), GossipConfig::default());
/// a.set_peers(["b".into()]);
///
/// let id = MessageIdGenerator::default().next_id().expect("the first of many");
/// a.publish(id, Round::ZERO, "hello");
/// for effect in a.tick(&mut DeterministicRng::new(1), Round::ZERO) {
///     if let Effect::Send { message, .. } = effect {
///         b.receive(message);
///     }
/// }
/// assert_eq!(b.payload(id), Some(&"hello"));
/// ```
#[derive(Clone, Debug)]
pub struct GossipNode<T> {
    id: NodeId,
    config: GossipConfig,
    peers: Peers,
    store: RumorStore<T>,
    known: KnownIds,
}

impl<T> GossipNode<T> {
    /// A node without peers or rumors.
    #[must_use]
    pub fn new(id: NodeId, config: GossipConfig) -> Self {
        Self {
            id,
            peers: Peers::default(),
            store: RumorStore::new(config.max_rumors()),
            known: KnownIds::new(config.max_remembered()),
            config,
        }
    }

    /// Says whom the node may push to. Its own name is left out.
    pub fn set_peers(&mut self, peers: impl Into<Peers>) {
        self.peers = peers.into().without(&self.id);
    }

    /// Says how many bytes a payload takes, for those that the node takes in from
    /// now on: those of more than [`lazy_bytes`](GossipConfig::lazy_bytes) are
    /// announced instead of pushed, and messages are filled up to
    /// [`max_batch_bytes`](GossipConfig::max_batch_bytes). Without, all payloads
    /// count as 0 bytes. An estimate does.
    ///
    /// ```
    /// # use gossiper_core::{GossipConfig, GossipNode};
    /// let mut node = GossipNode::<String>::new("a".into(), GossipConfig::default());
    /// node.measure_payloads(String::len);
    /// ```
    pub fn measure_payloads(&mut self, measure: fn(&T) -> usize) {
        self.store.set_measure(measure);
    }

    /// Time passes: drops what has expired and pushes hot rumors to `fanout`
    /// random peers.
    pub fn tick<R: RandomSource + ?Sized>(
        &mut self,
        rng: &mut R,
        round: Round,
    ) -> Vec<GossipEffect<T>> {
        let expired = self.store.begin(round, self.config.retention_rounds()).into_iter();
        let mut effects: Vec<_> =
            expired.map(|id| Effect::Emit(GossipEvent::Expired { id })).collect();
        let knows = |id| self.known.contains(id);
        let pushes =
            self.store.push(rng, &self.peers, &self.config, knows, false).batches.into_iter();
        effects.extend(pushes.map(|(target, batch)| self.send(target, batch)));
        effects
    }

    fn send(&self, target: NodeId, batch: RumorBatch<T>) -> GossipEffect<T> {
        Effect::Send { target, message: GossipMessage { sender: self.id.clone(), batch } }
    }

    /// The node's name.
    #[must_use]
    pub const fn id(&self) -> &NodeId {
        &self.id
    }

    /// Whom the node may push to.
    #[must_use]
    pub const fn peers(&self) -> &Peers {
        &self.peers
    }

    /// The rumors that the node holds.
    #[must_use]
    pub const fn store(&self) -> &RumorStore<T> {
        &self.store
    }

    /// Whether the node holds rumor `id` now.
    #[must_use]
    pub fn contains_rumor(&self, id: MessageId) -> bool {
        self.store.contains(id)
    }

    /// Whether the node holds rumor `id` or has held it.
    #[must_use]
    pub fn knows_rumor(&self, id: MessageId) -> bool {
        self.known.contains(id)
    }

    /// The payload of a rumor that the node holds.
    #[must_use]
    pub fn payload(&self, id: MessageId) -> Option<&T> {
        self.store.payload(id).map(AsRef::as_ref)
    }

    fn insert(&mut self, rumor: Rumor<T>, round: Option<Round>, events: &mut Vec<GossipEvent>) {
        self.known.insert(rumor.id(), round.unwrap_or_default());
        let evicted = self.store.insert(rumor, round, self.config.lazy_bytes());
        events.extend(evicted.map(|id| GossipEvent::Evicted { id }));
    }
}

impl<T: PartialEq> GossipNode<T> {
    /// Publishes a rumor of this node's own. An id that the node knows already
    /// is refused, with an event that says so.
    pub fn publish(&mut self, id: MessageId, round: Round, payload: T) -> Vec<GossipEvent> {
        let rumor = Rumor::new(id, Arc::new(payload));
        let mut events = Vec::with_capacity(1);
        if self.known.contains(id) {
            events.push(self.repetition(&rumor, None));
        } else {
            events.push(GossipEvent::Published { id });
            self.insert(rumor, Some(round), &mut events);
        }
        events
    }

    /// Publishes several rumors at once.
    pub fn publish_many(
        &mut self,
        round: Round,
        rumors: impl IntoIterator<Item = (MessageId, T)>,
    ) -> Vec<GossipEvent> {
        rumors.into_iter().flat_map(|(id, payload)| self.publish(id, round, payload)).collect()
    }

    /// Takes in a message: stores what is new, and tells the sender that the node
    /// has what came.
    pub fn receive(&mut self, message: GossipMessage<T>) -> Vec<GossipEffect<T>> {
        let GossipMessage { sender, mut batch } = message;
        let rumors = core::mem::take(&mut batch.rumors);
        let mut events = Vec::new();
        let mut received = Vec::with_capacity(rumors.len());
        let enough = self.config.enough_of(&self.peers);
        for rumor in rumors {
            let id = rumor.id();
            if self.known.contains(id) {
                events.push(self.repetition(&rumor, Some(&sender)));
            } else {
                events.push(GossipEvent::Received { id, from: sender.clone() });
                self.insert(rumor, self.store.round(), &mut events);
            }
            received.push(id);
            self.store.arrived(id, &sender, enough);
        }
        let knows = |id| self.known.contains(id);
        let answers = self.store.answer(&sender, batch, received, enough, &self.config, knows);
        let mut effects: Vec<_> = events.into_iter().map(Effect::Emit).collect();
        effects.extend(answers.into_iter().map(|batch| self.send(sender.clone(), batch)));
        effects
    }

    /// What to say of a rumor whose id is known.
    fn repetition(&self, rumor: &Rumor<T>, from: Option<&NodeId>) -> GossipEvent {
        let (id, from) = (rumor.id(), from.cloned());
        match self.store.payload(id) {
            Some(held) if held != rumor.payload() => GossipEvent::Conflict { id, from },
            _ => GossipEvent::Duplicate { id, from },
        }
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use super::*;
    use crate::{DeterministicRng, MessageIdGenerator};

    fn node(name: &str, peers: &[&str]) -> GossipNode<&'static str> {
        let mut node = GossipNode::new(name.into(), GossipConfig::new(3, 10).unwrap());
        node.set_peers(peers.iter().map(|peer| NodeId::from(*peer)).collect::<Peers>());
        node
    }

    fn ids<const N: usize>() -> [MessageId; N] {
        let mut ids = MessageIdGenerator::default();
        [(); N].map(|()| ids.next_id().unwrap())
    }

    fn sends<T>(effects: Vec<GossipEffect<T>>) -> Vec<(NodeId, GossipMessage<T>)> {
        let send = |effect| match effect {
            Effect::Send { target, message } => Some((target, message)),
            Effect::Emit(_) => None,
        };
        effects.into_iter().filter_map(send).collect()
    }

    #[test]
    fn a_rumor_does_not_go_back_to_where_it_came_from() {
        let (mut a, mut b) = (node("a", &["b"]), node("b", &["a", "c"]));
        let [id] = ids();
        let mut rng = DeterministicRng::new(1);
        a.publish(id, Round::ZERO, "x");
        for (_, message) in sends(a.tick(&mut rng, Round::ZERO)) {
            b.receive(message);
        }
        let targets: Vec<_> =
            sends(b.tick(&mut rng, Round::ZERO)).into_iter().map(|s| s.0).collect();
        assert_eq!(targets, vec![NodeId::from("c")]);
    }

    #[test]
    fn feedback_ends_the_pushing() {
        let (mut a, mut b) = (node("a", &["b"]), node("b", &["a"]));
        let [id] = ids();
        let mut rng = DeterministicRng::new(1);
        a.publish(id, Round::ZERO, "x");
        let mut pushed = 0;
        for round in 0..5 {
            for (_, message) in sends(a.tick(&mut rng, Round::new(round))) {
                pushed += 1;
                for (_, answer) in sends(b.receive(message)) {
                    assert_eq!((answer.batch.acknowledged, &*answer.batch.known), (1, &[][..]));
                    a.receive(answer);
                }
            }
            assert!(sends(b.tick(&mut rng, Round::new(round))).is_empty());
        }
        assert_eq!(pushed, 1, "it is acknowledged");
        assert!(a.contains_rumor(id) && a.store().infective() == 0);
    }

    #[test]
    fn an_expired_rumor_is_not_taken_for_new() {
        let mut a = node("a", &["b"]);
        let [id] = ids();
        a.publish(id, Round::ZERO, "x");
        let expired = a.tick(&mut DeterministicRng::new(1), Round::new(10));
        assert_eq!(expired, vec![Effect::Emit(GossipEvent::Expired { id })]);
        assert!(!a.contains_rumor(id) && a.knows_rumor(id));
        let batch =
            RumorBatch { rumors: vec![Rumor::new(id, Arc::new("x"))], ..RumorBatch::default() };
        let effects = a.receive(GossipMessage { sender: "b".into(), batch });
        assert_eq!(effects[0], Effect::Emit(GossipEvent::Duplicate { id, from: Some("b".into()) }));
        assert!(!a.contains_rumor(id));
    }

    /// A node that starts in a late round does not take what it hears before its
    /// first tick for old.
    #[test]
    fn what_arrives_before_the_first_tick_is_as_young_as_that() {
        let (mut a, [id]) = (node("a", &["b", "c"]), ids());
        let batch =
            RumorBatch { rumors: vec![Rumor::new(id, Arc::new("x"))], ..RumorBatch::default() };
        a.receive(GossipMessage { sender: "b".into(), batch });
        let mut rng = DeterministicRng::new(1);
        assert_eq!(sends(a.tick(&mut rng, Round::new(1_000))).len(), 1);
        assert!(a.contains_rumor(id));
        a.tick(&mut rng, Round::new(1_010));
        assert!(!a.contains_rumor(id));
    }

    #[test]
    fn an_evicted_rumor_is_not_taken_for_new() {
        let config = GossipConfig::new(1, 10).unwrap().with_max_rumors(1).unwrap();
        let mut a = GossipNode::new("a".into(), config);
        let [first, second] = ids();
        let events = a.publish_many(Round::ZERO, [(first, "x"), (second, "y")]);
        assert_eq!(
            events,
            vec![
                GossipEvent::Published { id: first },
                GossipEvent::Published { id: second },
                GossipEvent::Evicted { id: first },
            ]
        );
        assert_eq!(
            a.publish(first, Round::ZERO, "x"),
            vec![GossipEvent::Duplicate { id: first, from: None }]
        );
    }

    #[test]
    fn a_known_id_with_another_payload_is_refused() {
        let mut a = node("a", &["b"]);
        let [id] = ids();
        a.publish(id, Round::ZERO, "x");
        assert_eq!(a.publish(id, Round::ZERO, "y"), vec![GossipEvent::Conflict { id, from: None }]);
        let batch =
            RumorBatch { rumors: vec![Rumor::new(id, Arc::new("z"))], ..RumorBatch::default() };
        let effects = a.receive(GossipMessage { sender: "b".into(), batch });
        assert_eq!(effects[0], Effect::Emit(GossipEvent::Conflict { id, from: Some("b".into()) }));
        assert_eq!(a.payload(id), Some(&"x"));
    }

    #[test]
    fn pushes_share_one_payload() {
        let mut a = node("a", &["b", "c", "d"]);
        let [id] = ids();
        a.publish(id, Round::ZERO, "x");
        let sent = sends(a.tick(&mut DeterministicRng::new(1), Round::ZERO));
        assert_eq!(sent.len(), 3);
        let held = a.store().payload(id).unwrap();
        assert!(sent.iter().all(|(_, message)| {
            message.sender == *a.id() && Arc::ptr_eq(message.batch.rumors[0].payload(), held)
        }));
    }

    #[test]
    fn the_limit_on_a_message_holds() {
        let config = GossipConfig::new(1, 10).unwrap().with_max_rumors_per_message(2).unwrap();
        let mut a = GossipNode::new("a".into(), config);
        a.set_peers(["b".into()]);
        a.publish_many(Round::ZERO, ids::<5>().map(|id| (id, "x")));
        let sent = sends(a.tick(&mut DeterministicRng::new(1), Round::ZERO));
        assert_eq!(sent[0].1.batch.rumors.len(), 2);
    }
}
