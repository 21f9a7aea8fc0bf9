//! What travels: a question for symbols, and a piece of them.

use alloc::vec::Vec;

use super::Sketch;
use super::cell::Cell;
use super::mapping::expected;
use super::wire::{PieceError, Reader, put_u32};

/// Asks for a range of the symbols of the other side's set.
///
/// Whoever answers ([`Sketch::answer`]) needs nothing but this and its own
/// sketch, so a question may be lost, repeated or come late.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct SymbolsQuestion {
    /// From the first symbol on: the asker's own set, so that an equal one is
    /// answered with nothing. Further on: the set of which the symbols before
    /// `from` were.
    pub fingerprint: u64,
    /// The number of the first symbol that is wanted.
    pub from: u32,
    /// How many are wanted.
    pub count: u32,
}

impl SymbolsQuestion {
    /// How many symbols a first question asks for.
    ///
    /// Enough for some twenty differences and, with more, for an estimate of
    /// their number that is right within a quarter (one standard deviation);
    /// small enough for one packet. A choice, not a measured optimum.
    pub const FIRST: u32 = 32;

    /// The question that begins a session.
    #[must_use]
    pub fn first(ours: &Sketch) -> Self {
        Self { fingerprint: ours.fingerprint(), from: 0, count: Self::FIRST }
    }
}

/// Some successive symbols of a set.
///
/// On the wire a symbol is the bytes of its sum that are not 0 in all sums of
/// the piece, two bytes of check and the difference of its count from the
/// expected one: for hashes of 64 bits 11 bytes, and 12 where there are many
/// thousands of words for each symbol before it. Ahead of them stand the
/// fingerprint, the numbers of words, of the first symbol and of symbols, and
/// which bytes the sums have: 12 to 24 bytes.
///
/// ```
/// use gossiper_core::reconcile::{ReconcileKey, Sketch, Symbols};
///
/// let sketch = Sketch::of(ReconcileKey::new([7; 16]), 64, 1..=1_000);
/// let piece = sketch.symbols(0..16);
/// let bytes = piece.to_bytes();
/// assert_eq!(bytes.len(), 13 + 16 * (2 + 2 + 1));
/// assert_eq!(Symbols::from_bytes(&bytes), Ok(piece));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Symbols {
    pub(super) fingerprint: u64,
    pub(super) words: u32,
    pub(super) from: u32,
    pub(super) cells: Vec<Cell>,
}

impl Symbols {
    /// Which set they are of.
    #[must_use]
    pub fn fingerprint(&self) -> u64 {
        self.fingerprint
    }

    /// How many words that set has, as its owner says.
    #[must_use]
    pub fn words(&self) -> u32 {
        self.words
    }

    /// The number of the first symbol.
    #[must_use]
    pub fn from(&self) -> u32 {
        self.from
    }

    /// How many symbols there are.
    #[must_use]
    pub fn len(&self) -> u32 {
        self.cells.len() as u32
    }

    /// Whether there is none: the sets are equal, or the sketch has no more.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.cells.is_empty()
    }

    /// The one encoding of these symbols. O(bytes).
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(24 + self.cells.len() * 12);
        bytes.extend_from_slice(&self.fingerprint.to_le_bytes());
        put_u32(&mut bytes, self.words);
        put_u32(&mut bytes, self.from);
        put_u32(&mut bytes, self.len());
        let used = used_bytes(&self.cells);
        if !self.is_empty() {
            bytes.push(used);
        }
        for (number, cell) in (self.from..).zip(&self.cells) {
            for (place, byte) in cell.sum.to_le_bytes().into_iter().enumerate() {
                if used >> place & 1 == 1 {
                    bytes.push(byte);
                }
            }
            bytes.extend_from_slice(&cell.check.to_le_bytes());
            let unexpected = cell.count.wrapping_sub(expected(self.words, number));
            // Zigzag: small numbers of either sign are small.
            put_u32(&mut bytes, (unexpected << 1 ^ unexpected >> 31) as u32);
        }
        bytes
    }

    /// The symbols that `bytes`, all of them, stand for. O(bytes) in time and
    /// memory.
    ///
    /// # Errors
    ///
    /// If they stand for none, or are not what [`to_bytes`](Self::to_bytes)
    /// would make of them.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, PieceError> {
        let mut reader = Reader::new(bytes);
        let fingerprint = u64::from_le_bytes(reader.array()?);
        let words = reader.u32()?;
        let from = reader.u32()?;
        let count = reader.u32()?;
        from.checked_add(count).ok_or(PieceError::NotCanonical)?;
        let used = if count == 0 { 0 } else { reader.array::<1>()?[0] };
        let least = used.count_ones() as usize + 3;
        let mut cells = Vec::with_capacity(reader.room_for(count, least)?);
        for number in from..from + count {
            let mut sum = [0; 8];
            for (place, byte) in sum.iter_mut().enumerate() {
                if used >> place & 1 == 1 {
                    *byte = reader.array::<1>()?[0];
                }
            }
            let check = u16::from_le_bytes(reader.array()?);
            let zigzag = reader.u32()?;
            let unexpected = (zigzag >> 1) as i32 ^ -((zigzag & 1) as i32);
            let count = expected(words, number).wrapping_add(unexpected);
            cells.push(Cell { sum: u64::from_le_bytes(sum), count, check });
        }
        reader.end()?;
        if used != used_bytes(&cells) {
            return Err(PieceError::NotCanonical);
        }
        Ok(Self { fingerprint, words, from, cells })
    }
}

/// A bit for each byte that is not 0 in all sums.
fn used_bytes(cells: &[Cell]) -> u8 {
    let any = cells.iter().fold(0, |any, cell| any | cell.sum).to_le_bytes();
    (0..8).filter(|place| any[*place] != 0).fold(0, |used, place| used | 1 << place)
}

super::wire::serde_as_bytes!(Symbols, "symbols of a set");
