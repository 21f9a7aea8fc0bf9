//! Add wins.

use std::collections::BTreeSet;

use gossiper_check::{Operation, Seen, check};
use gossiper_core::{DeltaOf, StateOf, UpdateContext};
use gossiper_crdts::OrSet;
use proptest::prelude::*;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Op {
    Insert(u8),
    Remove(u8),
    Clear,
}

impl Operation<OrSet<u8>> for Op {
    fn apply(
        &self,
        set: &StateOf<OrSet<u8>>,
        ctx: &mut UpdateContext,
    ) -> Option<DeltaOf<OrSet<u8>>> {
        let recorded = set.record(ctx, |set| {
            match self {
                Self::Insert(element) => set.insert(*element),
                Self::Remove(element) => {
                    set.remove(element);
                }
                Self::Clear => set.clear(),
            }
            Ok(())
        });
        recorded.ok()
    }
}

fn ops() -> impl Strategy<Value = Op> {
    prop_oneof![
        6 => (0..3_u8).prop_map(Op::Insert),
        3 => (0..3_u8).prop_map(Op::Remove),
        1 => Just(Op::Clear),
    ]
}

fn view(set: &StateOf<OrSet<u8>>) -> BTreeSet<u8> {
    set.iter().copied().collect()
}

/// Add wins: an element is in if some addition of it was seen by no removal.
fn add_wins(seen: &Seen<'_, Op>) -> BTreeSet<u8> {
    let live = seen.iter().filter_map(|one| match *one.op() {
        Op::Insert(element) => {
            let removes = |op: Op| op == Op::Remove(element) || op == Op::Clear;
            let removed = seen.after(one).any(|later| removes(*later.op()));
            (!removed).then_some(element)
        }
        Op::Remove(_) | Op::Clear => None,
    });
    live.collect()
}

check!(OrSet<u8>, ops = ops(), with_model(view, add_wins), with_bounded_growth());
