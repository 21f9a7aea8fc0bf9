//! Digests, deltas and their parts.

use gossiper_core::{DeltaOf, Replicated, StateOf};

use super::{COMBINATIONS, Finding};
use crate::lab::{Cause, Lab, Moment, taught, whole};
use crate::subject::Subject;

/// After a pull, the asker has all that it had and all that the answerer had
/// seen, and nothing is gone.
///
/// Told by the messages, not by digests: those are what is being tested.
pub(super) fn soundness<S: Subject, O: Clone>(
    lab: &Lab<'_, S, O>,
    moment: &Moment<S>,
) -> Option<Finding> {
    let Cause::Pull { from } = moment.cause else { return None };
    let (answerer, asker) = (&lab.nodes[from], &lab.nodes[moment.at].state);
    let seen = || {
        let seen = lab.made().filter(|(number, _)| answerer.seen.contains(*number));
        seen.map(|(_, message)| message.delta.clone())
    };
    let should = taught::<S>(&moment.before, seen());
    if lab.check.same(&should, asker) {
        return None;
    }
    // What the answerer has itself lost is another law's business.
    let faithful = taught::<S>(&StateOf::<S>::default(), seen());
    lab.check.same(&faithful, &answerer.state).then(|| {
        Finding::differ::<S>(
            format!(
                "replica {} had {:?}, asked, and was answered {}",
                moment.at,
                moment.before,
                moment
                    .merged
                    .as_ref()
                    .map_or("nothing".to_owned(), |(delta, _)| format!("{delta:?}")),
            ),
            ("it has now", asker),
            ("and should have", &should),
        )
    })
}

pub(super) fn completeness<S: Subject, O: Clone>(lab: &Lab<'_, S, O>) -> Option<Finding> {
    pairs(lab).find_map(|(a, b)| {
        let silent = a.delta(&b.digest()).is_none() && b.delta(&a.digest()).is_none();
        (silent && !lab.check.same(a, b)).then(|| {
            Finding::differ::<S>(
                "neither side has anything to send",
                ("one side", a),
                ("the other side", b),
            )
        })
    })
}

pub(super) fn minimality<S: Subject, O: Clone>(lab: &Lab<'_, S, O>) -> Option<Finding> {
    if lab.check.coarse_digest {
        return None;
    }
    let own = lab.nodes.iter().find_map(|node| {
        let needless = node.state.delta(&node.state.digest())?;
        Some(Finding::new(format!(
            "{:?} answers its own digest with {needless:?}, and should with nothing",
            node.state
        )))
    });
    own.or_else(|| {
        pairs(lab).find_map(|(from, to)| {
            let delta = from.delta(&to.digest())?;
            StateOf::<S>::decompose(delta.clone()).into_iter().find_map(|atom| {
                let with = taught::<S>(to, [atom.clone()]);
                lab.check.same(&with, to).then(|| {
                    Finding::new(format!(
                        "the answer {delta:?} to the digest of {to:?} holds {atom:?}, which it has"
                    ))
                })
            })
        })
    })
}

pub(super) fn decomposition<S: Subject, O: Clone>(lab: &Lab<'_, S, O>) -> Option<Finding> {
    let mutations = lab.made().map(|(_, message)| message.delta.clone());
    let answers = lab.nodes.iter().filter_map(|node| whole::<S>(&node.state));
    let empty = StateOf::<S>::default();
    let mut states = lab.nodes.iter().map(|node| &node.state).chain([&empty]).cycle();
    mutations.chain(answers).take(COMBINATIONS).find_map(|delta| {
        let state = states.next()?;
        let at_once = taught::<S>(state, [delta.clone()]);
        let atoms: Vec<DeltaOf<S>> = StateOf::<S>::decompose(delta.clone());
        let in_parts = taught::<S>(state, atoms.iter().cloned());
        let reversed = taught::<S>(state, atoms.into_iter().rev());
        [in_parts, reversed].into_iter().find_map(|parts| {
            (!lab.check.same(&at_once, &parts)).then(|| {
                Finding::differ::<S>(
                    format!("merging {delta:?} into {state:?} whole, or in parts"),
                    ("whole", &at_once),
                    ("in parts", &parts),
                )
            })
        })
    })
}

/// Ordered pairs of different replicas' states.
fn pairs<'a, S: Subject, O: Clone>(
    lab: &'a Lab<'_, S, O>,
) -> impl Iterator<Item = (&'a StateOf<S>, &'a StateOf<S>)> {
    let states = lab.nodes.iter().enumerate();
    let pairs = states.clone().flat_map(move |a| states.clone().map(move |b| (a, b)));
    let different = pairs.filter(|((i, _), (j, _))| i != j);
    different.map(|((_, a), (_, b))| (&a.state, &b.state)).take(COMBINATIONS)
}
