//! A map whose entries have versions.
//!
//! *One replica has an entry and the other lacks it: was it never seen, or
//! deleted? And if it was deleted here while it was changed there, who wins?*
//! Versions alone cannot tell: a delete that takes part in the contest of
//! versions beats changes that it never saw. So every put is named by its
//! [`Dot`], and a delete kills exactly the puts that it has seen. A put that it
//! has not seen lives, whatever the versions.
//!
//! Each key has one *slot* for each writer that ever put it: the writer's last
//! put, live or dead. A put makes the writer's slot live with a version above
//! all that it has seen, and kills the other slots that it has seen; a delete
//! kills all of them. The join takes, writer by writer, the later put, and of
//! the same put, dead over live: that is a chain, so the join is the maximum
//! for any fragments, also for such as no honest replica makes. Several slots
//! of a key are live only after concurrent puts, and there the versions decide
//! what is read: the highest version, and of equal ones the highest writer.
//!
//! A concurrent history:
//!
//! ```text
//! both: k = "v" @1 by r1
//! r1: deletes k       → r1's put dead              ⟵ merge ⟶  k = "w" @2 by r2
//! r2: puts "w"        → r1's put dead, "w" live    ⟵ merge ⟶  k = "w" @2 by r2
//! ```
//!
//! **Marks.** A dead slot stays, as a mark of some 24 bytes for each key and
//! writer that ever put it (not for each put), whether the key is live or not.
//! The mark is what makes a late duplicate of a deleted put harmless. It keeps
//! the put's version, so that a put after a delete has a higher one: else the
//! pair of version and writer could name two different puts, and a condition on
//! the first would hold for the second.
//!
//! **Cost**, for `n` keys, `w` writers of a key (1 for most) and a delta of `k`
//! keys: the digest has the key and 20 bytes for each slot; a delta the slots
//! that are news. `get`, `entry`, `put`, `put_if` and `delete` O(log n + w),
//! `len` O(1), `iter` O(n w), `digest` O(n w), `delta` O(n + m) look-ups in
//! lists of `w` for a digest of `m` keys, merge O(k (log n + w log w)).
//!
//! **Anomalies.**
//! * Of concurrent puts one is read and the others lie hidden until a put or a
//!   delete sees them. A delete that has seen only the one that is read leaves
//!   the other to be read.
//! * A condition is on what *this* replica has seen. Two replicas may both put
//!   on the same condition; both puts stand, and one is read. Who must not
//!   have that needs consensus.
//! * The version that is read can fall: a replica that has put up to version
//!   11 and deletes, and then hears of a concurrent put of version 2, reads 2.
//!   Versions rise along each chain of cause and effect.
//! * An id that two writers use, or one that has lost its state, makes two puts
//!   with one dot. They still join alike everywhere (the greater version and
//!   value wins, hence `V: Ord`), but digests cannot see the difference, so
//!   replicas may differ until the next put.
//!
//! References: Almeida, Shoker and Baquero, *Delta state replicated data
//! types*, JPDC 2018, section 7 (dots, multi-value register; here with marks in
//! place of a causal context); Preguiça, Baquero, Almeida, Fonte and Gonçalves,
//! *Dotted version vectors*, PODC 2012 (versions of concurrent puts); Demers et
//! al., *Epidemic algorithms for replicated database maintenance*, PODC 1987,
//! section 2 (death certificates).
//!
//! ```
//! use gossiper_core::{Dot, ReplicaId, Replicated};
//! use gossiper_crdts::VersionedKv;
//!
//! // A replica's `ctx.next_dot()` gives these.
//! let dot = |replica, sequence| Dot::new(ReplicaId::new(replica), sequence).unwrap();
//!
//! let (mut here, mut there) = (VersionedKv::default(), VersionedKv::default());
//! let put = here.put(dot(1, 1), "k", "v")?;
//! here.merge(put.clone());
//! there.merge(put.clone());
//!
//! here.merge(here.delete("k"));
//! there.merge(there.put(dot(2, 1), "k", "w")?);
//!
//! here.merge(there.delta(&here.digest()).expect("the put is news here"));
//! here.merge(put); // Late and repeated: nothing comes back.
//! assert_eq!(format!("{:?}", here.entry("k")), r#"Some("w" @2 by r2)"#);
//! # Ok::<(), gossiper_crdts::PutError>(())
//! ```

