//! A set of dots: which events are known, gaps included.

use alloc::vec::Vec;
use core::fmt;

use smallvec::SmallVec;

use super::{Dot, MergeOutcome, ReplicaId, VersionVector};

/// A set of dots, kept as runs of consecutive ones: a version vector with
/// exceptions.
///
/// *Which events are known here?* A version vector answers for writers whose
/// events arrive in order. Gossip delivers in any order, so a context carries
/// what arrived early as further runs, which fuse as soon as the gap is filled.
/// A thousand writers without gaps take a thousand runs, 24 bytes each.
///
/// It serves for any set of dots: those that were ever seen, those that are
/// live, those that a delta claims. With `r` runs here and `s` there:
/// membership O(log r); adding a run O(log r), and a move of the runs behind it
/// where it opens a gap; [`join`](Self::join) O(r + s), or O(s log r) where `s`
/// is small; [`difference`](Self::difference),
/// [`intersection`](Self::intersection) and [`covers`](Self::covers)
/// O(s log r) and the runs that overlap, and never more than O(r + s).
/// What a local change claims is a run or two and takes no allocation. Iteration is in order of replica and
/// sequence.
///
/// See Almeida, Shoker and Baquero 2018, section 7.2 ("causal context
/// compression").
#[derive(Default, PartialEq, Eq, Hash)]
pub struct CausalContext {
    /// In ascending order; runs of one writer neither overlap nor touch.
    runs: Runs,
}

/// Up to two are inside: the dots of a local update, and those that it retires.
type Runs = SmallVec<[Run; 2]>;

/// The dots of one writer from sequence `first` to `last`, both included.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Run {
    replica: ReplicaId,
    first: u64,
    last: u64,
}

impl Run {
    /// The run from `first` to sequence `last`; `None` if it would be empty.
    #[must_use]
    pub const fn new(first: Dot, last: u64) -> Option<Self> {
        if last < first.sequence() {
            return None;
        }
        Some(Self { replica: first.replica(), first: first.sequence(), last })
    }

    /// The writer.
    #[must_use]
    pub const fn replica(self) -> ReplicaId {
        self.replica
    }

    /// The sequence number of its first dot, from 1 up.
    #[must_use]
    pub const fn first(self) -> u64 {
        self.first
    }

    /// The sequence number of its last dot.
    #[must_use]
    pub const fn last(self) -> u64 {
        self.last
    }

    /// Whether it holds this dot.
    #[must_use]
    pub fn contains(self, dot: Dot) -> bool {
        dot.replica() == self.replica && (self.first..=self.last).contains(&dot.sequence())
    }

    /// Its dots, one by one.
    pub fn dots(self) -> impl Iterator<Item = Dot> {
        (self.first..=self.last).filter_map(move |sequence| Dot::new(self.replica, sequence))
    }

    /// Takes in `next` if it follows on this run; says whether it does.
    pub(super) const fn extend(&mut self, next: Self) -> bool {
        let follows = self.replica.as_u64() == next.replica.as_u64()
            && next.first == self.last.wrapping_add(1);
        if follows {
            self.last = next.last;
        }
        follows
    }

    /// The part up to `last`, which must not be before it.
    pub(super) fn up_to(self, last: u64) -> Self {
        Self { last: self.last.min(last.max(self.first)), ..self }
    }

    /// The part between two sequence numbers, both included; `None` if nothing
    /// is.
    fn within(self, first: u64, last: u64) -> Option<Self> {
        let (first, last) = (self.first.max(first), self.last.min(last));
        (first <= last).then_some(Self { first, last, ..self })
    }

    /// Whether all its dots come before those of `next`.
    fn ends_before(self, next: Self) -> bool {
        (self.replica, self.last) < (next.replica, next.first)
    }

    /// Whether a run that begins no earlier overlaps this one or follows on it.
    fn touches(self, next: Self) -> bool {
        self.replica == next.replica && next.first <= self.last.saturating_add(1)
    }
}

impl From<Dot> for Run {
    fn from(dot: Dot) -> Self {
        Self { replica: dot.replica(), first: dot.sequence(), last: dot.sequence() }
    }
}

/// Contexts up to this many runs are joined run by run, larger ones in one walk
/// over both.
const FEW: usize = 8;

impl CausalContext {
    /// The empty context.
    #[must_use]
    pub const fn new() -> Self {
        Self { runs: SmallVec::new_const() }
    }

