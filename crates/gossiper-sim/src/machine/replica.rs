//! Replicas of a state.

use gossiper_core::{
    DeltaOf, DeterministicRng, DigestOf, NodeId, Peers, PhysicalTime, Replica, ReplicaConfig,
    ReplicaEvent, ReplicaId, ReplicaMessage, Replicated, Resolve, Round, StateOf,
};

use super::{EffectOf, Machine, batch_kind, describe_batch};
use crate::MessageKind;

impl<S: Resolve> Machine for Replica<S>
where
    DeltaOf<S>: Clone,
    StateOf<S>: Default,
{
    type Message = ReplicaMessage<DigestOf<S>, DeltaOf<S>>;
    type Event = ReplicaEvent<DeltaOf<S>>;
    type Config = ReplicaConfig;

    fn config_for(nodes: usize) -> ReplicaConfig {
        ReplicaConfig::for_cluster(nodes)
    }

    fn start(_node: &NodeId, incarnation: ReplicaId, config: &ReplicaConfig) -> Self {
        Self::new(incarnation, config.clone())
    }

    fn set_peers(&mut self, peers: Peers) {
        self.set_peers(peers);
    }

    fn tick(
        &mut self,
        rng: &mut DeterministicRng,
        round: Round,
        now: PhysicalTime,
    ) -> Vec<EffectOf<Self>> {
        self.tick(rng, round, now)
    }

    fn receive(
        &mut self,
        rng: &mut DeterministicRng,
        from: &NodeId,
        message: Self::Message,
    ) -> Vec<EffectOf<Self>> {
        self.receive(rng, from, message)
    }

    /// Whether there is nothing to send in either direction. By the law of
    /// digest completeness the states are then equal.
    fn agrees_with(&self, other: &Self) -> bool {
        let (a, b) = (self.state(), other.state());
        a.delta(&b.digest()).is_none() && b.delta(&a.digest()).is_none()
    }

    fn kind(message: &Self::Message) -> MessageKind {
        match message {
            ReplicaMessage::Rumors(batch) => batch_kind(batch),
            ReplicaMessage::Question(_) => MessageKind::Question,
            ReplicaMessage::Answer(_) => MessageKind::Answer,
        }
    }

    fn describe(message: &Self::Message) -> String {
        match message {
            ReplicaMessage::Rumors(batch) => describe_batch(batch),
            ReplicaMessage::Question(_) => "question".to_owned(),
            ReplicaMessage::Answer(answer) => {
                let delta = if answer.delta.is_some() { "delta" } else { "nothing lacking" };
                let question = if answer.question.is_some() { ", question" } else { "" };
                format!("answer: {delta}{question}")
            }
        }
    }
}
