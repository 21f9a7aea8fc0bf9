//! Rumors and states cross every topology.

mod support;

use std::convert::Infallible;

use gossiper_core::UpdateContext;
use gossiper_crdts::GSet;
use gossiper_sim::{BuildError, GossipCluster, ReplicaCluster, Topology};
use support::{Cluster, write};

const SHAPES: [Topology; 6] = [
    Topology::FullyConnected,
    Topology::Line,
    Topology::Ring,
    Topology::Star,
    Topology::Tree { arity: 2 },
    Topology::Grid,
];

/// Rounds until a rumor of node 0 reaches 12 nodes.
fn rounds(topology: Topology) -> u64 {
    let builder = GossipCluster::<&str>::builder(12).topology(topology).seed(2);
    let mut cluster = builder.build().expect("twelve nodes");
    let id = cluster.publish(0, "hello").expect("node-0 runs");
    let report = cluster.run_until_reached(id, 20);
    assert!(report.is_complete(), "{topology:?}: {report}");
    assert!(report.reached_by_round.is_sorted());
    report.run.rounds
}

#[test]
fn a_rumor_crosses_every_shape_in_the_rounds_that_it_takes() {
    assert_eq!(rounds(Topology::Line), 11, "one node a round");
    assert_eq!(rounds(Topology::Ring), 6, "in both directions");
    let star = rounds(Topology::Star);
    assert!((4..20).contains(&star), "at most three a round, chosen at random: {star}");
    assert!(rounds(Topology::FullyConnected) <= 5);
    assert_eq!(rounds(Topology::Tree { arity: 2 }), 3, "three levels below the root");
    let grid = rounds(Topology::Grid);
    assert!((5..10).contains(&grid), "five steps to the far corner: {grid}");
    let regular = rounds(Topology::RandomRegular { degree: 3 });
    assert!((3..8).contains(&regular), "each node knows three: {regular}");
}

#[test]
fn replicas_converge_in_every_shape() {
    for topology in SHAPES.into_iter().chain([Topology::RandomRegular { degree: 3 }]) {
        let mut cluster = Cluster::builder(6).topology(topology).seed(3).build().unwrap();
        for (node, letter) in ('a'..'g').enumerate() {
            write(&mut cluster, node, letter).unwrap();
        }
        let report = cluster.run_until_converged(60);
        assert!(report.converged && cluster.all_equal(), "{topology:?}: {report}");
        assert_eq!(support::shown(&cluster, 5), "abcdef");
    }
}

/// Replicas that ask at any time do not stop the rumors that go through them.
#[test]
fn questions_do_not_hold_up_rumors_on_a_tree() {
    let builder = ReplicaCluster::<GSet<u64>>::builder(15).topology(Topology::Tree { arity: 2 });
    let mut cluster = builder.seed(1).build().unwrap();
    for round in 0..60 {
        for node in 0..15_u64 {
            let add = |set: &GSet<u64>, _: &mut UpdateContext| {
                Ok::<_, Infallible>(set.insert(round * 100 + node))
            };
            cluster.update(node as usize, add).unwrap();
        }
        cluster.step();
    }
    let report = cluster.run_until_converged(60);
    assert!(report.converged && report.run.rounds <= 6, "six links are the longest way: {report}");
}

#[test]
fn the_smallest_clusters_run() {
    assert_eq!(GossipCluster::<u8>::builder(0).build().unwrap_err(), BuildError::NoNodes);
    for topology in SHAPES {
        for nodes in [1, 2] {
            let builder = GossipCluster::<u8>::builder(nodes).topology(topology);
            let mut cluster = builder.build().unwrap();
            let id = cluster.publish(0, 1).unwrap();
            assert!(cluster.run_until_reached(id, 2).is_complete());
            assert!(cluster.run_until_quiet(30).converged);
        }
    }
}

#[test]
fn impossible_shapes_are_refused() {
    let build =
        |topology, nodes| GossipCluster::<u8>::builder(nodes).topology(topology).build().map(drop);
    let childless = Topology::Tree { arity: 0 };
    assert_eq!(build(childless, 3), Err(BuildError::TreeWithoutChildren));
    for (degree, nodes) in [(1, 4), (3, 5), (4, 4)] {
        let refused = build(Topology::RandomRegular { degree }, nodes);
        assert_eq!(refused, Err(BuildError::NoRegularGraph { degree, nodes }));
    }
    assert_eq!(build(Topology::RandomRegular { degree: 4 }, 5), Ok(()));
}

/// Whom each running node knows.
fn peers(cluster: &GossipCluster<u8>) -> Vec<Vec<String>> {
    let names = |peers: &gossiper_core::Peers| peers.iter().map(ToString::to_string).collect();
    cluster.running().map(|(_, node)| names(node.peers())).collect()
}

#[test]
fn a_random_graph_comes_from_the_seed_and_stays_connected_when_nodes_come_and_go() {
    let build = |seed| {
        let topology = Topology::RandomRegular { degree: 4 };
        GossipCluster::<u8>::builder(20).topology(topology).seed(seed).build().unwrap()
    };
    let mut cluster = build(5);
    let before = peers(&cluster);
    assert_eq!(before, peers(&build(5)));
    assert_ne!(before, peers(&build(6)));

    // Down to three nodes, for which a degree of 4 is impossible.
    for node in 3..20 {
        cluster.remove_node(node).unwrap();
        let id = cluster.publish(0, 1).unwrap();
        let report = cluster.run_until_reached(id, 20);
        assert!(report.is_complete(), "without node-{node}: {report}");
        assert_eq!(report.run.traffic.lost(), 0, "nobody writes to those that left");
    }
    assert_eq!(cluster.node(0).unwrap().peers().len(), 2);
    for _ in 0..17 {
        cluster.add_node();
    }
    assert!(peers(&cluster).iter().all(|peers| peers.len() == 4));
}
