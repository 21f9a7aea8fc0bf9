//! Many atoms: the chunks of each writer.

use alloc::collections::BTreeMap;
use alloc::collections::btree_map::Entry;
use alloc::vec::Vec;
use core::ops::Range;

use super::chunk::{CAPACITY, Chunk, SMALL};
use crate::lattice::causal::Wanted;
use crate::lattice::{CausalContext, Dot, ReplicaId, Run};

/// The atoms of all writers, in order of writer and sequence.
#[derive(Clone)]
pub(super) struct Chunks<T> {
    /// A tree: of many writers some are always new, and none may move the others.
    writers: BTreeMap<ReplicaId, Writer<T>>,
    len: usize,
}

/// The chunks of one writer, at least one, in order.
#[derive(Clone)]
struct Writer<T> {
    /// The first number of each chunk: apart, so that a search stays within few
    /// cache lines.
    firsts: Vec<u64>,
    chunks: Vec<Chunk<T>>,
    /// How many chunks a number further is, times 2⁶⁴, on average.
    rate: u64,
}

impl<T> Default for Chunks<T> {
    fn default() -> Self {
        Self { writers: BTreeMap::new(), len: 0 }
    }
}

impl<T> Chunks<T> {
    pub(super) const fn len(&self) -> usize {
        self.len
    }

    pub(super) fn insert(&mut self, dot: Dot, value: T) -> Option<T> {
        // Not by an entry, which would remember the way to a place for a new writer.
        let replaced = match self.writers.get_mut(&dot.replica()) {
            Some(writer) => writer.insert(dot.sequence(), value),
            None => {
                let chunks = alloc::vec![Chunk::new(dot.sequence(), value)];
                self.writers.insert(dot.replica(), Writer::new(chunks));
                None
            }
        };
        self.len += usize::from(replaced.is_none());
        replaced
    }

    #[inline]
    pub(super) fn get(&self, dot: Dot) -> Option<&T> {
        self.writers.get(&dot.replica())?.get(dot.sequence())
    }

    /// Removes the atoms of a run, and hands them over in order.
    pub(super) fn take(&mut self, run: Run, mut taken: impl FnMut(Dot, T)) {
        let Some(writer) = self.writers.get_mut(&run.replica()) else { return };
        let mut count = 0;
        writer.take(run, |number, value| {
            count += 1;
            if let Some(dot) = Dot::new(run.replica(), number) {
                taken(dot, value);
            }
        });
        if writer.chunks.is_empty() {
            self.writers.remove(&run.replica());
        }
        self.len -= count;
    }

