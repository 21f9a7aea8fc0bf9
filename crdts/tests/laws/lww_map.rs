//! A last-writer-wins map: at each key the last write that no operation has seen.

use std::collections::BTreeMap;

use gossiper_check::{Seen, check};
use gossiper_core::StateOf;
use gossiper_crdts::LwwMap;
use proptest::prelude::*;

use crate::records::{records, seen_by};

#[derive(Clone, Copy, Debug, PartialEq)]
enum Op {
    Set(u8, u8),
    Remove(u8),
}

impl Op {
    fn key(&self) -> u8 {
        let (Self::Set(key, _) | Self::Remove(key)) = self;
        *key
    }
}

records!(Op, LwwMap<u8, u8>, |op, map| match op {
    Op::Set(key, value) => {
        map.set(*key, *value);
        assert_eq!(map.get(key), Some(*value));
    }
    Op::Remove(key) => assert_eq!(map.contains_key(key), map.remove(key)),
});

fn ops() -> impl Strategy<Value = Op> {
    prop_oneof![
        3 => (0..3_u8, any::<u8>()).prop_map(|(key, value)| Op::Set(key, value)),
        1 => (0..3_u8).prop_map(Op::Remove),
    ]
}

fn view(map: &StateOf<LwwMap<u8, u8>>) -> BTreeMap<u8, u8> {
    map.iter().map(|(key, value)| (*key, *value)).collect()
}

/// Of the writes that nobody has seen, the timestamp decides, then the replica.
fn last_writes(seen: &Seen<'_, Op>) -> BTreeMap<u8, u8> {
    let mut writes: Vec<_> = seen
        .iter()
        .filter_map(|one| match *one.op() {
            Op::Set(key, value) if !seen_by(seen, one, |op| op.key() == key) => {
                Some(((one.timestamp(), one.writer()), (key, value)))
            }
            _ => None,
        })
        .collect();
    writes.sort_by_key(|(rank, _)| *rank);
    writes.into_iter().map(|(_, write)| write).collect()
}

check!(LwwMap<u8, u8>, ops = ops(), with_model(view, last_writes), with_bounded_growth());
