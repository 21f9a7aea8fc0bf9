//! *What do I surely lack?*, by filters: where two states have less in common.
//!
//! Symbols cost by the difference, some 14 bytes for each atom that one side lacks. A
//! filter costs a bit or two for each atom that is *there*, and tells the peer of nearly
//! all of its atoms that are lacking. The first symbols say how much either side lacks,
//! and so what is cheaper:
//!
//! | a | b |
//! | --- | --- |
//! | *where do we differ?* | the first symbols |
//! | they say: far apart. A [`Filter`] of all that it has | what is not in it, and a filter of the rest |
//! | what is not in that, and did not just come from b; then *where do we differ?* again | symbols, for the few that passed wrongly |
//!
//! The answerer keeps nothing. The asker keeps its filter until it has been answered, and
//! sends one in a session at most. Where answers are lost on the way, more is left than
//! symbols can tell: the session ends, and the next exchange begins with less.

use alloc::vec::Vec;

use super::answer::{Reply, Turn};
use super::schedule::{Filtering, Session, Stage};
use super::{FirstQuestion, Question, Reason, Replica, ReplicaMessage};
use crate::reconcile::{
    Decoder, Estimate, Filter, FilterPlan, Limits, ReconcileKey, Sketch, Symbols,
};
use crate::{DeltaOf, DigestOf, Fingerprint, NodeId, RandomSource, Replicated, Resolve};

/// What a filter is made for that is sent before anything is known: half as many again
/// as are here, and so many at least.
const ABSENT_ASSUMED: u32 = 1_024;

