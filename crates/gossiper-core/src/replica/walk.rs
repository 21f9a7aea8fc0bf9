//! How far a replica has come that asks for what it lacks, range by range.

use alloc::vec::Vec;
use core::ops::RangeInclusive;

use crate::reconcile::{FilterPlan, Ranges, SymbolsQuestion};
use crate::{Fingerprint, NodeId, Round};

/// What is being asked of a peer, until all ranges are dealt with.
pub(super) struct Walk {
    pub(super) peer: NodeId,
    /// Words that no answer has dealt with.
    open: Ranges,
    /// What was asked and not answered yet, or not all of it.
    asked: Vec<Asked>,
    /// About how many words of the peer are lacking here, in all.
    absent: u32,
    /// So many columns a filter has at least, however few are worth their bytes.
    least: u8,
    /// Of so many words a filter is made at most, now and ever.
    span: usize,
    most: usize,
    /// About how many words passed filters wrongly, on either side.
    pub(super) wrongly: u32,
    /// What the peer has asked, to be answered when all is dealt with: symbols would
    /// tell what is still on its way.
    pub(super) waiting: Option<(Fingerprint, SymbolsQuestion)>,
    /// Questions that were repeated since an answer was of any use.
    repeated: u32,
}

struct Asked {
    number: u32,
    ranges: Ranges,
    round: Option<Round>,
    /// Whether an answer may still be on its way. If one comes all the same, it counts.
    awaited: bool,
    /// Whether an answer has led to the next question.
    answered: bool,
}

/// So many questions without an answer, and the peer may be gone.
const PATIENCE: u32 = 4;

/// So many questions can be answered.
const UNDER_WAY: usize = 16;

/// An answer without news has to deal with such a part of what is open, if it is to lead
/// to the next question at once.
const STEPS: u128 = 256;

impl Walk {
    /// Through all words, with filters of `span` words at first and of `most` ever.
    pub(super) fn new(peer: NodeId, absent: u32, least: u8, span: usize, most: usize) -> Self {
        Self {
            peer,
            open: Ranges::all(),
            asked: Vec::new(),
            absent,
            least,
            span: span.clamp(least_span(most), most),
            most,
            wrongly: 0,
            waiting: None,
            repeated: 0,
        }
    }

    pub(super) const fn span(&self) -> usize {
        self.span
    }

    /// Whether all is dealt with.
    pub(super) fn is_through(&self) -> bool {
        self.open.is_empty()
    }

    /// What has not been asked, or was given up.
    pub(super) fn to_ask(&self) -> Ranges {
        let mut open = self.open.clone();
        self.awaited().for_each(|asked| open.remove(&asked.ranges));
        open
    }

    /// How many columns suit a filter of `words` words in these ranges.
    pub(super) fn columns(&self, words: usize, ranges: &Ranges) -> u8 {
        let absent = (u128::from(self.absent) * ranges.width()) >> u64::BITS;
        let plan = FilterPlan { words: words as u32, absent: absent as u32 };
        plan.columns().max(self.least)
    }

    /// These are being asked about, by a question with this number.
    pub(super) fn ask(&mut self, number: u32, ranges: Ranges, round: Option<Round>) {
        if self.asked.len() == UNDER_WAY {
            self.asked.remove(0);
        }
        self.asked.push(Asked { number, ranges, round, awaited: true, answered: false });
    }

    fn awaited(&self) -> impl Iterator<Item = &Asked> {
        self.asked.iter().filter(|asked| asked.awaited)
    }

    /// When what is under way was asked.
    pub(super) fn under_way(&self) -> impl Iterator<Item = Option<Round>> {
        self.awaited().map(|asked| asked.round)
    }

    /// Goes on waiting only for what was asked when `recent` says.
    pub(super) fn wait_for(&mut self, recent: impl Fn(Option<Round>) -> bool) {
        self.asked.iter_mut().for_each(|asked| asked.awaited &= recent(asked.round));
    }

