//! Engine 2: the real protocol under random fault schedules.
//!
//! Each case draws a *plan*: how many replicas, which faults the network has and
//! how strong they are, and what happens in which round: operations, partitions,
//! crashes, backups, restarts, joins and leaves, clocks that are wrong. The plan
//! is carried out by replicas with rumors and anti-entropy in the simulator, in
//! two phases. *Safety*: while faults last, the invariant holds and no state
//! shrinks. *Liveness*: the network heals, everybody is restarted, and all must
//! be equal within [`FaultReport::LIVENESS_ROUNDS`] rounds, with nothing lost
//! that was durable and with the outcome that the model gives.
//!
//! What was acknowledged by a replica that then lost its state, and that nobody
//! else had seen, was never durable and may be gone.

mod plan;
mod report;
mod run;
mod shrink;

use std::fmt::Debug;

pub use plan::{Action, Plan};
pub use report::{Bites, FaultReport};
use run::Run;
pub(crate) use run::Tamper;

use crate::law::Law;
use crate::laws::{Finding, Violation, quietly};
use crate::subject::{Check, Subject};

impl<S: Subject, O: Clone + Debug + 'static> Check<S, O> {
    /// Lets replicas carry out random fault schedules, one for each case.
    #[must_use]
    pub fn faults(&self) -> FaultReport<O> {
        let mut report = FaultReport {
            type_name: std::any::type_name::<S>(),
            plans: 0,
            bites: Bites::default(),
            counterexample: None,
            trace: None,
        };
        for case in 0..self.settings.cases {
            let draft = plan::draft(self, case);
            report.plans += 1;
            if let Some(law) = self.run(&plan::current(&draft), &mut report.bites).map(|v| v.law) {
                let plan = shrink::shrink(self, draft, law);
                report.trace = trace(self, &plan);
                let violation = self.replay_faults(&plan);
                report.counterexample = violation.map(|violation| (plan, violation));
                break;
            }
        }
        report
    }

    /// Carries out one plan: what a regression test does.
    #[must_use]
    pub fn replay_faults(&self, plan: &Plan<O>) -> Option<Violation> {
        self.run(plan, &mut Bites::default())
    }

    /// Runs the fault engine and panics with what it finds.
    ///
    /// # Panics
    ///
    /// If a law is broken.
    pub fn assert_faults(&self) {
        let report = self.faults();
        assert!(report.is_clean(), "\n{report}");
    }

    fn run(&self, plan: &Plan<O>, bites: &mut Bites) -> Option<Violation> {
        let attempt = || {
            let mut run = Run::new(self, plan, false);
            let violation = run.all(plan);
            run.count(bites);
            violation
        };
        quietly(attempt).unwrap_or_else(|message| {
            let what = format!("the type panicked: {message}");
            Some(Finding::new(what).at(Law::Convergence, None))
        })
    }
}

/// The run of a plan, as the simulator records it.
fn trace<S: Subject, O: Clone + Debug + 'static>(
    check: &Check<S, O>,
    plan: &Plan<O>,
) -> Option<String> {
    quietly(|| {
        let mut run = Run::new(check, plan, true);
        run.all(plan);
        run.cluster.trace().map(ToString::to_string)
    })
    .ok()
    .flatten()
}
