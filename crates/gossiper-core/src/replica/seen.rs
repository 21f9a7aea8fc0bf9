//! The events that a replica wholly holds.

use alloc::collections::VecDeque;
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
}

/// What was seen when this replica and a peer last found that they were equal:
/// a few of these moments, the latest first.
///
/// A peer that has stayed where it was is then answered by the hash of what it
/// has seen, and need not send it.
#[derive(Default)]
pub(super) struct Agreed {
    moments: VecDeque<(u64, CausalContext)>,
}

/// Moments that are kept, a guess: several peers fall behind by turns.
const MOMENTS: usize = 8;

impl Agreed {
    /// O(1) if nothing was seen since, else a copy of what was.
    pub(super) fn note(&mut self, seen: &Seen) {
        let hash = seen.hash();
        if self.get(hash).is_none() {
            self.moments.truncate(MOMENTS - 1);
            self.moments.push_front((hash, seen.clone_events()));
        }
    }

    /// What was seen in the moment that has this hash.
    pub(super) fn get(&self, hash: u64) -> Option<&CausalContext> {
        self.moments.iter().find(|(own, _)| *own == hash).map(|(_, seen)| seen)
    }
}

impl Deref for Seen {
    type Target = CausalContext;

    fn deref(&self) -> &CausalContext {
        &self.events
    }
}
