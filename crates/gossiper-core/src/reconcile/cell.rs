//! One coded symbol.

/// The sum of the words that fall into one cell, with what tells whether it is
/// the sum of a single one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Cell {
    /// The words, combined by exclusive or.
    pub(super) sum: u64,
    /// How many there are; of a difference, theirs less ours. Wraps, since
    /// what a peer sends is added to it.
    pub(super) count: i32,
    /// The low 16 bits of the words' marks, by exclusive or.
    pub(super) check: u16,
}

impl Cell {
    /// The cell of one word.
    pub(super) const fn of(word: u64, mark: u64) -> Self {
        Self { sum: word, count: 1, check: mark as u16 }
    }

    /// What is in either, if no word is in both.
    pub(super) const fn plus(self, other: Self) -> Self {
        Self {
            sum: self.sum ^ other.sum,
            count: self.count.wrapping_add(other.count),
            check: self.check ^ other.check,
        }
    }

    /// What is in `self` less what is in `other`.
    pub(super) const fn minus(self, other: Self) -> Self {
        Self {
            sum: self.sum ^ other.sum,
            count: self.count.wrapping_sub(other.count),
            check: self.check ^ other.check,
        }
    }

    /// Whether nothing is left in it.
    pub(super) fn is_zero(self) -> bool {
        self == Self::default()
    }
}
