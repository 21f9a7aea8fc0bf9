//! Questions and answers: what makes convergence certain.
//!
//! Three questions, the cheapest first, and each sends on to the next where it
//! does not settle the matter:
//!
//! | question | settles it if | bytes there and back |
//! |---|---|---|
//! | *are we equal?* a fingerprint | the states are equal | 59 and 20, frames included |
//! | *what have I not seen?* the events seen | the answerer's log goes back that far | 12 a writer; the events |
//! | the same with an outline | the type has an index by dot | 24 a writer; the atoms and 3 a removal |
//! | *where do we differ?* symbols of a [sketch](crate::reconcile) | contexts are equal | 8 to 20 a difference |
//! | the same by the whole digest | always | the digests and the difference |
//!
//! A question of the first kind is answered like one of the second where the
//! asker has seen what both had seen when they last agreed: the hash tells. So in
//! a quiet cluster what is new takes one round trip, and no vector is sent.
//!
//! A replica asks the first while its questions are answered, the second when
//! the last one was not, and sends an outline along when several were not, or
//! when it has just started. A question that does not settle it is returned with
//! the next one, so that whoever is behind is told in one more message. States
//! that differ although both have seen the same (damage, content that came with
//! no event) end with the digest.

use alloc::sync::Arc;
use alloc::vec::Vec;

use super::answer::Turn;
use super::{
    Answer, Change, FirstQuestion, Lacking, Question, Replica, ReplicaEffect, ReplicaEvent, Update,
};
use crate::lattice::Run;
use crate::rumor::Rumor;
use crate::{
    CausalContext, DeltaOf, DigestOf, Dot, Effect, Event, NodeId, RandomSource, Replicated, Resolve,
};

impl<S: Resolve> Replica<S>
where
    DeltaOf<S>: Clone,
{
    pub(super) fn receive_question<R: RandomSource + ?Sized>(
        &mut self,
        rng: &mut R,
        from: &NodeId,
        question: &Question<DigestOf<S>>,
    ) -> Vec<ReplicaEffect<S>> {
        self.stats.questions_received += 1;
        self.reply(rng, from, question, Turn::First)
    }

    pub(super) fn receive_answer<R: RandomSource + ?Sized>(
        &mut self,
        rng: &mut R,
        from: &NodeId,
        answer: Answer<DigestOf<S>, DeltaOf<S>>,
    ) -> Vec<ReplicaEffect<S>> {
        self.stats.answers_received += 1;
        self.schedule.unanswered = 0;
        let mut effects = Vec::new();
        let mut told = None;
        if !matches!(answer.lacking, Lacking::Piece { .. }) {
            self.schedule.pull.take_if(|pull| pull.peer == *from);
        }
        let news = match answer.lacking {
            Lacking::Nothing => {
                self.agreed.note(&self.seen);
                false
            }
            Lacking::Knowledge { fingerprint, seen } => {
                effects.extend(self.notice_seen(&seen, from));
                if self.fingerprint() == Some(fingerprint) {
                    self.seen.join(&seen);
                    self.agreed.note(&self.seen);
                    if !seen.covers(&self.seen) {
                        let seen = self.seen.clone_events();
                        let lacking = Lacking::Knowledge { fingerprint, seen };
                        effects.push(self.send_answer(from, Answer { lacking, question: None }));
                    }
                }
                false
            }
            Lacking::Symbols { context, symbols } => {
                let (news, reply) = self.decode(rng, from, context, &symbols, &mut effects);
                let sends = reply.into_iter().map(|message| self.send(from, message));
                effects.extend(sends.collect::<Vec<_>>());
                news
            }
            Lacking::Events { events, more } => {
                let mut news = false;
                for event in events {
                    news |= self.learn(from, &event, &mut effects);
                }
                if more {
                    effects.push(self.ask_on(rng, from, FirstQuestion::Unseen));
                }
                news
            }
            Lacking::Piece { run, delta, covers } => {
                let news = self.merge_delta(from, Some(delta), &mut effects);
                if self.schedule.run == Some(run)
                    && let Some(pull) = &mut self.schedule.pull
                    && pull.peer == *from
                    && pull.outline.covered.join(&covers).is_changed()
                {
                    effects.push(self.ask_on(rng, from, FirstQuestion::Outline));
                }
                news
            }
            Lacking::Whole { run, delta, seen } => {
                effects.extend(self.notice_seen(&seen, from));
                let news = self.merge_delta(from, delta, &mut effects);
                if self.schedule.run == Some(run) {
                    // This state now has all that the answerer had seen.
                    self.unheard.insert(&seen.difference(&self.seen));
                    self.seen.join(&seen);
                }
                told = Some(seen);
                news
            }
        };
        if !news {
            self.schedule.relax(self.rumors.round(), self.config.anti_entropy_interval());
        }
        if let Some(question) = answer.question {
            effects.extend(self.reply(rng, from, &question, Turn::InReturn(told.as_ref())));
        }
        effects
    }

    /// Takes in what an answer brings; says whether it was news.
    pub(super) fn merge_delta(
        &mut self,
        from: &NodeId,
        delta: Option<DeltaOf<S>>,
        effects: &mut Vec<ReplicaEffect<S>>,
    ) -> bool {
        let Some(delta) = delta else { return false };
        self.stats.deltas_received += 1;
        let delta = Arc::new(delta);
        if !self.state.merge(DeltaOf::<S>::clone(&delta)).is_changed() {
            self.stats.deltas_redundant += 1;
            return false;
        }
        self.stats.deltas_news += 1;
        let change = Change::AntiEntropy { delta };
        effects.push(Effect::Emit(ReplicaEvent::Changed { from: from.clone(), change }));
        true
    }

    /// Takes in an event that a peer's log held; says whether it was news. It is
    /// not forwarded: whoever lacks it asks.
    pub(super) fn learn(
        &mut self,
        from: &NodeId,
        rumor: &Rumor<Update<DeltaOf<S>>>,
        effects: &mut Vec<ReplicaEffect<S>>,
    ) -> bool {
        let id = rumor.id();
        let Some(event) = Event::new(id.as_dot(), rumor.payload().dots) else {
            effects.push(Effect::Emit(ReplicaEvent::Malformed { from: from.clone(), id }));
            return false;
        };
        effects.extend(self.notice_own_sequence(id.as_dot(), from));
        !self.seen.holds(event) && {
            self.unheard.insert(&CausalContext::from(Run::from(event)));
            self.take_in(from, event, Arc::clone(rumor.payload()), effects);
            true
        }
    }

    /// Merges an event that was not seen.
    pub(super) fn take_in(
        &mut self,
        from: &NodeId,
        event: Event,
        update: Arc<Update<DeltaOf<S>>>,
        effects: &mut Vec<ReplicaEffect<S>>,
    ) {
        let changed = self.state.merge(update.delta.clone()).is_changed();
        self.seen.insert(event);
        self.log.insert(event, Arc::clone(&update));
        if changed {
            let change = Change::Event { event, update };
            effects.push(Effect::Emit(ReplicaEvent::Changed { from: from.clone(), change }));
        }
    }

    pub(super) fn notice_seen(
        &mut self,
        seen: &CausalContext,
        from: &NodeId,
    ) -> Option<ReplicaEffect<S>> {
        let last = Dot::new(self.id, seen.max_sequence(self.id))?;
        self.notice_own_sequence(last, from)
    }
}
