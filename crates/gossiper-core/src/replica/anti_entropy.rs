//! Questions and answers: what makes convergence certain.

use alloc::sync::Arc;
use alloc::vec::Vec;

use super::{Answer, Change, Question, Replica, ReplicaEffect, ReplicaEvent, ReplicaMessage};
use crate::{DeltaOf, DigestOf, Effect, NodeId, RandomSource, Replicated, Resolve, Round};

/// When to ask, and under which name of this run.
#[derive(Clone, Debug, Default)]
pub(super) struct Schedule {
    next: Option<Round>,
    /// A random name of this run of the replica, drawn with its first question.
    /// An answer that carries it was computed against a digest of this very
    /// run, which the state has only grown from.
    run: Option<u64>,
}

impl Schedule {
    /// Whether a question is due in `round`. Replicas that start together
    /// spread out: the first comes after a random part of the interval.
    ///
    /// The next one comes soon, unless the answer says that nothing was missed:
    /// the question may be lost, and where something was missed more may be.
    pub(super) fn is_due<R: RandomSource + ?Sized>(
        &mut self,
        rng: &mut R,
        round: Round,
        interval: u64,
    ) -> bool {
        let next = *self.next.get_or_insert_with(|| round.after(rng.below(interval)));
        let due = round >= next;
        if due {
            self.next = Some(round.after(interval.div_ceil(4)));
        }
        due
    }

    /// An answer told nothing new: the next question can wait.
    fn relax(&mut self, round: Option<Round>, interval: u64) {
        if let Some(round) = round {
            self.next = Some(round.after(interval));
        }
    }
}

impl<S: Resolve> Replica<S>
where
    DeltaOf<S>: Clone,
{
    /// Asks `peer` now, as a tick does when it is time: for a replica that has
    /// just joined, or a host that knows that something was missed.
    pub fn ask<R: RandomSource + ?Sized>(
        &mut self,
        rng: &mut R,
        peer: NodeId,
    ) -> Vec<ReplicaEffect<S>> {
        self.stats.questions_sent += 1;
        let message = ReplicaMessage::Question(self.question(rng));
        alloc::vec![Effect::Send { target: peer, message }]
    }

    pub(super) fn receive_question<R: RandomSource + ?Sized>(
        &mut self,
        rng: &mut R,
        from: &NodeId,
        question: &Question<DigestOf<S>>,
    ) -> Vec<ReplicaEffect<S>> {
        self.stats.questions_received += 1;
        let mut answer = self.answer(question);
        answer.question = Some(self.question(rng));
        alloc::vec![self.send_answer(from, answer)]
    }

    pub(super) fn receive_answer(
        &mut self,
        from: &NodeId,
        answer: Answer<DigestOf<S>, DeltaOf<S>>,
    ) -> Vec<ReplicaEffect<S>> {
        self.stats.answers_received += 1;
        let mut effects = Vec::new();
        let mut news = false;
        effects.extend(self.notice_own_sequence(self.id, answer.seen.max_sequence(self.id), from));
        if let Some(delta) = answer.delta {
            self.stats.deltas_received += 1;
            let delta = Arc::new(delta);
            if self.state.merge(DeltaOf::<S>::clone(&delta)).is_changed() {
                self.stats.deltas_news += 1;
                news = true;
                let change = Change::AntiEntropy { delta };
                effects.push(Effect::Emit(ReplicaEvent::Changed { from: from.clone(), change }));
            } else {
                self.stats.deltas_redundant += 1;
            }
        }
        if !news {
            self.schedule.relax(self.rumors.round(), self.config.anti_entropy_interval());
        }
        // Whole: this state now has all that the answerer had seen.
        if self.schedule.run == Some(answer.run) {
            self.unheard.insert(&answer.seen.difference(&self.seen));
            self.seen.join(&answer.seen);
        }
        if let Some(question) = answer.question {
            let counter = self.answer(&question);
            if counter.delta.is_some() || !answer.seen.covers(&counter.seen) {
                effects.push(self.send_answer(from, counter));
            }
        }
        effects
    }

    fn question<R: RandomSource + ?Sized>(&mut self, rng: &mut R) -> Question<DigestOf<S>> {
        let run = *self.schedule.run.get_or_insert_with(|| rng.next_u64());
        Question { run, digest: Arc::new(self.state.digest()) }
    }

    /// All that the asker lacks, and what it has seen when it has merged that.
    fn answer(&self, question: &Question<DigestOf<S>>) -> Answer<DigestOf<S>, DeltaOf<S>> {
        Answer {
            run: question.run,
            delta: self.state.delta(&question.digest),
            seen: self.seen.clone(),
            question: None,
        }
    }

    fn send_answer(
        &mut self,
        target: &NodeId,
        answer: Answer<DigestOf<S>, DeltaOf<S>>,
    ) -> ReplicaEffect<S> {
        self.stats.answers_sent += 1;
        self.stats.deltas_sent += u64::from(answer.delta.is_some());
        Effect::Send { target: target.clone(), message: ReplicaMessage::Answer(answer) }
    }
}
