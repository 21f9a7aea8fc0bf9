//! Everything that goes wrong on purpose, and membership.

use std::collections::BTreeSet;
use std::mem;

use super::{Cluster, Condition};
use crate::machine::Machine;
use crate::network::NetworkConditions;
use crate::trace::Happening;
use crate::{BuildError, ClusterError};

impl<M: Machine> Cluster<M> {
    /// Stops a node. Messages that it has sent still arrive; those that arrive
    /// at it from now on are lost. Whatever it had not stored is gone.
    ///
    /// A node stores what it changes before it sends anything, so that a crash
    /// straight after a local change is one between storing and sending.
    ///
    /// # Errors
    ///
    /// If the node is not running.
    pub fn crash(&mut self, node: usize) -> Result<(), ClusterError> {
        self.node(node)?;
        self.take_down(node);
        Ok(())
    }

    /// Stops a node after it has sent `messages` more messages, in the middle
    /// of a round: what it stored together with the next one is kept, and that
    /// message is never sent.
    ///
    /// # Errors
    ///
    /// If the node is not running.
    pub fn crash_after(&mut self, node: usize, messages: u64) -> Result<(), ClusterError> {
        self.node(node)?;
        self.nodes[node].fuse = Some(messages);
        Ok(())
    }

    /// Takes a [`crash_after`](Self::crash_after) back that has not come about.
    ///
    /// # Errors
    ///
    /// If the node is not running.
    pub fn cancel_crash(&mut self, node: usize) -> Result<(), ClusterError> {
        self.node(node)?;
        self.nodes[node].fuse = None;
        Ok(())
    }

    pub(super) fn take_down(&mut self, node: usize) {
        let crashed = &mut self.nodes[node];
        crashed.fuse = None;
        crashed.condition = match mem::replace(&mut crashed.condition, Condition::Gone) {
            Condition::Up(machine) => Condition::Down(machine),
            other => other,
        };
        self.record(Happening::Crashed { node });
    }

    /// The machine of a crashed node.
    pub(super) fn crashed(&self, node: usize) -> Result<&M, ClusterError> {
        match self.condition(node)? {
            Condition::Down(machine) => Ok(machine),
            Condition::Up(_) => Err(ClusterError::Running { node }),
            Condition::Gone => Err(ClusterError::Left { node }),
        }
    }

    /// Runs `machine` in place of the crashed one.
    pub(super) fn bring_up(&mut self, node: usize, mut machine: M, with: &'static str) {
        self.prepare(&mut machine);
        if let Ok(place) = self.members.binary_search(&node) {
            machine.set_peers(self.wiring.peers(place));
        }
        self.nodes[node].condition = Condition::Up(machine);
        self.record(Happening::Restarted { node, with });
        self.look_at(node);
    }

    /// Lets another node join, and tells those that the topology makes its
    /// peers. Returns its number. O(nodes).
    pub fn add_node(&mut self) -> usize {
        let node = self.push_node();
        self.rewire();
        self.record(Happening::Joined { node });
        node
    }

    /// Removes a node for good, running or crashed, and tells the others. Its
    /// number and name are not used again. O(nodes).
    ///
    /// # Errors
    ///
    /// If the node does not exist or has left before.
    pub fn remove_node(&mut self, node: usize) -> Result<(), ClusterError> {
        if let Condition::Gone = self.condition(node)? {
            return Err(ClusterError::Left { node });
        }
        self.nodes[node].condition = Condition::Gone;
        self.members.retain(|member| *member != node);
        self.rewire();
        self.record(Happening::Left { node });
        Ok(())
    }

    /// Splits the network: only nodes of one group reach each other, and nodes
    /// that no group names form one more. Messages that are on their way
    /// across are lost. An earlier partition is replaced; one-way blocks stay.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # use gossiper_sim::GossipCluster;
    /// # let mut cluster = GossipCluster::<u8>::builder(5).build()?;
    /// cluster.partition(&[&[0, 1], &[2, 3, 4]])?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// If a group names a node that does not exist, or two name the same one.
    pub fn partition(&mut self, groups: &[&[usize]]) -> Result<(), ClusterError> {
        let mut named = BTreeSet::new();
        for node in groups.iter().copied().flatten().copied() {
            self.condition(node)?;
            if !named.insert(node) {
                return Err(ClusterError::InTwoGroups { node });
            }
        }
        self.network.links.partition(self.nodes.len(), groups);
        self.record(Happening::Partitioned {
            groups: groups.iter().map(|group| group.to_vec()).collect(),
        });
        Ok(())
    }

    /// Stops messages from the nodes `from` to the nodes `to`, in this
    /// direction only, on top of whatever is stopped already.
    ///
    /// # Errors
    ///
    /// If a node does not exist.
    pub fn block(&mut self, from: &[usize], to: &[usize]) -> Result<(), ClusterError> {
        for node in from.iter().chain(to) {
            self.condition(*node)?;
        }
        self.network.links.block(from, to);
        self.record(Happening::Blocked { from: from.to_vec(), to: to.to_vec() });
        Ok(())
    }

    /// Ends all partitions and one-way blocks.
    pub fn heal(&mut self) {
        self.network.links.heal();
        self.record(Happening::Healed);
    }

    /// Changes what the network does to messages that are sent from now on.
    ///
    /// # Errors
    ///
    /// If no delay lies in the range of delays.
    pub fn set_network(&mut self, conditions: NetworkConditions) -> Result<(), BuildError> {
        conditions.validate()?;
        self.network.conditions = conditions;
        Ok(())
    }

    /// Sets the clock of a node wrong by `skew_ms` milliseconds, ahead or
    /// behind, whatever it was wrong by before.
    ///
    /// # Errors
    ///
    /// If the node does not exist.
    pub fn set_clock_skew_ms(&mut self, node: usize, skew_ms: i64) -> Result<(), ClusterError> {
        self.condition(node)?;
        self.nodes[node].skew_ms = skew_ms;
        Ok(())
    }

    pub(super) fn record(&mut self, what: Happening) {
        let round = self.round();
        self.journal.record(round, || what);
    }
}
