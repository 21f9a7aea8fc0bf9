//! Live dots with what they stand for: the storage of every causal type.
//!
//! *Which atoms are here, and which of them does a peer lack?* Both are
//! questions about ranges of dots: a delta claims a few runs, and news is what
//! follows on what a peer knows. So atoms are stored in order of writer and
//! sequence, and the storage is its own index by dot.
//!
//! One atom is inside the map, a handful are one sorted list: there are maps
//! nested in maps by the million. More are kept writer by writer in chunks of up
//! to 128, with a bit for each sequence number, so that an atom costs what its
//! payload does, and a removed one leaves a bit. Only numbers that are far from
//! one another are stored, as offsets. Reading is in order of dots, which is the
//! same for equal maps however they came about.
//!
//! **Cost** for n atoms: get, insert, remove O(log n) and a move within a chunk;
//! a run of dots O(log n) and the atoms in it; live dots O(chunks + gaps).

mod chunk;
mod chunks;
mod numbers;

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;
use core::mem;

use chunks::Chunks;

use super::super::{CausalContext, Dot, Run};
use super::{Atoms, Changes, Fragment, Wanted};

/// A map from live dots to what they stand for, in order of dots.
///
/// The file `dot_map.rs` tells how.
///
/// ```
/// use gossiper_core::causal::DotMap;
/// use gossiper_core::{Dot, ReplicaId};
///
/// let dot = |sequence| Dot::new(ReplicaId::new(1), sequence).unwrap();
/// let mut map = DotMap::default();
/// map.insert(dot(2), "b");
/// map.insert(dot(1), "a");
/// assert_eq!(map.get(dot(1)), Some(&"a"));
/// assert_eq!(format!("{map:?}"), r#"{r1#1: "a", r1#2: "b"}"#);
/// ```
#[derive(Clone)]
pub struct DotMap<T> {
    layout: Layout<T>,
}

#[derive(Clone)]
enum Layout<T> {
    /// Without an allocation: what most deltas and registers hold.
    One((Dot, T)),
    /// None, or at most [`FEW`], ascending.
    Few(Vec<(Dot, T)>),
    Many(Box<Chunks<T>>),
}

/// So many atoms at most are one list.
const FEW: usize = 16;

impl<T> DotMap<T> {
    /// The empty map.
    #[must_use]
    pub const fn new() -> Self {
        Self { layout: Layout::Few(Vec::new()) }
    }

    /// Adds an atom, in place of one of the same dot.
    #[inline]
    pub fn insert(&mut self, dot: Dot, value: T) -> Option<T> {
        match &mut self.layout {
            Layout::Many(chunks) => chunks.insert(dot, value),
            Layout::Few(atoms) if atoms.is_empty() => {
                self.layout = Layout::One((dot, value));
                None
            }
            _ => self.insert_in_list(dot, value),
        }
    }

    fn insert_in_list(&mut self, dot: Dot, value: T) -> Option<T> {
        match &mut self.layout {
            Layout::Many(chunks) => chunks.insert(dot, value),
            Layout::One((own, one)) if *own == dot => Some(mem::replace(one, value)),
            Layout::One(_) => {
                let mut atoms = Vec::with_capacity(2);
                if let Layout::One(one) = mem::take(&mut self.layout) {
                    atoms.push(one);
                }
                atoms.insert(usize::from(atoms[0].0 < dot), (dot, value));
                self.layout = Layout::Few(atoms);
                None
            }
            Layout::Few(atoms) => {
                let at = match atoms.binary_search_by_key(&dot, |(dot, _)| *dot) {
                    Ok(at) => return Some(mem::replace(&mut atoms[at].1, value)),
                    Err(at) => at,
                };
                if atoms.len() < FEW {
                    // There may be millions of such lists: no room to spare.
                    atoms.reserve_exact(1);
                    atoms.insert(at, (dot, value));
                } else {
                    let mut chunks = Chunks::default();
                    for (dot, value) in mem::take(atoms) {
                        chunks.insert(dot, value);
                    }
                    chunks.insert(dot, value);
                    self.layout = Layout::Many(Box::new(chunks));
                }
                None
            }
        }
    }

    /// The one atom, if there is one only; the map if there are others.
    ///
    /// # Errors
    ///
    /// The map itself: it has no atom, or several.
    pub fn into_only(self) -> Result<(Dot, T), Self> {
        match self.layout {
            Layout::One(atom) => Ok(atom),
            layout => Err(Self { layout }),
        }
    }

