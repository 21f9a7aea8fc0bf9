//! *Where do we differ?*, worked out from symbols of the peer's sketch.

use alloc::sync::Arc;
use alloc::vec::Vec;

use super::answer::Reply;
use super::schedule::{Session, Stage};
use super::{FirstQuestion, Lacking, Question, Reason, Replica, ReplicaEffect, ReplicaMessage};
use crate::lattice::Reconciled;
use crate::reconcile::{
    DecodeState, Decoder, Difference, Limits, Symbols, SymbolsQuestion, Wanted,
};
use crate::{DeltaOf, DigestOf, Fingerprint, NodeId, RandomSource, Replicated, Resolve};

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
            self.because(Reason::OtherContext);
            return (false, Vec::new());
        }
        let difference = match session.decoder.add(sketch, symbols) {
            DecodeState::NeedMore { question: next, estimate } => {
                self.because(Reason::Undecided);
                let more = Question::Symbols { fingerprint, symbols: next };
                let next = self.near_or_far(&session, symbols, estimate, more);
                if matches!(next, Some(Question::Symbols { .. })) {
                    session.asked = self.rumors.round();
                    self.schedule.session = Some(session);
                }
                return (true, next.into_iter().map(ReplicaMessage::Question).collect());
            }
            // Equal by now. Of what has dots, the rest may differ.
            DecodeState::Done(difference)
                if difference == Difference::default() && context == 0 =>
            {
                return (false, Vec::new());
            }
            DecodeState::Done(difference) => {
                self.because(Reason::Decoded);
                self.state.reconcile(&difference)
            }
            DecodeState::Fallback(_) => {
                self.because(Reason::Undecodable);
                None
            }
        };
        let Some(Reconciled { here, there, wanted }) = difference else {
            if session.stage != Stage::Open {
                return (true, Vec::new());
            }
            return (true, alloc::vec![self.back(rng, from, FirstQuestion::Digest)]);
        };
        let news = here.is_some_and(|here| self.merge_delta(from, &Arc::new(here), effects));
        let mut replies = Vec::new();
        if !wanted.is_empty() {
            // First: what is told changes values, and their words with them.
            let wanted = Wanted::of(&wanted, symbols.words());
            replies.push(ReplicaMessage::Question(Question::Atoms(wanted)));
        }
        if there.is_some() {
            replies.extend(self.told(there));
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

    /// *Where do we differ?*, when about so many differences are left.
    pub(super) fn symbols_after(
        &mut self,
        peer: &NodeId,
        stage: Stage,
        differences: u32,
    ) -> Option<Question<DigestOf<S>>> {
        let fingerprint = self.fingerprint()?;
        let decoder = Decoder::new(self.state.sketch()?, Limits::default()).expecting(differences);
        let symbols = decoder.question();
        let (peer, asked) = (peer.clone(), self.rumors.round());
        let session = Session { peer, decoder, stage, asked, crossed: false };
        self.schedule.session = Some(session);
        Some(Question::Symbols { fingerprint, symbols })
    }

    /// Whether a peer has asked for the first symbols while it was asked for its own, and
    /// will answer: one of both is enough, and the fingerprints say which. It is passed
    /// over once, for the answer may be lost.
    pub(super) fn is_asked_instead(&mut self, from: &NodeId, asker: Fingerprint) -> bool {
        let gives_way = self
            .fingerprint()
            .is_some_and(|own| (own.atoms, own.context) < (asker.atoms, asker.context));
        let session = self.schedule.session.as_mut().filter(|session| session.peer == *from);
        let first = session.filter(|session| {
            session.stage == Stage::Filtered && session.decoder.symbols() == 0 && !session.crossed
        });
        !gives_way
            && first.is_some_and(|session| {
                session.crossed = true;
                true
            })
    }
}
