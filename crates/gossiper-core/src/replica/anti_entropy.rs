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

use super::{
    Answer, Change, FirstQuestion, Lacking, Outline, Question, Replica, ReplicaEffect,
    ReplicaEvent, ReplicaMessage, Update,
};
use crate::lattice::{News, Reconciled};
use crate::reconcile::{DecodeState, Decoder, Limits, Symbols, SymbolsQuestion, Wanted};
use crate::rumor::Rumor;
use crate::{
    CausalContext, DeltaOf, DigestOf, Effect, Event, NodeId, RandomSource, Replicated, Resolve,
    Round,
};

/// When to ask, and under which name of this run.
pub(super) struct Schedule<Digest> {
    next: Option<Round>,
    /// A random name of this run of the replica, drawn with its first question.
    /// An answer that carries it was computed against what this very run said,
    /// which the state has only grown from.
    run: Option<u64>,
    /// Questions since the last answer.
    unanswered: u32,
    /// What is being pulled in pieces.
    pull: Option<Pull<Digest>>,
    /// Atoms that a piece of full size had last.
    atoms: usize,
    /// What is being worked out from symbols.
    session: Option<Session>,
}

/// A peer whose symbols are being decoded.
struct Session {
    peer: NodeId,
    decoder: Decoder,
}

/// What a peer was asked to tell in pieces, and what it has told.
struct Pull<Digest> {
    peer: NodeId,
    outline: Outline<Digest>,
}

/// So many questions without an answer, and the peers' logs will have forgotten.
/// A replica that has just started has been away for as long.
const LONG_AWAY: u32 = 2;

/// A guess for hosts that do not measure: an atom, or an event, takes so many
/// bytes.
const BYTES_ASSUMED: usize = 64;

/// Atoms in a piece at most, however small they are.
const ATOMS: usize = 1 << 16;

impl<Digest> Default for Schedule<Digest> {
    fn default() -> Self {
        Self { next: None, run: None, unanswered: LONG_AWAY, pull: None, atoms: 0, session: None }
    }
}

impl<Digest> Schedule<Digest> {
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

    /// The peer to go on with: it has told a piece, and goes on answering.
    pub(super) fn pulled_from(&self) -> Option<&NodeId> {
        let begun = |pull: &&Pull<Digest>| !pull.outline.covered.is_empty();
        let pull = self.pull.as_ref().filter(begun);
        pull.filter(|_| self.unanswered < LONG_AWAY).map(|pull| &pull.peer)
    }

    /// An answer told nothing new: the next question can wait.
    fn relax(&mut self, round: Option<Round>, interval: u64) {
        if let Some(round) = round {
            self.next = Some(round.after(interval));
        }
    }
}

