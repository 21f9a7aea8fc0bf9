//! The promises of a replica, kept for a type written by hand.

#[path = "support/letters.rs"]
mod letters;

use std::collections::BTreeSet;
use std::convert::Infallible;

use gossiper_core::replica::{Answer, Events, Lacking, Question, Update};
use gossiper_core::rumor::RumorBatch;
use gossiper_core::{
    Change, DeterministicRng, Dot, Effect, IdSetDigest, MessageId, NodeId, PhysicalTime, Replica,
    ReplicaConfig, ReplicaEffect, ReplicaEvent, ReplicaId, ReplicaMessage, RestoreError, Round,
    Rumor, UpdateError,
};
use letters::Letters;

type Message = ReplicaMessage<IdSetDigest<char>, BTreeSet<char>>;
type Effects = Vec<ReplicaEffect<Letters>>;

/// Two replicas and a network that delivers what the test hands over.
struct Pair {
    rng: DeterministicRng,
    replicas: [Replica<Letters>; 2],
}

const A: usize = 0;
const B: usize = 1;

fn name(place: usize) -> NodeId {
    NodeId::from(["a", "b"][place])
}

fn config() -> ReplicaConfig {
    // Nothing is asked unless the test asks.
    ReplicaConfig::for_cluster(2).with_anti_entropy_interval(u64::MAX).expect("it is not 0")
}

impl Pair {
    fn new() -> Self {
        let replicas = [A, B].map(|place| {
            let mut replica = Replica::new(ReplicaId::new(place as u64 + 1), config());
            replica.set_peers([name(1 - place)]);
            replica
        });
        Self { rng: DeterministicRng::new(3), replicas }
    }

    fn write(&mut self, place: usize, letter: char) -> Result<(), UpdateError<Infallible>> {
        self.replicas[place].update(|_, _| Ok(BTreeSet::from([letter]))).map(|_| ())
    }

    fn tick(&mut self, place: usize, round: u64) -> Effects {
        self.replicas[place].tick(&mut self.rng, Round::new(round), PhysicalTime::EPOCH)
    }

    fn ask(&mut self, place: usize) -> Effects {
        self.replicas[place].ask(&mut self.rng, name(1 - place))
    }

    fn deliver(&mut self, to: usize, message: Message) -> Effects {
        self.replicas[to].receive(&mut self.rng, &name(1 - to), message)
    }

    /// Delivers all messages and what they lead to; the number of messages.
    fn deliver_all(&mut self, from: usize, effects: &Effects) -> usize {
        let mut delivered = 0;
        for message in messages(effects) {
            let answers = self.deliver(1 - from, message);
            delivered += 1 + self.deliver_all(1 - from, &answers);
        }
        delivered
    }

    fn letters(&self, place: usize) -> String {
        self.replicas[place].state().0.iter().collect()
    }
}

fn messages(effects: &Effects) -> Vec<Message> {
    let message = |effect: &ReplicaEffect<Letters>| match effect {
        Effect::Send { message, .. } => Some(message.clone()),
        Effect::Emit(_) => None,
    };
    effects.iter().filter_map(message).collect()
}

fn events(effects: Effects) -> Vec<ReplicaEvent<BTreeSet<char>>> {
    effects.into_iter().filter_map(Effect::into_event).collect()
}

#[test]
fn a_rumor_carries_one_event_whole() {
    let mut pair = Pair::new();
    pair.write(A, 'x').unwrap();
    let pushed = messages(&pair.tick(A, 0));
    assert_eq!(pushed.len(), 1);
    let told = events(pair.deliver(B, pushed[0].clone()));
    let [ReplicaEvent::Changed { from, change: Change::Event { event, update } }] = &told[..]
    else {
        panic!("one change was told: {told:?}");
    };
    assert_eq!((from, event.last()), (&name(A), Dot::new(ReplicaId::new(1), 1).unwrap()));
    assert_eq!(update.delta, BTreeSet::from(['x']));
    assert_eq!(pair.letters(B), "x");
    assert_eq!(pair.replicas[A].seen(), pair.replicas[B].seen());
}

