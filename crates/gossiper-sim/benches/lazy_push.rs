//! One large rumor to fully connected nodes, announced or pushed: copies of the
//! payload a node, rounds and bytes.
//!
//! `cargo bench -p gossiper-sim --features serde --bench lazy_push -- [nodes] [seeds] [announce fanout]`
//!
//! A message takes one round. A node that is pushed to passes the rumor on when it
//! ticks next, which is a round later; so eager push is also shown with messages
//! that take none, so that one hop is one round in any case.

use gossiper_core::GossipConfig;
use gossiper_sim::{GossipCluster, NetworkConditions, Ratio};

const PAYLOAD_BYTES: usize = 10_000;

/// More than any rumor takes.
const MAX_ROUNDS: u64 = 300;

fn main() {
    // `cargo bench` passes `--bench`; `cargo test --all-targets` only tries
    // whether this runs.
    let measured = std::env::args().any(|argument| argument == "--bench");
    let mut numbers =
        std::env::args().skip(1).filter(|argument| argument != "--bench").map(|argument| {
            argument
                .parse::<usize>()
                .unwrap_or_else(|error| panic!("{argument:?} is no number: {error}"))
        });
    let (nodes, seeds) = if measured { (1_000, 100) } else { (30, 2) };
    let nodes = numbers.next().unwrap_or(nodes);
    let seeds = numbers.next().unwrap_or(seeds) as u64;
    let lazy = GossipConfig::for_cluster(nodes);
    let lazy = match numbers.next() {
        Some(peers) => lazy.with_announce_fanout(peers).expect("it is positive"),
        None => lazy,
    };
    let eager = lazy.clone().with_lazy_bytes(usize::MAX);

    println!(
        "{nodes} nodes, {PAYLOAD_BYTES} bytes, {seeds} seeds, averages of those that reached all; {lazy:?}"
    );
    println!(
        "| how | loss | all reached in | copies a node | rounds | at most | messages a node | bytes a node |"
    );
    println!("| --- | --- | --- | --- | --- | --- | --- | --- |");
    for loss in [0, 5, 20, 50] {
        let network = |delay| {
            let network = NetworkConditions::perfect().with_loss(Ratio::percent(loss));
            network.with_delay(delay..=delay)
        };
        for (how, config, delay) in [
            ("pushed, no delay", &eager, 0),
            ("pushed, one round a message", &eager, 1),
            ("announced, one round a message", &lazy, 1),
        ] {
            let runs: Vec<Run> =
                (0..seeds).map(|seed| run(nodes, config, network(delay), seed)).collect();
            let complete: Vec<&Run> = runs.iter().filter(|run| run.complete).collect();
            let average = |figure: fn(&Run) -> f64| {
                complete.iter().map(|run| figure(run)).sum::<f64>() / complete.len() as f64
            };
            println!(
                "| {how} | {loss} % | {}/{seeds} | {:.3} | {:.1} | {} | {:.1} | {:.0} |",
                complete.len(),
                average(|run| run.copies),
                average(|run| run.rounds as f64),
                complete.iter().map(|run| run.rounds).max().unwrap_or(0),
                average(|run| run.messages),
                average(|run| run.bytes),
            );
        }
    }
}

struct Run {
    complete: bool,
    rounds: u64,
    copies: f64,
    messages: f64,
    bytes: f64,
}

fn run(nodes: usize, config: &GossipConfig, network: NetworkConditions, seed: u64) -> Run {
    let builder = GossipCluster::<String>::builder(nodes)
        .config(config.clone())
        .network(network)
        .seed(seed)
        .prepare(|node| node.measure_payloads(String::len));
    let mut cluster = builder.count_bytes().build().expect("there are nodes");
    let id = cluster.publish(0, "x".repeat(PAYLOAD_BYTES)).expect("node-0 runs");
    let reach = cluster.run_until_reached(id, MAX_ROUNDS);
    cluster.run_until_quiet(MAX_ROUNDS);
    let traffic = cluster.traffic();
    let each = |count: u64| count as f64 / nodes as f64;
    Run {
        complete: reach.is_complete(),
        rounds: reach.run.rounds,
        copies: each(traffic.pushes),
        messages: each(traffic.sent),
        bytes: each(traffic.bytes.unwrap_or(0)),
    }
}
