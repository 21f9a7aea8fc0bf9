//! A map of causal values, from which keys are removed as they were seen.
//!
//! *A key is removed here while its value is changed there. Who wins?* The
//! removal takes away what it has seen of the value, and the change, which it has
//! not seen, stays: an update wins over a concurrent removal, and what is left is
//! exactly the update. This works for any causal value, to any depth: a map of
//! maps of sets is one set of dots, and a removal claims the dots below its key.
//!
//! A concurrent history, with sets as values:
//!
//! ```text
//! both: {k: {x}}
//! r1: removes k           → claims the dot of x    ⟵ merge ⟶  {k: {y}}
//! r2: adds y to the set   → {k: {x, y}}            ⟵ merge ⟶  {k: {y}}
//! ```
//!
//! A key is there as long as its value holds anything: a set without elements or
//! a flag that is off is the same as no entry.
//!
//! **Cost**, for n keys and a delta of k atoms: `get` and an update O(log n);
//! merging O(k log n), removals included, for the map keeps the key of every dot;
//! iteration O(n) in order of keys. A removed key leaves nothing behind. Keys are
//! stored once more for each dot below them: where they are long, share them
//! (`OrMap<Arc<str>, _>`).
//!
//! **Anomalies.** A removal at the same time as a reset of the same value takes
//! away the same things once.
//!
//! References: Almeida, Shoker and Baquero, *Delta state replicated data types*,
//! JPDC 2018, section 7.5 (ORMap); what went wrong with nested resets elsewhere:
//! riak_dt#93 and #98, rust-crdt#159, akka-core#27428.
//!
//! ```
//! use gossiper_core::{Replica, ReplicaConfig, ReplicaId};
//! use gossiper_crdts::{OrMap, PnCounter};
//!
//! let config = ReplicaConfig::default();
//! let mut stock = Replica::<OrMap<String, PnCounter>>::new(ReplicaId::new(1), config);
//! stock.transact(|stock| {
//!     stock.entry("apple".into()).add(12)?;
//!     stock.entry("pear".into()).add(3)?;
//!     stock.remove("pear");
//!     Ok(())
//! })?;
//! assert_eq!(stock.state().get("apple").map(PnCounter::value), Some(12));
//! assert!(!stock.state().contains_key("pear"));
//! # Ok::<(), gossiper_core::TransactError>(())
//! ```

mod entries;

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::collections::btree_map::Entry;
use alloc::vec::Vec;
use core::borrow::Borrow;
use core::fmt;
use core::ops::RangeBounds;

pub use entries::Entries;
use gossiper_core::causal::{Atoms, Causal, Changes, DotMap, Dotted, Recording, Store, Wanted};
use gossiper_core::lattice::{CausalContext, FingerprintKey, Resolve, Run, Schema};

/// A map of causal values, from which keys are removed as they were seen.
///
/// [The module](self) tells how. It is changed in a transaction, by an
/// [`OrMapRecorder`].
#[derive(Clone)]
pub struct OrMap<K, V> {
    /// No value is bottom.
    entries: BTreeMap<K, V>,
    /// The key that each live dot is below. Small maps do without.
    keys: Option<Box<DotMap<K>>>,
}

/// Maps of more than this many keys know the key of every dot.
const INDEXED: usize = 16;

impl<K, V> OrMap<K, V> {
    /// The empty map.
    #[must_use]
    pub const fn new() -> Self {
        Self { entries: BTreeMap::new(), keys: None }
    }

    /// How many keys there are. O(1).
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is none. O(1).
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The keys and their values, in order of keys.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&K, &V)> + DoubleEndedIterator {
        self.entries.iter()
    }

    /// The keys in order.
    pub fn keys(&self) -> impl ExactSizeIterator<Item = &K> + DoubleEndedIterator {
        self.entries.keys()
    }
}

impl<K: Ord, V> OrMap<K, V> {
    /// The value at `key`. O(log n).
    #[must_use]
    pub fn get<Q>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
        Q: Ord + ?Sized,
    {
        self.entries.get(key)
    }

    /// Whether `key` is there. O(log n).
    #[must_use]
    pub fn contains_key<Q>(&self, key: &Q) -> bool
    where
        K: Borrow<Q>,
        Q: Ord + ?Sized,
    {
        self.entries.contains_key(key)
    }

    /// The keys within `range` and their values, in order. O(log n) to begin.
    ///
    /// # Panics
    ///
    /// As [`BTreeMap::range`]: when the range starts after its end, or starts
    /// and ends at one bound that it excludes.
    pub fn range<Q, R>(&self, range: R) -> impl DoubleEndedIterator<Item = (&K, &V)>
    where
        K: Borrow<Q>,
        Q: Ord + ?Sized,
        R: RangeBounds<Q>,
    {
        self.entries.range(range)
    }
}