    /// Removes the atom of `dot`.
    pub fn remove(&mut self, dot: Dot) -> Option<T> {
        let mut removed = None;
        self.take(&Run::from(dot).into(), |_, value| removed = Some(value));
        removed
    }

    /// Removes the atoms of `dots` and hands each to `taken`, in order of dots.
    pub fn take(&mut self, dots: &CausalContext, mut taken: impl FnMut(Dot, T)) {
        match &mut self.layout {
            Layout::One((dot, _)) => {
                if dots.contains(*dot)
                    && let Layout::One((dot, value)) = mem::take(&mut self.layout)
                {
                    taken(dot, value);
                }
            }
            Layout::Few(atoms) => {
                let before = atoms.len();
                for (dot, value) in atoms.extract_if(.., |(dot, _)| dots.contains(*dot)) {
                    taken(dot, value);
                }
                if atoms.len() == 1
                    && let Some(atom) = atoms.pop()
                {
                    self.layout = Layout::One(atom);
                } else if atoms.len() < before {
                    atoms.shrink_to_fit();
                }
            }
            Layout::Many(chunks) => {
                for run in dots.runs() {
                    chunks.take(run, &mut taken);
                }
                self.settle();
            }
        }
    }

    /// Goes back to a list where few are left: at half of what made it chunks,
    /// so that it does not go to and fro.
    fn settle(&mut self) {
        if let Layout::Many(chunks) = &mut self.layout
            && chunks.len() <= FEW / 2
        {
            let chunks = mem::take(&mut **chunks);
            self.layout = Layout::default();
            chunks.drain(|dot, value| {
                self.insert(dot, value);
            });
        }
    }

    /// The list, or the chunks.
    fn list(&self) -> Result<&[(Dot, T)], &Chunks<T>> {
        match &self.layout {
            Layout::One(atom) => Ok(core::slice::from_ref(atom)),
            Layout::Few(atoms) => Ok(atoms),
            Layout::Many(chunks) => Err(chunks),
        }
    }

    /// What `dot` stands for.
    #[must_use]
    #[inline]
    pub fn get(&self, dot: Dot) -> Option<&T> {
        let few = match &self.layout {
            Layout::Many(chunks) => return chunks.get(dot),
            Layout::One(atom) => core::slice::from_ref(atom),
            Layout::Few(atoms) => atoms,
        };
        few.iter().find(|(own, _)| *own == dot).map(|(_, value)| value)
    }

    /// Whether `dot` is live here.
    #[must_use]
    pub fn contains(&self, dot: Dot) -> bool {
        self.get(dot).is_some()
    }

    /// How many atoms there are. O(1).
    #[must_use]
    pub fn len(&self) -> usize {
        self.list().map_or_else(Chunks::len, <[_]>::len)
    }

    /// Whether there is none. O(1).
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The atoms in order of dots.
    pub fn iter(&self) -> impl Iterator<Item = (Dot, &T)> {
        let (few, many) = match self.list() {
            Ok(atoms) => (atoms, None),
            Err(chunks) => ([].as_slice(), Some(chunks)),
        };
        let few = few.iter().map(|(dot, value)| (*dot, value));
        few.chain(many.into_iter().flat_map(Chunks::iter))
    }

    /// Shows all atoms to `each`, in order of dots: for very many cheaper than
    /// [`iter`](Self::iter).
    pub fn for_each<'a>(&'a self, mut each: impl FnMut(Dot, &'a T)) {
        match self.list() {
            Ok(atoms) => atoms.iter().for_each(|(dot, value)| each(*dot, value)),
            Err(chunks) => chunks.for_each(each),
        }
    }

    /// The dots in order.
    pub fn dots(&self) -> impl Iterator<Item = Dot> {
        self.iter().map(|(dot, _)| dot)
    }

    /// What the atoms stand for, in order of dots.
    pub fn values(&self) -> impl Iterator<Item = &T> {
        self.iter().map(|(_, value)| value)
    }

    /// The atoms of `dots` that are here, in order of dots.
    pub fn for_each_in<'a>(&'a self, dots: &CausalContext, mut each: impl FnMut(Dot, &'a T)) {
        match self.list() {
            Ok(atoms) => {
                for (dot, value) in atoms.iter().filter(|(dot, _)| dots.contains(*dot)) {
                    each(*dot, value);
                }
            }
            Err(chunks) => dots.runs().for_each(|run| chunks.for_each_in(run, &mut each)),
        }
    }

