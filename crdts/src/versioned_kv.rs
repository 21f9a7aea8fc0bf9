//! A map whose entries have versions.
//!
//! *A key is put here and deleted there at the same time. Who wins? And of two
//! puts?* A delete takes away the puts that it has seen, and a put that it has
//! not seen lives, whatever the versions. Versions decide among puts that have
//! not seen each other: the higher version is read, and of equal ones the put of
//! the higher writer. A put's version is 1 above the highest that it has seen and
//! replaces, so the replica that changed an entry more often wins.
//!
//! A concurrent history:
//!
//! ```text
//! both: k = "v" @1 by r1
//! r1: deletes k       → claims r1#1                ⟵ merge ⟶  k = "w" @2 by r2
//! r2: puts "w"        → "w" @2 by r2#1 for r1#1    ⟵ merge ⟶  k = "w" @2 by r2
//! ```
//!
//! **Cost**, for n keys and c concurrent puts of a key (1 for most): `get`,
//! `entry`, `put`, `put_if` and `delete` O(c) on average; reading in order of keys
//! as in [`or_map`](crate::or_map), the first time O(n log n), then O(n) and for a
//! range O(log n) to begin; merging a delta of k atoms O(k log n). A deleted key
//! leaves nothing behind.
//!
//! **Anomalies.**
//! * Of concurrent puts one is read and the others lie hidden until a put or a
//!   delete sees them. A delete that has seen only the one that is read leaves
//!   the other to be read.
//! * A condition is on what *this* replica has seen. Two replicas may both put
//!   on the same condition; both puts stand, and one is read. Who must not have
//!   that needs consensus.
//! * Versions begin at 1 again after a delete, and the version that is read can
//!   fall where a concurrent put outlives a delete. A condition names the put
//!   itself, so it never holds for another one of the same version.
//!
//! References: Almeida, Shoker and Baquero, *Delta state replicated data types*,
//! JPDC 2018, section 7 (dots, map, multi-value register); Preguiça, Baquero,
//! Almeida, Fonte and Gonçalves, *Dotted version vectors*, PODC 2012 (versions of
//! concurrent puts).
//!
//! ```
//! use gossiper_core::{Replica, ReplicaConfig, ReplicaId};
//! use gossiper_crdts::VersionedKv;
//!
//! let config = ReplicaConfig::default();
//! let mut settings = Replica::<VersionedKv<String, u16>>::new(ReplicaId::new(1), config);
//! settings.transact(|settings| {
//!     settings.put("port".into(), 8080);
//!     settings.put("port".into(), 8081);
//!     Ok(())
//! })?;
//! assert_eq!(settings.state().get("port"), Some(&8081));
//! # Ok::<(), gossiper_core::TransactError>(())
//! ```

mod register;

use core::borrow::Borrow;
use core::fmt;
use core::hash::Hash;
use core::ops::RangeBounds;

use gossiper_core::causal::Recording;
use gossiper_core::lattice::{Dot, ReplicaId, Schema};
pub use register::{VersionedRegister, VersionedRegisterRecorder};
use thiserror::Error;

use crate::leaf::store;
use crate::or_map::{OrMap, OrMapRecorder};

/// A map whose entries have versions: a put beats a concurrent delete, and of
/// concurrent puts the highest version wins, then the highest writer.
///
/// [The module](self) tells how. It is changed in a transaction, by a
/// [`VersionedKvRecorder`].
#[derive(Clone)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(
        transparent,
        bound(
            serialize = "K: serde::Serialize + Ord + Clone, V: serde::Serialize",
            deserialize = "K: serde::Deserialize<'de> + Ord + Hash + Clone + 'static, \
                             V: serde::Deserialize<'de> + Clone + 'static"
        )
    )
)]
pub struct VersionedKv<K, V> {
    map: OrMap<K, VersionedRegister<V>>,
}

impl<K, V> VersionedKv<K, V> {
    /// The empty map.
    #[must_use]
    pub const fn new() -> Self {
        Self { map: OrMap::new() }
    }

