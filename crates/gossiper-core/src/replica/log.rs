//! The events of late, with their deltas.

use alloc::collections::{BTreeMap, VecDeque};
use alloc::vec::Vec;

use super::Update;
use crate::lattice::Run;
use crate::rumor::Rumor;
use crate::{CausalContext, Dot};

/// Answers *what have you not seen?* for any type: a bounded log of deltas, found by
/// the dots of their events. The oldest is forgotten first.
///
/// An answer to this replica may have joined the deltas of many events; they are kept
/// as one, and told to others as one. Deltas are shared with rumors and messages, not
/// copied.
pub(super) struct EventLog<Delta> {
    capacity: usize,
    entries: VecDeque<Rumor<Update<Delta>>>,
    /// How many entries have been forgotten: the number of the first one.
    forgotten: u64,
    /// By the last dot of each run of dots that an entry was the first to have: the
    /// first dot of the run, and the entry's number.
    places: BTreeMap<Dot, (u64, u64)>,
}

impl<Delta> EventLog<Delta> {
    pub(super) const fn new(capacity: usize) -> Self {
        Self { capacity, entries: VecDeque::new(), forgotten: 0, places: BTreeMap::new() }
    }

    /// Adds events whose dots are `dots`, unless all of these are here. O(k log n) for
    /// k runs.
    pub(super) fn insert(&mut self, dots: &CausalContext, events: Rumor<Update<Delta>>) {
        if self.capacity == 0 {
            return;
        }
        let number = self.forgotten + self.entries.len() as u64;
        let places = self.places.len();
        dots.runs().for_each(|run| self.place(run, number));
        if self.places.len() == places {
            return;
        }
        self.entries.push_back(events);
        if self.entries.len() > self.capacity
            && let Some(oldest) = self.entries.pop_front()
        {
            self.forget(&oldest);
        }
    }

    /// Takes the places of the first entry, `oldest`.
    fn forget(&mut self, oldest: &Rumor<Update<Delta>>) {
        let number = self.forgotten;
        self.forgotten += 1;
        let dots = oldest.payload().events.dots(oldest.id().as_dot()).unwrap_or_default();
        for run in dots.runs() {
            let own = self.places_in(run).filter(|(_, (_, entry))| *entry == number);
            for last in own.map(|(last, _)| last).collect::<Vec<_>>() {
                self.places.remove(&last);
            }
        }
    }

    /// Notes the dots of `run` that have no place.
    fn place(&mut self, run: Run, entry: u64) {
        let taken: Vec<_> = self.places_in(run).map(|(last, (first, _))| (first, last)).collect();
        let mut next = run.first();
        let mut free = Vec::new();
        for (first, last) in taken {
            if next < first {
                free.push((next, first - 1));
            }
            next = last.sequence().saturating_add(1);
        }
        if next <= run.last() {
            free.push((next, run.last()));
        }
        for (first, last) in free {
            if let Some(last) = Dot::new(run.replica(), last) {
                self.places.insert(last, (first, entry));
            }
        }
    }

    /// The places that overlap `run`, in order.
    fn places_in(&self, run: Run) -> impl Iterator<Item = (Dot, (u64, u64))> {
        let from = Dot::new(run.replica(), run.first());
        let places = from.into_iter().flat_map(|from| self.places.range(from..));
        places.map(|(last, place)| (*last, *place)).take_while(move |(last, (first, _))| {
            last.replica() == run.replica() && *first <= run.last()
        })
    }

