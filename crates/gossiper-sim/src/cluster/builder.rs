//! The settings of a cluster.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use gossiper_core::DeterministicRng;

use super::{Cluster, EventLog, Measure, Prepare, Tamper, WIRING, Watch};
use crate::journal::Journal;
use crate::machine::Machine;
use crate::network::{Network, NetworkConditions};
use crate::topology::{Topology, Wiring};
use crate::{BuildError, Trace, Traffic};

/// What a cluster is to be like. One builder may build many clusters.
///
/// ```
/// use gossiper_sim::{GossipCluster, NetworkConditions, Ratio, Topology};
///
/// # fn main() -> Result<(), gossiper_sim::BuildError> {
/// let cluster = GossipCluster::<u32>::builder(8)
///     .topology(Topology::Ring)
///     .network(NetworkConditions::perfect().with_loss(Ratio::percent(5)))
///     .seed(3)
///     .build()?;
/// assert_eq!(cluster.len(), 8);
/// # Ok(())
/// # }
/// ```
#[must_use]
pub struct ClusterBuilder<M: Machine> {
    nodes: usize,
    topology: Topology,
    network: NetworkConditions,
    config: Option<M::Config>,
    seed: u64,
    trace: bool,
    max_events: usize,
    round_length_ms: u64,
    skews_ms: BTreeMap<usize, i64>,
    measure: Option<Measure<M::Message>>,
    tamper: Option<Tamper<M::Message>>,
    watch: Option<Watch<M>>,
    prepare: Option<Prepare<M>>,
}

/// The length of a round where none is chosen.
const ROUND_LENGTH_MS: u64 = 250;

impl<M: Machine> ClusterBuilder<M> {
    pub(super) const fn new(nodes: usize) -> Self {
        Self {
            nodes,
            topology: Topology::FullyConnected,
            network: NetworkConditions::perfect(),
            config: None,
            seed: 0,
            trace: false,
            max_events: 0,
            round_length_ms: ROUND_LENGTH_MS,
            skews_ms: BTreeMap::new(),
            measure: None,
            tamper: None,
            watch: None,
            prepare: None,
        }
    }

    /// Who gossips with whom. Default: everybody with everybody.
    pub fn topology(self, topology: Topology) -> Self {
        Self { topology, ..self }
    }

    /// How well the network works. Default: perfectly.
    pub fn network(self, network: NetworkConditions) -> Self {
        Self { network, ..self }
    }

    /// The settings of every machine. Default: those for a cluster of this
    /// size.
    pub fn config(self, config: M::Config) -> Self {
        Self { config: Some(config), ..self }
    }

    /// The seed of everything random. Default 0.
    pub fn seed(self, seed: u64) -> Self {
        Self { seed, ..self }
    }

    /// Whether to record a [`Trace`]. Default: no.
    pub fn trace(self, trace: bool) -> Self {
        Self { trace, ..self }
    }

    /// Keeps the latest `max` events for
    /// [`drain_events`](Cluster::drain_events). Default 0: events are dropped
    /// as they come, so that long runs do not pile them up.
    pub fn events(self, max: usize) -> Self {
        Self { max_events: max, ..self }
    }

    /// How long a round lasts by the nodes' clocks, in milliseconds. Default
    /// 250.
    pub fn round_length_ms(self, round_length_ms: u64) -> Self {
        Self { round_length_ms, ..self }
    }

    /// Sets the clock of a node wrong by `skew_ms` milliseconds, ahead or
    /// behind. A clock never shows a time before the epoch, which is when the
    /// simulation begins. Default: all clocks are right.
    pub fn clock_skew_ms(mut self, node: usize, skew_ms: i64) -> Self {
        self.skews_ms.insert(node, skew_ms);
        self
    }

    /// Counts bytes as `measure` gives them for each message sent. With the
    /// feature `serde`, `count_bytes` measures with the codec.
    pub fn measure_bytes(self, measure: fn(&M::Message) -> u64) -> Self {
        Self { measure: Some(measure), ..self }
    }

