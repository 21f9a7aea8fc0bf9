//! Dots in one word.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::borrow::Borrow;

use gossiper_core::causal::DotMap;
use gossiper_core::lattice::{Dot, ReplicaId};

use crate::table::Tag;

/// Short names for parts of writers' numbers, and the words that stand for dots.
///
/// A word is, from its low end: the low bits of the sequence number; the name of
/// the writer and of the rest of the number, from 1 up; and in what is left a tag
/// of the element's hash. With few names it has four bytes, 12 bits for the
/// number, 12 for the name and 8 for the tag; else eight bytes, 32 for the number
/// and a tag of 24 where there are few writers.
#[derive(Clone)]
pub(super) struct Names {
    /// Bits of a word: 32 or 64.
    width: u32,
    /// Bits that hold the low part of a sequence number.
    low: u32,
    /// Bits that hold that and a name.
    payload: u32,
    /// How much of a hash is not its tag.
    beside_tag: u32,
    /// What each name stands for.
    named: Vec<Named>,
    names: BTreeMap<Named, u32>,
}

/// A writer and the high part of sequence numbers.
type Named = (ReplicaId, u64);

/// Bits of a narrow word for the number, and for the name.
const NARROW: u32 = 12;

/// Bits of a wide word for the number.
const WIDE: u32 = 32;

/// How many names dots need, in whatever order, and fewer where they are in order.
pub(super) struct Needed {
    low: u32,
    last: Option<Named>,
    names: usize,
}

impl Needed {
    pub(super) fn see(&mut self, dot: Dot) {
        let named = named(dot, self.low);
        if self.last.replace(named) != Some(named) {
            self.names += 1;
        }
    }

    pub(super) const fn names(&self) -> usize {
        self.names
    }
}

impl Names {
    /// For at least twice as many names as all these dots need.
    pub(super) fn of<T>(atoms: &DotMap<T>) -> Self {
        let needed = |low| {
            let mut needed = Needed { low, last: None, names: 0 };
            atoms.for_each(|dot, _| needed.see(dot));
            needed.names
        };
        if 2 * needed(NARROW) < 1 << NARROW { Self::narrow() } else { Self::wide(needed(WIDE)) }
    }

    const fn narrow() -> Self {
        Self::with(u32::BITS, NARROW, NARROW)
    }

    /// For at least twice so many names.
    fn wide(count: usize) -> Self {
        let wanted = usize::BITS - (2 * count + 1).leading_zeros();
        Self::with(u64::BITS, WIDE, wanted.next_multiple_of(8).min(31))
    }

    const fn with(width: u32, low: u32, bits: u32) -> Self {
        let payload = low + bits;
        let beside_tag = 64 - width + payload;
        Self { width, low, payload, beside_tag, named: Vec::new(), names: BTreeMap::new() }
    }

    /// Whether words fit in four bytes.
    pub(super) const fn are_narrow(&self) -> bool {
        self.width == u32::BITS
    }

    /// To count what further dots need.
    pub(super) const fn needed(&self) -> Needed {
        Needed { low: self.low, last: None, names: 0 }
    }

    pub(super) const fn len(&self) -> usize {
        self.named.len()
    }

    /// How many there can be.
    pub(super) const fn capacity(&self) -> usize {
        (1 << (self.payload - self.low)) - 1
    }

    /// The tag of a hash: its high end.
    #[inline]
    pub(super) const fn tag(&self, hash: u64) -> Tag {
        Tag { bits: hash >> self.beside_tag, above: self.payload }
    }

    /// The word for a dot and the hash of its element.
    ///
    /// # Panics
    ///
    /// If there are more names than [`capacity`](Self::capacity), which a
    /// caller must prevent, and which is 2³¹ at least if it does.
    #[inline]
    pub(super) fn word(&mut self, dot: Dot, hash: u64) -> u64 {
        let named = named(dot, self.low);
        let name = match self.named.last() {
            // Most come writer by writer.
            Some(last) if *last == named => self.named.len(),
            _ => self.name(named),
        };
        self.tag(hash).bits << self.payload | (name as u64) << self.low | self.low_part(dot)
    }