/// A question or an answer to a question.
type Reply<S> = ReplicaMessage<DigestOf<S>, DeltaOf<S>>;

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
        let first = match self.config.first_question() {
            FirstQuestion::Cheapest if self.schedule.pulled_from() == Some(&peer) => {
                FirstQuestion::Outline
            }
            FirstQuestion::Cheapest => match self.schedule.unanswered {
                0 => FirstQuestion::Equal,
                1 => FirstQuestion::Unseen,
                _ => FirstQuestion::Outline,
            },
            forced => forced,
        };
        self.schedule.unanswered = self.schedule.unanswered.saturating_add(1);
        let question = self.question(run, &peer, first);
        alloc::vec![Effect::Send { target: peer, message: ReplicaMessage::Question(question) }]
    }

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
    fn merge_delta(
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
    fn learn(
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
        !self.seen.contains(event) && {
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

    fn notice_seen(&mut self, seen: &CausalContext, from: &NodeId) -> Option<ReplicaEffect<S>> {
        let last = crate::Dot::new(self.id, seen.max_sequence(self.id))?;
        self.notice_own_sequence(last, from)
    }

    fn run<R: RandomSource + ?Sized>(&mut self, rng: &mut R) -> u64 {
        *self.schedule.run.get_or_insert_with(|| rng.next_u64())
    }

    fn ask_on<R: RandomSource + ?Sized>(
        &mut self,
        rng: &mut R,
        peer: &NodeId,
        question: FirstQuestion,
    ) -> ReplicaEffect<S> {
        self.stats.questions_sent += 1;
        let run = self.run(rng);
        let message = ReplicaMessage::Question(self.question(run, peer, question));
        Effect::Send { target: peer.clone(), message }
    }

    /// The question, or the next one where the type does not have it.
    fn question(&mut self, run: u64, peer: &NodeId, which: FirstQuestion) -> Question<DigestOf<S>> {
        let outline = match which {
            FirstQuestion::Equal | FirstQuestion::Cheapest => match self.fingerprint() {
                Some(fingerprint) => {
                    return Question::Equal { fingerprint, seen: self.seen.hash() };
                }
                None => return self.digest_question(run),
            },
            FirstQuestion::Unseen => None,
            FirstQuestion::Outline => self.outline_for(peer),
            FirstQuestion::Sketch => return self.sketch_question(run, peer),
            FirstQuestion::Digest => return self.digest_question(run),
        };
        let (fingerprint, seen) = (self.fingerprint(), self.seen.clone_events());
        Question::Unseen { run, fingerprint, seen, outline }
    }

    /// *Where do we differ?*, by whichever takes fewer bytes.
    fn differences(&self) -> FirstQuestion {
        if self.state.digest_is_large() { FirstQuestion::Sketch } else { FirstQuestion::Digest }
    }

    /// Begins a session with `peer`, if the type has sketches.
    fn sketch_question(&mut self, run: u64, peer: &NodeId) -> Question<DigestOf<S>> {
        let kept = self.state.maintain_sketch();
        let (Some(fingerprint), Some(sketch), true) =
            (self.fingerprint(), self.state.sketch(), kept)
        else {
            return self.digest_question(run);
        };
        let decoder = Decoder::new(sketch, Limits::default());
        let symbols = decoder.question();
        self.schedule.session = Some(Session { peer: peer.clone(), decoder });
        Question::Symbols { fingerprint, symbols }
    }

    /// Takes in symbols; says whether they led to news, and what to send.
    fn decode<R: RandomSource + ?Sized>(
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
        let news = self.merge_delta(from, here, effects);
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
    fn symbols_for(
        &mut self,
        asker: crate::Fingerprint,
        question: &SymbolsQuestion,
    ) -> Option<Lacking<DeltaOf<S>>> {
        let own = self.fingerprint()?;
        if own.context != asker.context || !self.state.maintain_sketch() {
            return None;
        }
        let symbols = self.state.sketch()?.answer(question, Limits::default().max_symbols);
        Some(Lacking::Symbols { context: own.context, symbols })
    }

    fn digest_question(&self, run: u64) -> Question<DigestOf<S>> {
        Question::Digest { run, digest: Arc::new(self.state.digest()) }
    }

    /// The outline that pieces are pulled with, or a new one.
    fn outline_for(&mut self, peer: &NodeId) -> Option<Outline<DigestOf<S>>> {
        let pull = self.schedule.pull.as_ref();
        if self.schedule.pulled_from() == Some(peer) {
            return pull.map(|pull| pull.outline.clone());
        }
        let digest = Arc::new(self.state.outline()?);
        let outline = Outline { digest, covered: CausalContext::new() };
        // One pull at a time.
        if self.schedule.pulled_from().is_none() {
            let pull = Pull { peer: peer.clone(), outline: outline.clone() };
            self.schedule.pull = Some(pull);
        }
        Some(outline)
    }

    /// What to say to a question.
    fn reply<R: RandomSource + ?Sized>(
        &mut self,
        rng: &mut R,
        from: &NodeId,
        question: &Question<DigestOf<S>>,
        turn: Turn<'_>,
    ) -> Vec<ReplicaEffect<S>> {
        let reply = match question {
            Question::Equal { fingerprint, seen } => match self.fingerprint() {
                Some(own) if own == *fingerprint => self.equal(*seen == self.seen.hash(), own),
                Some(_) => match self.since(*seen) {
                    Some(lacking) => ReplicaMessage::Answer(Answer { lacking, question: None }),
                    None => self.back(rng, from, FirstQuestion::Unseen),
                },
                None => self.back(rng, from, FirstQuestion::Digest),
            },
            Question::Unseen { run, fingerprint, seen, outline } => {
                let noticed = self.notice_seen(seen, from);
                let asked = Asked { run: *run, fingerprint: *fingerprint, seen, outline };
                let replies = self.reply_unseen(rng, from, &asked, turn);
                let sends = replies.into_iter().map(|message| self.send(from, message));
                return noticed.into_iter().chain(sends.collect::<Vec<_>>()).collect();
            }
            Question::Symbols { fingerprint, symbols } => {
                match self.symbols_for(*fingerprint, symbols) {
                    Some(lacking) => ReplicaMessage::Answer(Answer { lacking, question: None }),
                    None => self.back(rng, from, FirstQuestion::Digest),
                }
            }
            Question::Atoms(wanted) => told(self.state.atoms(wanted)),
            Question::Digest { run, digest } => {
                let delta = self.state.delta(digest);
                if let Turn::InReturn(Some(told)) = turn
                    && delta.is_none()
                    && told.covers(&self.seen)
                {
                    let lacking = Lacking::Nothing;
                    let reply = Answer { lacking, question: None };
                    return alloc::vec![self.send_answer(from, reply)];
                }
                let seen = self.seen.clone_events();
                let lacking = Lacking::Whole { run: *run, delta, seen };
                let question = (matches!(turn, Turn::First)).then(|| {
                    let run = self.run(rng);
                    self.digest_question(run)
                });
                ReplicaMessage::Answer(Answer { lacking, question })
            }
        };
        alloc::vec![self.send(from, reply)]
    }

    /// What has come since a peer and this replica, or another one, agreed that
    /// they had seen what hashes to `seen`: the peer has stayed there.
    fn since(&self, seen: u64) -> Option<Lacking<DeltaOf<S>>> {
        let unseen = self.seen.difference(self.agreed.get(seen)?);
        let events = self.log.events(&unseen).filter(|events| !events.is_empty())?;
        Some(self.first_events(events))
    }

    /// The fingerprints are equal.
    fn equal(&mut self, same_seen: bool, fingerprint: crate::Fingerprint) -> Reply<S> {
        self.agreed.note(&self.seen);
        let lacking = if same_seen {
            Lacking::Nothing
        } else {
            Lacking::Knowledge { fingerprint, seen: self.seen.clone_events() }
        };
        ReplicaMessage::Answer(Answer { lacking, question: None })
    }

    /// A question in return for one that did not settle it.
    fn back<R: RandomSource + ?Sized>(
        &mut self,
        rng: &mut R,
        from: &NodeId,
        question: FirstQuestion,
    ) -> Reply<S> {
        let run = self.run(rng);
        ReplicaMessage::Question(self.question(run, from, question))
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
            return alloc::vec![self.equal(*asked.seen == *self.seen, own)];
        }
        let unseen = self.seen.difference(asked.seen);
        // In return, at the same depth; deeper where logs like ours would not do.
        let behind = asked.seen.difference(&self.seen).len();
        let same = if asked.outline.is_some() || behind > self.config.logged_events() as u64 {
            FirstQuestion::Outline
        } else {
            FirstQuestion::Unseen
        };
        let ahead = behind > 0;
        if unseen.is_empty() {
            return match (ahead, turn) {
                (true, Turn::First) => alloc::vec![self.back(rng, from, same)],
                // It knows more, and has been told that.
                (true, Turn::InReturn(_)) => Vec::new(),
                // Both have seen the same, and differ.
                (false, _) => alloc::vec![self.back(rng, from, self.differences())],
            };
        }
        let mut replies = Vec::new();
        let lacking = if let Some(events) = self.log.events(&unseen) {
            self.first_events(events)
        } else if let Some(outline) = asked.outline {
            let (lacking, complete) = self.news(asked.run, outline, unseen);
            if !complete {
                replies.push(self.back(rng, from, self.differences()));
            }
            lacking
        } else if self.state.outline().is_some() {
            return alloc::vec![self.back(rng, from, FirstQuestion::Outline)];
        } else {
            return alloc::vec![self.back(rng, from, FirstQuestion::Digest)];
        };
        let question = (ahead && matches!(turn, Turn::First)).then(|| {
            let run = self.run(rng);
            self.question(run, from, same)
        });
        replies.insert(0, ReplicaMessage::Answer(Answer { lacking, question }));
        replies
    }

    /// As many events as an answer may hold, at least one.
    fn first_events(&self, mut events: Vec<Rumor<Update<DeltaOf<S>>>>) -> Lacking<DeltaOf<S>> {
        let mut room = self.config.answer_bytes();
        let fit = events.iter().take_while(|event| {
            let fits = room > 0;
            let bytes =
                self.measure.map_or(BYTES_ASSUMED, |measure| measure(&event.payload().delta));
            room = room.saturating_sub(bytes);
            fits && room > 0
        });
        let fit = fit.count().max(1);
        let more = fit < events.len();
        events.truncate(fit);
        Lacking::Events { events, more }
    }

    /// A piece of about the size that an answer may have, or the rest; and
    /// whether the rest is all.
    fn news(
        &mut self,
        run: u64,
        outline: &Outline<DigestOf<S>>,
        unseen: CausalContext,
    ) -> (Lacking<DeltaOf<S>>, bool) {
        let budget = self.config.answer_bytes();
        let mut atoms = match self.schedule.atoms {
            0 => (budget / BYTES_ASSUMED).max(1),
            last => last,
        };
        loop {
            let news = self.state.news(&outline.digest, &outline.covered, atoms);
            let (News::Piece { delta, .. } | News::Whole { delta: Some(delta), .. }) = &news else {
                return (Lacking::Whole { run, delta: None, seen: unseen }, true);
            };
            let bytes = self.measure.map_or(0, |measure| measure(delta));
            if bytes > budget && atoms > 1 {
                atoms = scaled(atoms, budget, bytes);
                continue;
            }
            self.stats.pieces_sent += 1;
            return match news {
                News::Piece { delta, covers } => {
                    self.schedule.atoms = match self.measure {
                        Some(_) => scaled(atoms, budget, bytes.max(1)),
                        None => atoms,
                    };
                    (Lacking::Piece { run, delta, covers }, true)
                }
                News::Whole { delta, complete } => {
                    let seen = if complete { unseen } else { CausalContext::new() };
                    (Lacking::Whole { run, delta, seen }, complete)
                }
            };
        }
    }

    fn send(&mut self, target: &NodeId, message: Reply<S>) -> ReplicaEffect<S> {
        match message {
            ReplicaMessage::Answer(answer) => self.send_answer(target, answer),
            message => {
                self.stats.questions_sent += 1;
                Effect::Send { target: target.clone(), message }
            }
        }
    }

    fn send_answer(
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
            Lacking::Whole { delta, .. } => self.stats.deltas_sent += u64::from(delta.is_some()),
        }
        Effect::Send { target: target.clone(), message: ReplicaMessage::Answer(answer) }
    }
}

/// What a sketch told, or was asked for by what it told: no answer to what the
/// asker said of its whole state, so it claims nothing to be seen.
fn told<Digest, Delta>(delta: Option<Delta>) -> ReplicaMessage<Digest, Delta> {
    let lacking = Lacking::Whole { run: 0, delta, seen: CausalContext::new() };
    ReplicaMessage::Answer(Answer { lacking, question: None })
}

/// Whether a question opens an exchange, or came with an answer; and all that
/// its sender has seen, if the answer said.
#[derive(Clone, Copy)]
enum Turn<'a> {
    First,
    InReturn(Option<&'a CausalContext>),
}

/// *What have I not seen?*
struct Asked<'a, Digest> {
    run: u64,
    fingerprint: Option<crate::Fingerprint>,
    seen: &'a CausalContext,
    outline: &'a Option<Outline<Digest>>,
}

/// So many atoms that took `bytes`, brought to nine tenths of `budget`.
fn scaled(atoms: usize, budget: usize, bytes: usize) -> usize {
    let scaled = atoms as u128 * budget as u128 * 9 / (bytes as u128 * 10);
    usize::try_from(scaled).unwrap_or(ATOMS).clamp(1, ATOMS)
}
