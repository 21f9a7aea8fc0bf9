//! Words that are found by a hash: what finds things in large sets and maps.
//!
//! *How can few bytes find a thing, without a copy of it?* A word says where the
//! thing is, and has some bits of its hash beside: searching reads one line of
//! the table, and hardly ever a thing that is not the one.
//!
//! **Cost**: 8 bytes a slot, or 4 for short words, and between a third and three
//! quarters of them are in use. A search reads two or three words on average.

use alloc::boxed::Box;
use alloc::vec;

/// A multimap from hashes to words. Nothing but searching for a hash depends on
/// hashes, so that none shows.
#[derive(Clone)]
pub(crate) struct Table<W = u64> {
    /// A power of two of words, searched in line from where a hash says: one
    /// for each thing, behind it and before the next [`EMPTY`].
    slots: Box<[W]>,
    /// Slots that are not [`EMPTY`].
    used: usize,
    live: usize,
}

/// What the words of things with one hash begin with.
#[derive(Clone, Copy)]
pub(crate) struct Tag {
    /// The high end of a word.
    pub(crate) bits: u64,
    /// How many bits are below it.
    pub(crate) above: u32,
}

impl Tag {
    #[inline]
    const fn is_of(self, word: u64) -> bool {
        word >> self.above == self.bits && word >= FIRST_WORD
    }
}

/// Four bytes or eight.
pub(crate) trait Word: Copy + Into<u64> {
    /// Of a number that fits.
    fn of(word: u64) -> Self;
}

impl Word for u32 {
    #[expect(clippy::cast_possible_truncation, reason = "it fits")]
    fn of(word: u64) -> Self {
        word as Self
    }
}

impl Word for u64 {
    fn of(word: u64) -> Self {
        word
    }
}

/// Ends a search.
const EMPTY: u64 = 0;
/// What was here has gone, and a search goes on.
const GONE: u64 = 1;

/// Words begin here: 0 and 1 are marks of the table.
pub(crate) const FIRST_WORD: u64 = 2;

impl<W: Word> Table<W> {
    /// An empty table for `len` words and some more.
    pub(crate) fn for_words(len: usize) -> Self {
        // Of a power of two at most five eighths, so that some are left before
        // three quarters.
        let slots = (len + len.div_ceil(5) * 3).next_power_of_two();
        Self { slots: vec![W::of(EMPTY); slots].into_boxed_slice(), used: 0, live: 0 }
    }

    /// How many words there are.
    #[cfg(test)]
    pub(crate) const fn len(&self) -> usize {
        self.live
    }

    /// Whether so many more can be [put](Self::put).
    pub(crate) const fn has_room_for(&self, more: usize) -> bool {
        4 * (self.used + more) <= 3 * self.slots.len()
    }

    /// Whether it has far more room than it needs.
    pub(crate) const fn is_sparse(&self) -> bool {
        self.live < self.slots.len() / 8
    }

    /// The place of the first word with this tag of this hash, and of others, of
    /// which `is` says so.
    #[inline(always)]
    pub(crate) fn find(
        &self,
        hash: u64,
        tag: Tag,
        mut is: impl FnMut(u64) -> bool,
    ) -> Option<usize> {
        let slots = &*self.slots;
        let mut at = self.start(hash);
        loop {
            // Never beyond the end: a table has a power of two of slots.
            let word = (*slots.get(at)?).into();
            // Few words of other things get further than this.
            if tag.is_of(word) {
                if is(word) {
                    return Some(at);
                }
            } else if word == EMPTY {
                return None;
            }
            at = (at + 1) & (slots.len() - 1);
        }
    }

    /// Adds a word, for which there must be [room](Self::has_room_for), and
    /// shows those with its tag of this hash, and of others, to `each`.
    #[inline(always)]
    pub(crate) fn put(&mut self, hash: u64, tag: Tag, word: u64, mut each: impl FnMut(u64)) {
        let (mut at, mut gone) = (self.start(hash), None);
        let slots = &mut *self.slots;
        let end = loop {
            // Never beyond the end, as in `find`.
            let Some(slot) = slots.get_mut(at) else { return };
            let own = (*slot).into();
            if own == EMPTY {
                break slot;
            }
            if tag.is_of(own) {
                each(own);
            } else if own == GONE {
                gone = gone.or(Some(at));
            }
            at = (at + 1) & (slots.len() - 1);
        };
        self.live += 1;
        match gone {
            None => {
                self.used += 1;
                *end = W::of(word);
            }
            Some(at) => slots[at] = W::of(word),
        }
    }

    /// Drops the word at a [place](Self::find).
    pub(crate) fn remove(&mut self, mut at: usize) {
        self.live -= 1;
        self.slots[at] = W::of(GONE);
        // Nothing is searched for beyond an empty slot.
        if self.slots[self.after(at)].into() == EMPTY {
            while self.slots[at].into() == GONE {
                self.slots[at] = W::of(EMPTY);
                self.used -= 1;
                at = at.wrapping_sub(1) & (self.slots.len() - 1);
            }
        }
    }

    /// Where to begin to look for what has this hash: its low bits say so, so
    /// that a word has the high ones.
    #[expect(clippy::cast_possible_truncation, reason = "the mask takes low bits only")]
    const fn start(&self, hash: u64) -> usize {
        hash as usize & (self.slots.len() - 1)
    }

    const fn after(&self, at: usize) -> usize {
        (at + 1) & (self.slots.len() - 1)
    }

    /// How many slots there are, and how many of them are in use.
    #[cfg(test)]
    pub(crate) fn slots(&self) -> (usize, usize) {
        let used = self.slots.iter().filter(|word| (**word).into() != EMPTY).count();
        assert_eq!(used, self.used);
        (self.slots.len(), used)
    }
}