mod by_writer;
mod slot;

use alloc::collections::BTreeMap;
use alloc::collections::btree_map::Entry;
use alloc::vec::Vec;
use core::borrow::Borrow;
use core::fmt;
use core::iter;
use core::num::NonZeroU64;
use core::ops::RangeBounds;

use by_writer::ByWriter;
use gossiper_core::lattice::{Delta, Dot, Join, MergeOutcome, ReplicaId, Replicated, Schema};
use slot::{Mark, Shown, Slot};
use thiserror::Error;

/// The slots of every key.
type Entries<K, V> = BTreeMap<K, ByWriter<Slot<V>>>;

/// A map whose entries have versions: a put beats a concurrent delete, and of
/// concurrent puts the highest version wins, then the highest writer.
///
/// [The module](self) tells how.
///
/// ```
/// use gossiper_core::{Dot, ReplicaId, Replicated};
/// use gossiper_crdts::{Expected, VersionedKv};
///
/// let dot = |sequence| Dot::new(ReplicaId::new(1), sequence).unwrap();
/// let mut map = VersionedKv::<String, String>::new();
/// map.merge(map.put(dot(1), "k".into(), "u".into())?);
///
/// let seen = Expected::from(map.entry("k"));
/// map.merge(map.put_if(dot(2), "k".into(), "v".into(), seen)?);
/// assert!(map.put_if(dot(3), "k".into(), "w".into(), seen).is_err());
/// assert_eq!(format!("{map:?}"), r#"{"k": "v" @2 by r1}"#);
///
/// map.merge(map.delete("k"));
/// assert!(map.is_empty());
/// # Ok::<(), gossiper_crdts::PutError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct VersionedKv<K, V> {
    entries: Entries<K, V>,
    /// How many keys have a live slot.
    live: usize,
}

impl<K, V> VersionedKv<K, V> {
    /// The empty map.
    #[must_use]
    pub const fn new() -> Self {
        Self { entries: BTreeMap::new(), live: 0 }
    }

    /// How many keys have a value. O(1).
    #[must_use]
    pub const fn len(&self) -> usize {
        self.live
    }

    /// Whether no key has a value. O(1).
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.live == 0
    }

    /// The keys that have a value, in ascending order, with what they read as.
    ///
    /// O(1) amortised for each key, deleted ones included, that one writer put;
    /// O(w) for one of `w` writers.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (&K, Versioned<'_, V>)> {
        self.entries.iter().filter_map(|(key, slots)| slots.winner().map(|entry| (key, entry)))
    }

    fn from_entries(entries: Entries<K, V>) -> Self {
        let live = entries.values().filter(|slots| slots.is_live()).count();
        Self { entries, live }
    }
}

impl<K: Ord, V> VersionedKv<K, V> {
    /// The delta that puts `value` at `key`, in place of all that is seen there.
    ///
    /// `dot` names the put: a fresh one of the writer, as `ctx.next_dot()` gives
    /// it. The put's version is 1 above every version seen at the key, those of
    /// deleted values included. Of two puts to one key in one update the one
    /// with the later dot stays. O(log n + w).
    ///
    /// # Errors
    ///
    /// [`PutError::StaleDot`] and [`PutError::VersionExhausted`].
    pub fn put(&self, dot: Dot, key: K, value: V) -> Result<Delta<Self>, PutError> {
        let slots = self.entries.get(&key);
        let last = slots.and_then(|slots| slots.of(dot.replica())).map(|own| own.sequence.get());
        if let Some(last) = last.filter(|last| dot.sequence() <= *last) {
            return Err(PutError::StaleDot { dot, last });
        }
        let version = match slots.and_then(ByWriter::max_version) {
            None => NonZeroU64::MIN,
            Some(highest) => highest.checked_add(1).ok_or(PutError::VersionExhausted)?,
        };
        let own = (dot.replica(), Slot::put(dot, version, value));
        let replaced = slots.into_iter().flat_map(ByWriter::killed);
        let replaced = replaced.filter(|(writer, _)| *writer != dot.replica());
        Ok(Self::fragment(key, replaced.chain([own])))
    }

