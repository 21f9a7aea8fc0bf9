//! Digests, deltas and their parts.

use gossiper_core::lattice::News;
use gossiper_core::reconcile::Sketch;
use gossiper_core::{CausalContext, DeltaOf, FingerprintKey, Replicated, StateOf};

use super::{COMBINATIONS, Finding};
use crate::lab::{Cause, Lab, Moment, taught, whole};
use crate::subject::{Check, Subject};

/// After a pull, the asker has all that it had and all that the answerer had
/// seen, and nothing is gone.
///
/// Told by the messages, not by digests: those are what is being tested.
pub(super) fn soundness<S: Subject, O: Clone>(
    lab: &Lab<'_, S, O>,
    moment: &Moment<S>,
) -> Option<Finding> {
    let Cause::Pull { from } = moment.cause else { return None };
    let answerer = &lab.nodes[from];
    let seen = lab.made().filter(|(number, _)| answerer.seen.contains(*number));
    let seen: Vec<DeltaOf<S>> = seen.map(|(_, message)| message.delta.clone()).collect();
    withheld(
        lab.check,
        (&moment.before, &lab.nodes[moment.at].state),
        (&answerer.state, &seen),
        || {
            let answer = moment.merged.as_ref().map(|(delta, _)| format!("{delta:?}"));
            format!(
                "replica {} had {:?}, asked, and was answered {}",
                moment.at,
                moment.before,
                answer.as_deref().unwrap_or("nothing")
            )
        },
    )
}

/// Whether an asker that an answer has led from one state to another lacks what
/// the answerer had, whose state is the join of what it had seen.
pub(crate) fn withheld<S: Subject, O>(
    check: &Check<S, O>,
    (before, asker): (&StateOf<S>, &StateOf<S>),
    (answerer, seen): (&StateOf<S>, &[DeltaOf<S>]),
    what: impl FnOnce() -> String,
) -> Option<Finding> {
    let should = taught::<S>(before, seen.iter().cloned());
    if check.same(&should, asker) {
        return None;
    }
    // What the answerer has itself lost is another law's business.
    let faithful = taught::<S>(&StateOf::<S>::default(), seen.iter().cloned());
    check
        .same(&faithful, answerer)
        .then(|| Finding::differ::<S>(what(), ("it has now", asker), ("and should have", &should)))
}

pub(super) fn completeness<S: Subject, O: Clone>(lab: &Lab<'_, S, O>) -> Option<Finding> {
    pairs(lab).find_map(|(a, b)| silent_and_different(lab.check, a, b))
}

/// Whether two states have nothing to tell each other, and differ.
pub(crate) fn silent_and_different<S: Subject, O>(
    check: &Check<S, O>,
    a: &StateOf<S>,
    b: &StateOf<S>,
) -> Option<Finding> {
    let silent = a.delta(&b.digest()).is_none() && b.delta(&a.digest()).is_none();
    (silent && !check.same(a, b)).then(|| {
        Finding::differ::<S>(
            "neither side has anything to send",
            ("one side", a),
            ("the other side", b),
        )
    })
}

pub(super) fn minimality<S: Subject, O: Clone>(lab: &Lab<'_, S, O>) -> Option<Finding> {
    if lab.check.coarse_digest {
        return None;
    }
    let own = lab.nodes.iter().find_map(|node| answers_itself::<S>(&node.state));
    own.or_else(|| pairs(lab).find_map(|(from, to)| needless(lab.check, from, to)))
}

/// Whether a state answers its own digest.
pub(crate) fn answers_itself<S: Subject>(state: &StateOf<S>) -> Option<Finding> {
    let needless = state.delta(&state.digest())?;
    Some(Finding::new(format!(
        "{state:?} answers its own digest with {needless:?}, and should with nothing"
    )))
}

/// Whether an answer to `to` holds what that has.
pub(crate) fn needless<S: Subject, O>(
    check: &Check<S, O>,
    from: &StateOf<S>,
    to: &StateOf<S>,
) -> Option<Finding> {
    let delta = from.delta(&to.digest())?;
    StateOf::<S>::decompose(delta.clone()).into_iter().find_map(|atom| {
        let with = taught::<S>(to, [atom.clone()]);
        check.same(&with, to).then(|| {
            Finding::new(format!(
                "the answer {delta:?} to the digest of {to:?} holds {atom:?}, which it has"
            ))
        })
    })
}

