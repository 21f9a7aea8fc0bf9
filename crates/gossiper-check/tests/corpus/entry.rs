//! What an entry of the corpus says, with the types of its check forgotten.

use std::fmt::Debug;
use std::time::{Duration, Instant};

use gossiper_check::{Check, Law, Scope, Subject};

use super::minimal;

/// A type that is wrong, and the law that must say so.
pub(crate) struct Broken {
    pub(crate) name: &'static str,
    /// What the bug is.
    pub(crate) bug: &'static str,
    /// Where it happened, or where it is described.
    pub(crate) wild: &'static str,
    pub(crate) law: Law,
    pub(crate) check: fn() -> Box<dyn Probe>,
}

/// A type that is right, and looks as if it were not.
pub(crate) struct Correct {
    pub(crate) name: &'static str,
    pub(crate) unusual: &'static str,
    pub(crate) check: fn() -> Box<dyn Probe>,
}

/// A broken law, as printed.
pub(crate) struct Found {
    pub(crate) law: Law,
    pub(crate) steps: usize,
    pub(crate) printed: String,
}

/// What was found in a small scope.
pub(crate) struct Visited {
    pub(crate) situations: usize,
    pub(crate) exhausted: bool,
    pub(crate) found: Option<Found>,
    pub(crate) took: Duration,
}

/// A check of some type.
pub(crate) trait Probe {
    /// Checks one law.
    fn law(&self, law: Law) -> Option<Found>;
    /// Checks all laws: the report, and the laws that were broken.
    fn laws(&self) -> (String, Vec<Found>);
    /// Visits a small scope.
    fn scope(&self, scope: Scope) -> Visited;
    /// What is smaller than the counterexample of a law and breaks it too.
    fn smaller_history(&self, law: Law) -> Option<String>;
    /// The law that fault schedules break, and a smaller schedule that breaks
    /// it too.
    fn smaller_plan(&self) -> (Option<Law>, Option<String>);
}

impl<S: Subject, O: Clone + Debug + 'static> Probe for Check<S, O> {
    fn law(&self, law: Law) -> Option<Found> {
        self.law(law).counterexample.as_ref().map(found)
    }

    fn laws(&self) -> (String, Vec<Found>) {
        let report = self.laws();
        (report.to_string(), report.broken().map(found).collect())
    }

    fn scope(&self, scope: Scope) -> Visited {
        let start = Instant::now();
        let report = self.small_scope(scope);
        Visited {
            situations: report.situations,
            exhausted: report.exhausted,
            found: report.counterexample.as_ref().map(found),
            took: start.elapsed(),
        }
    }

    fn smaller_history(&self, law: Law) -> Option<String> {
        minimal::smaller_history(self, law)
    }

    fn smaller_plan(&self) -> (Option<Law>, Option<String>) {
        minimal::smaller_plan(self)
    }
}

fn found<O: Debug>(counterexample: &gossiper_check::Counterexample<O>) -> Found {
    Found {
        law: counterexample.violation.law,
        steps: counterexample.history.steps.len(),
        printed: counterexample.to_string(),
    }
}
