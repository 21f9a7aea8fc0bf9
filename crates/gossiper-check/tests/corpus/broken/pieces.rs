//! Answers, in pieces or joined, that leave something out.

use std::collections::BTreeMap;

use gossiper_check::{Check, Law};
use gossiper_core::lattice::News;
use gossiper_core::{CausalContext, Dot, MergeOutcome, Replicated, UpdateContext};

use crate::corpus::entry::Broken;

pub(crate) const ENTRIES: &[Broken] = &[
    Broken {
        name: "piece_covers_everything",
        bug: "the first piece of an answer says that it deals with all dots",
        wild: "horde#90: a delta is collected before it is delivered",
        law: Law::PiecesAreWhole,
        check: || Box::new(Check::<Log<false>, u8>::new(0..9_u8, append)),
    },
    Broken {
        name: "the_last_delta_replaces_the_others",
        bug: "the join of two deltas is the second one",
        wild: "akka-core#22648: merging deltas leads elsewhere than merging states",
        law: Law::JoinedDeltas,
        check: || Box::new(Check::<Log<true>, u8>::new(0..9_u8, append)),
    },
];

#[derive(Clone, Debug, Default, PartialEq)]
struct Log<const JOINS: bool>(BTreeMap<Dot, u8>);

fn append<const JOINS: bool>(
    entry: &u8,
    _: &Log<JOINS>,
    ctx: &mut UpdateContext,
) -> Option<BTreeMap<Dot, u8>> {
    Some(BTreeMap::from([(ctx.next_dot(), *entry)]))
}

impl<const JOINS: bool> Replicated for Log<JOINS> {
    type Digest = CausalContext;
    type Delta = BTreeMap<Dot, u8>;

    fn digest(&self) -> CausalContext {
        self.0.keys().copied().collect()
    }

    fn delta(&self, remote: &CausalContext) -> Option<Self::Delta> {
        let lacking = self.0.iter().filter(|(dot, _)| !remote.contains(**dot));
        let lacking: Self::Delta = lacking.map(|(dot, entry)| (*dot, *entry)).collect();
        (!lacking.is_empty()).then_some(lacking)
    }

    fn merge(&mut self, delta: Self::Delta) -> MergeOutcome {
        let before = self.0.len();
        self.0.extend(delta);
        MergeOutcome::changed_if(self.0.len() > before)
    }

    fn join_deltas(delta: &mut Self::Delta, other: Self::Delta) -> Option<Self::Delta> {
        if JOINS {
            *delta = other;
        } else {
            delta.extend(other);
        }
        None
    }

    fn outline(&self) -> Option<CausalContext> {
        (!JOINS).then(|| self.digest())
    }

    fn news(
        &self,
        outline: &CausalContext,
        covered: &CausalContext,
        atoms: usize,
    ) -> News<Self::Delta> {
        let mut known = outline.clone();
        known.join(covered);
        let Some(lacking) = self.delta(&known) else {
            return News::Whole { delta: None, complete: true };
        };
        let delta = lacking.into_iter().take(atoms).collect();
        News::Piece { delta, covers: self.digest() }
    }
}
