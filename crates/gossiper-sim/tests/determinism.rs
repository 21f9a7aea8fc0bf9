//! The same cluster, the same seed: the same run, byte for byte.

mod support;

use gossiper_core::Replica;
use gossiper_crdts::{GSet, OrSet};
use gossiper_sim::{
    GossipCluster, NetworkConditions, Ratio, Restart, Scenario, ScenarioError, Trace,
};
use support::{Cluster, Letters, write};

fn rough() -> NetworkConditions {
    NetworkConditions::perfect()
        .with_loss(Ratio::percent(20))
        .with_duplication(Ratio::percent(10))
        .with_delay(0..=3)
        .with_reordering(Ratio::percent(30))
}

fn eventful() -> Scenario<Replica<Letters>> {
    Scenario::new("eventful", Cluster::builder(5).network(rough()))
        .at(0, |cluster| write(cluster, 0, 'a'))
        .at(1, |cluster| cluster.partition(&[&[0, 1], &[2, 3]]))
        .at(2, |cluster| write(cluster, 3, 'b'))
        .at(3, |cluster| cluster.crash_after(1, 1))
        .at(6, |cluster| {
            cluster.heal();
            cluster.block(&[0], &[4])
        })
        .at(12, |cluster| {
            if cluster.node(1).is_err() { cluster.restart(1, Restart::Durable) } else { Ok(()) }
        })
        .for_rounds(40)
}

fn trace(seed: u64) -> Result<Trace, ScenarioError> {
    Ok(eventful().replay(seed)?.trace().expect("a replay is traced").clone())
}

#[test]
fn the_same_seed_gives_the_same_trace_and_another_seed_another() {
    let (first, again, other) = (trace(7).unwrap(), trace(7).unwrap(), trace(8).unwrap());
    assert_eq!(first, again);
    assert_eq!(first.to_string(), again.to_string());
    assert_eq!(first.first_difference(&again), None);
    assert!(first.records().len() > 100);
    assert!(first.first_difference(&other).is_some());
}

#[test]
fn tracing_changes_nothing() {
    let (plain, traced) = (eventful().run(3).unwrap(), eventful().replay(3).unwrap());
    assert_eq!(plain.outcome, traced.outcome);
    assert!(plain.trace().is_none() && traced.trace().is_some());
}

#[test]
fn a_part_draws_from_its_own_stream() {
    let ids = |nodes: usize, network: NetworkConditions| {
        let builder = Cluster::builder(nodes).seed(5).network(network);
        let mut cluster = builder.build().unwrap();
        cluster.crash(2).unwrap();
        cluster.restart(2, Restart::Nothing).unwrap();
        [0, 1, 2].map(|node| cluster.node(node).unwrap().id())
    };
    assert_eq!(ids(3, NetworkConditions::perfect()), ids(3, rough()));

    // A node chooses the same peers whatever the network does to its messages.
    let first_push = |network| {
        let builder = GossipCluster::<u8>::builder(50).seed(5).network(network).trace(true);
        let mut cluster = builder.build().unwrap();
        cluster.publish(7, 0).unwrap();
        cluster.step();
        let records = cluster.trace().unwrap().records().iter().map(ToString::to_string);
        records.filter(|line| line.contains("node-7 to")).collect::<Vec<_>>()
    };
    let lossy = NetworkConditions::perfect().with_loss(Ratio::percent(90));
    assert_eq!(first_push(NetworkConditions::perfect()), first_push(lossy));
}

/// What is watched is recorded when it changes, and only then.
#[test]
fn a_trace_shows_what_is_watched() {
    let mut cluster = gossiper_sim::ReplicaCluster::<GSet<u8>>::builder(2)
        .trace(true)
        .watch(|replica| replica.state().len().to_string())
        .build()
        .unwrap();
    cluster.update(0, |set, _| Ok::<_, std::convert::Infallible>(set.insert(7))).unwrap();
    assert!(cluster.run_until_converged(30).converged);
    let trace = cluster.trace().unwrap().to_string();
    let became: Vec<&str> = trace.lines().filter(|line| line.contains("is now")).collect();
    assert_eq!(became.len(), 2, "{trace}");
    assert!(became[0].ends_with("node-0 is now 1") && became[1].ends_with("node-1 is now 1"));
}

/// A transaction is looked at where it happens, as an update is.
#[test]
fn a_trace_shows_what_a_transaction_did() {
    let mut cluster = gossiper_sim::ReplicaCluster::<OrSet<u8>>::builder(2)
        .trace(true)
        .watch(|replica| replica.state().len().to_string())
        .build()
        .unwrap();
    let insert = cluster.transact(0, |set| {
        set.insert(7);
        Ok(())
    });
    insert.unwrap();
    let trace = cluster.trace().unwrap().to_string();
    assert!(trace.lines().any(|line| line.ends_with("node-0 is now 1")), "{trace}");
}