    fn name(&mut self, named: Named) -> usize {
        let known = self.names.get(&named).copied().unwrap_or_else(|| {
            assert!(self.named.len() < self.capacity(), "more writers than names");
            self.named.push(named);
            let name = u32::try_from(self.named.len()).expect("a name has at most 31 bits");
            self.names.insert(named, name);
            name
        });
        known as usize
    }

    const fn low_part(&self, dot: Dot) -> u64 {
        dot.sequence() & ((1 << self.low) - 1)
    }

    /// Whether a word is that of a dot.
    pub(super) fn is_of(&self, dot: Dot, word: u64) -> bool {
        word & ((1 << self.low) - 1) == self.low_part(dot)
            && self.named_in(word) == Some(&named(dot, self.low))
    }

    /// The dot in a word, if it is one of `element`.
    // A call, so that a search does not get ready for what it hardly ever does.
    #[inline(never)]
    pub(super) fn dot_of<T, Q>(&self, atoms: &DotMap<T>, element: &Q, word: u64) -> Option<Dot>
    where
        T: Borrow<Q>,
        Q: Eq + ?Sized,
    {
        let dot = self.dot(word)?;
        atoms.get(dot).is_some_and(|own| own.borrow() == element).then_some(dot)
    }

    /// The dot in a word.
    pub(super) fn dot(&self, word: u64) -> Option<Dot> {
        let (replica, high) = self.named_in(word)?;
        Dot::new(*replica, high << self.low | word & ((1 << self.low) - 1))
    }

    fn named_in(&self, word: u64) -> Option<&Named> {
        let name = (word & ((1 << self.payload) - 1)) >> self.low;
        self.named.get(usize::try_from(name).ok()?.checked_sub(1)?)
    }
}

const fn named(dot: Dot, low: u32) -> Named {
    (dot.replica(), dot.sequence() >> low)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The largest numbers and any number of writers: each word gives its dot
    /// back and keeps some of the hash.
    #[test]
    fn a_word_gives_its_dot_back() {
        let wide = [1, 200, 70_000, 9_000_000].map(|count| (count, Names::wide(count)));
        for (count, mut names) in wide.into_iter().chain([(500, Names::narrow())]) {
            assert!(names.capacity() >= 2 * count);
            for replica in (0..500).map(|n| n * (u64::MAX / 500)).take(count) {
                for sequence in [1, 2, u64::from(u32::MAX), 1 << 32, u64::MAX - 1, u64::MAX] {
                    let dot = Dot::new(ReplicaId::new(replica), sequence).unwrap();
                    if names.len() + 2 > names.capacity() {
                        continue;
                    }
                    for hash in [0, replica, u64::MAX] {
                        let word = names.word(dot, hash);
                        assert_eq!(names.dot(word), Some(dot));
                        assert_eq!(word >> names.payload, names.tag(hash).bits);
                        assert!(names.is_of(dot, word));
                        let other = Dot::new(ReplicaId::new(replica), sequence / 2 + 1).unwrap();
                        assert_eq!(names.is_of(other, word), other == dot);
                        assert!(word >= crate::table::FIRST_WORD, "not a mark of the table");
                        assert!(!names.are_narrow() || u32::try_from(word).is_ok());
                    }
                }
            }
            assert_eq!((names.dot(0), names.dot(1)), (None, None));
        }
    }

    /// Four bytes do for a million of one writer, and not for thousands of writers,
    /// nor for numbers that are far apart.
    #[test]
    fn words_are_narrow_where_names_are_few() {
        let are_narrow = |dots: &mut dyn Iterator<Item = (u64, u64)>| {
            let dots = dots.map(|(replica, sequence)| {
                (Dot::new(ReplicaId::new(replica), sequence).unwrap(), ())
            });
            Names::of(&dots.collect::<DotMap<()>>()).are_narrow()
        };
        assert!(are_narrow(&mut (1..1_000_000).map(|n| (1, n))));
        assert!(are_narrow(&mut (1..2_000).map(|n| (n, n))));
        assert!(!are_narrow(&mut (1..3_000).map(|n| (n, n))));
        assert!(!are_narrow(&mut (1..3_000).map(|n| (1, n << 20))));
    }
}
