//! Clusters of gossip nodes: publishing, and watching a rumor spread.

use gossiper_core::{GossipNode, MessageId, MessageIdGenerator, ReplicaId};

use super::{Cluster, Condition};
use crate::machine::Machine;
use crate::trace::Happening;
use crate::{ClusterError, PublishError, ReachReport};

impl<T: Clone + PartialEq> Cluster<GossipNode<T>> {
    /// Publishes a rumor at a node. Every start of a node has ids of its own.
    ///
    /// # Errors
    ///
    /// If the node is not running, or has used up its ids.
    pub fn publish(&mut self, node: usize, payload: T) -> Result<MessageId, PublishError> {
        self.node(node)?;
        let round = self.round();
        let id = self.nodes[node].message_ids.next_id()?;
        if let Condition::Up(machine) = &mut self.nodes[node].condition {
            for event in machine.publish(id, round, payload) {
                self.events.push(node, event);
            }
        }
        self.record(Happening::Wrote { node, event: id.to_string() });
        Ok(id)
    }

    /// How many running nodes know a rumor. O(nodes).
    #[must_use]
    pub fn reached(&self, id: MessageId) -> usize {
        self.running().filter(|(_, node)| node.knows_rumor(id)).count()
    }

    /// Lets rounds pass until all running nodes know a rumor, or `max_rounds`
    /// have passed.
    pub fn run_until_reached(&mut self, id: MessageId, max_rounds: u64) -> ReachReport {
        let mut reached_by_round = Vec::new();
        let report = self.run_until(max_rounds, |cluster| {
            let reached = cluster.reached(id);
            reached_by_round.push(reached);
            reached == cluster.running().count()
        });
        ReachReport { id, reached_by_round, running: self.running().count(), run: report.run }
    }

    /// Restarts a crashed node. A gossip node stores nothing, so it starts
    /// empty, and with a new origin for its ids.
    ///
    /// # Errors
    ///
    /// If the node has not crashed.
    pub fn restart(&mut self, node: usize) -> Result<(), ClusterError> {
        self.crashed(node)?;
        let incarnation = ReplicaId::random(&mut self.nodes[node].rng);
        self.nodes[node].message_ids = MessageIdGenerator::for_replica(incarnation);
        let machine = Machine::start(&self.names[node], incarnation, &self.config);
        self.bring_up(node, machine, "nothing");
        Ok(())
    }
}
