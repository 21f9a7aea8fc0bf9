//! Logical time.

use core::fmt;

/// A gossip round: the only time that the protocol knows.
///
/// The host counts rounds and says in each `tick` which one it is; how long a
/// round lasts is the host's choice (a few hundred milliseconds is usual).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(transparent))]
pub struct Round(u64);

impl Round {
    /// The first round.
    pub const ZERO: Self = Self(0);

    /// Round number `number`.
    #[must_use]
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    /// The round's number, from 0.
    #[must_use]
    pub const fn as_u64(self) -> u64 {
        self.0
    }

    /// The round after this one; the last round follows itself.
    #[must_use]
    pub const fn next(self) -> Self {
        self.after(1)
    }

    /// The round `rounds` later, at most the last.
    #[must_use]
    pub const fn after(self, rounds: u64) -> Self {
        Self(self.0.saturating_add(rounds))
    }

    /// The round `rounds` earlier, if there was one.
    #[must_use]
    pub const fn before(self, rounds: u64) -> Option<Self> {
        match self.0.checked_sub(rounds) {
            Some(number) => Some(Self(number)),
            None => None,
        }
    }

    /// Rounds from `earlier` to this one; 0 if `earlier` is later.
    #[must_use]
    pub const fn since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
}

impl fmt::Display for Round {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}