/// The key of the states that are checked.
pub(crate) const KEY: FingerprintKey = FingerprintKey::new(*b"kept by a check.");

/// Whether a fingerprint that was kept up to date is not that of the state.
pub(crate) fn kept_wrongly<S: Subject>(state: &StateOf<S>) -> Option<Finding> {
    let kept = state.fingerprint(&KEY)?;
    let mut anew = state.clone();
    // Whatever was kept for one key is of no use for another.
    anew.maintain_fingerprint(&FingerprintKey::default());
    anew.maintain_fingerprint(&KEY);
    let new = anew.fingerprint(&KEY);
    if new != Some(kept) {
        let sides = [("kept up to date", Some(kept)), ("computed anew", new)];
        return Some(Finding {
            what: format!("the fingerprint of {state:?}"),
            sides: Some(sides.map(|(side, word)| (side.to_owned(), format!("{word:?}")))),
        });
    }
    let kept = state.sketch()?;
    anew.maintain_sketch();
    (anew.sketch().map(Sketch::fingerprint) != Some(kept.fingerprint())).then(|| {
        Finding::new(format!("the sketch of {state:?} that was kept is not what is made anew"))
    })
}

/// Whether the words of a state are not those of its sketch, or do not lead to all of
/// its atoms.
fn words_that_do_not_tell<S: Subject, O>(
    check: &Check<S, O>,
    state: &StateOf<S>,
) -> Option<Finding> {
    let mut state = state.clone();
    state.maintain_fingerprint(&KEY);
    state.maintain_sketch();
    let (mut words, sketch) = (Vec::new(), state.sketch()?);
    if !state.visit_words(&mut |word| words.push(word)) {
        return None;
    }
    if Sketch::of(*sketch.key(), sketch.cells(), words) != *sketch {
        return Some(Finding::new(format!("the words of {state:?} are not those of its sketch")));
    }
    // In two deltas: half of the words each.
    let halves = state.atoms(&mut |word| Some((word % 2) as usize));
    let none = StateOf::<S>::default();
    let all = halves.into_iter().fold(none, |all, half| taught::<S>(&all, Some(half)));
    (!check.same(&all, &state)).then(|| {
        let sides = (("the state", &state), ("all of its atoms by words", &all));
        Finding::differ::<S>("atoms are left out", sides.0, sides.1)
    })
}

/// Whether the fingerprints of two states do not tell whether they are equal.
pub(crate) fn told_apart_wrongly<S: Subject, O>(
    check: &Check<S, O>,
    a: &StateOf<S>,
    b: &StateOf<S>,
) -> Option<Finding> {
    let alike = a.fingerprint(&KEY)? == b.fingerprint(&KEY)?;
    let what = match (alike, check.same(a, b)) {
        (true, false) => "different states have one fingerprint",
        (false, true) => "equal states have different fingerprints",
        _ => return None,
    };
    Some(Finding::differ::<S>(what, ("one state", a), ("the other state", b)))
}

pub(super) fn fingerprints<S: Subject, O: Clone>(lab: &Lab<'_, S, O>) -> Option<Finding> {
    let apart = pairs(lab).find_map(|(a, b)| told_apart_wrongly(lab.check, a, b));
    let mut states = lab.nodes.iter().map(|node| &node.state);
    apart.or_else(|| states.find_map(|state| words_that_do_not_tell(lab.check, state))).or_else(
        || {
            // An equal state that came about in another way.
            lab.nodes.iter().find_map(|node| {
                let rebuilt = taught::<S>(&StateOf::<S>::default(), whole::<S>(&node.state));
                told_apart_wrongly(lab.check, &node.state, &rebuilt)
            })
        },
    )
}

pub(super) fn decomposition<S: Subject, O: Clone>(lab: &Lab<'_, S, O>) -> Option<Finding> {
    let mutations = lab.made().map(|(_, message)| message.delta.clone());
    let answers = lab.nodes.iter().filter_map(|node| whole::<S>(&node.state));
    let empty = StateOf::<S>::default();
    let mut states = lab.nodes.iter().map(|node| &node.state).chain([&empty]).cycle();
    mutations
        .chain(answers)
        .take(COMBINATIONS)
        .find_map(|delta| in_parts(lab.check, &delta, states.next()?))
}

