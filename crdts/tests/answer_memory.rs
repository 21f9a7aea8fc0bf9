//! What a replica holds while it tells another one all that it has.
//!
//! The only test of its binary, for it counts what the whole process allocates.

use std::alloc::System;

use gossiper_core::replica::Update;
use gossiper_core::{
    CausalContext, DeltaOf, DeterministicRng, Effect, HybridClock, MessageOf, NodeId, Replica,
    ReplicaConfig, ReplicaId, Snapshot,
};
use gossiper_crdts::GSet;
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

type Names = GSet<String>;

fn measure(update: &Update<DeltaOf<Names>>) -> usize {
    update.delta.fragment().iter().map(|name| name.len() + 1).sum()
}

fn replica(id: u64, names: u64) -> Replica<Names> {
    let state = (0..names).map(|number| format!("{number:032}")).collect();
    let (clock, seen) = (HybridClock::default(), CausalContext::new());
    let stored = Snapshot { id: ReplicaId::new(id), sequence: 0, clock, seen, state };
    let mut replica = Replica::restore(stored, ReplicaConfig::for_cluster(2)).expect("it is sound");
    replica.measure_updates(measure);
    replica
}

/// The most that one message made the full replica allocate, freed or not, and hold, until
/// the empty one has all.
fn told(names: u64) -> (usize, usize) {
    let mut replicas = [replica(1, names), replica(2, 0)];
    let nodes = ["full", "empty"].map(NodeId::from);
    let mut rng = DeterministicRng::new(1);
    let (mut allocated, mut held) = (0, 0);
    let mut flying: Vec<(usize, MessageOf<Names>)> = Vec::new();
    let sends = |effects: Vec<_>, to| {
        effects.into_iter().filter_map(move |effect| match effect {
            Effect::Send { message, .. } => Some((to, message)),
            Effect::Emit(_) => None,
        })
    };
    flying.extend(sends(replicas[1].ask(&mut rng, nodes[0].clone()), 0));
    while !flying.is_empty() {
        for (to, message) in std::mem::take(&mut flying) {
            let region = Region::new(ALLOCATOR);
            let effects = replicas[to].receive(&mut rng, &nodes[1 - to], message);
            let change = region.change();
            if to == 0 {
                allocated = allocated.max(change.bytes_allocated);
                held = held.max(change.bytes_allocated.saturating_sub(change.bytes_deallocated));
            }
            flying.extend(sends(effects, 1 - to));
        }
    }
    let [full, empty] = &replicas;
    assert!(full.state() == empty.state(), "{} of {names}", empty.state().len());
    (allocated, held)
}

#[test]
fn who_tells_all_holds_a_few_answers() {
    let sizes = [50_000, 200_000].map(told);
    println!("allocated and held: {sizes:?} bytes");
    for (allocated, held) in sizes {
        // Sixteen answers of 64 KiB each on the wire; a name takes twice that in memory.
        assert!(held < 3_000_000, "{held} bytes held");
        assert!(allocated < 6_000_000, "{allocated} bytes allocated");
    }
}
