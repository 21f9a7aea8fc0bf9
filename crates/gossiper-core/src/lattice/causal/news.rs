//! What a peer has not seen, however old, told in pieces.
//!
//! *A peer knows the dots of its context: which atoms does it lack, and what was
//! removed?* The atoms by their dots, which is how they are stored. What is
//! removed leaves no trace but the context, so removals are told by what is not
//! live: of the dots that both know, those that are live nowhere here.
//!
//! A piece holds live atoms and claims their dots alone. All else, what was
//! removed and what has no dots, comes with the last piece: claimed earlier, an
//! element whose new dot is still to come would seem to be removed.
//!
//! The asker keeps its first outline while it pulls, and the dots that pieces
//! have dealt with: two sets with few runs each, where its context in the
//! meantime has a gap for each removed dot. Whatever changes at the answerer
//! between two pieces has a dot that no piece has dealt with.

use alloc::vec::Vec;

use super::super::{CausalContext, News, Run};
use super::{Atoms as _, Causal, CausalDelta, CausalDigest, Store, Wanted};

/// Runs of an outline's context, and of removals in an answer, at most: some
/// 12 KB each.
const RUNS: usize = 4_096;

impl<S: Store> Causal<S> {
    /// Context and parts without dots; the live dots are what is large.
    pub(super) fn outlined(&self) -> CausalDigest<S::Digest> {
        CausalDigest {
            context: largest_runs(&self.context),
            live: CausalContext::new(),
            rest: self.store.digest(),
        }
    }

    /// O(runs of both, and k log n) for k atoms.
    pub(super) fn news_for(
        &self,
        outline: &CausalDigest<S::Digest>,
        covered: &CausalContext,
        atoms: usize,
    ) -> News<CausalDelta<S>> {
        let live = self.live();
        let lacking = live.difference(&outline.context).difference(covered);
        if let Some((piece, last)) = first_dots(&lacking, atoms.max(1)) {
            let fragment = self.store.pick(Wanted::In(&piece));
            let delta = CausalDelta { claims: piece, fragment };
            return News::Piece { delta, covers: up_to(&self.context, last) };
        }
        let mut fragment = self.store.pick(Wanted::In(&lacking));
        self.store.lacking(&outline.rest, &mut fragment);
        // What pieces have brought is live, and not claimed once more.
        let mut claims = self.context.difference(&outline.context).difference(&live);
        claims.join(&lacking);
        let removed = self.context.intersection(&outline.context).difference(&live);
        let complete = removed.runs().len() <= RUNS;
        if complete {
            claims.join(&removed);
        }
        // The last piece, also where it has become empty, tells that it is the last.
        let delta = (!claims.is_empty() || !fragment.is_bottom())
            .then_some(CausalDelta { claims, fragment });
        News::Whole { delta, complete }
    }
}

/// Knowing less is always right, and only costs that more is sent.
fn largest_runs(context: &CausalContext) -> CausalContext {
    if context.runs().len() <= RUNS {
        return context.clone();
    }
    let mut runs: Vec<Run> = context.runs().collect();
    runs.sort_by_key(|run| core::cmp::Reverse(run.last() - run.first()));
    runs.truncate(RUNS);
    runs.into()
}

/// The first `count` dots and the last of them, if there are more than that.
fn first_dots(dots: &CausalContext, count: usize) -> Option<(CausalContext, Run)> {
    let mut left = count as u64;
    let mut first = Vec::new();
    let mut runs = dots.runs();
    while let Some(run) = runs.next() {
        let length = (run.last() - run.first()).saturating_add(1);
        if length > left || (length == left && runs.len() > 0) {
            let cut = run.up_to(run.first() + (left.min(length) - 1));
            first.push(cut);
            return Some((first.into(), cut));
        }
        left -= length;
        first.push(run);
    }
    None
}

/// The dots up to the last one of `run`.
fn up_to(context: &CausalContext, run: Run) -> CausalContext {
    let before = context.runs().take_while(|own| own.replica() <= run.replica());
    let before = before.filter(|own| own.replica() < run.replica() || own.first() <= run.last());
    let cut =
        before.map(|own| if own.replica() == run.replica() { own.up_to(run.last()) } else { own });
    cut.collect()
}
