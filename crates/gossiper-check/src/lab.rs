//! The laboratory: a history carried out on states, without network or
//! protocol.
//!
//! All that a protocol could do to a type happens here in single steps, so the
//! states are reachable ones, and whatever breaks a law is the type's doing.

use std::sync::Arc;

use gossiper_core::{
    DeltaOf, Dot, HybridClock, MergeOutcome, PhysicalTime, ReplicaId, Replicated, StateOf,
    Timestamp, UpdateContext,
};

use crate::history::{Events, History, MAX_EVENTS, Performed, Restart, Seen, Step, stamped};
use crate::laws::exchange::KEY;
use crate::subject::{Apply, Check, Subject};

/// Replicas in the middle of a history.
pub(crate) struct Lab<'a, S: Subject, O> {
    pub(crate) check: &'a Check<S, O>,
    pub(crate) nodes: Vec<Node<S>>,
    /// The deltas made so far, by the number of their message.
    pub(crate) messages: Vec<Option<Arc<Message<S>>>>,
    /// The operations, in the order in which they were performed.
    pub(crate) performed: Vec<Performed<O>>,
    incarnations: u64,
}

pub(crate) struct Node<S: Subject> {
    pub(crate) writer: Writer,
    pub(crate) state: StateOf<S>,
    /// The operations whose effect the state has.
    pub(crate) seen: Events,
    pub(crate) backup: Option<(StateOf<S>, Events)>,
}

/// Under which id a replica writes, and how far it has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Writer {
    pub(crate) id: ReplicaId,
    sequence: u64,
    clock: HybridClock,
}

impl Writer {
    /// The writer of incarnation number `incarnation`: replica 0 starts as r0,
    /// replica 1 as r1, and so on.
    pub(crate) fn new(incarnation: u64) -> Self {
        Self { id: ReplicaId::new(incarnation), sequence: 0, clock: HybridClock::default() }
    }
}

/// A mutation that a writer performed.
pub(crate) struct Mutation<S: Subject> {
    pub(crate) delta: DeltaOf<S>,
    pub(crate) after: StateOf<S>,
    /// What `merge` said, for a delta-mutator.
    pub(crate) outcome: Option<MergeOutcome>,
    pub(crate) writer: Writer,
    pub(crate) dot: Dot,
    pub(crate) stamp: Option<Timestamp>,
}

/// The time that replica `at` is told at operation number `number` of a
/// history: clocks stand apart, and are the faster the higher the replica.
///
/// Only operations look at the clock, so only they let time pass: what is to
/// come depends on how many there were, not on what happened in between.
fn now(number: usize, at: usize) -> PhysicalTime {
    PhysicalTime::from_unix_millis((number as u64 + 1) * (2 * at as u64 + 1))
}

/// Performs `op`, as operation number `number` of a history, at replica `at`.
pub(crate) fn perform<S: Subject, O>(
    check: &Check<S, O>,
    op: &O,
    (number, at): (usize, usize),
    writer: Writer,
    state: &StateOf<S>,
) -> Option<Mutation<S>> {
    let Writer { id, sequence, clock } = writer;
    let mut ctx = UpdateContext::new(id, sequence, clock, now(number, at))?;
    let mut after = state.clone();
    let (delta, outcome) = match &check.apply {
        Apply::Delta(apply) => {
            let delta = apply(op, state, &mut ctx)?;
            let outcome = after.merge(delta.clone());
            (delta, Some(outcome))
        }
        Apply::InPlace(apply) => (apply(op, &mut after, &mut ctx)?, None),
    };
    let dot = ctx.event().last();
    let stamp = stamped(clock, ctx.clock());
    // As a replica does: what changes nothing is no event, and takes no dot.
    let idle = outcome.is_none_or(|outcome| !outcome.is_changed()) && after == *state;
    let writer =
        if idle { writer } else { Writer { id, sequence: dot.sequence(), clock: ctx.clock() } };
    Some(Mutation { delta, after, outcome, writer, dot, stamp })
}

