//! The table of a ribbon filter: linear equations over single bits, each of
//! which knows nothing but 128 neighbouring unknowns.

use alloc::vec;
use alloc::vec::Vec;
use core::ops::Range;

/// How far the unknowns of one equation are apart at most.
const WIDTH: u32 = u128::BITS;

/// How many unknowns the filter of `words` words has: a few more than equations,
/// so that nearly all of them can be met.
pub(super) const fn rows_for(words: u32) -> u32 {
    let wanted = words as u64 + words as u64 / SPARE + WIDTH as u64;
    if wanted < u32::MAX as u64 { wanted as u32 } else { u32::MAX }
}

/// One in a hundred. With fewer more words have no place, and cost 32 bits each:
/// of 100,000 there are 34 with one in 64, 78 with one in 100, 167 with one in 200.
const SPARE: u64 = 100;

/// One equation, as the mark of a word has it.
#[derive(Clone, Copy)]
pub(super) struct Row {
    /// The first unknown.
    start: u32,
    /// Which unknowns from there on are summed up. The first always is.
    chosen: u128,
    /// What the sum is, a bit for each column.
    sums: u32,
}

impl Row {
    /// The equation of the word with this mark, where there are `rows` unknowns.
    pub(super) const fn of(mark: u64, rows: u32) -> Self {
        // In order of marks, so that sorted marks go through the table once.
        let starts = rows - WIDTH + 1;
        let start = ((mark as u128 * starts as u128) >> 64) as u32;
        let (low, high) = (mixed(mark, 1), mixed(mark, 2));
        let chosen = (high as u128) << 64 | low as u128 | 1;
        Self { start, chosen, sums: mixed(mark, 3) as u32 }
    }

    /// Whether a column of the table meets it.
    pub(super) fn passes(self, number: u32, column: &[u64]) -> bool {
        let (at, shift) = (self.start as usize / 64, self.start % 64);
        let word = |at: usize| u128::from(column.get(at).copied().unwrap_or_default());
        let mut bits = (word(at + 1) << 64 | word(at)) >> shift;
        if shift > 0 {
            bits |= word(at + 2) << (WIDTH - shift);
        }
        (bits & self.chosen).count_ones() & 1 == self.sums >> number & 1
    }
}

/// A further hash of a mark, which is one already: the finish of splitmix64
/// (Steele, Lea, Flood, OOPSLA 2014).
const fn mixed(mark: u64, number: u64) -> u64 {
    let word = mark.wrapping_add(number.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    let word = (word ^ word >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let word = (word ^ word >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    word ^ word >> 31
}

/// The columns of a table that meets the equations of these marks, and the low
/// halves of those marks that it does not meet.
///
/// Elimination within the band: an equation whose first unknown is taken is
/// added to the one that took it, and begins later then. O(n log n), and about
/// twenty additions a mark.
pub(super) fn solve(mut marks: Vec<u64>, columns: Range<u8>) -> (Vec<Vec<u64>>, Vec<u32>) {
    let rows = rows_for(marks.len() as u32);
    let wanted = columns.clone().fold(0_u32, |wanted, column| wanted | 1 << column);
    marks.sort_unstable();
    let mut chosen = vec![0_u128; rows as usize];
    let mut sums = vec![0_u32; rows as usize];
    let mut listed = Vec::new();
    for mark in marks {
        let mut row = Row::of(mark, rows);
        row.sums &= wanted;
        loop {
            let at = row.start as usize;
            if chosen[at] == 0 {
                (chosen[at], sums[at]) = (row.chosen, row.sums);
                break;
            }
            row.chosen ^= chosen[at];
            row.sums ^= sums[at];
            if row.chosen == 0 {
                // Nothing is left to choose. By chance the sum is right as well.
                if row.sums != 0 {
                    listed.push(mark as u32);
                }
                break;
            }
            let skipped = row.chosen.trailing_zeros();
            row.chosen >>= skipped;
            row.start += skipped;
        }
    }
    listed.sort_unstable();
    listed.dedup();
    let columns = columns.map(|column| solution(&chosen, &sums, column)).collect();
    (columns, listed)
}

/// The bits of one column, from the last to the first.
fn solution(chosen: &[u128], sums: &[u32], column: u8) -> Vec<u64> {
    let mut bits = vec![0_u64; chosen.len().div_ceil(64)];
    // The bits behind the one at hand, the next one lowest.
    let mut behind = 0_u128;
    for (at, (chosen, sums)) in chosen.iter().zip(sums).enumerate().rev() {
        // An unknown that no equation begins with is free, and 0.
        let known = (chosen & behind << 1).count_ones() ^ sums >> column;
        let bit = if *chosen == 0 { 0 } else { known & 1 };
        behind = behind << 1 | u128::from(bit);
        bits[at / 64] |= u64::from(bit) << (at % 64);
    }
    bits
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Marks that look like hashes.
    fn marks(count: u64) -> Vec<u64> {
        (0..count).map(|number| mixed(number, 7)).collect()
    }

    #[test]
    fn the_table_meets_all_equations_but_those_that_are_listed() {
        let marks = marks(20_000);
        let (columns, listed) = solve(marks.clone(), 0..6);
        assert!((1..200).contains(&listed.len()), "{} are listed", listed.len());
        let passes = |mark: &u64| {
            let row = Row::of(*mark, rows_for(20_000));
            (0..).zip(&columns).all(|(number, column)| row.passes(number, column))
        };
        let refused: Vec<u32> =
            marks.iter().filter(|mark| !passes(mark)).map(|mark| *mark as u32).collect();
        assert!(refused.iter().all(|mark| listed.binary_search(mark).is_ok()));
        assert!(!refused.is_empty(), "the list is needed");
    }

    #[test]
    fn a_column_is_the_same_whichever_others_are_made() {
        let marks = marks(1_000);
        let all = solve(marks.clone(), 0..8).0;
        assert_eq!(solve(marks, 3..5).0, all[3..5]);
    }
}
