//! Who writes, and which write: replica ids and dots.

use core::fmt;
use core::num::NonZeroU64;

/// Names one *incarnation of a writer*.
///
/// Dots, counts and versions are kept by `ReplicaId`, so an id may be used by
/// one replica only, and only for as long as that replica keeps its state. A
/// replica that cannot prove that it kept its state (a crash without durable
/// storage, a restored backup) starts again with a fresh id: a dot that is
/// used twice silently diverges.
///
/// 64 bits: among a million ids drawn with
/// [`ReplicaId::random`](crate::ReplicaId::random), two are equal with
/// probability 3 × 10⁻⁸.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(transparent))]
pub struct ReplicaId(u64);

impl ReplicaId {
    /// An id chosen by the host, who answers for its being unique.
    #[must_use]
    pub const fn new(id: u64) -> Self {
        Self(id)
    }

    /// The id as a number.
    #[must_use]
    pub const fn as_u64(self) -> u64 {
        self.0
    }
}

impl From<u64> for ReplicaId {
    fn from(id: u64) -> Self {
        Self(id)
    }
}

impl fmt::Display for ReplicaId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "r{:x}", self.0)
    }
}

impl fmt::Debug for ReplicaId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// One event of one writer: a replica and its sequence number, from 1 up.
///
/// Dots name writes uniquely and for ever (Almeida et al. 2018, section 7).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Dot {
    replica: ReplicaId,
    sequence: NonZeroU64,
}

impl Dot {
    pub(crate) const MIN: Self = Self { replica: ReplicaId::new(0), sequence: NonZeroU64::MIN };
    pub(crate) const MAX: Self =
        Self { replica: ReplicaId::new(u64::MAX), sequence: NonZeroU64::MAX };

    /// The event `sequence` of `replica`; `None` for sequence 0, which names
    /// no event.
    #[must_use]
    pub const fn new(replica: ReplicaId, sequence: u64) -> Option<Self> {
        match NonZeroU64::new(sequence) {
            Some(sequence) => Some(Self { replica, sequence }),
            None => None,
        }
    }

    /// The writer.
    #[must_use]
    pub const fn replica(self) -> ReplicaId {
        self.replica
    }

    /// Which of its writes, counted from 1.
    #[must_use]
    pub const fn sequence(self) -> u64 {
        self.sequence.get()
    }
}

impl fmt::Display for Dot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}#{}", self.replica, self.sequence)
    }
}

impl fmt::Debug for Dot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use alloc::format;

    use super::*;

    #[test]
    fn dots_read_well_and_start_at_one() {
        assert_eq!(Dot::new(ReplicaId::new(1), 0), None);
        let dot = Dot::new(ReplicaId::new(0xa1), 7).unwrap();
        assert_eq!(format!("{dot} {dot:?}"), "ra1#7 ra1#7");
    }
}