/// `b` asks `a` before `a` has pushed. `c`, which only `b` knows, hears of it from
/// nobody else.
#[test]
fn what_an_answer_brought_first_goes_on_as_a_rumor_all_the_same() {
    let mut pair = Pair::new();
    pair.replicas[B].set_peers([name(A), NodeId::from("c")]);
    pair.tick(B, 0);
    pair.write(A, 'x').unwrap();
    let question = pair.ask(B);
    pair.deliver_all(B, &question);
    assert_eq!(pair.letters(B), "x");
    assert!(pair.tick(B, 1).is_empty(), "there is no delta of the event to push");

    let pushed = messages(&pair.tick(A, 1)).remove(0);
    assert!(events(pair.deliver(B, pushed.clone())).is_empty());
    let targets = |effects: &Effects| -> Vec<NodeId> {
        let sends = effects.iter().filter_map(|effect| match effect {
            Effect::Send { target, .. } => Some(target.clone()),
            Effect::Emit(_) => None,
        });
        sends.collect()
    };
    assert_eq!(targets(&pair.tick(B, 2)), [NodeId::from("c")]);
    assert_eq!(pair.replicas[B].stats().rumors_redundant, 1);

    // Once: long after it was dropped, a late copy goes nowhere.
    pair.tick(B, 50);
    pair.deliver(B, pushed);
    assert!(pair.tick(B, 51).is_empty());
}

#[test]
fn what_came_with_an_answer_long_ago_is_not_waited_for() {
    let mut pair = Pair::new();
    pair.replicas[B].set_peers([name(A), NodeId::from("c")]);
    pair.tick(B, 0);
    pair.write(A, 'x').unwrap();
    let question = pair.ask(B);
    pair.deliver_all(B, &question);
    for round in (1..60).step_by(5) {
        pair.tick(B, round);
    }
    let pushed = messages(&pair.tick(A, 1)).remove(0);
    pair.deliver(B, pushed);
    assert!(pair.tick(B, 60).is_empty());
}

#[test]
fn a_repeated_rumor_is_redundant_and_answered_with_known() {
    let mut pair = Pair::new();
    pair.write(A, 'x').unwrap();
    let pushed = messages(&pair.tick(A, 0)).remove(0);
    let _ = pair.deliver(B, pushed.clone());
    let answer = pair.deliver(B, pushed);
    let stats = pair.replicas[B].stats();
    assert_eq!((stats.rumors_received, stats.rumors_news, stats.rumors_redundant), (2, 1, 1));
    assert!(events(answer.clone()).is_empty());
    for message in messages(&answer) {
        let _ = pair.deliver(A, message);
    }
    assert!(messages(&pair.tick(A, 1)).is_empty(), "b is known to have it");
}

#[test]
fn one_exchange_makes_both_equal_and_the_next_finds_nothing() {
    let mut pair = Pair::new();
    pair.write(A, 'x').unwrap();
    pair.write(B, 'y').unwrap();
    let question = pair.ask(A);
    assert_eq!(pair.deliver_all(A, &question), 3, "question, answer, answer");
    assert_eq!((pair.letters(A), pair.letters(B)), ("xy".into(), "xy".into()));
    assert_eq!(pair.replicas[A].seen(), pair.replicas[B].seen());

    let question = pair.ask(A);
    assert_eq!(pair.deliver_all(A, &question), 3, "digest, digest, nothing lacking");
    let stats = pair.replicas.each_ref().map(Replica::stats);
    assert_eq!(stats.map(|stats| (stats.events_sent, stats.deltas_received)), [(1, 0); 2]);
    assert_eq!(stats[A].answers_equal, 1);
}

#[test]
fn a_rumor_that_comes_after_anti_entropy_is_dropped() {
    let mut pair = Pair::new();
    pair.write(A, 'x').unwrap();
    let late = messages(&pair.tick(A, 0)).remove(0);
    let question = pair.ask(B);
    pair.deliver_all(B, &question);
    assert_eq!(pair.letters(B), "x");
    assert!(events(pair.deliver(B, late)).is_empty());
    assert_eq!(pair.replicas[B].stats().rumors_redundant, 1);
}