/// `state` merges a delta whole, or in parts.
pub(crate) fn in_parts<S: Subject, O>(
    check: &Check<S, O>,
    delta: &DeltaOf<S>,
    state: &StateOf<S>,
) -> Option<Finding> {
    let at_once = taught::<S>(state, [delta.clone()]);
    let atoms: Vec<DeltaOf<S>> = StateOf::<S>::decompose(delta.clone());
    let in_parts = taught::<S>(state, atoms.iter().cloned());
    let reversed = taught::<S>(state, atoms.into_iter().rev());
    let mut halves = StateOf::<S>::halve(delta.clone());
    let last = halves.pop().map_or_else(Vec::new, StateOf::<S>::halve);
    let in_halves = taught::<S>(state, last.into_iter().chain(halves));
    [in_parts, reversed, in_halves].into_iter().find_map(|parts| {
        (!check.same(&at_once, &parts)).then(|| {
            Finding::differ::<S>(
                format!("merging {delta:?} into {state:?} whole, or in parts"),
                ("whole", &at_once),
                ("in parts", &parts),
            )
        })
    })
}

pub(super) fn joined_deltas<S: Subject, O: Clone>(lab: &Lab<'_, S, O>) -> Option<Finding> {
    let mutations = lab.made().map(|(_, message)| message.delta.clone());
    let answers = lab.nodes.iter().filter_map(|node| whole::<S>(&node.state));
    let deltas: Vec<DeltaOf<S>> = mutations.chain(answers).collect();
    let empty = StateOf::<S>::default();
    let mut states = lab.nodes.iter().map(|node| &node.state).chain([&empty]).cycle();
    let pairs = deltas.iter().flat_map(|a| deltas.iter().map(move |b| (a, b)));
    pairs.take(COMBINATIONS).find_map(|(a, b)| joined(lab.check, states.next()?, a, b))
}

/// `state` merges two deltas, or their join and what could not be joined.
pub(crate) fn joined<S: Subject, O>(
    check: &Check<S, O>,
    state: &StateOf<S>,
    a: &DeltaOf<S>,
    b: &DeltaOf<S>,
) -> Option<Finding> {
    let mut join = a.clone();
    let beside = StateOf::<S>::join_deltas(&mut join, b.clone());
    let by_one = taught::<S>(state, [a.clone(), b.clone()]);
    let at_once = taught::<S>(state, [join.clone()].into_iter().chain(beside));
    (!check.same(&by_one, &at_once)).then(|| {
        Finding::differ::<S>(
            format!("merging {a:?} and {b:?} into {state:?} one by one, or joined as {join:?}"),
            ("one by one", &by_one),
            ("joined", &at_once),
        )
    })
}

pub(super) fn pieces_are_whole<S: Subject, O: Clone>(lab: &Lab<'_, S, O>) -> Option<Finding> {
    pairs(lab).find_map(|(from, to)| pulled_in_pieces(lab.check, from, to))
}

/// Pieces of an answer at most: more would be a pull that never ends.
const PIECES: usize = 10_000;

/// Whether `to` ends elsewhere by pulling from `from` in the smallest pieces than
/// by the whole answer. Each piece is repeated, and each but the first is lost
/// once.
pub(crate) fn pulled_in_pieces<S: Subject, O>(
    check: &Check<S, O>,
    from: &StateOf<S>,
    to: &StateOf<S>,
) -> Option<Finding> {
    let outline = to.outline()?;
    let (mut asker, mut covered) = (to.clone(), CausalContext::new());
    for piece in 0..PIECES {
        match from.news(&outline, &covered, 1) {
            // Lost, and asked for again.
            News::Piece { .. } if piece % 2 == 1 => {}
            News::Piece { delta, covers } => {
                asker.merge(delta.clone());
                asker.merge(delta);
                covered.join(&covers);
            }
            News::Whole { complete: false, .. } => return None,
            News::Whole { delta, .. } => {
                delta.into_iter().for_each(|delta| {
                    asker.merge(delta);
                });
                let whole = taught::<S>(to, from.delta(&to.digest()));
                return (!check.same(&asker, &whole)).then(|| {
                    Finding::differ::<S>(
                        format!("{to:?} pulls from {from:?}"),
                        ("in pieces", &asker),
                        ("whole", &whole),
                    )
                });
            }
        }
    }
    Some(Finding::new(format!("{to:?} pulls from {from:?}, and {PIECES} pieces are not the end")))
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
