//! A plain lattice beside a causal type: one transaction changes both, and
//! neither is ever seen without the other.

use std::collections::BTreeSet;

use gossiper_check::{Operation, Seen, check};
use gossiper_core::{DeltaOf, StateOf, UpdateContext};
use gossiper_crdts::GCounter;
use proptest::prelude::*;

use crate::beside::Beside;

type State = Beside<GCounter>;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Op {
    /// Adds a tag, and counts twice.
    Tag(u8),
    Untag(u8),
    Count,
}

impl Operation<State> for Op {
    fn apply(&self, state: &StateOf<State>, ctx: &mut UpdateContext) -> Option<DeltaOf<State>> {
        let recorded = state.record(ctx, |state| {
            match self {
                Self::Tag(tag) => {
                    state.plain().add(1)?;
                    state.tags().insert(*tag);
                    state.plain().add(1)?;
                }
                Self::Untag(tag) => {
                    state.tags().remove(tag);
                }
                Self::Count => state.plain().add(1)?,
            }
            Ok(())
        });
        recorded.ok()
    }
}

fn ops() -> impl Strategy<Value = Op> {
    prop_oneof![
        2 => (0..3_u8).prop_map(Op::Tag),
        1 => (0..3_u8).prop_map(Op::Untag),
        1 => Just(Op::Count),
    ]
}

fn view(state: &StateOf<State>) -> (u128, BTreeSet<u8>) {
    (state.plain.value(), state.tags.iter().copied().collect())
}

/// Everything is counted, and of tags an addition wins.
fn counted_and_tagged(seen: &Seen<'_, Op>) -> (u128, BTreeSet<u8>) {
    let counts = seen.iter().map(|one| match one.op() {
        Op::Tag(_) => 2,
        Op::Untag(_) => 0,
        Op::Count => 1,
    });
    let tags = seen.iter().filter_map(|one| match *one.op() {
        Op::Tag(tag) => {
            let removed = seen.after(one).any(|later| *later.op() == Op::Untag(tag));
            (!removed).then_some(tag)
        }
        Op::Untag(_) | Op::Count => None,
    });
    (counts.sum(), tags.collect())
}

check!(State, ops = ops(), with_model(view, counted_and_tagged), with_bounded_growth());