    fn runs(&self, runs: &mut Vec<Run>) {
        match self.list() {
            Ok(atoms) => runs.extend(atoms.iter().map(|(dot, _)| Run::from(*dot))),
            Err(chunks) => chunks.live(runs),
        }
    }

    /// As [`Atoms::retire`], and hands each atom to `died`.
    pub fn retire_with(
        &mut self,
        doomed: &CausalContext,
        changes: &mut Changes,
        mut died: impl FnMut(Dot, T),
    ) {
        self.take(doomed, |dot, value| {
            changes.note_death(dot);
            died(dot, value);
        });
    }

    /// As [`Atoms::absorb`], and shows each atom to `born` before it is stored.
    pub fn absorb_with(
        &mut self,
        fragment: Self,
        known: &CausalContext,
        changes: &mut Changes,
        mut born: impl FnMut(Dot, &T),
    ) {
        let mut note = |dot, value: &T| {
            born(dot, value);
            changes.note_birth(dot);
        };
        match fragment.layout {
            Layout::One((dot, value)) => {
                if !known.contains(dot) {
                    note(dot, &value);
                    self.insert(dot, value);
                }
            }
            Layout::Few(atoms) => {
                for (dot, value) in atoms.into_iter().filter(|(dot, _)| !known.contains(*dot)) {
                    note(dot, &value);
                    self.insert(dot, value);
                }
            }
            Layout::Many(mut chunks) => {
                let mut live = Vec::new();
                chunks.live(&mut live);
                let live = CausalContext::from_iter(live);
                let unknown = live.difference(known);
                if unknown == live {
                    chunks.for_each(note);
                    self.append(chunks);
                } else {
                    // Run by run: in a whole state nearly all is known.
                    unknown.runs().for_each(|run| {
                        chunks.take(run, |dot, value| {
                            note(dot, &value);
                            self.insert(dot, value);
                        });
                    });
                }
            }
        }
    }

    /// Takes in all these atoms: chunks as they are, where they come behind
    /// others.
    fn append(&mut self, others: Box<Chunks<T>>) {
        if let Layout::Many(own) = &mut self.layout {
            return own.append(*others);
        }
        match mem::replace(&mut self.layout, Layout::Many(others)) {
            Layout::One((dot, value)) => {
                self.insert(dot, value);
            }
            Layout::Few(atoms) => atoms.into_iter().for_each(|(dot, value)| {
                self.insert(dot, value);
            }),
            Layout::Many(_) => {}
        }
    }
}

impl<T: Clone + 'static> Atoms for DotMap<T> {
    type Fragment = Self;

    fn is_bottom(&self) -> bool {
        self.is_empty()
    }

    fn live(&self, runs: &mut Vec<Run>) {
        self.runs(runs);
    }

    fn only(&self) -> Option<Dot> {
        match &self.layout {
            Layout::One((dot, _)) => Some(*dot),
            Layout::Few(_) | Layout::Many(_) => None,
        }
    }

    fn retire(&mut self, doomed: &CausalContext, changes: &mut Changes) {
        self.retire_with(doomed, changes, |_, _| {});
    }

    fn absorb(&mut self, fragment: Self, known: &CausalContext, changes: &mut Changes) {
        self.absorb_with(fragment, known, changes, |_, _| {});
    }

    fn pick(&self, wanted: Wanted<'_>) -> Self {
        match self.list() {
            Ok(atoms) => atoms.iter().filter(|(dot, _)| wanted.contains(*dot)).cloned().collect(),
            Err(chunks) => {
                let mut picked = Self { layout: Layout::Many(Box::new(chunks.pick(wanted))) };
                picked.settle();
                picked
            }
        }
    }
}

impl<T: Clone + 'static> Fragment for DotMap<T> {
    fn decompose(mut self, atoms: &mut Vec<Self>) {
        let live: CausalContext = self.dots().collect();
        self.take(&live, |dot, value| atoms.push(Self::from_iter([(dot, value)])));
    }
}

// By hand: deriving would ask for `T: Default`.
impl<T> Default for Layout<T> {
    fn default() -> Self {
        Self::Few(Vec::new())
    }
}

// By hand: deriving would ask for `T: Default`.
impl<T> Default for DotMap<T> {
    fn default() -> Self {
        Self::new()
    }
}

/// Equal atoms, in whatever layout.
impl<T: PartialEq> PartialEq for DotMap<T> {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len() && self.iter().eq(other.iter())
    }
}

