//! A word over atoms without dots.

use core::fmt;
use core::hash::{Hash, Hasher};

use super::FingerprintKey;

/// A sum of the hashes of a state's atoms, kept up to date from the moment that
/// it is asked for: what a large type without dots holds beside its atoms.
///
/// It is no part of the value: two of them are always equal, and nothing of it
/// is stored.
#[derive(Clone, Copy, Default)]
pub struct Upkeep {
    kept: Option<(FingerprintKey, u128)>,
}

impl Upkeep {
    /// Nothing is kept yet.
    #[must_use]
    pub const fn new() -> Self {
        Self { kept: None }
    }

    /// Whether nothing is kept under `key` yet.
    #[must_use]
    pub fn lacks(&self, key: &FingerprintKey) -> bool {
        self.kept.is_none_or(|(own, _)| own != *key)
    }

    /// Whether a sum is kept.
    #[must_use]
    pub const fn is_kept(&self) -> bool {
        self.kept.is_some()
    }

    /// Keeps the sum from now on, which is `sum` at present.
    pub const fn begin(&mut self, key: FingerprintKey, sum: u128) {
        self.kept = Some((key, sum));
    }

    /// The sum, if it is kept under `key`. O(1).
    #[must_use]
    pub fn sum(&self, key: &FingerprintKey) -> Option<u128> {
        self.kept.filter(|(own, _)| own == key).map(|(_, sum)| sum)
    }

    /// An atom came. One call of `hash`, or none if nothing is kept; nothing is
    /// kept any more if the atom has none.
    pub fn add(&mut self, hash: impl FnOnce(&FingerprintKey) -> Option<u128>) {
        self.kept = self.kept.and_then(|(key, sum)| Some((key, sum.wrapping_add(hash(&key)?))));
    }

    /// An atom went; as [`add`](Self::add).
    pub fn remove(&mut self, hash: impl FnOnce(&FingerprintKey) -> Option<u128>) {
        self.kept = self.kept.and_then(|(key, sum)| Some((key, sum.wrapping_sub(hash(&key)?))));
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
