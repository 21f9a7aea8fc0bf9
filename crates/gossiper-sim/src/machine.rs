//! What the simulator asks of a state machine, and the two that it is for.

mod gossip;
mod replica;

use gossiper_core::rumor::RumorBatch;
use gossiper_core::{
    DeterministicRng, Effect, MessageId, NodeId, Peers, PhysicalTime, ReplicaId, Round, Rumor,
};

use crate::MessageKind;

/// A state machine that a [`Cluster`](crate::Cluster) can run: a
/// [`GossipNode`](gossiper_core::GossipNode), a
/// [`Replica`](gossiper_core::Replica) of any state type, or one of your own.
pub trait Machine: Sized {
    /// What machines send to each other. The network may repeat it.
    type Message: Clone;
    /// What a machine tells its application.
    type Event;
    /// The settings of a machine.
    type Config: Clone;

    /// The settings for a cluster of `nodes` nodes where none are chosen.
    fn config_for(nodes: usize) -> Self::Config;

    /// A machine that starts with nothing. `incarnation` is an id that no
    /// other start of any machine has had.
    fn start(node: &NodeId, incarnation: ReplicaId, config: &Self::Config) -> Self;

    /// Says whom the machine gossips with.
    fn set_peers(&mut self, peers: Peers);

    /// A round begins.
    fn tick(
        &mut self,
        rng: &mut DeterministicRng,
        round: Round,
        now: PhysicalTime,
    ) -> Vec<EffectOf<Self>>;

    /// A message arrives.
    fn receive(
        &mut self,
        rng: &mut DeterministicRng,
        from: &NodeId,
        message: Self::Message,
    ) -> Vec<EffectOf<Self>>;

    /// Whether neither of two machines has anything to tell the other.
    fn agrees_with(&self, other: &Self) -> bool;

    /// What a message is for, to be counted.
    fn kind(message: &Self::Message) -> MessageKind;

    /// What a message says in a few words, for the trace.
    fn describe(message: &Self::Message) -> String;

    /// Asks the machine to emit why it says what it says, for the trace. Default: it
    /// has no reasons to tell.
    fn explain(&mut self) {}

    /// An event that is no more than such a reason: to whom it says something, and why.
    fn explanation(event: &Self::Event) -> Option<(&NodeId, String)> {
        let _ = event;
        None
    }
}

/// What machine `M` asks of its host.
pub type EffectOf<M> = Effect<<M as Machine>::Message, <M as Machine>::Event>;

/// The ids of rumors, and what is said of others, in a few words.
fn describe_batch<T>(batch: &RumorBatch<T>) -> String {
    let rumors: Vec<MessageId> = batch.rumors.iter().map(Rumor::id).collect();
    let parts = [
        ("rumors", &rumors),
        ("known", &batch.known),
        ("announced", &batch.announced),
        ("wanted", &batch.wanted),
    ];
    let acknowledged =
        (batch.acknowledged != 0).then(|| format!("acknowledged batch {}", batch.acknowledged));
    let parts = parts
        .into_iter()
        .filter(|(_, ids)| !ids.is_empty())
        .map(|(what, ids)| ids.iter().fold(what.to_owned(), |text, id| format!("{text} {id}")));
    acknowledged.into_iter().chain(parts).collect::<Vec<_>>().join(", ")
}

const fn batch_kind<T>(batch: &RumorBatch<T>) -> MessageKind {
    if !batch.rumors.is_empty() {
        MessageKind::Rumors
    } else if !batch.announced.is_empty() {
        MessageKind::Announcement
    } else if !batch.wanted.is_empty() {
        MessageKind::Request
    } else {
        MessageKind::Feedback
    }
}
