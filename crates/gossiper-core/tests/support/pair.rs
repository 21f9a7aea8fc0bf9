//! Two replicas that ask each other until nothing is said any more.

use gossiper_core::replica::{Answer, Lacking, Question, Reason};
use gossiper_core::{
    CausalContext, DeltaOf, DeterministicRng, Effect, HybridClock, MessageOf, NodeId, Replica,
    ReplicaConfig, ReplicaEffect, ReplicaEvent, ReplicaId, ReplicaMessage, Resolve, Snapshot,
    StateOf,
};
use gossiper_crdts::OrSet;

/// Two replicas, and what they said.
pub(crate) struct Pair<S: Resolve> {
    pub(crate) rng: DeterministicRng,
    pub(crate) replicas: [Replica<S>; 2],
    pub(crate) said: Vec<&'static str>,
    /// Why, where replicas explain it: who, and what decided.
    pub(crate) reasons: Vec<(usize, Vec<Reason>)>,
}

pub(crate) const A: usize = 0;
pub(crate) const B: usize = 1;

pub(crate) fn config() -> ReplicaConfig {
    ReplicaConfig::for_cluster(2)
}

impl<S: Resolve> Pair<S>
where
    StateOf<S>: Default + Clone + PartialEq + std::fmt::Debug,
    DeltaOf<S>: Clone,
{
    pub(crate) fn new(config: &ReplicaConfig) -> Self {
        let states = [StateOf::<S>::default(), StateOf::<S>::default()];
        Self::with(states, &CausalContext::new(), config)
    }

    /// Replicas that are said to have seen the same.
    pub(crate) fn with(
        states: [StateOf<S>; 2],
        seen: &CausalContext,
        config: &ReplicaConfig,
    ) -> Self {
        let mut id = 1;
        let replicas = states.map(|state| {
            let sequence = seen.max_sequence(ReplicaId::new(id));
            let (clock, seen) = (HybridClock::default(), seen.clone());
            let snapshot = Snapshot { id: ReplicaId::new(id), sequence, clock, seen, state };
            id += 1;
            Replica::restore(snapshot, config.clone()).expect("the snapshot is sound")
        });
        Self { rng: DeterministicRng::new(1), replicas, said: Vec::new(), reasons: Vec::new() }
    }

    /// Asks until nothing is said any more.
    pub(crate) fn exchange(&mut self, asker: usize) -> Vec<&'static str> {
        self.exchange_with(asker, |_| true)
    }

    /// As [`exchange`](Self::exchange), over a network that loses what `arrives`
    /// does not let pass.
    pub(crate) fn exchange_with(
        &mut self,
        asker: usize,
        mut arrives: impl FnMut(&MessageOf<S>) -> bool,
    ) -> Vec<&'static str> {
        self.said.clear();
        self.reasons.clear();
        let effects = self.replicas[asker].ask(&mut self.rng, name(1 - asker));
        self.note_reasons(asker, &effects);
        let mut flying: Vec<(usize, MessageOf<S>)> = sends::<S>(effects, 1 - asker);
        while !flying.is_empty() {
            let (to, message) = flying.remove(0);
            self.said.push(kind(&message));
            if arrives(&message) {
                let effects = self.replicas[to].receive(&mut self.rng, &name(1 - to), message);
                self.note_reasons(to, &effects);
                flying.extend(sends::<S>(effects, 1 - to));
            }
        }
        self.said.clone()
    }

    fn note_reasons(&mut self, at: usize, effects: &[ReplicaEffect<S>]) {
        for effect in effects {
            if let Effect::Emit(ReplicaEvent::Explained { reasons, .. }) = effect {
                self.reasons.push((at, reasons.clone()));
            }
        }
    }

    pub(crate) fn assert_equal(&self) {
        let [a, b] = &self.replicas;
        assert!(a.state() == b.state(), "{:?}\n{:?}", a.state(), b.state());
        assert_eq!(a.fingerprint(), b.fingerprint());
        assert_eq!(a.seen(), b.seen());
    }
}

pub(crate) fn name(place: usize) -> NodeId {
    NodeId::from(["a", "b"][place])
}

pub(crate) fn sends<S: Resolve>(
    effects: Vec<ReplicaEffect<S>>,
    to: usize,
) -> Vec<(usize, MessageOf<S>)> {
    let send = |effect| match effect {
        Effect::Send { message, .. } => Some((to, message)),
        Effect::Emit(_) => None,
    };
    effects.into_iter().filter_map(send).collect()
}

pub(crate) fn kind<Digest, Delta>(message: &ReplicaMessage<Digest, Delta>) -> &'static str {
    match message {
        ReplicaMessage::Rumors(_) => "rumors",
        ReplicaMessage::Question(question) => match question {
            Question::Equal { .. } => "equal?",
            Question::Unseen { outline: None, .. } => "unseen?",
            Question::Unseen { .. } => "outline?",
            Question::Symbols { .. } => "symbols?",
            Question::Atoms(_) => "atoms?",
            Question::Digest { .. } => "digest?",
            Question::Filter { .. } => "filter?",
        },
        ReplicaMessage::Answer(Answer { lacking, .. }) => match lacking {
            Lacking::Nothing => "equal",
            Lacking::Knowledge { .. } => "knowledge",
            Lacking::Symbols { .. } => "symbols",
            Lacking::Events { .. } => "events",
            Lacking::Piece { .. } => "piece",
            Lacking::Range { .. } => "range",
            Lacking::Whole { .. } => "whole",
        },
    }
}

pub(crate) fn insert(replica: &mut Replica<OrSet<u64>>, elements: std::ops::Range<u64>) {
    for element in elements {
        let inserted = replica.transact(|set| {
            set.insert(element);
            Ok(())
        });
        inserted.expect("it may write");
    }
}
