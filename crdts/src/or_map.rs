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
//! **Cost**, for n keys and a delta of k atoms: `get` O(1) on average, and so
//! an update and a removal of a value of few atoms; merging O(k) for the keys and
//! O(k log n) in the index by dot, removals included. The order of keys is made
//! when a map is first read in it, O(n log n), and kept from there on: O(log n)
//! more for each key that comes or goes, O(n) to iterate, O(log n) to begin a
//! range. It has every key once more: where they are long, share them
//! (`OrMap<Arc<str>, _>`). A removed key leaves nothing behind.
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
mod iter;
mod large;
mod slab;

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::borrow::Borrow;
use core::hash::Hash;
use core::ops::RangeBounds;
use core::{fmt, mem};

pub use entries::Entries;
use gossiper_core::causal::{Atoms, Causal, Changes, Dotted, Recording, Store, Wanted};
use gossiper_core::lattice::{CausalContext, Dot, FingerprintKey, Resolve, Run, Schema};
pub use iter::Iter;
use large::Large;

/// A map of causal values, from which keys are removed as they were seen.
///
/// [The module](self) tells how. It is changed in a transaction, by an
/// [`OrMapRecorder`].
#[derive(Clone)]
pub struct OrMap<K, V> {
    layout: Layout<K, V>,
}

/// No value is bottom.
#[derive(Clone)]
enum Layout<K, V> {
    /// In order of keys, at most [`FEW`]: there may be millions of such maps.
    Few(Vec<(K, V)>),
    Many(Box<Large<K, V>>),
}

/// So many keys at most are one list.
const FEW: usize = 16;

/// The dots of a fragment of more keys than this are sorted before they are
/// indexed; those of fewer cost less in whatever order they come.
const MANY: usize = 512;

impl<K, V> OrMap<K, V> {
    /// The empty map.
    #[must_use]
    pub const fn new() -> Self {
        Self { layout: Layout::Few(Vec::new()) }
    }

    /// How many keys there are. O(1).
    #[must_use]
    pub fn len(&self) -> usize {
        match &self.layout {
            Layout::Few(entries) => entries.len(),
            Layout::Many(large) => large.len(),
        }
    }

    /// Whether there is none. O(1).
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl<K: Ord + Clone, V> OrMap<K, V> {
    /// The keys and their values, in order of keys. The first time O(n log n).
    #[must_use]
    pub fn iter(&self) -> Iter<'_, K, V> {
        match &self.layout {
            Layout::Few(entries) => Iter::few(entries),
            Layout::Many(large) => Iter::many(large),
        }
    }

    /// The keys in order. The first time O(n log n).
    pub fn keys(&self) -> impl ExactSizeIterator<Item = &K> + DoubleEndedIterator {
        self.iter().map(|(key, _)| key)
    }

    /// The keys within `range` and their values, in order. O(log n) to begin; the
    /// first time O(n log n).
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
        let (few, many) = match &self.layout {
            Layout::Few(entries) => (Some(Iter::few(iter::within(entries, &range))), None),
            Layout::Many(large) => (None, Some(large.range(range))),
        };
        few.into_iter().flatten().chain(many.into_iter().flatten())
    }
}

impl<K: Ord + Hash, V> OrMap<K, V> {
    /// The value at `key`. O(1) on average.
    #[must_use]
    pub fn get<Q>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
        Q: Ord + Hash + ?Sized,
    {
        match &self.layout {
            Layout::Few(entries) => find(entries, key).ok().map(|at| &entries[at].1),
            Layout::Many(large) => large.get(key),
        }
    }

    /// Whether `key` is there. O(1) on average.
    #[must_use]
    pub fn contains_key<Q>(&self, key: &Q) -> bool
    where
        K: Borrow<Q>,
        Q: Ord + Hash + ?Sized,
    {
        self.get(key).is_some()
    }
}

