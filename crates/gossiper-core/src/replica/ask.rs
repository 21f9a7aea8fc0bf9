//! Questions.

use alloc::sync::Arc;
use alloc::vec::Vec;

use super::schedule::{Pull, Session, Stage};
use super::{FirstQuestion, Outline, Question, Reason, Replica, ReplicaEffect, ReplicaMessage};
use crate::reconcile::{Decoder, Limits};
use crate::{
    CausalContext, DeltaOf, DigestOf, Effect, NodeId, RandomSource, Replicated, Resolve, Round,
};

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
        let run = self.run(rng);
        let (first, reason) = match self.config.first_question() {
            FirstQuestion::Cheapest if self.schedule.pulled_from() == Some(&peer) => {
                (FirstQuestion::Outline, Reason::InPieces)
            }
            FirstQuestion::Cheapest => match self.schedule.unanswered {
                0 => (FirstQuestion::Equal, Reason::Answered),
                1 => (FirstQuestion::Unseen, Reason::Unanswered),
                _ => (FirstQuestion::Outline, Reason::LongAway),
            },
            forced => (forced, Reason::Chosen),
        };
        self.because(reason);
        self.schedule.unanswered = self.schedule.unanswered.saturating_add(1);
        let next = self.walk_again(&peer);
        let question = next.unwrap_or_else(|| self.question(run, &peer, first));
        let message = ReplicaMessage::Question(question);
        self.explained(&peer.clone(), alloc::vec![Effect::Send { target: peer, message }])
    }

    /// Whether `peer` is to be asked for the events that follow on its answer: one peer at
    /// a time, for others would tell the same.
    pub(super) fn follows(&mut self, peer: &NodeId) -> bool {
        if self.follows_another(peer) {
            return false;
        }
        let round = self.rumors.round().unwrap_or_default();
        self.schedule.following = Some((peer.clone(), round));
        true
    }

    /// Whether another one than `peer` is telling many events.
    pub(super) fn follows_another(&self, peer: &NodeId) -> bool {
        let other = self.schedule.following.as_ref().filter(|(other, _)| other != peer);
        other.is_some_and(|(_, asked)| self.is_recent(*asked))
    }

    /// Asks for what follows on an answer. What is due meanwhile can wait as long as
    /// after a question of a tick, or it would be told twice.
    pub(super) fn ask_on<R: RandomSource + ?Sized>(
        &mut self,
        rng: &mut R,
        peer: &NodeId,
        question: FirstQuestion,
    ) -> ReplicaEffect<S> {
        self.stats.questions_sent += 1;
        let soon = self.config.anti_entropy_interval().div_ceil(4);
        self.schedule.relax(self.rumors.round(), soon);
        let run = self.run(rng);
        let message = ReplicaMessage::Question(self.question(run, peer, question));
        Effect::Send { target: peer.clone(), message }
    }

    /// Asks peers what they lack that rumors do not tell them: it is in the answer and in
    /// what is asked in return, joined, and with all that was dropped since. It is not the
    /// question that is due.
    ///
    /// Of those that are behind one a tick: what one of them says, the others need not say
    /// again. But when one that was cut off is heard, all: they have much to say to each
    /// other.
    pub(super) fn ask_what_is_missed<R: RandomSource + ?Sized>(
        &mut self,
        rng: &mut R,
        sharing: Option<NodeId>,
        behind: Vec<NodeId>,
    ) -> Vec<ReplicaEffect<S>> {
        self.schedule.reached_for.clear();
        self.schedule.asked.clear();
        let mut questions = Vec::new();
        if !behind.is_empty() {
            let one = rng.below(behind.len() as u64) as usize;
            let heard: Vec<bool> = behind.iter().map(|peer| self.rumors.take_heard(peer)).collect();
            let any_is_heard = heard.contains(&true);
            for (place, (peer, heard)) in behind.into_iter().zip(heard).enumerate() {
                // To find that it cannot be reached is not worth a vector.
                let in_vain = self.rumors.is_cut_off(&peer) && !heard;
                let first = match self.fingerprint() {
                    Some(_) if in_vain => FirstQuestion::Equal,
                    _ => FirstQuestion::Unseen,
                };
                if any_is_heard || place == one {
                    questions.push((peer, first, Reason::Unreached));
                }
            }
        }
        let is_asked = |peer: &NodeId| questions.iter().any(|(other, ..)| other == peer);
        if let Some(peer) = sharing.filter(|peer| !is_asked(peer)) {
            questions.push((peer, FirstQuestion::Unseen, Reason::Sharing));
        }
        let mut effects = Vec::with_capacity(questions.len());
        for (peer, first, reason) in questions {
            self.stats.questions_sent += 1;
            let run = self.run(rng);
            let message = ReplicaMessage::Question(self.question(run, &peer, first));
            self.schedule.reached_for.push(peer.clone());
            if first == FirstQuestion::Unseen {
                self.schedule.note_asked(&peer);
            }
            self.because(reason);
            let asked = Effect::Send { target: peer.clone(), message };
            effects.extend(self.explained(&peer, alloc::vec![asked]));
        }
        effects
    }

    pub(super) fn run<R: RandomSource + ?Sized>(&mut self, rng: &mut R) -> u64 {
        *self.schedule.run.get_or_insert_with(|| rng.next_u64())
    }

    /// The question, or the next one where the type does not have it.
    pub(super) fn question(
        &mut self,
        run: u64,
        peer: &NodeId,
        which: FirstQuestion,
    ) -> Question<DigestOf<S>> {
        let outline = match which {
            FirstQuestion::Equal | FirstQuestion::Cheapest => match self.fingerprint() {
                Some(fingerprint) => {
                    let seen = self.tell_hash(peer);
                    return Question::Equal { fingerprint, seen };
                }
                None => {
                    self.because(Reason::NoFingerprint);
                    return self.digest_question(run);
                }
            },
            FirstQuestion::Unseen => None,
            FirstQuestion::Outline => self.outline_for(peer),
            FirstQuestion::Sketch => return self.sketch_question(run, peer),
            FirstQuestion::Digest => return self.digest_question(run),
            FirstQuestion::Filter => return self.filter_question(run, peer),
        };
        let (fingerprint, seen) = (self.fingerprint(), self.tell_seen(peer));
        Question::Unseen { run, fingerprint, seen, outline }
    }

    /// The outline that pieces are pulled with, or a new one: a small digest is one.
    pub(super) fn outline_for(&mut self, peer: &NodeId) -> Option<Outline<DigestOf<S>>> {
        let pull = self.schedule.pull.as_ref();
        if self.schedule.pulled_from() == Some(peer) {
            return pull.map(|pull| pull.outline.clone());
        }
        let digest = match self.state.outline() {
            Some(outline) => outline,
            None if self.state.digest_is_large() => return None,
            None => self.state.digest(),
        };
        let digest = Arc::new(digest);
        let outline = Outline { digest, covered: CausalContext::new() };
        // One pull at a time.
        if self.schedule.pulled_from().is_none() {
            let pull = Pull { peer: peer.clone(), outline: outline.clone() };
            self.schedule.pull = Some(pull);
        }
        Some(outline)
    }

    /// *Where do we differ?*, by whichever takes fewer bytes.
    pub(super) fn differences(&self) -> FirstQuestion {
        if self.state.digest_is_large() { FirstQuestion::Sketch } else { FirstQuestion::Digest }
    }

    /// Whether it is being worked out already where this replica and `peer` differ.
    pub(super) fn is_in_session(&self, peer: &NodeId) -> bool {
        let recent = |asked: Option<Round>| asked.is_some_and(|asked| self.is_recent(asked));
        let session = self.schedule.session.as_ref().filter(|session| session.peer == *peer);
        let walk = self.schedule.walk.as_ref().filter(|walk| walk.peer == *peer);
        // It is asking for more.
        let told = self.schedule.told.as_ref().filter(|(told, _)| told == peer);
        session.is_some_and(|session| recent(session.asked))
            || walk.is_some_and(|walk| walk.under_way().any(recent))
            || told.is_some_and(|(_, at)| self.is_recent(*at))
    }

    /// Whether what was said then may still be under way, or the answer to it.
    ///
    /// Until half the time between questions has passed: on a network that is slower
    /// than that sessions are begun anew, at the cost of what is sent twice.
    pub(super) fn is_recent(&self, round: Round) -> bool {
        let rounds = self.config.anti_entropy_interval().div_ceil(2);
        self.rumors.round().is_some_and(|now| now < round.after(rounds))
    }

    /// Begins a session with `peer`, if the type has sketches.
    pub(super) fn sketch_question(&mut self, run: u64, peer: &NodeId) -> Question<DigestOf<S>> {
        let kept = self.state.maintain_sketch();
        let (Some(fingerprint), Some(sketch), true) =
            (self.fingerprint(), self.state.sketch(), kept)
        else {
            return self.digest_question(run);
        };
        let decoder = Decoder::new(sketch, Limits::default());
        let symbols = decoder.question();
        let (peer, asked) = (peer.clone(), self.rumors.round());
        self.schedule.session =
            Some(Session { peer, decoder, stage: Stage::Open, asked, crossed: false });
        Question::Symbols { fingerprint, symbols }
    }

    pub(super) fn digest_question(&self, run: u64) -> Question<DigestOf<S>> {
        Question::Digest { run, digest: Arc::new(self.state.digest()) }
    }
}
