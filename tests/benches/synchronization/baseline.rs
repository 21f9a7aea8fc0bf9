//! What ours is measured against: state-based synchronisation, and deltas with and
//! without the two improvements of Enes et al., ICDE 2019, algorithm 1.
//!
//! Each node keeps a buffer of deltas, numbered in the order in which it took them
//! in, and how far each neighbour has acknowledged them. In a round it sends every
//! neighbour the join of what that has not acknowledged (Almeida, Shoker and
//! Baquero, JPDC 2018, algorithm 2). What is older than `MAX_AGE_ROUNDS` is
//! dropped, as ours drops rumors; a neighbour that is behind that gets the state.

use std::collections::BTreeMap;

use gossiper::sim::{EffectOf, Machine, MessageKind};
use gossiper::{
    DeterministicRng, Effect, NodeId, Peers, PhysicalTime, ReplicaId, Replicated, Round,
};
use serde::{Deserialize, Serialize};

/// The rounds for which ours keeps a rumor among 15 nodes.
const MAX_AGE_ROUNDS: u64 = 16;

/// How a node synchronises.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Method {
    /// The whole state, whenever it is news to a neighbour.
    State,
    Delta {
        /// BP: nothing goes back to where it came from.
        avoid_back_propagation: bool,
        /// RR: of what came, only what was news is passed on.
        remove_redundant: bool,
    },
}

impl Method {
    pub(crate) const ALL: [(&'static str, Self); 5] = [
        ("state-based", Self::State),
        ("classic deltas", Self::delta(false, false)),
        ("BP", Self::delta(true, false)),
        ("RR", Self::delta(false, true)),
        ("BP+RR", Self::delta(true, true)),
    ];

    const fn delta(avoid_back_propagation: bool, remove_redundant: bool) -> Self {
        Self::Delta { avoid_back_propagation, remove_redundant }
    }
}

#[derive(Clone, Serialize, Deserialize)]
pub(crate) enum Message<Delta> {
    Delta { upto: u64, delta: Delta },
    Acknowledged { upto: u64 },
}

pub(crate) struct Baseline<S: Replicated> {
    pub(crate) id: ReplicaId,
    pub(crate) state: S,
    method: Method,
    peers: Peers,
    round: Round,
    /// The number of the last delta taken in.
    last: u64,
    buffer: BTreeMap<u64, Buffered<S::Delta>>,
    acknowledged: BTreeMap<NodeId, u64>,
}

struct Buffered<Delta> {
    delta: Delta,
    origin: Option<NodeId>,
    round: Round,
}

/// The join of some deltas, without what one has of another; `None` if they tell
/// nothing.
pub(crate) fn joined<S: Replicated + Default>(
    deltas: impl IntoIterator<Item = S::Delta>,
) -> Option<S::Delta> {
    let mut state = S::default();
    for delta in deltas {
        state.merge(delta);
    }
    state.delta(&S::default().digest())
}

impl<S: Replicated + Default> Baseline<S>
where
    S::Delta: Clone,
{
    /// Takes in a local change.
    pub(crate) fn update(&mut self, delta: S::Delta) {
        if self.state.merge(delta.clone()).is_changed() {
            self.keep(delta, None);
        }
    }

    fn keep(&mut self, delta: S::Delta, origin: Option<NodeId>) {
        self.last += 1;
        if self.method != Method::State {
            self.buffer.insert(self.last, Buffered { delta, origin, round: self.round });
        }
    }

    /// What to send to `peer`, which has acknowledged so much.
    fn lacking(&self, peer: &NodeId, acknowledged: u64) -> Option<S::Delta> {
        let oldest = self.buffer.keys().next().copied().unwrap_or(self.last + 1);
        let Method::Delta { avoid_back_propagation, .. } = self.method else {
            return joined_state(&self.state);
        };
        if oldest > acknowledged + 1 {
            return joined_state(&self.state);
        }
        let unacknowledged = self.buffer.range(acknowledged + 1..).map(|(_, kept)| kept);
        let sent = unacknowledged
            .filter(|kept| !avoid_back_propagation || kept.origin.as_ref() != Some(peer));
        joined::<S>(sent.map(|kept| kept.delta.clone()))
    }

    fn receive_delta(&mut self, from: &NodeId, delta: S::Delta) {
        if let Method::Delta { remove_redundant: true, .. } = self.method {
            let mut news = S::decompose(delta);
            news.retain(|atom| self.state.merge(atom.clone()).is_changed());
            if let Some(news) = joined::<S>(news) {
                self.keep(news, Some(from.clone()));
            }
        } else if self.state.merge(delta.clone()).is_changed() {
            self.keep(delta, Some(from.clone()));
        }
    }
}

fn joined_state<S: Replicated + Default>(state: &S) -> Option<S::Delta> {
    state.delta(&S::default().digest())
}

impl<S: Replicated + Default> Machine for Baseline<S>
where
    S::Delta: Clone,
{
    type Message = Message<S::Delta>;
    type Event = ();
    type Config = Method;

    fn config_for(_: usize) -> Method {
        Method::State
    }

    fn start(_: &NodeId, id: ReplicaId, method: &Method) -> Self {
        Self {
            id,
            state: S::default(),
            method: *method,
            peers: Peers::default(),
            round: Round::ZERO,
            last: 0,
            buffer: BTreeMap::new(),
            acknowledged: BTreeMap::new(),
        }
    }

    fn set_peers(&mut self, peers: Peers) {
        self.peers = peers;
    }

    fn tick(
        &mut self,
        _: &mut DeterministicRng,
        round: Round,
        _: PhysicalTime,
    ) -> Vec<EffectOf<Self>> {
        self.round = round;
        self.buffer.retain(|_, kept| round.since(kept.round) < MAX_AGE_ROUNDS);
        let mut effects = Vec::new();
        for peer in self.peers.clone().iter() {
            let acknowledged = self.acknowledged.get(peer).copied().unwrap_or(0);
            if acknowledged == self.last {
                continue;
            }
            match self.lacking(peer, acknowledged) {
                Some(delta) => {
                    let message = Message::Delta { upto: self.last, delta };
                    effects.push(Effect::Send { target: peer.clone(), message });
                }
                // All of it came from there.
                None => {
                    self.acknowledged.insert(peer.clone(), self.last);
                }
            }
        }
        effects
    }

    fn receive(
        &mut self,
        _: &mut DeterministicRng,
        from: &NodeId,
        message: Self::Message,
    ) -> Vec<EffectOf<Self>> {
        match message {
            Message::Delta { upto, delta } => {
                self.receive_delta(from, delta);
                let message = Message::Acknowledged { upto };
                vec![Effect::Send { target: from.clone(), message }]
            }
            Message::Acknowledged { upto } => {
                let acknowledged = self.acknowledged.entry(from.clone()).or_default();
                *acknowledged = (*acknowledged).max(upto);
                let of = |peer| self.acknowledged.get(peer).copied().unwrap_or(0);
                let everywhere = self.peers.iter().map(of).min().unwrap_or(0);
                self.buffer.retain(|number, _| *number > everywhere);
                Vec::new()
            }
        }
    }

    fn agrees_with(&self, other: &Self) -> bool {
        let (a, b) = (&self.state, &other.state);
        a.delta(&b.digest()).is_none() && b.delta(&a.digest()).is_none()
    }

    fn kind(message: &Self::Message) -> MessageKind {
        match message {
            Message::Delta { .. } => MessageKind::Rumors,
            Message::Acknowledged { .. } => MessageKind::Feedback,
        }
    }

    fn describe(message: &Self::Message) -> String {
        format!("{:?}", Self::kind(message))
    }
}
