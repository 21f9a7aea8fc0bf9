//! Every type beside the plain one that it stands for: one state, changed in
//! sequence by any of three writers.

use std::collections::{BTreeMap, BTreeSet};

use gossiper_core::{Dot, ReplicaId, Replicated};
use gossiper_crdts::{Expected, GCounter, GSet, PutError, VersionedKv};
use proptest::collection::vec;
use proptest::prelude::*;

/// A mutation of the map.
#[derive(Clone, Debug)]
enum KvOp {
    Put {
        writer: u64,
        key: String,
        value: u8,
    },
    /// On the condition that was true at the last read of the key, if any.
    PutIf {
        writer: u64,
        key: String,
        value: u8,
    },
    Read {
        key: String,
    },
    Delete {
        key: String,
    },
}

fn kv_ops() -> impl Strategy<Value = Vec<KvOp>> {
    let key = || "[ab]?";
    let put = (1..=3_u64, key(), any::<u8>());
    vec(
        prop_oneof![
            put.clone().prop_map(|(writer, key, value)| KvOp::Put { writer, key, value }),
            put.prop_map(|(writer, key, value)| KvOp::PutIf { writer, key, value }),
            key().prop_map(|key| KvOp::Read { key }),
            key().prop_map(|key| KvOp::Delete { key }),
        ],
        0..40,
    )
}

/// What a plain map knows of a key: the version of the last put, who put it,
/// and the value if it was not deleted.
#[derive(Default)]
struct Plain {
    version: u64,
    writer: u64,
    value: Option<u8>,
}

impl Plain {
    fn put(&mut self, writer: u64, value: u8) {
        *self = Self { version: self.version + 1, writer, value: Some(value) };
    }

    fn read(&self) -> Expected {
        let (version, writer) = (self.version, ReplicaId::new(self.writer));
        if self.value.is_some() { Expected::Version { version, writer } } else { Expected::Absent }
    }
}

proptest! {
    #[test]
    fn counter_is_a_sum(steps in vec((0..3_u64, any::<u64>()), 0..40)) {
        let (mut counter, mut counts) = (GCounter::new(), [0_u64; 3]);
        for (writer, by) in steps {
            let count = &mut counts[writer as usize];
            match (counter.increment(ReplicaId::new(writer), by), count.checked_add(by)) {
                (Ok(delta), Some(raised)) => {
                    prop_assert_eq!(counter.merge(delta).is_changed(), by > 0);
                    *count = raised;
                }
                (Err(refused), None) => prop_assert_eq!((refused.count, refused.by), (*count, by)),
                (got, model) => prop_assert!(false, "{:?} beside {:?}", got, model),
            }
            prop_assert_eq!(counter.value(), counts.iter().map(|n| u128::from(*n)).sum::<u128>());
        }
    }

    #[test]
    fn set_is_a_set(steps in vec(vec(0..20_u8, 0..4), 0..20)) {
        let (mut set, mut model) = (GSet::new(), BTreeSet::new());
        for elements in steps {
            let news = elements.iter().any(|element| !model.contains(element));
            prop_assert_eq!(set.merge(set.insert_all(elements.clone())).is_changed(), news);
            model.extend(elements);
            prop_assert!(set.iter().eq(&model));
            prop_assert_eq!((set.len(), set.is_empty()), (model.len(), model.is_empty()));
            prop_assert!((0..20).all(|element| set.contains(&element) == model.contains(&element)));
        }
    }

    #[test]
    fn map_is_a_map(ops in kv_ops()) {
        let mut map = VersionedKv::<String, u8>::new();
        let (mut model, mut read) = (BTreeMap::<String, Plain>::new(), BTreeMap::new());
        for (op, sequence) in ops.into_iter().zip(1..) {
            match op {
                KvOp::Put { writer, key, value } => {
                    let dot = Dot::new(ReplicaId::new(writer), sequence).unwrap();
                    map.merge(map.put(dot, key.clone(), value)?);
                    model.entry(key).or_default().put(writer, value);
                }
                KvOp::PutIf { writer, key, value } => {
                    let dot = Dot::new(ReplicaId::new(writer), sequence).unwrap();
                    let expected = read.get(&key).copied().unwrap_or(Expected::Absent);
                    let plain = model.entry(key.clone()).or_default();
                    let found = plain.read();
                    match map.put_if(dot, key, value, expected) {
                        Ok(delta) => {
                            prop_assert_eq!(expected, found);
                            map.merge(delta);
                            plain.put(writer, value);
                        }
                        Err(refused) => {
                            prop_assert_ne!(expected, found);
                            prop_assert_eq!(refused, PutError::Mismatch { expected, found });
                        }
                    }
                }
                KvOp::Read { key } => {
                    let seen = Expected::from(map.entry(&key));
                    read.insert(key, seen);
                }
                KvOp::Delete { key } => {
                    map.merge(map.delete(&key));
                    model.entry(key).or_default().value = None;
                }
            }
            let live = model.iter().filter_map(|(key, plain)| Some((key, plain.value?, plain)));
            let live: Vec<_> =
                live.map(|(key, value, plain)| (key, plain.version, plain.writer, value)).collect();
            let shown: Vec<_> =
                map.iter().map(|(key, e)| (key, e.version, e.writer.as_u64(), *e.value)).collect();
            prop_assert_eq!(&shown, &live);
            prop_assert_eq!((map.len(), map.is_empty()), (live.len(), live.is_empty()));
            for key in ["", "a", "b"] {
                let value = model.get(key).and_then(|plain| plain.value);
                prop_assert_eq!(map.get(key).copied(), value);
                prop_assert_eq!(map.contains_key(key), value.is_some());
            }
        }
    }
}
