//! Clocks that are wrong, and who pays for it.

use gossiper_core::{
    DeterministicRng, Effect, NodeId, PhysicalTime, Replica, ReplicaConfig, ReplicaId, Round,
};
use gossiper_crdts::LwwRegister;

/// Two replicas with clocks of their own; 0 is honest.
struct Pair {
    rng: DeterministicRng,
    replicas: [Replica<LwwRegister<&'static str>>; 2],
    round: u64,
}

impl Pair {
    fn new() -> Self {
        let replicas = [0, 1].map(|place: u64| {
            let mut replica =
                Replica::new(ReplicaId::new(place + 1), ReplicaConfig::for_cluster(2));
            replica.set_peers([name(1 - place as usize)]);
            replica
        });
        Self { rng: DeterministicRng::new(1), replicas, round: 0 }
    }

    /// Tells both their time, and delivers all that they send.
    fn tick(&mut self, millis: [u64; 2]) {
        self.round += 1;
        for place in [0, 1] {
            let now = PhysicalTime::from_unix_millis(millis[place]);
            let round = Round::new(self.round);
            let effects = self.replicas[place].tick(&mut self.rng, round, now);
            let mut sent: Vec<_> = effects.into_iter().map(|effect| (place, effect)).collect();
            while let Some((from, effect)) = sent.pop() {
                if let Effect::Send { message, .. } = effect {
                    let to = 1 - from;
                    let more = self.replicas[to].receive(&mut self.rng, &name(from), message);
                    sent.extend(more.into_iter().map(|effect| (to, effect)));
                }
            }
        }
    }

    fn set(&mut self, place: usize, value: &'static str) {
        let set = self.replicas[place].transact(|register| {
            register.set(value);
            Ok(())
        });
        set.expect("the replica writes");
    }

    fn reads(&self) -> [Option<&'static str>; 2] {
        [0, 1].map(|place| self.replicas[place].state().get().copied())
    }
}

fn name(place: usize) -> NodeId {
    NodeId::from(["a", "b"][place])
}

#[test]
fn a_hostile_time_in_the_far_future_wins_once_and_moves_no_clock() {
    let mut pair = Pair::new();
    pair.tick([5, u64::MAX]);
    pair.set(0, "honest");
    pair.set(1, "hostile");
    pair.tick([6, u64::MAX]);
    // Neither had seen the other: the timestamp decides.
    assert_eq!(pair.reads(), [Some("hostile"); 2]);

    pair.set(0, "later");
    assert_eq!(pair.reads()[0], Some("later"));
    let stamp = pair.replicas[0].state().timestamp().expect("a write was made");
    assert_eq!(stamp.physical, PhysicalTime::from_unix_millis(6), "its own clock's time");
    pair.tick([7, u64::MAX]);
    assert_eq!(pair.reads(), [Some("later"); 2]);
    // For good: nothing is left of what was replaced.
    assert!(pair.replicas.iter().all(|replica| replica.state().concurrent().eq(&["later"])));
}

#[test]
fn a_clock_that_is_behind_writes_as_well_as_any_other() {
    let mut pair = Pair::new();
    pair.tick([1_000_000, 0]);
    pair.set(0, "first");
    pair.tick([1_000_001, 0]);
    pair.set(1, "second");
    pair.tick([1_000_002, 0]);
    assert_eq!(pair.reads(), [Some("second"); 2]);
}
