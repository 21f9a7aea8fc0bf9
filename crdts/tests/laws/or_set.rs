//! Add wins: the add-wins set, in its list and with its index.

use std::collections::BTreeSet;

use gossiper_check::{Seen, check};
use gossiper_core::StateOf;
use gossiper_crdts::OrSet;
use proptest::prelude::*;

use crate::records::{MANY, records, seen_by};

#[derive(Clone, Copy, Debug, PartialEq)]
enum Op {
    Insert(u8),
    InsertMany,
    Remove(u8),
    RemoveMany,
    Clear,
}

impl Op {
    fn removes(&self, element: u8) -> bool {
        match self {
            Self::Insert(_) | Self::InsertMany => false,
            Self::Remove(other) => *other == element,
            Self::RemoveMany => element > 0,
            Self::Clear => true,
        }
    }
}

records!(Op, OrSet<u8>, |op, set| match op {
    Op::Insert(element) => set.insert(*element),
    Op::InsertMany => (0..MANY).for_each(|element| set.insert(element)),
    Op::Remove(element) => assert_eq!(set.contains(element), set.remove(element)),
    Op::RemoveMany => (1..MANY).for_each(|element| {
        set.remove(&element);
    }),
    Op::Clear => set.clear(),
});

fn few() -> impl Strategy<Value = Op> {
    prop_oneof![
        6 => (0..3_u8).prop_map(Op::Insert),
        3 => (0..3_u8).prop_map(Op::Remove),
        1 => Just(Op::Clear),
    ]
}

fn many() -> impl Strategy<Value = Op> {
    prop_oneof![8 => few(), 1 => Just(Op::InsertMany), 1 => Just(Op::RemoveMany)]
}

fn view(set: &StateOf<OrSet<u8>>) -> BTreeSet<u8> {
    let elements: BTreeSet<u8> = set.iter().copied().collect();
    assert_eq!((elements.len(), elements.is_empty()), (set.len(), set.is_empty()));
    assert!((0..MANY).all(|element| set.contains(&element) == elements.contains(&element)));
    elements
}

/// Add wins: an element is in if some addition of it was seen by no removal.
fn add_wins(seen: &Seen<'_, Op>) -> BTreeSet<u8> {
    let live = seen.iter().flat_map(|one| {
        let added = match one.op() {
            Op::Insert(element) => *element..*element + 1,
            Op::InsertMany => 0..MANY,
            _ => 0..0,
        };
        added.filter(move |element| !seen_by(seen, one, |op| op.removes(*element)))
    });
    live.collect()
}

check!(OrSet<u8>, ops = few(), with_model(view, add_wins), with_bounded_growth());
check!(mod with_an_index: OrSet<u8>, ops = many(), with_model(view, add_wins));
