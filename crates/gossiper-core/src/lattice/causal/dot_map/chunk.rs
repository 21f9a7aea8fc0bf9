//! A chunk: some consecutive atoms of one writer.

use alloc::vec::Vec;
use core::mem;
use core::ops::Range;

/// Atoms of one writer in order of sequence numbers, at least one.
///
/// Without gaps the numbers follow from the first, and only gaps make it worth
/// storing them.
#[derive(Clone)]
pub(super) struct Chunk<T> {
    first: u64,
    numbers: Option<Vec<u64>>,
    values: Vec<T>,
}

/// So many atoms at most are in a chunk: a compromise between long moves and
/// many chunks.
pub(super) const CAPACITY: usize = 512;

impl<T> Chunk<T> {
    pub(super) fn new(number: u64, value: T) -> Self {
        Self { first: number, numbers: None, values: alloc::vec![value] }
    }

    pub(super) fn len(&self) -> usize {
        self.values.len()
    }

    pub(super) fn is_full(&self) -> bool {
        self.len() >= CAPACITY
    }

    pub(super) const fn first(&self) -> u64 {
        self.first
    }

    pub(super) fn last(&self) -> u64 {
        self.number(self.len().saturating_sub(1))
    }

    fn number(&self, at: usize) -> u64 {
        match &self.numbers {
            None => self.first.saturating_add(at as u64),
            Some(numbers) => numbers.get(at).copied().unwrap_or(self.first),
        }
    }

    pub(super) fn get(&self, at: usize) -> Option<(u64, &T)> {
        self.values.get(at).map(|value| (self.number(at), value))
    }

    /// Where the first atom at or after `number` is, or would be.
    pub(super) fn lower_bound(&self, number: u64) -> usize {
        match &self.numbers {
            None => usize::try_from(number.saturating_sub(self.first))
                .map_or(self.len(), |at| at.min(self.len())),
            Some(numbers) => numbers.partition_point(|own| *own < number),
        }
    }

    /// Where the atoms from `first` to `last` are.
    pub(super) fn range(&self, first: u64, last: u64) -> Range<usize> {
        let end = last.checked_add(1).map_or(self.len(), |next| self.lower_bound(next));
        self.lower_bound(first).min(end)..end
    }

    /// Adds an atom to a chunk that has room for it, in place of one of the same
    /// number.
    pub(super) fn insert(&mut self, number: u64, value: T) -> Option<T> {
        let at = self.lower_bound(number);
        if self.get(at).is_some_and(|(own, _)| own == number) {
            return Some(mem::replace(&mut self.values[at], value));
        }
        let follows = at == self.len() && self.last().checked_add(1) == Some(number);
        let precedes = at == 0 && number.checked_add(1) == Some(self.first);
        if self.numbers.is_some() || !(follows || precedes) {
            self.numbers_mut().insert(at, number);
        }
        self.values.insert(at, value);
        self.first = self.first.min(number);
        None
    }

    /// Removes the atoms at `range` and hands them over.
    pub(super) fn take(&mut self, range: Range<usize>, mut taken: impl FnMut(u64, T)) {
        if range.is_empty() {
            return;
        }
        let (front, end) = (range.start == 0, range.end);
        if !front && end < self.len() {
            self.numbers_mut();
        }
        let first = self.first;
        let mut numbers = self.numbers.as_mut().map(|numbers| numbers.drain(range.clone()));
        for (at, value) in range.clone().zip(self.values.drain(range)) {
            let number = numbers.as_mut().and_then(Iterator::next);
            taken(number.unwrap_or_else(|| first.saturating_add(at as u64)), value);
        }
        drop(numbers);
        self.first = match &self.numbers {
            Some(numbers) => numbers.first().copied().unwrap_or(first),
            None if front => first.saturating_add(end as u64),
            None => first,
        };
    }

    /// Splits a chunk in two halves, and returns the second.
    pub(super) fn split(&mut self) -> Self {
        let middle = self.len() / 2;
        let first = self.number(middle);
        let values = self.values.split_off(middle);
        let numbers = self.numbers.as_mut().map(|numbers| numbers.split_off(middle));
        Self { first, numbers, values }
    }

    /// Adds the atoms of a chunk that comes after this one.
    pub(super) fn append(&mut self, next: Self) {
        let dense = self.numbers.is_none()
            && next.numbers.is_none()
            && self.last().checked_add(1) == Some(next.first);
        if !dense {
            let len = next.len();
            self.numbers_mut().extend((0..len).map(|at| next.number(at)));
        }
        self.values.extend(next.values);
    }

    /// Gives back room that is not needed.
    pub(super) fn shrink(&mut self) {
        let len = self.len();
        if self.values.capacity() > 2 * len {
            self.values.shrink_to(len + len / 4);
            if let Some(numbers) = &mut self.numbers {
                numbers.shrink_to(len + len / 4);
            }
        }
        // Gaps that are gone need no numbers.
        if self.numbers.is_some() && self.last() - self.first == len as u64 - 1 {
            self.numbers = None;
        }
    }

    fn numbers_mut(&mut self) -> &mut Vec<u64> {
        let (first, len) = (self.first, self.values.len() as u64);
        self.numbers.get_or_insert_with(|| (0..len).map(|at| first.saturating_add(at)).collect())
    }

    /// The runs of consecutive numbers, `(first, last)`.
    pub(super) fn runs(&self, mut each: impl FnMut(u64, u64)) {
        match &self.numbers {
            None => each(self.first, self.last()),
            Some(numbers) => {
                for run in numbers.chunk_by(|a, b| b - a == 1) {
                    each(run[0], run[run.len() - 1]);
                }
            }
        }
    }
}

impl<T: Clone> Chunk<T> {
    /// A copy of the atoms at `range`, of which there is at least one.
    pub(super) fn copy(&self, range: Range<usize>) -> Self {
        Self {
            first: self.number(range.start),
            numbers: self.numbers.as_ref().map(|numbers| numbers[range.clone()].to_vec()),
            values: self.values[range].to_vec(),
        }
    }
}
