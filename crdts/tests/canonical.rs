//! Each state and digest has one encoding, and everything else is refused.
//!
//! Plain lists of tuples stand for the bytes: bincode writes them as it writes
//! the maps and records of a state, and lets them break every rule.
#![cfg(feature = "serde")]

use gossiper_core::{Dot, IdSetDigest, ReplicaId, Replicated};
use gossiper_crdts::{
    ByKey, GCounter, GCounterDigest, GMap, GSet, Max, TwoPhaseSet, TwoPhaseSetDigest, VersionedKv,
    VersionedKvDigest,
};
use serde::Serialize;
use serde::de::DeserializeOwned;

type Kv = VersionedKv<u8, u8>;

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

/// The bytes of a live slot: writer, sequence, version and value.
fn live(writer: u64, sequence: u64, version: u64) -> impl Serialize + Clone {
    (writer, (sequence, (0_u32, version, 7_u8)))
}

/// The bytes of a mark: writer, sequence and fate.
fn mark(writer: u64, sequence: u64, fate: u32) -> impl Serialize + Clone {
    (writer, (sequence, fate))
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

#[test]
fn keys_and_writers_of_a_map_ascend_and_every_key_has_a_writer() {
    let mut map = Kv::new();
    let hidden = map.put(Dot::new(ReplicaId::new(1), 5).unwrap(), 0, 7).unwrap();
    map.merge(map.put(Dot::new(ReplicaId::new(2), 6).unwrap(), 0, 7).unwrap());
    map.merge(hidden);
    map.merge(map.put(Dot::new(ReplicaId::new(1), 6).unwrap(), 3, 7).unwrap());
    let plain = vec![(0_u8, vec![live(1, 5, 1), live(2, 6, 1)]), (3_u8, vec![live(1, 6, 1)])];
    assert_eq!(decode::<Kv>(plain).as_ref(), Some(&map));

    for (why, refused) in [
        ("no writer", vec![(0_u8, vec![])]),
        ("writers out of order", vec![(0, vec![live(2, 1, 1), live(1, 1, 1)])]),
        ("a writer twice", vec![(0, vec![live(1, 1, 1), live(1, 2, 1)])]),
        ("sequence 0", vec![(0, vec![live(1, 0, 1)])]),
        ("version 0", vec![(0, vec![live(1, 1, 0)])]),
        ("keys out of order", vec![(1, vec![live(1, 1, 1)]), (0, vec![live(1, 1, 1)])]),
        ("a key twice", vec![(0, vec![live(1, 1, 1)]), (0, vec![live(2, 1, 1)])]),
    ] {
        assert_eq!(decode::<Kv>(refused), None, "{why}");
    }
}

#[test]
fn keys_and_writers_of_a_digest_ascend_and_every_key_has_a_writer() {
    let mut map = Kv::new();
    map.merge(map.put(Dot::new(ReplicaId::new(1), 5).unwrap(), 0, 7).unwrap());
    map.merge(map.put(Dot::new(ReplicaId::new(2), 6).unwrap(), 0, 7).unwrap());
    let plain = vec![(0_u8, vec![mark(1, 5, 1), mark(2, 6, 0)])];
    assert_eq!(decode(plain), Some(map.digest()));

    for (why, refused) in [
        ("no writer", vec![(0_u8, vec![])]),
        ("writers out of order", vec![(0, vec![mark(2, 1, 0), mark(1, 1, 0)])]),
        ("a writer twice", vec![(0, vec![mark(1, 1, 0), mark(1, 2, 0)])]),
        ("sequence 0", vec![(0, vec![mark(1, 0, 0)])]),
        ("no such fate", vec![(0, vec![mark(1, 1, 2)])]),
        ("a key twice", vec![(0, vec![mark(1, 1, 0)]), (0, vec![mark(2, 1, 0)])]),
    ] {
        assert_eq!(decode::<VersionedKvDigest<u8>>(refused), None, "{why}");
    }
}
