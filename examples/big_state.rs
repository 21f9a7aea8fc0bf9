//! What does it cost to keep a large state equal, and which question settles it?
//!
//! Two replicas hold a set. Each row is one exchange, until nothing is said any more:
//! who asked what, and what it took. Replicas go from the cheapest question to the
//! next by themselves; what happened before makes the difference.
//!
//! ```text
//! $ cargo run --release --example big_state -- --elements 1000000 --why
//! what                      msgs  there, B   back, B       time  settled by      what was said
//! equal                        2        59        20     11.4µs  equal?          equal? equal
//!     asker: the last question was answered
//!     other: states are equal, and so is what was seen
//! ten new, in the log          2        59       145     43.7µs  equal?          equal? events
//!     asker: the last question was answered
//!     other: the hash tells what was seen there
//!     other: the log has what is lacking there
//! the same, after a start      2        83      4155    664.1µs  unseen-by-dots? unseen-by-dots? all-you-lack
//!     asker: no answer since the start, or to two questions
//!     other: the log does not have what is lacking there, the index by dot has
//! …
//! ```
//!
//! What is sent in answers by dots is mostly the thousand gaps that removals have left.

use std::collections::VecDeque;
use std::error::Error;
use std::time::{Duration, Instant};

use clap::Parser;
use gossiper::causal::Causal;
use gossiper::prelude::*;
use gossiper::replica::{Answer, Lacking, Question, Reason};
use gossiper::transport::FrameCodec;
use gossiper::{FirstQuestion, ReplicaEffect, ReplicaMessage, Resolve, Snapshot};
use serde::Serialize;

/// Exchanges of two replicas with a large state.
#[derive(Parser)]
struct Args {
    /// Elements of the sets.
    #[arg(long, default_value_t = 20_000, value_parser = clap::value_parser!(u64).range(2 * GAPS..))]
    elements: u64,

    /// Say after each row why a replica asked or answered as it did.
    #[arg(long)]
    why: bool,
}

type Set = OrSet<u64>;

/// A removal leaves nothing behind but a gap in the numbers of what is live, and a
/// digest is as long as there are gaps.
const GAPS: u64 = 1_000;

fn main() -> Result<(), Box<dyn Error>> {
    let Args { elements, why } = Args::parse();
    let config = ReplicaConfig::for_cluster(2);
    println!("{elements} elements, and a thousand gaps where others were removed\n");
    header();

    let mut fresh = elements + GAPS..;

    // Two replicas that have all: `b` has restarted with a copy of what `a` stored.
    let mut a = Replica::<Set>::new(ReplicaId::new(1), config.clone());
    insert(&mut a, 0..elements + GAPS)?;
    remove(&mut a, (0..elements).step_by((elements / GAPS) as usize).take(GAPS as usize))?;
    let mut b = restored(&a, 2, &config)?;
    // The first question after a start is for all that may have been missed.
    exchange(why, "first, after a start", &mut b, &mut a)?;
    exchange(why, "equal", &mut b, &mut a)?;

    insert(&mut a, fresh.by_ref().take(10))?;
    exchange(why, "ten new, in the log", &mut b, &mut a)?;

    // `a` restarts, and the log is not stored, so only the state can tell. `b` does not
    // know that, and gets there question by question.
    insert(&mut a, fresh.by_ref().take(10))?;
    let mut a = restored(&a, 1, &config)?;
    exchange(why, "ten new, before the log", &mut b, &mut a)?;

    // A replica that has just started asks so that the state can tell, at once.
    insert(&mut a, fresh.by_ref().take(10))?;
    let mut a = restored(&a, 1, &config)?;
    let mut b = restored(&b, 2, &config)?;
    exchange(why, "the same, after a start", &mut b, &mut a)?;

    // Ten elements are gone at `b`, and its context says that nothing is missing: no
    // vector shows it, and the fingerprint does. What one side knows and does not
    // have counts as removed, so both end without them.
    let numbers = [elements..elements + 10, elements + 10..elements + 20];
    for (what, numbers) in ["ten damaged", "ten more, sketches made"].into_iter().zip(numbers) {
        let mut damaged = a.snapshot().cloned().with_fresh_id(ReplicaId::new(2));
        damaged.state = without(damaged.state, numbers)?;
        b = Replica::restore(damaged, config.clone())?;
        exchange(why, what, &mut b, &mut a)?;
    }

    let listing = config.clone().with_first_question(FirstQuestion::Digest);
    let mut b = restored(&b, 2, &listing)?;
    insert(&mut a, fresh.by_ref().take(10))?;
    exchange(why, "ten new, by the digest", &mut b, &mut a)?;

    println!("\nthe same number in a set that only grows, without any history\n");
    header();
    for (what, config) in [("ten differ", config), ("the same, by the digest", listing)] {
        let [a, b] = [0, 5].map(|from| GSet::from_iter((from..elements + from).map(element)));
        let mut a = Replica::<GSet<u64>>::with_state(ReplicaId::new(1), a, config.clone());
        let mut b = Replica::with_state(ReplicaId::new(2), b, config);
        // Sketches are made when they are first asked for, and kept from then on.
        exchange(why, what, &mut b, &mut a)?;
        exchange(why, "then, equal", &mut b, &mut a)?;
    }
    Ok(())
}

