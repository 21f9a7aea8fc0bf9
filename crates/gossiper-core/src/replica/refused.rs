//! What a filter refuses, told range by range.
//!
//! The answerer's side of the module `filters`: it keeps nothing but how large its atoms
//! are, and whom it told last.

use alloc::vec::Vec;
use core::ops::Range;

use super::answer::{ATOMS, Reply, scaled};
use super::walk::Smallest;
use super::{Answer, FirstQuestion, Lacking, Reason, Replica, ReplicaMessage, Update};
use crate::reconcile::{Filter, Ranges, Sketch};
use crate::{DeltaOf, Fingerprint, NodeId, RandomSource, Replicated, Resolve};

/// So many answers to one question, a megabyte by default: a guess between the memory for
/// them and the passes over all atoms.
const ANSWERS: usize = 16;

/// As many as it takes to tell all in so many questions, if that is more: passes over
/// all atoms for each megabyte of them would be work as the square of the state.
const QUESTIONS: usize = 32;

/// Of so many atoms it is measured how large they are, before the first answer.
const SAMPLE: u32 = 64;

/// What an asker holds of some words.
pub(super) struct Held<'a> {
    pub(super) fingerprint: Fingerprint,
    pub(super) number: u32,
    pub(super) ranges: &'a Ranges,
    pub(super) filter: &'a Filter,
    pub(super) lacking: u32,
}

