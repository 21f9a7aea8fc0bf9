//! Fault schedules: what happens in which round, drawn at random.

use std::fmt::{self, Debug};

use gossiper_core::{DeterministicRng, RandomSource};

use crate::history::Restart;
use crate::ops::{OpTree, runner};
use crate::subject::{Check, Subject};

/// What happens in a round.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action<O> {
    /// A replica performs an operation.
    Op {
        /// The replica.
        at: usize,
        /// The operation.
        op: O,
    },
    /// The replicas below `first` and the others cannot reach each other.
    Partition {
        /// The first replica of the second half.
        first: usize,
    },
    /// What one replica sends to another is lost; the other way is open.
    Block {
        /// The one.
        from: usize,
        /// The other.
        to: usize,
    },
    /// All can reach each other again.
    Heal,
    /// A replica's host takes a backup.
    Backup {
        /// The replica.
        at: usize,
    },
    /// A replica crashes. It starts again some rounds later, or when the
    /// network heals for good.
    Crash {
        /// The replica.
        at: usize,
        /// Rounds until it starts again.
        down: u64,
        /// With what.
        restart: Restart,
    },
    /// A new replica joins.
    Join,
    /// A replica leaves for good, and takes with it what only it knew.
    Leave {
        /// The replica.
        at: usize,
    },
    /// A replica's clock is wrong from now on.
    Skew {
        /// The replica.
        at: usize,
        /// By how many milliseconds.
        millis: i64,
    },
}

/// A fault schedule: everything random about a run, and the seed of the
/// network's draws.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan<O> {
    /// Replicas at the beginning.
    pub replicas: usize,
    /// The seed of what the network does to each message, and of how replicas
    /// ask each other: by which question, with what of a log, in what pieces.
    pub seed: u64,
    /// Messages lost, per mille.
    pub loss: u32,
    /// Messages repeated, per mille.
    pub duplication: u32,
    /// Messages that take another place among those of their round, per mille.
    pub reordering: u32,
    /// Rounds that a message takes, at most.
    pub delay: u64,
    /// What happens, by round.
    pub actions: Vec<(u64, Action<O>)>,
}

/// Rounds of the safety phase.
const SAFETY_ROUNDS: u64 = 24;

/// A random plan: each fault is in it or not, and as strong as may be, so that
/// every combination of faults has its turn.
pub(super) fn draft<S: Subject, O: Clone + Debug + 'static>(
    check: &Check<S, O>,
    case: u64,
) -> Plan<OpTree<O>> {
    const MAX_REPLICAS: u64 = 9;
    let mut rng = DeterministicRng::stream(check.settings.seed, case);
    let mut ops = runner(rng.next_u64());
    // Small clusters more often: what breaks two is easier to read.
    let replicas = 2 + rng.below(1 + rng.clone().below(MAX_REPLICAS - 1)) as usize;
    let strength = |rng: &mut DeterministicRng, most: u64| {
        if rng.below(2) == 0 { 0 } else { rng.below(most + 1) as u32 }
    };
    let mut plan = Plan {
        replicas,
        seed: rng.next_u64(),
        loss: strength(&mut rng, 600),
        duplication: strength(&mut rng, 400),
        reordering: strength(&mut rng, 800),
        delay: u64::from(strength(&mut rng, 4)),
        actions: Vec::new(),
    };
    let [cuts, crashes, churn, clocks] = [(); 4].map(|()| rng.below(2) == 0);
    let length = 4 + rng.below(check.settings.steps as u64);
    for _ in 0..length {
        let round = rng.below(SAFETY_ROUNDS);
        let at = rng.below(replicas as u64) as usize;
        let action = match rng.below(20) {
            11 | 12 if cuts => {
                Action::Partition { first: 1 + rng.below(replicas as u64 - 1) as usize }
            }
            13 if cuts => Action::Block { from: at, to: (at + 1) % replicas },
            14 if cuts => Action::Heal,
            15 | 16 if crashes => {
                let kinds = [Restart::Durable, Restart::Backup, Restart::Empty];
                let restart = kinds[rng.below(3) as usize];
                Action::Crash { at, down: 1 + rng.below(6), restart }
            }
            17 if crashes => Action::Backup { at },
            18 if churn && rng.below(2) == 0 => Action::Join,
            18 if churn => Action::Leave { at },
            19 if clocks => Action::Skew { at, millis: rng.below(20_001) as i64 - 10_000 },
            _ => Action::Op { at, op: check.ops.generate(&mut ops) },
        };
        plan.actions.push((round, action));
    }
    plan.actions.sort_by_key(|(round, _)| *round);
    plan
}

impl<O> Plan<O> {
    /// The same plan with other operations.
    pub(super) fn map_ops<P>(self, mut change: impl FnMut(O) -> P) -> Plan<P> {
        let Self { replicas, seed, loss, duplication, reordering, delay, actions } = self;
        let actions = actions.into_iter().map(|(round, action)| (round, action.map(&mut change)));
        let actions = actions.collect();
        Plan { replicas, seed, loss, duplication, reordering, delay, actions }
    }
}

impl<O: Debug> Plan<OpTree<O>> {
    pub(super) fn current(self) -> Plan<O> {
        self.map_ops(|tree| tree.current())
    }

    /// The plan with its operations numbered, as [`into_ops`](Self::into_ops)
    /// has them.
    pub(super) fn skeleton(self) -> Plan<usize> {
        let mut numbers = 0..;
        self.map_ops(|_| numbers.next().unwrap_or_default())
    }

    /// The operations, each with what it can be made simpler to.
    pub(super) fn into_ops(self) -> Vec<OpTree<O>> {
        let mut ops = Vec::new();
        self.map_ops(|op| ops.push(op));
        ops
    }
}

impl<O> Action<O> {
    fn map<P>(self, change: impl FnOnce(O) -> P) -> Action<P> {
        match self {
            Self::Op { at, op } => Action::Op { at, op: change(op) },
            Self::Partition { first } => Action::Partition { first },
            Self::Block { from, to } => Action::Block { from, to },
            Self::Heal => Action::Heal,
            Self::Backup { at } => Action::Backup { at },
            Self::Crash { at, down, restart } => Action::Crash { at, down, restart },
            Self::Join => Action::Join,
            Self::Leave { at } => Action::Leave { at },
            Self::Skew { at, millis } => Action::Skew { at, millis },
        }
    }

    /// Gives the replicas of an action other numbers.
    pub(super) fn rename(&mut self, name: impl Fn(usize) -> usize) {
        match self {
            Self::Op { at, .. }
            | Self::Backup { at }
            | Self::Crash { at, .. }
            | Self::Leave { at }
            | Self::Skew { at, .. } => *at = name(*at),
            Self::Block { from, to } => (*from, *to) = (name(*from), name(*to)),
            // The cut stays between the same two where it can.
            Self::Partition { first } => *first = name(*first).max(1),
            Self::Heal | Self::Join => {}
        }
    }
}

impl<O: Debug> fmt::Display for Plan<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { replicas, seed, loss, duplication, reordering, delay, actions } = self;
        writeln!(
            f,
            "  {replicas} replicas, seed {seed}; of 1000 messages {loss} lost, {duplication} \
             repeated, {reordering} reordered; up to {delay} rounds of delay"
        )?;
        for (round, action) in actions {
            writeln!(f, "  round {round:2}: {action:?}")?;
        }
        Ok(())
    }
}
