use gossiper::prelude::*;

fn main() {
    let mut counter = Replica::<GCounter>::new(ReplicaId::new(1), ReplicaConfig::default());
    counter.transact(|_tx| Ok(())).unwrap();

    let mut pair = Replica::<(GCounter, GCounter)>::new(ReplicaId::new(1), ReplicaConfig::default());
    pair.transact(|_tx| Ok(())).unwrap();
}
