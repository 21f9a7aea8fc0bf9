//! Partitions stop messages, and healing lets them through.

mod support;

use std::convert::Infallible;

use gossiper_core::{DeltaOf, ReplicaConfig, Resolve, StateOf, UpdateContext};
use gossiper_crdts::{GCounter, OrSet, OrSetRecorder};
use gossiper_sim::{
    ClusterError, GossipCluster, NetworkConditions, Ratio, ReplicaCluster, Restart,
};
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

/// Two halves that have both written much, some of it more than rumors and logs keep,
/// with a third of the messages lost and a crash on either side: with and without a
/// measure of deltas, of types with and without dots.
#[test]
fn halves_that_wrote_apart_become_equal_whatever_is_lost() {
    fn run<S: Resolve<State: Default + PartialEq + Clone>>(
        seed: u64,
        change: impl Fn(&StateOf<S>, &mut UpdateContext) -> DeltaOf<S>,
    ) where
        DeltaOf<S>: Clone,
    {
        let lossy = NetworkConditions::perfect().with_loss(Ratio::new(1, 3)).with_delay(0..=2);
        let config = ReplicaConfig::for_cluster(6).with_logged_events(64);
        let mut cluster = ReplicaCluster::<S>::builder(6)
            .network(lossy)
            .config(config)
            .prepare(move |replica| {
                if seed.is_multiple_of(2) {
                    replica.measure_updates(|_| 40);
                }
            })
            .seed(seed)
            .build()
            .unwrap();
        cluster.partition(&[&[0, 1, 2], &[3, 4, 5]]).unwrap();
        for round in 0..40 {
            for node in 0..6 {
                // Not while it is down.
                let _ = cluster.update(node, |state, ctx| Ok::<_, Infallible>(change(state, ctx)));
            }
            match round {
                10 => [1, 4].into_iter().for_each(|node| cluster.crash(node).unwrap()),
                20 => {
                    cluster.restart(1, Restart::Durable).unwrap();
                    cluster.restart(4, Restart::Nothing).unwrap();
                }
                _ => {}
            }
            cluster.step();
        }
        cluster.heal();
        let report = cluster.run_until_converged(400);
        assert!(report.converged && cluster.all_equal(), "seed {seed}: {report}");
    }

    for seed in 0..12 {
        run::<GCounter>(seed, |counter, ctx| counter.increment(ctx.replica(), 1).unwrap());
        run::<OrSet<u64>>(seed, |set, ctx| {
            let (next, old) = (set.len() as u64, set.iter().next().copied());
            let changes = |set: &mut OrSetRecorder<'_, u64>| {
                set.insert(next);
                old.filter(|_| next.is_multiple_of(3)).into_iter().for_each(|old| {
                    set.remove(&old);
                });
                Ok(())
            };
            set.record(ctx, changes).unwrap()
        });
    }
}
