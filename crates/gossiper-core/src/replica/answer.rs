//! Answers: events from the log, news from the index by dot, the whole difference.

use alloc::vec::Vec;

use super::joined::BYTES_ASSUMED;
use super::refused::Held;
use super::schedule::Stage;
use super::{
    Answer, FirstQuestion, Lacking, Outline, Question, Reason, Replica, ReplicaEffect,
    ReplicaMessage, SeenEvents, Update,
};
use crate::lattice::News;
use crate::reconcile::SymbolsQuestion;
use crate::{
    CausalContext, DeltaOf, DigestOf, Effect, Fingerprint, NodeId, RandomSource, Replicated,
    Resolve,
};

/// A question or an answer to a question.
pub(super) type Reply<S> = ReplicaMessage<DigestOf<S>, DeltaOf<S>>;

/// Whether a question opens an exchange, or came with an answer; and all that
/// its sender has seen, if the answer said.
#[derive(Clone, Copy)]
pub(super) enum Turn<'a> {
    First,
    InReturn(Option<&'a CausalContext>),
}

/// *What have I not seen?*
struct Asked<'a, Digest> {
    fingerprint: Option<Fingerprint>,
    seen: &'a CausalContext,
    /// The run that asks, and its outline.
    pull: Option<(u64, &'a Outline<Digest>)>,
}

/// Atoms in a piece at most, however small they are.
pub(super) const ATOMS: usize = 1 << 16;

