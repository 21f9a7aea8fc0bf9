//! Many atoms: the chunks of each writer.

use alloc::vec::Vec;
use core::ops::Range;

use super::chunk::{CAPACITY, Chunk};
use crate::lattice::causal::Wanted;
use crate::lattice::{CausalContext, Dot, ReplicaId, Run};

/// The atoms of all writers, in order of writer and sequence.
#[derive(Clone)]
pub(super) struct Chunks<T> {
    writers: Vec<Writer<T>>,
    len: usize,
}

/// The chunks of one writer, at least one, in order.
#[derive(Clone)]
struct Writer<T> {
    replica: ReplicaId,
    /// The first number of each chunk: apart, so that a search stays within few
    /// cache lines.
    firsts: Vec<u64>,
    chunks: Vec<Chunk<T>>,
}

impl<T> Default for Chunks<T> {
    fn default() -> Self {
        Self { writers: Vec::new(), len: 0 }
    }
}

impl<T> Chunks<T> {
    pub(super) const fn len(&self) -> usize {
        self.len
    }

    pub(super) fn insert(&mut self, dot: Dot, value: T) -> Option<T> {
        let (replica, number) = (dot.replica(), dot.sequence());
        let replaced = match self.place(replica) {
            Ok(at) => self.writers[at].insert(number, value),
            Err(at) => {
                let chunks = alloc::vec![Chunk::new(number, value)];
                self.writers.insert(at, Writer { replica, firsts: alloc::vec![number], chunks });
                None
            }
        };
        self.len += usize::from(replaced.is_none());
        replaced
    }

    pub(super) fn get(&self, dot: Dot) -> Option<&T> {
        let writer = &self.writers[self.place(dot.replica()).ok()?];
        let chunk = &writer.chunks[writer.chunk_of(dot.sequence())];
        let (number, value) = chunk.get(chunk.lower_bound(dot.sequence()))?;
        (number == dot.sequence()).then_some(value)
    }

    /// Removes the atoms of a run, and hands them over in order.
    pub(super) fn take(&mut self, run: Run, mut taken: impl FnMut(Dot, T)) {
        let Ok(at) = self.place(run.replica()) else { return };
        let writer = &mut self.writers[at];
        let mut count = 0;
        writer.take(run, |number, value| {
            count += 1;
            if let Some(dot) = Dot::new(run.replica(), number) {
                taken(dot, value);
            }
        });
        if writer.chunks.is_empty() {
            self.writers.remove(at);
        }
        self.len -= count;
    }

