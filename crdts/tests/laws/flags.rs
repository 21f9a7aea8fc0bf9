//! Flags: which way a change goes that meets its opposite.

use gossiper_check::{Operation, Seen, check};
use gossiper_core::{DeltaOf, StateOf, UpdateContext};
use gossiper_crdts::{DisableWinsFlag, EnableWinsFlag};
use proptest::prelude::*;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Op {
    Enable,
    Disable,
}

fn ops() -> impl Strategy<Value = Op> {
    prop_oneof![Just(Op::Enable), Just(Op::Disable)]
}

impl Operation<EnableWinsFlag> for Op {
    fn apply(
        &self,
        flag: &StateOf<EnableWinsFlag>,
        ctx: &mut UpdateContext,
    ) -> Option<DeltaOf<EnableWinsFlag>> {
        let enabled = *self == Self::Enable;
        let recorded = flag.record(ctx, |flag| {
            flag.set(enabled);
            Ok(())
        });
        recorded.ok()
    }
}

impl Operation<DisableWinsFlag> for Op {
    fn apply(
        &self,
        flag: &StateOf<DisableWinsFlag>,
        ctx: &mut UpdateContext,
    ) -> Option<DeltaOf<DisableWinsFlag>> {
        let enabled = *self == Self::Enable;
        let recorded = flag.record(ctx, |flag| {
            flag.set(enabled);
            Ok(())
        });
        recorded.ok()
    }
}

/// The changes that no change has seen.
fn live<'a>(seen: &'a Seen<'a, Op>) -> impl Iterator<Item = Op> {
    seen.iter().filter(|one| seen.after(*one).next().is_none()).map(|one| *one.op())
}

mod enable_wins {
    use super::*;

    fn enabled(seen: &Seen<'_, Op>) -> bool {
        live(seen).any(|op| op == Op::Enable)
    }

    fn view(flag: &StateOf<EnableWinsFlag>) -> bool {
        flag.is_enabled()
    }

    check!(EnableWinsFlag, ops = ops(), with_model(view, enabled), with_bounded_growth());
}

mod disable_wins {
    use super::*;

    fn enabled(seen: &Seen<'_, Op>) -> bool {
        seen.iter().next().is_some() && live(seen).all(|op| op == Op::Enable)
    }

    fn view(flag: &StateOf<DisableWinsFlag>) -> bool {
        flag.is_enabled()
    }

    check!(DisableWinsFlag, ops = ops(), with_model(view, enabled), with_bounded_growth());
}