impl<T: Eq> Eq for DotMap<T> {}

impl<T: core::hash::Hash> core::hash::Hash for DotMap<T> {
    fn hash<H: core::hash::Hasher>(&self, state: &mut H) {
        self.len().hash(state);
        self.iter().for_each(|atom| atom.hash(state));
    }
}

impl<T> FromIterator<(Dot, T)> for DotMap<T> {
    fn from_iter<I: IntoIterator<Item = (Dot, T)>>(atoms: I) -> Self {
        let mut map = Self::new();
        for (dot, value) in atoms {
            map.insert(dot, value);
        }
        map
    }
}

/// Reads as `{r1#1: "a", r1#2: "b"}`.
impl<T: fmt::Debug> fmt::Debug for DotMap<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

/// A list for each writer: how many sequence numbers are skipped before each
/// atom, and its payload.
#[cfg(feature = "serde")]
mod wire {
    use alloc::collections::BTreeMap;

    use serde::de::{Deserialize, Deserializer, Error};
    use serde::ser::{Serialize, Serializer};

    use super::*;
    use crate::lattice::ReplicaId;

    impl<T: Serialize> Serialize for DotMap<T> {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            let mut writers: Vec<(ReplicaId, Vec<(u64, &T)>)> = Vec::new();
            let mut next = 1;
            for (dot, value) in self.iter() {
                if writers.last().is_none_or(|(writer, _)| *writer != dot.replica()) {
                    writers.push((dot.replica(), Vec::new()));
                    next = 1;
                }
                if let Some((_, atoms)) = writers.last_mut() {
                    atoms.push((dot.sequence() - next, value));
                }
                next = dot.sequence().saturating_add(1);
            }
            serializer.collect_map(writers)
        }
    }

    impl<'de, T: Deserialize<'de>> Deserialize<'de> for DotMap<T> {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            let writers: BTreeMap<ReplicaId, Vec<(u64, T)>> =
                crate::lattice::canonical::ordered_map(deserializer)?;
            let mut map = Self::new();
            for (replica, atoms) in writers {
                if atoms.is_empty() {
                    return Err(D::Error::custom("a writer without atoms"));
                }
                let mut last = 0_u64;
                for (skipped, value) in atoms {
                    let sequence = last.checked_add(1).and_then(|next| next.checked_add(skipped));
                    let dot = sequence.and_then(|sequence| Dot::new(replica, sequence));
                    let dot = dot.ok_or_else(|| D::Error::custom("a sequence number overflows"))?;
                    last = dot.sequence();
                    map.insert(dot, value);
                }
            }
            Ok(map)
        }
    }
}

#[cfg(test)]
mod tests {
    use alloc::collections::BTreeMap;

    use super::*;
    use crate::lattice::ReplicaId;
    use crate::random::{DeterministicRng, RandomSource};

    fn dot(replica: u64, sequence: u64) -> Dot {
        Dot::new(ReplicaId::new(replica), sequence).unwrap()
    }

    fn live(map: &DotMap<u64>) -> CausalContext {
        let mut runs = Vec::new();
        map.live(&mut runs);
        CausalContext::from_iter(runs)
    }

    fn random_set(rng: &mut DeterministicRng, span: u64) -> CausalContext {
        let runs = (0..rng.below(5)).filter_map(|_| {
            let first = 1 + rng.below(span);
            Run::new(dot(1 + rng.below(3), first), first + rng.below(span / 3 + 1))
        });
        runs.collect()
    }