/// What a host that stored `state` reads back: its bytes decoded, for a type
/// that has some.
pub(crate) fn stored<S: Subject, O>(check: &Check<S, O>, state: &StateOf<S>) -> StateOf<S> {
    let back = check.wire.as_ref().and_then(|wire| (wire.decode)(&(wire.encode)(state)));
    back.unwrap_or_else(|| state.clone())
}

/// A delta, with the states before and after its mutation.
pub(crate) struct Message<S: Subject> {
    pub(crate) delta: DeltaOf<S>,
    pub(crate) before: StateOf<S>,
    pub(crate) after: StateOf<S>,
}

/// What one step did to one replica.
pub(crate) struct Moment<S: Subject> {
    pub(crate) at: usize,
    pub(crate) before: StateOf<S>,
    /// What was merged, and what `merge` said.
    pub(crate) merged: Option<(DeltaOf<S>, MergeOutcome)>,
    pub(crate) cause: Cause,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cause {
    Op,
    Deliver,
    Pull { from: usize },
    Restart,
}

impl<'a, S: Subject, O: Clone> Lab<'a, S, O> {
    pub(crate) fn new(check: &'a Check<S, O>, replicas: usize) -> Self {
        let mut lab = Self {
            check,
            nodes: Vec::new(),
            messages: Vec::new(),
            performed: Vec::new(),
            incarnations: 0,
        };
        for _ in 0..replicas {
            let node = lab.incarnation(StateOf::<S>::default(), Events::default());
            lab.nodes.push(node);
        }
        lab
    }

    /// Carries out a whole history.
    pub(crate) fn after(check: &'a Check<S, O>, history: &History<O>) -> Self {
        let mut lab = Self::new(check, history.replicas);
        for step in &history.steps {
            lab.step(step);
        }
        lab
    }

    /// Carries out one step. `None` when it is impossible, such as the delivery
    /// of a message that was never made, or when the operation is refused:
    /// then nothing happens.
    pub(crate) fn step(&mut self, step: &Step<O>) -> Option<Moment<S>> {
        match step {
            Step::Op { at, message, op } => self.perform(*at, *message, op),
            Step::Deliver { message, to } => self.deliver(*message, *to),
            Step::Pull { from, to } => self.pull(*from, *to),
            Step::Backup { at } => {
                let node = self.nodes.get_mut(*at)?;
                node.backup = Some((node.state.clone(), node.seen));
                None
            }
            Step::Crash { at, restart } => self.crash(*at, *restart),
        }
    }

    fn perform(&mut self, at: usize, message: usize, op: &O) -> Option<Moment<S>> {
        if message >= MAX_EVENTS || self.messages.get(message).is_some_and(Option::is_some) {
            return None;
        }
        let number = self.performed.len();
        let node = self.nodes.get_mut(at)?;
        let mutation = perform(self.check, op, (number, at), node.writer, &node.state)?;
        let Mutation { delta, after, outcome, writer, dot, stamp } = mutation;
        let merged = outcome.map(|outcome| (delta.clone(), outcome));
        let before = std::mem::replace(&mut node.state, after.clone());
        node.writer = writer;
        let seen = node.seen;
        node.seen.insert(message);
        if self.messages.len() <= message {
            self.messages.resize_with(message + 1, || None);
        }
        self.messages[message] = Some(Arc::new(Message { delta, before: before.clone(), after }));
        let op = op.clone();
        let performed = Performed { message, at, op, dot, stamp, before: seen, exact: true };
        self.performed.push(performed);
        Some(Moment { at, before, merged, cause: Cause::Op })
    }