    /// As [`put`](Self::put), on the condition that `key` reads as `expected`
    /// here.
    ///
    /// A condition on what this replica has seen, not on what others are doing
    /// at the same time. O(log n + w).
    ///
    /// # Errors
    ///
    /// [`PutError::Mismatch`] with what was found, and those of `put`.
    pub fn put_if(
        &self,
        dot: Dot,
        key: K,
        value: V,
        expected: Expected,
    ) -> Result<Delta<Self>, PutError> {
        let found = Expected::from(self.entry(&key));
        if found != expected {
            return Err(PutError::Mismatch { expected, found });
        }
        self.put(dot, key, value)
    }

    /// The delta that deletes all that is seen at `key`; empty when the key has
    /// no value.
    ///
    /// Puts that are not seen here yet are not deleted. Of a put and a delete in
    /// one update, which both read the state before it, the put stays.
    /// O(log n + w).
    #[must_use = "a delta has no effect until it is merged"]
    pub fn delete<Q>(&self, key: &Q) -> Delta<Self>
    where
        K: Borrow<Q> + Clone,
        Q: Ord + ?Sized,
    {
        match self.entries.get_key_value(key) {
            None => Delta::default(),
            Some((key, slots)) => Self::fragment(key.clone(), slots.killed()),
        }
    }

    /// The value at `key`. O(log n + w).
    #[must_use]
    pub fn get<Q>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
        Q: Ord + ?Sized,
    {
        self.entry(key).map(|entry| entry.value)
    }

    /// The value at `key` with its version and writer. O(log n + w).
    #[must_use]
    pub fn entry<Q>(&self, key: &Q) -> Option<Versioned<'_, V>>
    where
        K: Borrow<Q>,
        Q: Ord + ?Sized,
    {
        self.entries.get(key).and_then(ByWriter::winner)
    }

    /// Whether `key` has a value. O(log n + w).
    #[must_use]
    pub fn contains_key<Q>(&self, key: &Q) -> bool
    where
        K: Borrow<Q>,
        Q: Ord + ?Sized,
    {
        self.entries.get(key).is_some_and(ByWriter::is_live)
    }

    /// As [`iter`](Self::iter), for the keys within `range`. O(log n) to begin.
    ///
    /// # Panics
    ///
    /// As [`BTreeMap::range`]: when the range starts after its end, or starts
    /// and ends at one bound that it excludes.
    pub fn range<Q, R>(&self, range: R) -> impl DoubleEndedIterator<Item = (&K, Versioned<'_, V>)>
    where
        K: Borrow<Q>,
        Q: Ord + ?Sized,
        R: RangeBounds<Q>,
    {
        let entries = self.entries.range(range);
        entries.filter_map(|(key, slots)| slots.winner().map(|entry| (key, entry)))
    }

    /// `slots`, of distinct writers, at `key`; the bottom when there is none.
    fn fragment(key: K, slots: impl Iterator<Item = (ReplicaId, Slot<V>)>) -> Delta<Self> {
        let slots = ByWriter::from_distinct(slots);
        Delta::new(Self::from_entries(slots.map(|slots| (key, slots)).into_iter().collect()))
    }
}

impl<K: Ord + Clone, V: Ord + Clone> Replicated for VersionedKv<K, V> {
    type Digest = VersionedKvDigest<K>;
    type Delta = Delta<Self>;

