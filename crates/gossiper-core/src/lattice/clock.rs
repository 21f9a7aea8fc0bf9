//! Timestamps of a hybrid logical clock.
//!
//! *How can writes be stamped with wall-clock time although clocks jump and
//! stand still?* The stamp is the time that the host told, or, where that has
//! not moved on, the last stamp and a counter: stamps of one replica always
//! ascend.
//!
//! A history of one replica, whose host is set back at the third stamp:
//!
//! ```text
//! the host says   5     5     3     9
//! the stamp is    5.0   5.1   5.2   9.0
//! ```
//!
//! **Cost**: 12 bytes; a stamp is a comparison.
//!
//! **What peers can do to it: nothing.** There is no operation that takes in a
//! peer's timestamp, so a skewed or hostile peer cannot push the clock into the
//! future; it is never ahead of the latest time that its own host told, but for
//! one millisecond in 2³² stamps. The price is that a stamp may be behind that of
//! a write which its writer has seen. So a timestamp must not decide between
//! writes of which one has seen the other; the causal types know that better, and
//! use timestamps among concurrent writes only.
//!
//! **Anomalies.** A host that told a time in the far future, if only once, has
//! stamped with it from then on.
//!
//! After Kulkarni et al., *Logical physical clocks*, OPODIS 2014, where a message
//! moves the clock of its receiver.

use core::fmt;

/// Wall-clock time as the host tells it: milliseconds since the Unix epoch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(transparent))]
pub struct PhysicalTime(u64);

impl PhysicalTime {
    /// The Unix epoch, also for hosts without a clock.
    pub const EPOCH: Self = Self(0);

    /// `millis` milliseconds after the Unix epoch.
    #[must_use]
    pub const fn from_unix_millis(millis: u64) -> Self {
        Self(millis)
    }

    /// Milliseconds since the Unix epoch.
    #[must_use]
    pub const fn as_unix_millis(self) -> u64 {
        self.0
    }
}

/// A stamp: physical time, then a counter among stamps of the same time.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Timestamp {
    /// The time, never behind that of the stamp before.
    pub physical: PhysicalTime,
    /// The stamp's place among those of the same time.
    pub logical: u32,
}

/// Reads as `9.2`: the third stamp of millisecond 9.
impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.physical.as_unix_millis(), self.logical)
    }
}

/// Makes timestamps that always ascend.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct HybridClock {
    last: Timestamp,
}

impl HybridClock {
    /// The next timestamp, at or after `now` and after every earlier one (at the
    /// end of all time it repeats the last).
    pub fn stamp(&mut self, now: PhysicalTime) -> Timestamp {
        let Timestamp { physical, logical } = self.last;
        self.last = if now > physical {
            Timestamp { physical: now, logical: 0 }
        } else if let Some(logical) = logical.checked_add(1) {
            Timestamp { physical, logical }
        } else if let Some(physical) = physical.0.checked_add(1) {
            Timestamp { physical: PhysicalTime(physical), logical: 0 }
        } else {
            self.last
        };
        self.last
    }

    /// The last timestamp that was made; that of the epoch before the first.
    #[must_use]
    pub const fn last(&self) -> Timestamp {
        self.last
    }
}

#[cfg(test)]
mod tests {
    use alloc::format;

    use super::*;

    #[test]
    fn stamps_ascend_although_the_clock_stands_or_jumps_back() {
        let mut clock = HybridClock::default();
        let times = [5, 5, 3, 9, 1].map(PhysicalTime::from_unix_millis);
        let stamps = times.map(|now| clock.stamp(now));
        assert!(stamps.is_sorted_by(|a, b| a < b), "{stamps:?}");
        assert_eq!(stamps[3].physical.as_unix_millis(), 9);
        assert_eq!(clock.last(), stamps[4]);
        assert_eq!(format!("{stamps:?}"), "[5.0, 5.1, 5.2, 9.0, 9.1]");

        clock.last.logical = u32::MAX;
        assert!(clock.stamp(PhysicalTime::EPOCH) > stamps[4]);
        clock.last = Timestamp { physical: PhysicalTime(u64::MAX), logical: u32::MAX };
        assert_eq!(
            clock.stamp(PhysicalTime::EPOCH),
            Timestamp { physical: PhysicalTime(u64::MAX), logical: u32::MAX }
        );
    }

    #[test]
    fn a_clock_is_not_ahead_of_its_host() {
        let mut clock = HybridClock::default();
        for millis in [7, 7, 2, 8] {
            let latest = PhysicalTime::from_unix_millis(millis.max(7));
            for _ in 0..1_000 {
                assert_eq!(clock.stamp(PhysicalTime::from_unix_millis(millis)).physical, latest);
            }
        }
    }
}
