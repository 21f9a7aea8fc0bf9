//! Which words of the other side are wanted, in two bytes each.

use alloc::vec::Vec;
use core::ops::RangeInclusive;

use super::wire::{PieceError, Reader, put_u32};

/// Words that are asked for, cut to as many bits as tell them apart.
///
/// *A decoder has found words that only the other side knows. How does it ask for
/// what they stand for, without sending them back whole?* They are hashes, so
/// their first bits tell them apart: seven bits more than it takes to count the
/// other side's words, so that one in 128 is mistaken for another, which then
/// comes too and is known already. In ascending order, each is written as its
/// distance from the one before, in Golomb's code with a power of two (Golomb,
/// *Run-length encodings*, 1966; Rice's form): about log₂(n/d) + 8.5 bits a word
/// for d of n.
///
/// Only for words that are hashes; those that lead back to their atoms are
/// better asked for in the atoms' own terms.
///
/// ```
/// use gossiper_core::reconcile::{ReconcileKey, Wanted};
///
/// let key = ReconcileKey::new([7; 16]);
/// let mut words: Vec<u64> = (0..1_000_u64).map(|atom| key.word(&atom.to_le_bytes())).collect();
/// words.sort_unstable();
/// let wanted = Wanted::of(&words[..100], 1_000);
/// assert!(wanted.to_bytes().len() < 160);
/// let named: Vec<u64> = words
///     .iter()
///     .copied()
///     .filter(|word| wanted.contains(*word))
///     .collect();
/// assert_eq!(named, words[..100]);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// How many bits of each word are there.
    bits: u8,
    /// The first bits of words, as numbers, in ascending order.
    prefixes: Vec<u64>,
}

/// Bits of a word beyond those that count the words.
const SPARE_BITS: u32 = 7;

impl Wanted {
    /// Asks for `words`, which are in ascending order, of the other side's
    /// `theirs`. O(d).
    #[must_use]
    pub fn of(words: &[u64], theirs: u32) -> Self {
        let counted = theirs.max(words.len() as u32).max(1).ilog2() + 1;
        let bits = counted + SPARE_BITS;
        let mut prefixes: Vec<u64> = words.iter().map(|word| word >> (64 - bits)).collect();
        prefixes.dedup();
        Self { bits: bits as u8, prefixes }
    }

    /// Whether nothing is asked for.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.prefixes.is_empty()
    }

    /// Whether `word` is asked for, or mistaken for one that is. O(log d).
    #[must_use]
    pub fn contains(&self, word: u64) -> bool {
        let prefix = word >> (64 - u32::from(self.bits));
        self.prefixes.binary_search(&prefix).is_ok()
    }

    /// The words that are asked for lie in these ranges, ascending and apart.
    pub fn ranges(&self) -> impl ExactSizeIterator<Item = RangeInclusive<u64>> {
        let rest = 64 - u32::from(self.bits);
        self.prefixes.iter().map(move |prefix| {
            let first = prefix << rest;
            first..=first | ((1 << rest) - 1)
        })
    }

    /// The one encoding. O(bytes).
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(8 + 2 * self.prefixes.len());
        bytes.push(self.bits);
        put_u32(&mut bytes, self.prefixes.len() as u32);
        let low_bits = low_bits(self.bits, self.prefixes.len()).unwrap_or_default();
        let mut place = 0;
        let mut put = |bit: u64| {
            if place % 8 == 0 {
                bytes.push(0);
            }
            if let Some(last) = bytes.last_mut() {
                *last |= (bit as u8) << (place % 8);
            }
            place += 1;
        };
        let mut next = 0;
        for prefix in &self.prefixes {
            let gap = prefix - next;
            (0..gap >> low_bits).for_each(|_| put(1));
            put(0);
            (0..low_bits).for_each(|bit| put(gap >> bit & 1));
            next = prefix + 1;
        }
        bytes
    }

    /// What `bytes`, all of them, ask for. O(bytes) in time, and ten times as
    /// many bytes of memory at most.
    ///
    /// # Errors
    ///
    /// If they are not what [`to_bytes`](Self::to_bytes) would make of anything.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, PieceError> {
        let mut reader = Reader::new(bytes);
        let [bits] = reader.array()?;
        let count = reader.u32()?;
        let low_bits = low_bits(bits, count as usize).ok_or(PieceError::NotCanonical)?;
        let mut left = Bits { bytes: reader.rest(), at: 0 };
        if u64::from(count) * u64::from(low_bits + 1) > left.bytes.len() as u64 * 8 {
            return Err(reader.truncated());
        }
        let mut prefixes = Vec::with_capacity(count as usize);
        let mut next = 0_u64;
        for _ in 0..count {
            let mut gap = 0_u64;
            while left.next().ok_or(reader.truncated())? {
                gap += 1 << low_bits;
                if gap >> bits != 0 {
                    return Err(PieceError::NotCanonical);
                }
            }
            for bit in 0..low_bits {
                gap |= u64::from(left.next().ok_or(reader.truncated())?) << bit;
            }
            let prefix = next.checked_add(gap).filter(|prefix| prefix >> bits == 0);
            prefixes.push(prefix.ok_or(PieceError::NotCanonical)?);
            next = next + gap + 1;
        }
        let used = left.at.div_ceil(8);
        if left.by_ref().any(|bit| bit) {
            return Err(PieceError::NotCanonical);
        }
        match reader.rest().len() - used {
            0 => Ok(Self { bits, prefixes }),
            bytes => Err(PieceError::TrailingBytes { bytes }),
        }
    }
}

/// How many bits of a distance are written as they are, so that what is above
/// them is 0 or 1 on average; or none if there are not that many words, in which
/// case nobody asks for them with so few bits.
fn low_bits(bits: u8, count: usize) -> Option<u32> {
    let counted = count.max(1).ilog2() + 1;
    let fits = (SPARE_BITS + 1..=32 + SPARE_BITS).contains(&u32::from(bits));
    let low_bits = u32::from(bits).checked_sub(counted).filter(|low_bits| *low_bits >= SPARE_BITS);
    low_bits.filter(|_| fits)
}

/// Bits from the lowest of the first byte on.
struct Bits<'b> {
    bytes: &'b [u8],
    at: usize,
}

impl Iterator for Bits<'_> {
    type Item = bool;

    fn next(&mut self) -> Option<bool> {
        let byte = self.bytes.get(self.at / 8)?;
        let bit = byte >> (self.at % 8) & 1 == 1;
        self.at += 1;
        Some(bit)
    }
}

super::wire::serde_as_bytes!(Wanted, "words that are asked for");
