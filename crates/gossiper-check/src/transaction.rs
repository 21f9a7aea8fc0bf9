//! Operations that are transactions: what causal types and derived structs need.

use std::fmt::Debug;

use gossiper_core::causal::{Abort, Transactional};
use gossiper_core::{DeltaOf, StateOf, UpdateContext};

use crate::ops::OpSource;
use crate::subject::{Check, Operation, Subject};

/// The recorder of `S`: what the closure of a transaction gets.
pub type RecorderOf<'a, S> = <StateOf<S> as Transactional>::Recorder<'a>;

/// One operation on states of type `S` that is a transaction, as in
/// [`Replica::transact`](gossiper_core::Replica::transact).
///
/// It makes an [`Operation`]: [`check!`](crate::check) needs nothing else.
///
/// ```
/// use gossiper_check::{Transaction, check};
/// use gossiper_core::causal::Abort;
/// use gossiper_crdts::{OrSet, OrSetRecorder};
///
/// #[derive(Clone, Debug)]
/// struct Insert(u8);
///
/// impl Transaction<OrSet<u8>> for Insert {
///     fn record(&self, tx: &mut OrSetRecorder<'_, u8>) -> Result<(), Abort> {
///         tx.insert(self.0);
///         Ok(())
///     }
/// }
///
/// fn inserts() -> impl proptest::strategy::Strategy<Value = Insert> {
///     proptest::strategy::Strategy::prop_map(0..4_u8, Insert)
/// }
///
/// check!(mod set_of_bytes: OrSet<u8>, ops = inserts());
/// # fn main() {}
/// ```
pub trait Transaction<S: Subject<State: Transactional>>: Clone + Debug + 'static {
    /// Records the operation. An error means that the state refuses it, which is
    /// no failure.
    ///
    /// # Errors
    ///
    /// Why the state refuses it.
    fn record(&self, tx: &mut RecorderOf<'_, S>) -> Result<(), Abort>;
}

impl<S: Subject<State: Transactional>, O: Transaction<S>> Operation<S> for O {
    fn apply(&self, state: &StateOf<S>, ctx: &mut UpdateContext) -> Option<DeltaOf<S>> {
        state.record(ctx, |tx| self.record(tx)).ok()
    }
}

impl<S: Subject<State: Transactional>, O: Clone + Debug + 'static> Check<S, O> {
    /// A causal type or a derived struct, whose operations are transactions.
    pub fn transact(
        ops: impl OpSource<O> + 'static,
        record: impl Fn(&O, &mut RecorderOf<'_, S>) -> Result<(), Abort> + 'static,
    ) -> Self {
        Self::new(ops, move |op, state: &StateOf<S>, ctx| {
            state.record(ctx, |tx| record(op, tx)).ok()
        })
    }
}
