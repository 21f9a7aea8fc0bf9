//! The algebra of merge, and what a mutator's delta must amount to.

use gossiper_core::{DeltaOf, MergeOutcome, StateOf};

use super::{COMBINATIONS, Finding};
use crate::lab::{Cause, Lab, Message, Moment, taught, whole};
use crate::subject::{Check, Subject};

pub(super) fn idempotence<S: Subject, O: Clone>(
    lab: &Lab<'_, S, O>,
    moment: &Moment<S>,
) -> Option<Finding> {
    let (delta, _) = moment.merged.as_ref()?;
    merged_twice(lab.check, &lab.nodes[moment.at].state, delta)
}

/// `state` has merged `delta`, and does so again.
pub(crate) fn merged_twice<S: Subject, O>(
    check: &Check<S, O>,
    state: &StateOf<S>,
    delta: &DeltaOf<S>,
) -> Option<Finding> {
    let again = taught::<S>(state, [delta.clone()]);
    (!check.same(state, &again)).then(|| {
        Finding::differ::<S>(
            format!("{delta:?} is merged twice"),
            ("once", state),
            ("twice", &again),
        )
    })
}

pub(super) fn inflation<S: Subject, O: Clone>(
    lab: &Lab<'_, S, O>,
    moment: &Moment<S>,
) -> Option<Finding> {
    if moment.cause == Cause::Restart {
        return None;
    }
    shrunk(lab.check, &moment.before, &lab.nodes[moment.at].state)
}

/// Whether a step from `before` to `state` lost something.
pub(crate) fn shrunk<S: Subject, O>(
    check: &Check<S, O>,
    before: &StateOf<S>,
    state: &StateOf<S>,
) -> Option<Finding> {
    let reminded = taught::<S>(state, whole::<S>(before));
    (!check.same(state, &reminded)).then(|| {
        Finding::differ::<S>(
            "merging into a state what it knew before the step",
            ("after the step", state),
            ("reminded of what was before it", &reminded),
        )
    })
}

pub(super) fn outcome<S: Subject, O: Clone>(
    lab: &Lab<'_, S, O>,
    moment: &Moment<S>,
) -> Option<Finding> {
    let (_, outcome) = moment.merged.as_ref()?;
    told_wrongly::<S>(&moment.before, &lab.nodes[moment.at].state, *outcome)
}

/// What a merge from `before` to `state` said, if that is not so.
pub(crate) fn told_wrongly<S: Subject>(
    before: &StateOf<S>,
    state: &StateOf<S>,
    outcome: MergeOutcome,
) -> Option<Finding> {
    (outcome.is_changed() == (before == state)).then(|| {
        Finding::differ::<S>(
            format!("merge said {outcome:?}"),
            ("before", before),
            ("after", state),
        )
    })
}

pub(super) fn delta_is_mutation<S: Subject, O: Clone>(
    lab: &Lab<'_, S, O>,
    moment: &Moment<S>,
) -> Option<Finding> {
    if moment.cause != Cause::Op {
        return None;
    }
    let number = lab.performed.last()?.message;
    let message = lab.messages[number].as_ref()?;
    not_the_mutation(lab.check, message).or_else(|| {
        let empty = StateOf::<S>::default();
        let elsewhere = lab.nodes.iter().map(|node| &node.state).chain([&empty]);
        elsewhere.take(COMBINATIONS).find_map(|other| differs_at(lab.check, message, other))
    })
}

/// Whether a delta leads somewhere else than its mutation did, where that was
/// performed.
pub(crate) fn not_the_mutation<S: Subject, O>(
    check: &Check<S, O>,
    message: &Message<S>,
) -> Option<Finding> {
    let merged = taught::<S>(&message.before, [message.delta.clone()]);
    (!check.same(&merged, &message.after)).then(|| {
        Finding::differ::<S>(
            "merging the delta into the state before the mutation",
            ("mutated", &message.after),
            ("merged", &merged),
        )
    })
}

