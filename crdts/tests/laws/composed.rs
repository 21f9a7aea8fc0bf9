//! A composed state: one update changes two of its parts.

use gossiper_check::{Operation, check};
use gossiper_core::causal::Causal;
use gossiper_core::{Replicated, UpdateContext};
use gossiper_crdts::{GCounter, GSet, VersionedKv};
use proptest::prelude::*;

type State = (GSet<u8>, GCounter, Causal<VersionedKv<u8, u8>>);

#[derive(Clone, Debug)]
struct Visit(u8);

impl Operation<State> for Visit {
    fn apply(
        &self,
        (tags, visits, _): &State,
        ctx: &mut UpdateContext,
    ) -> Option<<State as Replicated>::Delta> {
        let visit = visits.increment(ctx.replica(), 1).ok()?;
        Some((Some(tags.insert(self.0)), Some(visit), None))
    }
}

/// The parts of an update are never seen apart.
fn as_many_visits_as_tags((tags, visits, _): &State) -> Result<(), String> {
    if visits.value() >= tags.len() as u128 {
        Ok(())
    } else {
        Err(format!("{} tags after {} visits", tags.len(), visits.value()))
    }
}

check!(State, ops = (0..6_u8).prop_map(Visit), with_invariant(as_many_visits_as_tags));
