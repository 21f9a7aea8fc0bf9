//! Counterexamples as tests without randomness.

use std::fmt::{self, Debug};

use crate::history::{History, Restart, Step};
use crate::law::Law;
use crate::laws::{Violation, violation};
use crate::report::Counterexample;
use crate::subject::{Check, Subject};

impl<O> History<O> {
    /// A history of `replicas` replicas in which nothing has happened.
    #[must_use]
    pub const fn new(replicas: usize) -> Self {
        Self { replicas, steps: Vec::new() }
    }

    /// Replica `at` performs `op`; its delta is the next message, from 0.
    #[must_use]
    pub fn op(self, at: usize, op: O) -> Self {
        let made = self.steps.iter().filter(|step| matches!(step, Step::Op { .. })).count();
        self.then(Step::Op { at, message: made, op })
    }

    /// Replica `to` merges message number `message`.
    #[must_use]
    pub fn deliver(self, message: usize, to: usize) -> Self {
        self.then(Step::Deliver { message, to })
    }

    /// Replica `to` sends its digest to `from` and merges the answer.
    #[must_use]
    pub fn pull(self, from: usize, to: usize) -> Self {
        self.then(Step::Pull { from, to })
    }

    /// The host of replica `at` takes a backup.
    #[must_use]
    pub fn backup(self, at: usize) -> Self {
        self.then(Step::Backup { at })
    }

    /// Replica `at` crashes and starts again.
    #[must_use]
    pub fn crash(self, at: usize, restart: Restart) -> Self {
        self.then(Step::Crash { at, restart })
    }

    fn then(mut self, step: Step<O>) -> Self {
        self.steps.push(step);
        self
    }
}

impl<S: Subject, O: Clone + Debug + 'static> Check<S, O> {
    /// Carries out one history and checks one law: what a regression test does.
    #[must_use]
    pub fn replay(&self, law: Law, history: &History<O>) -> Option<Violation> {
        violation(self, history, law)
    }
}

/// A counterexample as Rust.
pub(crate) struct Regression<'a, O>(pub(crate) &'a Counterexample<O>);

impl<O: Debug> fmt::Display for Regression<'_, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let History { replicas, steps } = &self.0.history;
        let law = self.0.violation.law;
        write!(f, "    let history = History::new({replicas})")?;
        for step in steps {
            write!(f, "\n        ")?;
            match step {
                Step::Op { at, op, .. } => write!(f, ".op({at}, {op:?})")?,
                Step::Deliver { message, to } => write!(f, ".deliver({message}, {to})")?,
                Step::Pull { from, to } => write!(f, ".pull({from}, {to})")?,
                Step::Backup { at } => write!(f, ".backup({at})")?,
                Step::Crash { at, restart } => write!(f, ".crash({at}, Restart::{restart:?})")?,
            }
        }
        writeln!(f, ";")?;
        writeln!(f, "    assert_eq!(check.replay(Law::{law:?}, &history), None);")
    }
}
