//! The events of late, with their deltas.

use alloc::collections::{BTreeMap, VecDeque};
use alloc::sync::Arc;
use alloc::vec::Vec;

use super::Update;
use crate::rumor::Rumor;
use crate::{CausalContext, Dot, Event};

/// Answers *what have you not seen?* for any type: a bounded log of events by
/// their id. The oldest is forgotten first.
///
/// Deltas are shared with rumors and messages, not copied.
pub(super) struct EventLog<Delta> {
    capacity: usize,
    events: BTreeMap<Dot, Arc<Update<Delta>>>,
    /// In the order in which they came.
    order: VecDeque<Dot>,
}

impl<Delta> EventLog<Delta> {
    pub(super) const fn new(capacity: usize) -> Self {
        Self { capacity, events: BTreeMap::new(), order: VecDeque::new() }
    }

    /// Adds an event. O(log n).
    pub(super) fn insert(&mut self, event: Event, update: Arc<Update<Delta>>) {
        if self.capacity == 0 || self.events.insert(event.last(), update).is_some() {
            return;
        }
        self.order.push_back(event.last());
        if self.order.len() > self.capacity
            && let Some(oldest) = self.order.pop_front()
        {
            self.events.remove(&oldest);
        }
    }

    /// The events whose dots are exactly `dots`, in order of dots; `None` if the
    /// log does not go back that far. O(k log n) for k events.
    pub(super) fn events(&self, dots: &CausalContext) -> Option<Vec<Rumor<Update<Delta>>>> {
        let mut found = Vec::new();
        for run in dots.runs() {
            let (first, last) =
                (Dot::new(run.replica(), run.first())?, Dot::new(run.replica(), run.last())?);
            let mut next = run.first();
            for (id, update) in self.events.range(first..=last) {
                let event = Event::new(*id, update.dots)?;
                if event.first().sequence() != next {
                    return None;
                }
                next = id.sequence().wrapping_add(1);
                found.push(Rumor::new((*id).into(), Arc::clone(update)));
            }
            if next != run.last().wrapping_add(1) {
                return None;
            }
        }
        Some(found)
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use super::*;
    use crate::ReplicaId;

    fn dot(replica: u64, sequence: u64) -> Dot {
        Dot::new(ReplicaId::new(replica), sequence).unwrap()
    }

    fn dots(run: &[(u64, u64)]) -> CausalContext {
        run.iter().map(|(replica, sequence)| dot(*replica, *sequence)).collect()
    }

    fn log(capacity: usize) -> EventLog<()> {
        let mut log = EventLog::new(capacity);
        for (last, count) in [(dot(1, 1), 1), (dot(1, 3), 2), (dot(2, 1), 1), (dot(1, 4), 1)] {
            let update = Update { dots: count.try_into().unwrap(), delta: () };
            log.insert(Event::new(last, update.dots).unwrap(), update.into());
        }
        log
    }

    fn ids(found: Option<Vec<Rumor<Update<()>>>>) -> Option<Vec<Dot>> {
        found.map(|found| found.iter().map(|rumor| rumor.id().as_dot()).collect())
    }

    #[test]
    fn events_are_found_whole_or_not_at_all() {
        let log = log(9);
        let wanted = dots(&[(1, 2), (1, 3), (1, 4), (2, 1)]);
        assert_eq!(ids(log.events(&wanted)), Some(vec![dot(1, 3), dot(1, 4), dot(2, 1)]));
        assert_eq!(ids(log.events(&dots(&[]))), Some(vec![]));
        assert_eq!(ids(log.events(&dots(&[(1, 3)]))), None, "a part of an event");
        assert_eq!(ids(log.events(&dots(&[(1, 4), (1, 5)]))), None, "not here");
        assert_eq!(ids(log.events(&dots(&[(3, 1)]))), None);
    }

    #[test]
    fn the_oldest_is_forgotten_first_and_nothing_is_kept_without_room() {
        let short = log(2);
        assert_eq!(ids(short.events(&dots(&[(2, 1), (1, 4)]))), Some(vec![dot(1, 4), dot(2, 1)]));
        assert_eq!(ids(short.events(&dots(&[(1, 1)]))), None);
        assert_eq!(ids(log(0).events(&dots(&[(1, 4)]))), None);
    }
}
