//! The comparison of Enes et al., *Efficient synchronization of state-based
//! CRDTs*, ICDE 2019, with ours beside: bytes that all nodes send, in the frames
//! of the real codec, acknowledgements included.
//!
//! `cargo bench -p gossiper-tests --bench synchronization -- [part of a workload's name]`
//!
//! Fifteen nodes, on a binary tree and on a mesh in which each knows four others.
//! Each node changes its state once a round, for a hundred rounds; then the rest
//! goes round until all are equal. *Partition*: after 20 rounds the nodes fall
//! into two halves for 30 rounds and go on writing; counted are the bytes from
//! healing, when nobody writes any more, until all are equal.

mod baseline;
mod workload;

use baseline::{Baseline, Method};
use gossiper::sim::{Cluster, ClusterBuilder, Machine, ReplicaCluster, Topology};
use gossiper::transport::{BincodeCodec, Codec as _};
use gossiper::{DeterministicRng, Replica, ReplicaConfig, Replicated, Resolve};
use serde::Serialize;
use workload::{Change, Step};

const NODES: usize = 15;

/// Every workload has the same random choices, whoever synchronises.
const SEED: u64 = 1;

/// More than any run takes.
const MAX_ROUNDS: u64 = 2_000;

/// How long nodes write, whole, apart, and whether the rest is counted alone.
#[derive(Clone, Copy)]
struct Schedule {
    whole_rounds: u64,
    apart_rounds: u64,
}

fn main() {
    // `cargo bench` passes `--bench`; `cargo test --all-targets` only tries
    // whether this runs.
    let measured = std::env::args().any(|argument| argument == "--bench");
    let wanted = std::env::args().skip(1).find(|argument| argument != "--bench");
    let wanted = wanted.unwrap_or_default();
    let rounds = if measured { 100 } else { 4 };
    let whole = Schedule { whole_rounds: rounds, apart_rounds: 0 };
    let parted = Schedule { whole_rounds: rounds / 5, apart_rounds: rounds * 3 / 10 };

    for (name, topology) in
        [("tree", Topology::Tree { arity: 2 }), ("mesh", Topology::RandomRegular { degree: 4 })]
    {
        for (kind, schedule) in [("", whole), (", partition", parted)] {
            println!(
                "\n| {name}{kind} | state-based | classic deltas | BP | RR | BP+RR | ours | ours, rumors alone | of BP+RR |"
            );
            println!("| --- | --- | --- | --- | --- | --- | --- | --- | --- |");
            let line = Line { topology, schedule, wanted: &wanted };
            line.print("GCounter", &workload::counter());
            line.print("GSet", &workload::set());
            for percent in [10, 30, 60, 100] {
                line.print(&format!("GMap {percent} %"), &workload::map(percent));
            }
            for coefficient in [0.5, 1.0, 1.5] {
                line.print(&format!("Retwis, Zipf {coefficient}"), &workload::retwis(coefficient));
            }
        }
    }
}

struct Line<'a> {
    topology: Topology,
    schedule: Schedule,
    wanted: &'a str,
}

impl Line<'_> {
    fn print<S>(&self, name: &str, change: &Change<S>)
    where
        S: Replicated + Resolve<State = S> + Default,
        S::Delta: Clone + Serialize,
        S::Digest: Serialize,
    {
        if !name.contains(self.wanted) {
            return;
        }
        print!("| {name} |");
        let mut least = 0;
        for (_, method) in Method::ALL {
            let builder = Cluster::<Baseline<S>>::builder(NODES).config(method).count_bytes();
            least = self.run(&builder, |cluster, node, rng, round| {
                let input = |machine: &mut Baseline<S>, _: &mut DeterministicRng| {
                    let replica = machine.id;
                    let mut step = Step { node, nodes: NODES, round, replica, rng };
                    if let Some(delta) = change(&machine.state, &mut step) {
                        machine.update(delta);
                    }
                    Vec::new()
                };
                cluster.input(node, input).expect("all nodes run");
            });
            print!(" {} |", kilobytes(least));
        }
        let config = ReplicaConfig::for_cluster(NODES);
        let alone = config.clone().with_anti_entropy_interval(u64::MAX).expect("it is positive");
        let configs =
            if self.schedule.apart_rounds > 0 { vec![config] } else { vec![config, alone] };
        let mut ours = 0;
        for config in &configs {
            let builder = ReplicaCluster::<S>::builder(NODES)
                .config(config.clone())
                .prepare(|replica| replica.measure_updates(bytes_of))
                .count_bytes();
            ours = self.run(&builder, |cluster: &mut Cluster<Replica<S>>, node, rng, round| {
                let mutator = |state: &S, ctx: &mut gossiper::UpdateContext| {
                    let replica = ctx.replica();
                    let mut step = Step { node, nodes: NODES, round, replica, rng };
                    change(state, &mut step).ok_or(())
                };
                // An error says that there was nothing to change.
                let _ = cluster.update(node, mutator);
            });
            print!(" {} |", kilobytes(ours));
        }
        if configs.len() == 1 {
            print!(" |");
        }
        println!(" {:.2} |", ours as f64 / least as f64);
    }

    /// The bytes that count.
    fn run<M: Machine>(
        &self,
        builder: &ClusterBuilder<M>,
        write: impl Fn(&mut Cluster<M>, usize, &mut DeterministicRng, u64),
    ) -> u64 {
        let builder = builder.clone().topology(self.topology).seed(SEED);
        let mut cluster = builder.build().expect("the settings fit");
        let mut rng = DeterministicRng::new(SEED);
        let mut write_for = |cluster: &mut Cluster<M>, rounds: u64| {
            for _ in 0..rounds {
                let round = cluster.round().as_u64();
                for node in 0..NODES {
                    write(cluster, node, &mut rng, round);
                }
                cluster.step();
            }
        };
        let Schedule { whole_rounds, apart_rounds } = self.schedule;
        write_for(&mut cluster, whole_rounds);
        let mut before = 0;
        if apart_rounds > 0 {
            let half: Vec<usize> = (0..NODES / 2).collect();
            cluster.partition(&[&half]).expect("all nodes are there");
            write_for(&mut cluster, apart_rounds);
            cluster.heal();
            before = cluster.traffic().bytes.unwrap_or(0);
        }
        let report = cluster.run_until_converged(MAX_ROUNDS);
        assert!(report.converged, "{report}");
        cluster.traffic().bytes.unwrap_or(0) - before
    }
}

/// As a host measures.
fn bytes_of<T: Serialize>(update: &T) -> usize {
    BincodeCodec::default().encoded_len(update).unwrap_or(usize::MAX)
}

fn kilobytes(bytes: u64) -> String {
    format!("{:.1}", bytes as f64 / 1_000.0)
}
