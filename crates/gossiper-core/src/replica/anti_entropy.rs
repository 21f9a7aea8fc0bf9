//! Questions and answers: what makes convergence certain.
//!
//! Three questions, the cheapest first, and each sends on to the next where it
//! does not settle the matter:
//!
//! | question | settles it if | bytes there and back |
//! |---|---|---|
//! | *are we equal?* a fingerprint | the states are equal | 59 and 20, frames included |
//! | *what have I not seen?* the events seen | the answerer's log goes back that far | 12 a writer of whom it does not know; the events, or their join |
//! | the same with an outline | the type has an index by dot | 12 a writer more; the atoms and 3 a removal |
//! | *where do we differ?* symbols of a [sketch](crate::reconcile) | contexts are equal | 8 to 20 a difference |
//! | *what do I surely lack?* a [filter](crate::reconcile::Filter) of a range of words | types without dots, and most differs | 1 bit an element each way, and column |
//! | *where do we differ?* the whole digest | always | the digests and the difference |
//!
//! A question of the first kind is answered like one of the second where the asker is
//! where it was when it last told: the hash tells. So in a quiet cluster what is new takes
//! one round trip, and no vector is sent; in a busy one, what has changed of it.
//!
//! A replica asks the first while its questions are answered, the second when
//! the last one was not, and sends an outline along when several were not, or
//! when it has just started. A question that does not settle it is returned with
//! the next one, so that whoever is behind is told in one more message. States
//! that differ although both have seen the same (damage, content that came with
//! no event) are told apart by symbols, those that have less in common by filters first,
//! and end with the digest if neither will do.
//!
//! **No answer exceeds what it may have**
//! ([`ReplicaConfig::answer_bytes`](crate::ReplicaConfig::answer_bytes)) by more than an
//! atom: what has dots is pulled in pieces, what has words range by range, as the module
//! `filters` tells, and other deltas are sent in parts, of which the module `parts` does.

use alloc::sync::Arc;
use alloc::vec::Vec;

