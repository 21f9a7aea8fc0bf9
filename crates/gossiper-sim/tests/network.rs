//! What the network is told to do it does, and it is counted.

mod support;

use std::ops::RangeInclusive;

use gossiper_sim::{
    BuildError, GossipCluster, MAX_HOPS_PER_ROUND, NetworkConditions, Ratio, Traffic,
};
use support::{Cluster, write};

fn traffic(network: NetworkConditions) -> Traffic {
    let mut cluster = Cluster::builder(10).network(network).seed(1).build().expect("ten nodes");
    for (node, letter) in ('a'..'k').enumerate() {
        write(&mut cluster, node, letter).expect("the node runs");
    }
    cluster.run(60);
    let traffic = cluster.traffic();
    assert_eq!(
        traffic.sent + traffic.duplicated,
        traffic.delivered + traffic.lost() + traffic.in_flight()
    );
    assert_eq!(
        traffic.sent,
        traffic.pushes + traffic.feedback + traffic.questions + traffic.answers
    );
    traffic
}

/// Whether `part` is about `percent` of `whole`, within 5 of 100.
fn about(part: u64, whole: u64, percent: u64) -> bool {
    (part * 100).abs_diff(whole * percent) < whole * 5
}

#[test]
fn a_perfect_network_only_delivers() {
    let traffic = traffic(NetworkConditions::perfect());
    assert!(traffic.sent > 300 && traffic.questions > 0 && traffic.answers >= traffic.questions);
    assert_eq!((traffic.delivered, traffic.lost(), traffic.in_flight()), (traffic.sent, 0, 0));
    assert_eq!((traffic.duplicated, traffic.delayed, traffic.reordered), (0, 0, 0));
    assert_eq!(traffic.bytes, None);
}

#[test]
fn losses_and_second_copies_come_as_often_as_said() {
    let lossy = traffic(NetworkConditions::perfect().with_loss(Ratio::percent(20)));
    assert!(about(lossy.lost_by_network, lossy.sent, 20), "{lossy:?}");
    assert_eq!(lossy.lost(), lossy.lost_by_network);
    let doubled = traffic(NetworkConditions::perfect().with_duplication(Ratio::percent(30)));
    assert!(about(doubled.duplicated, doubled.sent, 30), "{doubled:?}");
    assert_eq!(doubled.delivered, doubled.sent + doubled.duplicated);
}

#[test]
fn delays_and_changed_places_are_counted() {
    let late = traffic(NetworkConditions::perfect().with_delay(0..=3));
    assert!(about(late.delayed, late.sent, 75), "{late:?}");
    let shuffled = traffic(NetworkConditions::perfect().with_reordering(Ratio::percent(50)));
    // The place that is drawn may be its own.
    assert!(shuffled.reordered > shuffled.sent / 5, "{shuffled:?}");
    assert_eq!(shuffled.delivered, shuffled.sent);
}

#[test]
fn a_delay_is_a_number_of_rounds() {
    let delayed = NetworkConditions::perfect().with_delay(2..=2);
    let mut cluster = GossipCluster::<&str>::builder(2).network(delayed).build().unwrap();
    let id = cluster.publish(0, "late").unwrap();
    let report = cluster.run_until_reached(id, 9);
    assert_eq!(report.reached_by_round, [1, 1, 1, 2], "sent in round 0, there in round 2");
    assert_eq!(report.average_delay(), 1.5);

    let empty = NetworkConditions::perfect().with_delay(RangeInclusive::new(3, 1));
    let error = GossipCluster::<&str>::builder(2).network(empty.clone()).build().unwrap_err();
    assert_eq!(error, BuildError::EmptyDelay { min: 3, max: 1 });
    assert_eq!(cluster.set_network(empty), Err(error));
}

#[test]
fn an_exchange_fits_in_one_round_of_a_perfect_network() {
    let mut cluster = Cluster::builder(2).seed(2).build().unwrap();
    write(&mut cluster, 0, 'a').unwrap();
    cluster.block(&[0, 1], &[0, 1]).unwrap();
    cluster.step();
    cluster.heal();
    assert!(!cluster.all_equal());
    cluster.input(1, |replica, rng| replica.ask(rng, "node-0".into())).expect("node-1 is running");
    cluster.step();
    assert!(cluster.all_equal() && cluster.is_converged());
}

/// Machines that answer whatever comes.
mod echo {
    use gossiper_core::{DeterministicRng, Effect, NodeId, Peers, PhysicalTime, ReplicaId, Round};
    use gossiper_sim::{EffectOf, Machine, MessageKind};

    pub(super) struct Echo {
        peers: Peers,
    }

    impl Machine for Echo {
        type Message = ();
        type Event = ();
        type Config = ();

        fn config_for(_: usize) {}

        fn start(_: &NodeId, _: ReplicaId, (): &()) -> Self {
            Self { peers: Peers::default() }
        }

        fn set_peers(&mut self, peers: Peers) {
            self.peers = peers;
        }

        fn tick(
            &mut self,
            rng: &mut DeterministicRng,
            round: Round,
            _: PhysicalTime,
        ) -> Vec<EffectOf<Self>> {
            let targets = if round == Round::ZERO { self.peers.sample(rng, 1) } else { vec![] };
            targets.into_iter().map(|target| Effect::Send { target, message: () }).collect()
        }

        fn receive(
            &mut self,
            _: &mut DeterministicRng,
            from: &NodeId,
            (): (),
        ) -> Vec<EffectOf<Self>> {
            vec![Effect::Emit(()), Effect::Send { target: from.clone(), message: () }]
        }

        fn agrees_with(&self, _: &Self) -> bool {
            true
        }

        fn kind((): &()) -> MessageKind {
            MessageKind::Answer
        }

        fn describe((): &()) -> String {
            "echo".to_owned()
        }
    }
}

#[test]
fn endless_answers_do_not_hold_up_time() {
    let mut cluster = gossiper_sim::Cluster::<echo::Echo>::builder(2).events(5).build().unwrap();
    let arrivals = |cluster: &gossiper_sim::Cluster<echo::Echo>| cluster.traffic().delivered;
    cluster.step();
    let in_a_round = 2 * (u64::from(MAX_HOPS_PER_ROUND) + 1);
    assert_eq!(arrivals(&cluster), in_a_round, "both sent one message");
    cluster.step();
    assert_eq!(arrivals(&cluster), 2 * in_a_round);
    assert_eq!(cluster.traffic().delayed, 4);
    assert_eq!(cluster.drain_events().count(), 5, "only the latest are kept");
    assert_eq!(cluster.drain_events().count(), 0);
}
