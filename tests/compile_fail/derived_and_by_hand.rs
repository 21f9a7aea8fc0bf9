use gossiper::prelude::*;

#[derive(Replicated, Default)]
struct Shop {
    tags: OrSet<String>,
}

impl Replicated for Shop {
    type Digest = ();
    type Delta = ();

    fn digest(&self) {}
    fn delta(&self, (): &()) -> Option<()> {
        None
    }
    fn merge(&mut self, (): ()) -> MergeOutcome {
        MergeOutcome::Unchanged
    }
}

fn main() {}