/// A digest must not be trusted beyond the run of the replica that sent it: it
/// may have been ahead of what that run stored.
#[test]
fn an_answer_to_an_earlier_run_does_not_extend_seen() {
    let mut pair = Pair::new();
    pair.write(A, 'x').unwrap();
    let stored = pair.replicas[B].snapshot().cloned();
    let question = pair.ask(A);
    pair.deliver_all(A, &question);
    // b knows x but crashes before it stores that; it asks, crashes, and the
    // answer finds the restarted replica.
    let question = messages(&pair.ask(B)).remove(0);
    let answer = messages(&pair.deliver(A, question)).remove(0);
    let mut restarted = Replica::restore(stored, config()).unwrap();
    restarted.set_peers([name(A)]);
    pair.replicas[B] = restarted;
    let _ = pair.deliver(B, answer);
    assert_eq!(pair.letters(B), "");
    assert!(pair.replicas[B].seen().is_empty(), "{:?}", pair.replicas[B].seen());
    // The rumor is still news, and so is the next answer.
    let question = pair.ask(B);
    pair.deliver_all(B, &question);
    assert_eq!(pair.letters(B), "x");
    assert!(!pair.replicas[B].seen().is_empty());
}

#[test]
fn messages_may_be_lost_repeated_and_reordered() {
    for seed in 0..200 {
        let mut pair = Pair::new();
        pair.rng = DeterministicRng::new(seed);
        let mut flying: Vec<(usize, Message)> = Vec::new();
        for step in 0..40_u64 {
            use gossiper_core::RandomSource;
            let place = pair.rng.below(2) as usize;
            let effects = match pair.rng.below(4) {
                0 => {
                    pair.write(place, char::from(b'a' + (step % 26) as u8)).unwrap();
                    Effects::new()
                }
                1 => pair.tick(place, step),
                2 => pair.ask(place),
                _ if flying.is_empty() => Effects::new(),
                _ => {
                    // Delivered out of order; kept for a repetition one time in
                    // two, and lost one time in four.
                    let pick = pair.rng.below(flying.len() as u64) as usize;
                    let (to, message) = flying[pick].clone();
                    if pair.rng.below(2) == 0 {
                        flying.remove(pick);
                    }
                    let lost = pair.rng.below(4) == 0;
                    let effects = if lost { Effects::new() } else { pair.deliver(to, message) };
                    flying.extend(messages(&effects).into_iter().map(|m| (1 - to, m)));
                    Effects::new()
                }
            };
            flying.extend(messages(&effects).into_iter().map(|m| (1 - place, m)));
        }
        let question = pair.ask(A);
        pair.deliver_all(A, &question);
        assert_eq!(pair.letters(A), pair.letters(B), "seed {seed}");
        assert_eq!(pair.replicas[A].seen(), pair.replicas[B].seen(), "seed {seed}");
    }
}

/// A replica that starts in a late round does not take its own first update for
/// old.
#[test]
fn an_update_before_the_first_tick_is_pushed() {
    let mut pair = Pair::new();
    pair.write(A, 'x').unwrap();
    assert_eq!(messages(&pair.tick(A, 1_000)).len(), 1);
}

#[test]
fn a_failed_update_leaves_no_trace() {
    let mut pair = Pair::new();
    let refused = pair.replicas[A].update(|_, ctx| {
        let _ = (ctx.next_dot(), ctx.timestamp());
        Err("no")
    });
    assert_eq!(refused, Err(UpdateError::Rejected("no")));
    assert!(pair.replicas[A].seen().is_empty() && messages(&pair.tick(A, 0)).is_empty());
    // The dot is given out again, since nobody has seen it.
    let mut dots = Vec::new();
    let event = pair.replicas[A].update(|_, ctx| {
        dots = vec![ctx.next_dot().sequence(), ctx.next_dot().sequence()];
        Ok::<_, Infallible>(BTreeSet::from(['x']))
    });
    let event = event.unwrap().unwrap();
    assert_eq!(dots, [1, 2]);
    assert_eq!((event.first().sequence(), event.last().sequence()), (1, 2));
}

#[test]
fn an_update_that_tells_nothing_new_is_not_spread() {
    let mut pair = Pair::new();
    pair.write(A, 'x').unwrap();
    let again = pair.replicas[A].update(|_, _| Ok::<_, Infallible>(BTreeSet::from(['x'])));
    assert_eq!(again, Ok(None));
    assert_eq!(pair.replicas[A].stats().updates, 1);
}

