//! Rumors and states cross every topology.

mod support;

use gossiper_sim::{BuildError, GossipCluster, Topology};
use support::{Cluster, write};

const SHAPES: [Topology; 4] =
    [Topology::FullyConnected, Topology::Line, Topology::Ring, Topology::Star];

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
}

#[test]
fn replicas_converge_in_every_shape() {
    for topology in SHAPES {
        let mut cluster = Cluster::builder(6).topology(topology).seed(3).build().unwrap();
        for (node, letter) in ('a'..'g').enumerate() {
            write(&mut cluster, node, letter).unwrap();
        }
        let report = cluster.run_until_converged(60);
        assert!(report.converged && cluster.all_equal(), "{topology:?}: {report}");
        assert_eq!(support::shown(&cluster, 5), "abcdef");
    }
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
