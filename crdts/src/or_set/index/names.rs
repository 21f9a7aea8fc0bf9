//! Dots in one word.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::borrow::Borrow;

use gossiper_core::causal::DotMap;
use gossiper_core::lattice::{Dot, ReplicaId};

/// Short names for writers, and the words that stand for dots.
///
/// A word is, from its low end: 32 bits of the sequence number; the name of the
/// writer and of the rest of the number, from 1 up; and in what is left a tag of
/// the element's hash, 24 bits where there are few writers.
#[derive(Clone)]
pub(super) struct Names {
    bits: u32,
    /// What each name stands for.
    named: Vec<Named>,
    names: BTreeMap<Named, u32>,
}

/// A writer and the high half of sequence numbers.
type Named = (ReplicaId, u32);

/// Bits of a word that hold the low half of a sequence number.
const LOW: u32 = 32;

impl Names {
    /// For at least twice so many names.
    pub(super) fn for_all(count: usize) -> Self {
        let wanted = usize::BITS - (2 * count + 1).leading_zeros();
        let bits = wanted.next_multiple_of(8).min(31);
        Self { bits, named: Vec::new(), names: BTreeMap::new() }
    }

    /// How many names these dots, in order, need.
    pub(super) fn count(dots: impl Iterator<Item = Dot>) -> usize {
        let mut last = None;
        dots.filter(|dot| last.replace(named(*dot)) != Some(named(*dot))).count()
    }

    pub(super) const fn len(&self) -> usize {
        self.named.len()
    }

    /// How many there can be.
    pub(super) const fn capacity(&self) -> usize {
        (1 << self.bits) - 1
    }

    /// The tag of a hash, or of a word: its high end.
    pub(super) const fn tag(&self, hash: u64) -> u64 {
        hash >> (LOW + self.bits)
    }

    /// The word for a dot and the hash of its element.
    ///
    /// # Panics
    ///
    /// If there are more writers than [`capacity`](Self::capacity), which a
    /// caller must prevent, and which is 2³¹ at least if it does.
    #[inline]
    pub(super) fn word(&mut self, dot: Dot, hash: u64) -> u64 {
        let named = named(dot);
        let name = match self.named.last() {
            // Most come writer by writer.
            Some(last) if *last == named => self.named.len(),
            _ => self.name(named),
        };
        self.compose(name, dot, hash)
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

    /// The word for a dot, if its writer has a name.
    pub(super) fn known_word(&self, dot: Dot, hash: u64) -> Option<u64> {
        self.names.get(&named(dot)).map(|name| self.compose(*name as usize, dot, hash))
    }

    const fn compose(&self, name: usize, dot: Dot, hash: u64) -> u64 {
        let low = dot.sequence() & ((1 << LOW) - 1);
        self.tag(hash) << (LOW + self.bits) | (name as u64) << LOW | low
    }

    /// The dot in a word, if it is one of `element`, whose hash has this tag.
    #[inline]
    pub(super) fn dot_of<T, Q>(
        &self,
        atoms: &DotMap<T>,
        element: &Q,
        tag: u64,
        word: u64,
    ) -> Option<Dot>
    where
        T: Borrow<Q>,
        Q: Eq + ?Sized,
    {
        // Few words of other elements get further than this.
        if self.tag(word) == tag { self.dot_if(atoms, element, word) } else { None }
    }

    /// The dot in a word, if it is one of `element`.
    // A call, so that a search does not get ready for what it hardly ever does.
    #[inline(never)]
    fn dot_if<T, Q>(&self, atoms: &DotMap<T>, element: &Q, word: u64) -> Option<Dot>
    where
        T: Borrow<Q>,
        Q: Eq + ?Sized,
    {
        let dot = self.dot(word)?;
        atoms.get(dot).is_some_and(|own| own.borrow() == element).then_some(dot)
    }

    /// The dot in a word.
    pub(super) fn dot(&self, word: u64) -> Option<Dot> {
        let name = usize::try_from((word >> LOW) & ((1 << self.bits) - 1)).ok()?;
        let (replica, high) = self.named.get(name.checked_sub(1)?)?;
        let low = word & ((1 << LOW) - 1);
        Dot::new(*replica, u64::from(*high) << LOW | low)
    }
}

fn named(dot: Dot) -> Named {
    let high = u32::try_from(dot.sequence() >> LOW).expect("half of 64 bits");
    (dot.replica(), high)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The largest numbers and any number of writers: each word gives its dot
    /// back and keeps some of the hash.
    #[test]
    fn a_word_gives_its_dot_back() {
        for count in [1, 200, 70_000, 9_000_000] {
            let mut names = Names::for_all(count);
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
                        assert_eq!(names.tag(word), names.tag(hash));
                        assert_eq!(names.known_word(dot, hash), Some(word));
                        assert!(word >= crate::table::FIRST_WORD, "not a mark of the table");
                    }
                }
            }
            assert_eq!((names.dot(0), names.dot(1)), (None, None));
        }
    }
}