fn header() {
    println!(
        "{:<24} {:>5} {:>9} {:>9} {:>10}  {:<15} what was said",
        "what", "msgs", "there, B", "back, B", "time", "settled by"
    );
}

/// `asker` asks; prints one row. `there` is what the asker sends.
fn exchange<S: Resolve>(
    why: bool,
    what: &str,
    asker: &mut Replica<S>,
    other: &mut Replica<S>,
) -> Result<(), Box<dyn Error>>
where
    StateOf<S>: PartialEq,
    DeltaOf<S>: Clone + Serialize,
    DigestOf<S>: Serialize,
{
    let frames = FrameCodec::new(StateOf::<S>::schema());
    let mut rng = DeterministicRng::new(1);
    let mut replicas = [(asker, NodeId::from("asker")), (other, NodeId::from("other"))];
    let (mut bytes, mut said, mut time) = ([0, 0], Vec::new(), Duration::ZERO);
    let mut explained = Vec::new();
    if why {
        replicas.iter_mut().for_each(|(replica, _)| replica.explain_exchanges(true));
    }

    let start = Instant::now();
    let asked = replicas[0].0.ask(&mut rng, "other".into());
    time += start.elapsed();
    explained.extend(reasons::<S>(&asked).map(|reason| format!("asker: {reason}")));
    let mut flying: VecDeque<(usize, MessageOf<S>)> = sent::<S>(asked).map(|m| (0, m)).collect();
    while let Some((from, message)) = flying.pop_front() {
        bytes[from] += frames.encoded_len(&message)?;
        said.push(kind(&message));
        let sender = replicas[from].1.clone();
        let start = Instant::now();
        let effects = replicas[1 - from].0.receive(&mut rng, &sender, message);
        time += start.elapsed();
        let name = &replicas[1 - from].1;
        explained.extend(reasons::<S>(&effects).map(|reason| format!("{name}: {reason}")));
        flying.extend(sent::<S>(effects).map(|message| (1 - from, message)));
    }
    let [(asker, _), (other, _)] = &replicas;
    assert!(asker.state() == other.state(), "{what}: not equal after {said:?}");
    let [there, back] = bytes;
    let (messages, time) = (said.len(), format!("{time:.1?}"));
    // What a sketch told of is asked for by name; that is no question of its own.
    let settles = |said: &&&str| said.ends_with('?') && **said != "atoms?";
    let settled = said.iter().rfind(settles).copied().unwrap_or_default();
    let said = said.join(" ");
    println!("{what:<24} {messages:>5} {there:>9} {back:>9} {time:>10}  {settled:<15} {said}");
    explained.iter().for_each(|line| println!("    {line}"));
    Ok(())
}

