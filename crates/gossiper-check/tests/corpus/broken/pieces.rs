//! Answers in pieces that leave something out.

use std::collections::BTreeMap;

use gossiper_check::{Check, Law};
use gossiper_core::lattice::News;
use gossiper_core::{CausalContext, Dot, MergeOutcome, Replicated};

use crate::corpus::entry::Broken;

pub(crate) const ENTRIES: &[Broken] = &[Broken {
    name: "piece_covers_everything",
    bug: "the first piece of an answer says that it deals with all dots",
    wild: "horde#90: a delta is collected before it is delivered",
    law: Law::PiecesAreWhole,
    check: || {
        Box::new(Check::<Log, u8>::new(0..9_u8, |entry, _, ctx| {
            Some(BTreeMap::from([(ctx.next_dot(), *entry)]))
        }))
    },
}];

#[derive(Clone, Debug, Default, PartialEq)]
struct Log(BTreeMap<Dot, u8>);

impl Replicated for Log {
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

    fn outline(&self) -> Option<CausalContext> {
        Some(self.digest())
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
