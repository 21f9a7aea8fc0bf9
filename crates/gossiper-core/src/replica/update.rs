//! Why a local update may fail.

use thiserror::Error;

use crate::ReplicaId;

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
