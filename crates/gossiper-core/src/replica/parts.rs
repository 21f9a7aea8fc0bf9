//! A delta that is too large for one answer, in parts.
//!
//! What causal types lack is pulled in pieces, each of which says how far it goes. A
//! type without dots has nothing to say that with, and yet its answers must not grow
//! with the state: frames have a limit. So a delta above
//! [`ReplicaConfig::answer_bytes`](crate::ReplicaConfig::answer_bytes) is halved until
//! its parts fit, and all of them are sent at once, each as an answer by itself. None
//! of them claims that anything was seen: any may be lost, and is found again by the
//! next exchange, which also tells what was seen once both are equal.
//!
//! The answerer holds the delta and its parts at once at most, twice the delta's bytes,
//! and the host all of its messages.

use alloc::vec::Vec;

use super::answer::Reply;
use super::{Answer, Lacking, Question, Replica, ReplicaMessage, Update};
use crate::{CausalContext, DeltaOf, DigestOf, NodeId, Replicated, Resolve, StateOf};

/// So many atoms of a type whose deltas do not join are worth a message each.
const FEW: usize = 64;

/// All that the sender of a question lacks, as [`Lacking::Whole`] has it.
pub(super) struct Whole<Delta> {
    pub(super) run: u64,
    pub(super) delta: Option<Delta>,
    pub(super) seen: CausalContext,
}

impl<S: Resolve> Replica<S>
where
    DeltaOf<S>: Clone,
{
    /// What a sketch or a filter told: no answer to what the asker said of its whole
    /// state, so it claims nothing to be seen.
    pub(super) fn told(
        &self,
        delta: Option<DeltaOf<S>>,
        question: Option<Question<DigestOf<S>>>,
    ) -> Vec<Reply<S>> {
        self.in_parts(Whole { run: 0, delta, seen: CausalContext::new() }, question)
    }

    /// All that `peer` lacks, or nothing if it is so much that it was sent in parts and
    /// they may still be under way.
    pub(super) fn whole(
        &mut self,
        peer: &NodeId,
        whole: Whole<DeltaOf<S>>,
        question: Option<Question<DigestOf<S>>>,
    ) -> Vec<Reply<S>> {
        let replies = self.in_parts(whole, question);
        if replies.len() < 2 {
            return replies;
        }
        let now = self.rumors.round();
        let told = self.schedule.told.as_ref().filter(|(told, _)| told == peer);
        if told.is_some_and(|(_, at)| self.is_recent(*at)) {
            return Vec::new();
        }
        self.schedule.told = now.map(|now| (peer.clone(), now));
        replies
    }

    /// One answer, or several that claim nothing; the last one asks in return.
    fn in_parts(
        &self,
        whole: Whole<DeltaOf<S>>,
        mut question: Option<Question<DigestOf<S>>>,
    ) -> Vec<Reply<S>> {
        let Whole { run, delta, seen } = whole;
        let mut parts = delta.map_or_else(Vec::new, |delta| self.parts(delta));
        let answer = |run, delta, seen, question| {
            let lacking = Lacking::Whole { run, delta, seen };
            ReplicaMessage::Answer(Answer { lacking, question })
        };
        if parts.len() < 2 {
            return alloc::vec![answer(run, parts.pop(), seen, question)];
        }
        let last = parts.len() - 1;
        let answers = parts.into_iter().enumerate().map(|(number, part)| {
            let question = if number == last { question.take() } else { None };
            answer(0, Some(part), CausalContext::new(), question)
        });
        answers.collect()
    }

    /// The delta in parts that fit an answer, as far as atoms do. O(k log p) for k atoms
    /// in p parts.
    fn parts(&self, delta: DeltaOf<S>) -> Vec<DeltaOf<S>> {
        let budget = self.config.answer_bytes();
        let too_large = |update: &Update<DeltaOf<S>>| {
            self.rumors.measured(update).filter(|bytes| *bytes > budget)
        };
        let whole = Update::of(delta);
        let Some(bytes) = too_large(&whole) else { return alloc::vec![whole.delta] };
        let with_bytes = |parts: Vec<DeltaOf<S>>, bytes: usize| {
            parts.into_iter().rev().map(move |part| (part, bytes))
        };
        let halves = StateOf::<S>::halve(whole.delta.clone());
        if halves.len() > FEW {
            return alloc::vec![whole.delta];
        }
        drop(whole);
        // The next one last, each with the bytes of what it is a part of.
        let mut left: Vec<_> = with_bytes(halves, bytes).collect();
        let mut parts = Vec::new();
        while let Some((delta, more)) = left.pop() {
            let update = Update::of(delta);
            match too_large(&update) {
                // It is what it was before: there is nothing to cut.
                Some(bytes) if bytes < more => {
                    left.extend(with_bytes(StateOf::<S>::halve(update.delta), bytes));
                }
                _ => parts.push(update.delta),
            }
        }
        parts
    }
}
