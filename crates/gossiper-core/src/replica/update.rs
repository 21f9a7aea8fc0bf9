//! Transactions, and why a local change may fail.

use alloc::boxed::Box;
use core::error::Error as StdError;

use thiserror::Error;

use super::Replica;
use crate::causal::{Abort, Transactional};
use crate::{DeltaOf, Event, ReplicaId, Resolve, StateOf};

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
}

/// Why a transaction did not happen. The state is unchanged.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum TransactError {
    /// The closure returned an error.
    #[error("the transaction was aborted")]
    Aborted(#[source] Box<dyn StdError + Send + Sync>),
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
