//! Events as rumors: what makes convergence fast.

use alloc::sync::Arc;
use alloc::vec::Vec;

use super::{Replica, ReplicaEffect, ReplicaEvent, ReplicaMessage, Update};
use crate::rumor::{Rumor, RumorBatch};
use crate::{DeltaOf, Effect, Event, NodeId, Resolve};

impl<S: Resolve> Replica<S>
where
    DeltaOf<S>: Clone,
{
    /// Makes a rumor of an event of this replica's own.
    pub(super) fn spread(&mut self, event: Event, delta: DeltaOf<S>) {
        let update = Arc::new(Update { dots: event.dots(), delta });
        self.log.insert(event, Arc::clone(&update));
        let rumor = Rumor::new(event.last().into(), update);
        self.rumors.insert(rumor, self.rumors.round());
        self.stats.updates += 1;
    }

    /// Merges the events that are news and forwards them in later rounds; tells
    /// the peer which were not.
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
            effects.extend(self.notice_own_sequence(id.as_dot(), from));
            if self.seen.contains(event) {
                self.stats.rumors_redundant += 1;
                known.push(id);
            } else {
                self.stats.rumors_news += 1;
                self.take_in(from, event, Arc::clone(rumor.payload()), &mut effects);
                self.rumors.insert(rumor, self.rumors.round());
            }
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
