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

mod picture;
mod plan;
mod report;
mod run;
mod shrink;

use std::fmt::Debug;

pub use plan::{Action, Plan};
pub use report::{Bites, FaultReport};
pub(crate) use run::Tamper;
use run::{Found, Run};

use crate::coverage::Tally;
use crate::diagram::Picture;
use crate::law::Law;
use crate::laws::{Finding, Violation, quietly};
use crate::persist;
use crate::subject::{Check, Subject};

impl<S: Subject, O: Clone + Debug + 'static> Check<S, O> {
    /// Lets replicas carry out random fault schedules, one for each case.
    #[must_use]
    pub fn faults(&self) -> FaultReport<O> {
        let mut report = self.no_faults();
        let mut tally = Tally::default();
        for case in 0..self.settings.cases {
            if self.try_plan(case, &mut report, &mut tally) {
                break;
            }
        }
        report.coverage = tally.coverage();
        report
    }

    /// Carries out one plan: what a regression test does. Of the laws that it
    /// breaks, the one that says most.
    #[must_use]
    pub fn replay_faults(&self, plan: &Plan<O>) -> Option<Violation> {
        self.run(plan, &mut Bites::default(), None)
    }

    /// Carries out one plan, and panics with the whole counterexample if it
    /// breaks a law.
    ///
    /// # Panics
    ///
    /// If a law is broken.
    pub fn assert_replay_faults(&self, plan: &Plan<O>) {
        if let Some(violation) = self.replay_faults(plan) {
            let mut report = self.no_faults();
            (report.picture, report.names) = self.picture(plan, violation.law);
            report.counterexample = Some((plan.clone(), violation));
            panic!("\n{report}");
        }
    }

    /// Runs the fault engine and panics with what it finds. A case that failed
    /// before is tried first, as in [`assert_law`](Check::assert_law).
    ///
    /// # Panics
    ///
    /// If a law is broken.
    pub fn assert_faults(&self) {
        let (type_name, seed) = (std::any::type_name::<S>(), self.settings.seed);
        let mut report = self.no_faults();
        for case in persist::remembered(type_name, persist::FAULTS, seed) {
            if self.try_plan(case, &mut report, &mut Tally::default()) {
                break;
            }
        }
        if report.is_clean() {
            report = self.faults();
        }
        if !report.is_clean() {
            persist::remember(type_name, persist::FAULTS, seed, report.case);
            panic!("\n{report}");
        }
    }

    pub(crate) fn no_faults(&self) -> FaultReport<O> {
        FaultReport {
            type_name: std::any::type_name::<S>(),
            plans: 0,
            bites: Bites::default(),
            coverage: crate::Coverage::default(),
            counterexample: None,
            case: 0,
            picture: Picture::default(),
            names: Vec::new(),
            source: self.source(),
        }
    }

    /// Carries out the plan of one case; if it breaks a law, shrinks it and says
    /// so.
    pub(crate) fn try_plan(
        &self,
        case: u64,
        report: &mut FaultReport<O>,
        tally: &mut Tally,
    ) -> bool {
        report.plans = report.plans.saturating_add(1);
        let plan = plan::draft(self, case).current();
        let Some(found) = self.run(&plan, &mut report.bites, Some(tally)) else { return false };
        let smallest = shrink::shrink(self, case, found.law);
        // What does not happen every time is shown as it was found.
        let (plan, violation) = match self.replay_faults(&smallest) {
            Some(violation) => (smallest, violation),
            None => (plan, found),
        };
        report.case = case;
        (report.picture, report.names) = self.picture(&plan, violation.law);
        report.counterexample = Some((plan, violation));
        true
    }

    /// Carries out a plan. Of the laws that it breaks, the one that says most.
    fn run(
        &self,
        plan: &Plan<O>,
        bites: &mut Bites,
        tally: Option<&mut Tally>,
    ) -> Option<Violation> {
        let mut found = Vec::new();
        let attempt = quietly(|| {
            let mut run = Run::new(self, plan, tally, false);
            run.all(plan, &mut found);
            run.count(bites);
        });
        if let Err(message) = attempt {
            let what = format!("the type panicked: {message}");
            let violation = Finding::new(what).at(Law::Convergence, None);
            found.push(Found { violation, record: 0 });
        }
        found.into_iter().map(|found| found.violation).min_by_key(telling)
    }

    /// The run of a plan until `law` is broken, as a diagram, and the names in
    /// it of random identities.
    fn picture(&self, plan: &Plan<O>, law: Law) -> (Picture, Vec<(String, String)>) {
        quietly(|| {
            let mut run = Run::new(self, plan, None, true);
            let mut found = Vec::new();
            // A type that panics is shown until then.
            let _ = quietly(|| run.all(plan, &mut found));
            let end = found.iter().filter(|found| found.violation.law == law);
            let end = end.map(|found| found.record).next().unwrap_or(usize::MAX);
            let names = run.names.iter().map(|(id, name)| (id.to_string(), name.clone()));
            let names: Vec<(String, String)> = names.collect();
            let trace = run.cluster.trace().cloned().unwrap_or_default();
            let replicas = run.cluster.len();
            (picture::picture(&trace, end, &run.performed, &run.notes, replicas), names)
        })
        .unwrap_or_default()
    }
}

/// How little a violation tells, next to others of the same run.
///
/// The user's own words at one moment come first, then what went wrong in one
/// step of one replica, then what everybody understands: two replicas differ.
/// That something is missing explains why the model is contradicted; and that
/// replicas are equal without knowing it concerns the protocol.
const fn telling(violation: &Violation) -> u8 {
    match violation.law {
        Law::Invariant => 0,
        Law::Inflation => 1,
        Law::Convergence if violation.sides.is_some() => 2,
        Law::NoLoss => 3,
        Law::Model => 4,
        _ => 5,
    }
}
