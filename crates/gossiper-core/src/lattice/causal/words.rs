//! What is kept beside a causal state: its fingerprint, and a sketch.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use super::super::{CausalContext, Dot, DotWord, Fingerprint, FingerprintKey, ReplicaId, Run};
use super::Changes;
use crate::reconcile::{Difference, ReconcileKey, Sketch};

/// With so many runs of live dots the digest takes about a kilobyte, as a sketch
/// of twenty differences with its frames does.
pub(super) const FEW_RUNS: usize = 256;

/// What the fingerprint of a causal state is made of, and the sketch of its live
/// dots, once one was needed.
#[derive(Clone, Debug)]
pub(super) struct Words {
    /// Over the live dots.
    live: DotWord,
    /// Over the context.
    known: DotWord,
    sketch: Option<Box<Sketch>>,
}

impl Words {
    pub(super) fn of(key: FingerprintKey, live: &CausalContext, known: &CausalContext) -> Self {
        Self { live: DotWord::of(key, live), known: DotWord::of(key, known), sketch: None }
    }

    pub(super) fn key(&self) -> FingerprintKey {
        self.live.key()
    }

    pub(super) fn fingerprint(&self, rest: u128) -> Fingerprint {
        Fingerprint { atoms: self.live.value().wrapping_add(rest), context: self.known.value() }
    }

    /// Atoms came and went.
    pub(super) fn follow(&mut self, changes: &Changes) {
        changes.born().iter().for_each(|dot| self.live.add(Run::from(*dot)));
        // What was removed together is mostly consecutive.
        let mut died: Option<Run> = None;
        for dot in changes.died() {
            let next = Run::from(*dot);
            if !died.as_mut().is_some_and(|run| run.extend(next)) {
                died.replace(next).into_iter().for_each(|run| self.live.remove(run));
            }
        }
        died.into_iter().for_each(|run| self.live.remove(run));
        self.follow_in_sketch(changes);
    }

    /// Dots became known that were not.
    pub(super) fn learn(&mut self, dots: &CausalContext) {
        dots.runs().for_each(|run| self.known.add(run));
    }

    fn follow_in_sketch(&mut self, changes: &Changes) {
        let Some(sketch) = &mut self.sketch else { return };
        let key = *sketch.key();
        for (dots, born) in [(changes.born(), true), (changes.died(), false)] {
            for dot in dots {
                match word(&key, *dot) {
                    Some(word) if born => sketch.insert(word),
                    Some(word) => sketch.remove(word),
                    // It is made anew when it is needed, or not.
                    None => return self.sketch = None,
                }
            }
        }
    }

    /// Keeps a sketch from now on, unless a number is too great for one.
    pub(super) fn maintain_sketch(&mut self, live: &CausalContext) -> bool {
        if self.sketch.is_none() {
            let key = self.key().reconcile();
            let words: Option<Vec<u64>> = live.dots().map(|dot| word(&key, dot)).collect();
            self.sketch =
                words.map(|words| Box::new(Sketch::of(key, Sketch::cells_for(words.len()), words)));
        }
        self.sketch.is_some()
    }

    pub(super) fn sketch(&self) -> Option<&Sketch> {
        self.sketch.as_deref()
    }

    /// The dots of a difference, ours and theirs; `None` if a word stands for no
    /// dot that is known, or might stand for two.
    pub(super) fn dots_of(
        &self,
        known: &CausalContext,
        difference: &Difference,
    ) -> Option<[CausalContext; 2]> {
        let key = *self.sketch()?.key();
        let mut writers: BTreeMap<u64, Option<ReplicaId>> = BTreeMap::new();
        for run in known.runs() {
            let writer = Some(run.replica());
            let found = writers.entry(tag(&key, run.replica())).or_insert(writer);
            if *found != writer {
                *found = None;
            }
        }
        let dots = |words: &[u64]| -> Option<CausalContext> {
            let dot = |word: &u64| {
                let writer = (*writers.get(&(word >> SEQUENCE_BITS))?)?;
                let dot = Dot::new(writer, word & ((1 << SEQUENCE_BITS) - 1))?;
                known.contains(dot).then_some(dot)
            };
            words.iter().map(dot).collect()
        };
        Some([dots(&difference.ours)?, dots(&difference.theirs)?])
    }
}

/// A word holds a sequence number below 2⁴⁰ and 24 bits for the writer, so that it
/// leads back to its dot. Of a thousand writers two share their bits with
/// probability 0.03; what one of them wrote is then found by digests.
const SEQUENCE_BITS: u32 = 40;

fn word(key: &ReconcileKey, dot: Dot) -> Option<u64> {
    let fits = dot.sequence() >> SEQUENCE_BITS == 0;
    fits.then(|| tag(key, dot.replica()) << SEQUENCE_BITS | dot.sequence())
}

fn tag(key: &ReconcileKey, writer: ReplicaId) -> u64 {
    key.word(&writer.as_u64().to_le_bytes()) >> SEQUENCE_BITS
}