    /// Entries that have all of `dots` together, and may have others; `None` if the
    /// log does not go back that far. In the order in which they came. O(k log n) for
    /// k entries.
    pub(super) fn covering(&self, dots: &CausalContext) -> Option<Vec<Rumor<Update<Delta>>>> {
        let mut numbers = Vec::new();
        for run in dots.runs() {
            let mut next = run.first();
            for (last, (first, entry)) in self.places_in(run) {
                if first > next {
                    return None;
                }
                next = last.sequence().saturating_add(1);
                numbers.push(entry);
            }
            if next <= run.last() {
                return None;
            }
        }
        numbers.sort_unstable();
        numbers.dedup();
        let entry = |number: u64| usize::try_from(number - self.forgotten).ok();
        let entries = numbers.into_iter().filter_map(|number| self.entries.get(entry(number)?));
        Some(entries.cloned().collect())
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use super::*;
    use crate::ReplicaId;
    use crate::replica::Events;

    fn dot(replica: u64, sequence: u64) -> Dot {
        Dot::new(ReplicaId::new(replica), sequence).unwrap()
    }

    fn dots(dots: &[(u64, u64)]) -> CausalContext {
        dots.iter().map(|(replica, sequence)| dot(*replica, *sequence)).collect()
    }

    fn insert(log: &mut EventLog<()>, name: Dot, events: Events) {
        let dots = events.dots(name).unwrap();
        log.insert(&dots, Rumor::new(name.into(), Update { events, delta: () }.into()));
    }

    fn insert_joined(log: &mut EventLog<()>, events: &[(u64, u64)]) {
        let (replica, sequence) = events[0];
        insert(log, dot(replica, sequence), Events::Joined(dots(events)));
    }

    fn log(capacity: usize) -> EventLog<()> {
        let mut log = EventLog::new(capacity);
        for (last, count) in [(dot(1, 1), 1), (dot(1, 3), 2), (dot(2, 1), 1), (dot(1, 4), 1)] {
            insert(&mut log, last, Events::One(count.try_into().unwrap()));
        }
        log
    }

    fn found(log: &EventLog<()>, wanted: &[(u64, u64)]) -> Option<Vec<CausalContext>> {
        let entries = log.covering(&dots(wanted))?;
        let dots = |entry: &Rumor<Update<()>>| entry.payload().events.dots(entry.id().as_dot());
        Some(entries.iter().map(|entry| dots(entry).unwrap()).collect())
    }

    #[test]
    fn events_are_found_by_any_of_their_dots() {
        let log = log(9);
        let (second, third, last) = (dots(&[(1, 2), (1, 3)]), dots(&[(2, 1)]), dots(&[(1, 4)]));
        let wanted = [(1, 2), (1, 3), (1, 4), (2, 1)];
        assert_eq!(found(&log, &wanted), Some(vec![second.clone(), third, last]));
        assert_eq!(found(&log, &[]), Some(vec![]));
        assert_eq!(found(&log, &[(1, 3)]), Some(vec![second.clone()]), "a part of an event");
        assert_eq!(found(&log, &[(1, 2)]), Some(vec![second]));
        assert_eq!(found(&log, &[(1, 4), (1, 5)]), None, "not here");
        assert_eq!(found(&log, &[(3, 1)]), None);
    }

    #[test]
    fn what_was_joined_is_found_by_the_dots_that_nobody_else_has() {
        let mut log = log(9);
        let all = [(1, 3), (1, 4), (1, 5), (1, 6), (3, 9)];
        insert_joined(&mut log, &all);
        insert_joined(&mut log, &[(1, 6), (3, 9)]);
        assert_eq!(log.entries.len(), 5, "what is here is not kept twice");
        assert_eq!(found(&log, &[(1, 4)]), Some(vec![dots(&[(1, 4)])]));
        assert_eq!(found(&log, &[(1, 4), (1, 5)]), Some(vec![dots(&[(1, 4)]), dots(&all)]));
        assert_eq!(found(&log, &[(3, 9)]), Some(vec![dots(&all)]));
        assert_eq!(found(&log, &[(3, 8)]), None);
    }

    #[test]
    fn the_oldest_is_forgotten_first_and_nothing_is_kept_without_room() {
        let mut short = log(2);
        assert_eq!(found(&short, &[(2, 1), (1, 4)]).map(|found| found.len()), Some(2));
        assert_eq!(found(&short, &[(1, 3)]), None);
        insert_joined(&mut short, &[(1, 2), (1, 3), (1, 4), (2, 2)]);
        insert(&mut short, dot(5, 1), Events::One(1.try_into().unwrap()));
        assert_eq!((found(&short, &[(2, 1)]), found(&short, &[(1, 4)])), (None, None));
        assert_eq!(found(&short, &[(1, 3), (2, 2)]).map(|found| found.len()), Some(1));
        assert_eq!(short.places.len(), 3, "nothing leads to what is forgotten");

        assert_eq!(found(&log(0), &[(1, 4)]), None);
        assert_eq!(found(&log(0), &[]), Some(vec![]));
    }
}
