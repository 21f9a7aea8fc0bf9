//! How do I replicate a type of my own?
//!
//! Three methods: what you know (`digest`), what another lacks (`delta`), and
//! taking it in (`merge`). Here: the best score of each player.
//!
//! ```text
//! $ cargo run --example custom_type
//! converged after 3 rounds, 69 messages (13.8 a node), 27 lost
//! replica 0: {"ada": 40, "bob": 12, "cy": 5}
//! replica 1: {"ada": 40, "bob": 12, "cy": 5}
//! replica 2: {"ada": 40, "bob": 12, "cy": 5}
//! replica 3: {"ada": 40, "bob": 12, "cy": 5}
//! replica 4: {"ada": 40, "bob": 12, "cy": 5}
//! ```

use std::collections::BTreeMap;
use std::convert::Infallible;

use gossiper::prelude::*;
use gossiper::sim::{NetworkConditions, Ratio, ReplicaCluster};

/// The best score of each player.
#[derive(Clone, Debug, Default, PartialEq)]
struct Scores(BTreeMap<String, u32>);

impl Scores {
    /// A mutator reads the state and returns what changes: its delta.
    fn record(&self, player: &str, score: u32) -> BTreeMap<String, u32> {
        let better = self.0.get(player).is_none_or(|best| *best < score);
        better.then(|| (player.to_owned(), score)).into_iter().collect()
    }
}

impl Replicated for Scores {
    /// What we know: here simply all of it.
    type Digest = BTreeMap<String, u32>;
    /// What another lacks: the scores that are better than those it knows.
    type Delta = BTreeMap<String, u32>;

    fn digest(&self) -> Self::Digest {
        self.0.clone()
    }

    fn delta(&self, remote: &Self::Digest) -> Option<Self::Delta> {
        let better = |(player, score): &(&String, &u32)| remote.get(*player) < Some(*score);
        let lacking: Self::Delta =
            self.0.iter().filter(better).map(|(player, score)| (player.clone(), *score)).collect();
        (!lacking.is_empty()).then_some(lacking)
    }

    /// The greater score wins, in whatever order and however often they come.
    fn merge(&mut self, delta: Self::Delta) -> MergeOutcome {
        let mut outcome = MergeOutcome::Unchanged;
        for (player, score) in delta {
            if self.0.get(&player) < Some(&score) {
                self.0.insert(player, score);
                outcome = MergeOutcome::Changed;
            }
        }
        outcome
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // Five replicas on a network that loses every third message.
    let network = NetworkConditions::perfect().with_loss(Ratio::percent(33));
    let mut cluster = ReplicaCluster::<Scores>::builder(5).network(network).seed(7).build()?;

    for (replica, player, score) in [(0, "ada", 31), (1, "bob", 12), (2, "ada", 40), (3, "cy", 5)] {
        cluster.update(replica, |scores, _| Ok::<_, Infallible>(scores.record(player, score)))?;
    }
    let report = cluster.run_until_converged(200);
    println!("{report}");
    for (place, replica) in cluster.running() {
        println!("replica {place}: {:?}", replica.state().0);
    }
    Ok(())
}
