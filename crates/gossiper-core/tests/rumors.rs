//! Gossip nodes talk: what goes where, how often, and within which limits.

use std::sync::Arc;

use gossiper_core::rumor::RumorBatch;
use gossiper_core::{
    DeterministicRng, Dot, Effect, GossipConfig, GossipEvent, GossipMessage, GossipNode, MessageId,
    NodeId, ReplicaId, Round, Rumor,
};

type Node = GossipNode<String>;
type Message = GossipMessage<String>;

fn config() -> GossipConfig {
    GossipConfig::new(3, 20).expect("neither is 0").with_lazy_bytes(10)
}

fn node_with(name: &str, peers: &[&str], config: GossipConfig) -> Node {
    let mut node = Node::new(name.into(), config);
    node.measure_payloads(String::len);
    node.set_peers(peers.iter().map(|peer| NodeId::from(*peer)).collect::<Vec<_>>());
    node
}

fn node(name: &str, peers: &[&str]) -> Node {
    node_with(name, peers, config())
}

fn id(sequence: u64) -> MessageId {
    Dot::new(ReplicaId::new(1), sequence).expect("a sequence from 1 up").into()
}

fn large() -> String {
    "x".repeat(11)
}

fn rumor(sequence: u64) -> Rumor<String> {
    Rumor::new(id(sequence), Arc::new(large()))
}

fn message(sender: &str, batch: RumorBatch<String>) -> Message {
    GossipMessage { sender: sender.into(), batch }
}

fn announce(sender: &str, announced: Vec<MessageId>) -> Message {
    message(sender, RumorBatch { announced, ..RumorBatch::default() })
}

fn request(sender: &str, wanted: Vec<MessageId>) -> Message {
    message(sender, RumorBatch { wanted, ..RumorBatch::default() })
}

fn sends(effects: Vec<Effect<Message, GossipEvent>>) -> Vec<(NodeId, RumorBatch<String>)> {
    let sends = effects.into_iter().filter_map(|effect| match effect {
        Effect::Send { target, message } => Some((target, message.batch)),
        Effect::Emit(_) => None,
    });
    sends.collect()
}

fn tick(node: &mut Node, round: u64) -> Vec<(NodeId, RumorBatch<String>)> {
    sends(node.tick(&mut DeterministicRng::new(round), Round::new(round)))
}

/// What a node answers to one message, which must be one message.
#[track_caller]
fn answer(node: &mut Node, message: Message) -> RumorBatch<String> {
    let asker = message.sender.clone();
    let mut answers = sends(node.receive(message));
    assert_eq!(answers.len(), 1, "{answers:?}");
    let (target, batch) = answers.remove(0);
    assert_eq!(target, asker);
    batch
}

#[test]
fn a_large_payload_is_announced_fetched_once_and_acknowledged() {
    let mut a = node("a", &["b", "c"]);
    let mut b = node("b", &["a", "c"]);
    a.publish(id(1), Round::ZERO, large());
    a.publish(id(2), Round::ZERO, "small".to_owned());
    let pushes = tick(&mut a, 0);
    assert_eq!(pushes.len(), 2);
    let (_, batch) = pushes.into_iter().find(|(target, _)| target.as_str() == "b").unwrap();
    assert_eq!(batch.announced, vec![id(1)]);
    let number = batch.number;
    assert_eq!(batch.rumors.iter().map(Rumor::id).collect::<Vec<_>>(), vec![id(2)]);

    let asked = answer(&mut b, message("a", batch));
    assert_eq!((asked.wanted.clone(), asked.acknowledged), (vec![id(1)], number));
    assert!(sends(b.receive(announce("c", vec![id(1)]))).is_empty(), "it was asked for");

    let brought = answer(&mut a, request("b", asked.wanted));
    assert_eq!(brought.rumors.iter().map(Rumor::id).collect::<Vec<_>>(), vec![id(1)]);
    let number = brought.number;
    assert_eq!(answer(&mut b, message("a", brought)).acknowledged, number);
    assert_eq!(b.payload(id(1)), Some(&large()));
    // Both that announced it have it, so b has nobody to tell.
    let small = tick(&mut b, 1);
    assert!(small.iter().all(|(_, batch)| batch.announced.is_empty()), "{small:?}");
}

#[test]
fn an_announcement_of_what_is_known_is_acknowledged() {
    let mut a = node("a", &["b", "c"]);
    a.publish(id(1), Round::ZERO, large());
    let acknowledged = answer(&mut a, announce("b", vec![id(1)]));
    assert_eq!((acknowledged.known, acknowledged.wanted), (vec![id(1)], vec![]));
    let targets: Vec<_> = tick(&mut a, 0).into_iter().map(|(target, _)| target).collect();
    assert_eq!(targets, vec![NodeId::from("c")], "b has it");
}

#[test]
fn another_announcer_is_asked_when_the_first_does_not_answer() {
    let mut a = node("a", &["b", "c"]);
    tick(&mut a, 5);
    assert_eq!(answer(&mut a, announce("b", vec![id(1)])).wanted, vec![id(1)]);
    assert!(sends(a.receive(announce("c", vec![id(1)]))).is_empty());
    assert!(tick(&mut a, 6).is_empty() && tick(&mut a, 7).is_empty());
    let asked = tick(&mut a, 8);
    assert!(asked.iter().all(|(_, batch)| batch.wanted == vec![id(1)]));
    assert!(asked.iter().any(|(target, _)| target.as_str() == "c"), "{asked:?}");
    // It comes from somewhere else, and nobody is asked any more.
    a.receive(message("d", RumorBatch { rumors: vec![rumor(1)], ..RumorBatch::default() }));
    assert!((9..40).all(|round| tick(&mut a, round).iter().all(|(_, b)| b.wanted.is_empty())));
}

