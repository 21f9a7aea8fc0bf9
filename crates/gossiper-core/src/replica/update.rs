//! The context of a local update, and why one may fail.

use core::num::NonZeroU64;

use thiserror::Error;

use super::Event;
use crate::{Dot, HybridClock, PhysicalTime, ReplicaId, Timestamp};

/// What a mutator may use besides the state: the writer's id, its next dots,
/// and timestamps.
///
/// Handed to the closure of [`Replica::update`](crate::Replica::update). Dots
/// and timestamps of an update that fails are given out again.
#[derive(Debug)]
pub struct UpdateContext {
    replica: ReplicaId,
    /// The last dot before this update.
    before: u64,
    taken: u64,
    clock: HybridClock,
    now: PhysicalTime,
}

/// Sequence numbers end here: half of the range, so that no single update can
/// run over its end.
const LAST_SEQUENCE: u64 = u64::MAX / 2;

impl UpdateContext {
    /// The context of the update of `replica` after sequence number `before`;
    /// `None` when the id has used up its sequence numbers.
    ///
    /// [`Replica::update`](crate::Replica::update) makes it. Tools that try
    /// mutators without a replica make their own.
    #[must_use]
    pub fn new(
        replica: ReplicaId,
        before: u64,
        clock: HybridClock,
        now: PhysicalTime,
    ) -> Option<Self> {
        (before < LAST_SEQUENCE).then_some(Self { replica, before, taken: 0, clock, now })
    }

    /// The id under which this replica writes.
    #[must_use]
    pub const fn replica(&self) -> ReplicaId {
        self.replica
    }

    /// The next dot of this replica, never given to any other update.
    #[must_use]
    pub fn next_dot(&mut self) -> Dot {
        self.taken += 1;
        self.dot(self.before + self.taken)
    }

    /// A timestamp after all that this replica has used, at or after the time
    /// of the last tick. Before the first tick a new replica knows no time, and
    /// its timestamps begin at the epoch.
    #[must_use]
    pub fn timestamp(&mut self) -> Timestamp {
        self.clock.stamp(self.now)
    }

    /// The clock after the timestamps that were taken.
    #[must_use]
    pub const fn clock(&self) -> HybridClock {
        self.clock
    }

    /// The event of this update: the dots that it took, and at least one.
    #[must_use]
    pub fn event(&self) -> Event {
        let dots = NonZeroU64::new(self.taken).unwrap_or(NonZeroU64::MIN);
        let last = self.dot(self.before + dots.get());
        Event::new(last, dots).expect("an event ends at or after its number of dots")
    }

    fn dot(&self, sequence: u64) -> Dot {
        Dot::new(self.replica, sequence).expect("sequence numbers of updates start at 1")
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
