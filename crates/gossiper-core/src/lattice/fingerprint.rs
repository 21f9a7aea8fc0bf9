//! Two words that decide whether two states are equal.
//!
//! *Are we equal?* is the question that replicas ask each other most, and the
//! answer is mostly yes. A [`Fingerprint`] answers it in 32 bytes, whatever the
//! size of the state: one word over the atoms, one over the causal context.
//! Equal states have equal fingerprints, and unequal ones have different ones
//! but for a chance of 2⁻¹²⁸.
//!
//! A word is the sum of keyed hashes, one for each atom, so that it is kept up to
//! date by adding what came and subtracting what went, in whatever order
//! (Clarke et al., *Incremental multiset hash functions*, ASIACRYPT 2003). The
//! key is a secret of the cluster: who knows it can construct states that differ
//! and look equal.
//!
//! **Atoms with dots** are immutable and named by their dot, so their dots are
//! all that is hashed, and payloads of any type will do; [`DotWord`] tells how.
//! Two states in which one dot stands for different payloads therefore look
//! equal; a dot that is used twice breaks more than that, see
//! [`ReplicaId`](super::ReplicaId).
//!
//! **Atoms without dots** (elements of a grow-only set) are hashed by their
//! [`Hash`], fed to SipHash-1-3 with 128 bits (Aumasson and Bernstein, *SipHash*,
//! INDOCRYPT 2012). Numbers are hashed as little-endian bytes of fixed size, so
//! that fingerprints agree on all platforms; the exception is a slice of numbers
//! of several bytes each, which `std` hashes as it lies in memory. Where
//! fingerprints disagree although the states agree, replicas send each other
//! digests and find nothing: it costs traffic, and never data. The reverse is a
//! danger: `Hash` must tell apart what `Eq` tells apart, as the derived one does.

mod dots;
mod upkeep;

use core::fmt;
use core::hash::{Hash, Hasher};

pub use dots::DotWord;
use siphasher::sip128::{Hasher128 as _, SipHasher13};
pub use upkeep::Upkeep;

use super::Replicated;
use crate::reconcile::ReconcileKey;

/// Two words that decide whether two states are equal: 256 bits for a state of
/// any size.
///
/// ```
/// use gossiper_core::{FingerprintKey, Replicated};
/// use gossiper_crdts::GSet;
///
/// let key = FingerprintKey::new(*b"a cluster secret");
/// let (here, there) = (GSet::from_iter([1, 2]), GSet::from_iter([2, 1]));
/// assert_eq!(here.fingerprint(&key), there.fingerprint(&key));
/// assert_ne!(here.fingerprint(&key), GSet::from_iter([3]).fingerprint(&key));
/// ```
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Fingerprint {
    /// The word over the atoms: what the state holds.
    #[cfg_attr(feature = "serde", serde(with = "word"))]
    pub atoms: u128,
    /// The word over the causal context: what the state knows of. 0 for types
    /// without one.
    #[cfg_attr(feature = "serde", serde(with = "word"))]
    pub context: u128,
}

impl Fingerprint {
    /// That of a state without a causal context.
    #[must_use]
    pub const fn of_atoms(atoms: u128) -> Self {
        Self { atoms, context: 0 }
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}/{:032x}", self.atoms, self.context)
    }
}

/// The secret that fingerprints of one cluster are made with.
///
/// All replicas need the same one: with different keys equal states look
/// different, and replicas send each other digests for nothing. The default is
/// a key that everybody knows, which will do where all who write are trusted.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct FingerprintKey([u8; 16]);

impl FingerprintKey {
    /// A key of 128 bits, drawn once for a cluster.
    #[must_use]
    pub const fn new(key: [u8; 16]) -> Self {
        Self(key)
    }

    /// The keyed hash of a value, for a type that is written by hand; the same
    /// on all platforms but for slices of numbers. Cost: that of its `Hash`, and
    /// some 20 ns.
    #[must_use]
    pub fn hash(&self, value: &(impl Hash + ?Sized)) -> u128 {
        let mut hasher = Portable(SipHasher13::new_with_key(&self.0));
        value.hash(&mut hasher);
        hasher.0.finish128().into()
    }

    /// The fingerprint of a state that is one small value.
    #[must_use]
    pub fn fingerprint(&self, value: &(impl Hash + ?Sized)) -> Fingerprint {
        Fingerprint::of_atoms(self.hash(value))
    }

    /// What an entry adds to the word of a map: a hash of its key and of its
    /// value's fingerprint, if that has one.
    #[must_use]
    pub fn entry(&self, key: &(impl Hash + ?Sized), value: &impl Replicated) -> Option<u128> {
        Some(self.hash(&(key, value.fingerprint(self)?)))
    }

    /// The key of sketches: of the same secret, for words that are hashes by this
    /// key.
    #[must_use]
    pub fn reconcile(&self) -> ReconcileKey {
        ReconcileKey::new(self.0)
    }

    fn hash_bytes(&self, bytes: &[u8]) -> u128 {
        SipHasher13::new_with_key(&self.0).hash(bytes).into()
    }
}

/// Does not show the secret.
impl fmt::Debug for FingerprintKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FingerprintKey(..)")
    }
}

/// Hashes numbers by value and not as they lie in memory.
struct Portable(SipHasher13);

macro_rules! as_little_endian {
    ($($name:ident: $number:ty as $portable:ty),+ $(,)?) => {
        $(fn $name(&mut self, number: $number) {
            #[expect(clippy::allow_attributes, reason = "which casts are lossless depends on the line")]
            #[allow(clippy::cast_sign_loss, clippy::unnecessary_cast, reason = "all bits are kept")]
            self.0.write(&(number as $portable).to_le_bytes());
        })+
    };
}

impl Hasher for Portable {
    fn write(&mut self, bytes: &[u8]) {
        self.0.write(bytes);
    }

    fn finish(&self) -> u64 {
        self.0.finish()
    }

    as_little_endian! {
        write_u16: u16 as u16,
        write_u32: u32 as u32,
        write_u64: u64 as u64,
        write_u128: u128 as u128,
        write_usize: usize as u64,
        write_i16: i16 as i16,
        write_i32: i32 as i32,
        write_i64: i64 as i64,
        write_i128: i128 as i128,
        write_isize: isize as i64,
    }
}

/// A word as 16 bytes: as a number it would take one more.
#[cfg(feature = "serde")]
pub(crate) mod word {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(crate) fn serialize<S: Serializer>(word: &u128, to: S) -> Result<S::Ok, S::Error> {
        word.to_le_bytes().serialize(to)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<u128, D::Error> {
        <[u8; 16]>::deserialize(from).map(u128::from_le_bytes)
    }
}

#[cfg(test)]
mod tests {
    use alloc::format;
    use alloc::string::String;

    use super::*;

    #[test]
    fn hashes_depend_on_the_key_which_is_not_shown() {
        let key = FingerprintKey::new([1; 16]);
        assert_ne!(key.hash(&1_u64), FingerprintKey::default().hash(&1_u64));
        assert!(!format!("{key:?}").contains('1'), "the key is a secret");
    }

    /// Pinned, so that a change of compiler or platform that changes hashes is
    /// noticed.
    #[test]
    fn hashes_are_the_same_everywhere() {
        let key = FingerprintKey::new(*b"a cluster secret");
        let all = (1_u8, -2_i16, 3_usize, "four", Some('5'), String::from("six"), -7_i128);
        assert_eq!(key.hash(&all) as u64, 239_059_102_486_582_104);
    }
}
