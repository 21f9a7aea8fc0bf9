//! What surely is not in a set, for a bit or two an element.

mod ribbon;

use alloc::vec::Vec;
use core::ops::Range;

use super::ReconcileKey;
use super::wire::{PieceError, Reader, put_u32};
use ribbon::{Row, rows_for};

/// Columns of a filter: whether a word may be in a set.
///
/// *Two replicas share half of what they hold. What can one tell the other in a
/// few bits an element, so that the other can send most of what is lacking at
/// once?* A ribbon filter: a table of bits such that for each word of the set
/// the sum of some bits, which its hash chooses within a window of 128, is a bit
/// that the hash also chooses. For any other word the sum is right by chance. A
/// further column of the table, with another bit of the hash, halves what
/// passes again; so the filter grows by columns, any of which can be sent later,
/// and a word is in the set only if all columns let it pass.
///
/// Cost: 1.02 bits a word and column, where log₂(1/p) bits are the least for a
/// share p of false passes and a Bloom filter takes 1.44 times that. Built in
/// O(n log n), with 20 bytes of memory a word while that lasts; asked in O(1) a
/// column.
///
/// Never wrong about a word that is in the set: the few words that find no place
/// in the table are listed.
///
/// Peter Dillinger, Stefan Walzer, *Ribbon filter: practically smaller than Bloom
/// and Xor*, arXiv 2103.02515, 2021, sections 2 and 3. The columns as a filter
/// without a rate of its own are ours; for Bloom filters: Pedro Silva Gomes, Carlos
/// Baquero, *Rateless Bloom filters*, arXiv 2510.27614, 2025.
///
/// ```
/// use gossiper_core::reconcile::{Filter, ReconcileKey};
///
/// let key = ReconcileKey::new([7; 16]);
/// let words: Vec<u64> = (0..10_000).collect();
/// let filter = Filter::of(&key, &words, 0..3);
/// assert!(words.iter().all(|word| filter.may_contain(&key, *word)));
/// let passed = (10_000..20_000).filter(|word| filter.may_contain(&key, *word)).count();
/// assert!((1_100..1_400).contains(&passed), "{passed}");
/// // Two more columns, which come later.
/// let more = Filter::of(&key, &words, 3..5);
/// let both = |word: &u64| filter.may_contain(&key, *word) && more.may_contain(&key, *word);
/// let passed = (10_000..20_000).filter(both).count();
/// assert!((250..380).contains(&passed), "{passed}");
/// assert!(filter.to_bytes().len() < 10_000 * 3 * 105 / 100 / 8);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filter {
    words: u32,
    first: u8,
    /// The bits of each column, the first row in the lowest bit.
    columns: Vec<Vec<u64>>,
    /// The low halves of the marks of words that have no place in the table,
    /// in ascending order.
    listed: Vec<u32>,
}

impl Filter {
    /// How many columns there can be.
    pub const MAX_COLUMNS: u8 = 32;

    /// These columns, of which there are [`MAX_COLUMNS`](Self::MAX_COLUMNS), of
    /// the filter of `words`. O(n log n).
    ///
    /// Those of `columns` that do not exist are left out. The words are a set.
    #[must_use]
    pub fn of(key: &ReconcileKey, words: &[u64], columns: Range<u8>) -> Self {
        let columns = columns.start.min(Self::MAX_COLUMNS)..columns.end.min(Self::MAX_COLUMNS);
        let (first, mut of_bits, mut listed) = (columns.start, Vec::new(), Vec::new());
        // What is in no set needs no table.
        if !columns.is_empty() && !words.is_empty() {
            let marks = words.iter().map(|word| key.mark(*word)).collect();
            (of_bits, listed) = ribbon::solve(marks, columns);
        }
        Self { words: words.len() as u32, first, columns: of_bits, listed }
    }

    /// Whether `word` is in the set, or passes though it is not. O(columns).
    ///
    /// Nothing is in a set of no words, and everything may be where there are no columns.
    #[must_use]
    pub fn may_contain(&self, key: &ReconcileKey, word: u64) -> bool {
        if self.words == 0 {
            return false;
        }
        let mark = key.mark(word);
        let row = Row::of(mark, rows_for(self.words));
        let passes = |(number, column): (u32, &Vec<u64>)| row.passes(number, column);
        (u32::from(self.first)..).zip(&self.columns).all(passes)
            || self.listed.binary_search(&(mark as u32)).is_ok()
    }

