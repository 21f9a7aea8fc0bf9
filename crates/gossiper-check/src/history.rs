//! Histories: what was done, and who had seen what.

use std::fmt::{self, Debug};

use gossiper_core::{Dot, HybridClock, ReplicaId, Timestamp};

/// One step of a history. Everything random about a history is in its steps, so
/// that it can be replayed, shrunk and pasted into a test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step<O> {
    /// A replica performs an operation; its delta becomes message `message`.
    Op {
        /// The replica.
        at: usize,
        /// The name of the delta.
        message: usize,
        /// The operation.
        op: O,
    },
    /// A replica merges a message: late, repeated or out of order as may be.
    Deliver {
        /// The message.
        message: usize,
        /// The replica.
        to: usize,
    },
    /// A replica sends its digest to another and merges the answer.
    Pull {
        /// The replica that answers.
        from: usize,
        /// The replica that asks.
        to: usize,
    },
    /// A replica's host takes a backup.
    Backup {
        /// The replica.
        at: usize,
    },
    /// A replica crashes and starts again.
    Crash {
        /// The replica.
        at: usize,
        /// With what.
        restart: Restart,
    },
}

/// What a crashed replica starts again with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Restart {
    /// All that it had, under its own id.
    Durable,
    /// Its last backup, under a fresh id.
    Backup,
    /// Nothing, under a fresh id.
    Empty,
}

/// Steps in order, for a number of replicas.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct History<O> {
    /// How many replicas there are.
    pub replicas: usize,
    /// What happens.
    pub steps: Vec<Step<O>>,
}

/// Most operations that a history may have: events are kept as bits.
pub(crate) const MAX_EVENTS: usize = 128;

/// A set of messages, by number.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub(crate) struct Events(u128);

impl Events {
    pub(crate) const fn contains(self, message: usize) -> bool {
        self.0 >> message & 1 == 1
    }

    pub(crate) const fn insert(&mut self, message: usize) {
        self.0 |= 1 << message;
    }

    pub(crate) const fn join(&mut self, other: Self) {
        self.0 |= other.0;
    }

    pub(crate) const fn covers(self, other: Self) -> bool {
        other.0 & !self.0 == 0
    }

    pub(crate) fn iter(self) -> impl Iterator<Item = usize> + Clone {
        (0..MAX_EVENTS).filter(move |message| self.contains(*message))
    }
}

impl fmt::Debug for Events {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

/// One operation that was performed, and what its replica had seen by then.
#[derive(Clone, Debug)]
pub(crate) struct Performed<O> {
    pub(crate) message: usize,
    pub(crate) at: usize,
    pub(crate) op: O,
    /// The last dot of its event.
    pub(crate) dot: Dot,
    /// The last timestamp that it took.
    pub(crate) stamp: Option<Timestamp>,
    pub(crate) before: Events,
    /// Whether the state was that of `before` and nothing else. A replica that
    /// merged the answer to a question of an earlier run has more, and of an
    /// operation on that no model can tell.
    pub(crate) exact: bool,
}

/// The last timestamp that was taken between these two moments of one clock.
pub(crate) fn stamped(before: HybridClock, after: HybridClock) -> Option<Timestamp> {
    (before != after).then(|| after.last())
}

/// The operations that a replica has seen, in an order that agrees with which
/// had seen which: what a model is asked about.
///
/// A rule for concurrent operations may use all that [`SeenOp`] tells. Here: of
/// the writes that no other write has seen, the one with the highest timestamp
/// is read, and of equal timestamps the one of the highest replica id:
///
/// ```
/// use gossiper_check::{Check, Scope, Seen};
/// use gossiper_core::{MergeOutcome, ReplicaId, Replicated, Timestamp};
///
/// /// A last-writer-wins register.
/// #[derive(Clone, Debug, Default, PartialEq)]
/// struct Lww(Option<(Timestamp, ReplicaId, u8)>);
///
/// impl Replicated for Lww {
///     type Digest = Self;
///     type Delta = Self;
///
///     fn digest(&self) -> Self {
///         self.clone()
///     }
///     fn delta(&self, remote: &Self) -> Option<Self> {
///         (self.0 > remote.0).then(|| self.clone())
///     }
///     fn merge(&mut self, delta: Self) -> MergeOutcome {
///         let news = delta.0 > self.0;
///         if news {
///             *self = delta;
///         }
///         MergeOutcome::changed_if(news)
///     }
/// }
///
/// fn last_write(seen: &Seen<'_, u8>) -> Option<u8> {
///     let last = seen.iter().filter(|write| seen.after(*write).next().is_none());
///     last.max_by_key(|write| (write.timestamp(), write.writer())).map(|write| *write.op())
/// }
///
/// let check = Check::<Lww, u8>::new(0..3_u8, |value, register, ctx| {
///     // Refused where the clock is behind that of a write seen here.
///     let write = Some((ctx.timestamp(), ctx.replica(), *value));
///     (write > register.0).then_some(Lww(write))
/// })
/// .with_model(|register| register.0.map(|(.., value)| value), last_write);
/// let report = check.small_scope(Scope { operations: 3, ..Scope::default() });
/// assert!(report.counterexample.is_none(), "{:?}", report.counterexample);
/// ```
#[derive(Debug)]
pub struct Seen<'a, O> {
    pub(crate) performed: &'a [Performed<O>],
    pub(crate) events: Events,
}

