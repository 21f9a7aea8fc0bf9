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
//! | they say: far apart. A [`Filter`] of what it has in the first [`Ranges`] of words; and: you lack as much | what is not in it, in a few answers; and a filter of the first ranges of its own |
//! | the answers say how far they go. A filter of what follows, and of what was lost | what is not in that |
//! | and so on to the last word; then *where do we differ?* again | symbols, for the few that passed wrongly |
//!
//! Words are keyed hashes, so a range of them is a sample of the atoms; filters are as
//! large as an answer at most, and answers to one question are few, as the module `refused`
//! tells, each as large as
//! [`ReplicaConfig::answer_bytes`](crate::ReplicaConfig::answer_bytes) says.
//! Each names the range of words that it deals with: what is lost leaves a gap, which is
//! asked about again, and what is stale or repeated closes nothing that was not asked.
//! The first answer to a question leads to the next one. A side that has nothing asks
//! with filters of nothing, which is how a new replica is told all.
//!
//! The answerer keeps nothing. Each side keeps how far it has come with what it lacks
//! itself, the module `walk` tells how; the later one to come through asks for symbols.
//! For n atoms a question costs the asker a pass over their words, and the other one
//! two: 20 ns an atom each. Memory, beside the answers themselves: 16 bytes for each of
//! their atoms, and 36 for each word of a filter.

use core::ops::RangeInclusive;

use super::answer::Reply;
use super::schedule::{Session, Stage};
use super::walk::{Smallest, Walk};
use super::{Question, Reason, Replica, ReplicaMessage};
use crate::reconcile::{
    Estimate, Filter, FilterPlan, Ranges, ReconcileKey, Sketch, Symbols, SymbolsQuestion,
};
use crate::{DeltaOf, DigestOf, Fingerprint, NodeId, RandomSource, Replicated, Resolve};

/// What a filter is made for that is sent before anything is known: half as many again
/// as are here, and so many at least.
const ABSENT_ASSUMED: u32 = 1_024;