#[test]
fn a_restored_replica_goes_on_and_loses_nothing() {
    let mut pair = Pair::new();
    pair.write(A, 'x').unwrap();
    // Stored, and crashed before the rumor was sent.
    let snapshot = pair.replicas[A].snapshot().cloned();
    pair.replicas[A] = Replica::restore(snapshot, config()).unwrap();
    pair.replicas[A].set_peers([name(B)]);
    pair.write(A, 'y').unwrap();
    let pushed = pair.tick(A, 0);
    pair.deliver_all(A, &pushed);
    assert_eq!(pair.letters(B), "y", "the rumor of x is gone");
    let question = pair.ask(B);
    pair.deliver_all(B, &question);
    assert_eq!(pair.letters(B), "xy");
}

/// A backup under a fresh id knows what it has seen, and may write at once.
#[test]
fn a_backup_goes_on_under_a_fresh_id_with_what_it_has_seen() {
    let mut pair = Pair::new();
    pair.write(A, 'x').unwrap();
    let backup = pair.replicas[A].snapshot().cloned();
    pair.write(A, 'y').unwrap();
    let pushed = pair.tick(A, 0);
    pair.deliver_all(A, &pushed);

    let same_id = backup.clone().with_fresh_id(backup.id);
    assert!(Replica::<Letters>::restore(same_id, config()).is_err(), "the id is not fresh");

    let seen = backup.seen.clone();
    let fresh = backup.with_fresh_id(ReplicaId::new(9));
    pair.replicas[A] = Replica::restore(fresh, config()).unwrap();
    pair.replicas[A].set_peers([name(B)]);
    assert_eq!(pair.replicas[A].seen(), &seen);
    pair.write(A, 'z').unwrap();
    let question = pair.ask(A);
    pair.deliver_all(A, &question);
    assert_eq!((pair.letters(A), pair.letters(B)), ("xyz".into(), "xyz".into()));
}

#[test]
fn a_reused_identity_is_noticed_and_refused() {
    let mut pair = Pair::new();
    let backup = pair.replicas[A].snapshot().cloned();
    pair.write(A, 'x').unwrap();
    let pushed = pair.tick(A, 0);
    pair.deliver_all(A, &pushed);
    // a comes back from a backup that is older than what it has told.
    pair.replicas[A] = Replica::restore(backup, config()).unwrap();
    pair.replicas[A].set_peers([name(B)]);
    let question = messages(&pair.ask(A)).remove(0);
    let answer = messages(&pair.deliver(B, question)).remove(0);
    let told = events(pair.deliver(A, answer));
    let reused =
        ReplicaEvent::IdentityReused { id: ReplicaId::new(1), from: name(B), written: 0, heard: 1 };
    assert!(told.contains(&reused), "{told:?}");
    assert_eq!(pair.write(A, 'y'), Err(UpdateError::IdentityReused { id: ReplicaId::new(1) }));
    assert_eq!(pair.letters(A), "x", "it still learns");

    pair.replicas[A].adopt_identity(ReplicaId::new(9));
    pair.write(A, 'y').unwrap();
    let pushed = pair.tick(A, 1);
    pair.deliver_all(A, &pushed);
    assert_eq!(pair.letters(B), "xy");
}

#[test]
fn a_reused_identity_is_noticed_by_rumor_too() {
    let mut pair = Pair::new();
    let mut twin = Replica::<Letters>::new(pair.replicas[A].id(), config());
    twin.set_peers([name(A)]);
    twin.update(|_, _| Ok::<_, Infallible>(BTreeSet::from(['t']))).unwrap();
    let pushed = twin.tick(&mut pair.rng, Round::ZERO, PhysicalTime::EPOCH);
    let told = events(pair.deliver(A, messages(&pushed).remove(0)));
    assert!(matches!(told[0], ReplicaEvent::IdentityReused { written: 0, heard: 1, .. }));
    assert!(pair.replicas[A].is_identity_reused());
}

#[test]
fn a_snapshot_that_contradicts_itself_is_refused() {
    let mut pair = Pair::new();
    pair.write(A, 'x').unwrap();
    let mut snapshot = pair.replicas[A].snapshot().cloned();
    snapshot.sequence = 0;
    let error = Replica::<Letters>::restore(snapshot, config()).err();
    let id = ReplicaId::new(1);
    assert_eq!(error, Some(RestoreError::SequenceBehindSeen { id, sequence: 0, heard: 1 }));
}

