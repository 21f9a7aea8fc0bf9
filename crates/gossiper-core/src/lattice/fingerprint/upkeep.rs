//! A word over atoms without dots.

use alloc::boxed::Box;
use core::fmt;
use core::hash::{Hash, Hasher};

use super::FingerprintKey;
use crate::reconcile::Sketch;

/// A sum of the hashes of a state's atoms, kept up to date from the moment that
/// it is asked for: what a large type without dots holds beside its atoms.
///
/// It is no part of the value: two of them are always equal, and nothing of it
/// is stored.
#[derive(Clone, Default)]
pub struct Upkeep {
    kept: Option<(FingerprintKey, u128)>,
    /// Of the low halves of the same hashes, if it was asked for as well.
    sketch: Option<Box<Sketch>>,
}

impl Upkeep {
    /// Nothing is kept yet.
    #[must_use]
    pub const fn new() -> Self {
        Self { kept: None, sketch: None }
    }

    /// Whether nothing is kept under `key` yet.
    #[must_use]
    pub fn lacks(&self, key: &FingerprintKey) -> bool {
        self.kept.is_none_or(|(own, _)| own != *key)
    }

    /// The key under which a sum is kept.
    #[must_use]
    pub fn key(&self) -> Option<FingerprintKey> {
        self.kept.map(|(key, _)| key)
    }

    /// Whether a sum is kept.
    #[must_use]
    pub const fn is_kept(&self) -> bool {
        self.kept.is_some()
    }

    /// Keeps the sum from now on, which is `sum` at present.
    pub fn begin(&mut self, key: FingerprintKey, sum: u128) {
        *self = Self { kept: Some((key, sum)), sketch: None };
    }

    /// Whether no sketch is kept that suits `count` atoms: none, or one of a quarter of
    /// the cells that are advised, or less, from when there were few.
    #[must_use]
    pub fn lacks_sketch(&self, count: usize) -> bool {
        let wanted = Sketch::cells_for(count);
        self.sketch.as_ref().is_none_or(|sketch| sketch.cells() <= wanted / 4)
    }

    /// Keeps a sketch of the hashes as well, which are `hashes` at present, if
    /// [one is lacking](Self::lacks_sketch) and the sum is kept.
    #[expect(clippy::cast_possible_truncation, reason = "half of a hash is a word")]
    pub fn begin_sketch(&mut self, count: usize, hashes: impl Iterator<Item = u128>) {
        if let Some((key, _)) = &self.kept
            && self.lacks_sketch(count)
        {
            let words = hashes.map(|hash| hash as u64);
            let sketch = Sketch::of(key.reconcile(), Sketch::cells_for(count), words);
            self.sketch = Some(Box::new(sketch));
        }
    }

    /// The sketch, if it is kept.
    #[must_use]
    pub fn sketch(&self) -> Option<&Sketch> {
        self.sketch.as_deref()
    }

    /// The sum, if it is kept under `key`. O(1).
    #[must_use]
    pub fn sum(&self, key: &FingerprintKey) -> Option<u128> {
        self.kept.filter(|(own, _)| own == key).map(|(_, sum)| sum)
    }

    /// An atom came. One call of `hash`, or none if nothing is kept; nothing is
    /// kept any more if the atom has none.
    #[expect(clippy::cast_possible_truncation, reason = "half of a hash is a word")]
    pub fn add(&mut self, hash: impl FnOnce(&FingerprintKey) -> Option<u128>) {
        let Some((key, sum)) = &mut self.kept else { return };
        match hash(key) {
            Some(hash) => {
                *sum = sum.wrapping_add(hash);
                self.sketch.iter_mut().for_each(|sketch| sketch.insert(hash as u64));
            }
            None => *self = Self::new(),
        }
    }

    /// An atom went; as [`add`](Self::add).
    #[expect(clippy::cast_possible_truncation, reason = "half of a hash is a word")]
    pub fn remove(&mut self, hash: impl FnOnce(&FingerprintKey) -> Option<u128>) {
        let Some((key, sum)) = &mut self.kept else { return };
        match hash(key) {
            Some(hash) => {
                *sum = sum.wrapping_sub(hash);
                self.sketch.iter_mut().for_each(|sketch| sketch.remove(hash as u64));
            }
            None => *self = Self::new(),
        }
    }
}

impl PartialEq for Upkeep {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Upkeep {}

impl Hash for Upkeep {
    fn hash<H: Hasher>(&self, _: &mut H) {}
}

impl fmt::Debug for Upkeep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Upkeep")
    }
}