    /// Lets `tamper` change every message before it is sent, or swallow it by
    /// returning false: machines with a fault in their protocol, to find out
    /// whether a test would notice.
    pub fn tamper(self, tamper: impl Fn(&mut M::Message) -> bool + Send + Sync + 'static) -> Self {
        Self { tamper: Some(Arc::new(tamper)), ..self }
    }

    /// Records what `show` makes of a machine in the trace, whenever that has
    /// changed. Costs a call for each message that arrives, in traced runs only.
    pub fn watch(self, show: impl Fn(&M) -> String + Send + Sync + 'static) -> Self {
        Self { watch: Some(Arc::new(show)), ..self }
    }

    /// Does `prepare` to every machine that starts or restarts, before anything
    /// else: for settings that are not in its configuration, such as how large a
    /// payload is.
    ///
    /// ```
    /// # use gossiper_sim::GossipCluster;
    /// let builder = GossipCluster::<String>::builder(5)
    ///     .prepare(|node| node.measure_payloads(String::len));
    /// # let _ = builder;
    /// ```
    pub fn prepare(self, prepare: impl Fn(&mut M) + Send + Sync + 'static) -> Self {
        Self { prepare: Some(Arc::new(prepare)), ..self }
    }

    /// Builds the cluster.
    ///
    /// # Errors
    ///
    /// If the settings contradict themselves; see [`BuildError`].
    pub fn build(&self) -> Result<Cluster<M>, BuildError> {
        self.build_with(self.seed, self.trace)
    }

    /// Builds the cluster with another seed, traced or not.
    pub(crate) fn build_with(&self, seed: u64, trace: bool) -> Result<Cluster<M>, BuildError> {
        let nodes = self.nodes;
        if nodes == 0 {
            return Err(BuildError::NoNodes);
        }
        self.network.validate()?;
        self.topology.validate(nodes)?;
        if let Some(node) = self.skews_ms.keys().copied().find(|node| *node >= nodes) {
            return Err(BuildError::NoSuchClock { node, nodes });
        }
        let traffic = Traffic { bytes: self.measure.is_some().then_some(0), ..Traffic::default() };
        let mut cluster = Cluster {
            nodes: Vec::with_capacity(nodes),
            names: Vec::with_capacity(nodes),
            members: Vec::with_capacity(nodes),
            wiring: Wiring::new(self.topology, [], &mut DeterministicRng::stream(seed, WIRING)),
            network: Network::new(self.network.clone(), DeterministicRng::stream(seed, 0)),
            journal: Journal { traffic, trace: trace.then(Trace::default) },
            events: EventLog::new(self.max_events),
            config: self.config.clone().unwrap_or_else(|| M::config_for(nodes)),
            measure: self.measure,
            tamper: self.tamper.clone(),
            watch: self.watch.clone().filter(|_| trace),
            prepare: self.prepare.clone(),
            shown: Vec::new(),
            seed,
            round_length_ms: self.round_length_ms,
        };
        for _ in 0..nodes {
            cluster.push_node();
        }
        for (node, skew_ms) in &self.skews_ms {
            cluster.nodes[*node].skew_ms = *skew_ms;
        }
        cluster.rewire();
        Ok(cluster)
    }
}

impl<M: Machine> Clone for ClusterBuilder<M> {
    fn clone(&self) -> Self {
        Self {
            network: self.network.clone(),
            config: self.config.clone(),
            skews_ms: self.skews_ms.clone(),
            tamper: self.tamper.clone(),
            watch: self.watch.clone(),
            prepare: self.prepare.clone(),
            ..*self
        }
    }
}

impl<M: Machine> fmt::Debug for ClusterBuilder<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClusterBuilder")
            .field("nodes", &self.nodes)
            .field("topology", &self.topology)
            .field("network", &self.network)
            .field("seed", &self.seed)
            .finish_non_exhaustive()
    }
}
