//! A large set reaches a replica that has nothing, in answers of a limited size.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use gossiper_core::replica::{Answer, Lacking, Question, Update};
use gossiper_core::{DeltaOf, DigestOf, Dot, MessageOf, ReplicaConfig, ReplicaMessage};
use gossiper_crdts::GSet;
use gossiper_sim::{NetworkConditions, Ratio, ReplicaCluster, Restart};

type Names = GSet<String>;

const EVENTS: u64 = 200;
const NAMES_AN_EVENT: u64 = 1_000;
/// What an answer may have by default.
const BUDGET: usize = 64 << 10;

fn name(number: u64) -> String {
    format!("{number:032}")
}

fn bytes_of(names: &Names) -> usize {
    names.iter().map(|name| name.len() + 1).sum()
}

fn measure(update: &Update<DeltaOf<Names>>) -> usize {
    bytes_of(update.delta.fragment())
}

fn of_question(question: &Question<DigestOf<Names>>) -> usize {
    match question {
        Question::Filter { filter, .. } => filter.to_bytes().len(),
        Question::Digest { digest, .. } => digest.iter().map(|name| name.len() + 1).sum(),
        _ => 0,
    }
}

/// Bytes of what a message asks with, and of what it answers.
fn sizes(message: &MessageOf<Names>) -> (usize, usize) {
    match message {
        ReplicaMessage::Rumors(batch) => {
            (0, batch.rumors.iter().map(|rumor| measure(rumor.payload())).sum())
        }
        ReplicaMessage::Question(question) => (of_question(question), 0),
        ReplicaMessage::Answer(Answer { lacking, question }) => {
            let answered = match lacking {
                Lacking::Whole { delta: Some(delta), .. }
                | Lacking::Range { delta: Some(delta), .. } => bytes_of(delta.fragment()),
                Lacking::Symbols { symbols, .. } => symbols.to_bytes().len(),
                Lacking::Events { events, .. } => {
                    events.iter().map(|event| measure(event.payload())).sum()
                }
                _ => 0,
            };
            (question.as_ref().map_or(0, of_question), answered)
        }
    }
}

/// What was sent.
#[derive(Default)]
struct Sent {
    largest_question: AtomicUsize,
    largest_answer: AtomicUsize,
    bytes: AtomicUsize,
}

/// Node 0 has everything, from its disk and without a log; node 1 has nothing. They
/// become equal within so many rounds and bytes.
fn bootstrap(loss: u32, most_rounds: u64, most_bytes: usize) {
    let sent = Arc::new(Sent::default());
    let noted = Arc::clone(&sent);
    let network = NetworkConditions::perfect().with_delay(1..=2).with_loss(Ratio::percent(loss));
    let mut cluster = ReplicaCluster::<Names>::builder(2)
        .network(network)
        .config(ReplicaConfig::for_cluster(2).with_logged_events(0))
        .seed(loss.into())
        .prepare(|replica| replica.measure_updates(measure))
        .tamper(move |message| {
            let (asked, answered) = sizes(message);
            noted.largest_question.fetch_max(asked, Ordering::Relaxed);
            noted.largest_answer.fetch_max(answered, Ordering::Relaxed);
            noted.bytes.fetch_add(asked + answered, Ordering::Relaxed);
            true
        })
        .build()
        .expect("there are nodes");
    cluster.crash(1).expect("it runs");
    for event in 0..EVENTS {
        let names = (event * NAMES_AN_EVENT..(event + 1) * NAMES_AN_EVENT).map(name);
        let updated = cluster.update(0, |set, _| Ok::<_, Infallible>(set.insert_all(names)));
        updated.expect("node-0 runs");
    }
    // Rumors are not stored.
    cluster.crash(0).expect("it runs");
    cluster.restart(0, Restart::Durable).expect("it is down");
    cluster.restart(1, Restart::Nothing).expect("it is down");
    let writer = cluster.node(0).expect("it exists").id();
    let mut rounds = 0;
    while !cluster.all_equal() {
        cluster.step();
        rounds += 1;
        assert!(rounds < 1_000, "they do not become equal");
        let replica = cluster.node(1).expect("it runs");
        // What is claimed is held.
        for event in 0..EVENTS {
            let dot = Dot::new(writer, event + 1).expect("not 0");
            if replica.seen().contains(dot) {
                let names = event * NAMES_AN_EVENT..(event + 1) * NAMES_AN_EVENT;
                assert!(names.map(name).all(|name| replica.state().contains(&name)));
            }
        }
    }
    cluster.run(40);
    let seen = |node: usize| cluster.node(node).expect("it runs").seen();
    assert_eq!(seen(0), seen(1));
    let load = |bytes: &AtomicUsize| bytes.load(Ordering::Relaxed);
    let sizes = [&sent.largest_answer, &sent.largest_question, &sent.bytes].map(load);
    println!("{loss} % lost: {rounds} rounds, {sizes:?}");
    assert!(rounds <= most_rounds, "{rounds} rounds");
    assert!(sizes[0] <= BUDGET, "an answer of {} bytes", sizes[0]);
    // The digest would be 6,600,000.
    assert!(sizes[1] <= BUDGET, "a question of {} bytes", sizes[1]);
    assert!(sizes[2] <= most_bytes, "{} bytes", sizes[2]);
}

/// What must be sent in any case.
const NAMES_BYTES: usize = (EVENTS * NAMES_AN_EVENT) as usize * 33;

#[test]
fn a_large_set_is_told_in_answers_of_a_limited_size() {
    bootstrap(0, 40, NAMES_BYTES / 20 * 21);
}

#[test]
fn and_what_is_lost_is_told_again() {
    bootstrap(20, 100, NAMES_BYTES / 20 * 28);
}

/// An answer that was lost left a gap, and that of another question around it closed it.
#[test]
fn even_where_half_is_lost() {
    bootstrap(50, 400, NAMES_BYTES / 20 * 46);
}