    /// How many words the set has, as its owner says.
    #[must_use]
    pub fn words(&self) -> u32 {
        self.words
    }

    /// Which columns these are.
    #[must_use]
    pub fn columns(&self) -> Range<u8> {
        self.first..self.first + self.columns.len() as u8
    }

    /// About how many words passed though they are not in the set, when `refused`
    /// did not: one for each 2ᶜ − 1, with c columns.
    ///
    /// These are what symbols have to find later
    /// ([`Decoder::expecting`](super::Decoder::expecting)); and of the rest of the
    /// tested words all others are in the set.
    #[must_use]
    pub fn passed_wrongly(&self, refused: u32) -> u32 {
        let others = (1_u64 << self.columns.len()) - 1;
        u64::from(refused).checked_div(others).unwrap_or_default() as u32
    }

    /// The one encoding of these columns. O(bytes).
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let column_bytes = column_bytes(self.words);
        let mut bytes = Vec::with_capacity(16 + self.columns.len() * column_bytes);
        put_u32(&mut bytes, self.words);
        bytes.extend_from_slice(&[self.first, self.columns.len() as u8]);
        put_u32(&mut bytes, self.listed.len() as u32);
        for mark in &self.listed {
            bytes.extend_from_slice(&mark.to_le_bytes());
        }
        for column in &self.columns {
            let all = column.iter().flat_map(|bits| bits.to_le_bytes());
            bytes.extend(all.take(column_bytes));
        }
        bytes
    }

    /// The columns that `bytes`, all of them, stand for. O(bytes) in time and
    /// memory.
    ///
    /// # Errors
    ///
    /// If they stand for none, or are not what [`to_bytes`](Self::to_bytes)
    /// would make of them.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, PieceError> {
        let mut reader = Reader::new(bytes);
        let words = reader.u32()?;
        let [first, count] = reader.array()?;
        let fits = first.checked_add(count).is_some_and(|end| end <= Self::MAX_COLUMNS);
        let marks = reader.u32()?;
        let mut listed = Vec::with_capacity(reader.room_for(marks, 4)?);
        for _ in 0..marks {
            listed.push(u32::from_le_bytes(reader.array()?));
        }
        if !fits || !listed.is_sorted_by(|a, b| a < b) {
            return Err(PieceError::NotCanonical);
        }
        let mut columns = Vec::new();
        for _ in 0..count {
            let column = reader.slice(column_bytes(words))?;
            let bits = column.chunks(8).map(|bytes| {
                let mut bits = [0; 8];
                bits[..bytes.len()].copy_from_slice(bytes);
                u64::from_le_bytes(bits)
            });
            let bits: Vec<u64> = bits.collect();
            let behind = rows_for(words) % 64;
            if behind > 0 && bits.last().is_some_and(|last| last >> behind != 0) {
                return Err(PieceError::NotCanonical);
            }
            columns.push(bits);
        }
        reader.end()?;
        Ok(Self { words, first, columns, listed })
    }
}

/// A filter that might be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FilterPlan {
    /// How many words it is of.
    pub words: u32,
    /// How many words the other side has that are not among them, as far as is
    /// known: [`Estimate::theirs`](super::Estimate::theirs).
    pub absent: u32,
}

impl FilterPlan {
    /// How many columns are worth their bytes.
    ///
    /// What passes has to be found by symbols, which cost about fourteen bytes a
    /// difference: one and four tenths of ten bytes each. As long as a column
    /// saves more than it costs, another one is sent. None where the sets are
    /// close. O(columns).
    ///
    /// ```
    /// use gossiper_core::reconcile::FilterPlan;
    ///
    /// let columns = |absent| FilterPlan { words: 100_000, absent }.columns();
    /// assert_eq!([500, 5_000, 33_000, 100_000].map(columns), [0, 2, 5, 6]);
    /// ```
    #[must_use]
    pub fn columns(self) -> u8 {
        const BITS_A_DIFFERENCE: u64 = 112;
        let cost = u64::from(rows_for(self.words));
        let mut saved = u64::from(self.absent) * BITS_A_DIFFERENCE / 2;
        let mut columns = 0;
        while saved > cost && columns < Filter::MAX_COLUMNS {
            columns += 1;
            saved /= 2;
        }
        columns
    }
}

/// Bytes of a column of the filter of `words` words.
fn column_bytes(words: u32) -> usize {
    rows_for(words).div_ceil(8) as usize
}

super::wire::serde_as_bytes!(Filter, "columns of a filter");