#[test]
fn what_is_asked_for_comes_in_messages_of_a_limited_size() {
    let config = config().with_max_batch_bytes(25).unwrap();
    let mut a = node_with("a", &["b"], config.with_max_rumors_per_message(6).unwrap());
    a.publish_many(Round::ZERO, (1..=9).map(|n| (id(n), large())));
    let twice = (1..=9).chain(1..=9).map(id).chain([id(77)]).collect();
    let sizes: Vec<usize> =
        sends(a.receive(request("b", twice))).iter().map(|(_, batch)| batch.rumors.len()).collect();
    assert_eq!(sizes, [2, 2, 2], "six at most, each once, two in 25 bytes");
}

#[test]
fn pushes_are_filled_up_to_a_size() {
    let config = config().with_max_batch_bytes(25).unwrap();
    let mut a = node_with("a", &["b"], config);
    // Ten bytes each, which is not too large to be pushed.
    a.publish_many(Round::ZERO, (1..=5).map(|n| (id(n), "0123456789".to_owned())));
    let mut pushed = Vec::new();
    for round in 0..4 {
        for (_, batch) in tick(&mut a, round) {
            assert!(batch.rumors.len() <= 2);
            let known: Vec<MessageId> = batch.rumors.iter().map(Rumor::id).collect();
            pushed.extend(known.clone());
            a.receive(message("b", RumorBatch { known, ..RumorBatch::default() }));
        }
    }
    assert_eq!(pushed, (1..=5).map(id).collect::<Vec<_>>(), "each once, in order");
}

#[test]
fn a_payload_beyond_the_size_of_a_message_goes_alone() {
    let config = config().with_lazy_bytes(usize::MAX).with_max_batch_bytes(1).unwrap();
    let mut a = node_with("a", &["b"], config);
    a.publish_many(Round::ZERO, (1..=2).map(|n| (id(n), large())));
    let sizes = [0, 1].map(|round| tick(&mut a, round).remove(0).1.rumors.len());
    assert_eq!(sizes, [1, 1]);
}

/// A rumor goes on where it was news, and neither back nor to those who have it.
#[test]
fn news_goes_on_and_not_back_and_what_was_known_goes_nowhere() {
    for eager in [usize::MAX, 0] {
        let mut b = node_with("b", &["a", "c", "d"], config().with_lazy_bytes(eager));
        let batch = RumorBatch { rumors: vec![rumor(1)], ..RumorBatch::default() };
        b.receive(message("a", batch.clone()));
        b.receive(message("c", batch));
        let targets: Vec<_> = tick(&mut b, 0).into_iter().map(|(target, _)| target).collect();
        assert_eq!(targets, vec![NodeId::from("d")]);
        b.receive(message("d", RumorBatch { known: vec![id(1)], ..RumorBatch::default() }));
        assert_eq!(b.store().infective(), 0);

        // Long after it was dropped it is not news, so it goes nowhere again.
        assert!(tick(&mut b, 30).is_empty() && !b.contains_rumor(id(1)));
        let batch = RumorBatch { rumors: vec![rumor(1)], ..RumorBatch::default() };
        b.receive(message("a", batch));
        assert!(tick(&mut b, 31).is_empty());
    }
}

/// However much peers announce, little is asked for and little is kept.
#[test]
fn announcements_are_answered_within_the_limit() {
    let config = config().with_max_fetches(40).unwrap();
    let mut a = node_with("a", &["b"], config);
    tick(&mut a, 0);
    let mut asked = 0;
    for n in 0..50 {
        let ids = (n * 1_000 + 1..=n * 1_000 + 1_000).map(id).collect();
        let answers = sends(a.receive(announce(&format!("p{n}"), ids)));
        let wanted: usize = answers.iter().map(|(_, batch)| batch.wanted.len()).sum();
        assert!(wanted <= 10, "a quarter for one peer");
        asked += wanted;
    }
    assert_eq!(asked, 40);
    // When they never send what they announced, others have a turn.
    tick(&mut a, 30);
    assert_eq!(answer(&mut a, announce("honest", vec![id(1)])).wanted, vec![id(1)]);
}

/// A batch that has no number, which nothing here sends, is acknowledged as well.
#[test]
fn rumors_without_a_number_are_acknowledged_by_their_ids() {
    let mut a = node("a", &["b"]);
    let batch = RumorBatch { rumors: vec![rumor(1)], ..RumorBatch::default() };
    let answered = answer(&mut a, message("b", batch));
    assert_eq!((answered.acknowledged, answered.known), (0, vec![id(1)]));
}

/// Nobody can be made to send what it does not have, or without end.
#[test]
fn requests_for_the_unknown_are_not_answered() {
    let mut a = node("a", &["b"]);
    let ids = (1..=100_000).map(id).collect();
    assert!(sends(a.receive(request("b", ids))).is_empty());
}
