//! The cluster: nodes, a network between them, and time.
//!
//! *How does a whole cluster run in one thread, the same way every time?* Time
//! is a count of rounds, and everything random comes from the seed: one stream
//! of it for the network and one for each node, so that one part's draws do
//! not shift another's. A round ([`Cluster::step`]) goes:
//!
//! 1. every running node ticks, in the order of their numbers;
//! 2. the messages that are due arrive, one by one, until none is left.
//!
//! A message that is not delayed is due in the round in which it was sent, and
//! so is the answer to it: on a perfect network a push and its feedback, or a
//! question, its answer and the counter-answer, take one round, as in the
//! synchronous cycles of Demers et al. (PODC 1987). A node that hears a rumor
//! passes it on when it ticks next. Of messages that answer each other,
//! [`MAX_HOPS_PER_ROUND`](crate::MAX_HOPS_PER_ROUND) arrive in one round.
//!
//! What the caller does between two steps happens at the beginning of the next
//! round, before the ticks.
//!
//! A history of two nodes: `node-0` publishes. In round 0 it ticks and pushes
//! to `node-1`; the push arrives in the same round. In round 1 `node-0`, which
//! has not heard that its peer knows the rumor, pushes it again; the answer,
//! "known", arrives in the same round and ends it.
//!
//! Costs: a step takes O(nodes + messages), whatever the topology: peers are
//! sampled from one shared list and never copied. Ten thousand gossip nodes
//! take 39 MB at the height of a rumor, messages in flight included.
//!
//! Known limits: rounds are synchronous, so nodes never drift apart in the
//! *number* of rounds that they have seen; delays make up for it.

mod builder;
mod faults;
mod gossip;
mod node;
mod replica;
mod runs;

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;

pub use builder::ClusterBuilder;
use gossiper_core::{
    DeterministicRng, Effect, GossipNode, NodeId, PhysicalTime, Replica, ReplicaId, Round,
};
pub use node::Status;
use node::{Condition, Node};
pub use replica::Restart;

use crate::journal::Journal;
use crate::machine::{EffectOf, Machine};
use crate::network::{Arrival, Network};
use crate::topology::Wiring;
use crate::trace::{Happening, LossCause};
use crate::{ClusterError, Trace, Traffic};

/// A cluster of nodes that spread rumors with payloads of type `T`.
pub type GossipCluster<T> = Cluster<GossipNode<T>>;

/// A cluster of replicas of a state of type `S`.
pub type ReplicaCluster<S> = Cluster<Replica<S>>;

/// Simulated nodes, each running one machine of type `M`, and the network
/// between them. The [module](crate::cluster) says how time passes.
///
/// Nodes are numbered from 0 and called `node-0`, `node-1`, …; a number is
/// never used for another node.
///
/// ```
/// use gossiper_sim::GossipCluster;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let mut cluster = GossipCluster::<&str>::builder(5).seed(7).build()?;
/// let id = cluster.publish(0, "hello")?;
/// let report = cluster.run_until_reached(id, 20);
/// assert!(report.is_complete());
/// assert_eq!(cluster.node(4)?.payload(id), Some(&"hello"));
/// # Ok(())
/// # }
/// ```
pub struct Cluster<M: Machine> {
    nodes: Vec<Node<M>>,
    names: Vec<NodeId>,
    /// The numbers of the nodes that have not left, in order.
    members: Vec<usize>,
    wiring: Wiring,
    network: Network<M::Message>,
    journal: Journal,
    events: EventLog<M::Event>,
    config: M::Config,
    measure: Option<Measure<M::Message>>,
    tamper: Option<Tamper<M::Message>>,
    watch: Option<Watch<M>>,
    prepare: Option<Prepare<M>>,
    /// What `watch` made of each machine when it was last asked.
    shown: Vec<String>,
    seed: u64,
    round_length_ms: u64,
}

/// The random stream that topologies are drawn from. Stream 0 is the network's,
/// and those that follow are the nodes'.
const WIRING: u64 = u64::MAX;

/// The bytes that a message takes on the wire.
pub(crate) type Measure<Message> = fn(&Message) -> u64;

/// What a faulty machine does to its messages before it sends them.
pub(crate) type Tamper<Message> = Arc<dyn Fn(&mut Message) -> bool + Send + Sync>;

/// What is shown of a machine.
pub(crate) type Watch<M> = Arc<dyn Fn(&M) -> String + Send + Sync>;

/// What is done to a machine when it starts.
pub(crate) type Prepare<M> = Arc<dyn Fn(&mut M) + Send + Sync>;

/// The latest events of all nodes.
#[derive(Debug)]
struct EventLog<E> {
    limit: usize,
    latest: VecDeque<(usize, E)>,
}

/// What every node is called, by its number.
fn name(node: usize) -> NodeId {
    NodeId::from(format!("node-{node}"))
}

impl<M: Machine> Cluster<M> {
    /// Settings of a cluster of `nodes` nodes, to be changed and built.
    pub fn builder(nodes: usize) -> ClusterBuilder<M> {
        ClusterBuilder::new(nodes)
    }

