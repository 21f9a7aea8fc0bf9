//! Registers: what is read is among the writes that no write has seen.

use gossiper_check::{Operation, Seen, SeenOp, check};
use gossiper_core::{DeltaOf, StateOf, UpdateContext};
use gossiper_crdts::{LwwRegister, MvRegister};
use proptest::prelude::*;

#[derive(Clone, Copy, Debug)]
enum Op {
    Set(u8),
    Clear,
}

fn ops() -> impl Strategy<Value = Op> {
    prop_oneof![4 => (0..4_u8).prop_map(Op::Set), 1 => Just(Op::Clear)]
}

/// The writes that nobody has seen and replaced.
fn live<'a>(seen: &'a Seen<'a, Op>) -> impl Iterator<Item = (SeenOp<'a, Op>, u8)> {
    let writes = seen.iter().filter_map(|one| match *one.op() {
        Op::Set(value) => Some((one, value)),
        Op::Clear => None,
    });
    writes.filter(|(write, _)| seen.after(*write).next().is_none())
}

mod lww_register {
    use super::*;

    type Register = LwwRegister<u8>;

    impl Operation<Register> for Op {
        fn apply(
            &self,
            register: &StateOf<Register>,
            ctx: &mut UpdateContext,
        ) -> Option<DeltaOf<Register>> {
            let recorded = register.record(ctx, |register| {
                match self {
                    Self::Set(value) => register.set(*value),
                    Self::Clear => register.clear(),
                }
                Ok(())
            });
            recorded.ok()
        }
    }

    /// Of the writes that nobody has seen, the timestamp decides, then the
    /// replica.
    fn last_write(seen: &Seen<'_, Op>) -> Option<u8> {
        let last = live(seen).max_by_key(|(write, _)| (write.timestamp(), write.writer()));
        last.map(|(_, value)| value)
    }

    fn get(register: &StateOf<Register>) -> Option<u8> {
        register.get().copied()
    }

    check!(Register, ops = ops(), with_model(get, last_write), with_bounded_growth());
}

mod mv_register {
    use super::*;

    type Register = MvRegister<u8>;

    impl Operation<Register> for Op {
        fn apply(
            &self,
            register: &StateOf<Register>,
            ctx: &mut UpdateContext,
        ) -> Option<DeltaOf<Register>> {
            let recorded = register.record(ctx, |register| {
                match self {
                    Self::Set(value) => register.write(*value),
                    Self::Clear => register.clear(),
                }
                Ok(())
            });
            recorded.ok()
        }
    }

    /// All writes that nobody has seen, in order of their dots.
    fn all_writes(seen: &Seen<'_, Op>) -> Vec<u8> {
        let mut live: Vec<_> = live(seen).map(|(write, value)| (write.dot(), value)).collect();
        live.sort_unstable();
        live.into_iter().map(|(_, value)| value).collect()
    }

    fn values(register: &StateOf<Register>) -> Vec<u8> {
        register.values().copied().collect()
    }

    check!(Register, ops = ops(), with_model(values, all_writes), with_bounded_growth());
}