fn sent<S: Resolve>(effects: Vec<ReplicaEffect<S>>) -> impl Iterator<Item = MessageOf<S>> {
    effects.into_iter().filter_map(|effect| match effect {
        Effect::Send { message, .. } => Some(message),
        Effect::Emit(_) => None,
    })
}

/// Why a replica says what it says.
fn reasons<S: Resolve>(effects: &[ReplicaEffect<S>]) -> impl Iterator<Item = Reason> {
    let explained = effects.iter().filter_map(|effect| match effect {
        Effect::Emit(ReplicaEvent::Explained { reasons, .. }) => Some(reasons),
        _ => None,
    });
    explained.flatten().copied()
}

/// Questions have a question mark.
fn kind<Digest, Delta>(message: &ReplicaMessage<Digest, Delta>) -> &'static str {
    match message {
        ReplicaMessage::Rumors(_) => "rumors",
        ReplicaMessage::Question(question) => match question {
            Question::Equal { .. } => "equal?",
            Question::Unseen { outline: None, .. } => "unseen?",
            Question::Unseen { .. } => "unseen-by-dots?",
            Question::Symbols { .. } => "sketch?",
            Question::Atoms(_) => "atoms?",
            Question::Digest { .. } => "digest?",
            Question::Filter { .. } => "filter?",
        },
        ReplicaMessage::Answer(Answer { lacking, .. }) => match lacking {
            Lacking::Nothing => "equal",
            Lacking::Knowledge { .. } => "equal-and-seen",
            Lacking::Symbols { .. } => "symbols",
            Lacking::Events { .. } => "events",
            Lacking::Piece { .. } => "piece",
            Lacking::Whole { .. } => "all-you-lack",
            Lacking::Range { .. } => "range",
        },
    }
}

/// A replica that comes back with what another, or itself, has stored.
fn restored(
    from: &Replica<Set>,
    id: u64,
    config: &ReplicaConfig,
) -> Result<Replica<Set>, Box<dyn Error>> {
    let stored = from.snapshot().cloned();
    let own = from.id() == ReplicaId::new(id);
    let snapshot: Snapshot<_> = if own { stored } else { stored.with_fresh_id(ReplicaId::new(id)) };
    Ok(Replica::restore(snapshot, config.clone())?)
}

fn insert(
    replica: &mut Replica<Set>,
    numbers: impl Iterator<Item = u64>,
) -> Result<(), Box<dyn Error>> {
    // Few of them: an event each. Many: a thousand in a transaction.
    let numbers = Vec::from_iter(numbers);
    for numbers in numbers.chunks(if numbers.len() > 10 { 1_000 } else { 1 }) {
        replica.transact(|set| {
            numbers.iter().for_each(|number| set.insert(element(*number)));
            Ok(())
        })?;
    }
    Ok(())
}

fn remove(
    replica: &mut Replica<Set>,
    numbers: impl Iterator<Item = u64>,
) -> Result<(), Box<dyn Error>> {
    replica.transact(|set| {
        numbers.for_each(|number| _ = set.remove(&element(number)));
        Ok(())
    })?;
    Ok(())
}

/// The state without these elements, and with a context that has not heard of it: the
/// claims of a removal without the removal's own dot.
fn without(
    mut state: Causal<Set>,
    numbers: std::ops::Range<u64>,
) -> Result<Causal<Set>, Box<dyn Error>> {
    let nobody = ReplicaId::new(u64::MAX);
    let removal = state.record(&mut UpdateContext::of(nobody), |set| {
        numbers.for_each(|number| _ = set.remove(&element(number)));
        Ok(())
    })?;
    for atom in Causal::<Set>::decompose(removal) {
        if atom.claims().max_sequence(nobody) == 0 {
            state.merge(atom);
        }
    }
    Ok(state)
}

/// Different for different numbers, and as long on the wire as an id is.
fn element(number: u64) -> u64 {
    !number.wrapping_mul(0x9e37_79b9_7f4a_7c15)
}
