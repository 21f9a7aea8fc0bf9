//! A chunk: some consecutive atoms of one writer.

use alloc::vec::Vec;
use core::mem;
use core::ops::Range;

/// Atoms of one writer in order of sequence numbers, at least one.
///
/// Without gaps the numbers follow from the first, and only gaps make it worth
/// storing them, as what is to be added to one number: a chunk spans less than
/// 2³².
#[derive(Clone)]
pub(super) struct Chunk<T> {
    /// The first number, or one before it where there are offsets.
    base: u64,
    offsets: Option<Vec<u32>>,
    values: Vec<T>,
}

/// So many atoms at most are in a chunk: a compromise between long moves, where
/// one is removed, and many chunks of 64 bytes.
pub(super) const CAPACITY: usize = 128;

impl<T> Chunk<T> {
    pub(super) fn new(number: u64, value: T) -> Self {
        Self { base: number, offsets: None, values: alloc::vec![value] }
    }

    pub(super) fn len(&self) -> usize {
        self.values.len()
    }

    pub(super) fn is_full(&self) -> bool {
        self.len() >= CAPACITY
    }

    pub(super) fn first(&self) -> u64 {
        self.number(0)
    }

    pub(super) fn last(&self) -> u64 {
        self.number(self.len().saturating_sub(1))
    }

    fn number(&self, at: usize) -> u64 {
        let offset = match &self.offsets {
            None => at as u64,
            Some(offsets) => offsets.get(at).copied().map_or(0, u64::from),
        };
        self.base.saturating_add(offset)
    }

    pub(super) fn get(&self, at: usize) -> Option<(u64, &T)> {
        self.values.get(at).map(|value| (self.number(at), value))
    }

    /// What `number` stands for.
    pub(super) fn find(&self, number: u64) -> Option<&T> {
        let offset = number.checked_sub(self.base)?;
        let at = match &self.offsets {
            None => usize::try_from(offset).ok()?,
            Some(offsets) => offsets.binary_search(&u32::try_from(offset).ok()?).ok()?,
        };
        self.values.get(at)
    }

    /// Where the first atom at or after `number` is, or would be.
    pub(super) fn lower_bound(&self, number: u64) -> usize {
        let offset = number.saturating_sub(self.base);
        match &self.offsets {
            None => usize::try_from(offset).map_or(self.len(), |at| at.min(self.len())),
            Some(offsets) => offsets.partition_point(|own| u64::from(*own) < offset),
        }
    }

    /// Where the atoms from `first` to `last` are.
    pub(super) fn range(&self, first: u64, last: u64) -> Range<usize> {
        let end = last.checked_add(1).map_or(self.len(), |next| self.lower_bound(next));
        self.lower_bound(first).min(end)..end
    }

    /// Whether atoms from `first` to `last` can be in it as well.
    pub(super) fn spans(&self, first: u64, last: u64) -> bool {
        last.max(self.last()) - first.min(self.base) <= u64::from(u32::MAX)
    }

    /// Adds an atom to a chunk that has room for it and spans it, in place of
    /// one of the same number.
    pub(super) fn insert(&mut self, number: u64, value: T) -> Option<T> {
        let at = self.lower_bound(number);
        if self.get(at).is_some_and(|(own, _)| own == number) {
            return Some(mem::replace(&mut self.values[at], value));
        }
        let follows = at == self.len() && self.last().checked_add(1) == Some(number);
        let precedes = at == 0 && number.checked_add(1) == Some(self.base);
        if self.offsets.is_some() || !(follows || precedes) {
            self.rebase(number);
            let offset = offset(self.base, number);
            self.offsets_mut().insert(at, offset);
        } else if precedes {
            self.base = number;
        }
        self.values.insert(at, value);
        None
    }

