//! Nodes that spread rumors.

use gossiper_core::{
    DeterministicRng, GossipConfig, GossipEvent, GossipMessage, GossipNode, NodeId, Peers,
    PhysicalTime, ReplicaId, Round,
};

use super::{EffectOf, Machine, batch_kind, describe_batch};
use crate::MessageKind;

impl<T: Clone + PartialEq> Machine for GossipNode<T> {
    type Message = GossipMessage<T>;
    type Event = GossipEvent;
    type Config = GossipConfig;

    fn config_for(nodes: usize) -> GossipConfig {
        GossipConfig::for_cluster(nodes)
    }

    fn start(node: &NodeId, _incarnation: ReplicaId, config: &GossipConfig) -> Self {
        Self::new(node.clone(), config.clone())
    }

    fn set_peers(&mut self, peers: Peers) {
        self.set_peers(peers);
    }

    fn tick(
        &mut self,
        rng: &mut DeterministicRng,
        round: Round,
        _now: PhysicalTime,
    ) -> Vec<EffectOf<Self>> {
        self.tick(rng, round)
    }

    /// The message names its sender itself.
    fn receive(
        &mut self,
        _rng: &mut DeterministicRng,
        _from: &NodeId,
        message: GossipMessage<T>,
    ) -> Vec<EffectOf<Self>> {
        self.receive(message)
    }

    /// Whether each knows the rumors that the other still holds.
    fn agrees_with(&self, other: &Self) -> bool {
        let knows_all = |a: &Self, b: &Self| b.store().ids().all(|id| a.knows_rumor(id));
        knows_all(self, other) && knows_all(other, self)
    }

    fn kind(message: &GossipMessage<T>) -> MessageKind {
        batch_kind(&message.batch)
    }

    fn describe(message: &GossipMessage<T>) -> String {
        describe_batch(&message.batch)
    }
}