    /// The key, writer, sequence and fate of every slot. O(n w).
    fn digest(&self) -> VersionedKvDigest<K> {
        let marks = self.entries.iter().map(|(key, slots)| (key.clone(), slots.marks()));
        VersionedKvDigest { marks: marks.collect() }
    }

    /// The slots that are above those of the digest. O(n + m) steps, each
    /// O(w log w).
    fn delta(&self, remote: &VersionedKvDigest<K>) -> Option<Delta<Self>> {
        let mut marks = remote.marks.iter().peekable();
        let lacking = self.entries.iter().filter_map(|(key, slots)| {
            while marks.next_if(|(other, _)| *other < key).is_some() {}
            let known = marks.next_if(|(other, _)| *other == key).map(|(_, known)| known);
            slots.above(known).map(|slots| (key.clone(), slots))
        });
        let lacking: Entries<K, V> = lacking.collect();
        (!lacking.is_empty()).then(|| Delta::new(Self::from_entries(lacking)))
    }

    /// O(k log n) for a delta of `k` keys, and O(w log w) for a key of `w`
    /// writers.
    fn merge(&mut self, delta: Delta<Self>) -> MergeOutcome {
        self.join(delta.into_fragment())
    }

    /// One piece for each key and writer.
    fn decompose(delta: Delta<Self>) -> Vec<Delta<Self>> {
        let mut atoms = Vec::new();
        for (key, slots) in delta.into_fragment().entries {
            atoms.extend(
                slots.into_iter().map(|slot| Self::fragment(key.clone(), iter::once(slot))),
            );
        }
        atoms
    }

    fn schema() -> Schema {
        Schema::named("gossiper.VersionedKv")
            .with(Schema::of_type::<K>())
            .with(Schema::of_type::<V>())
    }
}

/// The maximum of the slots, key by key and writer by writer.
impl<K: Ord, V: Ord> Join for VersionedKv<K, V> {
    fn join(&mut self, other: Self) -> MergeOutcome {
        let mut outcome = MergeOutcome::Unchanged;
        for (key, theirs) in other.entries {
            match self.entries.entry(key) {
                Entry::Occupied(mut mine) => {
                    let slots = mine.get_mut();
                    let was_live = slots.is_live();
                    outcome = outcome.or(slots.join(theirs));
                    match (was_live, slots.is_live()) {
                        (false, true) => self.live += 1,
                        (true, false) => self.live -= 1,
                        _ => {}
                    }
                }
                Entry::Vacant(place) => {
                    self.live += usize::from(theirs.is_live());
                    place.insert(theirs);
                    outcome = MergeOutcome::Changed;
                }
            }
        }
        outcome
    }
}

// By hand: deriving would ask for defaults of `K` and `V`.
impl<K, V> Default for VersionedKv<K, V> {
    fn default() -> Self {
        Self::new()
    }
}

/// Reads as `{"k": "v" @2 by r1}`. What is not read stands behind it: hidden
/// concurrent values, and `dead @1 by r2` for what was deleted or replaced.
impl<K: fmt::Debug, V: fmt::Debug> fmt::Debug for VersionedKv<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = self.entries.iter().map(|(key, slots)| (key, Shown(slots)));
        f.debug_map().entries(shown).finish()
    }
}

/// What a key reads as: a value, its version and who put it.
pub struct Versioned<'a, V> {
    /// Which change of the key this is, counted along what its writer had seen,
    /// from 1.
    pub version: u64,
    /// Who put the value.
    pub writer: ReplicaId,
    /// The value.
    pub value: &'a V,
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
        (self.version, self.writer, self.value) == (other.version, other.writer, other.value)
    }
}

impl<V: Eq> Eq for Versioned<'_, V> {}

/// Reads as `"v" @2 by r1`.
impl<V: fmt::Debug> fmt::Debug for Versioned<'_, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} @{} by {}", self.value, self.version, self.writer)
    }
}

