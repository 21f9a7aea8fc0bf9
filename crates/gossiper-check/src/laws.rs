//! Every law, as a check of one history.
//!
//! Laws are checked on *reachable* states, those that a history leads to, and
//! each by itself, so that a failure names the law that is broken.

pub(crate) mod bytes;
pub(crate) mod exchange;
pub(crate) mod merge;
pub(crate) mod outcome;

use gossiper_core::StateOf;

use crate::history::History;
use crate::lab::{Lab, Moment};
use crate::law::Law;
use crate::subject::{Check, Subject};

/// How a law was broken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The law.
    pub law: Law,
    /// The step of the history after which it was broken; `None` for what was
    /// found when all steps were done.
    pub step: Option<usize>,
    /// What was done to find it, in words.
    pub what: String,
    /// What it came to, and what it should have come to.
    pub sides: Option<[(String, String); 2]>,
}

/// What a check of one law found, before its step is known.
pub(crate) struct Finding {
    what: String,
    sides: Option<[(String, String); 2]>,
}

impl Finding {
    pub(crate) fn new(what: impl Into<String>) -> Self {
        Self { what: what.into(), sides: None }
    }

    pub(crate) fn panic(message: &str) -> Self {
        Self::new(format!("the type panicked: {message}"))
    }

    /// Two states that should be the same.
    pub(crate) fn differ<S: Subject>(
        what: impl Into<String>,
        (left, a): (&str, &StateOf<S>),
        (right, b): (&str, &StateOf<S>),
    ) -> Self {
        let sides = [(left.to_owned(), format!("{a:?}")), (right.to_owned(), format!("{b:?}"))];
        Self { what: what.into(), sides: Some(sides) }
    }

    pub(crate) fn at(self, law: Law, step: Option<usize>) -> Violation {
        Violation { law, step, what: self.what, sides: self.sides }
    }
}

/// At most so many combinations of states and messages are tried for a law in
/// one history: the next history brings others.
const COMBINATIONS: usize = 24;

/// Carries out `history` and checks `law` in it. A panic of the type's own code
/// breaks the law that it happens under.
pub(crate) fn violation<S: Subject, O: Clone>(
    check: &Check<S, O>,
    history: &History<O>,
    law: Law,
) -> Option<Violation> {
    let attempt = || {
        let mut lab = Lab::new(check, history.replicas);
        for (number, step) in history.steps.iter().enumerate() {
            let Some(moment) = lab.step(step) else { continue };
            if let Some(finding) = after_step(&lab, &moment, law) {
                return Some(finding.at(law, Some(number)));
            }
        }
        at_the_end(&mut lab, history, law).map(|finding| finding.at(law, None))
    };
    quietly(attempt).unwrap_or_else(|message| Some(Finding::panic(&message).at(law, None)))
}

/// How `moment`, step number `step`, which led to `lab`, breaks one of these
/// laws.
pub(crate) fn broken_by_step<S: Subject, O: Clone>(
    lab: &Lab<'_, S, O>,
    moment: &Moment<S>,
    step: usize,
    laws: &[Law],
) -> Option<Violation> {
    laws.iter().find_map(|law| {
        let found = quietly(|| after_step(lab, moment, *law));
        let found = found.unwrap_or_else(|message| Some(Finding::panic(&message)))?;
        Some(found.at(*law, Some(step)))
    })
}

/// How one of these laws is broken where `lab` stands after `history`.
pub(crate) fn broken_here<S: Subject, O: Clone>(
    lab: &Lab<'_, S, O>,
    history: &History<O>,
    laws: &[Law],
) -> Option<Violation> {
    laws.iter().find_map(|law| {
        let found = quietly(|| at_the_end(&mut lab.clone(), history, *law));
        let found = found.unwrap_or_else(|message| Some(Finding::panic(&message)))?;
        Some(found.at(*law, None))
    })
}

fn after_step<S: Subject, O: Clone>(
    lab: &Lab<'_, S, O>,
    moment: &Moment<S>,
    law: Law,
) -> Option<Finding> {
    match law {
        Law::Idempotence => merge::idempotence(lab, moment),
        Law::Inflation => merge::inflation(lab, moment),
        Law::MergeOutcome => merge::outcome(lab, moment),
        Law::DeltaIsMutation => merge::delta_is_mutation(lab, moment),
        Law::DigestSoundness => exchange::soundness(lab, moment),
        Law::Fingerprint => exchange::kept_wrongly::<S>(&lab.nodes[moment.at].state),
        Law::NoResurrection => outcome::no_resurrection(lab, moment),
        Law::Model => outcome::model(lab, moment.at),
        Law::Invariant => outcome::invariant(lab, moment.at),
        Law::CanonicalEncoding => bytes::round_trip(lab, moment),
        Law::HostileBytes => bytes::hostile(lab, moment),
        _ => None,
    }
}

fn at_the_end<S: Subject, O: Clone>(
    lab: &mut Lab<'_, S, O>,
    history: &History<O>,
    law: Law,
) -> Option<Finding> {
    match law {
        Law::Commutativity => merge::commutativity(lab),
        Law::Associativity => merge::associativity(lab),
        Law::DigestCompleteness => exchange::completeness(lab),
        Law::DeltaMinimality => exchange::minimality(lab),
        Law::Fingerprint => exchange::fingerprints(lab),
        Law::Decomposition => exchange::decomposition(lab),
        Law::JoinedDeltas => exchange::joined_deltas(lab),
        Law::PiecesAreWhole => exchange::pieces_are_whole(lab),
        Law::CanonicalEncoding => bytes::equal_states_equal_bytes(lab),
        Law::Determinism => bytes::determinism(lab, history),
        Law::NoLoss => outcome::no_loss(lab),
        Law::Convergence => outcome::convergence(lab),
        Law::Model => {
            lab.heal();
            (0..lab.nodes.len()).find_map(|at| outcome::model(lab, at))
        }
        _ => None,
    }
}

/// Runs `attempt` and turns a panic into its message, without printing it.
pub(crate) fn quietly<T>(attempt: impl FnOnce() -> T) -> Result<T, String> {
    use std::cell::Cell;
    use std::panic::{self, AssertUnwindSafe};
    use std::sync::Once;

    thread_local!(static QUIET: Cell<bool> = const { Cell::new(false) });
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let loud = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if !QUIET.with(Cell::get) {
                loud(info);
            }
        }));
    });

    let before = QUIET.with(|quiet| quiet.replace(true));
    let result = panic::catch_unwind(AssertUnwindSafe(attempt));
    QUIET.with(|quiet| quiet.set(before));
    result.map_err(|payload| {
        let text = payload.downcast_ref::<&str>().map(|text| (*text).to_owned());
        text.or_else(|| payload.downcast_ref::<String>().cloned()).unwrap_or_default()
    })
}