    /// Lets one round pass.
    pub fn step(&mut self) {
        let round = self.round();
        for node in 0..self.nodes.len() {
            let now = self.now(node);
            let Node { condition, rng, .. } = &mut self.nodes[node];
            if let Condition::Up(machine) = condition {
                let effects = machine.tick(rng, round, now);
                self.look_at(node);
                self.carry_out(node, effects, 0);
            }
        }
        while let Some(arrival) = self.network.next_arrival(&mut self.journal) {
            self.deliver(arrival);
        }
        self.network.advance();
    }

    /// The round that the next step runs.
    #[must_use]
    pub const fn round(&self) -> Round {
        self.network.round()
    }

    /// The machine of a running node, to read.
    ///
    /// # Errors
    ///
    /// If the node does not exist, has crashed or has left.
    pub fn node(&self, node: usize) -> Result<&M, ClusterError> {
        match self.condition(node)? {
            Condition::Up(machine) => Ok(machine),
            Condition::Down(_) => Err(ClusterError::Crashed { node }),
            Condition::Gone => Err(ClusterError::Left { node }),
        }
    }

    /// The name of a node, past or present.
    ///
    /// # Errors
    ///
    /// If there never was such a node.
    pub fn name(&self, node: usize) -> Result<&NodeId, ClusterError> {
        self.names.get(node).ok_or(self.unknown(node))
    }

    /// Whether a node is running.
    ///
    /// # Errors
    ///
    /// If there never was such a node.
    pub fn status(&self, node: usize) -> Result<Status, ClusterError> {
        Ok(self.condition(node)?.status())
    }

    /// The running nodes with their numbers, in order.
    pub fn running(&self) -> impl Iterator<Item = (usize, &M)> {
        self.nodes.iter().enumerate().filter_map(|(i, node)| node.machine().map(|m| (i, m)))
    }

    /// How many nodes there have been, crashed and departed ones included. The
    /// numbers of nodes lie below it.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether there never was a node, which cannot be.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// How many nodes belong to the cluster, crashed ones included.
    pub(crate) const fn members(&self) -> usize {
        self.members.len()
    }

    /// The time that a node's clock shows when it ticks in this round: the
    /// number of the round times the length of a round, and the node's skew.
    fn now(&self, node: usize) -> PhysicalTime {
        let true_time = self.round().as_u64().saturating_mul(self.round_length_ms);
        PhysicalTime::from_unix_millis(true_time.saturating_add_signed(self.nodes[node].skew_ms))
    }

    /// Counters of all messages so far.
    #[must_use]
    pub const fn traffic(&self) -> Traffic {
        self.journal.traffic
    }

    /// What has happened so far; `None` unless
    /// [`trace`](ClusterBuilder::trace) was turned on.
    #[must_use]
    pub const fn trace(&self) -> Option<&Trace> {
        self.journal.trace.as_ref()
    }

    /// The seed of everything random in this cluster.
    #[must_use]
    pub const fn seed(&self) -> u64 {
        self.seed
    }

    /// Takes the events that machines have emitted since the last call, each
    /// with the number of its node, the oldest first.
    ///
    /// There are none unless [`events`](ClusterBuilder::events) was set, which
    /// says how many are kept: of more, the oldest are dropped.
    pub fn drain_events(&mut self) -> impl Iterator<Item = (usize, M::Event)> {
        self.events.latest.drain(..)
    }

    /// Hands a running machine any input, with the random source of its node,
    /// and carries out the effects that it returns. For inputs that have no
    /// method here.
    ///
    /// # Errors
    ///
    /// If the node is not running.
    pub fn input(
        &mut self,
        node: usize,
        input: impl FnOnce(&mut M, &mut DeterministicRng) -> Vec<EffectOf<M>>,
    ) -> Result<(), ClusterError> {
        self.node(node)?;
        let Node { condition, rng, .. } = &mut self.nodes[node];
        if let Condition::Up(machine) = condition {
            let effects = input(machine, rng);
            self.carry_out(node, effects, 0);
        }
        Ok(())
    }

    /// Whether all running nodes agree: neither of any two has anything to
    /// tell the other. Each is compared with the first.
    ///
    /// For replicas this means that a digest of either gets no delta from the
    /// other, which holds for any type, equality or not. Gossip nodes agree
    /// when each knows the rumors that the others hold.
    #[must_use]
    pub fn is_converged(&self) -> bool {
        self.first_difference(0).is_none()
    }

    /// The number of a running node that disagrees with the first. The search
    /// begins at node `from`, for the one that differed last is likely to
    /// differ still.
    fn first_difference(&self, from: usize) -> Option<usize> {
        let (_, first) = self.running().next()?;
        let differs = |(_, machine): &(usize, &M)| !first.agrees_with(machine);
        let late = self.running().skip_while(|(node, _)| *node < from).find(differs);
        let early = || self.running().skip(1).take_while(|(node, _)| *node < from).find(differs);
        late.or_else(early).map(|(node, _)| node)
    }

