//! Events that are told as one, and peers that could not be reached.

#[path = "support/letters.rs"]
mod letters;

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::sync::Arc;

use gossiper_core::replica::{Answer, Events, Lacking, Question, Update};
use gossiper_core::rumor::RumorBatch;
use gossiper_core::{
    Change, DeltaOf, DeterministicRng, Dot, Effect, MessageId, MessageOf, NodeId, PhysicalTime,
    Replica, ReplicaConfig, ReplicaEffect, ReplicaEvent, ReplicaId, ReplicaMessage, Replicated,
    Resolve, Round, Rumor, StateOf, UpdateContext,
};
use gossiper_crdts::{GCounter, GSet};
use letters::Letters;

/// Replicas, and all that they have said.
struct Hosts<S: Resolve> {
    rng: DeterministicRng,
    replicas: Vec<Replica<S>>,
    said: Vec<(usize, usize, MessageOf<S>)>,
    changes: Vec<Change<DeltaOf<S>>>,
    /// Who cannot talk to the others.
    cut_off: Option<usize>,
}

fn name(place: usize) -> NodeId {
    NodeId::from(["a", "b", "c"][place])
}

fn config() -> ReplicaConfig {
    // Nothing is asked unless the test asks.
    ReplicaConfig::for_cluster(3).with_anti_entropy_interval(u64::MAX).expect("it is not 0")
}

impl<S: Resolve> Hosts<S>
where
    StateOf<S>: Default + PartialEq + std::fmt::Debug,
    DeltaOf<S>: Clone,
{
    fn new(nodes: usize, config: &ReplicaConfig) -> Self {
        let replica = |place: usize| {
            let mut replica = Replica::new(ReplicaId::new(place as u64 + 1), config.clone());
            replica
                .set_peers((0..nodes).filter(|peer| *peer != place).map(name).collect::<Vec<_>>());
            replica
        };
        Self {
            rng: DeterministicRng::new(5),
            replicas: (0..nodes).map(replica).collect(),
            said: Vec::new(),
            changes: Vec::new(),
            cut_off: None,
        }
    }

    fn write(
        &mut self,
        place: usize,
        mut delta: impl FnMut(&StateOf<S>, &mut UpdateContext) -> DeltaOf<S>,
    ) {
        let written =
            self.replicas[place].update(|state, ctx| Ok::<_, Infallible>(delta(state, ctx)));
        assert!(written.expect("it may write").is_some());
    }

    fn ask(&mut self, asker: usize, peer: usize) {
        let effects = self.replicas[asker].ask(&mut self.rng, name(peer));
        self.carry_out(asker, effects);
    }

    fn round(&mut self, round: u64) {
        for place in 0..self.replicas.len() {
            let effects =
                self.replicas[place].tick(&mut self.rng, Round::new(round), PhysicalTime::EPOCH);
            self.carry_out(place, effects);
        }
    }

    fn carry_out(&mut self, at: usize, effects: Vec<ReplicaEffect<S>>) {
        for effect in effects {
            match effect {
                Effect::Send { target, message } => {
                    let to = (0..3).find(|place| name(*place) == target).expect("it is a peer");
                    self.said.push((at, to, message.clone()));
                    if self.cut_off != Some(at) && self.cut_off != Some(to) {
                        let effects = self.replicas[to].receive(&mut self.rng, &name(at), message);
                        self.carry_out(to, effects);
                    }
                }
                Effect::Emit(ReplicaEvent::Changed { change, .. }) => self.changes.push(change),
                Effect::Emit(event) => panic!("{event:?}", event = kind_of(&event)),
            }
        }
    }

    /// How many deltas each answer with events held.
    fn deltas_told(&self) -> Vec<usize> {
        let told = self.said.iter().filter_map(|(_, _, message)| match message {
            ReplicaMessage::Answer(Answer { lacking: Lacking::Events { events, .. }, .. }) => {
                Some(events.len())
            }
            _ => None,
        });
        told.collect()
    }

    fn assert_equal(&self) {
        for replica in &self.replicas[1..] {
            assert_eq!(replica.state(), self.replicas[0].state());
            assert_eq!(replica.seen(), self.replicas[0].seen());
        }
    }
}

fn kind_of<Delta>(event: &ReplicaEvent<Delta>) -> &'static str {
    match event {
        ReplicaEvent::Malformed { .. } => "malformed",
        _ => "unexpected",
    }
}

fn increment(counter: &GCounter, ctx: &mut UpdateContext) -> DeltaOf<GCounter> {
    counter.increment(ctx.replica(), 1).expect("it does not overflow")
}

#[test]
fn many_writes_are_told_as_one_delta_and_told_on_as_one() {
    let mut hosts = Hosts::<GCounter>::new(3, &config());
    for _ in 0..50 {
        hosts.write(0, increment);
    }
    hosts.ask(1, 0);
    hosts.ask(2, 1);
    hosts.assert_equal();
    assert_eq!(hosts.deltas_told(), [1, 1]);
    let Change::Event { event, .. } = &hosts.changes[1] else { panic!("of one writer") };
    assert_eq!(event.dots().get(), 50);
    // What came as one is news in part.
    hosts.write(0, increment);
    hosts.ask(2, 0);
    hosts.ask(1, 2);
    hosts.assert_equal();
    assert_eq!(hosts.deltas_told(), [1, 1, 1, 1]);
}

