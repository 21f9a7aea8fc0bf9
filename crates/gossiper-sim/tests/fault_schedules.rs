//! Random faults, then a network that works: all replicas agree within a
//! stated number of rounds, and nothing that was stored is lost.

mod support;

use gossiper_core::{DeterministicRng, RandomSource, Replicated, Snapshot};
use gossiper_sim::{NetworkConditions, Ratio, Restart, Status};
use support::{Cluster, Letters, write};

const SEEDS: u64 = 200;
const FAULTY_ROUNDS: u64 = 30;
/// Each replica asks every 10 rounds, so this is six questions of each. The
/// slowest of 20,000 seeds took 44 rounds.
const ROUNDS_TO_CONVERGE: u64 = 60;

/// Which ways of coming back a schedule may draw.
#[derive(Clone, Copy, PartialEq)]
enum Storage {
    Durable,
    Any,
}

struct Schedule {
    rng: DeterministicRng,
    cluster: Cluster,
    storage: Storage,
    backups: Vec<Option<Snapshot<Letters>>>,
    /// All that was ever written, whoever may have lost it.
    written: Letters,
}

impl Schedule {
    fn new(seed: u64, storage: Storage) -> Self {
        let mut rng = DeterministicRng::stream(seed, u64::MAX);
        let nodes = 2 + rng.below(5) as usize;
        let cluster =
            Cluster::builder(nodes).seed(seed).trace(true).build().expect("it is allowed");
        let backups = vec![None; nodes];
        Self { rng, cluster, storage, backups, written: Letters::default() }
    }

    fn node(&mut self) -> usize {
        self.rng.below(self.cluster.len() as u64) as usize
    }

    fn act(&mut self) {
        let node = self.node();
        match self.rng.below(8) {
            0..=2 => self.write(node),
            3 => self.crash(node),
            4 => self.come_back(node),
            5 => {
                let mut other = self.node();
                if other == node {
                    other = (node + 1) % self.cluster.len();
                }
                match self.rng.below(3) {
                    0 => self.cluster.partition(&[&[node]]).expect("it is allowed"),
                    1 => self.cluster.block(&[node], &[other]).expect("it is allowed"),
                    _ => self.cluster.heal(),
                }
            }
            6 => self.change_network(),
            _ => self.backups[node] = self.cluster.backup(node).ok(),
        }
    }

    fn write(&mut self, node: usize) {
        let letter = char::from(b'a' + self.rng.below(6) as u8);
        if write(&mut self.cluster, node, letter).is_ok() {
            self.written.merge(self.cluster.state(node).expect("it is allowed").0.clone());
        }
    }

    fn crash(&mut self, node: usize) {
        // Refused if it has crashed already.
        let messages = self.rng.below(3);
        let _ = match messages {
            0 => self.cluster.crash(node),
            _ => self.cluster.crash_after(node, messages),
        };
    }

    fn come_back(&mut self, node: usize) {
        if self.cluster.status(node) != Ok(Status::Down) {
            return;
        }
        let with = match (self.storage, self.rng.below(3), self.backups[node].clone()) {
            (Storage::Any, 1, _) => Restart::Nothing,
            (Storage::Any, 2, Some(backup)) => Restart::Backup(backup),
            _ => Restart::Durable,
        };
        self.cluster.restart(node, with).expect("it is allowed");
    }

    fn change_network(&mut self) {
        let mut ratio = || Ratio::percent(self.rng.below(60) as u32);
        let conditions = NetworkConditions::perfect()
            .with_loss(ratio())
            .with_duplication(ratio())
            .with_reordering(ratio())
            .with_delay(0..=self.rng.below(5));
        self.cluster.set_network(conditions).expect("it is allowed");
    }

    fn run(&mut self) {
        for _ in 0..FAULTY_ROUNDS {
            for _ in 0..self.rng.below(3) {
                self.act();
            }
            self.cluster.step();
        }
        self.cluster.heal();
        self.cluster.set_network(NetworkConditions::perfect()).expect("it is allowed");
        for node in 0..self.cluster.len() {
            self.come_back(node);
            self.cluster.cancel_crash(node).expect("it is allowed");
        }
    }
}

/// The rounds that the slowest of all schedules took to converge.
fn agree_after_healing(storage: Storage) -> u64 {
    let mut slowest = 0;
    for seed in 0..SEEDS {
        let mut schedule = Schedule::new(seed, storage);
        schedule.run();
        let Schedule { cluster, written, .. } = &mut schedule;
        let report = cluster.run_until_converged(ROUNDS_TO_CONVERGE);
        assert!(
            report.converged,
            "seed {seed}: {report}\n{}",
            cluster.trace().expect("it is allowed")
        );
        assert!(cluster.all_equal(), "seed {seed}");
        assert_eq!(cluster.running().count(), cluster.len(), "seed {seed}");
        if storage == Storage::Durable {
            for (node, replica) in cluster.running() {
                assert_eq!(replica.state(), written, "seed {seed}, node-{node}");
            }
        }
        let traffic = cluster.traffic();
        assert_eq!(
            traffic.sent + traffic.duplicated,
            traffic.delivered + traffic.lost() + traffic.in_flight()
        );
        slowest = slowest.max(report.run.rounds);
    }
    slowest
}

#[test]
fn durable_replicas_agree_and_have_lost_nothing() {
    assert!(agree_after_healing(Storage::Durable) > 1);
}

#[test]
fn replicas_agree_whatever_they_came_back_with() {
    assert!(agree_after_healing(Storage::Any) > 1);
}
