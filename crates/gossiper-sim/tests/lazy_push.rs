//! Large payloads are announced, and fetched once.

use gossiper_core::GossipConfig;
use gossiper_core::replica::Update;
use gossiper_crdts::GSet;
use gossiper_sim::{GossipCluster, NetworkConditions, Ratio, ReachReport, ReplicaCluster, Traffic};

const NODES: usize = 1_000;

/// One rumor of 10,000 bytes from node 0, until nobody says anything more.
fn spread(lazy: bool, network: NetworkConditions, seed: u64) -> (ReachReport, Traffic) {
    let config = GossipConfig::for_cluster(NODES);
    let config = if lazy { config } else { config.with_lazy_bytes(usize::MAX) };
    let builder = GossipCluster::<usize>::builder(NODES).config(config).network(network);
    let builder = builder.seed(seed).prepare(|node| node.measure_payloads(|bytes| *bytes));
    let mut cluster = builder.build().expect("there are nodes");
    let id = cluster.publish(0, 10_000).expect("node-0 runs");
    let reach = cluster.run_until_reached(id, 300);
    assert!(cluster.run_until_quiet(300).converged);
    (reach, cluster.traffic())
}

fn one_round_a_message() -> NetworkConditions {
    NetworkConditions::perfect().with_delay(1..=1)
}

/// The promise: at most 1.15 copies a node, in at most twice the rounds of eager
/// push with fanout 3, where a hop takes one round. A node that is pushed to goes
/// on when it ticks next, so for eager push that is a network without delay.
#[test]
fn a_node_gets_one_copy_in_less_than_twice_the_rounds() {
    let seeds = 0..3;
    let mut rounds = (0, 0);
    for seed in seeds {
        let (eager, eager_traffic) = spread(false, NetworkConditions::perfect(), seed);
        let (lazy, traffic) = spread(true, one_round_a_message(), seed);
        assert!(eager.is_complete() && lazy.is_complete());
        let copies = traffic.pushes as f64 / NODES as f64;
        assert!(copies <= 1.15, "{copies}");
        assert!(eager_traffic.pushes > 10 * traffic.pushes, "or there is nothing to gain");
        rounds = (rounds.0 + eager.run.rounds, rounds.1 + lazy.run.rounds);
    }
    assert!(rounds.1 <= 2 * rounds.0, "{} instead of {}", rounds.1, rounds.0);
}

#[test]
fn what_is_lost_is_asked_for_again() {
    let network = one_round_a_message().with_loss(Ratio::percent(20));
    let (reach, traffic) = spread(true, network, 1);
    assert!(reach.is_complete(), "{reach}");
    let copies = traffic.pushes as f64 / NODES as f64;
    assert!(copies < 2.0, "{copies}");
}

#[test]
fn large_updates_of_replicas_are_announced() {
    let size = |update: &Update<gossiper_core::DeltaOf<GSet<String>>>| {
        update.delta.fragment().iter().map(String::len).sum()
    };
    let builder =
        ReplicaCluster::<GSet<String>>::builder(40).seed(4).network(one_round_a_message());
    let mut cluster =
        builder.prepare(move |replica| replica.measure_updates(size)).build().unwrap();
    let update = cluster
        .update(0, |set, _| Ok::<_, std::convert::Infallible>(set.insert("x".repeat(5_000))));
    update.unwrap();
    assert!(cluster.run_until_converged(40).converged && cluster.all_equal());
    let sent: u64 = cluster.running().map(|(_, replica)| replica.stats().rumors_sent).sum();
    assert!(sent <= 39, "one copy a node, less what anti-entropy brings: {sent}");
    assert!(cluster.traffic().announcements > 0 && cluster.traffic().requests > 0);
}
