//! Each state and digest has one encoding, and everything else is refused.
//!
//! Plain lists of tuples stand for the bytes: bincode writes them as it writes
//! the maps and records of a state, and lets them break every rule.
#![cfg(feature = "serde")]

use gossiper_core::causal::Causal;
use gossiper_core::{CausalContext, IdSetDigest, ReplicaId, Replicated, UpdateContext};
use gossiper_crdts::{
    ByKey, GCounter, GCounterDigest, GMap, GSet, Max, OrMap, OrSet, TwoPhaseSet, TwoPhaseSetDigest,
};
use serde::Serialize;
use serde::de::DeserializeOwned;

fn encode(value: impl Serialize) -> Vec<u8> {
    bincode::serde::encode_to_vec(value, bincode::config::legacy()).expect("plain data encodes")
}

fn decode<T: DeserializeOwned>(plain: impl Serialize) -> Option<T> {
    let bytes = encode(plain);
    let (value, read) =
        bincode::serde::decode_from_slice(&bytes, bincode::config::legacy()).ok()?;
    assert_eq!(read, bytes.len());
    Some(value)
}

#[test]
fn counts_ascend_by_writer_and_are_not_zero() {
    let mut counter = GCounter::new();
    for (writer, by) in [(1, 3), (2, 4)] {
        counter.merge(counter.increment(ReplicaId::new(writer), by).unwrap());
    }
    assert_eq!(decode(vec![(1_u64, 3_u64), (2, 4)]), Some(counter.clone()));
    assert_eq!(decode(vec![(1_u64, 3_u64), (2, 4)]), Some(counter.digest()));
    for refused in [vec![(2_u64, 4_u64), (1, 3)], vec![(1, 3), (1, 3)], vec![(1, 0)]] {
        assert_eq!(decode::<GCounter>(&refused), None, "{refused:?}");
        assert_eq!(decode::<GCounterDigest>(&refused), None, "{refused:?}");
    }
}

#[test]
fn elements_ascend() {
    let set = GSet::from_iter(["a", "b"].map(String::from));
    assert_eq!(decode(vec!["a", "b"]), Some(set.clone()));
    assert_eq!(decode(vec!["a", "b"]), Some(set.digest()));
    for refused in [["b", "a"], ["a", "a"]] {
        assert_eq!(decode::<GSet<String>>(refused.to_vec()), None, "{refused:?}");
        assert_eq!(decode::<IdSetDigest<String>>(refused.to_vec()), None, "{refused:?}");
    }
}

#[test]
fn an_element_is_in_one_phase() {
    let mut set = TwoPhaseSet::<u8>::new();
    for element in 1..=3 {
        set.merge(set.insert(element));
    }
    set.merge(set.remove(3));
    assert_eq!(decode((vec![1_u8, 2], vec![3_u8])), Some(set.clone()));
    assert_eq!(decode((vec![1_u8, 2], vec![3_u8])), Some(set.digest()));
    for refused in [(vec![1_u8, 2], vec![2_u8]), (vec![2, 1], vec![]), (vec![], vec![3, 3])] {
        assert_eq!(decode::<TwoPhaseSet<u8>>(&refused), None, "{refused:?}");
    }
    assert_eq!(decode::<TwoPhaseSetDigest<u8>>((vec![2_u8, 1], vec![0_u8; 0])), None);
}

#[test]
fn keys_of_a_map_of_lattices_ascend() {
    let mut map = GMap::<u8, Max<u8>>::new();
    for key in [1, 2] {
        map.merge(map.update(key, |value| value.raise(7)));
    }
    assert_eq!(decode(vec![(1_u8, Some(7_u8)), (2, Some(7))]), Some(map.clone()));
    assert_eq!(decode(vec![(1_u8, Some(7_u8)), (2, Some(7))]), Some(map.digest()));
    for refused in [[(2_u8, Some(7_u8)), (1, None)], [(1, None), (1, None)]] {
        assert_eq!(decode::<GMap<u8, Max<u8>>>(refused.to_vec()), None, "{refused:?}");
        assert_eq!(decode::<ByKey<u8, Option<u8>>>(refused.to_vec()), None, "{refused:?}");
    }
}

/// Writers, and what each of their runs skips and how many more it has.
type Runs = Vec<(u64, Vec<(u64, u64)>)>;
/// Writers, and what each of their atoms skips, and its payload.
type Atoms<T> = Vec<(u64, Vec<(u64, T)>)>;

#[test]
fn contexts_ascend_and_their_runs_do_not_touch() {
    let plain: Runs = vec![(1, vec![(0, 4), (1, 0)]), (2, vec![(6, 0)])];
    let context: CausalContext = decode(&plain).expect("it is one");
    assert_eq!(format!("{context:?}"), "{r1: 1..=5 7, r2: 7}");
    assert_eq!(encode(&context), encode(&plain));
    let refused: [(&str, Runs); 6] = [
        ("no run", vec![(1, vec![])]),
        ("runs that touch", vec![(1, vec![(0, 4), (0, 0)])]),
        ("writers out of order", vec![(2, vec![(0, 0)]), (1, vec![(0, 0)])]),
        ("a writer twice", vec![(1, vec![(0, 0)]), (1, vec![(3, 0)])]),
        ("an overflow", vec![(1, vec![(u64::MAX, 0)])]),
        ("an overflow of the length", vec![(1, vec![(1, u64::MAX)])]),
    ];
    for (why, refused) in refused {
        assert_eq!(decode::<CausalContext>(refused), None, "{why}");
    }
}

#[test]
fn atoms_ascend_by_dot() {
    let mut set = Causal::<OrSet<u8>>::default();
    let mut ctx = UpdateContext::of(ReplicaId::new(1));
    for element in 0..30 {
        let add = set.transact(&mut ctx, |set| {
            set.insert(element);
            Ok(())
        });
        add.expect("nothing is refused");
    }
    let plain: Atoms<u8> = vec![(1, (0..30).map(|element| (0, element)).collect())];
    assert_eq!(decode::<OrSet<u8>>(&plain).as_ref(), Some(&*set));
    let refused: [(&str, Atoms<u8>); 4] = [
        ("no atom", vec![(1, vec![])]),
        ("writers out of order", vec![(2, vec![(0, 7)]), (1, vec![(0, 7)])]),
        ("a writer twice", vec![(1, vec![(0, 7)]), (1, vec![(1, 7)])]),
        ("an overflow", vec![(1, vec![(0, 7), (u64::MAX, 7)])]),
    ];
    for (why, refused) in refused {
        assert_eq!(decode::<OrSet<u8>>(refused), None, "{why}");
    }
}

#[test]
fn every_key_of_a_map_has_a_value_and_every_dot_one_place() {
    let value = |skipped| -> Atoms<u8> { vec![(1, vec![(skipped, 7)])] };
    let plain = vec![(0_u8, value(0)), (3, value(1))];
    let map: OrMap<u8, OrSet<u8>> = decode(&plain).expect("it is one");
    assert_eq!((map.len(), encode(&map)), (2, encode(&plain)));
    type Entries = Vec<(u8, Atoms<u8>)>;
    let refused: [(&str, Entries); 4] = [
        ("no value", vec![(0, vec![])]),
        ("keys out of order", vec![(1, value(0)), (0, value(1))]),
        ("a key twice", vec![(0, value(0)), (0, value(1))]),
        ("a dot twice", vec![(0, value(5)), (1, value(5))]),
    ];
    for (why, refused) in refused {
        assert_eq!(decode::<OrMap<u8, OrSet<u8>>>(refused), None, "{why}");
    }
}
