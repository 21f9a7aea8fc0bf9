//! Tables of small numbers: what has been seen gets a number, once.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasherDefault, Hash, Hasher};

/// Hashes a few numbers quickly, and the same in every run (after the hash of
/// Firefox and rustc). Tables compare what they hold, so an equal hash is never
/// taken for an equal key.
#[derive(Clone, Copy, Default)]
pub(super) struct Mix(u64);

impl Mix {
    fn add(&mut self, word: u64) {
        self.0 = (self.0.rotate_left(5) ^ word).wrapping_mul(0x517c_c1b7_2722_0a95);
    }

    fn of(words: &[u32]) -> u64 {
        let mut mix = Self::default();
        for word in words {
            mix.add(u64::from(*word));
        }
        mix.finish()
    }
}

impl Hasher for Mix {
    fn finish(&self) -> u64 {
        // The table uses the low bits, and products are good in the high ones.
        self.0 ^ self.0 >> 29
    }
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.add(u64::from(*byte));
        }
    }
    fn write_u8(&mut self, word: u8) {
        self.add(u64::from(word));
    }
    fn write_u16(&mut self, word: u16) {
        self.add(u64::from(word));
    }
    fn write_u32(&mut self, word: u32) {
        self.add(u64::from(word));
    }
    fn write_u64(&mut self, word: u64) {
        self.add(word);
    }
    fn write_u128(&mut self, word: u128) {
        self.add(word as u64);
        self.add((word >> 64) as u64);
    }
    fn write_usize(&mut self, word: usize) {
        self.add(word as u64);
    }
}

pub(super) type Map<K, V> = HashMap<K, V, BuildHasherDefault<Mix>>;
pub(super) type Set<K> = HashSet<K, BuildHasherDefault<Mix>>;

/// Numbers for different values, from 0 up.
pub(super) struct Numbered<T> {
    values: Vec<T>,
    numbers: Map<T, u32>,
}

impl<T> Default for Numbered<T> {
    fn default() -> Self {
        Self { values: Vec::new(), numbers: Map::default() }
    }
}

impl<T: Clone + Eq + Hash> Numbered<T> {
    /// The number of `value`, a new one if it has none.
    pub(super) fn number(&mut self, value: T) -> u32 {
        if let Some(number) = self.numbers.get(&value) {
            return *number;
        }
        let number = next(self.values.len());
        self.values.push(value.clone());
        self.numbers.insert(value, number);
        number
    }

    pub(super) fn get(&self, number: u32) -> &T {
        &self.values[number as usize]
    }

    pub(super) fn len(&self) -> usize {
        self.values.len()
    }
}

/// The number after `taken` others.
pub(super) fn next(taken: usize) -> u32 {
    u32::try_from(taken).expect("a scope has fewer than 2^32 of everything")
}

/// Rows of a fixed width, each once, in the order in which they came.
pub(super) struct Rows {
    width: usize,
    words: Vec<u32>,
    /// Row numbers by hash, with linear probing; a power of two, at most half
    /// full.
    slots: Vec<u32>,
}

const FREE: u32 = u32::MAX;

impl Rows {
    pub(super) fn new(width: usize) -> Self {
        Self { width, words: Vec::new(), slots: vec![FREE; 1 << 10] }
    }

    pub(super) fn len(&self) -> usize {
        self.words.len() / self.width
    }

    pub(super) fn row(&self, number: usize) -> &[u32] {
        &self.words[number * self.width..][..self.width]
    }

    pub(super) fn contains(&self, row: &[u32]) -> bool {
        self.slots[self.slot(row)] != FREE
    }

    /// Adds a row; false if it is there already.
    pub(super) fn insert(&mut self, row: &[u32]) -> bool {
        let slot = self.slot(row);
        if self.slots[slot] != FREE {
            return false;
        }
        self.slots[slot] = next(self.len());
        self.words.extend_from_slice(row);
        if self.len() * 2 > self.slots.len() {
            self.slots = vec![FREE; self.slots.len() * 2];
            for number in 0..self.len() {
                let slot = self.slot(self.row(number));
                self.slots[slot] = next(number);
            }
        }
        true
    }

    /// Where a row is, or would be.
    fn slot(&self, row: &[u32]) -> usize {
        let mask = self.slots.len() - 1;
        let mut slot = Mix::of(row) as usize & mask;
        loop {
            let number = self.slots[slot];
            if number == FREE || self.row(number as usize) == row {
                return slot;
            }
            slot = (slot + 1) & mask;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_kept_once() {
        let mut rows = Rows::new(2);
        for round in 0..2 {
            for a in 0..100 {
                for b in 0..100 {
                    assert_eq!(rows.insert(&[a, b]), round == 0);
                }
            }
        }
        assert_eq!((rows.len(), rows.row(205)), (10_000, [2, 5].as_slice()));
    }
}
