//! Random histories, with all that is needed to shrink them.

use std::fmt::Debug;

use gossiper_core::{DeterministicRng, RandomSource};

use crate::history::{History, MAX_EVENTS, Restart, Step};
use crate::ops::{OpTree, runner};
use crate::subject::{Check, Subject};

/// A history whose operations can still be made simpler.
pub(crate) struct Draft<O> {
    pub(crate) replicas: usize,
    pub(crate) steps: Vec<Step<OpTree<O>>>,
}

impl<O: Clone + Debug + 'static> Draft<O> {
    /// The history of case `case`, which depends on it and the seed alone.
    pub(crate) fn random<S: Subject>(check: &Check<S, O>, case: u64) -> Self {
        let settings = check.settings;
        let mut rng = DeterministicRng::stream(settings.seed, case);
        let mut ops = runner(rng.next_u64());
        let replicas = 2 + rng.below(settings.replicas.saturating_sub(1) as u64) as usize;
        let length = 1 + rng.below(settings.steps as u64) as usize;
        // Half of the histories have no crashes, so that what breaks without
        // them is shown without them.
        let crashes = rng.below(2) == 0;
        let mut messages = 0;
        let mut steps = Vec::with_capacity(length);
        for _ in 0..length {
            let at = rng.below(replicas as u64) as usize;
            let step = match rng.below(if crashes { 22 } else { 20 }) {
                0..=8 if messages < MAX_EVENTS => {
                    messages += 1;
                    Step::Op { at, message: messages - 1, op: check.ops.generate(&mut ops) }
                }
                9..=14 if messages > 0 => {
                    Step::Deliver { message: rng.below(messages as u64) as usize, to: at }
                }
                20 => Step::Backup { at },
                21 => {
                    let kinds = [Restart::Durable, Restart::Backup, Restart::Empty];
                    Step::Crash { at, restart: kinds[rng.below(3) as usize] }
                }
                _ => {
                    let other = 1 + rng.below(replicas as u64 - 1) as usize;
                    Step::Pull { from: (at + other) % replicas, to: at }
                }
            };
            steps.push(step);
        }
        Self { replicas, steps }
    }

    /// The history with the operations as simple as they are now.
    pub(crate) fn history(&self) -> History<O> {
        History { replicas: self.replicas, steps: self.steps.iter().map(current).collect() }
    }
}

fn current<O: Debug>(step: &Step<OpTree<O>>) -> Step<O> {
    match step {
        Step::Op { at, message, op } => Step::Op { at: *at, message: *message, op: op.current() },
        Step::Deliver { message, to } => Step::Deliver { message: *message, to: *to },
        Step::Pull { from, to } => Step::Pull { from: *from, to: *to },
        Step::Backup { at } => Step::Backup { at: *at },
        Step::Crash { at, restart } => Step::Crash { at: *at, restart: *restart },
    }
}
