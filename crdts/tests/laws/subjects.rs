//! The types under test.

use gossiper_core::{Dot, Replicated};
use gossiper_crdts::{Expected, GCounter, GSet, VersionedKv};

use crate::world::Subject;

/// Three types beside each other.
pub(crate) type Composed = (GSet<u8>, GCounter, VersionedKv<u8, u8>);

/// A mutation of a [`GSet`].
#[derive(Clone, Debug)]
pub(crate) enum SetOp {
    Insert(u8),
    InsertAll([u8; 2]),
}

/// A mutation of a [`VersionedKv`].
#[derive(Clone, Debug)]
pub(crate) enum KvOp {
    Put {
        key: u8,
        value: u8,
    },
    /// On the condition that holds.
    PutIf {
        key: u8,
        value: u8,
    },
    Delete {
        key: u8,
    },
}

/// A mutation of one part of [`Composed`].
#[derive(Clone, Debug)]
pub(crate) enum ComposedOp {
    Set(SetOp),
    Increment(u64),
    Kv(KvOp),
}

impl Subject for GCounter {
    type Op = u64;

    /// Small amounts, and now and then one that may overflow.
    fn op([kind, by, _]: [u8; 3]) -> u64 {
        if kind == u8::MAX { u64::MAX - u64::from(by) } else { (by % 4).into() }
    }

    fn mutate(&self, by: &u64, dot: Dot) -> Option<Self::Delta> {
        self.increment(dot.replica(), *by).ok()
    }

    fn assert_effect(before: &Self, after: &Self, by: &u64, dot: Dot) {
        assert_eq!(after.value(), before.value() + u128::from(*by));
        assert_eq!(after.count_of(dot.replica()), before.count_of(dot.replica()) + by);
    }
}

impl Subject for GSet<u8> {
    type Op = SetOp;

    fn op([kind, a, b]: [u8; 3]) -> SetOp {
        if kind % 2 == 0 { SetOp::Insert(a % 8) } else { SetOp::InsertAll([a % 8, b % 8]) }
    }

    fn mutate(&self, op: &SetOp, _: Dot) -> Option<Self::Delta> {
        Some(match op {
            SetOp::Insert(element) => self.insert(*element),
            SetOp::InsertAll(elements) => self.insert_all(*elements),
        })
    }

    fn assert_effect(before: &Self, after: &Self, op: &SetOp, _: Dot) {
        let inserted = match op {
            SetOp::Insert(element) => &[*element][..],
            SetOp::InsertAll(elements) => elements,
        };
        assert!(before.iter().chain(inserted).all(|element| after.contains(element)));
        assert!(after.iter().all(|e| before.contains(e) || inserted.contains(e)));
    }
}

impl Subject for VersionedKv<u8, u8> {
    type Op = KvOp;

    fn op([kind, key, value]: [u8; 3]) -> KvOp {
        let (key, value) = (key % 3, value % 4);
        match kind % 4 {
            0 | 1 => KvOp::Put { key, value },
            2 => KvOp::PutIf { key, value },
            _ => KvOp::Delete { key },
        }
    }

    fn mutate(&self, op: &KvOp, dot: Dot) -> Option<Self::Delta> {
        Some(match *op {
            KvOp::Put { key, value } => self.put(dot, key, value).expect("the dot is fresh"),
            KvOp::PutIf { key, value } => {
                let seen = Expected::from(self.entry(&key));
                self.put_if(dot, key, value, seen).expect("the condition holds")
            }
            KvOp::Delete { key } => self.delete(&key),
        })
    }

    fn assert_effect(before: &Self, after: &Self, op: &KvOp, dot: Dot) {
        let key = match *op {
            KvOp::Put { key, value } | KvOp::PutIf { key, value } => {
                let entry = after.entry(&key).expect("a put is read after it");
                assert_eq!((entry.writer, *entry.value), (dot.replica(), value));
                assert!(before.entry(&key).is_none_or(|old| old.version < entry.version));
                key
            }
            KvOp::Delete { key } => {
                assert!(!after.contains_key(&key));
                key
            }
        };
        let others = |map: &Self| {
            map.iter()
                .filter(|(other, _)| **other != key)
                .map(|(other, entry)| (*other, entry.version, entry.writer, *entry.value))
                .collect::<Vec<_>>()
        };
        assert_eq!(others(before), others(after));
        assert_eq!(after.len(), after.iter().count());
    }
}

impl Subject for Composed {
    type Op = ComposedOp;

    fn op([kind, a, b]: [u8; 3]) -> ComposedOp {
        let choice = [kind / 3, a, b];
        match kind % 3 {
            0 => ComposedOp::Set(GSet::op(choice)),
            1 => ComposedOp::Increment(GCounter::op(choice)),
            _ => ComposedOp::Kv(VersionedKv::op(choice)),
        }
    }

    fn mutate(&self, op: &ComposedOp, dot: Dot) -> Option<<Self as Replicated>::Delta> {
        let (set, counter, kv) = self;
        Some(match op {
            ComposedOp::Set(op) => (Some(set.mutate(op, dot)?), None, None),
            ComposedOp::Increment(by) => (None, Some(counter.mutate(by, dot)?), None),
            ComposedOp::Kv(op) => (None, None, Some(kv.mutate(op, dot)?)),
        })
    }

    fn assert_effect(before: &Self, after: &Self, op: &ComposedOp, dot: Dot) {
        match op {
            ComposedOp::Set(op) => GSet::assert_effect(&before.0, &after.0, op, dot),
            ComposedOp::Increment(by) => GCounter::assert_effect(&before.1, &after.1, by, dot),
            ComposedOp::Kv(op) => VersionedKv::assert_effect(&before.2, &after.2, op, dot),
        }
    }
}
