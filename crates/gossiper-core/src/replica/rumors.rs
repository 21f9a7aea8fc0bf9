//! Events as rumors: what makes convergence fast.

use alloc::sync::Arc;
use alloc::vec::Vec;

use super::{Change, Replica, ReplicaEffect, ReplicaEvent, ReplicaMessage, Update};
use crate::rumor::{Rumor, RumorBatch};
use crate::{DeltaOf, Effect, Event, NodeId, Replicated, Resolve};

impl<S: Resolve> Replica<S>
where
    DeltaOf<S>: Clone,
{
    /// Makes a rumor of an event of this replica's own.
    pub(super) fn spread(&mut self, event: Event, delta: DeltaOf<S>) {
        let update = Update { dots: event.dots(), delta };
        let rumor = Rumor::new(event.last().into(), Arc::new(update));
        self.rumors.insert(rumor, self.rumors.round());
        self.stats.updates += 1;
    }

    /// Merges the events that are news and forwards them in later rounds; tells
    /// the peer that they have come.
    pub(super) fn receive_rumors(
        &mut self,
        from: &NodeId,
        batch: RumorBatch<Update<DeltaOf<S>>>,
    ) -> Vec<ReplicaEffect<S>> {
        let mut effects = Vec::new();
        let mut known = Vec::new();
        let enough = self.config.gossip().enough_of(&self.peers);
        self.stats.rumors_received += batch.rumors.len() as u64;
        for rumor in batch.rumors {
            let id = rumor.id();
            let Some(event) = Event::new(id.as_dot(), rumor.payload().dots) else {
                effects.push(Effect::Emit(ReplicaEvent::Malformed { from: from.clone(), id }));
                continue;
            };
            effects.extend(self.notice_own_sequence(
                event.last().replica(),
                event.last().sequence(),
                from,
            ));
            if self.seen.contains_range(event.first(), event.last().sequence()) {
                self.stats.rumors_redundant += 1;
            } else {
                self.stats.rumors_news += 1;
                let update = Arc::clone(rumor.payload());
                if self.state.merge(update.delta.clone()).is_changed() {
                    let change = Change::Event { event, update };
                    effects
                        .push(Effect::Emit(ReplicaEvent::Changed { from: from.clone(), change }));
                }
                self.seen.insert_range(event.first(), event.last().sequence());
                self.rumors.insert(rumor, self.rumors.round());
            }
            known.push(id);
            self.rumors.inform(id, from, enough);
        }
        for id in batch.known {
            self.rumors.inform(id, from, enough);
        }
        if !known.is_empty() {
            effects.push(self.send_rumors(from.clone(), RumorBatch { rumors: Vec::new(), known }));
        }
        effects
    }

    pub(super) fn send_rumors(
        &mut self,
        target: NodeId,
        batch: RumorBatch<Update<DeltaOf<S>>>,
    ) -> ReplicaEffect<S> {
        self.stats.rumors_sent += batch.rumors.len() as u64;
        Effect::Send { target, message: ReplicaMessage::Rumors(batch) }
    }
}
