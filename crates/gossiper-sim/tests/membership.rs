//! Nodes join, leave and have clocks of their own.

mod support;

use std::convert::Infallible;

use gossiper_core::Timestamp;
use gossiper_sim::{BuildError, ClusterError, GossipCluster, Status, Topology};
use support::{Cluster, shown, write};

#[test]
fn a_node_that_joins_is_told_everything() {
    let shapes = [
        Topology::FullyConnected,
        Topology::Line,
        Topology::Ring,
        Topology::Star,
        Topology::Tree { arity: 2 },
        Topology::Grid,
        Topology::RandomRegular { degree: 2 },
    ];
    for topology in shapes {
        let mut cluster = Cluster::builder(3).topology(topology).seed(1).build().unwrap();
        write(&mut cluster, 0, 'a').unwrap();
        cluster.run(40);
        let node = cluster.add_node();
        assert_eq!((node, cluster.name(node).unwrap().as_str()), (3, "node-3"));
        assert!(cluster.run_until_converged(60).converged, "{topology:?}");
        assert_eq!(shown(&cluster, 3), "a");
    }
}

#[test]
fn those_that_stay_close_the_gap_that_a_node_leaves() {
    let shapes = [Topology::Line, Topology::Star, Topology::Tree { arity: 2 }, Topology::Grid];
    for topology in shapes {
        let mut cluster = GossipCluster::<u8>::builder(4).topology(topology).build().unwrap();
        cluster.remove_node(0).unwrap();
        cluster.remove_node(2).unwrap();
        assert_eq!(cluster.status(2), Ok(Status::Gone));
        assert_eq!(cluster.remove_node(2), Err(ClusterError::Left { node: 2 }));
        let id = cluster.publish(3, 1).unwrap();
        let report = cluster.run_until_reached(id, 5);
        assert!(report.is_complete() && report.running == 2);
        assert_eq!(report.run.traffic.lost(), 0, "nobody writes to those that left");
        assert_eq!(cluster.add_node(), 4, "numbers are not used again");
    }
}

#[test]
fn every_node_has_its_own_clock() {
    let stamp = |cluster: &mut Cluster, node| {
        let mut stamp = Timestamp::default();
        let update = cluster.update(node, |letters, ctx| {
            stamp = ctx.timestamp();
            Ok::<_, Infallible>(letters.toggle('x'))
        });
        update.unwrap();
        stamp.physical.as_unix_millis()
    };
    let builder = Cluster::builder(3).round_length_ms(100).clock_skew_ms(1, 5_000);
    let mut cluster = builder.clock_skew_ms(2, -250).build().unwrap();
    cluster.run(11);
    let stamps = [0, 1, 2].map(|node| stamp(&mut cluster, node));
    assert_eq!(stamps, [1_000, 6_000, 750], "the last tick was that of round 10");
    cluster.set_clock_skew_ms(0, -9_999).unwrap();
    cluster.step();
    assert_eq!(stamp(&mut cluster, 0), 1_000, "stamps do not go back with the clock");

    let error = Cluster::builder(2).clock_skew_ms(2, 1).build().unwrap_err();
    assert_eq!(error, BuildError::NoSuchClock { node: 2, nodes: 2 });
}
