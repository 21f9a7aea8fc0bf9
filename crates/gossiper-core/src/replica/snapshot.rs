//! What a host stores of a replica, and how it comes back.

use thiserror::Error;

use super::{Replica, ReplicaConfig, Seen};
use crate::{CausalContext, HybridClock, ReplicaId, Resolve, StateOf};

/// All that a replica must keep over a restart in order to go on under its id.
///
/// [`Replica::snapshot`] borrows the state, so that taking one to write it out
/// copies nothing but `seen`; [`Snapshot::cloned`] makes it stand alone.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Snapshot<T> {
    /// The id under which the replica writes.
    pub id: ReplicaId,
    /// The last sequence number that it has used.
    pub sequence: u64,
    /// The last timestamp that it has used.
    pub clock: HybridClock,
    /// The events whose whole effect is in the state.
    pub seen: CausalContext,
    /// The state.
    pub state: T,
}

impl<T> Snapshot<T> {
    /// The snapshot as the start of a new incarnation: for a *backup*, one that
    /// may be older than what peers were told. State and `seen` are kept, since
    /// the state has the effect of all that `seen` holds.
    #[must_use]
    pub fn with_fresh_id(self, fresh: ReplicaId) -> Self {
        Self { id: fresh, sequence: 0, ..self }
    }
}

impl<T: Clone> Snapshot<&T> {
    /// The snapshot with a copy of the state.
    #[must_use]
    pub fn cloned(self) -> Snapshot<T> {
        let Self { id, sequence, clock, seen, state } = self;
        Snapshot { id, sequence, clock, seen, state: state.clone() }
    }
}

impl<S: Resolve> Replica<S> {
    /// What the host is to store, whole, before it carries out the effects of
    /// the change that it takes the snapshot after.
    ///
    /// A snapshot that is older than what peers were told is a *backup*, and
    /// may only be used with a fresh id: [`Snapshot::with_fresh_id`].
    #[must_use]
    pub fn snapshot(&self) -> Snapshot<&StateOf<S>> {
        Snapshot {
            id: self.id,
            sequence: self.sequence,
            clock: self.clock,
            seen: self.seen.clone_events(),
            state: &self.state,
        }
    }

    /// Goes on from the last snapshot that was stored.
    ///
    /// Rumors that were not sent yet are gone; anti-entropy carries what they
    /// would have told.
    ///
    /// # Errors
    ///
    /// If the snapshot contradicts itself, as a damaged one may.
    pub fn restore(
        snapshot: Snapshot<StateOf<S>>,
        config: ReplicaConfig,
    ) -> Result<Self, RestoreError> {
        let Snapshot { id, sequence, clock, seen, state } = snapshot;
        let heard = seen.max_sequence(id);
        if heard > sequence {
            return Err(RestoreError::SequenceBehindSeen { id, sequence, heard });
        }
        let seen = Seen::new(*config.fingerprint_key(), seen);
        Ok(Self { sequence, clock, seen, ..Self::with_state(id, state, config) })
    }
}

/// A snapshot that no replica can go on from. Start with
/// [`Snapshot::with_fresh_id`] instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum RestoreError {
    /// Events under the replica's own id were seen that it did not write: the
    /// id was in use twice, or the parts of the snapshot are of different age.
    #[error(
        "snapshot of {id} ends at event {sequence} but has seen its event {heard}; restart under a fresh replica id"
    )]
    SequenceBehindSeen {
        /// The id.
        id: ReplicaId,
        /// The last event written, according to the snapshot.
        sequence: u64,
        /// The last event of its own that it has seen.
        heard: u64,
    },
}
