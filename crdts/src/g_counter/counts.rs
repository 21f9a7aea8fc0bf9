//! A count for each writer, in a sorted list.

mod guesses;

use alloc::vec::Vec;
use core::hash::{Hash, Hasher};
use core::num::NonZeroU64;
use core::{fmt, slice};

use gossiper_core::lattice::{MergeOutcome, ReplicaId};
use guesses::Guesses;

/// A writer and its count, which is not 0: one without increments has no entry,
/// so that equal counts are equal values.
type Entry = (ReplicaId, NonZeroU64);

/// Counts by writer, in ascending order of writers.
///
/// The delta of one increment is one entry, which takes no memory of its own.
pub(super) struct Counts {
    layout: Layout,
    /// Where the last single entry went; in a delta, where its writer was found.
    /// Most increments are by one writer, who is then found at once; elsewhere it
    /// is a place like any other.
    last: usize,
    /// In a delta: whether its writer was searched for, so that a guess is wrong.
    searched: bool,
    /// Where the others were last found.
    guesses: Guesses,
}

#[derive(Clone)]
enum Layout {
    Few(Option<Entry>),
    Many(Vec<Entry>),
}

impl Counts {
    pub(super) const fn new() -> Self {
        Self::in_layout(Layout::Few(None))
    }

    pub(super) const fn of_one(replica: ReplicaId, count: NonZeroU64) -> Self {
        Self::in_layout(Layout::Few(Some((replica, count))))
    }

    const fn in_layout(layout: Layout) -> Self {
        Self { layout, last: 0, searched: false, guesses: Guesses::new() }
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
    #[inline]
    pub(super) fn of(&self, replica: ReplicaId) -> u64 {
        self.find(replica).map_or(0, |at| self.as_slice()[at].1.get())
    }

    /// What raises the count of `replica` by `by` when it is joined, and says where
    /// that is; the count if the sum is too large. O(log w).
    #[inline]
    pub(super) fn raising(&self, replica: ReplicaId, by: u64) -> Result<Self, u64> {
        let guessed = self.guess(replica);
        let found = guessed.map_or_else(|| self.search(replica), Ok);
        let count = found.map_or(0, |at| self.as_slice()[at].1.get());
        let raised = count.checked_add(by).ok_or(count)?;
        let mut counts = match NonZeroU64::new(raised).filter(|_| by > 0) {
            Some(raised) => Self::of_one(replica, raised),
            None => Self::new(),
        };
        (counts.last, counts.searched) = (found.unwrap_or_else(|at| at), guessed.is_none());
        Ok(counts)
    }

    fn has_at(&self, place: usize, replica: ReplicaId) -> bool {
        self.as_slice().get(place).is_some_and(|(writer, _)| *writer == replica)
    }

    #[inline]
    fn find(&self, replica: ReplicaId) -> Result<usize, usize> {
        self.guess(replica).map_or_else(|| self.search(replica), Ok)
    }

    #[inline]
    fn guess(&self, replica: ReplicaId) -> Option<usize> {
        if self.has_at(self.last, replica) {
            return Some(self.last);
        }
        Some(self.guesses.of(replica)).filter(|guess| self.has_at(*guess, replica))
    }

    fn search(&self, replica: ReplicaId) -> Result<usize, usize> {
        self.as_slice().binary_search_by_key(&replica, |(writer, _)| *writer)
    }

    /// The greater count of each writer. O(log w) for one entry that is there,
    /// otherwise one walk over both.
    #[inline]
    pub(super) fn join(&mut self, other: Self) -> MergeOutcome {
        match other.as_slice() {
            [] => MergeOutcome::Unchanged,
            [entry] => self.raise(*entry, other.last, other.searched),
            _ if self.is_empty() => {
                *self = other;
                MergeOutcome::Changed
            }
            entries => self.raise_all(entries),
        }
    }

    #[inline]
    fn raise(&mut self, entry: Entry, place: usize, searched: bool) -> MergeOutcome {
        let there = self.has_at(place, entry.0);
        let found = if there { Ok(place) } else { self.search(entry.0) };
        match found {
            Ok(at) => {
                self.last = at;
                if searched || !there {
                    self.guesses.note(entry.0, at, self.as_slice().len());
                }
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
        Self::in_layout(layout)
    }
}

/// A copy has the counts, and guesses nothing.
impl Clone for Counts {
    fn clone(&self) -> Self {
        Self { last: self.last, ..Self::in_layout(self.layout.clone()) }
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

    /// Writers who take turns, while others come: each count is its own, found
    /// where it was guessed or elsewhere.
    #[test]
    fn many_writers_in_turn_count_as_in_a_plain_map() {
        let (mut mine, mut model) = (Counts::new(), BTreeMap::new());
        for step in 0..6_000_u64 {
            // Their number grows, and a new one comes before some that are there.
            let writer = step * 7_919 % (1 + step / 20) * 101 % 311;
            let raising = mine.raising(ReplicaId::new(writer), 1 + step % 3).unwrap();
            // Now and then something else comes between an update and its merge.
            if step % 7 == 0 {
                mine.join(Counts::of_one(ReplicaId::new(1_000 - step % 500), NonZeroU64::MIN));
                model.entry(1_000 - step % 500).or_insert(1);
            }
            assert!(mine.join(raising).is_changed());
            *model.entry(writer).or_default() += 1 + step % 3;
            if step % 500 == 0 {
                mine = mine.clone();
            }
            assert_eq!(mine.of(ReplicaId::new(writer)), model[&writer]);
        }
        assert_eq!(mine, counts(&model));
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
