//! A thousand replicas of one set, each of which adds an element: how long
//! until all are equal, and what it costs.
//!
//! `cargo bench -p gossiper-sim --bench replicas_1000 -- [replicas]`

use std::convert::Infallible;
use std::time::Instant;

use gossiper_core::{IdSetDigest, MergeOutcome, Replicated};
use gossiper_sim::ReplicaCluster;

/// A set of numbers, as somebody would write it by hand.
#[derive(Default)]
struct Numbers(std::collections::BTreeSet<u64>);

impl Replicated for Numbers {
    type Digest = IdSetDigest<u64>;
    type Delta = Vec<u64>;

    fn digest(&self) -> Self::Digest {
        self.0.iter().copied().collect()
    }

    fn delta(&self, remote: &Self::Digest) -> Option<Self::Delta> {
        let lacking: Vec<u64> = remote.missing(&self.0, |number| number).copied().collect();
        (!lacking.is_empty()).then_some(lacking)
    }

    fn merge(&mut self, delta: Self::Delta) -> MergeOutcome {
        let before = self.0.len();
        self.0.extend(delta);
        MergeOutcome::changed_if(self.0.len() > before)
    }
}

fn main() {
    // `cargo bench` passes `--bench`; `cargo test --all-targets` only tries
    // whether this runs.
    let measured = std::env::args().any(|argument| argument == "--bench");
    let argument = std::env::args().skip(1).find(|argument| argument != "--bench");
    let replicas = match argument {
        Some(number) => number.parse().expect("the argument is a number"),
        None => {
            if measured {
                1_000
            } else {
                20
            }
        }
    };

    let start = Instant::now();
    let builder = ReplicaCluster::<Numbers>::builder(replicas).seed(1);
    let mut cluster = builder.build().expect("there are replicas");
    for node in 0..replicas {
        let element = node as u64;
        let update = cluster.update(node, |_, _| Ok::<_, Infallible>(vec![element]));
        update.expect("the node runs");
    }
    let built = start.elapsed();
    let report = cluster.run_until_converged(200);
    let traffic = report.run.traffic;
    println!("{replicas} replicas, {replicas} elements");
    println!("build and update {built:?}, in all {:?}", start.elapsed());
    println!("{report}");
    println!(
        "{} pushes, {} feedback, {} questions, {} answers",
        traffic.pushes, traffic.feedback, traffic.questions, traffic.answers
    );
}
