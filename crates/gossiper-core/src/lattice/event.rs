//! The run of dots that one update takes.

use core::num::NonZeroU64;

use super::{Dot, Run};

/// One update of one replica, or several in turn: the run of dots that they took, at
/// least one.
///
/// Named by its last dot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Event {
    last: Dot,
    dots: NonZeroU64,
}

impl Event {
    /// The event of the `dots` dots up to `last`; `None` if that would begin
    /// before the first dot of its writer.
    #[must_use]
    pub const fn new(last: Dot, dots: NonZeroU64) -> Option<Self> {
        if dots.get() <= last.sequence() { Some(Self { last, dots }) } else { None }
    }

    /// The first of its dots.
    #[must_use]
    pub fn first(self) -> Dot {
        let sequence = self.last.sequence() - (self.dots.get() - 1);
        Dot::new(self.last.replica(), sequence).unwrap_or(self.last)
    }

    /// The last of its dots, which names it.
    #[must_use]
    pub const fn last(self) -> Dot {
        self.last
    }

    /// How many dots it took.
    #[must_use]
    pub const fn dots(self) -> NonZeroU64 {
        self.dots
    }
}

impl From<Event> for Run {
    fn from(event: Event) -> Self {
        Self::new(event.first(), event.last().sequence()).unwrap_or(event.last().into())
    }
}
