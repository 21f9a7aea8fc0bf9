//! Crashes, and what comes back.

mod support;

use gossiper_core::{ReplicaEvent, UpdateError};
use gossiper_sim::{ClusterError, GossipCluster, Restart, RestartError, Status, WriteError};
use support::{Cluster, shown, write};

/// Three replicas that agree on `a`, which node 0 wrote.
fn settled() -> Cluster {
    let mut cluster = Cluster::builder(3).seed(6).events(1_000).build().expect("three nodes");
    write(&mut cluster, 0, 'a').expect("node-0 runs");
    assert!(cluster.run_until_converged(40).converged);
    cluster.run(30);
    cluster
}

#[test]
fn what_was_stored_and_never_sent_survives() {
    let mut cluster = settled();
    let id = cluster.node(0).unwrap().id();
    write(&mut cluster, 0, 'b').unwrap();
    cluster.crash(0).unwrap();
    cluster.run(30);
    assert_eq!(shown(&cluster, 1), "a", "b was not sent");
    cluster.restart(0, Restart::Durable).unwrap();
    assert_eq!(cluster.node(0).unwrap().id(), id);
    assert!(cluster.run_until_converged(40).converged && cluster.all_equal());
    assert_eq!(shown(&cluster, 2), "ab");
    assert!(!cluster.node(0).unwrap().is_identity_reused());
    write(&mut cluster, 0, 'c').unwrap();
}

#[test]
fn a_crash_in_the_middle_of_a_round_sends_only_so_much() {
    let mut cluster = settled();
    write(&mut cluster, 0, 'b').unwrap();
    cluster.crash_after(0, 1).unwrap();
    let before = cluster.traffic();
    cluster.step();
    assert_eq!(cluster.status(0), Ok(Status::Down));
    let first = cluster.traffic().since(&before);
    assert_eq!((first.pushes, first.lost_by_crash), (1, 1), "one was told, and says so in vain");
    let told = [1, 2].map(|node| shown(&cluster, node));
    assert!(told == ["ab", "a"] || told == ["a", "ab"], "{told:?}");
}

#[test]
fn messages_to_a_crashed_node_are_lost() {
    let mut cluster = settled();
    cluster.crash(2).unwrap();
    assert_eq!(cluster.node(2).err(), Some(ClusterError::Crashed { node: 2 }));
    write(&mut cluster, 0, 'b').unwrap();
    cluster.run(5);
    assert!(cluster.traffic().lost_by_crash > 0);
    assert!(cluster.is_converged(), "those that run agree");
}

#[test]
fn volatile_parts_do_not_survive() {
    let mut cluster = settled();
    write(&mut cluster, 0, 'b').unwrap();
    cluster.crash(0).unwrap();
    cluster.restart(0, Restart::Durable).unwrap();
    let before = cluster.traffic();
    while cluster.traffic().questions == before.questions {
        assert_eq!(cluster.traffic().pushes, before.pushes, "the rumor is gone");
        cluster.step();
    }
}

#[test]
fn a_replica_that_lost_all_starts_under_a_fresh_id() {
    let mut cluster = settled();
    let id = cluster.node(0).unwrap().id();
    cluster.crash(0).unwrap();
    cluster.restart(0, Restart::Nothing).unwrap();
    assert_ne!(cluster.node(0).unwrap().id(), id);
    assert_eq!(shown(&cluster, 0), "");
    write(&mut cluster, 0, 'b').unwrap();
    assert!(cluster.run_until_converged(40).converged && cluster.all_equal());
    assert_eq!(shown(&cluster, 0), "ab");
}

#[test]
fn a_backup_under_a_fresh_id_converges() {
    let mut cluster = settled();
    let backup = cluster.backup(0).unwrap();
    write(&mut cluster, 0, 'b').unwrap();
    cluster.run(20);
    cluster.crash(0).unwrap();
    cluster.restart(0, Restart::Backup(backup.clone())).unwrap();
    assert_ne!(cluster.node(0).unwrap().id(), backup.id);
    assert_eq!(shown(&cluster, 0), "a");
    write(&mut cluster, 0, 'c').unwrap();
    assert!(cluster.run_until_converged(40).converged && cluster.all_equal());
    assert_eq!(shown(&cluster, 0), "abc");
    assert!(!cluster.node(0).unwrap().is_identity_reused());
}

#[test]
fn an_old_backup_under_the_old_id_is_noticed() {
    let mut cluster = settled();
    let backup = cluster.backup(0).unwrap();
    write(&mut cluster, 0, 'b').unwrap();
    cluster.run(20);
    cluster.crash(0).unwrap();
    cluster.restart(0, Restart::BackupAsLatest(backup.clone())).unwrap();
    drop(cluster.drain_events());
    cluster.run(30);
    let reused = |(node, event): &(usize, ReplicaEvent<_>)| {
        *node == 0
            && matches!(event, ReplicaEvent::IdentityReused { id, written: 1, heard: 2, .. }
                if *id == backup.id)
    };
    assert_eq!(cluster.drain_events().filter(reused).count(), 1);
    let refused = write(&mut cluster, 0, 'c').unwrap_err();
    assert_eq!(refused, WriteError::Update(UpdateError::IdentityReused { id: backup.id }));

    let fresh = cluster.adopt_fresh_identity(0).unwrap();
    assert_ne!(fresh, backup.id);
    write(&mut cluster, 0, 'c').unwrap();
    assert!(cluster.run_until_converged(40).converged);
    assert_eq!(shown(&cluster, 1), "abc");
}

#[test]
fn only_what_is_down_comes_up() {
    let mut cluster = settled();
    let running = RestartError::Cluster(ClusterError::Running { node: 1 });
    assert_eq!(cluster.restart(1, Restart::Durable), Err(running));
    cluster.crash(1).unwrap();
    assert_eq!(cluster.crash(1), Err(ClusterError::Crashed { node: 1 }));
    assert_eq!(
        write(&mut cluster, 1, 'x').unwrap_err().to_string(),
        "node-1 has crashed; restart it first"
    );
    assert!(matches!(cluster.backup(1), Err(ClusterError::Crashed { node: 1 })));
    cluster.remove_node(1).unwrap();
    let left = RestartError::Cluster(ClusterError::Left { node: 1 });
    assert_eq!(cluster.restart(1, Restart::Durable), Err(left));
}

#[test]
fn a_gossip_node_comes_back_empty_and_with_ids_of_its_own() {
    let mut cluster = GossipCluster::<&str>::builder(3).events(9).build().unwrap();
    let before = cluster.publish(0, "one").unwrap();
    cluster.run(40);
    cluster.crash(0).unwrap();
    cluster.restart(0).unwrap();
    assert!(!cluster.node(0).unwrap().knows_rumor(before));
    let after = cluster.publish(0, "two").unwrap();
    assert_ne!(before, after);
    assert!(cluster.run_until_reached(after, 10).is_complete());
}