impl<K: Ord + Hash + Clone + 'static, V: Dotted> OrMap<K, V> {
    /// As [`Atoms::absorb`], of the value at one key; [`Large::absorb`] tells what
    /// `born` is.
    #[inline]
    fn absorb_at(
        &mut self,
        key: K,
        part: V::Fragment,
        known: &CausalContext,
        changes: &mut Changes,
        born: Option<&mut Vec<(Dot, u32)>>,
    ) {
        match &mut self.layout {
            Layout::Many(large) => large.absorb(key, part, known, changes, born),
            Layout::Few(entries) => match find(entries, &key) {
                Ok(at) => entries[at].1.absorb(part, known, changes),
                Err(at) => {
                    let mut value = V::default();
                    value.absorb(part, known, changes);
                    if !value.is_bottom() {
                        entries.reserve_exact(1);
                        entries.insert(at, (key, value));
                        self.settle();
                    }
                }
            },
        }
    }

    /// Makes it large where that begins to pay, and small at half of that, so
    /// that it does not go to and fro.
    fn settle(&mut self) {
        match &mut self.layout {
            Layout::Few(entries) if entries.len() > FEW => {
                self.layout = Layout::Many(Box::new(Large::of(mem::take(entries))));
            }
            Layout::Many(large) if large.len() <= FEW / 2 => {
                let mut entries = large.take();
                entries.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
                self.layout = Layout::Few(entries);
            }
            Layout::Many(large) if large.is_sparse() => **large = Large::of(large.take()),
            _ => {}
        }
    }
}

/// Where `key` is among entries in order, or would be.
fn find<K: Borrow<Q>, V, Q: Ord + ?Sized>(entries: &[(K, V)], key: &Q) -> Result<usize, usize> {
    entries.binary_search_by(|(own, _)| own.borrow().cmp(key))
}

fn dots(value: &impl Atoms) -> CausalContext {
    if let Some(dot) = value.only() {
        return Run::from(dot).into();
    }
    let mut runs = Vec::with_capacity(1);
    value.live(&mut runs);
    runs.into()
}

#[diagnostic::do_not_recommend]
impl<K: Ord + Hash + Clone + 'static, V: Dotted> Atoms for OrMap<K, V> {
    type Fragment = Entries<K, V::Fragment>;

    fn is_bottom(&self) -> bool {
        self.is_empty()
    }

    fn live(&self, runs: &mut Vec<Run>) {
        match &self.layout {
            Layout::Few(entries) => entries.iter().for_each(|(_, value)| value.live(runs)),
            Layout::Many(large) => large.live(runs),
        }
    }

    fn retire(&mut self, doomed: &CausalContext, changes: &mut Changes) {
        match &mut self.layout {
            Layout::Few(entries) => {
                let before = entries.len();
                entries.retain_mut(|(_, value)| {
                    value.retire(doomed, changes);
                    !value.is_bottom()
                });
                if entries.len() < before {
                    entries.shrink_to_fit();
                }
            }
            Layout::Many(large) => {
                large.retire(doomed, changes);
                self.settle();
            }
        }
    }

    fn absorb(&mut self, fragment: Self::Fragment, known: &CausalContext, changes: &mut Changes) {
        let fragment = match fragment.into_only() {
            Ok((key, part)) => return self.absorb_at(key, part, known, changes, None),
            Err(entries) if entries.is_empty() => return,
            Err(entries) => entries,
        };
        let len = fragment.len();
        if let Layout::Few(entries) = &mut self.layout
            && len > FEW
        {
            // At once, so that all dots can be noted together.
            self.layout = Layout::Many(Box::new(Large::of(mem::take(entries))));
        }
        // In a whole state nearly all is known, and need not be looked up.
        let whole = 2 * len > self.len();
        let mut runs = whole.then(Vec::new);
        let mut born = (len > MANY).then(Vec::new);
        fragment.for_each(|key, part| {
            if let Some(runs) = &mut runs {
                runs.clear();
                part.live(runs);
                if runs.iter().all(|run| known.contains_run(*run)) {
                    return;
                }
            }
            self.absorb_at(key, part, known, changes, born.as_mut());
        });
        if let (Layout::Many(large), Some(born)) = (&mut self.layout, born) {
            large.note(born);
        }
        if len > FEW {
            self.settle();
        }
    }

    fn pick(&self, wanted: Wanted<'_>) -> Self::Fragment {
        match &self.layout {
            Layout::Many(large) => large.pick(wanted),
            Layout::Few(entries) => {
                let picked = entries.iter().map(|(key, value)| (key.clone(), value.pick(wanted)));
                picked.filter(|(_, value)| !value.is_bottom()).collect()
            }
        }
    }
}

#[diagnostic::do_not_recommend]
impl<K: Ord + Hash + Clone + 'static, V: Dotted> Store for OrMap<K, V> {
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
impl<K: Ord + Hash + Clone + 'static, V: Dotted> Dotted for OrMap<K, V> {}

