use gossiper::causal::{Dotted, Plain, Recording};
use gossiper::prelude::*;

/// A map that removes asks for causal values, as `OrMap` does.
fn map_of<V: Dotted>() {}

#[derive(Default)]
struct HighScore(u64);

impl Replicated for HighScore {
    type Digest = u64;
    type Delta = u64;

    fn digest(&self) -> u64 {
        self.0
    }
    fn delta(&self, remote: &u64) -> Option<u64> {
        (self.0 > *remote).then_some(self.0)
    }
    fn merge(&mut self, delta: u64) -> MergeOutcome {
        let news = delta > self.0;
        self.0 = self.0.max(delta);
        MergeOutcome::changed_if(news)
    }
}

impl Plain for HighScore {
    type Recorder<'a> = Recording<'a, Self>;
}

#[derive(Replicated, Default)]
struct Causal {
    tags: OrSet<String>,
    motto: MvRegister<String>,
}

#[derive(Replicated, Default)]
struct Mixed {
    tags: OrSet<String>,
    best: HighScore,
}

fn main() {
    // Causal all through: fine.
    map_of::<Causal>();
    // A state may hold plain lattices...
    Replica::<Mixed>::new(ReplicaId::new(1), ReplicaConfig::default());
    // ...the value of a map may not.
    map_of::<HighScore>();
    map_of::<Mixed>();
}