/// The condition of a [`put_if`](VersionedKv::put_if): what the key must read as.
///
/// `Expected::from(map.entry(key))` expects what is there now. A version and
/// its writer name one put to the key and never another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Expected {
    /// The key has no value.
    Absent,
    /// The key's value was put by `writer` with `version`.
    Version {
        /// The version.
        version: u64,
        /// Who put it.
        writer: ReplicaId,
    },
}

impl<V> From<Option<Versioned<'_, V>>> for Expected {
    fn from(entry: Option<Versioned<'_, V>>) -> Self {
        match entry {
            None => Self::Absent,
            Some(Versioned { version, writer, .. }) => Self::Version { version, writer },
        }
    }
}

/// Reads as `no value` or `version 2 by r1`.
impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Absent => f.write_str("no value"),
            Self::Version { version, writer } => write!(f, "version {version} by {writer}"),
        }
    }
}

/// Why a put did not happen. The map is unchanged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum PutError {
    /// The key reads as something else; only [`put_if`](VersionedKv::put_if)
    /// says so. Read again and decide again.
    #[error("expected {expected}, found {found}")]
    Mismatch {
        /// The condition.
        expected: Expected,
        /// The condition that would have held.
        found: Expected,
    },
    /// The dot is not above the last one that its replica spent on the key: it
    /// was not fresh. Take each put's dot from `ctx.next_dot()`.
    #[error("dot {dot} is not above sequence {last}, which its replica has put this key with")]
    StaleDot {
        /// The dot.
        dot: Dot,
        /// The sequence of the replica's last put to the key.
        last: u64,
    },
    /// The key has a put of the highest version that there is, which honest
    /// puts do not reach. The key can still be deleted; it cannot be put again.
    #[error("the key has reached the highest version, {}", u64::MAX)]
    VersionExhausted,
}

/// What a [`VersionedKv`] knows: the last dot of each writer at each key, and
/// whether that put is live.
///
/// Exact, so the answer to it holds nothing but news.
#[derive(Clone, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(transparent, bound(deserialize = "K: serde::Deserialize<'de> + Ord"))
)]
pub struct VersionedKvDigest<K> {
    #[cfg_attr(
        feature = "serde",
        serde(deserialize_with = "gossiper_core::lattice::canonical::ordered_map")
    )]
    marks: BTreeMap<K, ByWriter<Mark>>,
}

impl<K> VersionedKvDigest<K> {
    /// How many keys are listed, deleted ones included. O(1).
    #[must_use]
    pub fn len(&self) -> usize {
        self.marks.len()
    }

    /// Whether no key is listed. O(1).
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.marks.is_empty()
    }
}

impl<K> Default for VersionedKvDigest<K> {
    fn default() -> Self {
        Self { marks: BTreeMap::new() }
    }
}

/// Reads as `{"k": {r1: live #3, r2: dead #1}}`.
impl<K: fmt::Debug> fmt::Debug for VersionedKvDigest<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(&self.marks).finish()
    }
}

#[cfg(feature = "serde")]
mod wire {
    use serde::de::{Deserialize, Deserializer};
    use serde::ser::{Serialize, Serializer};

    use super::*;

    impl<K: Serialize, V: Serialize> Serialize for VersionedKv<K, V> {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            self.entries.serialize(serializer)
        }
    }

    /// Refuses whatever is not the one encoding of a map.
    impl<'de, K: Deserialize<'de> + Ord, V: Deserialize<'de>> Deserialize<'de> for VersionedKv<K, V> {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            gossiper_core::lattice::canonical::ordered_map(deserializer).map(Self::from_entries)
        }
    }
}

#[cfg(test)]
mod tests {
    use alloc::format;
    use alloc::string::ToString;

    use super::*;

    type Map = VersionedKv<&'static str, &'static str>;

    fn dot(replica: u64, sequence: u64) -> Dot {
        Dot::new(ReplicaId::new(replica), sequence).unwrap()
    }

    /// A map with one live slot of `version` at "k", as no honest history of
    /// this length makes it.
    fn at_version(version: u64) -> Map {
        let slot = Slot::put(dot(1, 1), NonZeroU64::new(version).unwrap(), "v");
        Map::fragment("k", iter::once((ReplicaId::new(1), slot))).into_fragment()
    }

