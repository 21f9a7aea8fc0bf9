//! One value with a version: what stands at a key.

use core::fmt;
use core::num::NonZeroU64;

use gossiper_core::causal::{DotMap, Recording};
use gossiper_core::lattice::Schema;

use super::Versioned;
use crate::leaf::leaf;

/// A register whose writes have versions: of concurrent ones the highest version
/// is read, and of equal ones the write of the highest replica.
///
/// [The module above](super) tells how. It is changed in a transaction, by a
/// [`VersionedRegisterRecorder`].
#[derive(Clone, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(transparent))]
pub struct VersionedRegister<V> {
    atoms: DotMap<(NonZeroU64, V)>,
}

impl<V> VersionedRegister<V> {
    /// The value, with its version and the dot of its write. O(c).
    #[must_use]
    pub fn entry(&self) -> Option<Versioned<'_, V>> {
        self.puts().max_by_key(Versioned::rank)
    }

    /// The value. O(c).
    #[must_use]
    pub fn get(&self) -> Option<&V> {
        self.entry().map(|entry| entry.value)
    }

    /// All concurrent writes, in order of dots.
    pub fn puts(&self) -> impl Iterator<Item = Versioned<'_, V>> {
        puts(&self.atoms)
    }
}

/// The writes in a register or a fragment of one.
pub(super) fn puts<V>(atoms: &DotMap<(NonZeroU64, V)>) -> impl Iterator<Item = Versioned<'_, V>> {
    atoms.iter().map(|(dot, (version, value))| Versioned { version: version.get(), dot, value })
}

leaf! {
    impl[V: Clone + 'static] VersionedRegister<V>;
    atom = (NonZeroU64, V);
    recorder = VersionedRegisterRecorder[, V];
    schema = Schema::named("gossiper.VersionedRegister").with(Schema::of_type::<V>());
}

/// Changes a [`VersionedRegister`] in a transaction.
pub struct VersionedRegisterRecorder<'a, V: Clone + 'static>(Recording<'a, VersionedRegister<V>>);

impl<V: Clone + 'static> VersionedRegisterRecorder<'_, V> {
    /// Writes `value` in place of all that is seen, with a version 1 above the
    /// highest of them. O(c).
    pub fn put(&mut self, value: V) {
        let seen = self.0.atoms().map(|(_, (version, _))| *version).max();
        // At the end of the range, which no honest replica reaches, concurrent
        // writes are told apart by their writers.
        let version = seen.map_or(NonZeroU64::MIN, |version| version.saturating_add(1));
        self.0.clear();
        self.0.add((version, value));
    }

    /// Takes away all that is seen; a concurrent write stays. O(c).
    pub fn clear(&mut self) {
        self.0.clear();
    }
}

// By hand: deriving would ask for `V: Default`.
impl<V> Default for VersionedRegister<V> {
    fn default() -> Self {
        Self { atoms: DotMap::new() }
    }
}

/// Reads as `"v" @2 by r1 | "u" @1 by r2`: what is read, then what it hides.
impl<V: fmt::Debug> fmt::Debug for VersionedRegister<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut puts: alloc::vec::Vec<_> = self.puts().collect();
        puts.sort_by_key(|put| core::cmp::Reverse(put.rank()));
        for (place, put) in puts.into_iter().enumerate() {
            if place > 0 {
                f.write_str(" | ")?;
            }
            put.fmt(f)?;
        }
        Ok(())
    }
}
