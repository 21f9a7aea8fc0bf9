//! What an exchange costs by the number of those who have ever written.
//!
//! A set to which each of w writers has added an element. Between two exchanges ten of
//! them add another one, and each of both sides hears of five.

use std::sync::Arc;

use gossiper_core::causal::Causal;
use gossiper_core::replica::Update;
use gossiper_core::rumor::{Rumor, RumorBatch};
use gossiper_core::{
    DeterministicRng, FirstQuestion, HybridClock, NodeId, Replica, ReplicaConfig, ReplicaId,
    ReplicaMessage, Snapshot, UpdateContext,
};
use gossiper_crdts::OrSet;

use crate::session::{Bill, Wire};
use crate::subjects::mix;

type Set = OrSet<u64>;

/// Numbers of writers.
const WRITERS: [u64; 4] = [10, 100, 1_000, 10_000];

/// Exchanges, of which the one with the median time is shown.
const EXCHANGES: u64 = 21;

/// Prints the table.
pub(crate) fn print(largest: u64) {
    println!("\n| writers | first exchange | later ones |");
    println!("| --- | --- | --- |");
    for writers in WRITERS.into_iter().filter(|writers| *writers <= largest) {
        let mut cluster = Writers::new(writers);
        let mut wire = Wire::of::<Set>();
        let [mut asker, mut other] = [1, 2].map(|id| cluster.replica(id));
        let mut bills: Vec<Bill> = Vec::new();
        for exchange in 0..=EXCHANGES {
            for writer in 0..10 {
                let hears = if writer % 2 == 0 { &mut asker } else { &mut other };
                cluster.write(hears, mix(exchange * 10 + writer) % writers);
            }
            bills.push(wire.exchange(&mut [&mut asker, &mut other]));
            assert!(asker.seen() == other.seen() && asker.state() == other.state());
        }
        let first = bills.remove(0);
        bills.sort_by_key(|bill| bill.time);
        println!("| {writers} | {} | {} |", first.told(), bills[bills.len() / 2].told());
    }
}

/// All that has been written, and by whom.
struct Writers {
    base: Snapshot<Causal<Set>>,
    contexts: Vec<UpdateContext>,
    rng: DeterministicRng,
}

impl Writers {
    fn new(writers: u64) -> Self {
        let mut state = Causal::<Set>::default();
        let id = |writer: u64| ReplicaId::new(mix(writer));
        let mut contexts: Vec<_> = (0..writers).map(id).map(UpdateContext::of).collect();
        for (number, ctx) in (0..).zip(&mut contexts) {
            let added = state.transact(ctx, |set| {
                set.insert(mix(number));
                Ok(())
            });
            added.expect("nothing aborts");
        }
        let (clock, seen) = (HybridClock::default(), state.context().clone());
        let base = Snapshot { id: ReplicaId::new(0), sequence: 0, clock, seen, state };
        Self { base, contexts, rng: DeterministicRng::new(1) }
    }

    fn replica(&self, id: u64) -> Replica<Set> {
        let stored = self.base.clone().with_fresh_id(ReplicaId::new(id));
        let config = ReplicaConfig::for_cluster(2).with_first_question(FirstQuestion::Equal);
        Replica::restore(stored, config).expect("the snapshot is sound")
    }

    /// A writer adds an element, and this replica hears of it.
    fn write(&mut self, hears: &mut Replica<Set>, writer: u64) {
        let ctx = &mut self.contexts[writer as usize];
        ctx.advance();
        let element = mix(ctx.event().last().sequence());
        let delta = self.base.state.record(ctx, |set| {
            set.insert(element);
            Ok(())
        });
        let update = Arc::new(Update::of(delta.expect("nothing aborts")));
        let rumors = vec![Rumor::new(ctx.event().last().into(), update)];
        let message = ReplicaMessage::Rumors(RumorBatch { rumors, ..RumorBatch::default() });
        let _acknowledged = hears.receive(&mut self.rng, &NodeId::from("writer"), message);
    }
}
