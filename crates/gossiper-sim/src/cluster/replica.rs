//! Clusters of replicas: updates, backups and restarts.

use gossiper_core::causal::{Abort, Transactional};
use gossiper_core::{
    DeltaOf, Event, Replica, ReplicaId, Resolve, Snapshot, StateOf, UpdateContext,
};

use super::{Cluster, Condition};
use crate::trace::Happening;
use crate::{ClusterError, RestartError, TransactionError, WriteError};

/// With what a crashed replica comes back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Restart<State> {
    /// With all that it had when it crashed, under its id: the host stored
    /// every change before it sent anything. Rumors that it had not sent are
    /// gone.
    Durable,
    /// With the state of an older backup and a fresh id, as is right.
    Backup(Snapshot<State>),
    /// With an older backup *under the old id*, as only a faulty host does:
    /// events are then named twice.
    BackupAsLatest(Snapshot<State>),
    /// With nothing, and a fresh id.
    Nothing,
}

impl<S: Resolve> Cluster<Replica<S>>
where
    DeltaOf<S>: Clone,
    StateOf<S>: Default,
{
    /// Changes the state of a node: `mutator` reads it and returns the delta
    /// of the change, as in [`Replica::update`].
    ///
    /// # Errors
    ///
    /// If the node is not running, the replica does not write any more, or
    /// the mutator refuses.
    pub fn update<E>(
        &mut self,
        node: usize,
        mutator: impl FnOnce(&StateOf<S>, &mut UpdateContext) -> Result<DeltaOf<S>, E>,
    ) -> Result<Option<Event>, WriteError<E>> {
        self.node(node)?;
        let Condition::Up(replica) = &mut self.nodes[node].condition else { return Ok(None) };
        let event = replica.update(mutator).map_err(WriteError::Update)?;
        if let Some(event) = event {
            self.record(Happening::Wrote { node, event: event.last().to_string() });
            self.look_at(node);
        }
        Ok(event)
    }

    /// Changes the state of a node in a transaction, as in
    /// [`Replica::transact`].
    ///
    /// # Errors
    ///
    /// If the node is not running, the replica does not write any more, or
    /// `changes` fails.
    pub fn transact<R>(
        &mut self,
        node: usize,
        changes: impl FnOnce(&mut <StateOf<S> as Transactional>::Recorder<'_>) -> Result<R, Abort>,
    ) -> Result<(R, Option<Event>), TransactionError>
    where
        StateOf<S>: Transactional,
    {
        self.node(node)?;
        let Condition::Up(replica) = &mut self.nodes[node].condition else {
            unreachable!("a node that is found is running")
        };
        let (returned, event) = replica.transact(changes)?;
        if let Some(event) = event {
            self.record(Happening::Wrote { node, event: event.last().to_string() });
            self.look_at(node);
        }
        Ok((returned, event))
    }

    /// The state of a running node.
    ///
    /// # Errors
    ///
    /// If the node is not running.
    pub fn state(&self, node: usize) -> Result<&StateOf<S>, ClusterError> {
        self.node(node).map(Replica::state)
    }

    /// Whether the states of all running nodes are equal.
    #[must_use]
    pub fn all_equal(&self) -> bool
    where
        StateOf<S>: PartialEq,
    {
        let mut states = self.running().map(|(_, replica)| replica.state());
        let first = states.next();
        states.all(|state| Some(state) == first)
    }

    /// What a node would store now, to [restart](Self::restart) from later.
    ///
    /// # Errors
    ///
    /// If the node is not running.
    pub fn backup(&self, node: usize) -> Result<Snapshot<StateOf<S>>, ClusterError>
    where
        StateOf<S>: Clone,
    {
        self.node(node).map(|replica| replica.snapshot().cloned())
    }

    /// Restarts a crashed node. Rumors that it was spreading, and the name of
    /// its run, are gone in any case.
    ///
    /// # Errors
    ///
    /// If the node has not crashed, or no replica can go on from the snapshot.
    pub fn restart(&mut self, node: usize, with: Restart<StateOf<S>>) -> Result<(), RestartError>
    where
        StateOf<S>: Clone,
    {
        let crashed = self.crashed(node)?;
        let config = self.config.clone();
        let (replica, with) = match with {
            Restart::Durable => {
                let stored = crashed.snapshot().cloned();
                (Replica::restore(stored, config)?, "its durable state")
            }
            Restart::BackupAsLatest(backup) => {
                (Replica::restore(backup, config)?, "a backup under its old id")
            }
            Restart::Backup(backup) => {
                let id = self.fresh_id(node);
                (Replica::restore(backup.with_fresh_id(id), config)?, "a backup")
            }
            Restart::Nothing => (Replica::new(self.fresh_id(node), config), "nothing"),
        };
        self.bring_up(node, replica, with);
        Ok(())
    }

    /// Lets a replica whose id turned out to be in use twice go on under a
    /// fresh one; see [`Replica::adopt_identity`].
    ///
    /// # Errors
    ///
    /// If the node is not running.
    pub fn adopt_fresh_identity(&mut self, node: usize) -> Result<ReplicaId, ClusterError> {
        self.node(node)?;
        let id = self.fresh_id(node);
        if let Condition::Up(replica) = &mut self.nodes[node].condition {
            replica.adopt_identity(id);
        }
        Ok(id)
    }

    fn fresh_id(&mut self, node: usize) -> ReplicaId {
        ReplicaId::random(&mut self.nodes[node].rng)
    }
}
