//! States, deltas and replicas by number, and the steps between them.
//!
//! *A small scope has many situations and few states. How is each state built
//! once?* Every state, delta, replica and operation gets a number when it is
//! first met, and what a merge, an answer or an operation leads to is looked up
//! after the first time. A situation is then a handful of numbers, and most
//! steps cost a look into a table.

use std::fmt::Debug;

use gossiper_core::{DeltaOf, Dot, MergeOutcome, Replicated, StateOf, Timestamp};

use super::table::{Map, Numbered, next};
use crate::engine::fingerprint;
use crate::history::{Events, Performed};
use crate::lab::{Mutation, Writer, perform, stored};
use crate::laws::exchange::KEY;
use crate::subject::{Check, Subject};

/// One replica in some situations.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Node {
    pub(super) writer: Writer,
    pub(super) state: u32,
    pub(super) seen: Events,
    pub(super) backup: Option<(u32, Events)>,
}

/// An operation that was performed, and its message.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Made {
    message: usize,
    at: usize,
    op: usize,
    pub(super) delta: u32,
    dot: Dot,
    stamp: Option<Timestamp>,
    before: Events,
}

/// All messages of a situation.
pub(super) struct Messages {
    pub(super) made: Box<[u32]>,
    /// Their deltas alone, as a number.
    pub(super) deltas: u32,
}

/// What an operation leads to.
#[derive(Clone, Copy)]
pub(super) struct Performance {
    pub(super) node: u32,
    pub(super) made: u32,
    /// The states before and after it, and the delta.
    pub(super) mutation: (u32, u32, u32),
    pub(super) outcome: Option<MergeOutcome>,
}

/// What a merge leads to.
#[derive(Clone, Copy)]
pub(super) struct Merge {
    pub(super) after: u32,
    pub(super) outcome: MergeOutcome,
}

pub(super) struct World<'a, S: Subject, O> {
    pub(super) check: &'a Check<S, O>,
    pub(super) alphabet: &'a [O],
    states: Shown<StateOf<S>>,
    deltas: Shown<DeltaOf<S>>,
    nodes: Numbered<Node>,
    /// Each node's state and what it has seen, as a number.
    knowledge: Numbered<(u32, Events)>,
    known: Vec<u32>,
    made: Numbered<Made>,
    messages: Vec<Messages>,
    longer: Map<(u32, u32), u32>,
    deltas_of: Numbered<Box<[u32]>>,
    merges: Map<(u32, u32), Merge>,
    answers: Map<(u32, u32), Option<u32>>,
    same: Map<(u32, u32), bool>,
    stored: Map<u32, u32>,
}

/// Values by what they show: what `Debug` prints, and their bytes.
struct Shown<T> {
    values: Vec<T>,
    numbers: Map<u128, Vec<u32>>,
}

impl<T: Debug> Shown<T> {
    fn number(&mut self, value: T, bytes: &[u8], same: impl Fn(&T, &T) -> bool) -> u32 {
        let numbers = self.numbers.entry(fingerprint(&value, bytes)).or_default();
        let found = numbers.iter().find(|number| same(&self.values[**number as usize], &value));
        found.copied().unwrap_or_else(|| {
            let number = next(self.values.len());
            numbers.push(number);
            self.values.push(value);
            number
        })
    }
}

/// The number of the empty state.
pub(super) const EMPTY: u32 = 0;

/// The number of no messages.
pub(super) const NONE_MADE: u32 = 0;

impl<'a, S: Subject, O: Clone> World<'a, S, O> {
    pub(super) fn new(check: &'a Check<S, O>, alphabet: &'a [O]) -> Self {
        let mut world = Self {
            check,
            alphabet,
            states: Shown { values: Vec::new(), numbers: Map::default() },
            deltas: Shown { values: Vec::new(), numbers: Map::default() },
            nodes: Numbered::default(),
            knowledge: Numbered::default(),
            known: Vec::new(),
            made: Numbered::default(),
            messages: Vec::new(),
            longer: Map::default(),
            deltas_of: Numbered::default(),
            merges: Map::default(),
            answers: Map::default(),
            same: Map::default(),
            stored: Map::default(),
        };
        let mut empty = StateOf::<S>::default();
        empty.maintain_fingerprint(&KEY);
        world.number_state(empty);
        let deltas = world.deltas_of.number(Box::default());
        world.messages.push(Messages { made: Box::default(), deltas });
        world
    }

    /// A replica that starts, with what it finds.
    pub(super) fn start(&mut self, incarnation: u64, state: u32, seen: Events) -> u32 {
        let writer = Writer::new(incarnation);
        self.number_node(Node { writer, state, seen, backup: None })
    }

    pub(super) fn state(&self, number: u32) -> &StateOf<S> {
        &self.states.values[number as usize]
    }

    pub(super) fn states(&self) -> usize {
        self.states.values.len()
    }

    pub(super) fn delta(&self, number: u32) -> &DeltaOf<S> {
        &self.deltas.values[number as usize]
    }

    pub(super) fn node(&self, number: u32) -> &Node {
        self.nodes.get(number)
    }

    pub(super) fn made(&self, number: u32) -> &Made {
        self.made.get(number)
    }

    pub(super) fn messages(&self, number: u32) -> &Messages {
        &self.messages[number as usize]
    }

    /// What a replica's state is and what it has seen, as a number.
    pub(super) fn known(&self, node: u32) -> u32 {
        self.known[node as usize]
    }