/// Whether a delta leads somewhere else than its mutation did, at `other`.
pub(crate) fn differs_at<S: Subject, O>(
    check: &Check<S, O>,
    message: &Message<S>,
    other: &StateOf<S>,
) -> Option<Finding> {
    let by_state = taught::<S>(other, whole::<S>(&message.after));
    let by_delta = [Some(message.delta.clone()), whole::<S>(&message.before)];
    let by_delta = taught::<S>(other, by_delta.into_iter().flatten());
    (!check.same(&by_state, &by_delta)).then(|| {
        Finding::differ::<S>(
            format!("merging the state after the mutation into {other:?}, or the delta and the state before it"),
            ("the state after it", &by_state),
            ("the delta and the state before it", &by_delta),
        )
    })
}

pub(super) fn commutativity<S: Subject, O: Clone>(lab: &Lab<'_, S, O>) -> Option<Finding> {
    let deltas: Vec<&DeltaOf<S>> = lab.made().map(|(_, message)| &message.delta).collect();
    let pairs =
        deltas.iter().enumerate().flat_map(|(i, a)| deltas[..i].iter().map(move |b| (*a, *b)));
    let tried = lab.nodes.iter().flat_map(|node| pairs.clone().map(move |pair| (node, pair)));
    let by_delta = tried
        .take(COMBINATIONS)
        .find_map(|(node, (a, b))| in_either_order(lab.check, &node.state, a, b));
    by_delta.or_else(|| {
        let states = lab.nodes.iter().map(|node| &node.state);
        let pairs = states
            .clone()
            .enumerate()
            .flat_map(|(i, a)| states.clone().take(i).map(move |b| (a, b)));
        pairs.take(COMBINATIONS).find_map(|(a, b)| each_other(lab.check, a, b))
    })
}

/// `state` merges two deltas in either order.
pub(crate) fn in_either_order<S: Subject, O>(
    check: &Check<S, O>,
    state: &StateOf<S>,
    a: &DeltaOf<S>,
    b: &DeltaOf<S>,
) -> Option<Finding> {
    let one = taught::<S>(state, [a.clone(), b.clone()]);
    let other = taught::<S>(state, [b.clone(), a.clone()]);
    (!check.same(&one, &other)).then(|| {
        Finding::differ::<S>(
            format!("merging {a:?} and {b:?} in either order"),
            ("in this order", &one),
            ("the other way round", &other),
        )
    })
}

/// Two replicas merge each other's state.
pub(crate) fn each_other<S: Subject, O>(
    check: &Check<S, O>,
    a: &StateOf<S>,
    b: &StateOf<S>,
) -> Option<Finding> {
    let (one, other) = (taught::<S>(a, whole::<S>(b)), taught::<S>(b, whole::<S>(a)));
    (!check.same(&one, &other)).then(|| {
        Finding::differ::<S>(
            format!("two replicas, {a:?} and {b:?}, merge each other's state"),
            ("the first then has", &one),
            ("the second", &other),
        )
    })
}

pub(super) fn associativity<S: Subject, O: Clone>(lab: &Lab<'_, S, O>) -> Option<Finding> {
    let states = lab.nodes.iter().map(|node| &node.state);
    let pairs = states.clone().flat_map(|a| states.clone().map(move |b| (a, b)));
    let triples = pairs.flat_map(|(a, b)| states.clone().map(move |c| (a, b, c)));
    triples.take(2 * COMBINATIONS).find_map(|(a, b, c)| merged_first(lab.check, a, b, c))
}

/// `c` merges two states: their merge, or one after the other.
pub(crate) fn merged_first<S: Subject, O>(
    check: &Check<S, O>,
    a: &StateOf<S>,
    b: &StateOf<S>,
    c: &StateOf<S>,
) -> Option<Finding> {
    let both = taught::<S>(a, whole::<S>(b));
    let at_once = taught::<S>(c, whole::<S>(&both));
    let in_turn = taught::<S>(c, [whole::<S>(a), whole::<S>(b)].into_iter().flatten());
    (!check.same(&at_once, &in_turn)).then(|| {
        Finding::differ::<S>(
            format!("{c:?} merges {a:?} and {b:?}"),
            ("their merge at once", &at_once),
            ("one after the other", &in_turn),
        )
    })
}
