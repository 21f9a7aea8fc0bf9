//! Counters that go up and down: all that no reset has seen counts.

use gossiper_check::{Seen, check};
use gossiper_core::StateOf;
use gossiper_crdts::PnCounter;
use proptest::prelude::*;

use crate::records::{records, seen_by};

#[derive(Clone, Copy, Debug, PartialEq)]
enum Op {
    Add(i64),
    Reset,
}

records!(Op, PnCounter, |op, counter| match op {
    Op::Add(by) => counter.add(*by)?,
    Op::Reset => counter.reset(),
});

fn ops() -> impl Strategy<Value = Op> {
    prop_oneof![6 => (-9..9_i64).prop_map(Op::Add), 1 => Just(Op::Reset)]
}

fn view(counter: &StateOf<PnCounter>) -> i128 {
    counter.value()
}

/// All that no reset has seen.
fn not_reset(seen: &Seen<'_, Op>) -> i128 {
    let added = seen.iter().filter_map(|one| match one.op() {
        Op::Add(by) => (!seen_by(seen, one, |op| *op == Op::Reset)).then_some(i128::from(*by)),
        Op::Reset => None,
    });
    added.sum()
}

check!(PnCounter, ops = ops(), with_model(view, not_reset), with_bounded_growth());
