//! The workloads of Enes et al., ICDE 2019, section V.

use gossiper::crdts::{GCounter, GMap, GSet, Max};
use gossiper::{DeterministicRng, RandomSource, ReplicaId, Replicated};

use crate::baseline::joined;

/// Who changes its state, and when.
pub(crate) struct Step<'a> {
    pub(crate) node: usize,
    pub(crate) nodes: usize,
    pub(crate) round: u64,
    pub(crate) replica: ReplicaId,
    pub(crate) rng: &'a mut DeterministicRng,
}

/// A workload: what a node changes in a round.
pub(crate) type Change<S> = Box<dyn Fn(&S, &mut Step<'_>) -> Option<<S as Replicated>::Delta>>;

/// One increment.
pub(crate) fn counter() -> Change<GCounter> {
    Box::new(|state, step| Some(state.increment(step.replica, 1).expect("far from overflow")))
}

/// One element that nobody else adds, of 20 characters.
pub(crate) fn set() -> Change<GSet<String>> {
    Box::new(|state, step| {
        Some(state.insert(format!("node-{:02} round-{:07}", step.node, step.round)))
    })
}

const KEYS: u64 = 1_000;

/// All nodes together change so many in a hundred of 1,000 keys, each its share.
pub(crate) fn map(percent: u64) -> Change<GMap<u64, Max<u64>>> {
    Box::new(move |state, step| {
        let (node, nodes) = (step.node as u64, step.nodes as u64);
        let changed = KEYS * percent / 100;
        let share = changed * node / nodes..changed * (node + 1) / nodes;
        // Another share of the keys each round.
        let keys = share.map(|place| (place + step.round * changed) % KEYS);
        joined::<GMap<u64, Max<u64>>>(
            keys.map(|key| state.update(key, |value| value.raise(step.round + 1))),
        )
    })
}

/// Who follows whom, what each has said, and what each gets to read.
pub(crate) type Retwis =
    (GSet<(u32, u32)>, GMap<(u32, u64), Max<String>>, GMap<(u32, u64), Max<String>>);

const USERS: usize = 1_000;

/// Operations of a node in a round.
const OPERATIONS: usize = 4;

/// Follow (15 %), say something of 270 bytes to all followers (35 %), read (50 %),
/// by and of users that are chosen by Zipf's law.
pub(crate) fn retwis(coefficient: f64) -> Change<Retwis> {
    let mut cumulative = Vec::with_capacity(USERS);
    let mut sum = 0.0;
    for rank in 1..=USERS {
        sum += (rank as f64).powf(-coefficient);
        cumulative.push(sum);
    }
    let user = move |rng: &mut DeterministicRng| -> u32 {
        let drawn = rng.below(1 << 53) as f64 / (1_u64 << 53) as f64 * sum;
        cumulative.partition_point(|below| *below <= drawn) as u32
    };
    Box::new(move |state, step| {
        let mut deltas = Vec::new();
        for operation in 0..OPERATIONS {
            let (who, number) = (user(step.rng), step.rng.below(100));
            let time =
                (step.round * OPERATIONS as u64 + operation as u64) * 1_000 + step.node as u64;
            if number < 15 {
                let follower = user(step.rng);
                deltas.push((Some(state.0.insert((who, follower))), None, None));
            } else if number < 50 {
                let id = format!("{time:031}");
                let said = state.1.update((who, time), |text| text.raise(format!("{id:>270}")));
                deltas.push((None, Some(said), None));
                for (_, follower) in state.0.iter().filter(|(followed, _)| *followed == who) {
                    let told = state.2.update((*follower, time), |text| text.raise(id.clone()));
                    deltas.push((None, None, Some(told)));
                }
            }
        }
        joined::<Retwis>(deltas)
    })
}
