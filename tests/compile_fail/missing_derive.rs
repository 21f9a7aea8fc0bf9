use gossiper::prelude::*;

#[derive(Default)]
struct Shop {
    tags: OrSet<String>,
}

fn main() {
    Replica::<Shop>::new(ReplicaId::new(1), ReplicaConfig::default());
}
