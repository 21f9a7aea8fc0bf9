//! Which state type is this: the word that keeps peers of different types apart.

use core::fmt;

/// A 64-bit fingerprint of a state type, carried by every frame.
///
/// It is FNV-1a over a name, so it is the same on every platform. It keeps
/// honest peers from misreading each other and is no protection against
/// hostile ones.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(transparent))]
pub struct Schema(u64);

const FNV_OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
const FNV_PRIME: u64 = 0x0000_0100_0000_01b3;

impl Schema {
    /// The fingerprint of a name, such as `"shop v1"`.
    #[must_use]
    pub const fn named(name: &str) -> Self {
        Self(FNV_OFFSET).with_bytes(name.as_bytes())
    }

    /// The fingerprint of a type's path.
    ///
    /// It changes when the type is moved or renamed, and may change when the
    /// compiler prints paths differently.
    #[must_use]
    pub fn of_type<T: ?Sized>() -> Self {
        Self::named(core::any::type_name::<T>())
    }

    /// This fingerprint with another one as its argument: `Set` of `String`
    /// differs from `Set` of `u64`, and `(A, B)` from `(B, A)`.
    #[must_use]
    pub const fn with(self, argument: Self) -> Self {
        self.with_bytes(&argument.0.to_le_bytes())
    }

    /// A fingerprint read from a frame.
    #[must_use]
    pub const fn from_u64(word: u64) -> Self {
        Self(word)
    }

    /// The fingerprint as a word.
    #[must_use]
    pub const fn as_u64(self) -> u64 {
        self.0
    }

    const fn with_bytes(self, bytes: &[u8]) -> Self {
        let mut hash = self.0;
        let mut i = 0;
        while i < bytes.len() {
            hash = (hash ^ bytes[i] as u64).wrapping_mul(FNV_PRIME);
            i += 1;
        }
        Self(hash)
    }
}

impl fmt::Display for Schema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl fmt::Debug for Schema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Schema({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schemas_follow_the_published_hash_and_the_order_of_arguments() {
        // FNV-1a test vectors of Fowler, Noll and Vo.
        assert_eq!(Schema::named("").as_u64(), 0xcbf2_9ce4_8422_2325);
        assert_eq!(Schema::named("a").as_u64(), 0xaf63_dc4c_8601_ec8c);
        let (pair, a, b) = (Schema::named("pair"), Schema::named("a"), Schema::named("b"));
        assert_ne!(pair.with(a).with(b), pair.with(b).with(a));
    }
}