#[test]
fn writes_of_several_are_told_as_one_delta() {
    let mut hosts = Hosts::<GCounter>::new(3, &config());
    for place in [0, 1] {
        (0..5).for_each(|_| hosts.write(place, increment));
    }
    hosts.ask(1, 0);
    hosts.ask(2, 1);
    hosts.ask(0, 2);
    hosts.assert_equal();
    let Some(Change::Events { events, update }) =
        hosts.changes.iter().find(|change| matches!(change, Change::Events { .. }))
    else {
        panic!("c is told of both")
    };
    assert_eq!((events.len(), &update.events), (10, &Events::Joined(events.clone())));
}

/// A burst is one rumor, and a transaction in it stays whole.
#[test]
fn what_is_written_between_two_ticks_is_one_rumor_if_that_is_smaller() {
    for (writes, rumors) in [(3, 3), (200, 1), (600, 3)] {
        let mut hosts = Hosts::<GCounter>::new(2, &config());
        for _ in 0..writes {
            hosts.write(0, increment);
        }
        hosts.round(0);
        hosts.assert_equal();
        assert_eq!(hosts.replicas[0].stats().rumors_sent, rumors, "of {writes} writes");
    }
}

#[test]
fn few_are_told_one_by_one_unless_they_are_measured_to_be_smaller_as_one() {
    for (bytes, deltas) in [(None, 3), (Some(12), 1)] {
        let mut hosts = Hosts::<GCounter>::new(2, &config());
        for _ in 0..3 {
            hosts.write(0, increment);
        }
        if bytes.is_some() {
            hosts.replicas[0].measure_updates(|_| 12);
        }
        hosts.ask(1, 0);
        hosts.assert_equal();
        assert_eq!(hosts.deltas_told(), [deltas]);
    }
}

#[test]
fn elements_of_a_set_are_no_smaller_as_one() {
    let mut hosts = Hosts::<GSet<u64>>::new(2, &config());
    // As large as one element of a hundred bytes each.
    hosts.replicas[0].measure_updates(|update| update.delta.fragment().len() * 100);
    for element in 0..20 {
        hosts.write(0, |set, _| set.insert(element));
    }
    hosts.ask(1, 0);
    hosts.assert_equal();
    assert_eq!(hosts.deltas_told(), [20]);
}

#[test]
fn what_is_told_as_one_keeps_to_the_bytes_of_an_answer() {
    let config = config().with_answer_bytes(100).expect("it is not 0");
    let mut hosts = Hosts::<GSet<u64>>::new(2, &config);
    let bytes = |update: &Update<DeltaOf<GSet<u64>>>| update.delta.fragment().len() * 8;
    hosts.replicas[0].measure_updates(bytes);
    for element in 0..60 {
        hosts.write(0, |set, _| set.insert(element));
    }
    hosts.ask(1, 0);
    hosts.assert_equal();
    let largest = hosts.changes.iter().map(|change| change.delta().fragment().len()).max();
    assert_eq!((hosts.changes.len(), largest), (5, Some(12)), "12 have 96 bytes");
}

#[test]
fn a_type_that_joins_no_deltas_is_told_each() {
    let mut hosts = Hosts::<Letters>::new(2, &config());
    for letter in 'a'..='z' {
        hosts.write(0, |_, _| BTreeSet::from([letter]));
    }
    hosts.ask(1, 0);
    hosts.assert_equal();
    assert_eq!(hosts.deltas_told(), [26]);
}

/// The rumors that were pushed or announced to `c`.
fn rumors_to_c(hosts: &Hosts<GCounter>) -> usize {
    let to_c = hosts.said.iter().filter(|(_, to, _)| *to == 2);
    let rumors = to_c.filter_map(|(_, _, message)| match message {
        ReplicaMessage::Rumors(batch) => Some(batch.rumors.len() + batch.announced.len()),
        _ => None,
    });
    rumors.sum()
}

type Measure = fn(&Update<DeltaOf<GCounter>>) -> usize;

/// Three replicas of which `c` cannot talk to the others for forty rounds, in which all
/// write.
fn cut_off(bytes: Option<Measure>) -> Hosts<GCounter> {
    let mut hosts = Hosts::<GCounter>::new(3, &config());
    for replica in &mut hosts.replicas {
        bytes.into_iter().for_each(|bytes| replica.measure_updates(bytes));
    }
    hosts.cut_off = Some(2);
    for round in 0..40 {
        (0..3).for_each(|place| hosts.write(place, increment));
        hosts.round(round);
    }
    hosts
}