    /// The peer is asked again.
    pub(super) fn repeat(&mut self) {
        self.repeated = self.repeated.saturating_add(1);
    }

    /// Whether the peer has not answered for so long that others are asked as well.
    pub(super) fn is_silent(&self) -> bool {
        self.repeated > PATIENCE
    }

    /// What `told` has of a question's ranges is dealt with, and what is above `until`
    /// will not be by its answers; says whether to ask on.
    ///
    /// Nothing that the question did not ask about is dealt with, so that stale and
    /// made-up answers do no harm: what lies between its ranges is asked by another one,
    /// whose answers may be lost.
    pub(super) fn close(
        &mut self,
        number: u32,
        told: &RangeInclusive<u64>,
        until: u64,
        news: bool,
    ) -> bool {
        let asked = self.asked.iter_mut().find(|asked| asked.number == number);
        let Some(asked) = asked else { return false };
        let before = self.open.width();
        let closed = asked.ranges.within(told);
        if !asked.answered {
            let (all, dealt) = (asked.ranges.width(), asked.ranges.up_to(until).width());
            self.span = match self.span {
                // All of it: the next one may be larger.
                span if dealt == all => span.saturating_add(span / 2 + 1).min(self.most),
                span => ((span as u128 * dealt / all.max(1)) as usize).max(least_span(self.most)),
            };
        }
        self.open.remove(&closed);
        asked.ranges = asked.ranges.up_to(until);
        asked.ranges.remove(&closed);
        let enough = news || (before - self.open.width()) * STEPS >= before;
        let on = enough && !asked.answered;
        asked.answered |= on;
        if enough {
            self.repeated = 0;
        }
        self.asked.retain(|asked| !asked.ranges.is_empty());
        on
    }
}

/// A filter of fewer words is not worth another question, where it may have `most`.
fn least_span(most: usize) -> usize {
    (most / 8).max(1)
}

/// The smallest of some words.
pub(super) struct Smallest {
    most: usize,
    words: Vec<u64>,
    /// Larger ones are left out.
    last: u64,
}

impl Smallest {
    /// So many of them at most, and at least one. Twice as many are held meanwhile.
    pub(super) const fn new(most: usize) -> Self {
        let most = if most == 0 { 1 } else { most };
        Self { most, words: Vec::new(), last: u64::MAX }
    }

    /// Whether it may be one of them. O(1).
    pub(super) const fn wants(&self, word: u64) -> bool {
        word <= self.last
    }

    /// Amortised O(1).
    pub(super) fn push(&mut self, word: u64) {
        if self.wants(word) {
            self.words.push(word);
            if self.words.len() >= self.most.saturating_mul(2) {
                self.cut();
            }
        }
    }

    /// They, in ascending order, and the last word up to which none is left out.
    pub(super) fn take(mut self) -> (Vec<u64>, u64) {
        self.cut();
        self.words.sort_unstable();
        self.words.dedup();
        (self.words, self.last)
    }

