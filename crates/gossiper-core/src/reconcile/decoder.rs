//! From symbols to differences.

use alloc::vec::Vec;

use thiserror::Error;

use super::cell::Cell;
use super::estimate::{Estimate, estimate, needed, wanted};
use super::mapping::Indices;
use super::{Sketch, Symbols, SymbolsQuestion};

/// How much a session may cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Limits {
    /// Symbols that are taken from the other side, some hundred bytes of memory
    /// each with what comes out of them. Those of a set that has changed since
    /// count too.
    pub max_symbols: u32,
    /// Words that are taken out of them, O(log m) work each. Those that are taken
    /// out anew, after a mistake, count again.
    pub max_items: u32,
}

/// As many symbols as [`Sketch::cells_for`] advises at most, and twice as many
/// items, so that one mistake is no end: some 2 MiB.
impl Default for Limits {
    fn default() -> Self {
        Self { max_symbols: 1 << 14, max_items: 1 << 15 }
    }
}

/// What two sets of words differ in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Difference {
    /// Words that the other side lacks, in ascending order.
    pub ours: Vec<u64>,
    /// Words that this side lacks, in ascending order.
    pub theirs: Vec<u64>,
}

/// How far a [`Decoder`] has come.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub enum DecodeState {
    /// The symbols so far do not suffice.
    NeedMore {
        /// What to ask for next.
        question: SymbolsQuestion,
        /// About how many differences there are. If they are so many that
        /// something else is cheaper, now is the time to change over.
        estimate: Estimate,
    },
    /// All differences are known.
    Done(Difference),
    /// It will not work this way; the session is over.
    Fallback(FallbackReason),
}

/// Why symbols did not lead to the difference. Nothing was changed. The host
/// reconciles in another way: by a filter, a list of atoms, or the whole state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Error)]
#[non_exhaustive]
pub enum FallbackReason {
    /// All symbols that the limit or our own sketch allow have come.
    #[error("{symbols} symbols did not decode; list the atoms, or keep a larger sketch")]
    SymbolsExhausted {
        /// How many there were.
        symbols: u32,
    },
    /// More words came out than the limit allows.
    #[error("more than {max_items} differences; list the atoms, or raise the limit")]
    TooManyItems {
        /// The limit.
        max_items: u32,
    },
    /// The peer sent what it was not asked for, again and again.
    #[error("{answers} answers brought nothing that was asked for; try another peer")]
    NoProgress {
        /// How many.
        answers: u32,
    },
    /// The words that came out do not lead from our set to theirs: the peer
    /// has another key, or what it sent is made up.
    #[error("the symbols are of no set that differs from ours by what they decode to")]
    Contradiction,
}

/// Decodes what another side's symbols say beyond our own.
///
/// Peeling: a cell whose difference is one word gives it up, the word is taken
/// out of its other cells, and some of those have one word left then. Pieces are
/// taken in as they come and nothing is looked at twice: O(d log m) in all for d
/// differences and m symbols, and O(m) for the symbols.
///
/// Repeated pieces, and pieces that come out of order, are passed over. If our
/// own set changes meanwhile, the symbols that have come are subtracted anew,
/// and none has to be sent again; if theirs does, the session begins again with
/// the first of its new symbols. Whatever arrives, the session ends: each answer
/// brings symbols, words or nothing, and there is a limit on each.
///
/// *What if a sum of several words passes for one?* Its check fits in one of 2¹⁶,
/// and its place in one of i/2 + 1. Taken out by mistake, it puts wrong words into
/// other cells, which may then be taken out and put back for ever. So cells far
/// up front, where many words meet and the place says little, are looked at last;
/// and when more words have come out than there are symbols, which no set does,
/// all is begun anew with some more symbols, which changes the order. Measured:
/// five of 755,000 sessions of 3 to 10,000 differences needed that.
///
/// ```
/// use gossiper_core::reconcile::{DecodeState, Decoder, Limits, ReconcileKey, Sketch};
///
/// let key = ReconcileKey::new([7; 16]);
/// let ours = Sketch::of(key, 1_024, 0..1_000);
/// let theirs = Sketch::of(key, 1_024, 100..1_100);
/// let mut decoder = Decoder::new(&ours, Limits::default());
/// let mut question = decoder.question();
/// let difference = loop {
///     let piece = theirs.answer(&question, 1_024);
///     match decoder.add(&ours, &piece) {
///         DecodeState::NeedMore { question: next, .. } => question = next,
///         DecodeState::Done(difference) => break difference,
///         DecodeState::Fallback(reason) => panic!("{reason}"),
///     }
/// };
/// assert_eq!(difference.ours, (0..100).collect::<Vec<_>>());
/// assert_eq!(difference.theirs, (1_000..1_100).collect::<Vec<_>>());
/// ```
#[derive(Clone, Debug)]
pub struct Decoder {
    limits: Limits,
    /// How many symbols to ask for first.
    first: u32,
    /// The fingerprint of our set when it was last subtracted.
    ours: u64,
    /// That of the set whose symbols have come, once any has.
    theirs: u64,
    symbols: Vec<Cell>,
    /// The symbols less our own, less what was taken out.
    rest: Vec<Cell>,
    /// How many of `rest` are not zero.
    unsettled: usize,
    taken: Vec<Taken>,
    /// Cells that may have one word left. Empty between pieces.
    queue: Vec<u32>,
    /// The same of cells up front, which wait until the others are done.
    front: Vec<u32>,
    spent: Spent,
    /// The cells of the word at hand; here to be allocated once.
    walk: Vec<u32>,
}