impl<S: Resolve> Replica<S>
where
    DeltaOf<S>: Clone,
{
    /// What to say to a question.
    pub(super) fn reply<R: RandomSource + ?Sized>(
        &mut self,
        rng: &mut R,
        from: &NodeId,
        question: &Question<DigestOf<S>>,
        turn: Turn<'_>,
    ) -> Vec<ReplicaEffect<S>> {
        let reply = match question {
            Question::Equal { fingerprint, seen } => match self.fingerprint() {
                Some(own) if own == *fingerprint => {
                    self.is_equal(from);
                    self.equal(from, *seen == self.seen.hash(), own)
                }
                Some(_) => match self.moments.get(*seen) {
                    // As if it had said all of that.
                    Some(known) => {
                        self.because(Reason::KnownSeen);
                        self.moments.is_known_to(from, *seen);
                        let asked =
                            Asked { fingerprint: Some(*fingerprint), seen: &known, pull: None };
                        return self.answer_unseen(rng, from, &asked, turn);
                    }
                    None => {
                        self.because(Reason::UnknownSeen);
                        // Both may have found at the same time that they hear each other.
                        if self.rumors.is_cut_off(from) {
                            self.schedule.note_asked(from);
                        }
                        self.back(rng, from, FirstQuestion::Unseen)
                    }
                },
                None => {
                    self.because(Reason::NoFingerprint);
                    self.back(rng, from, FirstQuestion::Digest)
                }
            },
            Question::Unseen { run, fingerprint, seen, outline } => {
                match self.hear_seen(from, seen) {
                    Some(all) => {
                        if let (SeenEvents::All(_), Turn::First) = (seen, turn) {
                            self.moments.owe_all(from);
                        }
                        let pull = outline.as_ref().map(|outline| (*run, outline));
                        let asked = Asked { fingerprint: *fingerprint, seen: &all, pull };
                        return self.answer_unseen(rng, from, &asked, turn);
                    }
                    None => self.ask_for_all(rng, from),
                }
            }
            Question::Symbols { fingerprint, symbols } => match self.fingerprint() {
                // What was still under way when this was asked has come.
                Some(own) if own == *fingerprint => self.equal(from, false, own),
                _ if self.is_walking_with(from) => {
                    let next = self.answer_after_walk(from, *fingerprint, symbols);
                    let next = next.map(ReplicaMessage::Question);
                    return next.into_iter().map(|next| self.send(from, next)).collect();
                }
                _ if symbols.from == 0 && self.is_asked_instead(from, *fingerprint) => {
                    return Vec::new();
                }
                _ => self.reply_symbols(rng, from, *fingerprint, symbols),
            },
            Question::Atoms(wanted) => {
                let delta = self.state.atoms(&mut |word| wanted.contains(word).then_some(0)).pop();
                let replies = self.told(delta);
                return replies.into_iter().map(|reply| self.send(from, reply)).collect();
            }
            Question::Filter { fingerprint, number, ranges, filter, lacking } => {
                let (fingerprint, number, lacking) = (*fingerprint, *number, *lacking);
                let asked = Held { fingerprint, number, ranges, filter, lacking };
                let replies = self.reply_filter(rng, from, &asked);
                return replies.into_iter().map(|reply| self.send(from, reply)).collect();
            }
            Question::Digest { run, digest } => {
                self.because(Reason::Digested);
                let delta = self.state.delta(digest);
                if let Turn::InReturn(Some(told)) = turn
                    && delta.is_none()
                    && told.covers(&self.seen)
                {
                    let lacking = Lacking::Nothing;
                    let reply = Answer { lacking, question: None };
                    return alloc::vec![self.send_answer(from, reply)];
                }
                let update = delta.map(Update::of);
                let too_large = update.as_ref().and_then(|update| self.too_large(update));
                if too_large.is_some() && self.is_told_by_ranges() {
                    // The digest is dealt with as if it had been asked by symbols.
                    let symbols = self.symbols_after(from, Stage::Told, 0);
                    let reply = symbols.map(ReplicaMessage::Question);
                    return reply.into_iter().map(|reply| self.send(from, reply)).collect();
                }
                let Some(parts) = self.parts_for(from, update.map(|update| update.delta)) else {
                    return Vec::new();
                };
                let seen = self.seen.clone_events();
                let question = match turn {
                    Turn::First => {
                        let run = self.run(rng);
                        Some(self.after_digest(run, from))
                    }
                    Turn::InReturn(_) => None,
                };
                let replies = self.whole(*run, parts, seen, question);
                return replies.into_iter().map(|reply| self.send(from, reply)).collect();
            }
        };
        alloc::vec![self.send(from, reply)]
    }

    /// Symbols, or another question where they do not tell.
    pub(super) fn reply_symbols<R: RandomSource + ?Sized>(
        &mut self,
        rng: &mut R,
        from: &NodeId,
        asker: Fingerprint,
        question: &SymbolsQuestion,
    ) -> Reply<S> {
        match self.symbols_for(asker, question) {
            Some(lacking) => {
                self.because(Reason::SameContext);
                ReplicaMessage::Answer(Answer { lacking, question: None })
            }
            None => {
                self.because(Reason::OtherContext);
                self.back(rng, from, FirstQuestion::Digest)
            }
        }
    }

    /// The fingerprints are equal.
    pub(super) fn equal(
        &mut self,
        peer: &NodeId,
        same_seen: bool,
        fingerprint: Fingerprint,
    ) -> Reply<S> {
        let lacking = if same_seen {
            self.because(Reason::Equal);
            self.has_seen_the_same(peer);
            Lacking::Nothing
        } else {
            self.because(Reason::EqualStates);
            Lacking::Knowledge { fingerprint, seen: self.tell_seen(peer) }
        };
        ReplicaMessage::Answer(Answer { lacking, question: None })
    }

    /// A question in return for one that did not settle it.
    pub(super) fn back<R: RandomSource + ?Sized>(
        &mut self,
        rng: &mut R,
        from: &NodeId,
        question: FirstQuestion,
    ) -> Reply<S> {
        let run = self.run(rng);
        ReplicaMessage::Question(self.question(run, from, question))
    }

    /// *Where do we differ?*, unless that is being worked out.
    fn where_we_differ<R: RandomSource + ?Sized>(
        &mut self,
        rng: &mut R,
        from: &NodeId,
    ) -> Vec<Reply<S>> {
        if self.is_in_session(from) {
            return Vec::new();
        }
        if let Some(next) = self.walk_again(from) {
            return alloc::vec![ReplicaMessage::Question(next)];
        }
        alloc::vec![self.back(rng, from, self.differences())]
    }

    fn answer_unseen<R: RandomSource + ?Sized>(
        &mut self,
        rng: &mut R,
        from: &NodeId,
        asked: &Asked<'_, DigestOf<S>>,
        turn: Turn<'_>,
    ) -> Vec<ReplicaEffect<S>> {
        let noticed = self.notice_seen(asked.seen, from);
        let enough = self.enough();
        self.rumors.inform_of_late(from, enough, |id, update| {
            update.events.are_in(asked.seen, id.as_dot())
        });
        let replies = self.reply_unseen(rng, from, asked, turn);
        let sends = replies.into_iter().map(|message| self.send(from, message));
        noticed.into_iter().chain(sends.collect::<Vec<_>>()).collect()
    }

    fn reply_unseen<R: RandomSource + ?Sized>(
        &mut self,
        rng: &mut R,
        from: &NodeId,
        asked: &Asked<'_, DigestOf<S>>,
        turn: Turn<'_>,
    ) -> Vec<Reply<S>> {
        let own = self.fingerprint();
        if let Some(own) = own
            && asked.fingerprint == Some(own)
        {
            self.is_equal(from);
            return alloc::vec![self.equal(from, *asked.seen == *self.seen, own)];
        }
        let unseen = self.seen.difference(asked.seen);
        // In return, at the same depth; deeper where logs like ours would not do.
        let behind = asked.seen.difference(&self.seen).len();
        let same = if asked.pull.is_some() || behind > self.config.logged_events() as u64 {
            FirstQuestion::Outline
        } else {
            FirstQuestion::Unseen
        };
        let ahead = behind > 0;
        // What it knows more is being told in pieces, and asked for again if one is lost.
        let pulled = self.schedule.pulled_from() == Some(from);
        if unseen.is_empty() {
            return match (ahead, turn) {
                (true, Turn::First) if !pulled => {
                    self.because(Reason::Behind);
                    alloc::vec![self.back(rng, from, same)]
                }
                // It knows more, and has been told that.
                (true, _) => Vec::new(),
                (false, _) => {
                    self.because(Reason::SameSeen);
                    self.where_we_differ(rng, from)
                }
            };
        }
        let mut differ = Vec::new();
        let mut lacking = if let Some(entries) = self.log.covering(&unseen) {
            self.because(Reason::Logged);
            self.tell(from, asked.seen, entries)
        } else if self.is_told_by_ranges() {
            self.because(Reason::NotLogged);
            return self.where_we_differ(rng, from);
        } else if let Some((run, outline)) = asked.pull {
            self.because(Reason::Indexed);
            let (lacking, complete) = self.news(run, outline, unseen);
            if !complete {
                self.because(Reason::ManyGaps);
                differ = self.where_we_differ(rng, from);
            }
            lacking
        } else {
            self.because(Reason::NotLogged);
            return if self.state.outline().is_some() {
                alloc::vec![self.back(rng, from, FirstQuestion::Outline)]
            } else {
                self.where_we_differ(rng, from)
            };
        };
        let mut parts = Vec::new();
        if let Lacking::Whole { delta, .. } = &mut lacking {
            let Some(all) = self.parts_for(from, delta.take()) else { return differ };
            parts = all;
        }
        let asked = self.schedule.asked.contains(from) || self.follows_another(from);
        let question = (ahead && !pulled && !asked && matches!(turn, Turn::First)).then(|| {
            self.because(Reason::Behind);
            let run = self.run(rng);
            self.question(run, from, same)
        });
        let mut replies = match lacking {
            Lacking::Whole { run, seen, .. } => self.whole(run, parts, seen, question),
            lacking => alloc::vec![ReplicaMessage::Answer(Answer { lacking, question })],
        };
        replies.append(&mut differ);
        replies
    }

    /// A piece of about the size that an answer may have, or the rest; and
    /// whether the rest is all.
    pub(super) fn news(
        &mut self,
        run: u64,
        outline: &Outline<DigestOf<S>>,
        unseen: CausalContext,
    ) -> (Lacking<DeltaOf<S>>, bool) {
        let budget = self.config.answer_bytes();
        let mut atoms = self.atoms_an_answer();
        loop {
            let (delta, end) = match self.state.news(&outline.digest, &outline.covered, atoms) {
                News::Piece { delta, covers } => (Some(delta), Err(covers)),
                News::Whole { delta, complete } => (delta, Ok(complete)),
            };
            // As an event: that is what the host measures.
            let update = delta.map(Update::of);
            let bytes = update.as_ref().and_then(|update| self.rumors.measured(update));
            if atoms > 1 && bytes.is_some_and(|bytes| bytes > budget) {
                atoms = scaled(atoms, budget, bytes.unwrap_or(budget));
                continue;
            }
            self.stats.pieces_sent += 1;
            return match (update, end) {
                (Some(Update { delta, .. }), Err(covers)) => {
                    self.schedule.atoms = bytes.map_or(atoms, |bytes| scaled(atoms, budget, bytes));
                    (Lacking::Piece { run, delta, covers }, true)
                }
                (update, end) => {
                    let complete = end.unwrap_or(false);
                    let seen = if complete { unseen } else { CausalContext::new() };
                    let delta = update.map(|update| update.delta);
                    (Lacking::Whole { run, delta, seen }, complete)
                }
            };
        }
    }

    /// How many atoms an answer holds: as many as the last, or as many as fit if they are
    /// as large as is assumed.
    pub(super) fn atoms_an_answer(&self) -> usize {
        match self.schedule.atoms {
            0 => (self.config.answer_bytes() / BYTES_ASSUMED).max(1),
            last => last,
        }
    }

    /// The question in return for a digest. Ours may be far larger: then symbols tell
    /// as well what only the peer has, if nothing has dots.
    fn after_digest(&mut self, run: u64, peer: &NodeId) -> Question<DigestOf<S>> {
        let dotless = self.fingerprint().is_some_and(|own| own.context == 0);
        let symbols = if dotless && self.state.digest_is_large() && self.state.maintain_sketch() {
            self.symbols_after(peer, Stage::Told, 0)
        } else {
            None
        };
        symbols.unwrap_or_else(|| self.digest_question(run))
    }

    pub(super) fn send(&mut self, target: &NodeId, message: Reply<S>) -> ReplicaEffect<S> {
        match message {
            ReplicaMessage::Answer(answer) => self.send_answer(target, answer),
            message => {
                self.stats.questions_sent += 1;
                Effect::Send { target: target.clone(), message }
            }
        }
    }

    pub(super) fn send_answer(
        &mut self,
        target: &NodeId,
        answer: Answer<DigestOf<S>, DeltaOf<S>>,
    ) -> ReplicaEffect<S> {
        self.stats.answers_sent += 1;
        match &answer.lacking {
            Lacking::Nothing | Lacking::Knowledge { .. } => self.stats.answers_equal += 1,
            Lacking::Symbols { symbols, .. } => {
                self.stats.symbols_sent += u64::from(symbols.len());
            }
            Lacking::Events { events, .. } => self.stats.events_sent += events.len() as u64,
            Lacking::Piece { .. } => self.stats.deltas_sent += 1,
            Lacking::Range { delta, .. } | Lacking::Whole { delta, .. } => {
                self.stats.deltas_sent += u64::from(delta.is_some());
            }
        }
        Effect::Send { target: target.clone(), message: ReplicaMessage::Answer(answer) }
    }
}

/// So many atoms that took `bytes`, brought to nine tenths of `budget`.
pub(super) fn scaled(atoms: usize, budget: usize, bytes: usize) -> usize {
    let scaled = atoms as u128 * budget as u128 * 9 / (bytes.max(1) as u128 * 10);
    usize::try_from(scaled).unwrap_or(ATOMS).clamp(1, ATOMS)
}