    fn cut(&mut self) {
        if self.words.len() > self.most {
            let (_, last, _) = self.words.select_nth_unstable(self.most - 1);
            self.last = *last;
            self.words.truncate(self.most);
        }
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use super::*;

    fn walk() -> Walk {
        Walk::new("b".into(), 1_000, 0, 100, 1_000)
    }

    fn middle() -> u64 {
        1 << 63
    }

    #[test]
    fn what_is_told_is_not_asked_again_and_what_is_lost_is() {
        let mut walk = walk();
        walk.ask(0, walk.to_ask(), Some(Round::ZERO));
        assert_eq!(walk.to_ask(), Ranges::none());
        // The first of two parts of an answer to the lower half is lost.
        assert!(walk.close(0, &(1_000..=middle()), middle(), true));
        assert_eq!(walk.to_ask(), Ranges::of(middle() + 1..=u64::MAX));
        walk.ask(1, walk.to_ask(), Some(Round::new(3)));
        // It comes again: nothing follows on it.
        assert!(!walk.close(0, &(1_000..=middle()), middle(), true));
        walk.wait_for(|round| round == Some(Round::new(3)));
        assert_eq!(walk.to_ask(), Ranges::of(0..=999));
        assert!(walk.close(1, &(middle() + 1..=u64::MAX), u64::MAX, false));
        walk.ask(2, walk.to_ask(), None);
        assert!(walk.close(2, &(0..=u64::MAX), u64::MAX, true));
        assert!(walk.is_through());
    }

    #[test]
    fn what_was_not_asked_is_not_dealt_with() {
        let mut walk = walk();
        assert!(!walk.close(0, &(0..=u64::MAX), u64::MAX, true));
        walk.ask(0, Ranges::of(0..=99), None);
        walk.close(0, &(100..=u64::MAX), u64::MAX, true);
        walk.close(0, &(50..=u64::MAX), u64::MAX, true);
        assert_eq!(walk.to_ask().first(), Some(100));
        walk.wait_for(|_| false);
        assert_eq!(walk.to_ask().within(&(0..=99)), Ranges::of(0..=49));
        // It is late, and comes all the same.
        walk.close(0, &(0..=49), 99, true);
        assert_eq!(walk.to_ask().first(), Some(100));
    }

    /// An answer names the first and the last word of a range, and another question's
    /// range lies between those of its own.
    #[test]
    fn what_another_question_asks_about_is_not_dealt_with() {
        let mut walk = walk();
        walk.ask(0, Ranges::of(100..=199), None);
        let mut around = Ranges::of(0..=999);
        around.remove(&Ranges::of(100..=199));
        walk.ask(1, around, None);
        walk.close(1, &(0..=999), 999, true);
        walk.wait_for(|_| false);
        assert_eq!(walk.to_ask().up_to(999), Ranges::of(100..=199));
    }

    /// One word at a time, or none, or backwards.
    #[test]
    fn a_peer_that_hardly_moves_is_not_followed() {
        let mut walk = walk();
        walk.ask(0, Ranges::all(), None);
        for word in [0, 1, 2, 7, 5, 9] {
            assert!(!walk.close(0, &(word..=word), word, false));
        }
        // Half of what is left each time: it gets nowhere else.
        for number in 1.. {
            let to_ask = walk.to_ask();
            let Some((first, last)) = to_ask.first().zip(to_ask.last()) else { break };
            walk.ask(number, to_ask, None);
            walk.close(number, &(first..=first + (last - first) / 2), u64::MAX, false);
            walk.wait_for(|_| false);
            assert!(number < 100, "it does not end");
        }
    }

    #[test]
    fn a_peer_that_does_not_answer_is_silent() {
        let mut walk = walk();
        let silent = [(); 6].map(|()| {
            walk.repeat();
            walk.is_silent()
        });
        assert_eq!(silent, [false, false, false, false, true, true]);
        walk.ask(0, Ranges::all(), None);
        walk.close(0, &(0..=9), 9, false);
        assert!(walk.is_silent(), "a few words are no use");
        walk.ask(1, Ranges::of(10..=19), None);
        walk.close(1, &(10..=19), 19, true);
        assert!(!walk.is_silent());
    }

    #[test]
    fn the_smallest_words_are_those_up_to_the_last() {
        let numbers = || (0..1_000_u64).map(|number| number * 7 % 1_000);
        for most in [0, 1, 10, 999, 1_000, 5_000] {
            let mut smallest = Smallest::new(most);
            numbers().for_each(|word| smallest.push(word));
            let expected = most.clamp(1, 1_000) as u64;
            let last = if expected < 1_000 { expected - 1 } else { u64::MAX };
            assert_eq!(smallest.take(), ((0..expected).collect(), last));
        }
        let mut twice = Smallest::new(3);
        [5, 5, 2, 9].into_iter().for_each(|word| twice.push(word));
        assert_eq!(twice.take(), (vec![2, 5], 5));
    }
}