    /// Adds one dot.
    #[inline(always)]
    pub fn insert(&mut self, dot: Dot) -> MergeOutcome {
        self.insert_run(dot.into())
    }

    /// Adds the dots of `first`'s writer from `first` up to sequence `last`;
    /// nothing if `last` is smaller.
    pub fn insert_range(&mut self, first: Dot, last: u64) -> MergeOutcome {
        Run::new(first, last).map_or(MergeOutcome::Unchanged, |run| self.insert_run(run))
    }

    /// Adds a run of dots.
    // A call would pass the run through memory, from where it could not be copied
    // before it had been written: that took longer than all the rest.
    #[inline(always)]
    pub fn insert_run(&mut self, run: Run) -> MergeOutcome {
        // Behind all others: what local changes mostly add.
        match self.runs.last_mut() {
            Some(last) if last.touches(run) && last.first <= run.first => {
                let changed = last.last < run.last;
                last.last = last.last.max(run.last);
                MergeOutcome::changed_if(changed)
            }
            Some(last) if !last.ends_before(run) => self.insert_between(run),
            _ => {
                self.runs.push(run);
                MergeOutcome::Changed
            }
        }
    }

    fn insert_between(&mut self, run: Run) -> MergeOutcome {
        // Runs before `start` end before the one in front of `run`; those from
        // `end` on begin behind the one after it; those between touch it.
        let before = run.first.saturating_sub(1);
        let start =
            self.runs.partition_point(|own| (own.replica, own.last) < (run.replica, before));
        if let [own, rest @ ..] = &mut self.runs[start..]
            && own.touches(run)
            && own.first <= run.first
        {
            if run.last <= own.last {
                return MergeOutcome::Unchanged;
            }
            // A writer's next dots, mostly, which reach no other run.
            if rest.first().is_none_or(|next| !run.touches(*next)) {
                own.last = run.last;
                return MergeOutcome::Changed;
            }
        }
        let touched = self.runs[start..].partition_point(|own| {
            own.replica == run.replica && own.first <= run.last.saturating_add(1)
        });
        match self.runs.get(start..start + touched) {
            None | Some([]) => self.runs.insert(start, run),
            Some(own) => {
                let (first, last) = (own[0].first, own[own.len() - 1].last);
                self.runs[start] =
                    Run { first: first.min(run.first), last: last.max(run.last), ..run };
                self.runs.drain(start + 1..start + touched);
            }
        }
        MergeOutcome::Changed
    }

    /// Adds all dots of `other`.
    pub fn join(&mut self, other: &Self) -> MergeOutcome {
        if let [run] = other.runs[..] {
            return self.insert_run(run);
        }
        if other.runs.len() <= FEW {
            return other
                .runs()
                .fold(MergeOutcome::Unchanged, |outcome, run| outcome.or(self.insert_run(run)));
        }
        if self.covers(other) {
            return MergeOutcome::Unchanged;
        }
        let mut runs = Runs::with_capacity(self.runs.len() + other.runs.len());
        let (mut left, mut right) = (self.runs.iter().peekable(), other.runs.iter().peekable());
        while let Some(next) = match (left.peek(), right.peek()) {
            (Some(a), Some(b)) if a <= b => left.next(),
            (_, Some(_)) => right.next(),
            (_, None) => left.next(),
        } {
            push(&mut runs, *next);
        }
        self.runs = runs;
        MergeOutcome::Changed
    }

    /// The dots that are here and not in `other`.
    #[must_use]
    pub fn difference(&self, other: &Self) -> Self {
        let (mut runs, mut place) = (Runs::new(), 0);
        for run in self.runs() {
            // Mostly contexts are compared that have most runs in common.
            if other.runs.get(place) == Some(&run) {
                place += 1;
                continue;
            }
            place = other.seek(place, run);
            // What is left of the run begins here, unless nothing is.
            let mut rest = Some(run.first);
            for theirs in other.overlapping_from(place, run) {
                if let Some(first) = rest.filter(|first| *first < theirs.first) {
                    runs.extend(run.within(first, theirs.first - 1));
                }
                rest = theirs.last.checked_add(1);
            }
            runs.extend(rest.and_then(|first| run.within(first, run.last)));
        }
        Self { runs }
    }

