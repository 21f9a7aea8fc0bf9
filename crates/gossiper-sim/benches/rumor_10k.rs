//! One rumor to 10,000 fully connected nodes: how long it takes, what it
//! costs, and how often it reaches all of them.
//!
//! `cargo bench -p gossiper-sim --bench rumor_10k -- [nodes] [seeds] [feedback]`
//!
//! The line of every seed's figures stands beside `ln n + 4.6`, the pushes a
//! node with which blind pushing misses one of `n` nodes in one run of a
//! hundred.

use std::time::{Duration, Instant};

use gossiper_core::GossipConfig;
use gossiper_sim::GossipCluster;

/// More than any rumor takes.
const MAX_ROUNDS: u64 = 200;

fn main() {
    // `cargo bench` passes `--bench`; `cargo test --all-targets` only tries
    // whether this runs.
    let measured = std::env::args().any(|argument| argument == "--bench");
    let numbers = std::env::args().skip(1).filter(|argument| argument != "--bench");
    let mut numbers = numbers.map(|argument| number(&argument));
    let (nodes, seeds) = if measured { (10_000, 100) } else { (100, 3) };
    let nodes = numbers.next().unwrap_or(nodes);
    let seeds = numbers.next().unwrap_or(seeds) as u64;
    let config = GossipConfig::for_cluster(nodes);
    let config = match numbers.next() {
        Some(feedback) => config.with_feedback(feedback).expect("feedback is positive"),
        None => config,
    };

    let first = run(nodes, 0, &config);
    println!("{nodes} nodes, one rumor, fanout {}, {config:?}", config.fanout());
    println!("build {:?}, run {:?}", first.build, first.run);
    println!(
        "all reached in {} rounds, silent after {}; {:.1} pushes and {:.1} frames a node",
        first.rounds, first.silent_after, first.pushes, first.frames
    );

    let runs: Vec<Run> = (0..seeds).map(|seed| run(nodes, seed, &config)).collect();
    let average = |figure: fn(&Run) -> f64| runs.iter().map(figure).sum::<f64>() / seeds as f64;
    let complete = runs.iter().filter(|run| run.missed == 0).count();
    let missed: usize = runs.iter().map(|run| run.missed).sum();
    println!("{seeds} seeds: all reached in {complete}, {missed} nodes missed in all");
    println!(
        "{:.2} s, {:.1} rounds, {:.2} pushes a node (ln n + 4.6 = {:.2}), {:.2} frames a node",
        average(|run| (run.build + run.run).as_secs_f64()),
        average(|run| run.rounds as f64),
        average(|run| run.pushes),
        (nodes as f64).ln() + 4.6,
        average(|run| run.frames),
    );
}

struct Run {
    build: Duration,
    run: Duration,
    rounds: u64,
    silent_after: u64,
    missed: usize,
    pushes: f64,
    frames: f64,
}

fn run(nodes: usize, seed: u64, config: &GossipConfig) -> Run {
    let start = Instant::now();
    let cluster = GossipCluster::<&str>::builder(nodes).seed(seed).config(config.clone());
    let mut cluster = cluster.build().expect("there are nodes");
    let build = start.elapsed();

    let start = Instant::now();
    let id = cluster.publish(0, "hello").expect("node-0 runs");
    let reach = cluster.run_until_reached(id, config.retention_rounds());
    cluster.run_until_quiet(MAX_ROUNDS);
    let run = start.elapsed();

    let traffic = cluster.traffic();
    Run {
        build,
        run,
        rounds: reach.run.rounds,
        silent_after: cluster.round().as_u64(),
        missed: nodes - cluster.reached(id),
        pushes: traffic.pushes as f64 / nodes as f64,
        frames: traffic.sent as f64 / nodes as f64,
    }
}

fn number(argument: &str) -> usize {
    argument.parse().unwrap_or_else(|error| panic!("{argument:?} is no number: {error}"))
}