    pub(super) fn knowledge(&self, known: u32) -> (u32, Events) {
        *self.knowledge.get(known)
    }

    /// The operations behind these messages.
    pub(super) fn performed(&self, messages: u32) -> Vec<Performed<O>> {
        let made = self.messages(messages).made.iter().map(|made| *self.made(*made));
        let performed = made.map(|Made { message, at, op, dot, stamp, before, .. }| Performed {
            message,
            at,
            op: self.alphabet[op].clone(),
            dot,
            stamp,
            before,
            exact: true,
        });
        performed.collect()
    }

    /// Whether two states are the same to users.
    pub(super) fn same(&mut self, a: u32, b: u32) -> bool {
        let Self { check, states, same, .. } = self;
        let values = &states.values;
        *same
            .entry((a.min(b), a.max(b)))
            .or_insert_with(|| check.same(&values[a as usize], &values[b as usize]))
    }

    pub(super) fn merge(&mut self, state: u32, delta: u32) -> Merge {
        if let Some(merge) = self.merges.get(&(state, delta)) {
            return *merge;
        }
        let mut after = self.state(state).clone();
        let outcome = after.merge(self.delta(delta).clone());
        let merge = Merge { after: self.number_state(after), outcome };
        self.merges.insert((state, delta), merge);
        merge
    }

    /// What a replica with state `from` answers to the digest of `to`.
    pub(super) fn answer(&mut self, from: u32, to: u32) -> Option<u32> {
        if let Some(answer) = self.answers.get(&(from, to)) {
            return *answer;
        }
        let delta = self.state(from).delta(&self.state(to).digest());
        let answer = delta.map(|delta| self.number_delta(delta, &(from, to)));
        self.answers.insert((from, to), answer);
        answer
    }

    /// The state that has been told all that `state` knows, and nothing else.
    pub(super) fn rebuilt(&mut self, state: u32) -> u32 {
        let whole = self.answer(state, EMPTY);
        whole.map_or(EMPTY, |whole| self.merge(EMPTY, whole).after)
    }

    /// What a host that stored `state` reads back.
    pub(super) fn stored(&mut self, state: u32) -> u32 {
        if let Some(back) = self.stored.get(&state) {
            return *back;
        }
        let back = stored(self.check, self.state(state));
        let back = self.number_state(back);
        self.stored.insert(state, back);
        back
    }

    /// Performs operation `op` of the alphabet at `node`, which is replica `at`.
    pub(super) fn perform(
        &mut self,
        node: u32,
        at: usize,
        op: usize,
        message: usize,
    ) -> Option<Performance> {
        let node = *self.node(node);
        let state = self.state(node.state);
        let mutation = perform(self.check, &self.alphabet[op], (message, at), node.writer, state)?;
        let Mutation { delta, after, outcome, writer, dot, stamp } = mutation;
        let origin = (node.state, node.writer, at, op, message);
        let (delta, after) = (self.number_delta(delta, &origin), self.number_state(after));
        let made = Made { message, at, op, delta, dot, stamp, before: node.seen };
        let made = self.made.number(made);
        let mutation = (node.state, after, delta);
        let node = self.number_node(having_seen(Node { writer, state: after, ..node }, message));
        Some(Performance { node, made, mutation, outcome })
    }

    /// `node` with this state, and having seen message `message`.
    pub(super) fn delivered(&mut self, node: u32, after: u32, message: usize) -> u32 {
        let node = Node { state: after, ..*self.node(node) };
        self.number_node(having_seen(node, message))
    }

    /// `node` with this state, and with all that `from` has seen.
    pub(super) fn pulled(&mut self, from: u32, node: u32, after: u32) -> u32 {
        let mut node = Node { state: after, ..*self.node(node) };
        node.seen.join(self.node(from).seen);
        self.number_node(node)
    }

    pub(super) fn number_node(&mut self, node: Node) -> u32 {
        let number = self.nodes.number(node);
        if self.known.len() < self.nodes.len() {
            self.known.push(self.knowledge.number((node.state, node.seen)));
        }
        number
    }

    /// These messages and one more.
    pub(super) fn and(&mut self, messages: u32, made: u32) -> u32 {
        if let Some(longer) = self.longer.get(&(messages, made)) {
            return *longer;
        }
        let all: Box<[u32]> = self.messages(messages).made.iter().copied().chain([made]).collect();
        let deltas = all.iter().map(|made| self.made(*made).delta).collect();
        let deltas = self.deltas_of.number(deltas);
        let number = next(self.messages.len());
        self.messages.push(Messages { made: all, deltas });
        self.longer.insert((messages, made), number);
        number
    }

    fn number_state(&mut self, state: StateOf<S>) -> u32 {
        let bytes = self.check.wire.as_ref().map(|wire| (wire.encode)(&state));
        // What is not even equal to itself is told apart by what it shows.
        let same = |a: &StateOf<S>, b: &StateOf<S>| a == b || *a != a.clone();
        self.states.number(state, &bytes.unwrap_or_default(), same)
    }

    /// Deltas need not be comparable, and may show less than they are: those
    /// without bytes are told apart by where they come from.
    fn number_delta(&mut self, delta: DeltaOf<S>, origin: &impl Debug) -> u32 {
        let bytes = match &self.check.wire {
            Some(wire) => (wire.encode_delta)(&delta),
            None => format!("{origin:?}").into_bytes(),
        };
        self.deltas.number(delta, &bytes, |_, _| true)
    }
}

fn having_seen(mut node: Node, message: usize) -> Node {
    node.seen.insert(message);
    node
}