    /// Every operation beside a plain map, small enough for a list and large
    /// enough for many chunks.
    #[test]
    fn maps_agree_with_a_plain_map() {
        for (span, steps) in [(6, 60), (40, 400), (4_000, 6_000)] {
            let mut rng = DeterministicRng::new(span);
            let (mut map, mut model) = (DotMap::new(), BTreeMap::new());
            for step in 0..steps {
                match rng.below(if span > 1_000 { 40 } else { 8 }) {
                    0 => {
                        let doomed = random_set(&mut rng, span);
                        let mut taken = Vec::new();
                        map.take(&doomed, |dot, value| taken.push((dot, value)));
                        let gone: Vec<_> = model
                            .iter()
                            .filter(|(dot, _)| doomed.contains(**dot))
                            .map(|(dot, value)| (*dot, *value))
                            .collect();
                        model.retain(|dot, _| !doomed.contains(*dot));
                        assert_eq!(taken, gone);
                    }
                    1 => {
                        let dot = dot(1 + rng.below(3), 1 + rng.below(span));
                        assert_eq!(map.remove(dot), model.remove(&dot));
                    }
                    2 => {
                        // In order, as a writer's own dots come.
                        let writer = 1 + rng.below(3);
                        let last = model
                            .keys()
                            .filter(|dot: &&Dot| dot.replica() == ReplicaId::new(writer))
                            .map(|dot| dot.sequence())
                            .max();
                        for next in 1..=rng.below(600) {
                            let dot = dot(writer, last.unwrap_or(0) + next);
                            assert_eq!(map.insert(dot, step), model.insert(dot, step));
                        }
                    }
                    _ => {
                        let dot = dot(1 + rng.below(3), 1 + rng.below(span));
                        assert_eq!(map.insert(dot, step), model.insert(dot, step));
                    }
                }
                assert_eq!(map.len(), model.len());
                if step % 50 == 0 || span < 10 {
                    assert!(map.iter().eq(model.iter().map(|(dot, value)| (*dot, value))));
                    assert_eq!(live(&map), model.keys().copied().collect());
                    let set = random_set(&mut rng, span);
                    for wanted in [Wanted::In(&set), Wanted::NotIn(&set)] {
                        let picked = map.pick(wanted);
                        let expected = model.iter().filter(|(dot, _)| wanted.contains(**dot));
                        assert!(picked.iter().eq(expected.map(|(dot, value)| (*dot, value))));
                    }
                    let mut seen = Vec::new();
                    map.for_each_in(&set, |dot, _| seen.push(dot));
                    assert!(seen.iter().eq(model.keys().filter(|dot| set.contains(**dot))));
                    let probe = dot(1 + rng.below(3), 1 + rng.below(span));
                    assert_eq!(map.get(probe), model.get(&probe));
                }
            }
        }
    }

    /// Fragments of many atoms that are all unknown go in as they are: behind what
    /// is here, before it, between it, of other writers, and once more.
    #[test]
    fn whole_chunks_are_taken_in_as_single_atoms_are() {
        let mut rng = DeterministicRng::new(8);
        for _ in 0..60 {
            let (mut map, mut model) = (DotMap::new(), BTreeMap::new());
            for _ in 0..1 + rng.below(12) {
                let (writer, step) = (1 + rng.below(2), 1 + rng.below(3));
                let first = [1, 1_000, 1 + rng.below(4_000)][rng.below(3) as usize];
                let atoms: Vec<_> = (0..rng.below(400))
                    .map(|n| (dot(writer, first + n * step), first + n * step))
                    .collect();
                map.absorb(
                    atoms.iter().copied().collect(),
                    &CausalContext::new(),
                    &mut Changes::default(),
                );
                model.extend(atoms);
                assert!(map.iter().eq(model.iter().map(|(dot, value)| (*dot, value))));
                assert_eq!(map.len(), model.len());
                let mut shown = Vec::new();
                map.for_each(|dot, value| shown.push((dot, *value)));
                assert!(shown.into_iter().eq(model.clone()));
                assert!(model.iter().all(|(dot, value)| map.get(*dot) == Some(value)));
            }
            let doomed = random_set(&mut rng, 4_000);
            map.take(&doomed, |_, _| {});
            model.retain(|dot, _| !doomed.contains(*dot));
            assert!(map.iter().eq(model.iter().map(|(dot, value)| (*dot, value))));
        }
    }

    #[test]
    fn an_absorbed_fragment_brings_what_is_not_known() {
        let fragment = |last| (1..=last).map(|n| (dot(1, n), n)).collect::<DotMap<u64>>();
        for last in [9, 900] {
            let known = CausalContext::from_iter([Run::new(dot(1, 3), last - 2).unwrap()]);
            let (mut map, mut changes) = (DotMap::new(), Changes::default());
            map.absorb(fragment(last), &known, &mut changes);
            let news = [dot(1, 1), dot(1, 2), dot(1, last - 1), dot(1, last)];
            assert_eq!(changes.born(), news);
            assert!(map.dots().eq(news));
            map.retire(&[dot(1, 2), dot(7, 1)].into_iter().collect(), &mut changes);
            assert_eq!(changes.died(), [dot(1, 2)]);
            assert_eq!(map.only(), None);
            map.retire(&news[2..].iter().copied().collect(), &mut changes);
            assert_eq!(map.only(), Some(dot(1, 1)));
        }
    }
}
