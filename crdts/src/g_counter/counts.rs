//! A count for each writer, in a sorted list.

use alloc::vec::Vec;
use core::hash::{Hash, Hasher};
use core::num::NonZeroU64;
use core::{fmt, slice};

use gossiper_core::lattice::{MergeOutcome, ReplicaId};

/// A writer and its count, which is not 0: one without increments has no entry,
/// so that equal counts are equal values.
type Entry = (ReplicaId, NonZeroU64);

/// Counts by writer, in ascending order of writers.
///
/// The delta of one increment is one entry, which takes no memory of its own.
#[derive(Clone)]
pub(super) struct Counts {
    layout: Layout,
    /// Where the last single entry went. Most increments are by one writer, who
    /// is then found at once; elsewhere it is a place like any other.
    last: usize,
}

#[derive(Clone)]
enum Layout {
    Few(Option<Entry>),
    Many(Vec<Entry>),
}

impl Counts {
    pub(super) const fn new() -> Self {
        Self { layout: Layout::Few(None), last: 0 }
    }

    pub(super) const fn of_one(replica: ReplicaId, count: NonZeroU64) -> Self {
        Self { layout: Layout::Few(Some((replica, count))), last: 0 }
    }

    #[inline]
    pub(super) fn as_slice(&self) -> &[Entry] {
        match &self.layout {
            Layout::Few(None) => &[],
            Layout::Few(Some(entry)) => slice::from_ref(entry),
            Layout::Many(entries) => entries,
        }
    }

    #[inline]
    fn as_mut_slice(&mut self) -> &mut [Entry] {
        match &mut self.layout {
            Layout::Few(None) => &mut [],
            Layout::Few(Some(entry)) => slice::from_mut(entry),
            Layout::Many(entries) => entries,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.as_slice().is_empty()
    }

    /// The count of `replica`; 0 if none. O(log w).
    pub(super) fn of(&self, replica: ReplicaId) -> u64 {
        self.find(replica).map_or(0, |at| self.as_slice()[at].1.get())
    }

    #[inline]
    fn find(&self, replica: ReplicaId) -> Result<usize, usize> {
        let entries = self.as_slice();
        if entries.get(self.last).is_some_and(|(writer, _)| *writer == replica) {
            return Ok(self.last);
        }
        entries.binary_search_by_key(&replica, |(writer, _)| *writer)
    }

    /// The greater count of each writer. O(log w) for one entry that is there,
    /// otherwise one walk over both.
    #[inline]
    pub(super) fn join(&mut self, other: Self) -> MergeOutcome {
        match other.as_slice() {
            [] => MergeOutcome::Unchanged,
            [entry] => self.raise(*entry),
            _ if self.is_empty() => {
                *self = other;
                MergeOutcome::Changed
            }
            entries => self.raise_all(entries),
        }
    }

    #[inline]
    fn raise(&mut self, entry: Entry) -> MergeOutcome {
        match self.find(entry.0) {
            Ok(at) => {
                self.last = at;
                MergeOutcome::changed_if(lift(&mut self.as_mut_slice()[at].1, entry.1))
            }
            Err(at) => {
                self.last = at;
                if self.is_empty() {
                    self.layout = Layout::Few(Some(entry));
                } else {
                    self.as_vec().insert(at, entry);
                }
                MergeOutcome::Changed
            }
        }
    }

    fn raise_all(&mut self, theirs: &[Entry]) -> MergeOutcome {
        let (mut changed, mut at) = (false, 0);
        let mut new = Vec::new();
        let mine = self.as_mut_slice();
        for (writer, count) in theirs {
            at += seek(&mine[at..], *writer);
            match mine.get_mut(at) {
                Some((own, mine)) if own == writer => changed |= lift(mine, *count),
                _ => new.push((*writer, *count)),
            }
        }
        if !new.is_empty() {
            changed = true;
            let entries = self.as_vec();
            entries.append(&mut new);
            // Two ascending runs, which a stable sort merges in linear time.
            entries.sort_by_key(|(writer, _)| *writer);
        }
        MergeOutcome::changed_if(changed)
    }

    fn as_vec(&mut self) -> &mut Vec<Entry> {
        if let Layout::Few(entry) = &self.layout {
            self.layout = Layout::Many(entry.iter().copied().collect());
        }
        match &mut self.layout {
            Layout::Many(entries) => entries,
            Layout::Few(_) => unreachable!("it was made a list above"),
        }
    }

    /// The entries whose counts are above those of `remote`. One walk over both.
    pub(super) fn above(&self, remote: &Self) -> Self {
        let (theirs, mut at) = (remote.as_slice(), 0);
        let news = self.as_slice().iter().filter(|(writer, count)| {
            at += seek(&theirs[at..], *writer);
            !matches!(theirs.get(at), Some((own, known)) if own == writer && known >= count)
        });
        news.copied().collect()
    }
}

/// Raises `mine` to `theirs`; says whether it was below.
fn lift(mine: &mut NonZeroU64, theirs: NonZeroU64) -> bool {
    let below = *mine < theirs;
    if below {
        *mine = theirs;
    }
    below
}

/// The place of the first entry at or after `writer`. O(log p) for place p: two
/// lists of much the same writers are walked step by step, and a short one
/// leaps through a long one.
fn seek(entries: &[Entry], writer: ReplicaId) -> usize {
    let mut leap = 1;
    while entries.get(leap - 1).is_some_and(|(own, _)| *own < writer) {
        leap *= 2;
    }
    let from = leap / 2;
    let to = entries.len().min(leap);
    from + entries[from..to].partition_point(|(own, _)| *own < writer)
}

/// The entries must ascend.
impl FromIterator<Entry> for Counts {
    fn from_iter<I: IntoIterator<Item = Entry>>(entries: I) -> Self {
        let mut entries = entries.into_iter();
        let (first, second) = (entries.next(), entries.next());
        let layout = match (first, second) {
            (Some(first), Some(second)) => {
                Layout::Many([first, second].into_iter().chain(entries).collect())
            }
            _ => Layout::Few(first),
        };
        Self { layout, last: 0 }
    }
}

impl Default for Counts {
    fn default() -> Self {
        Self::new()
    }
}

impl PartialEq for Counts {
    fn eq(&self, other: &Self) -> bool {
        self.as_slice() == other.as_slice()
    }
}

impl Eq for Counts {}

impl Hash for Counts {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_slice().hash(state);
    }
}

