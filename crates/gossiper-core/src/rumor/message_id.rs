//! Names of rumors.

use core::fmt;

use thiserror::Error;

use crate::{Dot, ReplicaId};

/// Names one rumor in a cluster: its origin, and its number there.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(transparent))]
pub struct MessageId(Dot);

impl MessageId {
    pub(crate) const MIN: Self = Self(Dot::MIN);
    pub(crate) const MAX: Self = Self(Dot::MAX);

    /// The id as origin and number.
    #[must_use]
    pub const fn as_dot(self) -> Dot {
        self.0
    }
}

impl From<Dot> for MessageId {
    fn from(dot: Dot) -> Self {
        Self(dot)
    }
}

impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl fmt::Debug for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// Numbers the rumors of one origin, from 1 up.
///
/// ```
/// # fn main() -> Result<(), gossiper_core::IdsExhausted> {
/// use gossiper_core::{MessageIdGenerator, ReplicaId};
///
/// let mut a = MessageIdGenerator::for_replica(ReplicaId::new(0xa));
/// let mut b = MessageIdGenerator::for_replica(ReplicaId::new(0xb));
/// assert_ne!(a.next_id()?, b.next_id()?);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct MessageIdGenerator {
    origin: ReplicaId,
    last: u64,
}

/// The origin of the ids of [`MessageIdGenerator::default`].
const WHOLE_CLUSTER: ReplicaId = ReplicaId::new(0);

impl MessageIdGenerator {
    /// A generator whose ids nobody else can make, as long as `origin` is
    /// used by this one alone: a node that restarts takes a fresh
    /// [`ReplicaId`].
    #[must_use]
    pub const fn for_replica(origin: ReplicaId) -> Self {
        Self { origin, last: 0 }
    }

    /// A fresh id.
    ///
    /// # Errors
    ///
    /// After 2⁶⁴ − 1 ids; numbers are never used again.
    pub fn next_id(&mut self) -> Result<MessageId, IdsExhausted> {
        self.last = self.last.checked_add(1).ok_or(IdsExhausted)?;
        Dot::new(self.origin, self.last).map(MessageId).ok_or(IdsExhausted)
    }
}

/// *One* generator for a whole cluster, as in tests and simulations. Two
/// default generators make the same ids.
impl Default for MessageIdGenerator {
    fn default() -> Self {
        Self::for_replica(WHOLE_CLUSTER)
    }
}

/// A generator has used all its ids; go on with one of a fresh
/// [`ReplicaId`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("all message ids of this origin are used; continue with a fresh replica id")]
pub struct IdsExhausted;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_never_wrap() {
        let mut ids = MessageIdGenerator::default();
        assert_eq!(ids.next_id().unwrap().as_dot().sequence(), 1);
        ids.last = u64::MAX - 1;
        assert!(ids.next_id().is_ok());
        assert_eq!(ids.next_id(), Err(IdsExhausted));
        assert_eq!(ids.next_id(), Err(IdsExhausted));
    }
}
