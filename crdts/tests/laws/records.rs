//! Operations of causal types, by what they record.

use gossiper_check::{Seen, SeenOp};

/// More elements than are kept in the small layout of a container.
pub(crate) const MANY: u8 = 20;

/// Whether one of `these` operations had seen `one`.
pub(crate) fn seen_by<'a, O>(
    seen: &Seen<'a, O>,
    one: SeenOp<'a, O>,
    mut these: impl FnMut(&O) -> bool,
) -> bool {
    seen.after(one).any(|later| these(later.op()))
}

/// An operation of a causal type, by what it records.
macro_rules! records {
    ($type:ty, $store:ty, |$op:ident, $recorder:ident| $body:expr) => {
        impl gossiper_check::Operation<$store> for $type {
            fn apply(
                &self,
                state: &gossiper_core::StateOf<$store>,
                ctx: &mut gossiper_core::UpdateContext,
            ) -> Option<gossiper_core::DeltaOf<$store>> {
                type Recorder<'a> = <$store as gossiper_core::causal::Store>::Recorder<'a>;
                let perform = |$op: &Self, $recorder: &mut Recorder<'_>| {
                    $body;
                    Ok::<(), gossiper_core::causal::Abort>(())
                };
                state.record(ctx, |recorder| perform(self, recorder)).ok()
            }
        }
    };
}
pub(crate) use records;
