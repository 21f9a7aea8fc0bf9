//! Everything that was seen is counted.

use gossiper_check::{Operation, Seen, check};
use gossiper_core::{Delta, UpdateContext};
use gossiper_crdts::GCounter;
use proptest::prelude::*;

/// Counts so many more.
#[derive(Clone, Debug)]
struct Add(u64);

impl Operation<GCounter> for Add {
    fn apply(&self, counter: &GCounter, ctx: &mut UpdateContext) -> Option<Delta<GCounter>> {
        counter.increment(ctx.replica(), self.0).ok().filter(|_| self.0 > 0)
    }
}

/// Everything that was seen is counted.
fn total(seen: &Seen<'_, Add>) -> u128 {
    seen.iter().map(|one| u128::from(one.op().0)).sum()
}

fn ops() -> impl Strategy<Value = Add> {
    prop_oneof![9 => 1..9_u64, 1 => Just(u64::MAX / 2)].prop_map(Add)
}

check!(GCounter, ops = ops(), with_model(GCounter::value, total), with_bounded_growth());