    #[test]
    fn a_put_at_the_highest_version_is_refused() {
        let mut map = at_version(u64::MAX - 1);
        map.merge(map.put(dot(2, 1), "k", "last").unwrap());
        assert_eq!(map.entry("k").unwrap().version, u64::MAX);
        assert_eq!(map.put(dot(2, 2), "k", "w"), Err(PutError::VersionExhausted));

        map.merge(map.delete("k"));
        assert!(map.is_empty());
        assert_eq!(map.put(dot(2, 2), "k", "w"), Err(PutError::VersionExhausted));
        assert_eq!(
            PutError::VersionExhausted.to_string(),
            "the key has reached the highest version, 18446744073709551615",
        );
    }

    #[test]
    fn one_dot_with_two_values_joins_alike_in_both_orders() {
        let (empty, other) = (Map::new(), at_version(3));
        let put = empty.put(dot(1, 1), "k", "z").unwrap();
        let (mut a, mut b) = (other.clone(), put.into_fragment());
        a.join(b.clone());
        b.join(other.clone());
        assert_eq!(a, b);
        assert_eq!(a.entry("k").unwrap().version, 3);
        a.merge(a.delete("k"));
        assert_eq!(a.join(b), MergeOutcome::Unchanged);
    }

    /// Every small map of one key and two writers, also such as no history
    /// leads to.
    fn any_maps() -> Vec<Map> {
        let version = |version| NonZeroU64::new(version).unwrap();
        let mut slots = Vec::from([None]);
        for sequence in [1, 2] {
            let put = Slot::put(dot(1, sequence), version(3 - sequence), "v");
            slots.extend([Some(put.killed()), Some(put)]);
        }
        slots.push(Some(Slot::put(dot(1, 1), version(2), "other value of one dot")));
        slots.push(Some(Slot::put(dot(1, 1), version(9), "other version of one dot").killed()));
        let pairs = slots.iter().flat_map(|a| slots.iter().map(move |b| [a, b]));
        pairs
            .map(|pair| {
                let slots = (1..).map(ReplicaId::new).zip(pair.into_iter().cloned());
                let slots = slots.filter_map(|(writer, slot)| Some((writer, slot?)));
                Map::fragment("k", slots).into_fragment()
            })
            .collect()
    }

    #[test]
    fn fragments_of_any_content_form_a_lattice() {
        let maps = any_maps();
        for a in &maps {
            assert_eq!(a.clone().joined(a.clone()), *a);
            for b in &maps {
                let mut ab = a.clone();
                let outcome = ab.join(b.clone());
                assert_eq!(outcome.is_changed(), ab != *a);
                assert_eq!(ab, b.clone().joined(a.clone()));
                assert_eq!(ab.len(), ab.iter().count());
                for c in maps.iter().step_by(5) {
                    let right = b.clone().joined(c.clone());
                    assert_eq!(ab.clone().joined(c.clone()), a.clone().joined(right));
                }
            }
        }
    }

    #[test]
    fn maps_read_well_with_what_they_hide() {
        let mut map = Map::new();
        let hidden = map.put(dot(1, 1), "k", "v").unwrap();
        map.merge(map.put(dot(2, 1), "k", "w").unwrap());
        map.merge(map.put(dot(2, 2), "a", "x").unwrap());
        assert_eq!(format!("{map:?}"), r#"{"a": "x" @1 by r2, "k": "w" @1 by r2}"#);
        map.merge(hidden);
        map.merge(map.delete("a"));
        assert_eq!(format!("{map:?}"), r#"{"a": dead @1 by r2, "k": "w" @1 by r2 | "v" @1 by r1}"#);
        assert_eq!(
            format!("{:?}", map.digest()),
            r#"{"a": {r2: dead #2}, "k": {r1: live #1, r2: live #1}}"#
        );
    }
}