/// What the session has cost, beside what is held.
#[derive(Clone, Copy, Debug, Default)]
struct Spent {
    /// Symbols of a set that is no more.
    symbols: u32,
    /// Words that were taken out, since our own set last changed.
    items: u32,
    /// Answers with nothing new.
    answers: u32,
}

/// How many answers may bring nothing. Late and repeated ones do, so it has to
/// be some; a guess.
const MAX_IDLE_ANSWERS: u32 = 16;

/// Cells are up front in the first of so many parts. A word is in five or six
/// others on average, enough to find it.
const FRONT_PART: u32 = 16;

/// Whether words were taken out that were none.
enum Peeling {
    Sound,
    Mistaken,
}

/// A word that was taken out.
#[derive(Clone, Copy, Debug)]
struct Taken {
    cell: Cell,
    mark: u64,
    /// Its first cell behind those that have come.
    next: Indices,
}

impl Decoder {
    /// A session against `ours`, before the first answer.
    #[must_use]
    pub fn new(ours: &Sketch, limits: Limits) -> Self {
        Self {
            limits,
            first: SymbolsQuestion::FIRST,
            ours: ours.fingerprint(),
            theirs: 0,
            symbols: Vec::new(),
            rest: Vec::new(),
            unsettled: 0,
            taken: Vec::new(),
            queue: Vec::new(),
            front: Vec::new(),
            spent: Spent::default(),
            walk: Vec::new(),
        }
    }

    /// The same when about so many differences are expected, as after a
    /// [`Filter`](super::Filter): it asks for as many symbols at once as are
    /// likely to suffice.
    #[must_use]
    pub fn expecting(self, differences: u32) -> Self {
        Self { first: needed(differences).max(SymbolsQuestion::FIRST), ..self }
    }

    /// The question that begins the session; further ones are in
    /// [`DecodeState::NeedMore`].
    #[must_use]
    pub fn question(&self) -> SymbolsQuestion {
        let count = self.first.min(self.limits.max_symbols);
        SymbolsQuestion { fingerprint: self.ours, from: 0, count }
    }

    /// How many symbols have been taken in.
    #[must_use]
    pub fn symbols(&self) -> u32 {
        self.symbols.len() as u32
    }

    /// Takes in an answer to the last question. `ours` is our sketch as it is
    /// now.
    ///
    /// Amortised O(d log m) and O(symbols).
    pub fn add(&mut self, ours: &Sketch, piece: &Symbols) -> DecodeState {
        if piece.fingerprint() == ours.fingerprint() {
            return DecodeState::Done(Difference::default());
        }
        if piece.from() == 0 && piece.fingerprint() != self.theirs {
            self.spent.symbols += self.symbols();
            self.symbols.clear();
            self.forget();
            self.theirs = piece.fingerprint();
        }
        if ours.fingerprint() != self.ours {
            self.forget();
            self.ours = ours.fingerprint();
            self.spent.items = 0;
        }
        let before = self.symbols();
        let fits = piece.fingerprint() == self.theirs && piece.from() == before;
        if fits {
            let room = self.most(ours).saturating_sub(before) as usize;
            self.symbols.extend_from_slice(&piece.cells[..piece.cells.len().min(room)]);
        }
        match self.take_in(ours).and_then(|()| self.peel(ours)) {
            Ok(Peeling::Sound) => {}
            Ok(Peeling::Mistaken) => self.forget(),
            Err(reason) => return DecodeState::Fallback(reason),
        }
        // What is forgotten is not settled either.
        if self.unsettled == 0 && !self.rest.is_empty() {
            return match self.difference() {
                Some(difference) => DecodeState::Done(difference),
                None => DecodeState::Fallback(FallbackReason::Contradiction),
            };
        }
        let symbols = self.symbols();
        let left = self.most(ours).saturating_sub(symbols);
        // An answer that fits and has nothing says that there is no more.
        if left == 0 || fits && symbols == before {
            return DecodeState::Fallback(FallbackReason::SymbolsExhausted { symbols });
        }
        if symbols == before {
            self.spent.answers += 1;
            if self.spent.answers > MAX_IDLE_ANSWERS {
                let answers = self.spent.answers;
                return DecodeState::Fallback(FallbackReason::NoProgress { answers });
            }
        }
        let counts = self.symbols.iter().zip(ours.all_cells());
        let counts = counts.map(|(theirs, ours)| theirs.minus(*ours).count);
        let estimate = estimate(counts, self.taken.len() as u32);
        let question = SymbolsQuestion {
            fingerprint: if symbols == 0 { self.ours } else { self.theirs },
            from: symbols,
            count: wanted(symbols, estimate.differences()).min(left),
        };
        DecodeState::NeedMore { question, estimate }
    }

