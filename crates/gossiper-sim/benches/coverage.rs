//! Coverage against traffic: one small rumor to a thousand nodes, with more and
//! more feedback, beside the tables of Demers et al., PODC 1987.
//!
//! `cargo bench -p gossiper-sim --bench coverage -- [runs]`

#[path = "../tests/support/epidemic.rs"]
mod epidemic;

use epidemic::{Line, SITES, table_1, table_3};
use gossiper_core::GossipConfig;
use gossiper_sim::GossipCluster;

/// More than any rumor takes.
const MAX_ROUNDS: u64 = 200;

fn main() {
    // `cargo bench` passes `--bench`; `cargo test --all-targets` only tries
    // whether this runs.
    let measured = std::env::args().any(|argument| argument == "--bench");
    let argument = std::env::args().skip(1).find(|argument| argument != "--bench");
    let runs = match argument {
        Some(number) => number.parse().expect("the argument is a number"),
        None => {
            if measured {
                200
            } else {
                1
            }
        }
    };
    println!("{SITES} nodes, one rumor, {runs} runs");
    println!(
        "| how | residue | copies a node | all messages a node | average delay | last delay |"
    );
    println!("| --- | --- | --- | --- | --- | --- |");
    for (name, lines) in [("push", table_1().as_slice()), ("pull", table_3().as_slice())] {
        for (k, Line { published, .. }) in (1..).zip(lines) {
            let [residue, traffic, average, last] = published.each().map(|(_, figure)| figure);
            println!(
                "| published: {name}, counter, k = {k} | {residue} | {traffic} | | {average} | {last} |"
            );
        }
    }
    let base = GossipConfig::for_cluster(SITES);
    let feedback =
        |config: &GossipConfig, peers| config.clone().with_feedback(peers).expect("positive");
    for fanout in [1, 3] {
        let config = GossipConfig::new(fanout, 100).expect("both are positive");
        for peers in [2, 4, 6, 8, 10, 12, 16] {
            print_line(
                &format!("pushed, fanout {fanout}, feedback {peers}"),
                &feedback(&config, peers),
                runs,
            );
        }
    }
    print_line("pushed, as by default", &base, runs);
    for announce in [3, 12] {
        let config = base.clone().with_announce_fanout(announce).expect("positive");
        for peers in [2, 4, 6, 8, 12] {
            print_line(
                &format!("announced to {announce}, feedback {peers}"),
                &feedback(&config, peers).with_lazy_bytes(0),
                runs,
            );
        }
    }
    print_line("announced, as by default", &base.with_lazy_bytes(0), runs);
}

fn print_line(how: &str, config: &GossipConfig, runs: u64) {
    let (mut missed, mut copies, mut messages, mut delays, mut last) = (0, 0, 0, 0.0, 0);
    for seed in 0..runs {
        let builder = GossipCluster::<&str>::builder(SITES).config(config.clone()).seed(seed);
        let builder = builder.prepare(|node| node.measure_payloads(|text| text.len()));
        let mut cluster = builder.build().expect("there are nodes");
        let id = cluster.publish(0, "small").expect("node-0 runs");
        let mut reached = vec![1];
        let report = cluster.run_until(MAX_ROUNDS, |cluster| {
            reached.push(cluster.reached(id));
            cluster.running().all(|(_, node)| node.store().infective() == 0)
        });
        assert!(report.converged, "rumors end");
        let news: Vec<usize> = reached.windows(2).map(|pair| pair[1] - pair[0]).collect();
        let heard = *reached.last().expect("there is one") as f64;
        delays += news.iter().enumerate().map(|(round, nodes)| (round * nodes) as f64).sum::<f64>()
            / heard;
        last += news.iter().rposition(|nodes| *nodes > 0).unwrap_or(0);
        missed += SITES - cluster.reached(id);
        copies += cluster.traffic().pushes;
        messages += cluster.traffic().sent;
    }
    let nodes = SITES as f64 * runs as f64;
    let each = |count: u64| count as f64 / nodes;
    println!(
        "| {how} | {:.1e} | {:.2} | {:.1} | {:.1} | {:.1} |",
        missed as f64 / nodes,
        each(copies),
        each(messages),
        delays / runs as f64,
        last as f64 / runs as f64,
    );
}
