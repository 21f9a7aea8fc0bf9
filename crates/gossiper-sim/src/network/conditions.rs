//! How well the network works.

use std::ops::RangeInclusive;

use crate::{BuildError, Ratio};

/// What the network does to messages, drawn for each one as it is sent.
///
/// * A message is *duplicated*: a second copy travels on its own.
/// * A copy is *lost*.
/// * A copy is *delayed* by a uniform number of rounds; with delay 0 it
///   arrives in the round in which it was sent.
/// * A copy is *reordered*: it changes places with a random one of those
///   waiting to arrive in the same round. Otherwise it arrives after them.
///
/// ```
/// use gossiper_sim::{NetworkConditions, Ratio};
///
/// let rough = NetworkConditions::perfect()
///     .with_loss(Ratio::percent(20))
///     .with_delay(0..=3)
///     .with_reordering(Ratio::percent(50));
/// # let _ = rough;
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NetworkConditions {
    pub(super) loss: Ratio,
    pub(super) duplication: Ratio,
    pub(super) reordering: Ratio,
    pub(super) delay_rounds: RangeInclusive<u64>,
}

impl NetworkConditions {
    /// Every message arrives once, in order, in the round of its sending.
    #[must_use]
    pub const fn perfect() -> Self {
        Self {
            loss: Ratio::NEVER,
            duplication: Ratio::NEVER,
            reordering: Ratio::NEVER,
            delay_rounds: 0..=0,
        }
    }

    /// Loses copies this often.
    #[must_use]
    pub fn with_loss(self, loss: Ratio) -> Self {
        Self { loss, ..self }
    }

    /// Makes a second copy this often.
    #[must_use]
    pub fn with_duplication(self, duplication: Ratio) -> Self {
        Self { duplication, ..self }
    }

    /// Delivers copies this many rounds later, each number equally likely.
    #[must_use]
    pub fn with_delay(self, rounds: RangeInclusive<u64>) -> Self {
        Self { delay_rounds: rounds, ..self }
    }

    /// Lets copies change places this often.
    #[must_use]
    pub fn with_reordering(self, reordering: Ratio) -> Self {
        Self { reordering, ..self }
    }

    pub(crate) fn validate(&self) -> Result<(), BuildError> {
        let (min, max) = (*self.delay_rounds.start(), *self.delay_rounds.end());
        if min > max { Err(BuildError::EmptyDelay { min, max }) } else { Ok(()) }
    }
}

impl Default for NetworkConditions {
    fn default() -> Self {
        Self::perfect()
    }
}