    /// The dots that are here and in `other`.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        let (few, many) =
            if self.runs.len() <= other.runs.len() { (self, other) } else { (other, self) };
        let mut place = 0;
        let overlaps = few.runs().flat_map(|run| {
            place = many.seek(place, run);
            let overlapping = many.overlapping_from(place, run);
            overlapping.filter_map(move |theirs| theirs.within(run.first, run.last))
        });
        Self { runs: overlaps.collect() }
    }

    /// Whether `dot` is known.
    #[must_use]
    pub fn contains(&self, dot: Dot) -> bool {
        self.contains_run(dot.into())
    }

    /// Whether the dots of `first`'s writer from `first` to `last` are all known.
    #[must_use]
    pub fn contains_range(&self, first: Dot, last: u64) -> bool {
        Run::new(first, last).is_none_or(|run| self.contains_run(run))
    }

    /// Whether every dot of `other` is known here.
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        let mut place = 0;
        other.runs().all(|run| {
            place = self.seek(place, run);
            self.covers_from(place, run)
        })
    }

    /// Whether all dots of `run` are known.
    #[must_use]
    pub fn contains_run(&self, run: Run) -> bool {
        self.covers_from(self.start_of(run), run)
    }

    fn covers_from(&self, place: usize, run: Run) -> bool {
        let own = self.overlapping_from(place, run).next();
        own.is_some_and(|own| own.first <= run.first && run.last <= own.last)
    }

    /// The highest sequence known of `replica`; 0 if none is.
    #[must_use]
    pub fn max_sequence(&self, replica: ReplicaId) -> u64 {
        let end = self.runs.partition_point(|own| own.replica <= replica);
        let last = end.checked_sub(1).and_then(|at| self.runs.get(at));
        last.filter(|own| own.replica == replica).map_or(0, |own| own.last)
    }

    /// The runs, in order of writer and sequence.
    pub fn runs(&self) -> impl ExactSizeIterator<Item = Run> + DoubleEndedIterator {
        self.runs.iter().copied()
    }

    /// The dots, one by one: for contexts that are known to be small.
    pub fn dots(&self) -> impl Iterator<Item = Dot> {
        self.runs().flat_map(Run::dots)
    }

    /// How many dots there are, or `u64::MAX` if there are more. O(r).
    #[must_use]
    pub fn len(&self) -> u64 {
        let lengths = self.runs().map(|run| (run.last - run.first).saturating_add(1));
        lengths.fold(0, u64::saturating_add)
    }

    /// Whether no dot is known.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.runs.is_empty()
    }

    /// For each writer, how many of its events are known without a gap from the
    /// first: the contiguous part. O(r).
    #[must_use]
    pub fn contiguous(&self) -> VersionVector {
        let runs = self.runs().filter(|run| run.first == 1);
        runs.map(|run| (run.replica, run.last)).collect()
    }

    /// The dots beyond the contiguous part: those that arrived early. O(r).
    pub fn exceptions(&self) -> impl Iterator<Item = Run> {
        self.runs().filter(|run| run.first > 1)
    }

    /// The first run that does not end before `run`.
    fn start_of(&self, run: Run) -> usize {
        self.runs.partition_point(|own| own.ends_before(run))
    }

    /// As [`start_of`](Self::start_of), at or behind `from`, and cheaper the
    /// nearer it is: for walks through two contexts at once.
    fn seek(&self, from: usize, run: Run) -> usize {
        let rest = &self.runs[from..];
        let mut end = 1;
        while rest.get(end - 1).is_some_and(|own| own.ends_before(run)) {
            end *= 2;
        }
        let (start, end) = (end / 2, end.min(rest.len()));
        from + start + rest[start..end].partition_point(|own| own.ends_before(run))
    }

    /// The runs here that share a dot with `run`, whole; the first is at `place`
    /// if there is one.
    fn overlapping_from(&self, place: usize, run: Run) -> impl Iterator<Item = Run> {
        let rest = self.runs[place..].iter().copied();
        rest.take_while(move |own| own.replica == run.replica && own.first <= run.last)
    }
}

/// Runs are copied as they are: deriving would clone them one by one.
impl Clone for CausalContext {
    fn clone(&self) -> Self {
        Self { runs: Runs::from_slice(&self.runs) }
    }
}

/// Adds a run to ascending ones, behind all that begin before it.
fn push(runs: &mut Runs, next: Run) {
    match runs.last_mut() {
        Some(last) if last.touches(next) => last.last = last.last.max(next.last),
        _ => runs.push(next),
    }
}