    /// How many keys have a value. O(1).
    #[must_use]
    pub fn len(&self) -> usize {
        self.map.len()
    }

    /// Whether no key has a value. O(1).
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.map.is_empty()
    }
}

impl<K: Ord + Hash, V> VersionedKv<K, V> {
    /// The value at `key`. O(c) on average.
    #[must_use]
    pub fn get<Q>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
        Q: Ord + Hash + ?Sized,
    {
        self.entry(key).map(|entry| entry.value)
    }

    /// The value at `key` with its version and the dot of its put.
    /// O(c) on average.
    #[must_use]
    pub fn entry<Q>(&self, key: &Q) -> Option<Versioned<'_, V>>
    where
        K: Borrow<Q>,
        Q: Ord + Hash + ?Sized,
    {
        self.map.get(key)?.entry()
    }

    /// Whether `key` has a value. O(1) on average.
    #[must_use]
    pub fn contains_key<Q>(&self, key: &Q) -> bool
    where
        K: Borrow<Q>,
        Q: Ord + Hash + ?Sized,
    {
        self.map.contains_key(key)
    }
}

impl<K: Ord + Clone, V> VersionedKv<K, V> {
    /// The keys in ascending order, with what they read as.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (&K, Versioned<'_, V>)> {
        self.map.iter().filter_map(|(key, value)| Some((key, value.entry()?)))
    }

    /// As [`iter`](Self::iter), for the keys within `range`. O(log n) to begin.
    ///
    /// # Panics
    ///
    /// As [`BTreeMap::range`](alloc::collections::BTreeMap::range): when the
    /// range starts after its end, or starts and ends at one bound that it
    /// excludes.
    pub fn range<Q, R>(&self, range: R) -> impl DoubleEndedIterator<Item = (&K, Versioned<'_, V>)>
    where
        K: Borrow<Q>,
        Q: Ord + ?Sized,
        R: RangeBounds<Q>,
    {
        self.map.range(range).filter_map(|(key, value)| Some((key, value.entry()?)))
    }
}

store! {
    impl[K: Ord + Hash + Clone + 'static, V: Clone + 'static] VersionedKv<K, V>;
    map: OrMap<K, VersionedRegister<V>>;
    recorder = VersionedKvRecorder[, K, V];
    schema = Schema::named("gossiper.VersionedKv")
        .with(Schema::of_type::<K>())
        .with(Schema::of_type::<V>());
}

/// Changes a [`VersionedKv`] in a transaction.
pub struct VersionedKvRecorder<'a, K: Ord + Hash + Clone + 'static, V: Clone + 'static>(
    Recording<'a, VersionedKv<K, V>>,
);

impl<K: Ord + Hash + Clone + 'static, V: Clone + 'static> VersionedKvRecorder<'_, K, V> {
    /// Puts `value` at `key`, in place of all that is seen there. O(c) on average.
    pub fn put(&mut self, key: K, value: V) {
        self.map().entry(key).put(value);
    }

    /// As [`put`](Self::put), on the condition that `key` reads as `expected`
    /// here.
    ///
    /// A condition on what this replica has seen, not on what others are doing
    /// at the same time. O(c) on average.
    ///
    /// # Errors
    ///
    /// [`Mismatch`] with what was found; nothing is recorded.
    pub fn put_if(&mut self, key: K, value: V, expected: Expected) -> Result<(), Mismatch> {
        let found = Expected::from(self.entry(&key));
        if found == expected {
            self.put(key, value);
            Ok(())
        } else {
            Err(Mismatch { expected, found })
        }
    }

    /// Deletes all that is seen at `key`; says whether it had a value.
    ///
    /// Puts that are not seen here yet are not deleted. O(c) on average.
    pub fn delete<Q>(&mut self, key: &Q) -> bool
    where
        K: Borrow<Q>,
        Q: Ord + Hash + ?Sized,
    {
        self.map().remove(key)
    }

    /// Deletes all keys that are seen. O(n).
    pub fn clear(&mut self) {
        self.map().clear();
    }

    /// The value at `key`, as this transaction has left it. O(c) on average.
    #[must_use]
    pub fn get<Q>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
        Q: Ord + Hash + ?Sized,
    {
        self.entry(key).map(|entry| entry.value)
    }

    /// The entry at `key`, as this transaction has left it. O(c) on average.
    #[must_use]
    pub fn entry<Q>(&self, key: &Q) -> Option<Versioned<'_, V>>
    where
        K: Borrow<Q>,
        Q: Ord + Hash + ?Sized,
    {
        let base = self.0.base().and_then(|base| base.map.get(key));
        let base = base.into_iter().flat_map(VersionedRegister::puts);
        let pending = self.0.pending().get(key).into_iter().flat_map(register::puts);
        base.filter(|put| !self.0.is_retired(put.dot)).chain(pending).max_by_key(Versioned::rank)
    }

    fn map(&mut self) -> OrMapRecorder<'_, K, VersionedRegister<V>> {
        self.0.part(|base| Some(&base.map), |pending| pending).into()
    }
}

