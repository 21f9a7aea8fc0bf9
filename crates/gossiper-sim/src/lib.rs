//! A deterministic simulator of clusters of gossip nodes and replicas.
//!
//! *Does it converge when messages are lost, repeated, delayed and reordered,
//! when the network falls apart and machines crash, and what does it cost?* A
//! [`Cluster`] runs the state machines of [`gossiper_core`], the same code that
//! runs in production, in rounds of simulated time over a simulated
//! [network](NetworkConditions). Everything random comes from one seed, so
//! whatever a run shows can be [replayed](Scenario::replay) and read in its
//! [`Trace`].
//!
//! | question | answer |
//! | --- | --- |
//! | who runs, and who knows whom | [`GossipCluster`], [`ReplicaCluster`], [`ClusterBuilder`], [`Topology`] |
//! | how time passes | [`cluster`] |
//! | what goes wrong | [`NetworkConditions`], [`Cluster::partition`], [`Cluster::block`], [`Cluster::crash`], [`Restart`], [`ClusterBuilder::clock_skew_ms`] |
//! | what came of it | [`RunReport`], [`ReachReport`], [`ConvergenceReport`], [`Traffic`] |
//! | again, from many seeds, side by side | [`Scenario`], [`Comparison`] |
//! | what happened exactly | [`Trace`], [`Cluster::drain_events`] |
//!
//! Two halves of a cluster of replicas write while they cannot hear each other,
//! and agree when they can again:
//!
//! ```
//! use std::convert::Infallible;
//!
//! use gossiper_crdts::GSet;
//! use gossiper_sim::ReplicaCluster;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let mut cluster = ReplicaCluster::<GSet<&str>>::builder(4).seed(1).build()?;
//! cluster.partition(&[&[0, 1], &[2, 3]])?;
//! cluster.update(0, |set, _| Ok::<_, Infallible>(set.insert("here")))?;
//! cluster.update(2, |set, _| Ok::<_, Infallible>(set.insert("there")))?;
//! assert!(!cluster.run_until_converged(30).converged);
//!
//! cluster.heal();
//! assert!(cluster.run_until_converged(30).converged);
//! assert!(cluster.all_equal());
//! # Ok(())
//! # }
//! ```
//!
//! The simulator reads no clock, prints nothing, starts no thread and decides
//! nothing by floating point.
//!
//! Reference for the synchronous rounds and the figures of epidemics: Demers et
//! al., *Epidemic algorithms for replicated database maintenance*, PODC 1987,
//! section 1.4.
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(feature = "serde")]
mod bytes;
pub mod cluster;
mod comparison;
mod error;
mod journal;
mod machine;
mod network;
mod ratio;
mod report;
mod scenario;
mod topology;
pub mod trace;
mod traffic;

pub use cluster::{Cluster, ClusterBuilder, GossipCluster, ReplicaCluster, Restart, Status};
pub use comparison::Comparison;
pub use error::{
    BuildError, ClusterError, PublishError, RestartError, TransactionError, WriteError,
};
pub use machine::{EffectOf, Machine};
pub use network::{MAX_HOPS_PER_ROUND, NetworkConditions};
pub use ratio::Ratio;
pub use report::{ConvergenceReport, ReachReport, RunReport};
pub use scenario::{ActionError, Finished, Outcome, Scenario, ScenarioError, ScenarioReport};
pub use topology::Topology;
pub use trace::Trace;
pub use traffic::{MessageKind, Traffic};

/// The snippets of the README compile.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct ReadmeSnippets;
