//! The rules of the versioned map, as a specification over what was seen.

use std::collections::{BTreeMap, BTreeSet};

use gossiper_check::{Seen, check};
use gossiper_core::StateOf;
use gossiper_crdts::VersionedKv;
use proptest::prelude::*;

use crate::records::records;

#[derive(Clone, Debug)]
enum Op {
    Put(u8, u8),
    Delete(u8),
}

type Map = VersionedKv<u8, u8>;

records!(Op, Map, |op, map| match op {
    Op::Put(key, value) => map.put(*key, *value),
    Op::Delete(key) => drop(map.delete(key)),
});

fn ops() -> impl Strategy<Value = Op> {
    prop_oneof![
        3 => (0..3_u8, any::<u8>()).prop_map(|(key, value)| Op::Put(key, value)),
        1 => (0..3_u8).prop_map(Op::Delete),
    ]
}

/// For each key, the values that may be read: those of puts that no other
/// operation on the key has seen. Which of several is read depends on their
/// versions, so the view shows whether one of them is.
fn candidates(seen: &Seen<'_, Op>) -> BTreeMap<u8, BTreeSet<u8>> {
    let mut live = BTreeMap::<u8, BTreeSet<u8>>::new();
    for one in seen.iter() {
        if let Op::Put(key, value) = one.op() {
            let replaced = seen.after(one).any(|later| match later.op() {
                Op::Put(other, _) | Op::Delete(other) => other == key,
            });
            if !replaced {
                live.entry(*key).or_default().insert(*value);
            }
        }
    }
    live
}

/// Keys with a value, by the specification: a put beats a concurrent delete.
fn live_keys(seen: &Seen<'_, Op>) -> Vec<u8> {
    candidates(seen).into_keys().collect()
}

fn keys(map: &StateOf<Map>) -> Vec<u8> {
    map.iter().map(|(key, _)| *key).collect()
}

check!(mod keys_that_live: Map, ops = ops(), with_model(keys, live_keys), with_bounded_growth());

/// Fault schedules that once blamed the map, which keeps its rules in them:
/// the toolkit asked the model about an operation of a replica that held
/// more than it knew to have seen, after a backup and after a late answer.
#[test]
fn schedules_that_once_raised_a_false_alarm_are_clean() {
    use gossiper_check::{Action, Check, Plan, Restart};

    let put = |at, key| Action::Op { at, op: Op::Put(key, 0) };
    let after_a_backup = Plan {
        replicas: 7,
        seed: 5_313_521_609_921_056_182,
        loss: 0,
        duplication: 0,
        reordering: 0,
        delay: 2,
        actions: vec![
            (2, put(1, 0)),
            (8, Action::Partition { first: 3 }),
            (12, Action::Backup { at: 3 }),
            (15, Action::Crash { at: 3, down: 2, restart: Restart::Backup }),
            (20, Action::Op { at: 3, op: Op::Delete(0) }),
        ],
    };
    let after_a_late_answer = Plan {
        replicas: 7,
        seed: 15_651_572_751_614_618_486,
        loss: 426,
        duplication: 147,
        reordering: 166,
        delay: 3,
        actions: vec![
            (0, Action::Crash { at: 2, down: 2, restart: Restart::Empty }),
            (1, put(0, 0)),
            (2, Action::Partition { first: 3 }),
            (3, put(6, 0)),
            (5, put(0, 0)),
            (6, Action::Partition { first: 5 }),
            (9, put(3, 1)),
            (10, Action::Crash { at: 0, down: 6, restart: Restart::Durable }),
            (12, put(6, 0)),
            (12, put(2, 0)),
            (14, Action::Heal),
            (18, put(0, 0)),
            (20, Action::Crash { at: 0, down: 2, restart: Restart::Empty }),
            (23, Action::Op { at: 0, op: Op::Delete(0) }),
        ],
    };
    let check = Check::<Map, Op>::of(ops()).with_model(keys, live_keys);
    assert_eq!(check.replay_faults(&after_a_backup), None);
    assert_eq!(check.replay_faults(&after_a_late_answer), None);
}
