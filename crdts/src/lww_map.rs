//! A map whose entries are written as a whole.
//!
//! *A key is written here and removed there at the same time, or written twice.
//! What stands?* Each key has a [`LwwRegister`]: a write replaces all that it has
//! seen, and of writes that have not seen each other the later timestamp is read.
//! A removal takes away what it has seen, so a write at the same time stays,
//! whatever the clocks say.
//!
//! A concurrent history:
//!
//! ```text
//! both: {x: "a"}
//! r1: removes x            ⟵ merge ⟶  {x: "b"}
//! r2: writes "b" to x      ⟵ merge ⟶  {x: "b"}
//! ```
//!
//! **Cost**, for n keys and c concurrent writes of a key (1 for most): `get` and
//! writing O(c) on average; reading in order of keys as in
//! [`or_map`](crate::or_map), the first time O(n log n), then O(n) and for a range
//! O(log n) to begin; merging a delta of k atoms O(k log n). A removed key leaves
//! nothing behind.
//!
//! **Anomalies.** Those of `LwwRegister`: among concurrent writes a clock that is
//! ahead wins.
//!
//! References: those of [`or_map`](crate::or_map) and
//! [`lww_register`](crate::lww_register).
//!
//! ```
//! use gossiper_core::{Replica, ReplicaConfig, ReplicaId};
//! use gossiper_crdts::LwwMap;
//!
//! let config = ReplicaConfig::default();
//! let mut users = Replica::<LwwMap<u32, String>>::new(ReplicaId::new(1), config);
//! users.transact(|users| {
//!     users.set(7, "ada".into());
//!     users.set(9, "kurt".into());
//!     assert!(users.remove(&9));
//!     Ok(())
//! })?;
//! assert_eq!(users.state().get(&7).map(String::as_str), Some("ada"));
//! assert_eq!(users.state().len(), 1);
//! # Ok::<(), gossiper_core::TransactError>(())
//! ```

use core::borrow::Borrow;
use core::fmt;
use core::hash::Hash;
use core::ops::RangeBounds;

use gossiper_core::causal::Recording;
use gossiper_core::lattice::Schema;

use crate::leaf::store;
use crate::lww_register::LwwRegister;
use crate::or_map::{OrMap, OrMapRecorder};

/// A map whose entries are written as a whole: of concurrent writes of a key the
/// later one is read.
///
/// [The module](self) tells how. It is changed in a transaction, by an
/// [`LwwMapRecorder`].
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
pub struct LwwMap<K, V> {
    map: OrMap<K, LwwRegister<V>>,
}

impl<K, V> LwwMap<K, V> {
    /// The empty map.
    #[must_use]
    pub const fn new() -> Self {
        Self { map: OrMap::new() }
    }

    /// How many keys there are. O(1).
    #[must_use]
    pub fn len(&self) -> usize {
        self.map.len()
    }

    /// Whether there is none. O(1).
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.map.is_empty()
    }
}

impl<K: Ord + Hash, V> LwwMap<K, V> {
    /// The value at `key`. O(c) on average.
    #[must_use]
    pub fn get<Q>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
        Q: Ord + Hash + ?Sized,
    {
        self.map.get(key)?.get()
    }

    /// Whether `key` is there. O(1) on average.
    #[must_use]
    pub fn contains_key<Q>(&self, key: &Q) -> bool
    where
        K: Borrow<Q>,
        Q: Ord + Hash + ?Sized,
    {
        self.map.contains_key(key)
    }
}

impl<K: Ord + Clone, V> LwwMap<K, V> {
    /// The keys and their values, in order of keys.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (&K, &V)> {
        self.map.iter().filter_map(|(key, register)| Some((key, register.get()?)))
    }

    /// As [`iter`](Self::iter), for the keys within `range`. O(log n) to begin.
    ///
    /// # Panics
    ///
    /// As [`BTreeMap::range`](alloc::collections::BTreeMap::range): when the
    /// range starts after its end, or starts and ends at one bound that it
    /// excludes.
    pub fn range<Q, R>(&self, range: R) -> impl DoubleEndedIterator<Item = (&K, &V)>
    where
        K: Borrow<Q>,
        Q: Ord + ?Sized,
        R: RangeBounds<Q>,
    {
        self.map.range(range).filter_map(|(key, register)| Some((key, register.get()?)))
    }
}

store! {
    impl[K: Ord + Hash + Clone + 'static, V: Clone + 'static] LwwMap<K, V>;
    map: OrMap<K, LwwRegister<V>>;
    recorder = LwwMapRecorder[, K, V];
    schema = Schema::named("gossiper.LwwMap")
        .with(Schema::of_type::<K>())
        .with(Schema::of_type::<V>());
}

/// Changes an [`LwwMap`] in a transaction.
pub struct LwwMapRecorder<'a, K: Ord + Hash + Clone + 'static, V: Clone + 'static>(
    Recording<'a, LwwMap<K, V>>,
);

impl<K: Ord + Hash + Clone + 'static, V: Clone + 'static> LwwMapRecorder<'_, K, V> {
    /// Writes `value` to `key`, in place of all that is seen there.
    /// O(c) on average.
    pub fn set(&mut self, key: K, value: V) {
        self.map().entry(key).set(value);
    }

    /// Removes `key` as it was seen here; says whether it was there.
    /// O(c) on average.
    pub fn remove<Q>(&mut self, key: &Q) -> bool
    where
        K: Borrow<Q>,
        Q: Ord + Hash + ?Sized,
    {
        self.map().remove(key)
    }

    /// Removes all keys that were seen here. O(n).
    pub fn clear(&mut self) {
        self.map().clear();
    }

    /// Whether `key` is there, as this transaction has left it. O(c) on average.
    pub fn contains_key<Q>(&mut self, key: &Q) -> bool
    where
        K: Borrow<Q>,
        Q: Ord + Hash + ?Sized,
    {
        self.map().contains_key(key)
    }

    /// The value at `key`, as this transaction has left it; a copy.
    /// O(c) on average.
    pub fn get(&mut self, key: &K) -> Option<V> {
        self.map().entry(key.clone()).get().cloned()
    }

    fn map(&mut self) -> OrMapRecorder<'_, K, LwwRegister<V>> {
        self.0.part(|base| Some(&base.map), |pending| pending).into()
    }
}

/// The same keys with the same values.
impl<K: Ord + Hash, V: PartialEq> PartialEq for LwwMap<K, V> {
    fn eq(&self, other: &Self) -> bool {
        self.map == other.map
    }
}

impl<K: Ord + Hash, V: Eq> Eq for LwwMap<K, V> {}

// By hand: deriving would ask for defaults of `K` and `V`.
impl<K, V> Default for LwwMap<K, V> {
    fn default() -> Self {
        Self::new()
    }
}

/// Reads as `{"x": "a"}`.
impl<K: Ord + Clone + fmt::Debug, V: fmt::Debug> fmt::Debug for LwwMap<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}