    /// Removes all atoms, and hands them over in order.
    pub(super) fn drain(self, mut taken: impl FnMut(Dot, T)) {
        for (replica, writer) in self.writers {
            for mut chunk in writer.chunks {
                chunk.take(0, u64::MAX, |number, value| {
                    if let Some(dot) = Dot::new(replica, number) {
                        taken(dot, value);
                    }
                });
            }
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (Dot, &T)> {
        self.writers.iter().flat_map(|(replica, writer)| {
            let atoms = writer.chunks.iter().flat_map(|chunk| chunk.within(0, u64::MAX));
            atoms.filter_map(|(number, value)| Some((Dot::new(*replica, number)?, value)))
        })
    }

    /// Shows all atoms in order.
    pub(super) fn for_each<'a>(&'a self, mut each: impl FnMut(Dot, &'a T)) {
        for (replica, writer) in &self.writers {
            for chunk in &writer.chunks {
                chunk.for_each(|number, value| {
                    if let Some(dot) = Dot::new(*replica, number) {
                        each(dot, value);
                    }
                });
            }
        }
    }

    /// Takes in all atoms of `others`. O(chunks) where those of each writer come
    /// behind those that are here.
    pub(super) fn append(&mut self, others: Self) {
        for (replica, writer) in others.writers {
            self.len += match self.writers.entry(replica) {
                Entry::Occupied(own) => own.into_mut().append(writer.chunks),
                Entry::Vacant(place) => {
                    place.insert(writer).chunks.iter().map(Chunk::len).sum::<usize>()
                }
            };
        }
    }

    pub(super) fn for_each_in<'a>(&'a self, run: Run, mut each: impl FnMut(Dot, &'a T)) {
        let Some(writer) = self.writers.get(&run.replica()) else { return };
        for chunk in writer.within(run) {
            for (number, value) in chunk.within(run.first(), run.last()) {
                if let Some(dot) = Dot::new(run.replica(), number) {
                    each(dot, value);
                }
            }
        }
    }

    pub(super) fn live(&self, runs: &mut Vec<Run>) {
        for (replica, writer) in &self.writers {
            for chunk in &writer.chunks {
                chunk.runs(|first, last| {
                    let first = Dot::new(*replica, first);
                    runs.extend(first.and_then(|first| Run::new(first, last)));
                });
            }
        }
    }
}

impl<T: Clone> Chunks<T> {
    /// A copy of the atoms that are wanted.
    pub(super) fn pick(&self, wanted: Wanted<'_>) -> Self {
        let mut picked = Self::default();
        for (replica, writer) in &self.writers {
            let mut chunks: Vec<Chunk<T>> = Vec::new();
            let span = writer.span(*replica);
            for run in span.map(|span| wanted.within(span)).iter().flat_map(CausalContext::runs) {
                let copies = writer.within(run).filter_map(|own| own.copy(run.first(), run.last()));
                for copy in copies {
                    // Many short runs still make few chunks.
                    match chunks.last_mut() {
                        Some(last) if last.takes(&copy, CAPACITY) => last.append(copy),
                        _ => chunks.push(copy),
                    }
                }
            }
            if !chunks.is_empty() {
                picked.len += chunks.iter().map(Chunk::len).sum::<usize>();
                picked.writers.insert(*replica, Writer::new(chunks));
            }
        }
        picked
    }
}

impl<T> Writer<T> {
    fn new(mut chunks: Vec<Chunk<T>>) -> Self {
        // Of many writers each has one.
        chunks.shrink_to_fit();
        let firsts = chunks.iter().map(Chunk::first).collect();
        let mut writer = Self { firsts, chunks, rate: 0 };
        writer.measure();
        writer
    }

    /// What `number` stands for.
    #[inline]
    fn get(&self, number: u64) -> Option<&T> {
        // A chunk that has the number is the one: the first numbers of others are
        // not read, which may be far away.
        let guessed = self.chunks.get(self.guess(number)).and_then(|chunk| chunk.get(number));
        guessed.or_else(|| self.search(number))
    }

    #[inline(never)]
    fn search(&self, number: u64) -> Option<&T> {
        self.chunks[self.chunk_of(number)].get(number)
    }

    /// The chunk that holds `number` if all span the same, as those of a writer
    /// who only adds do.
    #[inline]
    fn guess(&self, number: u64) -> usize {
        let first = self.firsts.first().copied().unwrap_or(0);
        let guess = u128::from(number.saturating_sub(first)) * u128::from(self.rate);
        #[expect(clippy::cast_possible_truncation, reason = "a wrong guess is only a guess")]
        let guess = (guess >> 64) as usize;
        guess
    }

    /// The chunk that holds `number`, or would.
    fn chunk_of(&self, number: u64) -> usize {
        let guess = self.guess(number);
        if self.firsts.get(guess).is_some_and(|first| *first <= number)
            && self.firsts.get(guess + 1).is_none_or(|next| number < *next)
        {
            return guess;
        }
        self.firsts.partition_point(|first| *first <= number).saturating_sub(1)
    }

    /// Chunks have come or gone.
    fn measure(&mut self) {
        let last = self.firsts.len().saturating_sub(1);
        let span = self.firsts.get(last).map_or(0, |first| first - self.firsts[0]);
        // Different numbers: their span is no less than their number, less one.
        self.rate =
            (((last as u128) << 64) / u128::from(span.max(1))).try_into().unwrap_or(u64::MAX);
    }

    /// From the first atom to the last.
    fn span(&self, replica: ReplicaId) -> Option<Run> {
        let first = Dot::new(replica, *self.firsts.first()?)?;
        Run::new(first, self.chunks.last()?.last())
    }

    /// The chunks that may have atoms of a run of this writer.
    fn within(&self, run: Run) -> impl Iterator<Item = &Chunk<T>> {
        let chunks = self.chunks[self.chunk_of(run.first())..].iter();
        chunks.take_while(move |chunk| chunk.first() <= run.last())
    }

    #[inline]
    fn insert(&mut self, number: u64, value: T) -> Option<T> {
        // In order, as they mostly come.
        if let Some(last) = self.chunks.last_mut()
            && last.is_next(number)
        {
            last.push(number, value);
            return None;
        }
        self.insert_anywhere(number, value)
    }

    #[inline(never)]
    fn insert_anywhere(&mut self, number: u64, value: T) -> Option<T> {
        if let Some(last) = self.chunks.last_mut()
            && number > last.last()
            && last.has_room_for(number)
        {
            last.push(number, value);
            return None;
        }
        let mut at = self.chunk_of(number);
        let value = match self.chunks[at].replace(number, value) {
            Ok(replaced) => return Some(replaced),
            Err(value) => value,
        };
        let (first, last) = (self.chunks[at].first(), self.chunks[at].last());
        if (first..last).contains(&number) {
            if self.chunks[at].is_full() {
                let second = self.chunks[at].split();
                let behind = number >= second.first();
                self.add(at + 1, second);
                at += usize::from(behind);
            }
        } else if !self.chunks[at].has_room_for(number) {
            // Between two chunks, or at an end.
            at += usize::from(number > first);
            if self.chunks.get(at).is_none_or(|next| !next.has_room_for(number)) {
                self.add(at, Chunk::new(number, value));
                return None;
            }
        }
        self.chunks[at].insert(number, value);
        self.firsts[at] = self.chunks[at].first();
        None
    }

    /// Takes in chunks in order; returns how many of their numbers were not here.
    fn append(&mut self, chunks: Vec<Chunk<T>>) -> usize {
        let mut count = 0;
        for mut chunk in chunks {
            count += chunk.len();
            match self.chunks.last_mut() {
                Some(last) if chunk.first() <= last.last() => {
                    chunk.take(0, u64::MAX, |number, value| {
                        count -= usize::from(self.insert(number, value).is_some());
                    });
                }
                // Few that come together do not make a chunk.
                Some(last) if last.takes(&chunk, CAPACITY) => last.append(chunk),
                _ => {
                    self.firsts.push(chunk.first());
                    self.chunks.push(chunk);
                }
            }
        }
        self.measure();
        count
    }

    fn add(&mut self, at: usize, chunk: Chunk<T>) {
        self.firsts.insert(at, chunk.first());
        self.chunks.insert(at, chunk);
        self.measure();
    }

    fn take(&mut self, run: Run, mut taken: impl FnMut(u64, T)) {
        // The dot that a removal takes itself, which no atom has.
        if self.chunks.last().is_none_or(|last| last.last() < run.first()) {
            return;
        }
        if run.first() == run.last() {
            self.take_one(run.first()).into_iter().for_each(|value| taken(run.first(), value));
            return;
        }
        let begin = self.chunk_of(run.first());
        let (mut end, mut small) = (begin, false);
        while self.firsts.get(end).is_some_and(|first| *first <= run.last()) {
            let chunk = &mut self.chunks[end];
            let before = chunk.len();
            chunk.take(run.first(), run.last(), &mut taken);
            if chunk.len() > 0 {
                self.firsts[end] = chunk.first();
            }
            small |= chunk.len() < before.min(SMALL);
            end += 1;
        }
        if small {
            self.tidy(begin..end);
        }
    }

    fn take_one(&mut self, number: u64) -> Option<T> {
        let mut at = self.guess(number);
        let mut taken = self.chunks.get_mut(at).and_then(|chunk| chunk.take_one(number));
        if taken.is_none() {
            at = self.chunk_of(number);
            taken = self.chunks[at].take_one(number);
        }
        if taken.is_some() {
            let chunk = &self.chunks[at];
            if chunk.len() > 0 {
                self.firsts[at] = chunk.first();
            }
            if chunk.len() < SMALL {
                self.tidy(at..at + 1);
            }
        }
        taken
    }

    /// Drops empty chunks among those at `range`, and joins small ones with the
    /// chunk before.
    fn tidy(&mut self, range: Range<usize>) {
        let mut kept = range.start;
        for at in range.clone() {
            if self.chunks[at].len() > 0 {
                self.chunks.swap(kept, at);
                self.firsts.swap(kept, at);
                kept += 1;
            }
        }
        self.chunks.drain(kept..range.end);
        self.firsts.drain(kept..range.end);
        // Back to front, so that what is joined does not move what is to come;
        // the neighbours on both sides may be joined as well.
        for at in (range.start.max(1)..=kept).rev() {
            let Some(chunk) = self.chunks.get(at) else { continue };
            let before = &self.chunks[at - 1];
            if chunk.len().min(before.len()) < SMALL && before.takes(chunk, CAPACITY / 2) {
                let chunk = self.chunks.remove(at);
                self.firsts.remove(at);
                self.chunks[at - 1].append(chunk);
                self.chunks[at - 1].shrink();
            }
        }
        self.measure();
    }
}

#[cfg(test)]
mod tests {
    use alloc::boxed::Box;

    use super::*;

    /// Whoever chooses the numbers: chunks are neither many nor long, and all
    /// atoms are found.
    #[test]
    fn no_order_of_insertion_makes_small_chunks() {
        const COUNT: u64 = 6_000;
        let far = u64::from(u32::MAX);
        type Order = Box<dyn Fn(u64) -> u64>;
        let numbers: [(&str, Order); 8] = [
            ("ascending", Box::new(|n| n + 1)),
            ("descending", Box::new(|n| COUNT - n)),
            ("descending from the end", Box::new(|n| u64::MAX - n)),
            ("alternating", Box::new(|n| if n % 2 == 0 { 1 + n } else { 1_000_000 - n })),
            ("descending between others", Box::new(|n| if n < 40 { n + 1 } else { 99_999 - n })),
            ("with steps", Box::new(|n| 1 + n * 129)),
            ("by bits", Box::new(|n| 1 + (n as u16).reverse_bits() as u64)),
            ("with holes, backwards", Box::new(|n| (COUNT - n) * 1_000)),
        ];
        for (order, number) in numbers {
            let mut chunks = Chunks::default();
            for n in 0..COUNT {
                let dot = Dot::new(ReplicaId::new(1), number(n)).unwrap();
                assert_eq!(chunks.insert(dot, n), None, "{order}");
            }
            let writer = &chunks.writers[&ReplicaId::new(1)];
            assert!(writer.chunks.len() as u64 <= COUNT / 16, "{order}: {}", writer.chunks.len());
            assert!(writer.chunks.iter().all(|chunk| (1..=CAPACITY).contains(&chunk.len())));
            assert!(writer.firsts.iter().copied().eq(writer.chunks.iter().map(Chunk::first)));
            assert!(chunks.iter().is_sorted_by(|(a, _), (b, _)| a < b), "{order}");
            for n in 0..COUNT {
                let dot = Dot::new(ReplicaId::new(1), number(n)).unwrap();
                assert_eq!(chunks.get(dot), Some(&n), "{order}");
            }
            // One in 50 stays, and what stays moves together.
            for n in (0..COUNT).filter(|n| n % 50 > 0) {
                let dot = Dot::new(ReplicaId::new(1), number(n)).unwrap();
                chunks.take(dot.into(), |_, own| assert_eq!(own, n));
            }
            let writer = &chunks.writers[&ReplicaId::new(1)];
            assert_eq!(chunks.len() as u64, COUNT / 50);
            assert!(writer.chunks.len() as u64 <= 2 + COUNT / 50 / 8, "{order}");
        }
        // Only what is 2^32 apart cannot share a chunk.
        let mut chunks = Chunks::default();
        for n in 0..1_000 {
            chunks.insert(Dot::new(ReplicaId::new(1), 1 + n * (far + 1)).unwrap(), n);
        }
        assert_eq!(chunks.writers[&ReplicaId::new(1)].chunks.len(), 1_000);
        assert!(chunks.iter().map(|(_, n)| *n).eq(0..1_000));
    }
}