/// Reads as `{r1: 3, r2: 4}`.
impl fmt::Debug for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.as_slice().iter().copied()).finish()
    }
}

/// A map, in ascending order of writers.
#[cfg(feature = "serde")]
mod wire {
    use gossiper_core::lattice::canonical;
    use serde::de::{Deserialize, Deserializer};
    use serde::ser::{Serialize, Serializer};

    use super::*;

    impl Serialize for Counts {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.collect_map(self.as_slice().iter().copied())
        }
    }

    impl<'de> Deserialize<'de> for Counts {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            let entries = canonical::ordered_map::<_, ReplicaId, NonZeroU64>(deserializer)?;
            Ok(entries.into_iter().collect())
        }
    }
}

#[cfg(test)]
mod tests {
    use alloc::collections::BTreeMap;

    use super::*;

    fn counts(entries: &BTreeMap<u64, u64>) -> Counts {
        let entry = |(writer, count): (&u64, &u64)| {
            Some((ReplicaId::new(*writer), NonZeroU64::new(*count)?))
        };
        entries.iter().filter_map(entry).collect()
    }

    /// All pairs of counts by four writers, each up to 2, beside a plain map.
    #[test]
    fn counts_join_and_differ_as_plain_maps_do() {
        let all: Vec<BTreeMap<u64, u64>> = (0..81_u64)
            .map(|n| [n % 3, n / 3 % 3, n / 9 % 3, n / 27].into_iter())
            .map(|counts| (1..).zip(counts).filter(|(_, count)| *count > 0).collect())
            .collect();
        for (a, b) in all.iter().flat_map(|a| all.iter().map(move |b| (a, b))) {
            let mut joined = a.clone();
            for (writer, count) in b {
                let own = joined.entry(*writer).or_default();
                *own = (*count).max(*own);
            }
            let news = joined.iter().filter(|(writer, count)| a.get(writer) != Some(count));
            let news: BTreeMap<u64, u64> = news.map(|(writer, count)| (*writer, *count)).collect();
            assert_eq!(counts(b).above(&counts(a)), counts(&news));

            let mut mine = counts(a);
            assert_eq!(mine.join(counts(b)).is_changed(), !news.is_empty());
            assert_eq!(mine, counts(&joined), "{a:?} and {b:?}");
            assert_eq!(mine.join(counts(b)), MergeOutcome::Unchanged);
            assert!((0..6).all(|writer| {
                mine.of(ReplicaId::new(writer)) == joined.get(&writer).copied().unwrap_or(0)
            }));
        }
    }

    #[test]
    fn seeking_finds_the_first_place_at_or_after_a_writer() {
        let entries: Vec<Entry> =
            (0..20).map(|n| (ReplicaId::new(2 * n), NonZeroU64::MIN)).collect();
        for (writer, length) in (0..42).flat_map(|writer| (0..=20).map(move |n| (writer, n))) {
            let writer = ReplicaId::new(writer);
            let place = entries[..length].iter().filter(|(own, _)| *own < writer).count();
            assert_eq!(seek(&entries[..length], writer), place);
        }
    }
}
