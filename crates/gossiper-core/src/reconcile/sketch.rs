//! The first symbols of a set, kept up to date.

use alloc::vec;
use alloc::vec::Vec;
use core::ops::Range;

use super::cell::Cell;
use super::mapping::Indices;
use super::{ReconcileKey, Symbols, SymbolsQuestion};

/// The first coded symbols of a set of words.
///
/// A word is 64 bits that stand for an atom: a keyed hash of it
/// ([`ReconcileKey::word`]), or something that leads back to it, such as the
/// rank of a writer in the high 16 bits and a sequence number in the low 48. The
/// sketch does not keep the words. It is linear: what is in two sketches and
/// cancels leaves the sketch of the difference, which a
/// [`Decoder`](super::Decoder) takes apart.
///
/// Cost: 16 bytes a cell, whatever the number of words. A word is put in or
/// taken out in O(log m) updates for m cells, 18.6 on average for 16,384.
///
/// The words are a *set*: one that is put in twice is there twice, and nothing
/// notices. Up to 2³¹ − 1 of them.
///
/// ```
/// use gossiper_core::reconcile::{ReconcileKey, Sketch};
///
/// let key = ReconcileKey::new([7; 16]);
/// let mut sketch = Sketch::of(key, 64, [1, 2, 3]);
/// sketch.insert(4);
/// sketch.remove(2);
/// assert_eq!(sketch, Sketch::of(key, 64, [1, 3, 4]));
/// assert_eq!(sketch.words(), 3);
/// ```
#[derive(Clone, Debug)]
pub struct Sketch {
    key: ReconcileKey,
    /// Never empty.
    cells: Vec<Cell>,
    fingerprint: u64,
}

/// The most cells that [`Sketch::cells_for`] takes, 256 KiB of them: enough for
/// ten thousand differences.
const MAX_ADVISED: u32 = 1 << 14;

/// The fewest, 4 KiB of them: for a hundred and fifty differences.
const MIN_ADVISED: u32 = 1 << 8;

impl Sketch {
    /// The sketch of no words, with `cells` cells (at least one).
    #[must_use]
    pub fn new(key: ReconcileKey, cells: u32) -> Self {
        Self { key, cells: vec![Cell::default(); cells.max(1) as usize], fingerprint: 0 }
    }

    /// The sketch of `words`. O(n log m).
    #[must_use]
    pub fn of(key: ReconcileKey, cells: u32, words: impl IntoIterator<Item = u64>) -> Self {
        let mut sketch = Self::new(key, cells);
        for word in words {
            sketch.insert(word);
        }
        sketch
    }

    /// How many cells suit a set of `words` words: two bytes a word, 4 KiB at
    /// least and 256 KiB at most.
    ///
    /// A guess at what memory is worth. More differences than about seven in
    /// ten of the cells do not decode from what is kept; the other side then
    /// has to be asked in another way.
    #[must_use]
    pub const fn cells_for(words: usize) -> u32 {
        let wanted = words / 8;
        if wanted >= MAX_ADVISED as usize {
            return MAX_ADVISED;
        }
        let cells = (wanted as u32).next_power_of_two();
        if cells < MIN_ADVISED { MIN_ADVISED } else { cells }
    }

    /// Puts in a word that is not in the set. O(log m).
    pub fn insert(&mut self, word: u64) {
        let mark = self.key.mark(word);
        self.fingerprint = self.fingerprint.wrapping_add(mark);
        let added = Cell::of(word, mark);
        let mut indices = Indices::new(mark);
        while let Some(cell) = self.cells.get_mut(indices.at() as usize) {
            *cell = cell.plus(added);
            indices.advance();
        }
    }

    /// Takes out a word that is in the set. O(log m).
    pub fn remove(&mut self, word: u64) {
        let mark = self.key.mark(word);
        self.fingerprint = self.fingerprint.wrapping_sub(mark);
        let removed = Cell::of(word, mark);
        let mut indices = Indices::new(mark);
        while let Some(cell) = self.cells.get_mut(indices.at() as usize) {
            *cell = cell.minus(removed);
            indices.advance();
        }
    }

    /// How many words there are.
    #[must_use]
    pub fn words(&self) -> u32 {
        self.cells[0].count as u32
    }

    /// How many cells there are.
    #[must_use]
    pub fn cells(&self) -> u32 {
        self.cells.len() as u32
    }

    /// Which set this is: the sum of the words' keyed hashes.
    ///
    /// Two sets with one fingerprint are equal but for a chance of 2⁻⁶⁴, and
    /// nobody without the key can choose two that are not.
    #[must_use]
    pub fn fingerprint(&self) -> u64 {
        self.fingerprint
    }

    /// The key of its hashes.
    #[must_use]
    pub fn key(&self) -> &ReconcileKey {
        &self.key
    }

    /// The symbols that a peer asks for: none if its set is this one, those
    /// from the first if it asks for more of a set that has changed since.
    ///
    /// Nothing is remembered of the peer. At most `max` symbols, and no more
    /// than there are cells; an answer that is shorter than the question is one
    /// that came to the end. O(symbols).
    #[must_use]
    pub fn answer(&self, question: &SymbolsQuestion, max: u32) -> Symbols {
        let count = question.count.min(max);
        let from = match question.from {
            0 if question.fingerprint == self.fingerprint => return self.symbols(0..0),
            0 => 0,
            from if question.fingerprint == self.fingerprint => from,
            _ => 0,
        };
        self.symbols(from..from.saturating_add(count))
    }

    /// The symbols with these numbers, as far as there are cells.
    #[must_use]
    pub fn symbols(&self, numbers: Range<u32>) -> Symbols {
        let Range { start: from, end } = numbers;
        let end = end.min(self.cells());
        let cells = self.cells.get(from as usize..end as usize).unwrap_or_default();
        Symbols { fingerprint: self.fingerprint, words: self.words(), from, cells: cells.to_vec() }
    }

    pub(super) fn all_cells(&self) -> &[Cell] {
        &self.cells
    }
}

/// Equal words in equally many cells, as far as a sketch can tell.
impl PartialEq for Sketch {
    fn eq(&self, other: &Self) -> bool {
        (self.fingerprint, &self.cells) == (other.fingerprint, &other.cells)
    }
}

impl Eq for Sketch {}
