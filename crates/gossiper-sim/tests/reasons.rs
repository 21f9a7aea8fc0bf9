//! A trace says which question settled an exchange, and why.

use std::convert::Infallible;

use gossiper_core::ReplicaConfig;
use gossiper_crdts::GSet;
use gossiper_sim::trace::{Happening, Record};
use gossiper_sim::{Cluster, ReplicaCluster, Topology};

/// Two replicas, the first of which has written while nobody heard it.
fn cluster(trace: bool) -> Cluster<gossiper_core::Replica<GSet<u8>>> {
    let builder = ReplicaCluster::<GSet<u8>>::builder(2)
        .topology(Topology::FullyConnected)
        .config(ReplicaConfig::for_cluster(2))
        .events(100)
        .trace(trace);
    let mut cluster = builder.build().expect("the settings fit");
    cluster.partition(&[&[0], &[1]]).expect("both are there");
    for element in 0..9 {
        let written = cluster.update(0, |set, _| Ok::<_, Infallible>(set.insert(element)));
        written.expect("it may write");
        cluster.step();
    }
    cluster.heal();
    (0..20).for_each(|_| cluster.step());
    assert!(cluster.all_equal());
    cluster
}

#[test]
fn a_trace_says_why() {
    let mut traced = cluster(true);
    let lines = traced.trace().expect("it is traced").to_string();
    for line in [
        "node-0 of node-1: rumors do not arrive there",
        "node-1 of node-0: the hash does not tell what was seen there",
        "node-0 of node-1: the log has what is lacking there",
        "states are equal, and so is what was seen",
    ] {
        assert!(lines.contains(line), "{line}\n{lines}");
    }
    // Reasons are for the trace, and change nothing.
    let events = traced.drain_events().count();
    let mut plain = cluster(false);
    assert_eq!(plain.drain_events().count(), events);
    assert_eq!(plain.traffic(), traced.traffic());
    let explained = |record: &&Record| matches!(record.what, Happening::Explained { .. });
    assert!(traced.trace().expect("it is traced").records().iter().filter(explained).count() > 4);
}