impl<K: Ord + Clone + 'static, V: Dotted> OrMap<K, V> {
    /// Indexes the keys by dot where it begins to pay, and stops where it no
    /// longer does: at half of that, so that it does not come and go.
    fn settle(&mut self) {
        if self.keys.is_none() && self.entries.len() > INDEXED {
            let mut keys = DotMap::new();
            for (key, value) in &self.entries {
                for dot in dots(value).dots() {
                    keys.insert(dot, key.clone());
                }
            }
            self.keys = Some(Box::new(keys));
        } else if self.entries.len() <= INDEXED / 2 {
            self.keys = None;
        }
    }
}

fn dots(value: &impl Atoms) -> CausalContext {
    let mut runs = Vec::new();
    value.live(&mut runs);
    runs.into_iter().collect()
}

#[diagnostic::do_not_recommend]
impl<K: Ord + Clone + 'static, V: Dotted> Atoms for OrMap<K, V> {
    type Fragment = Entries<K, V::Fragment>;

    fn is_bottom(&self) -> bool {
        self.is_empty()
    }

    fn live(&self, runs: &mut Vec<Run>) {
        match &self.keys {
            Some(keys) => keys.live(runs),
            None => self.entries.values().for_each(|value| value.live(runs)),
        }
    }

    fn retire(&mut self, doomed: &CausalContext, changes: &mut Changes) {
        match &mut self.keys {
            None => self.entries.retain(|_, value| {
                value.retire(doomed, changes);
                !value.is_bottom()
            }),
            Some(keys) => {
                let mut touched = Vec::new();
                keys.take(doomed, |_, key| touched.push(key));
                touched.sort_unstable();
                touched.dedup();
                for key in touched {
                    if let Entry::Occupied(mut entry) = self.entries.entry(key) {
                        entry.get_mut().retire(doomed, changes);
                        if entry.get().is_bottom() {
                            entry.remove();
                        }
                    }
                }
            }
        }
        self.settle();
    }

    fn absorb(&mut self, fragment: Self::Fragment, known: &CausalContext, changes: &mut Changes) {
        let mut runs = Vec::new();
        for (key, part) in fragment.0 {
            // In a whole state nearly all is known, and need not be looked up.
            runs.clear();
            part.live(&mut runs);
            if runs.iter().all(|run| known.contains_run(*run)) {
                continue;
            }
            let before = changes.born().len();
            match self.entries.entry(key.clone()) {
                Entry::Occupied(mut entry) => entry.get_mut().absorb(part, known, changes),
                Entry::Vacant(place) => {
                    let mut value = V::default();
                    value.absorb(part, known, changes);
                    if !value.is_bottom() {
                        place.insert(value);
                    }
                }
            }
            if let Some(keys) = &mut self.keys {
                for dot in &changes.born()[before..] {
                    keys.insert(*dot, key.clone());
                }
            }
        }
        self.settle();
    }

    fn pick(&self, wanted: Wanted<'_>) -> Self::Fragment {
        let Some(keys) = &self.keys else {
            let picked = self.entries.iter().map(|(key, value)| (key.clone(), value.pick(wanted)));
            return Entries(picked.filter(|(_, value)| !value.is_bottom()).collect());
        };
        let mut touched: Vec<K> = keys.pick(wanted).values().cloned().collect();
        touched.sort_unstable();
        touched.dedup();
        let picked = touched.into_iter().filter_map(|key| {
            let part = self.entries.get(&key)?.pick(wanted);
            Some((key, part))
        });
        Entries(picked.collect())
    }
}

#[diagnostic::do_not_recommend]
impl<K: Ord + Clone + 'static, V: Dotted> Store for OrMap<K, V> {
    type Digest = ();
    type Recorder<'a> = OrMapRecorder<'a, K, V>;

    fn digest(&self) {}

    fn lacking(&self, (): &(), _: &mut Self::Fragment) {}

    fn fingerprint(&self, _: &FingerprintKey) -> Option<u128> {
        Some(0)
    }

    fn maintain_fingerprint(&mut self, _: &FingerprintKey) {}

    fn schema() -> Schema {
        Schema::named("gossiper.OrMap").with(Schema::of_type::<K>()).with(V::schema())
    }
}

#[diagnostic::do_not_recommend]
impl<K: Ord + Clone + 'static, V: Dotted> Dotted for OrMap<K, V> {}

#[diagnostic::do_not_recommend]
impl<K: Ord + Clone + 'static, V: Dotted> Resolve for OrMap<K, V> {
    type State = Causal<Self>;
}