    /// How many symbols can be used at all.
    fn most(&self, ours: &Sketch) -> u32 {
        self.limits.max_symbols.saturating_sub(self.spent.symbols).min(ours.cells())
    }

    /// Forgets what was worked out, and keeps the symbols.
    fn forget(&mut self) {
        self.rest.clear();
        self.taken.clear();
        self.queue.clear();
        self.front.clear();
        self.unsettled = 0;
    }

    /// Subtracts our own symbols, and what was taken out, from new ones.
    fn take_in(&mut self, ours: &Sketch) -> Result<(), FallbackReason> {
        let new = self.rest.len();
        // The sketch may have been replaced by one with fewer cells.
        let own = ours.all_cells().get(new..self.symbols.len());
        let own = own.ok_or(FallbackReason::SymbolsExhausted { symbols: ours.cells() })?;
        let rest = self.symbols[new..].iter().zip(own).map(|(theirs, ours)| theirs.minus(*ours));
        self.rest.extend(rest);
        for taken in &mut self.taken {
            while let Some(cell) = self.rest.get_mut(taken.next.at() as usize) {
                *cell = cell.minus(taken.cell);
                taken.next.advance();
            }
        }
        self.unsettled += self.rest[new..].iter().filter(|cell| !cell.is_zero()).count();
        self.queue.extend(new as u32..self.rest.len() as u32);
        Ok(())
    }

    /// Takes words out until no cell has one alone.
    fn peel(&mut self, ours: &Sketch) -> Result<Peeling, FallbackReason> {
        let front = self.symbols() / FRONT_PART;
        while let Some(at) = self.queue.pop().or_else(|| self.front.pop()) {
            let cell = self.rest[at as usize];
            if cell.count.unsigned_abs() != 1 {
                continue;
            }
            let mark = ours.key().mark(cell.sum);
            if mark as u16 != cell.check {
                continue;
            }
            self.walk.clear();
            let mut indices = Indices::new(mark);
            while (indices.at() as usize) < self.rest.len() {
                self.walk.push(indices.at());
                indices.advance();
            }
            // Several words whose sum passes for one: it would not be here.
            if self.walk.binary_search(&at).is_err() {
                continue;
            }
            if self.taken.len() >= self.rest.len() {
                return Ok(Peeling::Mistaken);
            }
            let max_items = self.limits.max_items;
            if self.spent.items >= max_items {
                return Err(FallbackReason::TooManyItems { max_items });
            }
            self.spent.items += 1;
            for at in &self.walk {
                let rest = &mut self.rest[*at as usize];
                let was_zero = rest.is_zero();
                *rest = rest.minus(cell);
                self.unsettled += usize::from(was_zero);
                self.unsettled -= usize::from(rest.is_zero());
                if rest.count.unsigned_abs() == 1 {
                    let queue = if *at < front { &mut self.front } else { &mut self.queue };
                    queue.push(*at);
                }
            }
            self.taken.push(Taken { cell, mark, next: indices });
        }
        Ok(Peeling::Sound)
    }

    /// What was taken out, if it leads from our set to theirs.
    ///
    /// What was taken out by mistake is one more difference, and has come out
    /// with the other sign later; the two cancel here.
    fn difference(&self) -> Option<Difference> {
        let mut words: Vec<(u64, i32)> =
            self.taken.iter().map(|taken| (taken.cell.sum, taken.cell.count)).collect();
        words.sort_unstable();
        let mut difference = Difference::default();
        for same in words.chunk_by(|a, b| a.0 == b.0) {
            match same.iter().map(|(_, count)| count).sum() {
                0 => {}
                1 => difference.theirs.push(same[0].0),
                -1 => difference.ours.push(same[0].0),
                _ => return None,
            }
        }
        let end = self.taken.iter().fold(self.ours, |fingerprint, taken| {
            if taken.cell.count == 1 {
                fingerprint.wrapping_add(taken.mark)
            } else {
                fingerprint.wrapping_sub(taken.mark)
            }
        });
        (end == self.theirs).then_some(difference)
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use super::*;
    use crate::reconcile::ReconcileKey;

    #[test]
    fn a_word_in_a_cell_that_is_not_its_own_is_left_there() {
        let ours = Sketch::new(ReconcileKey::new([7; 16]), 64);
        let mark = ours.key().mark(1);
        let mut indices = Indices::new(mark);
        let mut foreign = 1;
        while indices.at() <= foreign {
            foreign += u32::from(indices.at() == foreign);
            indices.advance();
        }
        let mut cells = vec![Cell::default(); 32];
        cells[foreign as usize] = Cell::of(1, mark);
        let piece = Symbols { fingerprint: 1, words: 0, from: 0, cells };
        let mut decoder = Decoder::new(&ours, Limits::default());
        assert!(matches!(decoder.add(&ours, &piece), DecodeState::NeedMore { .. }));
        assert!(decoder.taken.is_empty());
    }
}