    fn deliver(&mut self, message: usize, to: usize) -> Option<Moment<S>> {
        let delta = self.messages.get(message)?.as_ref()?.delta.clone();
        let node = self.nodes.get_mut(to)?;
        let before = node.state.clone();
        let outcome = node.state.merge(delta.clone());
        node.seen.insert(message);
        Some(Moment { at: to, before, merged: Some((delta, outcome)), cause: Cause::Deliver })
    }

    fn pull(&mut self, from: usize, to: usize) -> Option<Moment<S>> {
        if from == to || to >= self.nodes.len() {
            return None;
        }
        let answerer = self.nodes.get(from)?;
        let (delta, seen) = (answerer.state.delta(&self.nodes[to].state.digest()), answerer.seen);
        let node = &mut self.nodes[to];
        let before = node.state.clone();
        node.seen.join(seen);
        let merged = delta.map(|delta| {
            let outcome = node.state.merge(delta.clone());
            (delta, outcome)
        });
        Some(Moment { at: to, before, merged, cause: Cause::Pull { from } })
    }

    fn crash(&mut self, at: usize, restart: Restart) -> Option<Moment<S>> {
        let node = self.nodes.get(at)?;
        let before = node.state.clone();
        let fresh = match restart {
            Restart::Durable => {
                let mut node = node.clone();
                node.state = stored(self.check, &node.state);
                node
            }
            Restart::Empty => self.incarnation(StateOf::<S>::default(), Events::default()),
            Restart::Backup => {
                let (state, seen) = node.backup.clone().unwrap_or_default();
                self.incarnation(stored(self.check, &state), seen)
            }
        };
        self.nodes[at] = fresh;
        Some(Moment { at, before, merged: None, cause: Cause::Restart })
    }

    fn incarnation(&mut self, mut state: StateOf<S>, seen: Events) -> Node<S> {
        state.maintain_fingerprint(&KEY);
        state.maintain_sketch();
        let writer = Writer::new(self.incarnations);
        self.incarnations += 1;
        Node { writer, state, seen, backup: None }
    }

    /// Lets every replica pull from every other, twice: what a healed network
    /// does in the end.
    pub(crate) fn heal(&mut self) {
        for _ in 0..2 {
            for to in 0..self.nodes.len() {
                for from in 0..self.nodes.len() {
                    self.pull(from, to);
                }
            }
        }
    }

    /// What the replica at `at` has seen, for the model; `None` when it lacks
    /// an operation that one it has seen depends on.
    pub(crate) fn seen(&self, at: usize) -> Option<Seen<'_, O>> {
        Seen::closed(&self.performed, self.nodes[at].seen)
    }

    /// The messages made so far.
    pub(crate) fn made(&self) -> impl Iterator<Item = (usize, &Message<S>)> {
        let made = self.messages.iter().enumerate();
        made.filter_map(|(number, message)| message.as_deref().map(|message| (number, message)))
    }
}

impl<S: Subject, O: Clone> Clone for Lab<'_, S, O> {
    fn clone(&self) -> Self {
        let Self { check, nodes, messages, performed, incarnations } = self;
        Self {
            check,
            nodes: nodes.clone(),
            messages: messages.clone(),
            performed: performed.clone(),
            incarnations: *incarnations,
        }
    }
}

impl<S: Subject> Clone for Node<S> {
    fn clone(&self) -> Self {
        let Self { writer, state, seen, backup } = self;
        Self { writer: *writer, state: state.clone(), seen: *seen, backup: backup.clone() }
    }
}

/// All that `state` knows, as a delta for an empty state.
pub(crate) fn whole<S: Subject>(state: &StateOf<S>) -> Option<DeltaOf<S>> {
    state.delta(&StateOf::<S>::default().digest())
}

/// `state` after it has merged `deltas`.
pub(crate) fn taught<S: Subject>(
    state: &StateOf<S>,
    deltas: impl IntoIterator<Item = DeltaOf<S>>,
) -> StateOf<S> {
    let mut state = state.clone();
    for delta in deltas {
        state.merge(delta);
    }
    state
}
