//! What a caller can get wrong.

use gossiper_core::{IdsExhausted, RestoreError, TransactError, UpdateError};
use thiserror::Error;

/// Settings with which no cluster can run. Choose others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum BuildError {
    /// A cluster has at least one node.
    #[error("a cluster needs at least one node")]
    NoNodes,
    /// No number of rounds lies in the range of delays.
    #[error("no delay lies between {min} and {max} rounds")]
    EmptyDelay {
        /// The least delay.
        min: u64,
        /// The greatest.
        max: u64,
    },
    /// A tree in which nobody has children has one node.
    #[error("a tree needs an arity of at least 1")]
    TreeWithoutChildren,
    /// There is no connected graph of so many nodes in which each has so many
    /// peers. Choose a degree of at least 2 and below the number of nodes, and an
    /// even one if that number is odd.
    #[error("no connected graph of {nodes} nodes gives each of them {degree} peers")]
    NoRegularGraph {
        /// The peers that each node was to have.
        degree: usize,
        /// How many nodes there are.
        nodes: usize,
    },
    /// A clock was set for a node that is not there.
    #[error("a clock was set for node-{node} of a cluster of {nodes} nodes")]
    NoSuchClock {
        /// The number of the node.
        node: usize,
        /// How many nodes there are.
        nodes: usize,
    },
}

/// A cluster was asked for what it cannot do now. Nothing has happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ClusterError {
    /// There never was such a node.
    #[error("there is no node-{node} among {nodes} nodes")]
    UnknownNode {
        /// The number of the node.
        node: usize,
        /// How many nodes there have been.
        nodes: usize,
    },
    /// The node has crashed. Restart it first.
    #[error("node-{node} has crashed; restart it first")]
    Crashed {
        /// The number of the node.
        node: usize,
    },
    /// The node left for good.
    #[error("node-{node} has left the cluster")]
    Left {
        /// The number of the node.
        node: usize,
    },
    /// The node is running, and only a crashed one can restart.
    #[error("node-{node} is running; only a crashed node can restart")]
    Running {
        /// The number of the node.
        node: usize,
    },
    /// A node cannot be on two sides of a partition.
    #[error("node-{node} is named by two groups of one partition")]
    InTwoGroups {
        /// The number of the node.
        node: usize,
    },
}

/// A rumor was not published.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum PublishError {
    /// The node cannot publish.
    #[error(transparent)]
    Cluster(#[from] ClusterError),
    /// The node has used up its ids; restart it.
    #[error(transparent)]
    Ids(#[from] IdsExhausted),
}

/// A state was not updated; it is as it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum WriteError<E> {
    /// The node cannot write.
    #[error(transparent)]
    Cluster(#[from] ClusterError),
    /// The replica refused.
    #[error(transparent)]
    Update(UpdateError<E>),
}

/// A transaction on a node did not happen. Its state is unchanged.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum TransactionError {
    /// The node cannot write.
    #[error(transparent)]
    Cluster(#[from] ClusterError),
    /// The replica or the transaction refused.
    #[error(transparent)]
    Transact(#[from] TransactError),
}

/// A replica did not restart; it is still down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum RestartError {
    /// The node cannot restart.
    #[error(transparent)]
    Cluster(#[from] ClusterError),
    /// No replica can go on from what was stored.
    #[error(transparent)]
    Restore(#[from] RestoreError),
}