#[test]
fn an_impossible_event_is_dropped_and_told() {
    let mut pair = Pair::new();
    let id = MessageId::from(Dot::new(ReplicaId::new(7), 2).unwrap());
    let others = [Dot::new(ReplicaId::new(7), 3).unwrap()].into_iter().collect();
    for impossible in [Events::One(3.try_into().unwrap()), Events::Joined(others)] {
        let update = Update { events: impossible, delta: BTreeSet::from(['x']) };
        let rumors = vec![Rumor::new(id, update.into())];
        let told = events(
            pair.deliver(A, ReplicaMessage::Rumors(RumorBatch { rumors, ..Default::default() })),
        );
        assert_eq!(told, vec![ReplicaEvent::Malformed { from: name(B), id }]);
    }
    assert_eq!(pair.letters(A), "");
    assert!(pair.replicas[A].seen().is_empty());
}

#[test]
fn timestamps_ascend_and_follow_the_time_of_the_tick() {
    let mut pair = Pair::new();
    let mut stamps = Vec::new();
    for (round, millis) in [(0, 50), (1, 20), (2, 80)] {
        let now = PhysicalTime::from_unix_millis(millis);
        let _ = pair.replicas[A].tick(&mut pair.rng, Round::new(round), now);
        let update = pair.replicas[A].update(|letters, ctx| {
            stamps.push(ctx.timestamp());
            Ok::<_, Infallible>(BTreeSet::from([char::from(b'a' + letters.0.len() as u8)]))
        });
        assert!(update.unwrap().is_some());
    }
    assert!(stamps.is_sorted_by(|a, b| a < b), "{stamps:?}");
    let millis = stamps.iter().map(|stamp| stamp.physical.as_unix_millis());
    assert_eq!(millis.collect::<Vec<_>>(), [50, 50, 80]);
}

/// Questions come of themselves: one an interval while the answers tell nothing
/// new, and sooner while there is no answer.
#[test]
fn ticks_ask_at_the_interval_and_sooner_without_an_answer() {
    const INTERVAL: u64 = 8;
    let mut rng = DeterministicRng::new(5);
    let config = ReplicaConfig::default().with_anti_entropy_interval(INTERVAL).unwrap();
    let mut replica = Replica::<Letters>::new(ReplicaId::new(1), config);
    replica.set_peers(["b".into()]);
    let mut peer = Replica::<Letters>::new(ReplicaId::new(2), ReplicaConfig::default());
    let mut rounds_asked = |rounds: std::ops::Range<u64>, answered: bool| {
        let mut asked = Vec::new();
        for round in rounds {
            let effects = replica.tick(&mut rng, Round::new(round), PhysicalTime::EPOCH);
            let questions = messages(&effects);
            asked.extend(questions.iter().map(|_| round));
            let mut flying = if answered { questions } else { Vec::new() };
            while let Some(message) = flying.pop() {
                for reply in messages(&peer.receive(&mut rng, &name(A), message)) {
                    flying.extend(messages(&replica.receive(&mut rng, &name(B), reply)));
                }
            }
        }
        asked
    };
    let gaps = |asked: &[u64]| asked.windows(2).map(|pair| pair[1] - pair[0]).collect::<Vec<_>>();
    assert_eq!(gaps(&rounds_asked(0..40, true)), [INTERVAL; 4]);
    let unanswered = gaps(&rounds_asked(40..60, false));
    assert!(unanswered.len() > 5 && unanswered.iter().all(|gap| *gap == 2), "{unanswered:?}");
}

#[test]
fn an_answer_that_nobody_asked_for_is_merged_and_claims_nothing() {
    let mut pair = Pair::new();
    pair.write(B, 'x').unwrap();
    let (run, seen) = (0, pair.replicas[B].seen().clone());
    let lacking = Lacking::Whole { run, delta: Some(BTreeSet::from(['y'])), seen };
    let question = Some(Question::Digest { run: 1, digest: IdSetDigest::default().into() });
    let answer = Answer { lacking, question };
    let _ = pair.deliver(A, ReplicaMessage::Answer(answer));
    assert_eq!(pair.letters(A), "y");
    assert!(pair.replicas[A].seen().is_empty());
}