#[diagnostic::do_not_recommend]
impl<K: Ord + Hash + Clone + 'static, V: Dotted> Resolve for OrMap<K, V> {
    type State = Causal<Self>;
}

/// Changes an [`OrMap`] in a transaction.
pub struct OrMapRecorder<'a, K: Ord + Hash + Clone + 'static, V: Dotted>(
    Recording<'a, OrMap<K, V>>,
);

impl<'a, K: Ord + Hash + Clone + 'static, V: Dotted> From<Recording<'a, OrMap<K, V>>>
    for OrMapRecorder<'a, K, V>
{
    fn from(recording: Recording<'a, OrMap<K, V>>) -> Self {
        Self(recording)
    }
}

impl<K: Ord + Hash + Clone + 'static, V: Dotted> OrMapRecorder<'_, K, V> {
    /// The recorder of the value at `key`, which need not be there: it is as soon
    /// as the value holds something. O(1) on average.
    pub fn entry(&mut self, key: K) -> V::Recorder<'_> {
        let value = self.0.base().and_then(|base| base.get(&key));
        self.0.part(|_| value, |pending| pending.at(key)).into()
    }

    /// Removes `key` and what was seen of its value here; says whether it was
    /// there. O(1) on average, and the dots of the value.
    pub fn remove<Q>(&mut self, key: &Q) -> bool
    where
        K: Borrow<Q>,
        Q: Ord + Hash + ?Sized,
    {
        let mut was_there = false;
        if let Some(value) = self.0.base().and_then(|base| base.get(key)) {
            let dots = dots(value);
            was_there = !self.0.are_retired(&dots);
            self.0.retire_all(&dots);
        }
        let pending = self.0.pending_mut().remove(key);
        was_there | pending.is_some_and(|value| !value.is_bottom())
    }

    /// Removes all keys that were seen here. O(n).
    pub fn clear(&mut self) {
        if let Some(base) = self.0.base() {
            self.0.retire_all(&dots(base));
        }
        *self.0.pending_mut() = Entries::default();
    }

    /// Whether `key` is there. O(1) on average, and the dots of the value.
    #[must_use]
    pub fn contains_key<Q>(&self, key: &Q) -> bool
    where
        K: Borrow<Q>,
        Q: Ord + Hash + ?Sized,
    {
        let base = self.0.base().and_then(|base| base.get(key));
        base.is_some_and(|value| !self.0.are_retired(&dots(value)))
            || self.0.pending().get(key).is_some_and(|value| !value.is_bottom())
    }
}

// By hand: deriving would ask for defaults of `K` and `V`.
impl<K, V> Default for OrMap<K, V> {
    fn default() -> Self {
        Self::new()
    }
}

/// The same keys with the same values.
impl<K: Ord + Hash, V: PartialEq> PartialEq for OrMap<K, V> {
    fn eq(&self, other: &Self) -> bool {
        let same = |(key, value): &(K, V)| other.get(key) == Some(value);
        self.len() == other.len()
            && match &self.layout {
                Layout::Few(entries) => entries.iter().all(same),
                Layout::Many(large) => large.entries().all(same),
            }
    }
}

impl<K: Ord + Hash, V: Eq> Eq for OrMap<K, V> {}

impl<'a, K: Ord + Clone, V> IntoIterator for &'a OrMap<K, V> {
    type Item = (&'a K, &'a V);
    type IntoIter = Iter<'a, K, V>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// Reads as `{"apple": PnCounter(12)}`.
impl<K: Ord + Clone + fmt::Debug, V: fmt::Debug> fmt::Debug for OrMap<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self).finish()
    }
}

#[cfg(feature = "serde")]
mod wire {
    use alloc::collections::BTreeMap;

    use gossiper_core::lattice::canonical;
    use serde::de::{Deserialize, Deserializer, Error};
    use serde::ser::{Serialize, Serializer};

    use super::*;

    impl<K: Serialize + Ord + Clone, V: Serialize> Serialize for OrMap<K, V> {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.collect_map(self)
        }
    }

    /// Refuses a key without a value, and a dot that stands at two places.
    impl<'de, K, V> Deserialize<'de> for OrMap<K, V>
    where
        K: Deserialize<'de> + Ord + Hash + Clone + 'static,
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
            if CausalContext::from(runs).len() != atoms {
                return Err(D::Error::custom("a dot stands at two places"));
            }
            let mut map = Self { layout: Layout::Few(entries.into_iter().collect()) };
            map.settle();
            Ok(map)
        }
    }
}