/// One operation in [`Seen`].
#[derive(Debug)]
pub struct SeenOp<'a, O> {
    performed: &'a Performed<O>,
}

impl<O> Clone for SeenOp<'_, O> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<O> Copy for SeenOp<'_, O> {}

impl<'a, O> Seen<'a, O> {
    /// What a replica that has seen `events` may be asked of a model; `None`
    /// when it lacks an operation that one of them depends on, or when one was
    /// performed on a replica that lacked such a one, or had more than it knew.
    ///
    /// Of the latter no model can tell: a removal that saw a second addition and
    /// not the first, which the second had replaced, removes the first as well.
    pub(crate) fn closed(performed: &'a [Performed<O>], events: Events) -> Option<Self> {
        let closed = |events: Events| {
            let mut seen = performed.iter().filter(|one| events.contains(one.message));
            seen.all(|one| events.covers(one.before))
        };
        let mut seen = performed.iter().filter(|one| events.contains(one.message));
        (closed(events) && seen.all(|one| one.exact && closed(one.before)))
            .then_some(Self { performed, events })
    }

    /// The operations, each after those that it had seen.
    pub fn iter(&self) -> impl Iterator<Item = SeenOp<'a, O>> {
        let events = self.events;
        let seen = self.performed.iter().filter(move |one| events.contains(one.message));
        seen.map(|performed| SeenOp { performed })
    }

    /// The operations that had seen `op`.
    pub fn after(&self, op: SeenOp<'a, O>) -> impl Iterator<Item = SeenOp<'a, O>> {
        self.iter().filter(move |later| op.is_before(*later))
    }
}

impl<'a, O> SeenOp<'a, O> {
    /// The operation.
    #[must_use]
    pub const fn op(&self) -> &'a O {
        &self.performed.op
    }

    /// Which replica performed it.
    #[must_use]
    pub const fn replica(&self) -> usize {
        self.performed.at
    }

    /// The id under which it was performed. One replica has several when it
    /// comes back from a crash without what it had.
    #[must_use]
    pub const fn writer(&self) -> ReplicaId {
        self.performed.dot.replica()
    }

    /// The dot that names it: the last that it took, or would have taken. Those
    /// of one writer ascend in the order of its operations.
    #[must_use]
    pub const fn dot(&self) -> Dot {
        self.performed.dot
    }

    /// The timestamp that it took: the last, if there were several, and `None`
    /// if there was none.
    #[must_use]
    pub const fn timestamp(&self) -> Option<Timestamp> {
        self.performed.stamp
    }

    /// Whether `later` had seen this operation.
    #[must_use]
    pub fn is_before(self, later: Self) -> bool {
        later.performed.before.contains(self.performed.message)
    }

    /// Whether neither had seen the other.
    #[must_use]
    pub fn is_concurrent(self, other: Self) -> bool {
        self.performed.message != other.performed.message
            && !self.is_before(other)
            && !other.is_before(self)
    }
}
