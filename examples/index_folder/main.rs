//! The main job: several replicas index a folder together over a bad network,
//! and all end with the index that one program alone would have made.
//!
//! Each replica reads a share of the files; one file is one transaction. They gossip
//! through the simulator: messages are lost, repeated, delayed and reordered, a
//! partition cuts the cluster in two and heals, one replica crashes right after
//! it has stored a transaction and comes back with what it had stored.
//!
//! ```text
//! $ cargo run --release --example index_folder -- [PATH]
//! ```
//!
//! The exit status is 0 if every replica equals the sequential index, 1 if one
//! does not, 2 if the folder could not be indexed.

mod folder;
mod index;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::Parser;
use gossiper::sim::{NetworkConditions, Ratio, ReplicaCluster, Restart};
use gossiper::{GossipConfig, ReplicaConfig};
use serde::Serialize;

use crate::index::{Index, SequentialIndex};

/// Index a folder with several replicas over a bad network, and check that all
/// end with the same index.
#[derive(Parser)]
#[command(name = "index_folder")]
struct Args {
    /// The folder to index [default: this repository].
    #[arg(default_value = THIS_REPOSITORY, hide_default_value = true)]
    path: PathBuf,
    /// How many replicas share the work.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    replicas: u32,
    /// Messages lost, in percent.
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(0..=100))]
    loss: u32,
    /// The seed of everything random.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Print the report as one JSON object.
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Report {
    replicas: usize,
    converged: bool,
    files: usize,
    skipped: usize,
    lines: u64,
    bytes: u64,
    words: usize,
    rounds: u64,
    messages: u64,
    wire_bytes: u64,
}

/// The folder above that of the examples.
const THIS_REPOSITORY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

/// Rounds in which the replicas read their files.
const READING_ROUNDS: usize = 40;
/// The cluster is cut in two in these rounds.
const PARTITION: std::ops::Range<u64> = 8..24;
/// The last replica is down in these rounds.
const CRASH: std::ops::Range<u64> = 12..20;
/// Rounds that the replicas get to converge once everything is read.
const PATIENCE_ROUNDS: u64 = 500;

fn main() -> ExitCode {
    let args = Args::parse();
    match run(&args) {
        Ok(report) => {
            show(&report, args.json);
            ExitCode::from(u8::from(!report.converged))
        }
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(2)
        }
    }
}

fn run(args: &Args) -> Result<Report> {
    let replicas = args.replicas as usize;
    let paths = folder::list(&args.path)?;
    // Every replica's share, the next file last.
    let mut shares: Vec<Vec<_>> = vec![Vec::new(); replicas];
    for (i, path) in paths.iter().enumerate().rev() {
        shares[i % replicas].push(path);
    }
    let files_a_round = paths.len().div_ceil(replicas * READING_ROUNDS);

    let mut cluster = ReplicaCluster::<Index>::builder(replicas)
        .config(config(replicas)?)
        .network(
            NetworkConditions::perfect()
                .with_loss(Ratio::percent(args.loss))
                .with_duplication(Ratio::percent(10))
                .with_reordering(Ratio::percent(20))
                .with_delay(0..=2),
        )
        .seed(args.seed)
        .count_bytes()
        .build()?;
    let last = replicas - 1;
    let halves: [Vec<usize>; 2] = [(0..replicas / 2).collect(), (replicas / 2..replicas).collect()];

    let mut expected = SequentialIndex::default();
    let mut skipped = 0;
    let mut round = 0;
    let deadline = |reading: u64| reading + PATIENCE_ROUNDS;
    let mut read_until = 0;
    loop {
        let (cut, down) = (PARTITION.contains(&round), CRASH.contains(&round));
        if round == PARTITION.start {
            cluster.partition(&[&halves[0], &halves[1]])?;
        }
        if round == PARTITION.end {
            cluster.heal();
        }
        if round == CRASH.end && replicas > 1 {
            cluster.restart(last, Restart::Durable)?;
        }
        for (replica, share) in shares.iter_mut().enumerate() {
            if replica == last && replicas > 1 && down && round != CRASH.start {
                continue;
            }
            for path in share.split_off(share.len().saturating_sub(files_a_round)).into_iter().rev()
            {
                match folder::read(&args.path, path)? {
                    None => skipped += 1,
                    Some(file) => {
                        cluster.transact(replica, |index| index::add(index, &file))?;
                        expected.add(file);
                    }
                }
            }
        }
        if round == CRASH.start && replicas > 1 {
            // The updates of this round are stored, and not sent.
            cluster.crash(last)?;
        }
        cluster.step();
        round += 1;

        let reading = shares.iter().any(|share| !share.is_empty());
        if reading {
            read_until = round;
        }
        let done = cluster.running().filter(|(_, r)| expected.same_size(r.state())).count();
        progress(args, round, &expected, paths.len() - skipped, cut, down, done);
        let faults_ahead = round <= PARTITION.end || round <= CRASH.end;
        if !reading && !faults_ahead && (done == replicas || round >= deadline(read_until)) {
            break;
        }
    }

    let converged = cluster.running().count() == replicas
        && cluster.running().all(|(_, replica)| expected.equals(replica.state()));
    let traffic = cluster.traffic();
    Ok(Report {
        replicas,
        converged,
        files: expected.files.len(),
        skipped,
        lines: expected.lines,
        bytes: expected.bytes,
        words: expected.words.len(),
        rounds: round,
        messages: traffic.sent,
        wire_bytes: traffic.bytes.unwrap_or_default(),
    })
}

/// Many small updates a round, so more of them in a message than usual.
fn config(replicas: usize) -> Result<ReplicaConfig> {
    let gossip = GossipConfig::for_cluster(replicas).with_max_rumors_per_message(1_024)?;
    Ok(ReplicaConfig::for_cluster(replicas).with_gossip(gossip))
}

/// One line a round, on standard error: standard output is the report's.
fn progress(
    args: &Args,
    round: u64,
    expected: &SequentialIndex,
    files: usize,
    cut: bool,
    down: bool,
    done: usize,
) {
    let faults = match (cut, down && args.replicas > 1) {
        (false, false) => "",
        (true, false) => ", cut in two",
        (false, true) => ", one crashed",
        (true, true) => ", cut in two, one crashed",
    };
    eprintln!(
        "round {round:3}: {} of {files} files read, {} words, {done} of {} replicas have all{faults}",
        expected.files.len(),
        expected.words.len(),
        args.replicas,
    );
}

fn show(report: &Report, json: bool) {
    if json {
        match serde_json::to_string(report) {
            Ok(object) => println!("{object}"),
            Err(error) => eprintln!("error: {error}"),
        }
        return;
    }
    let verdict = if report.converged {
        "every replica equals the sequential index"
    } else {
        "NOT every replica equals the sequential index"
    };
    println!("{} replicas: {verdict}", report.replicas);
    println!(
        "  {} text files ({} binary files skipped), {} lines, {} bytes, {} distinct words",
        report.files, report.skipped, report.lines, report.bytes, report.words
    );
    println!(
        "  {} rounds, {} messages, {} bytes on the wire",
        report.rounds, report.messages, report.wire_bytes
    );
}
