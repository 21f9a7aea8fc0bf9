//! The context of a local update.

use core::num::NonZeroU64;

use super::{Dot, Event, HybridClock, PhysicalTime, ReplicaId, Timestamp};

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

    /// The context of a writer's first update, without a clock: for values that
    /// stand alone.
    #[must_use]
    pub fn of(replica: ReplicaId) -> Self {
        let (clock, now) = (HybridClock::default(), PhysicalTime::EPOCH);
        Self { replica, before: 0, taken: 0, clock, now }
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

    /// Ends this update: what is taken from here on belongs to the next one.
    /// Not for mutators: a [`Replica`](crate::Replica) makes a context for each
    /// update.
    pub fn advance(&mut self) {
        self.before = self.event().last().sequence();
        self.taken = 0;
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
