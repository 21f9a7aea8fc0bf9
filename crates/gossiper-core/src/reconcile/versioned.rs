//! Values that change under the same keys.

use alloc::vec::Vec;

use super::{Difference, ReconcileKey};

/// How many low bits of a word are the version.
const VERSION_BITS: u32 = 24;

impl ReconcileKey {
    /// The word of a value that grows under a key: 40 bits of hash of the key,
    /// and the low 24 bits of the value's version. O(bytes).
    ///
    /// *Both sides have a counter under the same key, and one of them is ahead. Two
    /// hashes differ, and say no more; so both send theirs, and one did for
    /// nothing. Who is ahead?* The words say it: see [`Difference::newest`]. A
    /// version is anything that grows with the value and is another for another
    /// value, such as a count, or a writer's sequence number under a key that
    /// names the writer.
    #[must_use]
    pub fn versioned_word(&self, key: &[u8], version: u64) -> u64 {
        let of_version = (1 << VERSION_BITS) - 1;
        self.word(key) & !of_version | version & of_version
    }
}

impl Difference {
    /// Of [versioned words](ReconcileKey::versioned_word), those of which the other
    /// side has no newer one: what has to move, and nothing else. O(d log d).
    ///
    /// Versions of 24 bits are compared on a circle: a value is newer if it is
    /// ahead by less than 2²³. If it is ahead by more, or two keys have one hash,
    /// which happens to one of 2⁴¹/d² differences, something that should move does
    /// not, and fingerprints still differ afterwards; then exchange all.
    ///
    /// ```
    /// use gossiper_core::reconcile::{Difference, ReconcileKey};
    ///
    /// let key = ReconcileKey::new([7; 16]);
    /// let word = |name: &str, count| key.versioned_word(name.as_bytes(), count);
    /// let mut ours = vec![word("apples", 5), word("pears", 9)];
    /// let mut theirs = vec![word("apples", 7), word("pears", 8), word("plums", 1)];
    /// ours.sort_unstable();
    /// theirs.sort_unstable();
    /// let newest = Difference { ours, theirs }.newest();
    /// assert_eq!(newest.ours, [word("pears", 9)]);
    /// assert_eq!(newest.theirs.len(), 2);
    /// ```
    #[must_use]
    pub fn newest(self) -> Self {
        let older = |words: &[u64], others: &[u64]| -> Vec<u64> {
            let newest = |word: &&u64| !others_ahead(**word, others);
            words.iter().filter(newest).copied().collect()
        };
        Self { ours: older(&self.ours, &self.theirs), theirs: older(&self.theirs, &self.ours) }
    }
}

/// Whether one of `others`, which are in ascending order, is a newer version of
/// what `word` is one of.
fn others_ahead(word: u64, others: &[u64]) -> bool {
    let key = word >> VERSION_BITS;
    let first = others.partition_point(|other| other >> VERSION_BITS < key);
    let same = others[first..].iter().take_while(|other| **other >> VERSION_BITS == key);
    // Shifted to the top, the distance on the circle has a sign.
    let shift = u64::BITS - VERSION_BITS;
    same.into_iter().any(|other| (other.wrapping_sub(word) << shift) as i64 > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_go_round() {
        let key = ReconcileKey::new([7; 16]);
        let word = |version| key.versioned_word(b"key", version);
        for version in [0, 1, (1 << 23) - 1, 1 << 23, (1 << 24) - 1, u64::MAX - 5] {
            let (old, new) = (word(version), word(version + 5));
            assert!(others_ahead(old, &[new]));
            assert!(!others_ahead(new, &[old]));
            assert!(!others_ahead(old, &[old]));
        }
        assert!(!others_ahead(word(1), &[key.versioned_word(b"other key", 2)]));
    }
}