    fn deliver(&mut self, arrival: Arrival<M::Message>) {
        let Arrival { number, from, to, message, answer_hops } = arrival;
        let round = self.round();
        let Node { condition, rng, .. } = &mut self.nodes[to];
        let Condition::Up(machine) = condition else {
            self.journal.lose(round, number, LossCause::Crash);
            return;
        };
        self.journal.traffic.delivered += 1;
        self.journal.record(round, || Happening::Delivered { message: number, to });
        let effects = machine.receive(rng, &self.names[from], message);
        self.look_at(to);
        self.carry_out(to, effects, answer_hops);
    }

    fn carry_out(&mut self, node: usize, effects: Vec<EffectOf<M>>, hops: u32) {
        for effect in effects {
            match effect {
                Effect::Emit(event) => self.emit(node, event),
                Effect::Send { target, message } => {
                    if self.nodes[node].burns_out() {
                        self.take_down(node);
                        return;
                    }
                    self.send(node, &target, message, hops);
                }
            }
        }
    }

    /// Events are the application's; reasons are for the trace, if there is one.
    fn emit(&mut self, node: usize, event: M::Event) {
        let explained = M::explanation(&event).filter(|_| self.journal.trace.is_some());
        let Some((peer, why)) = explained else {
            self.events.push(node, event);
            return;
        };
        if let Some(to) = self.number_of(peer) {
            self.record(Happening::Explained { node, to, why });
        }
    }

    fn send(&mut self, from: usize, target: &NodeId, mut message: M::Message, hops: u32) {
        if self.tamper.as_ref().is_some_and(|tamper| !tamper(&mut message)) {
            return;
        }
        let traffic = &mut self.journal.traffic;
        traffic.count_sent(M::kind(&message));
        if let (Some(bytes), Some(measure)) = (&mut traffic.bytes, self.measure) {
            *bytes += measure(&message);
        }
        match self.number_of(target) {
            Some(to) => {
                self.network.send((from, to), message, hops, &mut self.journal, M::describe);
            }
            None => self.journal.traffic.lost_by_crash += 1,
        }
    }

    /// The number of the node that is called `name`. O(1): the number is in
    /// the name.
    fn number_of(&self, name: &NodeId) -> Option<usize> {
        let number: usize = name.as_str().strip_prefix("node-")?.parse().ok()?;
        (self.names.get(number)? == name).then_some(number)
    }

    fn condition(&self, node: usize) -> Result<&Condition<M>, ClusterError> {
        self.nodes.get(node).map(|node| &node.condition).ok_or(self.unknown(node))
    }

    const fn unknown(&self, node: usize) -> ClusterError {
        ClusterError::UnknownNode { node, nodes: self.nodes.len() }
    }

    /// Records what is to be shown of a running machine, if that has changed.
    fn look_at(&mut self, node: usize) {
        let Some(watch) = &self.watch else { return };
        let Some(shown) = self.nodes[node].machine().map(|machine| watch(machine)) else { return };
        if self.shown[node] != shown {
            self.shown[node].clone_from(&shown);
            self.record(Happening::Became { node, shown });
        }
    }

    /// Starts the next node. It has no peers yet.
    fn push_node(&mut self) -> usize {
        let node = self.nodes.len();
        self.names.push(name(node));
        // Stream 0 is the network's.
        let mut rng = DeterministicRng::stream(self.seed, node as u64 + 1);
        let incarnation = ReplicaId::random(&mut rng);
        let mut machine = M::start(&self.names[node], incarnation, &self.config);
        self.prepare(&mut machine);
        self.shown.extend(self.watch.as_ref().map(|watch| watch(&machine)));
        self.nodes.push(Node::new(machine, rng, incarnation));
        self.members.push(node);
        node
    }

    fn prepare(&self, machine: &mut M) {
        if self.journal.trace.is_some() {
            machine.explain();
        }
        if let Some(prepare) = &self.prepare {
            prepare(machine);
        }
    }

    /// Tells every running machine who its peers are, after the membership has
    /// changed. O(nodes).
    fn rewire(&mut self) {
        let members = self.members.iter().map(|node| self.names[*node].clone());
        let mut rng = DeterministicRng::stream(self.seed, WIRING);
        self.wiring = Wiring::new(self.wiring.topology(), members, &mut rng);
        for (place, node) in self.members.iter().enumerate() {
            if let Condition::Up(machine) = &mut self.nodes[*node].condition {
                machine.set_peers(self.wiring.peers(place));
            }
        }
    }
}

impl<M: Machine> fmt::Debug for Cluster<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cluster")
            .field("seed", &self.seed)
            .field("round", &self.round())
            .field("nodes", &self.nodes.len())
            .field("running", &self.running().count())
            .field("traffic", &self.journal.traffic)
            .finish_non_exhaustive()
    }
}

impl<E> EventLog<E> {
    const fn new(limit: usize) -> Self {
        Self { limit, latest: VecDeque::new() }
    }

    fn push(&mut self, node: usize, event: E) {
        if self.limit == 0 {
            return;
        }
        if self.latest.len() == self.limit {
            self.latest.pop_front();
        }
        self.latest.push_back((node, event));
    }
}