impl<S: Resolve> Replica<S>
where
    DeltaOf<S>: Clone,
{
    /// Begins a session with a filter, if the type has words.
    pub(super) fn filter_question(&mut self, run: u64, peer: &NodeId) -> Question<DigestOf<S>> {
        let kept = self.state.maintain_sketch();
        let (Some(fingerprint), Some(sketch), Some(words), true) =
            (self.fingerprint(), self.state.sketch(), self.state.words(), kept)
        else {
            return self.sketch_question(run, peer);
        };
        let absent = (sketch.words() / 2).max(ABSENT_ASSUMED);
        let columns = columns(sketch.words(), absent, left_at_most(sketch, absent));
        let filter = Filter::of(&self.key(), &words, 0..columns);
        let decoder = Decoder::new(sketch, Limits::default());
        let (peer, asked) = (peer.clone(), self.rumors.round());
        let filtering = Filtering { peer: peer.clone(), filter: filter.clone(), absent };
        self.schedule.filtering = Some(filtering);
        let stage = Stage::Filtering;
        self.schedule.session = Some(Session { peer, decoder, stage, asked });
        Question::Filter { fingerprint, filter }
    }

    /// How a session goes on that `symbols` did not settle: with `more` of them, or by a
    /// filter if that is worth its bytes one way or the other.
    pub(super) fn near_or_far(
        &mut self,
        session: &mut Session,
        symbols: &Symbols,
        estimate: Estimate,
        more: Question<DigestOf<S>>,
    ) -> Option<Question<DigestOf<S>>> {
        let left = left_at_most(self.state.sketch()?, estimate.differences());
        let too_far = left < u32::MAX;
        match session.stage {
            // What was sent has been lost, or is under way.
            Stage::Filtered if too_far => None,
            Stage::Open | Stage::Told if too_far || symbols.from() == 0 => {
                let instead = self.filter_instead(session, symbols.words(), estimate, left);
                Some(instead.unwrap_or(more))
            }
            _ => Some(more),
        }
    }

    fn filter_instead(
        &mut self,
        session: &mut Session,
        words_there: u32,
        estimate: Estimate,
        left: u32,
    ) -> Option<Question<DigestOf<S>>> {
        let (fingerprint, sketch) = (self.fingerprint()?, self.state.sketch()?);
        let ours = columns(sketch.words(), estimate.theirs, left);
        let theirs = columns(words_there, estimate.ours, left);
        if ours == 0 && theirs == 0 {
            return None;
        }
        let filter = Filter::of(&self.key(), &self.state.words()?, 0..ours);
        self.because(Reason::FarApart);
        session.stage = Stage::Filtering;
        let (peer, absent) = (session.peer.clone(), estimate.theirs);
        self.schedule.filtering = Some(Filtering { peer, filter: filter.clone(), absent });
        Some(Question::Filter { fingerprint, filter })
    }

    /// What surely is lacking, and a question in return.
    pub(super) fn reply_filter<R: RandomSource + ?Sized>(
        &mut self,
        rng: &mut R,
        from: &NodeId,
        asker: Fingerprint,
        filter: &Filter,
        turn: Turn<'_>,
    ) -> Vec<Reply<S>> {
        let kept = self.state.maintain_sketch();
        let Some(own) = self.fingerprint().filter(|_| kept) else {
            return alloc::vec![self.back(rng, from, FirstQuestion::Digest)];
        };
        if own == asker {
            return alloc::vec![self.equal(from, false, own)];
        }
        self.because(Reason::Filtered);
        match turn {
            Turn::First => self.answer_filter(from, own, filter),
            Turn::InReturn(_) => self.answer_filter_in_return(from, filter),
        }
    }

    fn answer_filter(
        &mut self,
        from: &NodeId,
        fingerprint: Fingerprint,
        filter: &Filter,
    ) -> Vec<Reply<S>> {
        let key = self.key();
        let (mut refused, mut rest) = (0, Vec::new());
        let delta = self.state.atoms(&mut |word| {
            let passes = filter.may_contain(&key, word);
            if passes {
                rest.push(word);
            } else {
                refused += 1;
            }
            !passes
        });
        let wrongly = filter.passed_wrongly(refused);
        let passed = rest.len() as u32;
        let absent = filter.words().saturating_sub(passed.saturating_sub(wrongly));
        let differences = wrongly.saturating_add(absent);
        let left = self.state.sketch().map_or(0, |sketch| left_at_most(sketch, differences));
        let columns = columns(passed, absent, left);
        let question = if columns > 0 {
            let filter = Filter::of(&key, &rest, 0..columns);
            Some(Question::Filter { fingerprint, filter })
        } else {
            self.symbols_after(from, Stage::Filtered, differences)
        };
        self.told(delta, question)
    }

    fn answer_filter_in_return(&mut self, from: &NodeId, filter: &Filter) -> Vec<Reply<S>> {
        let asked = self.schedule.filtering.take_if(|filtering| filtering.peer == *from);
        let Some(Filtering { filter: own, absent, .. }) = asked else {
            // An answer to what this replica does not know that it asked.
            return Vec::new();
        };
        let key = self.key();
        let (mut refused, mut came) = (0, 0);
        let delta = self.state.atoms(&mut |word| {
            if !own.may_contain(&key, word) {
                // It was not here when the filter was made: mostly it is the answer.
                came += 1;
                return false;
            }
            let lacking = !filter.may_contain(&key, word);
            refused += u32::from(lacking);
            lacking
        });
        let passed = if own.columns().is_empty() { absent } else { own.passed_wrongly(came) };
        let left = passed.saturating_add(filter.passed_wrongly(refused));
        let mut replies = if delta.is_some() { self.told(delta, None) } else { Vec::new() };
        let question = self.symbols_after(from, Stage::Filtered, left);
        replies.extend(question.map(ReplicaMessage::Question));
        replies
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
        self.schedule.session = Some(Session { peer, decoder, stage, asked });
        Some(Question::Symbols { fingerprint, symbols })
    }

    fn key(&self) -> ReconcileKey {
        self.config.fingerprint_key().reconcile()
    }
}

/// How many differences filters may leave on either side: any number if the sketch tells
/// them all without, else so few that it surely does.
///
/// It tells some 73 in a hundred of its cells.
fn left_at_most(sketch: &Sketch, differences: u32) -> u32 {
    if differences <= sketch.cells() / 10 * 7 { u32::MAX } else { sketch.cells() / 4 }
}

/// Columns of a filter of `words` words, of a peer that has `absent` others: as many as
/// are worth their bytes, and as leave no more than `left`.
fn columns(words: u32, absent: u32, left: u32) -> u8 {
    let mut columns = FilterPlan { words, absent }.columns();
    while columns < Filter::MAX_COLUMNS && absent >> columns > left {
        columns += 1;
    }
    columns
}
