//! Transactions, changes in place, and why a local change may fail.

use alloc::boxed::Box;
use core::convert::Infallible;
use core::error::Error as StdError;

use thiserror::Error;

use super::{Replica, Seen};
use crate::causal::{Abort, Transactional};
use crate::{
    DeltaOf, Event, HybridClock, ReplicaId, Replicated as _, Resolve, StateOf, UpdateContext,
};

impl<S: Resolve> Replica<S> {
    /// Changes the state in a transaction: `changes` gets the recorder of `S`,
    /// and what it records becomes one event, which spreads as one rumor.
    ///
    /// Reading from the recorder sees what was recorded before. An error leaves
    /// no trace. Peers merge the transaction as a whole, by its rumor or with an
    /// answer; a reader of a peer sees half of it only where an answer had to be
    /// cut to a budget.
    ///
    /// Returns what `changes` returns and the event; `None` if nothing was
    /// recorded that the state did not have.
    ///
    /// For states that are one store: a causal type or a derived struct. Other
    /// types are changed by [`update`](Self::update).
    ///
    /// # Errors
    ///
    /// [`TransactError`]. The state is unchanged.
    pub fn transact<R>(
        &mut self,
        changes: impl FnOnce(&mut <StateOf<S> as Transactional>::Recorder<'_>) -> Result<R, Abort>,
    ) -> Result<(R, Option<Event>), TransactError>
    where
        StateOf<S>: Transactional,
        DeltaOf<S>: Clone,
    {
        let mut returned = None;
        let event = self.update(|state, ctx| {
            state.record(ctx, |recorder| {
                returned = Some(changes(recorder)?);
                Ok(())
            })
        });
        match (event, returned) {
            (Ok(event), Some(returned)) => Ok((returned, event)),
            (Ok(_), None) => unreachable!("an update that succeeds has called its mutator"),
            (Err(error), _) => Err(error.into()),
        }
    }

    /// Changes the state in place: `mutator` changes it and returns the delta of
    /// what it did, which spreads as one rumor; `None` if it changed nothing.
    ///
    /// For types written by hand whose mutators are of that form,
    /// `fn insert(&mut self, …) -> Option<Delta>`. Its contract is theirs: the
    /// delta, merged elsewhere, has the effect of the change. The check toolkit
    /// holds a type to it (`Check::in_place`). The delta is merged here too, so
    /// that no peer is told what this replica does not have.
    ///
    /// A mutator in place cannot refuse half-way: there would be no way back but
    /// a copy of the state, and a change must not cost what the state costs. So
    /// it returns no error; look before you change, or use
    /// [`update`](Self::update), where a failure leaves no trace. If it panics,
    /// what it had done stays: its dots are spent, so that none is ever used
    /// twice, no rumor tells of it, and anti-entropy carries it on.
    ///
    /// ```
    /// # use gossiper_core::{MergeOutcome, Replica, ReplicaConfig, ReplicaId, Replicated};
    /// # #[derive(Default)]
    /// # struct HighScore(u64);
    /// # impl Replicated for HighScore {
    /// #     type Digest = u64;
    /// #     type Delta = u64;
    /// #     fn digest(&self) -> u64 { self.0 }
    /// #     fn delta(&self, remote: &u64) -> Option<u64> { (self.0 > *remote).then_some(self.0) }
    /// #     fn merge(&mut self, delta: u64) -> MergeOutcome {
    /// #         let news = delta > self.0;
    /// #         self.0 = self.0.max(delta);
    /// #         MergeOutcome::changed_if(news)
    /// #     }
    /// # }
    /// impl HighScore {
    ///     fn reach(&mut self, score: u64) -> Option<u64> {
    ///         let better = score > self.0;
    ///         self.0 = self.0.max(score);
    ///         better.then_some(score)
    ///     }
    /// }
    /// let mut best = Replica::<HighScore>::new(ReplicaId::new(1), ReplicaConfig::default());
    /// assert!(best.update_in_place(|best, _ctx| best.reach(42))?.is_some());
    /// assert!(best.update_in_place(|best, _ctx| best.reach(41))?.is_none());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// The reasons why this replica does not write at all; `mutator` was not
    /// called.
    pub fn update_in_place(
        &mut self,
        mutator: impl FnOnce(&mut StateOf<S>, &mut UpdateContext) -> Option<DeltaOf<S>>,
    ) -> Result<Option<Event>, UpdateError<Infallible>>
    where
        DeltaOf<S>: Clone,
    {
        let ctx = self.begin()?;
        let Self { state, seen, sequence, clock, .. } = self;
        let mut spending = Spending { ctx, seen, sequence, clock, nothing: false };
        let delta = mutator(state, &mut spending.ctx);
        spending.nothing = delta.is_none();
        let event = spending.ctx.event();
        drop(spending);
        Ok(delta.map(|delta| {
            self.state.merge(delta.clone());
            self.spread(event, delta);
            event
        }))
    }
}

/// Spends the dots and timestamps of a change in place when it ends, also by a
/// panic.
struct Spending<'a> {
    ctx: UpdateContext,
    seen: &'a mut Seen,
    sequence: &'a mut u64,
    clock: &'a mut HybridClock,
    nothing: bool,
}

impl Drop for Spending<'_> {
    fn drop(&mut self) {
        if !self.nothing {
            let event = self.ctx.event();
            (*self.sequence, *self.clock) = (event.last().sequence(), self.ctx.clock());
            self.seen.insert(event);
        }
    }
}

/// Why a transaction did not happen. The state is unchanged.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum TransactError {
    /// The closure returned an error, which the message tells.
    #[error("the transaction was aborted: {0}")]
    Aborted(Box<dyn StdError + Send + Sync>),
    /// Another writer uses this replica's id. Adopt a fresh one.
    #[error("replica id {id} is in use by another writer; adopt a fresh one before writing")]
    IdentityReused {
        /// The id.
        id: ReplicaId,
    },
    /// The id has used up its 2⁶³ sequence numbers. Adopt a fresh one.
    #[error("replica id {id} has used all its sequence numbers; adopt a fresh one")]
    SequenceExhausted {
        /// The id.
        id: ReplicaId,
    },
}

impl From<UpdateError<Abort>> for TransactError {
    fn from(error: UpdateError<Abort>) -> Self {
        match error {
            UpdateError::Rejected(abort) => Self::Aborted(abort.into_inner()),
            UpdateError::IdentityReused { id } => Self::IdentityReused { id },
            UpdateError::SequenceExhausted { id } => Self::SequenceExhausted { id },
        }
    }
}

/// Why a local update did not happen. The state is unchanged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum UpdateError<E> {
    /// The mutator refused.
    #[error("the update was rejected")]
    Rejected(#[source] E),
    /// Another writer uses this replica's id. Adopt a fresh one.
    #[error("replica id {id} is in use by another writer; adopt a fresh one before writing")]
    IdentityReused {
        /// The id.
        id: ReplicaId,
    },
    /// The id has used up its 2⁶³ sequence numbers. Adopt a fresh one.
    #[error("replica id {id} has used all its sequence numbers; adopt a fresh one")]
    SequenceExhausted {
        /// The id.
        id: ReplicaId,
    },
}
