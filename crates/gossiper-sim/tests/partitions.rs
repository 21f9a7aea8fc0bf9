//! Partitions stop messages, and healing lets them through.

mod support;

use gossiper_sim::{ClusterError, GossipCluster, NetworkConditions};
use support::{Cluster, shown, write};

#[test]
fn a_partition_stops_what_healing_lets_through() {
    let mut cluster = Cluster::builder(5).seed(4).build().unwrap();
    cluster.partition(&[&[0, 1], &[2, 3, 4]]).unwrap();
    write(&mut cluster, 0, 'a').unwrap();
    write(&mut cluster, 2, 'b').unwrap();
    let apart = cluster.run_until_converged(60);
    assert!(!apart.converged && apart.run.traffic.lost_by_partition > 0);
    assert_eq!([0, 1, 2, 3, 4].map(|node| shown(&cluster, node)), ["a", "a", "b", "b", "b"]);

    cluster.heal();
    let together = cluster.run_until_converged(60);
    assert!(together.converged && cluster.all_equal());
    assert_eq!(shown(&cluster, 4), "ab");
    assert_eq!(together.run.traffic.lost(), 0);
}

#[test]
fn a_block_goes_one_way() {
    let mut cluster = GossipCluster::<u8>::builder(2).build().unwrap();
    cluster.block(&[0], &[1]).unwrap();
    let (stopped, passed) = (cluster.publish(0, 1).unwrap(), cluster.publish(1, 2).unwrap());
    cluster.run(3);
    assert_eq!((cluster.reached(stopped), cluster.reached(passed)), (1, 2));
    cluster.heal();
    assert!(cluster.run_until_reached(stopped, 3).is_complete());
}

#[test]
fn questions_cannot_be_answered_through_a_block_but_answers_need_no_question() {
    let mut cluster = Cluster::builder(2).seed(1).build().unwrap();
    cluster.block(&[1], &[0]).unwrap();
    write(&mut cluster, 1, 'x').unwrap();
    assert!(!cluster.run_until_converged(50).converged);
    write(&mut cluster, 0, 'y').unwrap();
    cluster.run(1);
    assert_eq!(shown(&cluster, 1), "xy", "the rumor of node-0 passes");
}

#[test]
fn a_partition_catches_what_is_on_its_way() {
    let slow = NetworkConditions::perfect().with_delay(3..=3);
    let mut cluster = GossipCluster::<u8>::builder(2).network(slow).build().unwrap();
    let id = cluster.publish(0, 1).unwrap();
    cluster.step();
    cluster.partition(&[&[0], &[1]]).unwrap();
    cluster.run(4);
    assert_eq!(cluster.reached(id), 1);
    assert!(cluster.traffic().lost_by_partition >= 1);
}

#[test]
fn partitions_are_checked() {
    let mut cluster = GossipCluster::<u8>::builder(3).build().unwrap();
    assert_eq!(cluster.partition(&[&[0, 1], &[1]]), Err(ClusterError::InTwoGroups { node: 1 }));
    let unknown = ClusterError::UnknownNode { node: 3, nodes: 3 };
    assert_eq!(cluster.partition(&[&[3]]), Err(unknown));
    assert_eq!(cluster.block(&[0], &[3]), Err(unknown));
    assert_eq!(unknown.to_string(), "there is no node-3 among 3 nodes");
    let id = cluster.publish(0, 1).unwrap();
    assert!(cluster.run_until_reached(id, 5).is_complete(), "nothing was split");
}