/// Runs in any order, which may overlap. O(n log n); O(n) if they ascend.
impl FromIterator<Run> for CausalContext {
    fn from_iter<I: IntoIterator<Item = Run>>(runs: I) -> Self {
        Self::from(runs.into_iter().collect::<Vec<Run>>())
    }
}

/// As from an iterator.
impl From<Vec<Run>> for CausalContext {
    fn from(runs: Vec<Run>) -> Self {
        if let [run] = runs[..] {
            return run.into();
        }
        let mut runs = Runs::from_vec(runs);
        if !runs.is_sorted() {
            runs.sort_unstable();
        }
        runs.dedup_by(|next, last| {
            let touches = last.touches(*next);
            if touches {
                last.last = last.last.max(next.last);
            }
            touches
        });
        Self { runs }
    }
}

impl From<Run> for CausalContext {
    fn from(run: Run) -> Self {
        let mut runs = Runs::new();
        runs.push(run);
        Self { runs }
    }
}

impl FromIterator<Dot> for CausalContext {
    fn from_iter<I: IntoIterator<Item = Dot>>(dots: I) -> Self {
        Self::from(dots.into_iter().map(Run::from).collect::<Vec<_>>())
    }
}

impl From<&VersionVector> for CausalContext {
    fn from(vector: &VersionVector) -> Self {
        let runs = vector.iter().map(|(replica, last)| Run { replica, first: 1, last });
        Self { runs: runs.collect() }
    }
}

/// Reads as `3..=5`, or `3` for a single dot.
impl fmt::Debug for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.first == self.last {
            write!(f, "{}", self.first)
        } else {
            write!(f, "{}..={}", self.first, self.last)
        }
    }
}

/// Reads as `{r1: 1..=9, r2: 1..=3 5..=7}`.
impl fmt::Debug for CausalContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("{")?;
        let mut writer = None;
        for run in self.runs() {
            match writer {
                Some(replica) if replica == run.replica => f.write_str(" ")?,
                Some(_) => write!(f, ", {}: ", run.replica)?,
                None => write!(f, "{}: ", run.replica)?,
            }
            run.fmt(f)?;
            writer = Some(run.replica);
        }
        f.write_str("}")
    }
}

/// A map from writers to their runs, each as the number of sequence numbers
/// that are skipped before it, and how many more than one it has.
#[cfg(feature = "serde")]
mod wire {
    use serde::de::{Deserialize, Deserializer, Error};
    use serde::ser::{Serialize, Serializer};

    use super::*;

    struct Skips<'a>(&'a [Run]);

    impl Serialize for Skips<'_> {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            let mut next = 1;
            serializer.collect_seq(self.0.iter().map(|run| {
                let skipped = run.first - next;
                next = run.last.saturating_add(1);
                (skipped, run.last - run.first)
            }))
        }
    }

    impl Serialize for CausalContext {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            let writers = self.runs.chunk_by(|a, b| a.replica == b.replica);
            let writers: Vec<_> = writers.map(|runs| (runs[0].replica, Skips(runs))).collect();
            serializer.collect_map(writers)
        }
    }

    /// The runs of one writer; `None` for what no context encodes to.
    fn runs_of(replica: ReplicaId, skips: &[(u64, u64)]) -> Option<Vec<Run>> {
        let mut runs: Vec<Run> = Vec::with_capacity(skips.len());
        for (skipped, more) in skips {
            let first = match runs.last() {
                None => skipped.checked_add(1)?,
                // Runs that touch would be one run.
                Some(before) => {
                    before.last.checked_add(1)?.checked_add((*skipped > 0).then_some(*skipped)?)?
                }
            };
            runs.push(Run { replica, first, last: first.checked_add(*more)? });
        }
        (!runs.is_empty()).then_some(runs)
    }

    /// Refuses whatever is not the one encoding of a context.
    impl<'de> Deserialize<'de> for CausalContext {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            let writers: alloc::collections::BTreeMap<ReplicaId, Vec<(u64, u64)>> =
                crate::lattice::canonical::ordered_map(deserializer)?;
            let mut runs = Runs::new();
            for (replica, skips) in writers {
                let own = runs_of(replica, &skips).ok_or_else(|| {
                    D::Error::custom("runs of a context touch, overflow or are missing")
                })?;
                runs.extend(own);
            }
            Ok(Self { runs })
        }
    }
}

