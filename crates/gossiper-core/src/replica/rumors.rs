//! Events as rumors: what makes convergence fast.

use alloc::sync::Arc;
use alloc::vec::Vec;

use super::joined::Joined;
use super::{Events, Replica, ReplicaEffect, ReplicaMessage, Update};
use crate::lattice::Run;
use crate::rumor::{Rumor, RumorBatch};
use crate::{DeltaOf, Dot, Effect, Event, MessageId, NodeId, Resolve};

/// Own events that wait for the next tick, at most.
const FRESH: usize = 256;

impl<S: Resolve> Replica<S>
where
    DeltaOf<S>: Clone,
{
    /// Makes a rumor of an event of this replica's own, for the next tick.
    pub(super) fn spread(&mut self, event: Event, delta: DeltaOf<S>) {
        let update = Arc::new(Update { events: Events::One(event.dots()), delta });
        let rumor = Rumor::new(event.last().into(), update);
        self.log.insert(&Run::from(event).into(), rumor.clone());
        self.fresh.push(rumor);
        self.stats.updates += 1;
        if self.fresh.len() >= FRESH {
            self.release();
        }
    }

    /// Makes rumors of this replica's own events since the last tick: of many, one, if
    /// that is clearly smaller. Only who has asked meanwhile is told some of them twice.
    pub(super) fn release(&mut self) {
        let mut fresh = core::mem::take(&mut self.fresh);
        // Mostly there is one, and nothing to weigh.
        while fresh.len() > 1 {
            let (fit, bytes) = self.fitting(&fresh);
            let first: Vec<_> = fresh.drain(..fit).collect();
            match self.if_smaller(&first, fit, bytes).and_then(Joined::into_rumor) {
                Some(joined) => self.insert_rumor(joined),
                None => first.into_iter().for_each(|rumor| self.insert_rumor(rumor)),
            }
        }
        fresh.into_iter().for_each(|rumor| self.insert_rumor(rumor));
    }

    /// Merges the events that are news and forwards them in later rounds, and those
    /// that were news when an answer brought them; tells
    /// the peer that they have come.
    pub(super) fn receive_rumors(
        &mut self,
        from: &NodeId,
        mut batch: RumorBatch<Update<DeltaOf<S>>>,
    ) -> Vec<ReplicaEffect<S>> {
        let rumors = core::mem::take(&mut batch.rumors);
        let mut effects = Vec::new();
        let mut received = Vec::with_capacity(rumors.len());
        let enough = self.enough();
        self.stats.rumors_received += rumors.len() as u64;
        for rumor in rumors {
            let (id, payload) = (rumor.id(), Arc::clone(rumor.payload()));
            let Some(dots) = self.dots_of(from, &rumor, &mut effects) else { continue };
            if self.seen.covers(&dots) {
                self.stats.rumors_redundant += 1;
                // With more peers than need to know, others tell them as well.
                if enough == self.peers.len() && self.unheard.take(&dots) {
                    self.insert_rumor(rumor);
                }
            } else {
                self.stats.rumors_news += 1;
                self.take_in(from, &dots, &rumor, &mut effects);
                self.insert_rumor(rumor);
            }
            received.push(id);
            self.note_told(from, id, &payload);
        }
        let knows = |id: MessageId| self.seen.contains(id.as_dot());
        let config = self.config.gossip();
        let answers = self.rumors.answer(from, batch, received, enough, config, knows);
        effects.extend(answers.into_iter().map(|batch| self.send_rumors(from.clone(), batch)));
        effects
    }

    /// How many peers have to know a rumor for this replica to lose interest in it.
    pub(super) fn enough(&self) -> usize {
        self.config.gossip().enough_of(&self.peers)
    }

    /// Takes in events to be passed on. Several events have the name of one of them, which
    /// may be here by itself: they get another one, or what is said of the one would be
    /// taken for said of all.
    pub(super) fn insert_rumor(&mut self, rumor: Rumor<Update<DeltaOf<S>>>) {
        let round = self.rumors.round();
        let lazy_bytes = self.config.gossip().lazy_bytes();
        let (id, update) = (rumor.id(), rumor.payload());
        let update = match &update.events {
            Events::One(dots) if dots.get() == 1 || !self.rumors.contains(id) => {
                self.rumors.insert(rumor, round, lazy_bytes);
                return;
            }
            Events::One(_) => {
                let events = Events::Joined(update.events.dots(id.as_dot()).unwrap_or_default());
                Arc::new(Update { events, delta: update.delta.clone() })
            }
            Events::Joined(_) => Arc::clone(update),
        };
        let dots = update.events.dots(id.as_dot()).unwrap_or_default();
        let mut names = dots.runs().flat_map(Run::dots).map(MessageId::from);
        let name = names.find(|name| !self.rumors.contains(*name)).unwrap_or(id);
        self.rumors.insert_shared(Rumor::new(name, update), round, lazy_bytes);
    }

    /// Notes that a peer has what it told: of several events also each.
    pub(super) fn note_told(&mut self, from: &NodeId, id: MessageId, update: &Update<DeltaOf<S>>) {
        let enough = self.enough();
        if let Events::One(dots) = &update.events {
            self.rumors.arrived(id, from, enough);
            if dots.get() == 1 {
                return;
            }
        }
        if let Some(events) = update.events.dots(id.as_dot()) {
            // What is a part of it has one of its dots for its name.
            for run in events.runs() {
                let [first, last] = [run.first(), run.last()].map(|at| Dot::new(run.replica(), at));
                let Some((first, last)) = first.zip(last) else { continue };
                self.rumors.inform_of_all(
                    from,
                    enough,
                    first.into()..=last.into(),
                    |id, update| update.events.are_in(&events, id.as_dot()),
                );
            }
        }
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