    /// Removes all atoms, and hands them over in order.
    pub(super) fn drain(self, mut taken: impl FnMut(Dot, T)) {
        for writer in self.writers {
            for mut chunk in writer.chunks {
                chunk.take(0..chunk.len(), |number, value| {
                    if let Some(dot) = Dot::new(writer.replica, number) {
                        taken(dot, value);
                    }
                });
            }
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (Dot, &T)> {
        self.writers.iter().flat_map(|writer| {
            let atoms = writer
                .chunks
                .iter()
                .flat_map(|chunk| (0..chunk.len()).map_while(|at| chunk.get(at)));
            atoms.filter_map(|(number, value)| Some((Dot::new(writer.replica, number)?, value)))
        })
    }

    pub(super) fn for_each_in<'a>(&'a self, run: Run, mut each: impl FnMut(Dot, &'a T)) {
        let Ok(at) = self.place(run.replica()) else { return };
        let writer = &self.writers[at];
        for (chunk, range) in writer.within(run) {
            for (number, value) in range.filter_map(|at| chunk.get(at)) {
                if let Some(dot) = Dot::new(run.replica(), number) {
                    each(dot, value);
                }
            }
        }
    }

    pub(super) fn live(&self, runs: &mut Vec<Run>) {
        for writer in &self.writers {
            for chunk in &writer.chunks {
                chunk.runs(|first, last| {
                    let first = Dot::new(writer.replica, first);
                    runs.extend(first.and_then(|first| Run::new(first, last)));
                });
            }
        }
    }

    /// Where a writer is, or is to be.
    fn place(&self, replica: ReplicaId) -> Result<usize, usize> {
        self.writers.binary_search_by_key(&replica, |writer| writer.replica)
    }
}

impl<T: Clone> Chunks<T> {
    /// A copy of the atoms that are wanted.
    pub(super) fn pick(&self, wanted: Wanted<'_>) -> Self {
        let mut picked = Self::default();
        for writer in &self.writers {
            let mut chunks: Vec<Chunk<T>> = Vec::new();
            let span = writer.span();
            for run in span.map(|span| wanted.within(span)).iter().flat_map(CausalContext::runs) {
                for (chunk, range) in writer.within(run) {
                    let copy = chunk.copy(range);
                    // Many short runs still make few chunks.
                    match chunks.last_mut() {
                        Some(last) if last.len() + copy.len() <= CAPACITY => last.append(copy),
                        _ => chunks.push(copy),
                    }
                }
            }
            if !chunks.is_empty() {
                picked.len += chunks.iter().map(Chunk::len).sum::<usize>();
                let firsts = chunks.iter().map(Chunk::first).collect();
                picked.writers.push(Writer { replica: writer.replica, firsts, chunks });
            }
        }
        picked
    }
}

impl<T> Writer<T> {
    /// The chunk that holds `number`, or would.
    fn chunk_of(&self, number: u64) -> usize {
        self.firsts.partition_point(|first| *first <= number).saturating_sub(1)
    }

    /// From the first atom to the last.
    fn span(&self) -> Option<Run> {
        let first = Dot::new(self.replica, *self.firsts.first()?)?;
        Run::new(first, self.chunks.last()?.last())
    }

    /// The parts of chunks within a run of this writer.
    fn within(&self, run: Run) -> impl Iterator<Item = (&Chunk<T>, Range<usize>)> {
        let chunks = self.chunks[self.chunk_of(run.first())..].iter();
        chunks
            .take_while(move |chunk| chunk.first() <= run.last())
            .map(move |chunk| (chunk, chunk.range(run.first(), run.last())))
            .filter(|(_, range)| !range.is_empty())
    }

    fn insert(&mut self, number: u64, value: T) -> Option<T> {
        let mut at = self.chunk_of(number);
        if self.chunks[at].is_full() {
            if at + 1 == self.chunks.len() && number > self.chunks[at].last() {
                // In order, as a writer's own atoms come: chunks stay full.
                self.firsts.push(number);
                self.chunks.push(Chunk::new(number, value));
                return None;
            }
            let second = self.chunks[at].split();
            let first = second.first();
            self.firsts.insert(at + 1, first);
            self.chunks.insert(at + 1, second);
            at += usize::from(number >= first);
        }
        let replaced = self.chunks[at].insert(number, value);
        self.firsts[at] = self.chunks[at].first();
        replaced
    }

    fn take(&mut self, run: Run, mut taken: impl FnMut(u64, T)) {
        let begin = self.chunk_of(run.first());
        let mut end = begin;
        while self.firsts.get(end).is_some_and(|first| *first <= run.last()) {
            let range = self.chunks[end].range(run.first(), run.last());
            self.chunks[end].take(range, &mut taken);
            end += 1;
        }
        self.tidy(begin..end);
    }

    /// Drops empty chunks among those at `range`, and joins small ones with the
    /// chunk before.
    fn tidy(&mut self, range: Range<usize>) {
        let mut kept = range.start;
        for at in range.clone() {
            if self.chunks[at].len() > 0 {
                self.chunks.swap(kept, at);
                kept += 1;
            }
        }
        self.chunks.drain(kept..range.end);
        self.firsts.drain(kept..range.end);
        // Back to front, so that what is joined does not move what is to come;
        // the neighbours on both sides may be joined as well.
        for at in (range.start.max(1)..=kept).rev() {
            let Some(chunk) = self.chunks.get(at).map(Chunk::len) else { continue };
            let before = self.chunks[at - 1].len();
            if chunk.min(before) < CAPACITY / 4 && before + chunk <= CAPACITY / 2 {
                let chunk = self.chunks.remove(at);
                self.firsts.remove(at);
                self.chunks[at - 1].append(chunk);
            }
        }
        let touched = range.start.saturating_sub(1)..(kept + 1).min(self.chunks.len());
        for at in touched {
            self.chunks[at].shrink();
            self.firsts[at] = self.chunks[at].first();
        }
    }
}
