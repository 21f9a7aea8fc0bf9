//! Engine 1: the laws, over random histories.

use std::fmt::{self, Debug, Write as _};
use std::hash::{DefaultHasher, Hasher};

use gossiper_core::{FingerprintKey, Replicated as _, StateOf};

use crate::coverage::{Coverage, Tally};
use crate::draft::Draft;
use crate::history::{History, Step};
use crate::lab::Lab;
use crate::law::Law;
use crate::laws::{Violation, quietly, violation};
use crate::persist;
use crate::report::{Counterexample, LawReport, Report, Shown};
use crate::shrink::shrink;
use crate::subject::{Check, Subject};

impl<S: Subject, O: Clone + Debug + 'static> Check<S, O> {
    /// Checks every law that can be checked of this type.
    ///
    /// Each on [`Settings::cases`](crate::Settings::cases) random histories,
    /// the same for all; a broken law comes with the smallest history found.
    #[must_use]
    pub fn laws(&self) -> Report<O> {
        let mut laws: Vec<LawReport<O>> = Law::ALL.map(|law| self.untried(law)).into();
        for case in 0..self.settings.cases {
            let history = Draft::random(self, case).history();
            for report in laws.iter_mut().filter(|report| report.holds()) {
                self.try_history(report, case, &history);
            }
        }
        Report { type_name: std::any::type_name::<S>(), laws, coverage: self.coverage() }
    }

    /// Checks one law.
    #[must_use]
    pub fn law(&self, law: Law) -> LawReport<O> {
        let mut report = self.untried(law);
        for case in 0..self.settings.cases {
            if !report.holds() {
                break;
            }
            self.try_history(&mut report, case, &Draft::random(self, case).history());
        }
        report
    }

    pub(crate) fn untried(&self, law: Law) -> LawReport<O> {
        LawReport { law, histories: 0, skipped: self.cannot_check(law), counterexample: None }
    }

    /// Checks a law in one more history, and shrinks the history if it is broken.
    pub(crate) fn try_history(&self, report: &mut LawReport<O>, case: u64, history: &History<O>) {
        let law = report.law;
        report.histories = report.histories.saturating_add(1);
        let Some(found) = violation(self, history, law) else { return };
        let smallest = shrink(self, case, |history| {
            (0..attempts(law)).any(|_| violation(self, history, law).is_some())
        });
        let shown =
            (0..attempts(law)).find_map(|_| self.counterexample(law, smallest.clone(), case));
        // What does not happen every time is shown as it was found.
        report.counterexample = shown.or_else(|| Some(self.told(history.clone(), found, case)));
    }

    /// Checks one law and panics with the counterexample if it is broken: what
    /// the tests of [`check!`](crate::check) do.
    ///
    /// A case that failed before is tried first: it stands in
    /// `gossiper-check-regressions.txt`, in the folder of the crate under test.
    ///
    /// # Panics
    ///
    /// If the law is broken.
    pub fn assert_law(&self, law: Law) {
        let (type_name, seed) = (std::any::type_name::<S>(), self.settings.seed);
        let mut report = self.untried(law);
        for case in persist::remembered(type_name, law, seed) {
            if report.holds() {
                self.try_history(&mut report, case, &Draft::random(self, case).history());
            }
        }
        if report.holds() {
            report = self.law(law);
        }
        if let Some(counterexample) = report.counterexample {
            persist::remember(type_name, law, seed, counterexample.case);
            panic!("\n{counterexample}");
        }
    }

    /// What the histories of this check try.
    #[must_use]
    pub fn coverage(&self) -> Coverage {
        let mut tally = Tally::default();
        for case in 0..self.settings.cases {
            self.observe(&Draft::random(self, case).history(), &mut tally);
        }
        tally.coverage()
    }

    /// Notes what a history tries.
    pub(crate) fn observe(&self, history: &History<O>, tally: &mut Tally) {
        let performed = quietly(|| {
            let mut lab = Lab::new(self, history.replicas);
            for step in &history.steps {
                if let Some(moment) = lab.step(step) {
                    tally.state(&lab.nodes[moment.at].state);
                }
            }
            lab.performed
        });
        let ops = history.steps.iter().filter_map(|step| match step {
            Step::Op { op, .. } => Some(op),
            _ => None,
        });
        if let Ok(performed) = performed {
            tally.run(ops, &performed);
        }
    }

    pub(crate) fn cannot_check(&self, law: Law) -> Option<&'static str> {
        match law {
            Law::Model if self.model.is_none() => Some("no model was given"),
            Law::Invariant if self.invariant.is_none() => Some("no invariant was given"),
            Law::CanonicalEncoding | Law::HostileBytes if self.wire.is_none() => {
                Some("the type has no serde implementation, or `with_wire` was not called")
            }
            Law::Fingerprint
                if StateOf::<S>::default().fingerprint(&FingerprintKey::default()).is_none() =>
            {
                Some("the type has no fingerprint")
            }
            Law::PiecesAreWhole if StateOf::<S>::default().outline().is_none() => {
                Some("the type is not answered in pieces")
            }
            Law::DeltaMinimality if self.coarse_digest => Some("the digest is declared coarse"),
            Law::Growth => Some("checked by its own engine"),
            _ => None,
        }
    }

    /// A shrunk history, told step by step.
    pub(crate) fn counterexample(
        &self,
        law: Law,
        history: History<O>,
        case: u64,
    ) -> Option<Counterexample<O>> {
        let violation = violation(self, &history, law)?;
        Some(self.told(history, violation, case))
    }

    pub(crate) fn told(
        &self,
        history: History<O>,
        violation: Violation,
        case: u64,
    ) -> Counterexample<O> {
        let moments = self.shown(&history);
        let (type_name, source) = (std::any::type_name::<S>(), self.source());
        Counterexample { type_name, history, violation, case, moments, source }
    }

    fn shown(&self, history: &History<O>) -> Vec<Shown> {
        let mut lab = Lab::new(self, history.replicas);
        let show = |step| {
            let (at, label) = crate::diagram::label(step);
            let state = quietly(|| {
                lab.step(step);
                lab.nodes.get(at).map(|node| format!("{:?}", node.state)).unwrap_or_default()
            });
            Shown { at, label, state: state.unwrap_or_else(|panic| format!("panics: {panic}")) }
        };
        history.steps.iter().map(show).collect()
    }
}

