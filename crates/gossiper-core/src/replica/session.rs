//! *Where do we differ?*, worked out from symbols of the peer's sketch.

use alloc::sync::Arc;
use alloc::vec::Vec;

use super::answer::Reply;
use super::{Answer, FirstQuestion, Lacking, Question, Replica, ReplicaEffect, ReplicaMessage};
use crate::lattice::Reconciled;
use crate::reconcile::{DecodeState, Limits, Symbols, SymbolsQuestion, Wanted};
use crate::{CausalContext, DeltaOf, Fingerprint, NodeId, RandomSource, Replicated, Resolve};

impl<S: Resolve> Replica<S>
where
    DeltaOf<S>: Clone,
{
    /// Takes in symbols; says whether they led to news, and what to send.
    pub(super) fn decode<R: RandomSource + ?Sized>(
        &mut self,
        rng: &mut R,
        from: &NodeId,
        context: u128,
        symbols: &Symbols,
        effects: &mut Vec<ReplicaEffect<S>>,
    ) -> (bool, Vec<Reply<S>>) {
        let session = self.schedule.session.take_if(|session| session.peer == *from);
        let (Some(mut session), Some(fingerprint), Some(sketch)) =
            (session, self.fingerprint(), self.state.sketch())
        else {
            return (false, Vec::new());
        };
        if fingerprint.context != context {
            // One of both has heard of something since: the next exchange tells.
            return (false, Vec::new());
        }
        let difference = match session.decoder.add(sketch, symbols) {
            DecodeState::NeedMore { question: symbols, .. } => {
                self.schedule.session = Some(session);
                let question = Question::Symbols { fingerprint, symbols };
                return (true, alloc::vec![ReplicaMessage::Question(question)]);
            }
            DecodeState::Done(difference) => self.state.reconcile(&difference),
            DecodeState::Fallback(_) => None,
        };
        let Some(Reconciled { here, there, wanted }) = difference else {
            return (true, alloc::vec![self.back(rng, from, FirstQuestion::Digest)]);
        };
        let news = here.is_some_and(|here| self.merge_delta(from, &Arc::new(here), effects));
        let mut replies = Vec::new();
        if there.is_some() {
            replies.push(told(there));
        }
        if !wanted.is_empty() {
            let wanted = Wanted::of(&wanted, symbols.words());
            replies.push(ReplicaMessage::Question(Question::Atoms(wanted)));
        }
        (news, replies)
    }

    /// Symbols of this state's sketch, if they tell the asker where we differ.
    pub(super) fn symbols_for(
        &mut self,
        asker: Fingerprint,
        question: &SymbolsQuestion,
    ) -> Option<Lacking<DeltaOf<S>>> {
        let own = self.fingerprint()?;
        if own.context != asker.context || !self.state.maintain_sketch() {
            return None;
        }
        let symbols = self.state.sketch()?.answer(question, Limits::default().max_symbols);
        Some(Lacking::Symbols { context: own.context, symbols })
    }
}

/// What a sketch told, or was asked for by what it told: no answer to what the
/// asker said of its whole state, so it claims nothing to be seen.
pub(super) fn told<Digest, Delta>(delta: Option<Delta>) -> ReplicaMessage<Digest, Delta> {
    let lacking = Lacking::Whole { run: 0, delta, seen: CausalContext::new() };
    ReplicaMessage::Answer(Answer { lacking, question: None })
}
