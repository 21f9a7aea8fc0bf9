//! A delta that is too large for one answer, in parts.
//!
//! What causal types lack is pulled in pieces, and what types with words lack range by
//! range: both say how far they go. What symbols have told, some thousand atoms at most,
//! and the delta of a type with neither, has nothing to say that with, and yet answers
//! must not grow with the state: frames have a limit. So a delta above
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

impl<S: Resolve> Replica<S>
where
    DeltaOf<S>: Clone,
{
    /// What symbols told: no answer to what the asker said of its whole
    /// state, so it claims nothing to be seen.
    pub(super) fn told(&self, delta: Option<DeltaOf<S>>) -> Vec<Reply<S>> {
        let parts = delta.map_or_else(Vec::new, |delta| self.parts(delta));
        self.whole(0, parts, CausalContext::new(), None)
    }

    /// The bytes of a delta that is too large for one answer.
    pub(super) fn too_large(&self, update: &Update<DeltaOf<S>>) -> Option<usize> {
        self.rumors.measured(update).filter(|bytes| *bytes > self.config.answer_bytes())
    }

    /// All that `peer` lacks, in parts; `None` if it is so much that it was sent in parts
    /// before, and they may still be under way.
    pub(super) fn parts_for(
        &mut self,
        peer: &NodeId,
        delta: Option<DeltaOf<S>>,
    ) -> Option<Vec<DeltaOf<S>>> {
        let parts = delta.map_or_else(Vec::new, |delta| self.parts(delta));
        if parts.len() > 1 {
            let told = self.schedule.told.as_ref().filter(|(told, _)| told == peer);
            if told.is_some_and(|(_, at)| self.is_recent(*at)) {
                return None;
            }
            self.schedule.told = self.rumors.round().map(|now| (peer.clone(), now));
        }
        Some(parts)
    }

    /// One answer with all that is lacking, or several that claim nothing; the last one
    /// asks in return.
    pub(super) fn whole(
        &self,
        run: u64,
        mut parts: Vec<DeltaOf<S>>,
        seen: CausalContext,
        question: Option<Question<DigestOf<S>>>,
    ) -> Vec<Reply<S>> {
        let answer = |run, delta, seen, question| {
            let lacking = Lacking::Whole { run, delta, seen };
            ReplicaMessage::Answer(Answer { lacking, question })
        };
        let last = parts.pop();
        if parts.is_empty() {
            return alloc::vec![answer(run, last, seen, question)];
        }
        let part = |delta| answer(0, Some(delta), CausalContext::new(), None);
        let mut answers: Vec<_> = parts.into_iter().map(part).collect();
        answers.push(answer(0, last, CausalContext::new(), question));
        answers
    }

    /// The delta in parts that fit an answer, as far as atoms do. O(k log p) for k atoms
    /// in p parts.
    fn parts(&self, delta: DeltaOf<S>) -> Vec<DeltaOf<S>> {
        let whole = Update::of(delta);
        let Some(bytes) = self.too_large(&whole) else { return alloc::vec![whole.delta] };
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
            match self.too_large(&update) {
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
