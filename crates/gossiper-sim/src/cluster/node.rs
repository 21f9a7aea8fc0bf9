//! One simulated node.

use gossiper_core::{DeterministicRng, MessageIdGenerator, ReplicaId};

/// Whether a node is running.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// It runs.
    Up,
    /// It has crashed and may restart.
    Down,
    /// It has left for good.
    Gone,
}

#[derive(Debug)]
pub(super) struct Node<M> {
    pub(super) condition: Condition<M>,
    pub(super) rng: DeterministicRng,
    /// The ids of rumors published since the last start.
    pub(super) message_ids: MessageIdGenerator,
    pub(super) skew_ms: i64,
    /// How many messages it still sends before it crashes, if it is to.
    pub(super) fuse: Option<u64>,
}

/// A machine, running or not. What a crashed one had *stored* is read from it
/// when it restarts; nothing else of it is used again.
#[derive(Debug)]
pub(super) enum Condition<M> {
    Up(M),
    Down(M),
    Gone,
}

impl<M> Node<M> {
    pub(super) const fn new(machine: M, rng: DeterministicRng, incarnation: ReplicaId) -> Self {
        Self {
            condition: Condition::Up(machine),
            rng,
            message_ids: MessageIdGenerator::for_replica(incarnation),
            skew_ms: 0,
            fuse: None,
        }
    }

    pub(super) const fn machine(&self) -> Option<&M> {
        match &self.condition {
            Condition::Up(machine) => Some(machine),
            Condition::Down(_) | Condition::Gone => None,
        }
    }

    /// Whether the node crashes instead of sending one more message.
    pub(super) const fn burns_out(&mut self) -> bool {
        match &mut self.fuse {
            None => false,
            Some(0) => true,
            Some(left) => {
                *left -= 1;
                false
            }
        }
    }
}

impl<M> Condition<M> {
    pub(super) const fn status(&self) -> Status {
        match self {
            Self::Up(_) => Status::Up,
            Self::Down(_) => Status::Down,
            Self::Gone => Status::Gone,
        }
    }
}
