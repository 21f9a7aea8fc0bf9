//! The cluster's secret, and what is hashed with it.

use core::fmt;

use siphasher::sip::SipHasher13;

/// Hashes with a secret that all replicas of a cluster share.
///
/// Whoever does not know the secret cannot choose elements whose words collide,
/// or that fall into the same cells of a [`Sketch`](super::Sketch), which would
/// keep it from being decoded. `SipHash-1-3` (Aumasson and Bernstein, *SipHash:
/// a fast short-input PRF*, INDOCRYPT 2012, in the shorter form that its authors
/// name for hash tables), which gives the same words on every platform.
///
/// ```
/// use gossiper_core::reconcile::ReconcileKey;
///
/// let key = ReconcileKey::new([7; 16]);
/// assert_eq!(key.word(b"apples"), key.word(b"apples"));
/// assert_ne!(key.word(b"apples"), ReconcileKey::new([8; 16]).word(b"apples"));
/// assert!(key.short_word(b"apples").trailing_zeros() >= 16);
/// ```
#[derive(Clone, Copy)]
pub struct ReconcileKey {
    words: SipHasher13,
    /// Under a key of its own, so that an element whose canonical bytes are
    /// those of a word has no mark that anybody has seen.
    marks: SipHasher13,
}

/// Tells the key of marks from that of words.
const OF_MARKS: u64 = 0x6d61_726b_5f6b_6579;

impl ReconcileKey {
    /// The key with this secret.
    #[must_use]
    pub fn new(secret: [u8; 16]) -> Self {
        let halves = u128::from_le_bytes(secret);
        let (low, high) = (halves as u64, (halves >> 64) as u64);
        Self {
            words: SipHasher13::new_with_keys(low, high),
            marks: SipHasher13::new_with_keys(low ^ OF_MARKS, high),
        }
    }

    /// The word that stands for an atom with these canonical bytes. O(bytes).
    ///
    /// Of a million atoms two share a word with probability 2⁻²⁵.
    #[must_use]
    pub fn word(&self, atom: &[u8]) -> u64 {
        self.words.hash(atom)
    }

    /// The same in the high 48 bits, which saves two bytes a symbol.
    ///
    /// For sets of up to some hundred thousand atoms. Two atoms with one word
    /// are no harm unless *both* differ: a side that looks up a word sends all
    /// that have it. With d differences that is a chance of d² · 2⁻⁴⁹, and it
    /// shows as a fingerprint that still differs.
    #[must_use]
    pub fn short_word(&self, atom: &[u8]) -> u64 {
        self.word(atom) & !0xffff
    }

    /// What decides into which cells `word` goes, and its check.
    pub(super) fn mark(&self, word: u64) -> u64 {
        self.marks.hash(&word.to_le_bytes())
    }
}

/// Does not show the secret.
impl fmt::Debug for ReconcileKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ReconcileKey")
    }
}