impl<S: Resolve> Replica<S>
where
    DeltaOf<S>: Clone,
{
    /// Begins with a filter, if the type has words.
    pub(super) fn filter_question(&mut self, run: u64, peer: &NodeId) -> Question<DigestOf<S>> {
        let kept = self.state.maintain_sketch();
        let absent = self.state.sketch().filter(|_| kept).map(|sketch| sketch.words() / 2);
        let first = absent.and_then(|absent| {
            let absent = absent.max(ABSENT_ASSUMED);
            self.walk_with(peer, absent)?;
            self.walk_on(absent)
        });
        first.unwrap_or_else(|| self.sketch_question(run, peer))
    }

    /// How a session goes on that `symbols` did not settle: with `more` of them, or by
    /// filters if those are worth their bytes one way or the other.
    pub(super) fn near_or_far(
        &mut self,
        session: &Session,
        symbols: &Symbols,
        estimate: Estimate,
        more: Question<DigestOf<S>>,
    ) -> Option<Question<DigestOf<S>>> {
        let left = left_at_most(self.state.sketch()?, estimate.differences());
        let too_far = left < u32::MAX;
        match session.stage {
            // What was sent has been lost, or is under way.
            Stage::Filtered if too_far => None,
            // What is asked of one peer need not be told by another.
            _ if too_far && self.is_walking() => None,
            Stage::Open | Stage::Told if too_far || symbols.from() == 0 => {
                let instead = self.filter_instead(&session.peer, symbols.words(), estimate, left);
                Some(instead.unwrap_or(more))
            }
            _ => Some(more),
        }
    }

    fn filter_instead(
        &mut self,
        peer: &NodeId,
        words_there: u32,
        estimate: Estimate,
        left: u32,
    ) -> Option<Question<DigestOf<S>>> {
        let fingerprint = self.fingerprint()?;
        let here = self.state.sketch()?.words();
        let worth = |words, absent| {
            FilterPlan { words, absent }.columns() > 0 || columns_for(absent, left) > 0
        };
        let lacking = if worth(words_there, estimate.ours) { estimate.ours } else { 0 };
        if worth(here, estimate.theirs) {
            self.walk_with(peer, estimate.theirs)?;
            self.because(Reason::FarApart);
            return self.walk_on(lacking);
        }
        if lacking == 0 || !self.has_words() {
            return None;
        }
        self.because(Reason::FarApart);
        let (ranges, filter) = (Ranges::none(), Filter::of(&self.key(), &[], 0..0));
        Some(Question::Filter { fingerprint, number: 0, ranges, filter, lacking })
    }

    /// Begins to ask `peer` for all that is lacking, about `absent` words, unless one is
    /// being asked.
    pub(super) fn walk_with(&mut self, peer: &NodeId, absent: u32) -> Option<()> {
        if self.is_walking() {
            return None;
        }
        self.measure_atoms();
        let sketch = self.state.sketch()?;
        let here = sketch.words();
        let least = columns_for(absent, left_at_most(sketch, absent));
        let columns = FilterPlan { words: here, absent }.columns().max(least);
        let most = self.config.answer_bytes().saturating_mul(8) / usize::from(columns.max(1));
        let most = most.max(1);
        // As many as are beside those that the peer has in its answers.
        let span = u64::from(here) * self.atoms_at_once() as u64 / u64::from(absent.max(1));
        let mut walk = Walk::new(peer.clone(), absent, least, span as usize, most);
        walk.wrongly = passing(absent, columns);
        self.schedule.walk = Some(walk);
        Some(())
    }

    /// Whether answers of a peer about ranges may be under way.
    fn is_walking(&self) -> bool {
        self.schedule.walk.as_ref().is_some_and(|walk| self.is_in_session(&walk.peer))
    }

    /// Whether this replica is asking `peer` range by range.
    pub(super) fn is_walking_with(&self, peer: &NodeId) -> bool {
        self.schedule.walk.as_ref().is_some_and(|walk| walk.peer == *peer)
    }

    /// The next question about words, if there are any that have not been asked about;
    /// and how many atoms the peer lacks, if that is to be said.
    pub(super) fn walk_on(&mut self, lacking: u32) -> Option<Question<DigestOf<S>>> {
        let (fingerprint, key) = (self.fingerprint()?, self.key());
        let round = self.rumors.round();
        let walk = self.schedule.walk.as_mut()?;
        let to_ask = walk.to_ask();
        if to_ask.is_empty() {
            return None;
        }
        let mut own = Smallest::new(walk.span());
        let has_words = self.state.visit_words(&mut |word| {
            if own.wants(word) && to_ask.contains(word) {
                own.push(word);
            }
        });
        if !has_words {
            self.schedule.walk = None;
            return None;
        }
        let (words, last) = own.take();
        let ranges = to_ask.up_to(last);
        let columns = walk.columns(words.len(), &ranges);
        let filter = Filter::of(&key, &words, 0..columns);
        let number = self.schedule.number;
        walk.ask(number, ranges.clone(), round);
        self.schedule.number = number.wrapping_add(1);
        Some(Question::Filter { fingerprint, number, ranges, filter, lacking })
    }

    /// The next question to `peer`, also about what was asked and not answered.
    pub(super) fn walk_again(&mut self, peer: &NodeId) -> Option<Question<DigestOf<S>>> {
        let walk = self.schedule.walk.as_mut().filter(|walk| walk.peer == *peer)?;
        walk.repeat();
        self.because(Reason::InPieces);
        self.wait_for(|asked, is_recent| asked.is_some() && is_recent);
        self.walk_on(0)
    }

    /// Takes in how far an answer goes; says what to ask next, or answers what had to wait
    /// until all is through.
    pub(super) fn walked<R: RandomSource + ?Sized>(
        &mut self,
        rng: &mut R,
        from: &NodeId,
        number: u32,
        told: &RangeInclusive<u64>,
        until: u64,
        news: bool,
    ) -> Option<Reply<S>> {
        let walk = self.schedule.walk.as_mut().filter(|walk| walk.peer == *from)?;
        let on = walk.close(number, told, until, news);
        if walk.is_through() {
            let Walk { wrongly, waiting, .. } = self.schedule.walk.take()?;
            if let Some((asker, question)) = waiting {
                return Some(self.reply_symbols(rng, from, asker, &question));
            }
            self.because(Reason::Filtered);
            let next = self.symbols_after(from, Stage::Filtered, wrongly);
            return next.map(ReplicaMessage::Question);
        }
        if !on {
            return None;
        }
        self.because(Reason::InPieces);
        self.wait_for(|asked, is_recent| asked.is_none() || is_recent);
        self.walk_on(0).map(ReplicaMessage::Question)
    }

    /// Keeps a question for symbols until this replica has been told what it lacks; says
    /// what to ask if that has come to a halt.
    pub(super) fn answer_after_walk(
        &mut self,
        from: &NodeId,
        asker: Fingerprint,
        question: &SymbolsQuestion,
    ) -> Option<Question<DigestOf<S>>> {
        let walk = self.schedule.walk.as_mut().filter(|walk| walk.peer == *from)?;
        walk.waiting = Some((asker, *question));
        let halts = self.rumors.round().is_some() && !self.is_walking();
        if halts { self.walk_again(from) } else { None }
    }

    /// Waits no longer for what was not asked when `recent` says.
    fn wait_for(&mut self, recent: impl Fn(Option<crate::Round>, bool) -> bool) {
        let Some(mut walk) = self.schedule.walk.take() else { return };
        walk.wait_for(|asked| recent(asked, asked.is_some_and(|asked| self.is_recent(asked))));
        self.schedule.walk = Some(walk);
    }

    pub(super) fn key(&self) -> ReconcileKey {
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

/// About how many of `absent` words pass so many columns.
fn passing(absent: u32, columns: u8) -> u32 {
    absent.checked_shr(columns.into()).unwrap_or(0)
}

/// How many columns leave no more than `left` of `absent` words.
fn columns_for(absent: u32, left: u32) -> u8 {
    let mut columns = 0;
    while columns < Filter::MAX_COLUMNS && passing(absent, columns) > left {
        columns += 1;
    }
    columns
}
