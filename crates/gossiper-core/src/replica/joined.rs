//! Events one by one, or as one delta.
//!
//! Each by itself says which event it is: whoever has part of them is told nothing
//! twice, and applications see events. But a replica that missed twenty writes to one
//! key need not be told of nineteen. So events that a log tells are joined where that is
//! clearly smaller, and so are those that a replica makes between two ticks.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::cmp::Reverse;
use core::num::NonZeroU64;

use super::{Events, Lacking, Replica, Update};
use crate::rumor::Rumor;
use crate::{CausalContext, DeltaOf, Dot, MessageId, NodeId, Replicated, Resolve, StateOf};

/// What naming an event, or a run of them, takes in a message.
const BYTES_A_NAME: usize = 11;

/// A guess for hosts that do not measure: an atom, or an event, takes so many
/// bytes.
pub(super) const BYTES_ASSUMED: usize = 64;

/// A guess for hosts that do not measure: so many events are smaller as one.
const MANY: usize = 8;

/// Events of a replica of `S`.
type EventsOf<S> = Rumor<Update<DeltaOf<S>>>;

/// The join of the first of some entries.
pub(super) struct Joined<Delta> {
    events: CausalContext,
    /// As if it were one event, until it is complete: that is what hosts measure.
    update: Update<Delta>,
    entries: usize,
}

impl<Delta> Joined<Delta> {
    /// As a rumor, if it holds an event. What one writer did in turn is like one event.
    pub(super) fn into_rumor(self) -> Option<Rumor<Update<Delta>>> {
        let first = self.events.runs().next()?;
        let name = Dot::new(first.replica(), first.last())?;
        let events = match NonZeroU64::new(first.last() - (first.first() - 1)) {
            Some(dots) if self.events.runs().len() == 1 => Events::One(dots),
            _ => Events::Joined(self.events),
        };
        let update = Update { events, delta: self.update.delta };
        Some(Rumor::new(name.into(), Arc::new(update)))
    }
}

impl<S: Resolve> Replica<S>
where
    DeltaOf<S>: Clone,
{
    /// Tells `peer` as much of these as an answer may hold, at least one of them. If it
    /// was cut off, it says that they have come.
    pub(super) fn tell(
        &mut self,
        peer: &NodeId,
        seen: &CausalContext,
        entries: Vec<EventsOf<S>>,
    ) -> Lacking<DeltaOf<S>> {
        let (events, more) = self.some_of(entries);
        let mut told = seen.clone();
        events.iter().for_each(|events| {
            told.join(&dots_of(events));
        });
        let cover =
            |id: MessageId, update: &Update<DeltaOf<S>>| update.events.are_in(&told, id.as_dot());
        let number = self.rumors.number_told(peer, cover);
        Lacking::Events { number, events, more }
    }

    /// As much of these as an answer may hold, at least one of them; and whether there are
    /// others.
    fn some_of(&self, mut entries: Vec<EventsOf<S>>) -> (Vec<EventsOf<S>>, bool) {
        // What was joined before has more than is asked for, and is joined again.
        let joined = |entry: &EventsOf<S>| matches!(entry.payload().events, Events::Joined(_));
        let all = entries.len();
        if entries.iter().any(joined) {
            // Large ones first: what they have is then left out of the others.
            entries.sort_by_cached_key(|entry| Reverse(dots_of(entry).len()));
            let joined = self.join(&entries);
            let more = joined.entries < all;
            return (joined.into_rumor().into_iter().collect(), more);
        }
        let (fit, bytes) = self.fitting(&entries);
        if let Some(joined) = self.if_smaller(&entries, fit, bytes) {
            let more = joined.entries < all;
            return (joined.into_rumor().into_iter().collect(), more);
        }
        entries.truncate(fit);
        (entries, fit < all)
    }

    fn bytes_of(&self, update: &Update<DeltaOf<S>>) -> usize {
        self.rumors.measured(update).unwrap_or(BYTES_ASSUMED)
    }

    /// How many of these, at least one, an answer has room for one by one, and their
    /// bytes.
    pub(super) fn fitting(&self, entries: &[EventsOf<S>]) -> (usize, usize) {
        let budget = self.config.answer_bytes();
        let (mut fit, mut bytes) = (0, 0_usize);
        for entry in entries {
            let more = self.bytes_of(entry.payload());
            if fit > 0 && bytes.saturating_add(more) > budget {
                break;
            }
            bytes = bytes.saturating_add(more);
            fit += 1;
        }
        (fit, bytes)
    }

    /// The join of these, if it holds more than the first `fit`, which take `bytes`
    /// one by one, or as many in three quarters of that.
    pub(super) fn if_smaller(
        &self,
        entries: &[EventsOf<S>],
        fit: usize,
        bytes: usize,
    ) -> Option<Joined<DeltaOf<S>>> {
        if entries.len() < 2 {
            return None;
        }
        let joined = self.join(entries);
        if joined.entries != fit {
            return (joined.entries > fit).then_some(joined);
        }
        let smaller = match self.rumors.measured(&joined.update) {
            Some(smaller) => {
                let smaller = smaller + joined.events.runs().len() * BYTES_A_NAME;
                smaller <= (bytes + fit * BYTES_A_NAME) / 4 * 3
            }
            None => fit >= MANY,
        };
        smaller.then_some(joined)
    }

    /// The join of the first of `entries`, as far as an answer has room. O(bytes of
    /// them), and the logarithm that joins take.
    fn join(&self, entries: &[EventsOf<S>]) -> Joined<DeltaOf<S>> {
        let budget = self.config.answer_bytes();
        let mut joined = Joined {
            events: dots_of(&entries[0]),
            update: Update::of(entries[0].payload().delta.clone()),
            entries: 1,
        };
        let mut at_most = self.bytes_of(entries[0].payload());
        for entry in &entries[1..] {
            let dots = dots_of(entry);
            if joined.events.covers(&dots) {
                joined.entries += 1;
                continue;
            }
            let bytes = self.bytes_of(entry.payload());
            if at_most.saturating_add(bytes) > budget {
                at_most = self.rumors.measured(&joined.update).unwrap_or(at_most);
                // Measuring again and again costs more than a full answer gains.
                if at_most.saturating_add(bytes) > budget - budget / 8 {
                    break;
                }
            }
            // What was joined of it is true all the same; it only is not all.
            let delta = entry.payload().delta.clone();
            if StateOf::<S>::join_deltas(&mut joined.update.delta, delta).is_some() {
                break;
            }
            at_most = at_most.saturating_add(bytes);
            joined.events.join(&dots);
            joined.entries += 1;
        }
        joined
    }
}

/// The dots of events that were looked at when they came.
fn dots_of<Delta>(events: &Rumor<Update<Delta>>) -> CausalContext {
    events.payload().events.dots(events.id().as_dot()).unwrap_or_default()
}
