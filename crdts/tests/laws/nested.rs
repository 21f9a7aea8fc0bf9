//! A map of maps of sets: rules hold at any depth.

use std::collections::BTreeSet;

use gossiper_check::{Seen, check};
use gossiper_core::StateOf;
use gossiper_crdts::{OrMap, OrSet};
use proptest::prelude::*;

use crate::records::{records, seen_by};

type Shelves = OrMap<u8, OrMap<u8, OrSet<u8>>>;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Op {
    Insert([u8; 3]),
    RemoveElement([u8; 3]),
    RemoveInner([u8; 2]),
    RemoveOuter(u8),
}

impl Op {
    fn removes(&self, [outer, inner, element]: [u8; 3]) -> bool {
        match *self {
            Self::Insert(_) => false,
            Self::RemoveElement(place) => place == [outer, inner, element],
            Self::RemoveInner(place) => place == [outer, inner],
            Self::RemoveOuter(place) => place == outer,
        }
    }
}

records!(Op, Shelves, |op, shelves| match *op {
    Op::Insert([outer, inner, element]) => shelves.entry(outer).entry(inner).insert(element),
    Op::RemoveElement([outer, inner, element]) => {
        shelves.entry(outer).entry(inner).remove(&element);
    }
    Op::RemoveInner([outer, inner]) => {
        shelves.entry(outer).remove(&inner);
    }
    Op::RemoveOuter(outer) => {
        shelves.remove(&outer);
    }
});

fn ops() -> impl Strategy<Value = Op> {
    let place = || [0..2_u8, 0..2_u8, 0..2_u8];
    prop_oneof![
        6 => place().prop_map(Op::Insert),
        2 => place().prop_map(Op::RemoveElement),
        1 => [0..2_u8, 0..2_u8].prop_map(Op::RemoveInner),
        1 => (0..2_u8).prop_map(Op::RemoveOuter),
    ]
}

fn view(shelves: &StateOf<Shelves>) -> BTreeSet<[u8; 3]> {
    let mut places = BTreeSet::new();
    for (outer, inners) in shelves.iter() {
        for (inner, elements) in inners {
            assert!(!elements.is_empty(), "no value is empty");
            places.extend(elements.iter().map(|element| [*outer, *inner, *element]));
        }
    }
    places
}

fn add_wins(seen: &Seen<'_, Op>) -> BTreeSet<[u8; 3]> {
    let live = seen.iter().filter_map(|one| match *one.op() {
        Op::Insert(place) => (!seen_by(seen, one, |op| op.removes(place))).then_some(place),
        _ => None,
    });
    live.collect()
}

check!(Shelves, ops = ops(), with_model(view, add_wins), with_bounded_growth());
