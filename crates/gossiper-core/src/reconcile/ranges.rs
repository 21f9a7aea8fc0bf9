//! Some of all words, as ranges.

use alloc::vec::Vec;
use core::ops::RangeInclusive;

use super::wire::{PieceError, Reader, put_u32};

/// Which words are meant, of all that there could be: ranges that ascend and are apart.
///
/// Words that are keyed hashes lie anywhere with equal chance, so a range of them is a
/// random sample of the atoms: a large set is asked about piece by piece, and a piece
/// that was lost is asked about again, by naming the range.
///
/// ```
/// use gossiper_core::reconcile::Ranges;
///
/// let mut open = Ranges::all();
/// open.remove(&Ranges::of(0..=9));
/// open.remove(&Ranges::of(20..=29));
/// assert!(open.contains(10) && !open.contains(25));
/// assert_eq!(open.up_to(34), {
///     let mut rest = Ranges::of(10..=34);
///     rest.remove(&Ranges::of(20..=29));
///     rest
/// });
/// assert_eq!(Ranges::from_bytes(&open.to_bytes()), Ok(open));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ranges(Vec<RangeInclusive<u64>>);

impl Ranges {
    /// How many ranges there are at most: 1 KiB of them.
    pub const MAX: usize = 64;

    /// No word.
    #[must_use]
    pub const fn none() -> Self {
        Self(Vec::new())
    }

    /// All words.
    #[must_use]
    pub fn all() -> Self {
        Self::of(0..=u64::MAX)
    }

    /// The words of one range.
    #[must_use]
    pub fn of(range: RangeInclusive<u64>) -> Self {
        if range.is_empty() { Self::none() } else { Self(alloc::vec![range]) }
    }

    /// Whether no word is meant.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether `word` is meant. O(log r) for r ranges.
    #[must_use]
    pub fn contains(&self, word: u64) -> bool {
        let at = self.0.partition_point(|range| *range.end() < word);
        self.0.get(at).is_some_and(|range| *range.start() <= word)
    }

    /// The first word that is meant.
    #[must_use]
    pub fn first(&self) -> Option<u64> {
        self.0.first().map(|range| *range.start())
    }

    /// The last word that is meant.
    #[must_use]
    pub fn last(&self) -> Option<u64> {
        self.0.last().map(|range| *range.end())
    }

    /// How many words are meant.
    #[must_use]
    pub fn width(&self) -> u128 {
        self.0.iter().map(|range| u128::from(range.end() - range.start()) + 1).sum()
    }

    /// The same without words above `last`. O(r).
    #[must_use]
    pub fn up_to(&self, last: u64) -> Self {
        self.within(&(0..=last))
    }

    /// What is in `range` as well. O(r).
    #[must_use]
    pub fn within(&self, range: &RangeInclusive<u64>) -> Self {
        let both =
            self.0.iter().map(|own| *own.start().max(range.start())..=*own.end().min(range.end()));
        Self(both.filter(|both| !both.is_empty()).collect())
    }

    /// Takes out the words of `other`, range by range, and leaves those in whose absence
    /// more than [`MAX`](Self::MAX) ranges would be left. O(r) for each.
    pub fn remove(&mut self, other: &Self) {
        for range in &other.0 {
            let before = range.start().checked_sub(1).map(|last| 0..=last);
            let behind = range.end().checked_add(1).map(|first| first..=u64::MAX);
            let rest = [before, behind].into_iter().flatten();
            let rest: Vec<_> = rest.flat_map(|rest| self.within(&rest).0).collect();
            if rest.len() <= Self::MAX {
                self.0 = rest;
            }
        }
    }

    /// The one encoding. O(r).
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(1 + 16 * self.0.len());
        put_u32(&mut bytes, self.0.len() as u32);
        for end in self.0.iter().flat_map(|range| [range.start(), range.end()]) {
            bytes.extend_from_slice(&end.to_le_bytes());
        }
        bytes
    }

    /// The ranges that `bytes`, all of them, stand for. O(bytes).
    ///
    /// # Errors
    ///
    /// If they stand for none, are not apart, or are more than there may be.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, PieceError> {
        let mut reader = Reader::new(bytes);
        let count = reader.u32()?;
        if count as usize > Self::MAX {
            return Err(PieceError::NotCanonical);
        }
        let mut ranges = Vec::with_capacity(reader.room_for(count, 16)?);
        for _ in 0..count {
            let [from, to] = [reader.array()?, reader.array()?].map(u64::from_le_bytes);
            ranges.push(from..=to);
        }
        let apart = ranges.windows(2).all(|pair| {
            pair[0].end().checked_add(1).is_some_and(|behind| behind < *pair[1].start())
        });
        if !apart || ranges.iter().any(RangeInclusive::is_empty) {
            return Err(PieceError::NotCanonical);
        }
        reader.end()?;
        Ok(Self(ranges))
    }
}

super::wire::serde_as_bytes!(Ranges, "ranges of words");

#[cfg(test)]
mod tests {
    use super::*;

    fn tens(numbers: impl IntoIterator<Item = u64>) -> Ranges {
        Ranges(numbers.into_iter().map(|number| 10 * number..=10 * number + 4).collect())
    }

    #[test]
    fn what_is_taken_out_is_not_meant_any_more() {
        let mut ranges = Ranges::all();
        assert_eq!(ranges.width(), 1 << 64);
        ranges.remove(&Ranges::of(0..=0));
        ranges.remove(&Ranges::of(u64::MAX..=u64::MAX));
        ranges.remove(&tens([1, 3]));
        assert_eq!(ranges.width(), (1 << 64) - 12);
        assert_eq!((ranges.first(), ranges.last()), (Some(1), Some(u64::MAX - 1)));
        let meant =
            [0, 1, 9, 10, 14, 15, 29, 30, 34, 35, u64::MAX].map(|word| ranges.contains(word));
        assert_eq!(meant, [false, true, true, false, false, true, true, false, false, true, false]);
        ranges.remove(&Ranges::of(0..=u64::MAX));
        assert_eq!(ranges, Ranges::none());
    }

    #[test]
    fn there_are_never_more_than_may_be() {
        let mut ranges = Ranges::all();
        ranges.remove(&tens(0..1_000));
        assert_eq!(ranges.0.len(), Ranges::MAX);
        // What is taken out at an end still is.
        ranges.remove(&Ranges::of(10_000..=u64::MAX));
        assert_eq!(ranges.last(), Some(9_999));
    }

    #[test]
    fn bytes_are_ranges_or_an_error() {
        for ranges in [Ranges::none(), Ranges::all(), tens([0, 4, 5])] {
            let bytes = ranges.to_bytes();
            assert_eq!(Ranges::from_bytes(&bytes), Ok(ranges));
            let longer = [&bytes[..], &[0]].concat();
            assert!(Ranges::from_bytes(&longer).is_err());
        }
        let many = tens(0..65).to_bytes();
        let touching = Ranges(alloc::vec![0..=4, 5..=9]).to_bytes();
        #[expect(clippy::reversed_empty_ranges, reason = "that is the mistake")]
        let reversed = Ranges(alloc::vec![7..=6]).to_bytes();
        for bytes in [many, touching, reversed, tens([1, 0]).to_bytes()] {
            assert_eq!(Ranges::from_bytes(&bytes), Err(PieceError::NotCanonical));
        }
        let boast = [63, 0, 0];
        assert_eq!(Ranges::from_bytes(&boast), Err(PieceError::Truncated { bytes: 3 }));
    }
}