/// Rumors are pushed again and again to whoever does not answer, and thrown away in
/// the end. Where they are many, the peer is asked instead: when it answers, it is told
/// all of them, and what was thrown away, as one.
#[test]
fn a_peer_that_was_cut_off_is_asked_what_it_missed() {
    let mut hosts = cut_off(None);
    // Forty events of each of two for two peers. Without the question: up to forty
    // rumors a round.
    let rumors = rumors_to_c(&hosts);
    assert!(rumors < 40, "{rumors}");
    let asked = hosts.said.iter().filter(|(_, to, message)| {
        *to == 2 && matches!(message, ReplicaMessage::Question(Question::Unseen { .. }))
    });
    assert!(asked.count() < 10, "a vector is not sent in vain for long");

    hosts.cut_off = None;
    hosts.said.clear();
    hosts.round(40);
    hosts.round(41);
    hosts.assert_equal();
    assert_eq!(hosts.replicas[0].state().value(), 120);
    assert_eq!(rumors_to_c(&hosts), 0, "all was told");
    assert!(hosts.deltas_told().iter().all(|deltas| *deltas == 1), "{:?}", hosts.deltas_told());

    // And nothing is left to say.
    hosts.said.clear();
    hosts.round(43);
    hosts.round(44);
    assert_eq!(hosts.said.len(), 0, "all is known to have come");
    // Nor is anything held back.
    hosts.write(0, increment);
    hosts.round(45);
    assert!(rumors_to_c(&hosts) > 0);
    hosts.assert_equal();
}

/// Peers have most of what was joined for one of them, so they are asked what they lack,
/// and told that.
#[test]
fn a_large_join_is_not_announced() {
    let mut hosts = cut_off(Some(|_| 2_000));
    hosts.cut_off = None;
    hosts.said.clear();
    (40..44).for_each(|round| hosts.round(round));
    hosts.assert_equal();
    for (from, to, message) in &hosts.said {
        if let ReplicaMessage::Rumors(batch) = message {
            // What c wrote has one writer.
            let of_c = |id: &MessageId| id.as_dot().replica() == ReplicaId::new(3);
            assert!(batch.announced.iter().all(of_c), "{from} to {to}");
        }
    }
}

/// While it is not heard, a peer is not told what is new either; when it is heard and does
/// not hear, that much.
#[test]
fn a_peer_that_is_heard_and_does_not_hear_is_told_what_is_new() {
    let mut hosts = cut_off(None);
    let question = hosts.replicas[2].ask(&mut hosts.rng, name(0));
    for effect in question {
        let Effect::Send { message, .. } = effect else { continue };
        // The answer is lost.
        drop(hosts.replicas[0].receive(&mut hosts.rng, &name(2), message));
    }
    hosts.said.clear();
    hosts.write(0, increment);
    hosts.replicas[0].tick(&mut hosts.rng, Round::new(40), PhysicalTime::EPOCH);
    hosts.write(0, increment);
    let effects = hosts.replicas[0].tick(&mut hosts.rng, Round::new(41), PhysicalTime::EPOCH);
    hosts.carry_out(0, effects);
    assert_eq!(rumors_to_c(&hosts), 4, "two of the round in which it was heard, and two");
}

/// A join has the name of one of its events; an acknowledgement of that one is none of
/// the join.
#[test]
fn a_join_is_not_taken_for_the_event_that_it_is_named_by() {
    let mut hosts = Hosts::<GCounter>::new(3, &config());
    let [first, second] = [1, 2].map(|writer| Dot::new(ReplicaId::new(10 + writer), 1).unwrap());
    let mut counter = GCounter::default();
    let increments = [first, second].map(|dot| {
        let increment = counter.increment(dot.replica(), 1).unwrap();
        counter.merge(increment.clone());
        increment
    });
    let joined = counter.delta(&GCounter::default().digest()).unwrap();
    let [one, _] = increments;
    let events = Events::Joined([first, second].into_iter().collect());
    let batch = |update| {
        ReplicaMessage::Rumors(RumorBatch {
            number: 1,
            rumors: vec![Rumor::new(first.into(), Arc::new(update))],
            ..RumorBatch::default()
        })
    };
    let sends = |effects: Vec<ReplicaEffect<GCounter>>| {
        let send = |effect| match effect {
            Effect::Send { target, message: ReplicaMessage::Rumors(batch) } => {
                Some((target, batch))
            }
            _ => None,
        };
        effects.into_iter().filter_map(send).collect::<Vec<_>>()
    };
    let Hosts { rng, replicas, .. } = &mut hosts;
    let b = &mut replicas[1];
    b.receive(rng, &name(0), batch(Update::of(one)));
    let pushed = sends(b.tick(rng, Round::new(0), PhysicalTime::EPOCH));
    let [(target, pushed)] = &pushed[..] else { panic!("to c alone") };
    assert_eq!((target, pushed.rumors.len()), (&name(2), 1));
    b.receive(rng, &name(0), batch(Update { events: events.clone(), delta: joined }));
    let acknowledgement = RumorBatch { acknowledged: pushed.number, ..RumorBatch::default() };
    b.receive(rng, &name(2), ReplicaMessage::Rumors(acknowledgement));
    let pushed = sends(b.tick(rng, Round::new(1), PhysicalTime::EPOCH));
    let [(target, pushed)] = &pushed[..] else { panic!("the join, to c alone") };
    assert_eq!((target, &pushed.rumors[0].payload().events), (&name(2), &events));
}
