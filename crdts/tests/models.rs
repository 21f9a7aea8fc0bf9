//! Every type beside the plain one that it stands for: one state, changed in
//! sequence by any of three writers.

use std::collections::{BTreeMap, BTreeSet};

use gossiper_core::causal::Causal;
use gossiper_core::{ReplicaId, Replicated, UpdateContext};
use gossiper_crdts::{Expected, GCounter, GSet, Mismatch, VersionedKv};
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

/// What a plain map knows of a key that has a value: the version of the put, who
/// put it, and the value.
type Plain = BTreeMap<String, (u64, u64, u8)>;

fn put(model: &mut Plain, writer: u64, key: &str, value: u8) {
    let version = model.get(key).map_or(0, |(version, _, _)| *version) + 1;
    model.insert(key.into(), (version, writer, value));
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
        let mut map = Causal::<VersionedKv<String, u8>>::default();
        let mut writers = [0, 1, 2, 3].map(|id| UpdateContext::of(ReplicaId::new(id)));
        // A condition is as old as the last read of its key: so many changes of
        // the key ago.
        let (mut model, mut read) = (Plain::new(), BTreeMap::new());
        let mut changes = BTreeMap::<String, usize>::new();
        for op in ops {
            match op {
                KvOp::Put { writer, key, value } => {
                    map.transact(&mut writers[writer as usize], |map| {
                        map.put(key.clone(), value);
                        Ok(())
                    }).unwrap();
                    *changes.entry(key.clone()).or_default() += 1;
                    put(&mut model, writer, &key, value);
                }
                KvOp::PutIf { writer, key, value } => {
                    let (expected, at) = read.get(&key).copied().unwrap_or((Expected::Absent, 0));
                    let now = changes.get(&key).copied().unwrap_or(0);
                    let holds = at == now
                        || expected == Expected::Absent && !model.contains_key(&key);
                    let found = Expected::from(map.entry(&key));
                    let done = map.transact(&mut writers[writer as usize], |map| {
                        Ok(map.put_if(key.clone(), value, expected)?)
                    });
                    prop_assert_eq!(done.is_ok(), holds);
                    match done {
                        Ok(_) => {
                            *changes.entry(key.clone()).or_default() += 1;
                            put(&mut model, writer, &key, value);
                        }
                        Err(abort) => {
                            let refused: Mismatch = *abort.into_inner().downcast().unwrap();
                            prop_assert_eq!((refused.expected, refused.found), (expected, found));
                        }
                    }
                }
                KvOp::Read { key } => {
                    let now = changes.get(&key).copied().unwrap_or(0);
                    let seen = Expected::from(map.entry(&key));
                    read.insert(key, (seen, now));
                }
                KvOp::Delete { key } => {
                    map.transact(&mut writers[1], |map| {
                        map.delete(&key);
                        Ok(())
                    }).unwrap();
                    if model.remove(&key).is_some() {
                        *changes.entry(key).or_default() += 1;
                    }
                }
            }
            let shown: Plain = map
                .iter()
                .map(|(key, e)| (key.clone(), (e.version, e.writer().as_u64(), *e.value)))
                .collect();
            prop_assert_eq!(&shown, &model);
            prop_assert_eq!((map.len(), map.is_empty()), (model.len(), model.is_empty()));
            for key in ["", "a", "b"] {
                let value = model.get(key).map(|(_, _, value)| *value);
                prop_assert_eq!(map.get(key).copied(), value);
                prop_assert_eq!(map.contains_key(key), value.is_some());
            }
        }
    }
}
