//! What users see: the model, invariants, losses, and convergence.

use gossiper_core::{DeltaOf, StateOf};

use super::Finding;
use crate::history::{Events, Seen};
use crate::lab::{Lab, Moment, taught};
use crate::subject::{Check, Subject};

/// A message whose effect was merged here before, by itself or in an answer,
/// changes nothing any more.
pub(super) fn no_resurrection<S: Subject, O: Clone>(
    lab: &Lab<'_, S, O>,
    moment: &Moment<S>,
) -> Option<Finding> {
    let node = &lab.nodes[moment.at];
    let seen = lab.made().filter(|(number, _)| node.seen.contains(*number));
    let mut deltas = seen.map(|(_, message)| &message.delta);
    deltas.find_map(|delta| haunted(lab.check, &node.state, delta))
}

/// Whether `delta`, which was merged before, changes `state`.
pub(crate) fn haunted<S: Subject, O>(
    check: &Check<S, O>,
    state: &StateOf<S>,
    delta: &DeltaOf<S>,
) -> Option<Finding> {
    let haunted = taught::<S>(state, [delta.clone()]);
    (!check.same(&haunted, state)).then(|| {
        Finding::differ::<S>(
            format!("{delta:?}, merged before, comes again"),
            ("before it comes again", state),
            ("after", &haunted),
        )
    })
}

pub(super) fn model<S: Subject, O: Clone>(lab: &Lab<'_, S, O>, at: usize) -> Option<Finding> {
    disagrees(lab.check, at, &lab.nodes[at].state, lab.seen(at).as_ref()?)
}

/// Whether what replica `at` shows is not what the model says of what it has
/// seen.
pub(crate) fn disagrees<S: Subject, O>(
    check: &Check<S, O>,
    at: usize,
    state: &StateOf<S>,
    seen: &Seen<'_, O>,
) -> Option<Finding> {
    let (view, model) = (check.view.as_ref()?, check.model.as_ref()?);
    let (shown, expected) = (view(state), model(seen));
    (shown != expected).then(|| Finding {
        what: format!("replica {at} has seen all that its operations depend on"),
        sides: Some([("it shows".to_owned(), shown), ("the model says".to_owned(), expected)]),
    })
}

pub(super) fn invariant<S: Subject, O: Clone>(lab: &Lab<'_, S, O>, at: usize) -> Option<Finding> {
    forbidden(lab.check, at, &lab.nodes[at].state)
}

/// Whether replica `at` has a state that the invariant forbids.
pub(crate) fn forbidden<S: Subject, O>(
    check: &Check<S, O>,
    at: usize,
    state: &StateOf<S>,
) -> Option<Finding> {
    let broken = check.invariant.as_ref()?(state).err()?;
    Some(Finding::new(format!("replica {at} has {state:?}: {broken}")))
}

/// Once all have heard from all, the messages of every operation that some
/// replica still had are part of the result.
///
/// What only a replica knew that then lost its state was never durable, and may
/// be gone.
pub(super) fn no_loss<S: Subject, O: Clone>(lab: &mut Lab<'_, S, O>) -> Option<Finding> {
    let mut durable = Events::default();
    for node in &lab.nodes {
        durable.join(node.seen);
    }
    lab.heal();
    let result = &lab.nodes.first()?.state;
    let durable = lab.made().filter(|(number, _)| durable.contains(*number));
    durable.map(|(_, message)| &message.delta).find_map(|delta| missing(lab.check, result, delta))
}

/// Whether `delta` is not in what all ended with.
pub(crate) fn missing<S: Subject, O>(
    check: &Check<S, O>,
    result: &StateOf<S>,
    delta: &DeltaOf<S>,
) -> Option<Finding> {
    let with = taught::<S>(result, [delta.clone()]);
    (!check.same(&with, result)).then(|| {
        Finding::differ::<S>(
            format!("all have heard from all, and {delta:?} is missing"),
            ("all have", result),
            ("and should have", &with),
        )
    })
}

pub(super) fn convergence<S: Subject, O: Clone>(lab: &mut Lab<'_, S, O>) -> Option<Finding> {
    lab.heal();
    let (first, others) = lab.nodes.split_first()?;
    others
        .iter()
        .enumerate()
        .find_map(|(i, other)| apart(lab.check, &first.state, (i + 1, &other.state)))
}

/// Whether replica 0 and another differ although all have heard from all.
pub(crate) fn apart<S: Subject, O>(
    check: &Check<S, O>,
    first: &StateOf<S>,
    (at, other): (usize, &StateOf<S>),
) -> Option<Finding> {
    (!check.same(first, other)).then(|| {
        Finding::differ::<S>(
            "all have heard from all",
            ("replica 0 has", first),
            (&format!("replica {at} has"), other),
        )
    })
}
