//! What users see: the model, invariants, losses, and convergence.

use super::Finding;
use crate::history::Events;
use crate::lab::{Lab, Moment, taught};
use crate::subject::Subject;

/// A message that was merged here before changes nothing any more.
pub(super) fn no_resurrection<S: Subject, O: Clone>(
    lab: &Lab<'_, S, O>,
    moment: &Moment<S>,
) -> Option<Finding> {
    let node = &lab.nodes[moment.at];
    lab.made().filter(|(number, _)| node.merged.contains(*number)).find_map(|(_, message)| {
        let haunted = taught::<S>(&node.state, [message.delta.clone()]);
        (!lab.check.same(&haunted, &node.state)).then(|| {
            Finding::differ::<S>(
                format!("{:?}, merged before, comes again", message.delta),
                ("before it comes again", &node.state),
                ("after", &haunted),
            )
        })
    })
}

pub(super) fn model<S: Subject, O: Clone>(lab: &Lab<'_, S, O>, at: usize) -> Option<Finding> {
    let (view, model) = (lab.check.view.as_ref()?, lab.check.model.as_ref()?);
    let (shown, expected) = (view(&lab.nodes[at].state), model(&lab.seen(at)?));
    (shown != expected).then(|| Finding {
        what: format!("replica {at} has seen all that its operations depend on"),
        sides: Some([("it shows".to_owned(), shown), ("the model says".to_owned(), expected)]),
    })
}

pub(super) fn invariant<S: Subject, O: Clone>(lab: &Lab<'_, S, O>, at: usize) -> Option<Finding> {
    let invariant = lab.check.invariant.as_ref()?;
    let state = &lab.nodes[at].state;
    let broken = invariant(state).err()?;
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
    lab.made().filter(|(number, _)| durable.contains(*number)).find_map(|(_, message)| {
        let with = taught::<S>(result, [message.delta.clone()]);
        (!lab.check.same(&with, result)).then(|| {
            Finding::differ::<S>(
                format!("all have heard from all, and {:?} is missing", message.delta),
                ("all have", result),
                ("and should have", &with),
            )
        })
    })
}

pub(super) fn convergence<S: Subject, O: Clone>(lab: &mut Lab<'_, S, O>) -> Option<Finding> {
    lab.heal();
    let (first, others) = lab.nodes.split_first()?;
    others.iter().enumerate().find_map(|(i, other)| {
        (!lab.check.same(&first.state, &other.state)).then(|| {
            Finding::differ::<S>(
                "all have heard from all",
                ("replica 0 has", &first.state),
                (&format!("replica {} has", i + 1), &other.state),
            )
        })
    })
}
