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

    /// The history.
    pub(crate) fn history(&self) -> History<O> {
        let steps = self.steps.iter().map(|step| step.as_ref().map(|op| op.current()));
        History { replicas: self.replicas, steps: steps.collect() }
    }

    /// The history with its operations numbered, as [`into_ops`](Self::into_ops)
    /// has them.
    pub(crate) fn skeleton(&self) -> History<usize> {
        let mut ops = 0..;
        let steps =
            self.steps.iter().map(|step| step.as_ref().map(|_| ops.next().unwrap_or_default()));
        History { replicas: self.replicas, steps: steps.collect() }
    }

    /// The operations, each with what it can be made simpler to.
    pub(crate) fn into_ops(self) -> Vec<OpTree<O>> {
        let ops = self.steps.into_iter().filter_map(|step| match step {
            Step::Op { op, .. } => Some(op),
            _ => None,
        });
        ops.collect()
    }
}

impl<O> Step<O> {
    /// The same step, its operation borrowed.
    pub(crate) const fn as_ref(&self) -> Step<&O> {
        match self {
            Self::Op { at, message, op } => Step::Op { at: *at, message: *message, op },
            Self::Deliver { message, to } => Step::Deliver { message: *message, to: *to },
            Self::Pull { from, to } => Step::Pull { from: *from, to: *to },
            Self::Backup { at } => Step::Backup { at: *at },
            Self::Crash { at, restart } => Step::Crash { at: *at, restart: *restart },
        }
    }

    /// The same step with another operation.
    pub(crate) fn map<P>(self, change: impl FnOnce(O) -> P) -> Step<P> {
        match self {
            Self::Op { at, message, op } => Step::Op { at, message, op: change(op) },
            Self::Deliver { message, to } => Step::Deliver { message, to },
            Self::Pull { from, to } => Step::Pull { from, to },
            Self::Backup { at } => Step::Backup { at },
            Self::Crash { at, restart } => Step::Crash { at, restart },
        }
    }
}
