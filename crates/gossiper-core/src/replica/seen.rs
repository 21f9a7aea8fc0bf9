//! The events that a replica wholly holds.

use core::ops::Deref;

use crate::lattice::DotWord;
use crate::{CausalContext, Event, FingerprintKey};

/// The set of events, with a hash of it that is kept up to date.
///
/// It grows by whole events, by a whole answer, and at equal fingerprints, and by
/// nothing else.
#[derive(Clone)]
pub(super) struct Seen {
    events: CausalContext,
    word: DotWord,
}

impl Seen {
    /// O(runs).
    pub(super) fn new(key: FingerprintKey, events: CausalContext) -> Self {
        Self { word: DotWord::of(key, &events), events }
    }

    /// O(log runs), and what an insertion costs where it fills or makes a gap.
    pub(super) fn insert(&mut self, event: Event) {
        let run = event.into();
        if !self.events.contains_run(run) {
            let news = CausalContext::from(run).difference(&self.events);
            news.runs().for_each(|run| self.word.add(run));
            self.events.insert_run(run);
        }
    }

    /// O(k log runs) for k runs that join.
    pub(super) fn join(&mut self, events: &CausalContext) {
        events.difference(&self.events).runs().for_each(|run| self.word.add(run));
        self.events.join(events);
    }

    pub(super) fn clone_events(&self) -> CausalContext {
        self.events.clone()
    }

    /// 64 bits that tell whether two replicas have seen the same. O(1).
    #[expect(clippy::cast_possible_truncation, reason = "half of the word is enough")]
    pub(super) fn hash(&self) -> u64 {
        self.word.value() as u64
    }

    /// The same for a set that is not far from this one. O(runs), and two hashes for
    /// each run in which they differ.
    #[expect(clippy::cast_possible_truncation, reason = "as above")]
    pub(super) fn hash_of(&self, other: &CausalContext) -> u64 {
        let mut word = self.word.clone();
        self.events.difference(other).runs().for_each(|run| word.remove(run));
        other.difference(&self.events).runs().for_each(|run| word.add(run));
        word.value() as u64
    }
}

impl Deref for Seen {
    type Target = CausalContext;

    fn deref(&self) -> &CausalContext {
        &self.events
    }
}