use super::answer::Turn;
use super::{
    Answer, Change, FirstQuestion, Lacking, Question, Reason, Replica, ReplicaEffect, ReplicaEvent,
    Update,
};
use crate::rumor::{Rumor, RumorBatch};
use crate::{
    CausalContext, DeltaOf, DigestOf, Dot, Effect, NodeId, RandomSource, Replicated, Resolve,
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
        self.schedule.asked.retain(|peer| peer != from);
        let mut effects = Vec::new();
        let mut told = None;
        if !matches!(answer.lacking, Lacking::Piece { .. }) {
            self.schedule.pull.take_if(|pull| pull.peer == *from);
        }
        let news = match answer.lacking {
            Lacking::Nothing => {
                self.is_equal(from);
                self.had_seen_the_same(from);
                false
            }
            Lacking::Knowledge { fingerprint, seen } => {
                let equal = self.fingerprint() == Some(fingerprint);
                match self.hear_seen(from, &seen) {
                    Some(seen) => {
                        effects.extend(self.notice_seen(&seen, from));
                        if equal {
                            self.is_equal(from);
                            self.schedule.walk.take_if(|walk| walk.peer == *from);
                            self.seen.join(&seen);
                            if !seen.covers(&self.seen) {
                                let seen = self.tell_seen(from);
                                let lacking = Lacking::Knowledge { fingerprint, seen };
                                let answer = Answer { lacking, question: None };
                                effects.push(self.send_answer(from, answer));
                            }
                        }
                    }
                    None => {
                        let message = self.ask_for_all(rng, from);
                        effects.push(self.send(from, message));
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
            Lacking::Events { number, events, more } => {
                let mut news = false;
                let was_cut_off = number != 0
                    || self.schedule.reached_for.contains(from)
                    || self.rumors.is_behind(from);
                for events in events {
                    news |= self.learn(from, &events, was_cut_off, &mut effects);
                }
                if number != 0 {
                    let batch = RumorBatch { acknowledged: number, ..RumorBatch::default() };
                    effects.push(self.send_rumors(from.clone(), batch));
                }
                if !more {
                    self.schedule.following.take_if(|(peer, _)| peer == from);
                } else if self.follows(from) {
                    self.because(Reason::InPieces);
                    effects.push(self.ask_on(rng, from, FirstQuestion::Unseen));
                }
                news
            }
            Lacking::Piece { run, delta, covers } => {
                let news = self.merge_delta(from, &Arc::new(delta), &mut effects);
                if self.schedule.run == Some(run)
                    && let Some(pull) = &mut self.schedule.pull
                    && pull.peer == *from
                    && pull.outline.covered.join(&covers).is_changed()
                {
                    self.because(Reason::InPieces);
                    effects.push(self.ask_on(rng, from, FirstQuestion::Outline));
                }
                news
            }
            Lacking::Range { number, delta, words: (first, last), until } => {
                let news = delta
                    .is_some_and(|delta| self.merge_delta(from, &Arc::new(delta), &mut effects));
                let next = self.walked(rng, from, number, &(first..=last), until, news);
                effects.extend(next.map(|next| self.send(from, next)));
                news
            }
            Lacking::Whole { run, delta, seen } => {
                effects.extend(self.notice_seen(&seen, from));
                let news = delta
                    .is_some_and(|delta| self.merge_delta(from, &Arc::new(delta), &mut effects));
                if self.schedule.run == Some(run) {
                    // This state now has all that the answerer had seen.
                    self.unheard.insert(&seen.difference(&self.seen));
                    self.seen.join(&seen);
                }
                told = Some(seen);
                news
            }
        };
        let interval = self.config.anti_entropy_interval();
        let retry_rounds = self.config.gossip().retry_rounds();
        // News that would have come as rumors a little later is no reason to ask again.
        // With more peers than need to know, rumors pass some by.
        let all_told = self.enough() == self.peers.len();
        if self.schedule.walked_with().is_some() {
            // What is lost of it is asked for again soon.
            self.schedule.relax(self.rumors.round(), interval.div_ceil(4));
        } else if !news || (all_told && self.rumors.all_arrived(interval, retry_rounds)) {
            self.schedule.relax(self.rumors.round(), interval);
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
        delta: &Arc<DeltaOf<S>>,
        effects: &mut Vec<ReplicaEffect<S>>,
    ) -> bool {
        self.stats.deltas_received += 1;
        if !self.state.merge(DeltaOf::<S>::clone(delta)).is_changed() {
            self.stats.deltas_redundant += 1;
            return false;
        }
        self.stats.deltas_news += 1;
        let change = Change::AntiEntropy { delta: Arc::clone(delta) };
        effects.push(Effect::Emit(ReplicaEvent::Changed { from: from.clone(), change }));
        true
    }

    /// Notes that a peer's state is as this one, also if it could not be told.
    pub(super) fn is_equal(&mut self, peer: &NodeId) {
        let enough = self.enough();
        self.rumors.inform_of_late(peer, enough, |_, _| true);
    }

    /// Takes in events that a peer's log held; says whether they were news. They are
    /// forwarded if the peer was cut off; else whoever lacks them asks.
    pub(super) fn learn(
        &mut self,
        from: &NodeId,
        events: &Rumor<Update<DeltaOf<S>>>,
        was_cut_off: bool,
        effects: &mut Vec<ReplicaEffect<S>>,
    ) -> bool {
        let Some(dots) = self.dots_of(from, events, effects) else { return false };
        let news = !self.seen.covers(&dots);
        if news {
            if was_cut_off {
                // From each other: others here lack this as well.
                self.insert_rumor(events.clone());
                self.note_told(from, events.id(), events.payload());
            } else {
                self.unheard.insert(&dots.difference(&self.seen));
            }
            self.take_in(from, &dots, events, effects);
        }
        news
    }

    /// The dots of events that came from a peer; `None` if it made a mistake.
    pub(super) fn dots_of(
        &mut self,
        from: &NodeId,
        events: &Rumor<Update<DeltaOf<S>>>,
        effects: &mut Vec<ReplicaEffect<S>>,
    ) -> Option<CausalContext> {
        let id = events.id();
        let Some(dots) = events.payload().events.dots(id.as_dot()) else {
            effects.push(Effect::Emit(ReplicaEvent::Malformed { from: from.clone(), id }));
            return None;
        };
        effects.extend(self.notice_seen(&dots, from));
        Some(dots)
    }

    /// Merges events that were not all seen.
    pub(super) fn take_in(
        &mut self,
        from: &NodeId,
        dots: &CausalContext,
        events: &Rumor<Update<DeltaOf<S>>>,
        effects: &mut Vec<ReplicaEffect<S>>,
    ) {
        let update = events.payload();
        let changed = self.state.merge(update.delta.clone()).is_changed();
        self.seen.join(dots);
        self.log.insert(dots, events.clone());
        if changed {
            let update = Arc::clone(update);
            let change = match update.events.one(events.id().as_dot()) {
                Some(event) => Change::Event { event, update },
                None => Change::Events { events: dots.clone(), update },
            };
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