impl<S: Resolve> Replica<S>
where
    DeltaOf<S>: Clone,
{
    /// What surely is lacking, and a question in return if more is lacking here.
    pub(super) fn reply_filter<R: RandomSource + ?Sized>(
        &mut self,
        rng: &mut R,
        from: &NodeId,
        asked: &Held<'_>,
    ) -> Vec<Reply<S>> {
        let kept = self.state.maintain_sketch();
        let Some(own) = self.fingerprint().filter(|_| kept) else {
            return alloc::vec![self.back(rng, from, FirstQuestion::Digest)];
        };
        if own == asked.fingerprint {
            return alloc::vec![self.equal(from, false, own)];
        }
        self.because(Reason::Filtered);
        let mut replies = Vec::new();
        if let Some(first) = asked.ranges.first() {
            self.schedule.told = self.rumors.round().map(|now| (from.clone(), now));
            let Some(answers) = self.lacking_in(from, first, asked) else {
                return alloc::vec![self.back(rng, from, FirstQuestion::Digest)];
            };
            replies = answers;
        }
        let question = if asked.lacking > 0 && !self.is_walking_with(from) {
            self.walk_with(from, asked.lacking).and_then(|()| self.walk_on(0))
        } else {
            None
        };
        replies.extend(question.map(ReplicaMessage::Question));
        replies
    }

    /// Answers with what is not in the filter, from the first word on; `None` if the type
    /// has no words.
    fn lacking_in(&mut self, from: &NodeId, first: u64, asked: &Held<'_>) -> Option<Vec<Reply<S>>> {
        let Held { number, ranges, filter, .. } = *asked;
        let key = self.key();
        self.measure_atoms();
        let mut refused = Smallest::new(self.atoms_at_once());
        let has_words = self.state.visit_words(&mut |word| {
            if refused.wants(word) && ranges.contains(word) && !filter.may_contain(&key, word) {
                refused.push(word);
            }
        });
        if !has_words {
            return None;
        }
        let (words, until) = refused.take();
        let passed = filter.passed_wrongly(words.len() as u32);
        if let Some(walk) = self.schedule.walk.as_mut().filter(|walk| walk.peer == *from) {
            walk.wrongly = walk.wrongly.saturating_add(passed);
        }
        let mut next = first;
        let told = self.told_apart(&words, until).into_iter();
        let mut told: Vec<_> = told.map(|(last, delta)| (Some(delta), last)).collect();
        match told.last_mut() {
            Some((_, last)) => *last = until,
            None => told.push((None, until)),
        }
        let answer = |(delta, last): (Option<DeltaOf<S>>, u64)| {
            let words = (next, last);
            next = last.saturating_add(1);
            let lacking = Lacking::Range { number, delta, words, until };
            ReplicaMessage::Answer(Answer { lacking, question: None })
        };
        Some(told.into_iter().map(answer).collect())
    }

    /// Learns how many atoms an answer holds, if it is not known. O(n).
    pub(super) fn measure_atoms(&mut self) {
        let words = self.state.sketch().map_or(0, Sketch::words);
        if self.schedule.atoms > 0 || words == 0 {
            return;
        }
        let (last, mut atoms) = ((u64::MAX / u64::from(words)).saturating_mul(SAMPLE.into()), 0);
        let sample = self.state.atoms(&mut |word| {
            let picked = word <= last;
            atoms += usize::from(picked);
            picked.then_some(0)
        });
        let update = sample.into_iter().next().map(Update::of);
        if let Some(bytes) = update.and_then(|update| self.rumors.measured(&update)) {
            self.schedule.atoms = scaled(atoms, self.config.answer_bytes(), bytes);
        }
    }

    /// How many atoms the answers to one question hold.
    pub(super) fn atoms_at_once(&self) -> usize {
        let words = self.state.sketch().map_or(0, Sketch::words);
        self.atoms_an_answer().saturating_mul(ANSWERS).max(words as usize / QUESTIONS)
    }

    /// The atoms of ascending words, the last of which is `until` at most, in deltas that
    /// fit answers, each with the last of its words.
    fn told_apart(&mut self, words: &[u64], until: u64) -> Vec<(u64, DeltaOf<S>)> {
        let (budget, atoms) = (self.config.answer_bytes(), self.atoms_an_answer());
        let mut told = Vec::new();
        let mut all_bytes = None;
        // From where to where, in `words`.
        let mut cuts: Vec<_> = cut(0..words.len(), atoms).collect();
        while !cuts.is_empty() {
            let deltas = self.state.atoms(&mut |word| {
                if word > until {
                    return None;
                }
                let at = words.binary_search(&word).ok()?;
                let place = cuts.partition_point(|cut| cut.end <= at);
                (cuts.get(place)?.start <= at).then_some(place)
            });
            let mut too_large = Vec::new();
            for (range, delta) in cuts.into_iter().zip(deltas) {
                let update = Update::of(delta);
                match self.rumors.measured(&update) {
                    Some(bytes) if bytes > budget && range.len() > 1 => {
                        let parts = (bytes / budget + 1).min(range.len());
                        too_large.extend(cut(range.clone(), range.len().div_ceil(parts)));
                    }
                    bytes => {
                        all_bytes = bytes.map(|bytes| all_bytes.unwrap_or(0) + bytes);
                        told.push((words[range.end - 1], update.delta));
                    }
                }
            }
            cuts = too_large;
        }
        if !told.is_empty() {
            let known = |bytes| scaled(words.len(), budget, bytes);
            self.schedule.atoms = all_bytes.map_or(atoms.min(ATOMS), known);
            self.stats.pieces_sent += told.len() as u64;
        }
        told.sort_unstable_by_key(|(last, _)| *last);
        told
    }

    /// Whether the type has words. It is found once, in a pass over them.
    pub(super) fn has_words(&mut self) -> bool {
        let state = &self.state;
        *self.schedule.has_words.get_or_insert_with(|| state.visit_words(&mut |_| {}))
    }

    /// Whether so much is here that a replica which lacks most of it is told range by
    /// range.
    pub(super) fn is_told_by_ranges(&mut self) -> bool {
        let dotless = self.fingerprint().is_some_and(|own| own.context == 0);
        let large = dotless && self.state.digest_is_large() && self.state.maintain_sketch();
        let words = self.state.sketch().filter(|_| large).map_or(0, Sketch::words);
        words as usize > self.atoms_an_answer() && self.has_words()
    }
}

/// A range in ranges of `len` numbers, the last one shorter.
fn cut(range: Range<usize>, len: usize) -> impl Iterator<Item = Range<usize>> {
    let end = range.end;
    range.step_by(len.max(1)).map(move |start| start..end.min(start.saturating_add(len.max(1))))
}