/// How often a history is tried while it is shrunk: a type that is not
/// deterministic may behave the first time.
const fn attempts(law: Law) -> usize {
    if matches!(law, Law::Determinism | Law::CanonicalEncoding) { 8 } else { 1 }
}

/// The kind of an operation: its name without its arguments.
pub(crate) fn kind<O: Debug>(op: &O) -> String {
    let shown = format!("{op:?}");
    let end = shown.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(shown.len());
    // Numbers and tuples have no name: they are one kind.
    match shown.chars().next() {
        Some(first) if first.is_alphabetic() || first == '_' => shown[..end].to_owned(),
        _ => "operation".to_owned(),
    }
}

/// A hash of what a value shows of itself, and of its bytes. Only ever compared
/// within one run.
pub(crate) fn fingerprint(value: &impl Debug, bytes: &[u8]) -> u128 {
    struct Both(DefaultHasher, DefaultHasher);
    impl fmt::Write for Both {
        fn write_str(&mut self, text: &str) -> fmt::Result {
            self.0.write(text.as_bytes());
            self.1.write(text.as_bytes());
            Ok(())
        }
    }
    let mut both = Both(DefaultHasher::new(), DefaultHasher::new());
    both.1.write_u8(1);
    both.0.write(bytes);
    both.1.write(bytes);
    let _ = write!(both, "{value:?}");
    u128::from(both.0.finish()) << 64 | u128::from(both.1.finish())
}