#[cfg(test)]
mod tests {
    use alloc::collections::BTreeSet;
    use alloc::format;

    use super::*;
    use crate::random::{DeterministicRng, RandomSource};

    fn dot(replica: u64, sequence: u64) -> Dot {
        Dot::new(ReplicaId::new(replica), sequence).unwrap()
    }

    #[test]
    fn a_gap_is_not_claimed_until_it_is_filled() {
        let mut context = CausalContext::new();
        context.insert(dot(1, 1));
        context.insert(dot(1, 3));
        assert!(!context.contains(dot(1, 2)));
        assert!(!context.contains_range(dot(1, 1), 3));
        assert_eq!(format!("{context:?}"), "{r1: 1 3}");
        assert_eq!(context.exceptions().count(), 1);
        context.insert(dot(1, 2));
        assert_eq!(format!("{context:?}"), "{r1: 1..=3}");
        assert_eq!(context.max_sequence(ReplicaId::new(1)), 3);
        assert_eq!(context.exceptions().count(), 0);
        assert_eq!(CausalContext::from(&context.contiguous()), context);
    }

    #[test]
    fn covering_is_by_writer_and_dot() {
        let (mut a, mut b) = (CausalContext::new(), CausalContext::new());
        a.insert_range(dot(1, 1), 5);
        b.insert(dot(1, 4));
        assert!(a.covers(&b) && !b.covers(&a));
        b.insert(dot(2, 1));
        assert!(!a.covers(&b));
        assert_eq!(a.join(&b), MergeOutcome::Changed);
        assert_eq!(a.join(&b), MergeOutcome::Unchanged);
        assert!(a.covers(&b));
        assert_eq!((a.max_sequence(ReplicaId::new(0)), a.max_sequence(ReplicaId::new(2))), (0, 1));
    }

    #[test]
    fn the_largest_numbers_do_not_overflow() {
        let all: CausalContext = Run::new(dot(1, 1), u64::MAX).into_iter().collect();
        let mut last = CausalContext::new();
        last.insert(dot(1, u64::MAX));
        assert!(all.difference(&all).is_empty() && last.difference(&all).is_empty());
        let rest = all.difference(&last);
        assert_eq!(rest.runs().next().map(Run::last), Some(u64::MAX - 1));
        assert_eq!((all.len(), rest.len()), (u64::MAX, u64::MAX - 1));
        last.join(&rest);
        assert_eq!(last, all);
    }

    /// Random contexts beside plain sets of dots: every operation, on few runs
    /// and on many.
    #[test]
    fn contexts_agree_with_plain_sets() {
        let mut rng = DeterministicRng::new(11);
        let random = |rng: &mut DeterministicRng| {
            let (mut context, mut model) = (CausalContext::new(), BTreeSet::new());
            // Now and then many runs, beside few or many others.
            let (runs, span) = if rng.below(20) == 0 { (200, 900) } else { (24, 40) };
            for _ in 0..rng.below(runs) {
                let first = dot(1 + rng.below(3), 1 + rng.below(span));
                let last = first.sequence() + rng.below(4);
                let news: BTreeSet<Dot> = Run::new(first, last).unwrap().dots().collect();
                assert_eq!(context.insert_range(first, last).is_changed(), !news.is_subset(&model));
                model.extend(news);
            }
            (context, model)
        };
        for _ in 0..2_000 {
            let ((mut a, model_a), (b, model_b)) = (random(&mut rng), random(&mut rng));
            let dots = |context: &CausalContext| context.dots().collect::<BTreeSet<_>>();
            assert_eq!(dots(&a), model_a);
            assert_eq!(a.len(), model_a.len() as u64);
            assert_eq!(a.covers(&b), model_a.is_superset(&model_b));
            assert_eq!(dots(&a.difference(&b)), &model_a - &model_b);
            assert_eq!(dots(&a.intersection(&b)), &model_a & &model_b);
            assert_eq!(a.intersection(&b), b.intersection(&a));
            assert_eq!(model_a.iter().copied().collect::<CausalContext>(), a);
            assert_eq!(a.join(&b).is_changed(), !model_a.is_superset(&model_b));
            assert_eq!(dots(&a), &model_a | &model_b);
            assert!(a.runs.windows(2).all(|pair| !pair[0].touches(pair[1]) && pair[0] < pair[1]));
        }
    }
}
