//! Events that came with an answer before they came as rumors.

use crate::{CausalContext, Round};

/// Events to be passed on if a rumor of them comes, though they are seen.
///
/// An answer brings an event without its delta, so it cannot be pushed. When its
/// rumor comes, it is redundant here and may be news beyond: if it were dropped, a
/// replica that asks at the wrong moment would cut off all that lie behind it.
///
/// Kept for as long as rumors are, in two generations.
#[derive(Clone, Debug, Default)]
pub(super) struct Unheard {
    recent: CausalContext,
    older: CausalContext,
    recent_since: Option<Round>,
}

impl Unheard {
    /// A round has begun; rumors are kept for `retention` rounds.
    pub(super) fn begin(&mut self, round: Round, retention: u64) {
        if round.since(*self.recent_since.get_or_insert(round)) >= retention {
            self.older = core::mem::take(&mut self.recent);
            self.recent_since = Some(round);
        }
    }

    /// An answer has brought these. O(runs).
    pub(super) fn insert(&mut self, events: &CausalContext) {
        self.recent.join(events);
    }

    /// Whether a rumor of these events is to be passed on, which each is once. O(k log n)
    /// for k runs if not, else O(runs).
    pub(super) fn take(&mut self, events: &CausalContext) -> bool {
        let mut taken = false;
        for generation in [&mut self.recent, &mut self.older] {
            if !generation.intersection(events).is_empty() {
                *generation = generation.difference(events);
                taken = true;
            }
        }
        taken
    }
}