/// The same keys with the same values.
impl<K: Ord + Hash, V: PartialEq> PartialEq for VersionedKv<K, V> {
    fn eq(&self, other: &Self) -> bool {
        self.map == other.map
    }
}

impl<K: Ord + Hash, V: Eq> Eq for VersionedKv<K, V> {}

// By hand: deriving would ask for defaults of `K` and `V`.
impl<K, V> Default for VersionedKv<K, V> {
    fn default() -> Self {
        Self::new()
    }
}

/// Reads as `{"k": "v" @2 by r1}`; concurrent values that are hidden stand
/// behind the one that is read.
impl<K: Ord + Clone + fmt::Debug, V: fmt::Debug> fmt::Debug for VersionedKv<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.map.fmt(f)
    }
}

/// What a key reads as: a value, its version and the put that it comes from.
pub struct Versioned<'a, V> {
    /// Which change of the key this is, counted along what its writer had seen,
    /// from 1.
    pub version: u64,
    /// The put, and who put it.
    pub dot: Dot,
    /// The value.
    pub value: &'a V,
}

impl<V> Versioned<'_, V> {
    /// Who put the value.
    #[must_use]
    pub const fn writer(&self) -> ReplicaId {
        self.dot.replica()
    }

    /// Of concurrent puts the one of the highest rank is read.
    fn rank(&self) -> (u64, Dot) {
        (self.version, self.dot)
    }
}

// By hand: deriving would ask for `V: Clone` and `V: Copy`.
impl<V> Clone for Versioned<'_, V> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<V> Copy for Versioned<'_, V> {}

impl<V: PartialEq> PartialEq for Versioned<'_, V> {
    fn eq(&self, other: &Self) -> bool {
        (self.rank(), self.value) == (other.rank(), other.value)
    }
}

/// Reads as `"v" @2 by r1`.
impl<V: fmt::Debug> fmt::Debug for Versioned<'_, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} @{} by {}", self.value, self.version, self.writer())
    }
}

/// What a conditional put expects to find: `Expected::from(map.entry(key))`, as
/// it was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Expected {
    /// No value.
    Absent,
    /// The value of one put.
    Put {
        /// Its version.
        version: u64,
        /// The put.
        dot: Dot,
    },
}

impl<V> From<Option<Versioned<'_, V>>> for Expected {
    fn from(entry: Option<Versioned<'_, V>>) -> Self {
        entry.map_or(Self::Absent, |entry| Self::Put { version: entry.version, dot: entry.dot })
    }
}

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Absent => f.write_str("no value"),
            Self::Put { version, dot } => write!(f, "version {version} by {dot}"),
        }
    }
}

/// Why a conditional put did not happen: read the entry again and decide anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("expected {expected}, found {found}")]
#[non_exhaustive]
pub struct Mismatch {
    /// What was expected.
    pub expected: Expected,
    /// What the key reads as.
    pub found: Expected,
}
