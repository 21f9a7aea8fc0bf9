//! The same sets as in `far`, in replicas: whole exchanges, as two hosts would see them.
//!
//! `GSet`s of strings with the same history and different elements, found by elements
//! alone: by symbols, by filters, and by the whole digest.

use std::time::{Duration, Instant};

use gossiper_core::{
    CausalContext, DeterministicRng, Effect, FirstQuestion, HybridClock, MessageOf, NodeId,
    Replica, ReplicaConfig, ReplicaEffect, ReplicaId, Replicated, Snapshot,
};
use gossiper_crdts::GSet;
use gossiper_transport::{BincodeCodec, Codec as _, FrameCodec};

use crate::far::{element, shared_at};
use crate::table::{bytes, time};

type Strings = GSet<String>;

/// What crossed the wire.
#[derive(Clone, Copy, Default)]
struct Cost {
    bytes: [usize; 2],
    largest: usize,
    messages: usize,
    spent: Duration,
}

fn names() -> [NodeId; 2] {
    [NodeId::from("a"), NodeId::from("b")]
}

fn replica(id: u64, elements: &[String], first: FirstQuestion) -> Replica<Strings> {
    let (sequence, clock, seen) = (0, HybridClock::default(), CausalContext::new());
    let state = elements.iter().cloned().collect();
    let stored = Snapshot { id: ReplicaId::new(id), sequence, clock, seen, state };
    let config = ReplicaConfig::for_cluster(2).with_first_question(first);
    let mut replica = Replica::restore(stored, config).expect("it is sound");
    let codec = |update: &_| BincodeCodec::default().encoded_len(update).unwrap_or(usize::MAX);
    replica.measure_updates(codec);
    replica
}

/// One exchange that the first replica opens, until nothing is said any more.
fn exchange(replicas: &mut [Replica<Strings>; 2]) -> Cost {
    let frames = FrameCodec::new(Strings::schema());
    let names = names();
    let mut rng = DeterministicRng::new(1);
    let mut cost = Cost::default();
    let start = Instant::now();
    let mut flying: Vec<(usize, Vec<u8>)> = Vec::new();
    let mut send = |flying: &mut Vec<_>, from: usize, effects: Vec<ReplicaEffect<Strings>>| {
        for effect in effects {
            if let Effect::Send { message, .. } = effect {
                let frame = frames.encode(&message).expect("it has an encoding");
                cost.bytes[from] += frame.len();
                cost.largest = cost.largest.max(frame.len());
                cost.messages += 1;
                flying.push((1 - from, frame));
            }
        }
    };
    let asked = replicas[0].ask(&mut rng, names[1].clone());
    send(&mut flying, 0, asked);
    while !flying.is_empty() {
        for (to, frame) in core::mem::take(&mut flying) {
            let message: MessageOf<Strings> = frames.decode(&frame).expect("it is a frame");
            let effects = replicas[to].receive(&mut rng, &names[1 - to], message);
            send(&mut flying, to, effects);
        }
    }
    cost.spent = start.elapsed();
    cost
}

/// The median time of some runs, the bytes of the last.
fn row(n: usize, thousandths: usize, first: FirstQuestion) -> (usize, Cost) {
    const RUNS: u64 = 5;
    let mut runs: Vec<(usize, Cost)> = (0..RUNS)
        .map(|seed| {
            let mut rng = DeterministicRng::new(seed);
            let shared = shared_at(n, thousandths);
            let all: Vec<String> = (0..2 * n - shared).map(|_| element(&mut rng)).collect();
            let unique = n - shared;
            let mut replicas = [replica(1, &all[..n], first), replica(2, &all[unique..], first)];
            let must = all[..unique].iter().chain(&all[n..]).map(|element| element.len() + 1).sum();
            let cost = exchange(&mut replicas);
            assert!(replicas[0].state() == replicas[1].state(), "they differ");
            (must, cost)
        })
        .collect();
    runs.sort_by_key(|(_, cost)| cost.spent);
    runs[runs.len() / 2]
}

pub fn print() {
    println!(
        "\n| similarity, 100,000 strings a side | must move | asker + other | beside | messages | largest frame | CPU, both sides | by the digest: beside | CPU |"
    );
    println!("| --- | --- | --- | --- | --- | --- | --- | --- | --- |");
    for thousandths in [0, 500, 900, 990] {
        let (must, cost) = row(100_000, thousandths, FirstQuestion::Cheapest);
        let (listed_must, listed) = row(100_000, thousandths, FirstQuestion::Digest);
        let all = |cost: &Cost| cost.bytes[0] + cost.bytes[1];
        println!(
            "| {} | {} | {} + {} | {} | {} | {} | {} | {} | {} |",
            thousandths as f64 / 1_000.0,
            bytes(must),
            bytes(cost.bytes[0]),
            bytes(cost.bytes[1]),
            bytes(all(&cost) - must),
            cost.messages,
            bytes(cost.largest),
            time(cost.spent),
            bytes(all(&listed) - listed_must),
            time(listed.spent),
        );
    }
}