    /// Removes the atoms at `range` and hands them over.
    pub(super) fn take(&mut self, range: Range<usize>, mut taken: impl FnMut(u64, T)) {
        if range.is_empty() {
            return;
        }
        let (front, end) = (range.start == 0, range.end);
        if !front && end < self.len() {
            self.offsets_mut();
        }
        let base = self.base;
        let mut offsets = self.offsets.as_mut().map(|offsets| offsets.drain(range.clone()));
        for (at, value) in range.clone().zip(self.values.drain(range)) {
            let offset = offsets.as_mut().and_then(Iterator::next);
            taken(base.saturating_add(offset.map_or(at as u64, u64::from)), value);
        }
        drop(offsets);
        if front && self.offsets.is_none() {
            self.base = base.saturating_add(end as u64);
        }
    }

    /// Splits a chunk in two halves, and returns the second.
    pub(super) fn split(&mut self) -> Self {
        let middle = self.len() / 2;
        let base = if self.offsets.is_some() { self.base } else { self.number(middle) };
        let values = self.values.split_off(middle);
        let offsets = self.offsets.as_mut().map(|offsets| offsets.split_off(middle));
        Self { base, offsets, values }
    }

    /// Whether it can take in the atoms of a chunk that comes after it, and have
    /// at most so many then.
    pub(super) fn takes(&self, next: &Self, most: usize) -> bool {
        self.len() + next.len() <= most && self.spans(next.first(), next.last())
    }

    /// Adds the atoms of a chunk that comes after this one, if it
    /// [takes](Self::takes) them.
    pub(super) fn append(&mut self, next: Self) {
        let dense = self.offsets.is_none()
            && next.offsets.is_none()
            && self.last().checked_add(1) == Some(next.base);
        if !dense {
            let (base, len) = (self.base, next.len());
            let offsets = (0..len).map(|at| offset(base, next.number(at)));
            self.offsets_mut().extend(offsets);
        }
        self.values.extend(next.values);
    }

    /// Gives back room that is not needed.
    pub(super) fn shrink(&mut self) {
        let len = self.len();
        if self.values.capacity() > 2 * len {
            self.values.shrink_to(len + len / 4);
            if let Some(offsets) = &mut self.offsets {
                offsets.shrink_to(len + len / 4);
            }
        }
        // Gaps that are gone need no numbers.
        if self.offsets.is_some() && self.last() - self.first() == len as u64 - 1 {
            self.base = self.first();
            self.offsets = None;
        }
    }

    fn offsets_mut(&mut self) -> &mut Vec<u32> {
        let len = self.values.len();
        self.offsets.get_or_insert_with(|| {
            let mut offsets = Vec::with_capacity(len + 1);
            offsets.extend((0..).take(len));
            offsets
        })
    }

    /// Counts from `number` if that is smaller.
    fn rebase(&mut self, number: u64) {
        if number < self.base {
            let more = offset(number, self.base);
            self.offsets_mut().iter_mut().for_each(|offset| *offset += more);
            self.base = number;
        }
    }

    /// The runs of consecutive numbers, `(first, last)`.
    pub(super) fn runs(&self, mut each: impl FnMut(u64, u64)) {
        match &self.offsets {
            None => each(self.base, self.last()),
            Some(offsets) => {
                for run in offsets.chunk_by(|a, b| b - a == 1) {
                    let number = |offset| self.base + u64::from(offset);
                    each(number(run[0]), number(run[run.len() - 1]));
                }
            }
        }
    }
}

/// How far `number` is behind `base`, within one chunk.
fn offset(base: u64, number: u64) -> u32 {
    u32::try_from(number - base).expect("a chunk spans less than 2^32 numbers")
}

impl<T: Clone> Chunk<T> {
    /// A copy of the atoms at `range`, of which there is at least one.
    pub(super) fn copy(&self, range: Range<usize>) -> Self {
        let values = self.values[range.clone()].to_vec();
        match &self.offsets {
            None => Self { base: self.number(range.start), offsets: None, values },
            Some(offsets) => {
                Self { base: self.base, offsets: Some(offsets[range].to_vec()), values }
            }
        }
    }
}
