//! A register that shows all concurrent writes.
//!
//! *Two replicas write at once: which value stands?* Both. A write replaces all
//! that it has seen, so what is read is what no write has replaced: one value
//! mostly, several after concurrent writes, until the next write settles it.
//!
//! A concurrent history:
//!
//! ```text
//! both: {"a"}
//! r1: writes "b"  ⟵ merge ⟶  {"b", "c"}   then r1 writes "d" → {"d"}
//! r2: writes "c"  ⟵ merge ⟶  {"b", "c"}
//! ```
//!
//! **Cost**, for c concurrent values: reading and writing O(c), whatever the
//! number of writers that ever wrote.
//!
//! **Anomalies.** Equal values written at once are two values.
//!
//! References: DeCandia et al., *Dynamo*, SOSP 2007, section 4.4; Almeida,
//! Shoker and Baquero, *Delta state replicated data types*, JPDC 2018, section
//! 7.4 (multi-value register).
//!
//! ```
//! use gossiper_core::{Replica, ReplicaConfig, ReplicaId};
//! use gossiper_crdts::MvRegister;
//!
//! let config = ReplicaConfig::default();
//! let mut title = Replica::<MvRegister<String>>::new(ReplicaId::new(1), config);
//! title.transact(|title| {
//!     title.write("draft".into());
//!     Ok(())
//! })?;
//! assert!(title.state().values().eq(["draft"]));
//! # Ok::<(), gossiper_core::TransactError>(())
//! ```

use core::fmt;

use gossiper_core::causal::{DotMap, Recording};
use gossiper_core::lattice::Schema;

use crate::leaf::leaf;

/// A register that shows all concurrent writes.
///
/// [The module](self) tells how. It is changed in a transaction, by an
/// [`MvRegisterRecorder`].
#[derive(Clone, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(transparent))]
pub struct MvRegister<T> {
    atoms: DotMap<T>,
}

impl<T> MvRegister<T> {
    /// The values that no write has replaced, in order of their dots: none
    /// before the first write, several after concurrent ones.
    pub fn values(&self) -> impl Iterator<Item = &T> {
        self.atoms.values()
    }
}

leaf! {
    impl[T: Clone + 'static] MvRegister<T>;
    atom = T;
    recorder = MvRegisterRecorder[, T];
    schema = Schema::named("gossiper.MvRegister").with(Schema::of_type::<T>());
}

/// Changes an [`MvRegister`] in a transaction.
pub struct MvRegisterRecorder<'a, T: Clone + 'static>(Recording<'a, MvRegister<T>>);

impl<T: Clone + 'static> MvRegisterRecorder<'_, T> {
    /// Writes `value` in the place of all that is seen here.
    pub fn write(&mut self, value: T) {
        self.0.clear();
        self.0.add(value);
    }

    /// Takes away all values that are seen here; a concurrent write stays.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// The values that no write has replaced.
    pub fn values(&self) -> impl Iterator<Item = &T> {
        self.0.atoms().map(|(_, value)| value)
    }
}

// By hand: deriving would ask for `T: Default`.
impl<T> Default for MvRegister<T> {
    fn default() -> Self {
        Self { atoms: DotMap::new() }
    }
}

/// Reads as `{"b", "c"}`.
impl<T: fmt::Debug> fmt::Debug for MvRegister<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.values()).finish()
    }
}
