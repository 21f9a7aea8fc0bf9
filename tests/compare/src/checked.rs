//! The same types in stateright and in proptest-state-machine.

use std::collections::BTreeSet;
use std::marker::PhantomData;

use gossiper_core::{HybridClock, PhysicalTime, ReplicaId, UpdateContext};
use proptest::prelude::*;
use proptest_state_machine::{ReferenceStateMachine, StateMachineTest};
use stateright::{Model, Property};

use crate::types::{Past, Tested};

/// Replicas that perform, deliver and pull, as in a small scope without
/// crashes.
pub struct Replicas<T> {
    pub replicas: usize,
    pub operations: usize,
    pub of: PhantomData<T>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Node<T> {
    state: T,
    sequence: u64,
    seen: BTreeSet<usize>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Message<T> {
    delta: T,
    op: u8,
    at: usize,
    before: BTreeSet<usize>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Situation<T> {
    nodes: Vec<Node<T>>,
    messages: Vec<Message<T>>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    Op(usize, u8),
    Deliver(usize, usize),
    Pull(usize, usize),
}

impl<T: Tested> Situation<T> {
    fn past(&self, seen: &BTreeSet<usize>) -> Past {
        let told = |number: &usize| {
            let message = &self.messages[*number];
            (*number, message.op, message.before.clone())
        };
        seen.iter().map(told).collect()
    }

    fn closed(&self, seen: &BTreeSet<usize>) -> bool {
        seen.iter().all(|number| self.messages[*number].before.is_subset(seen))
    }

    /// What a model can be asked about reads as it says.
    fn agrees(&self) -> bool {
        self.nodes.iter().all(|node| {
            let closed = self.closed(&node.seen)
                && node.seen.iter().all(|number| self.closed(&self.messages[*number].before));
            !closed || node.state.read() == T::expected(&self.past(&node.seen))
        })
    }

    /// Replicas that have seen the same are equal.
    fn converges(&self) -> bool {
        self.nodes.iter().all(|a| {
            let same = self.nodes.iter().filter(|b| a.seen == b.seen);
            same.into_iter().all(|b| a.state == b.state)
        })
    }
}

impl<T: Tested> Model for Replicas<T> {
    type State = Situation<T>;
    type Action = Action;

    fn init_states(&self) -> Vec<Situation<T>> {
        let node = Node { state: T::default(), sequence: 0, seen: BTreeSet::new() };
        vec![Situation { nodes: vec![node; self.replicas], messages: Vec::new() }]
    }

    fn actions(&self, situation: &Situation<T>, actions: &mut Vec<Action>) {
        for at in 0..self.replicas {
            if situation.messages.len() < self.operations {
                actions.extend((0..4).map(|op| Action::Op(at, op)));
            }
            actions.extend((0..situation.messages.len()).map(|m| Action::Deliver(m, at)));
            let others = (0..self.replicas).filter(|from| *from != at);
            actions.extend(others.map(|from| Action::Pull(from, at)));
        }
    }

    fn next_state(&self, last: &Situation<T>, action: Action) -> Option<Situation<T>> {
        let mut next = last.clone();
        match action {
            Action::Op(at, op) => {
                let node = &mut next.nodes[at];
                let id = ReplicaId::new(at as u64);
                let clock = HybridClock::default();
                let mut ctx = UpdateContext::new(id, node.sequence, clock, PhysicalTime::EPOCH)?;
                let delta = node.state.perform(op, &mut ctx)?;
                node.state.merge(delta.clone());
                node.sequence = ctx.event().last().sequence();
                let before = node.seen.clone();
                node.seen.insert(next.messages.len());
                next.messages.push(Message { delta, op, at, before });
            }
            Action::Deliver(message, to) => {
                next.nodes[to].state.merge(last.messages[message].delta.clone());
                next.nodes[to].seen.insert(message);
            }
            Action::Pull(from, to) => {
                let (from, asker) = (&last.nodes[from], &mut next.nodes[to]);
                if let Some(delta) = from.state.delta(&asker.state.digest()) {
                    asker.state.merge(delta);
                }
                asker.seen.extend(&from.seen);
            }
        }
        Some(next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always("model", |_, situation: &Situation<T>| situation.agrees()),
            Property::always("convergence", |_, situation: &Situation<T>| situation.converges()),
        ]
    }
}

/// One replica beside its model, as a sequential state machine test has it.
pub struct Alone<T>(PhantomData<T>);

impl<T: Tested> ReferenceStateMachine for Alone<T> {
    type State = Past;
    type Transition = u8;

    fn init_state() -> BoxedStrategy<Past> {
        Just(Past::new()).boxed()
    }
    fn transitions(_: &Past) -> BoxedStrategy<u8> {
        (0..4_u8).boxed()
    }
    fn apply(mut past: Past, op: &u8) -> Past {
        let before = (0..past.len()).collect();
        past.push((past.len(), *op, before));
        past
    }
}

impl<T: Tested> StateMachineTest for Alone<T> {
    type SystemUnderTest = (T, u64);
    type Reference = Self;

    fn init_test(_: &Past) -> (T, u64) {
        (T::default(), 0)
    }
    fn apply((mut state, sequence): (T, u64), past: &Past, op: u8) -> (T, u64) {
        let (id, clock) = (ReplicaId::new(0), HybridClock::default());
        let ctx = UpdateContext::new(id, sequence, clock, PhysicalTime::EPOCH);
        let mut ctx = ctx.expect("a test has few operations");
        if let Some(delta) = state.perform(op, &mut ctx) {
            state.merge(delta);
        }
        assert_eq!(state.read(), T::expected(past));
        (state, ctx.event().last().sequence())
    }
}
