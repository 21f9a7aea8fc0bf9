//! Encodings, and what bytes from outside may do.

use gossiper_core::{DeltaOf, DeterministicRng, RandomSource, Replicated, StateOf};

use super::Finding;
use crate::history::History;
use crate::lab::{Lab, Moment, taught, whole};
use crate::subject::{Check, Subject};

pub(super) fn round_trip<S: Subject, O: Clone>(
    lab: &Lab<'_, S, O>,
    moment: &Moment<S>,
) -> Option<Finding> {
    let state = &lab.nodes[moment.at].state;
    if moment.before == *state {
        return None;
    }
    state_survives(lab.check, state).or_else(|| {
        let (delta, _) = moment.merged.as_ref()?;
        delta_survives(lab.check, delta)
    })
}

/// Whether a state is not what its bytes decode to.
pub(crate) fn state_survives<S: Subject, O>(
    check: &Check<S, O>,
    state: &StateOf<S>,
) -> Option<Finding> {
    let wire = check.wire.as_ref()?;
    let bytes = (wire.encode)(state);
    match (wire.decode)(&bytes) {
        None => Some(Finding::new(format!("the bytes of {state:?} do not decode"))),
        Some(back) if !check.same(&back, state) => Some(Finding::differ::<S>(
            "a state is encoded and decoded",
            ("encoded", state),
            ("decoded", &back),
        )),
        Some(back) if (wire.encode)(&back) != bytes => {
            Some(Finding::new(format!("{state:?} has other bytes after decoding")))
        }
        Some(_) => None,
    }
}

/// Whether a delta is not what its bytes decode to.
pub(crate) fn delta_survives<S: Subject, O>(
    check: &Check<S, O>,
    delta: &DeltaOf<S>,
) -> Option<Finding> {
    let wire = check.wire.as_ref()?;
    let bytes = (wire.encode_delta)(delta);
    let back = (wire.decode_delta)(&bytes);
    let same = back.is_some_and(|back| (wire.encode_delta)(&back) == bytes);
    (!same).then(|| Finding::new(format!("{delta:?} does not survive its encoding")))
}

/// States that compare equal, reached in different ways, have equal bytes.
pub(super) fn equal_states_equal_bytes<S: Subject, O: Clone>(
    lab: &mut Lab<'_, S, O>,
) -> Option<Finding> {
    let wire = lab.check.wire.as_ref()?;
    let rebuilt: Vec<StateOf<S>> = lab
        .nodes
        .iter()
        .map(|node| taught::<S>(&StateOf::<S>::default(), whole::<S>(&node.state)))
        .collect();
    lab.heal();
    let states: Vec<&StateOf<S>> =
        lab.nodes.iter().map(|node| &node.state).chain(&rebuilt).collect();
    let bytes: Vec<Vec<u8>> = states.iter().map(|state| (wire.encode)(state)).collect();
    states.iter().zip(&bytes).enumerate().find_map(|(i, one)| {
        let mut others = states[..i].iter().zip(&bytes);
        others.find_map(|other| other_bytes(lab.check, (one.0, one.1), (other.0, other.1)))
    })
}

/// Whether two equal states have different bytes.
pub(crate) fn other_bytes<S: Subject, O>(
    check: &Check<S, O>,
    (a, one): (&StateOf<S>, &[u8]),
    (b, other): (&StateOf<S>, &[u8]),
) -> Option<Finding> {
    (one != other && check.same(a, b)).then(|| Finding {
        what: format!("{a:?} was reached in two ways, with other bytes"),
        sides: Some([("one way".to_owned(), hex(one)), ("another way".to_owned(), hex(other))]),
    })
}

/// The same history once more, with fresh hashers.
pub(super) fn determinism<S: Subject, O: Clone>(
    lab: &Lab<'_, S, O>,
    history: &History<O>,
) -> Option<Finding> {
    let again = Lab::after(lab.check, history);
    lab.nodes.iter().zip(&again.nodes).find_map(|(first, second)| {
        if !lab.check.same(&first.state, &second.state) {
            return Some(Finding::differ::<S>(
                "the same history twice",
                ("first", &first.state),
                ("second", &second.state),
            ));
        }
        let wire = lab.check.wire.as_ref()?;
        let bytes = [(wire.encode)(&first.state), (wire.encode)(&second.state)];
        let digests = [
            (wire.encode_digest)(&first.state.digest()),
            (wire.encode_digest)(&second.state.digest()),
        ];
        let differ = [bytes, digests].into_iter().find(|[a, b]| a != b);
        differ.map(|[a, b]| Finding {
            what: format!("the same history twice, with other bytes of {:?}", first.state),
            sides: Some([("first".to_owned(), hex(&a)), ("second".to_owned(), hex(&b))]),
        })
    })
}

/// Damaged bytes of deltas and digests are refused, or decode to something that
/// can be merged and answered without a panic.
pub(super) fn hostile<S: Subject, O: Clone>(
    lab: &Lab<'_, S, O>,
    moment: &Moment<S>,
) -> Option<Finding> {
    let wire = lab.check.wire.as_ref()?;
    let state = &lab.nodes[moment.at].state;
    if moment.before == *state {
        return None;
    }
    let whole = whole::<S>(state).map(|delta| (wire.encode_delta)(&delta)).unwrap_or_default();
    let digest = (wire.encode_digest)(&state.digest());
    // Other bytes are damaged in other ways.
    let mut rng = DeterministicRng::stream(fold(&whole), moment.at as u64);
    for _ in 0..DAMAGES {
        if let Some(hostile) = (wire.decode_delta)(&damaged(whole.clone(), &mut rng)) {
            // A panic in here is caught, and is the finding.
            let _atoms = StateOf::<S>::decompose(hostile.clone());
            read(lab, &taught::<S>(state, [hostile.clone()]));
            read(lab, &taught::<S>(&StateOf::<S>::default(), [hostile]));
        }
        if let Some(hostile) = (wire.decode_digest)(&damaged(digest.clone(), &mut rng)) {
            let _answer = state.delta(&hostile);
        }
    }
    None
}

/// How often the bytes of one state are damaged.
const DAMAGES: usize = 3;

/// A number that depends on all bytes (FNV-1a).
fn fold(bytes: &[u8]) -> u64 {
    let step = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3);
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, step)
}

/// Does with a state all that a user and the protocol do.
fn read<S: Subject, O: Clone>(lab: &Lab<'_, S, O>, state: &StateOf<S>) {
    let _shown = format!("{state:?}");
    let _read = lab.check.view.as_ref().map(|view| view(state));
    let _told = whole::<S>(state);
}

/// One byte changed, removed, added, or the end cut off.
fn damaged(mut bytes: Vec<u8>, rng: &mut DeterministicRng) -> Vec<u8> {
    let place = rng.below(bytes.len() as u64) as usize;
    let byte = rng.next_u64() as u8;
    match rng.below(4) {
        0 if !bytes.is_empty() => bytes[place] = byte,
        1 if !bytes.is_empty() => drop(bytes.remove(place)),
        2 => bytes.insert(place, byte),
        _ => bytes.truncate(place),
    }
    bytes
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(" ")
}