/// Changes an [`OrMap`] in a transaction.
pub struct OrMapRecorder<'a, K: Ord + Clone + 'static, V: Dotted>(Recording<'a, OrMap<K, V>>);

impl<'a, K: Ord + Clone + 'static, V: Dotted> From<Recording<'a, OrMap<K, V>>>
    for OrMapRecorder<'a, K, V>
{
    fn from(recording: Recording<'a, OrMap<K, V>>) -> Self {
        Self(recording)
    }
}

impl<K: Ord + Clone + 'static, V: Dotted> OrMapRecorder<'_, K, V> {
    /// The recorder of the value at `key`, which need not be there: it is as soon
    /// as the value holds something. O(log n).
    pub fn entry(&mut self, key: K) -> V::Recorder<'_> {
        let value = self.0.base().and_then(|base| base.entries.get(&key));
        self.0.part(|_| value, |pending| pending.0.entry(key).or_default()).into()
    }

    /// Removes `key` and what was seen of its value here; says whether it was
    /// there. O(log n), and the dots of the value.
    pub fn remove<Q>(&mut self, key: &Q) -> bool
    where
        K: Borrow<Q>,
        Q: Ord + ?Sized,
    {
        let mut was_there = false;
        if let Some(value) = self.0.base().and_then(|base| base.entries.get(key)) {
            let dots = dots(value);
            was_there = !self.0.are_retired(&dots);
            self.0.retire_all(&dots);
        }
        let pending = self.0.pending_mut().0.remove(key);
        was_there | pending.is_some_and(|value| !value.is_bottom())
    }

    /// Removes all keys that were seen here. O(n).
    pub fn clear(&mut self) {
        if let Some(base) = self.0.base() {
            self.0.retire_all(&dots(base));
        }
        self.0.pending_mut().0.clear();
    }

    /// Whether `key` is there. O(log n), and the dots of the value.
    #[must_use]
    pub fn contains_key<Q>(&self, key: &Q) -> bool
    where
        K: Borrow<Q>,
        Q: Ord + ?Sized,
    {
        let base = self.0.base().and_then(|base| base.entries.get(key));
        base.is_some_and(|value| !self.0.are_retired(&dots(value)))
            || self.0.pending().0.get(key).is_some_and(|value| !value.is_bottom())
    }
}

// By hand: deriving would ask for defaults of `K` and `V`.
impl<K, V> Default for OrMap<K, V> {
    fn default() -> Self {
        Self::new()
    }
}

/// The same keys with the same values.
impl<K: PartialEq, V: PartialEq> PartialEq for OrMap<K, V> {
    fn eq(&self, other: &Self) -> bool {
        self.entries == other.entries
    }
}

impl<K: Eq, V: Eq> Eq for OrMap<K, V> {}

impl<'a, K, V> IntoIterator for &'a OrMap<K, V> {
    type Item = (&'a K, &'a V);
    type IntoIter = alloc::collections::btree_map::Iter<'a, K, V>;

    fn into_iter(self) -> Self::IntoIter {
        self.entries.iter()
    }
}

/// Reads as `{"apple": PnCounter(12)}`.
impl<K: fmt::Debug, V: fmt::Debug> fmt::Debug for OrMap<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(&self.entries).finish()
    }
}

#[cfg(feature = "serde")]
mod wire {
    use gossiper_core::lattice::canonical;
    use serde::de::{Deserialize, Deserializer, Error};
    use serde::ser::{Serialize, Serializer};

    use super::*;

    impl<K: Serialize, V: Serialize> Serialize for OrMap<K, V> {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.collect_map(&self.entries)
        }
    }

    /// Refuses a key without a value, and a dot that stands at two places.
    impl<'de, K, V> Deserialize<'de> for OrMap<K, V>
    where
        K: Deserialize<'de> + Ord + Clone + 'static,
        V: Deserialize<'de> + Dotted,
    {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            let entries: BTreeMap<K, V> = canonical::ordered_map(deserializer)?;
            if entries.values().any(Atoms::is_bottom) {
                return Err(D::Error::custom("a key without a value"));
            }
            let mut runs = Vec::new();
            entries.values().for_each(|value| value.live(&mut runs));
            let lengths = runs.iter().map(|run| run.last() - run.first() + 1);
            let atoms = lengths.fold(0, u64::saturating_add);
            if runs.into_iter().collect::<CausalContext>().len() != atoms {
                return Err(D::Error::custom("a dot stands at two places"));
            }
            let mut map = Self { entries, keys: None };
            map.settle();
            Ok(map)
        }
    }
}
