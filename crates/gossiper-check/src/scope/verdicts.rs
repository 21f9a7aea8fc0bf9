//! The laws in a small scope: each once for the states that it is about.
//!
//! The verdict on a merge, on a pair of states or on what a replica has seen is
//! the same in every situation in which they come up, so it is asked for once.
//! What is checked are the functions that engine 1 checks.

use super::table::{Rows, Set};
use super::world::{EMPTY, Performance, World};
use crate::history::{Events, Seen};
use crate::lab::Message;
use crate::law::Law;
use crate::laws::{Finding, bytes, exchange, merge, outcome};
use crate::subject::Subject;

/// The laws that are checked in every situation.
const LAWS: [Law; 19] = [
    Law::Inflation,
    Law::Idempotence,
    Law::MergeOutcome,
    Law::NoResurrection,
    Law::DeltaIsMutation,
    Law::DigestSoundness,
    Law::Invariant,
    Law::Model,
    Law::Commutativity,
    Law::Associativity,
    Law::DigestCompleteness,
    Law::DeltaMinimality,
    Law::Fingerprint,
    Law::Decomposition,
    Law::JoinedDeltas,
    Law::PiecesAreWhole,
    Law::CanonicalEncoding,
    Law::NoLoss,
    Law::Convergence,
];

/// A law, and how it was broken.
pub(super) type Broken = Box<(Law, Finding)>;

/// What has been found to hold. Each set is keyed by all that its verdict
/// depends on.
pub(super) struct Verdicts {
    pub(super) laws: Vec<Law>,
    /// Steps from one state to another.
    steps: Set<(u32, u32)>,
    /// States that replicas were in.
    states: Set<u32>,
    /// Merges that a step did.
    merges: Set<(u32, u32)>,
    /// Mutations, at some other state.
    elsewhere: Set<((u32, u32, u32), u32)>,
    /// Pulls: who was asked, who asked, and what deltas there were.
    pulls: Set<(u32, u32, u32)>,
    /// Replicas with the messages that there were.
    replicas: Set<(u32, u32)>,
    /// States with the operations that they had seen.
    outcomes: Set<Box<[u32]>>,
    /// The states of all replicas, with the deltas that there were.
    together: Rows,
    /// What all replicas knew, with the messages that there were.
    known: Rows,
    key: Vec<u32>,
    either_order: Set<(u32, u32, u32)>,
    triples: Set<(u32, u32, u32)>,
    pairs: Set<(u32, u32)>,
    parts: Set<(u32, u32)>,
    bytes: Set<(u32, u32)>,
}

impl Verdicts {
    pub(super) fn new<S: Subject, O: Clone>(world: &World<'_, S, O>, replicas: usize) -> Self {
        let checked = |law: &Law| match law {
            Law::Model => world.check.model.is_some(),
            Law::Invariant => world.check.invariant.is_some(),
            Law::CanonicalEncoding => world.check.wire.is_some(),
            Law::DeltaMinimality => !world.check.coarse_digest,
            _ => true,
        };
        Self {
            laws: LAWS.into_iter().filter(checked).collect(),
            steps: Set::default(),
            states: Set::default(),
            merges: Set::default(),
            elsewhere: Set::default(),
            pulls: Set::default(),
            replicas: Set::default(),
            outcomes: Set::default(),
            together: Rows::new(replicas + 1),
            known: Rows::new(replicas + 1),
            key: Vec::new(),
            either_order: Set::default(),
            triples: Set::default(),
            pairs: Set::default(),
            parts: Set::default(),
            bytes: Set::default(),
        }
    }

    fn hold(&self, law: Law, found: impl FnOnce() -> Option<Finding>) -> Result<(), Broken> {
        if !self.laws.contains(&law) {
            return Ok(());
        }
        found().map_or(Ok(()), |finding| Err(Box::new((law, finding))))
    }

    /// A step that merged `delta` into `before`; the state after it.
    pub(super) fn merged<S: Subject, O: Clone>(
        &mut self,
        world: &mut World<'_, S, O>,
        before: u32,
        delta: u32,
    ) -> Result<u32, Broken> {
        let merge = world.merge(before, delta);
        if self.merges.insert((before, delta)) {
            self.told(world, (before, merge.after), delta, merge.outcome)?;
            self.stepped(world, before, merge.after)?;
        }
        Ok(merge.after)
    }

    /// An operation.
    pub(super) fn performed<S: Subject, O: Clone>(
        &mut self,
        world: &mut World<'_, S, O>,
        Performance { mutation: (before, after, delta), outcome, .. }: Performance,
    ) -> Result<(), Broken> {
        if let Some(outcome) = outcome {
            self.told(world, (before, after), delta, outcome)?;
        }
        self.stepped(world, before, after)?;
        self.hold(Law::DeltaIsMutation, || {
            merge::not_the_mutation(world.check, &message(world, (before, after, delta)))
        })?;
        self.hold(Law::CanonicalEncoding, || bytes::delta_survives(world.check, world.delta(delta)))
    }

    /// What a merge said and did.
    fn told<S: Subject, O: Clone>(
        &self,
        world: &World<'_, S, O>,
        (before, after): (u32, u32),
        delta: u32,
        outcome: gossiper_core::MergeOutcome,
    ) -> Result<(), Broken> {
        let (before, after) = (world.state(before), world.state(after));
        let delta = world.delta(delta);
        self.hold(Law::Idempotence, || merge::merged_twice(world.check, after, delta))?;
        self.hold(Law::MergeOutcome, || merge::told_wrongly::<S>(before, after, outcome))?;
        if before == after {
            return Ok(());
        }
        self.hold(Law::CanonicalEncoding, || bytes::delta_survives(world.check, delta))
    }

    /// A step from one state to another.
    pub(super) fn stepped<S: Subject, O: Clone>(
        &mut self,
        world: &World<'_, S, O>,
        before: u32,
        after: u32,
    ) -> Result<(), Broken> {
        if !self.steps.insert((before, after)) {
            return Ok(());
        }
        let (earlier, state) = (world.state(before), world.state(after));
        self.hold(Law::Inflation, || merge::shrunk(world.check, earlier, state))?;
        self.reached(world, after)
    }

    /// A state that a replica is in after a step.
    pub(super) fn reached<S: Subject, O: Clone>(
        &mut self,
        world: &World<'_, S, O>,
        state: u32,
    ) -> Result<(), Broken> {
        if !self.states.insert(state) {
            return Ok(());
        }
        let value = world.state(state);
        self.hold(Law::Invariant, || outcome::forbidden(world.check, 0, value))?;
        self.hold(Law::DeltaMinimality, || exchange::answers_itself::<S>(value))?;
        self.hold(Law::Fingerprint, || exchange::kept_wrongly::<S>(value))?;
        if state == EMPTY {
            return Ok(());
        }
        self.hold(Law::CanonicalEncoding, || bytes::state_survives(world.check, value))
    }

    /// A mutation, where another replica is in state `other`.
    pub(super) fn elsewhere<S: Subject, O: Clone>(
        &mut self,
        world: &World<'_, S, O>,
        mutation: (u32, u32, u32),
        other: u32,
    ) -> Result<(), Broken> {
        if !self.elsewhere.insert((mutation, other)) {
            return Ok(());
        }
        self.hold(Law::DeltaIsMutation, || {
            merge::differs_at(world.check, &message(world, mutation), world.state(other))
        })
    }

    /// A pull from one replica by another, which led to state `after`.
    pub(super) fn pulled<S: Subject, O: Clone>(
        &mut self,
        world: &World<'_, S, O>,
        (from, to): (u32, u32),
        after: u32,
        messages: u32,
    ) -> Result<(), Broken> {
        let deltas = world.messages(messages).deltas;
        if !self.pulls.insert((from, to, deltas)) {
            return Ok(());
        }
        self.hold(Law::DigestSoundness, || {
            let (from, to) = (world.node(from), world.node(to));
            let seen: Vec<_> = seen_deltas(world, messages, from.seen)
                .map(|delta| world.delta(delta).clone())
                .collect();
            let states = (world.state(to.state), world.state(after));
            exchange::withheld(world.check, states, (world.state(from.state), &seen), || {
                format!("{:?} asked", states.0)
            })
        })
    }

    /// A replica after a step.
    pub(super) fn replica<S: Subject, O: Clone>(
        &mut self,
        world: &World<'_, S, O>,
        number: u32,
        messages: u32,
    ) -> Result<(), Broken> {
        if !self.replicas.insert((number, messages)) {
            return Ok(());
        }
        let node = world.node(number);
        for delta in seen_deltas(world, messages, node.seen) {
            self.hold(Law::NoResurrection, || {
                outcome::haunted(world.check, world.state(node.state), world.delta(delta))
            })?;
        }
        self.outcome(world, node.state, node.seen, messages)
    }

    /// What the model says of a state.
    fn outcome<S: Subject, O: Clone>(
        &mut self,
        world: &World<'_, S, O>,
        state: u32,
        seen: Events,
        messages: u32,
    ) -> Result<(), Broken> {
        let made = world.messages(messages).made.iter().enumerate();
        let made = made.filter(|(message, _)| seen.contains(*message)).map(|(_, made)| *made);
        if world.check.model.is_none()
            || !self.outcomes.insert([state].into_iter().chain(made).collect())
        {
            return Ok(());
        }
        self.hold(Law::Model, || {
            let performed = world.performed(messages);
            let seen = Seen::closed(&performed, seen)?;
            outcome::disagrees(world.check, 0, world.state(state), &seen)
        })
    }

    /// A situation that was not met before.
    pub(super) fn situation<S: Subject, O: Clone>(
        &mut self,
        world: &mut World<'_, S, O>,
        nodes: &[u32],
        messages: u32,
    ) -> Result<(), Broken> {
        let mut key = std::mem::take(&mut self.key);
        key.clear();
        key.extend(nodes.iter().map(|node| world.node(*node).state));
        key.push(world.messages(messages).deltas);
        if self.together.insert(&key) {
            self.together(world, &key[..nodes.len()], messages)?;
        }
        key.clear();
        key.extend(nodes.iter().map(|node| world.known(*node)));
        key.push(messages);
        if self.known.insert(&key) {
            let known = key[..nodes.len()].iter().map(|known| world.knowledge(*known));
            let known: Vec<_> = known.collect();
            self.healed(world, &known, messages)?;
        }
        self.key = key;
        Ok(())
    }

    /// The laws about states that are there at the same time.
    fn together<S: Subject, O: Clone>(
        &mut self,
        world: &mut World<'_, S, O>,
        states: &[u32],
        messages: u32,
    ) -> Result<(), Broken> {
        let made = world.messages(messages).made.iter();
        let deltas: Vec<u32> = made.map(|made| world.made(*made).delta).collect();
        for (i, state) in states.iter().enumerate() {
            self.reached(world, *state)?;
            for (j, a) in deltas.iter().enumerate() {
                for b in &deltas[..j] {
                    self.either_order(world, *state, *a, *b)?;
                }
            }
            for other in &states[..i] {
                self.pair(world, *state, *other)?;
                self.pair(world, *other, *state)?;
            }
        }
        for a in states {
            for b in states {
                for c in states {
                    self.triple(world, *a, *b, *c)?;
                }
            }
        }
        let wholes = states.iter().filter_map(|state| world.answer(*state, EMPTY));
        let deltas: Vec<u32> = deltas.iter().copied().chain(wholes.collect::<Vec<_>>()).collect();
        for delta in deltas {
            for state in states.iter().chain([&EMPTY]) {
                if self.parts.insert((delta, *state)) {
                    self.hold(Law::Decomposition, || {
                        let (delta, state) = (world.delta(delta), world.state(*state));
                        exchange::in_parts(world.check, delta, state)
                    })?;
                }
            }
        }
        self.same_bytes(world, states)
    }

    fn either_order<S: Subject, O: Clone>(
        &mut self,
        world: &World<'_, S, O>,
        state: u32,
        a: u32,
        b: u32,
    ) -> Result<(), Broken> {
        if !self.either_order.insert((state, a.max(b), a.min(b))) {
            return Ok(());
        }
        let (state, a, b) = (world.state(state), world.delta(a), world.delta(b));
        self.hold(Law::Commutativity, || merge::in_either_order(world.check, state, a, b))?;
        self.hold(Law::JoinedDeltas, || exchange::joined(world.check, state, a, b))
    }

    fn pair<S: Subject, O: Clone>(
        &mut self,
        world: &World<'_, S, O>,
        a: u32,
        b: u32,
    ) -> Result<(), Broken> {
        if !self.pairs.insert((a, b)) {
            return Ok(());
        }
        let (check, a, b) = (world.check, world.state(a), world.state(b));
        self.hold(Law::Commutativity, || merge::each_other(check, a, b))?;
        self.hold(Law::DigestCompleteness, || exchange::silent_and_different(check, a, b))?;
        self.hold(Law::DeltaMinimality, || exchange::needless(check, a, b))?;
        self.hold(Law::Fingerprint, || exchange::told_apart_wrongly(check, a, b))?;
        self.hold(Law::PiecesAreWhole, || exchange::pulled_in_pieces(check, a, b))
    }

    fn triple<S: Subject, O: Clone>(
        &mut self,
        world: &World<'_, S, O>,
        a: u32,
        b: u32,
        c: u32,
    ) -> Result<(), Broken> {
        if !self.triples.insert((a, b, c)) {
            return Ok(());
        }
        let [a, b, c] = [a, b, c].map(|state| world.state(state));
        self.hold(Law::Associativity, || merge::merged_first(world.check, a, b, c))
    }

    /// The replicas' states, rebuilt and healed ones: equal ones have equal bytes.
    fn same_bytes<S: Subject, O: Clone>(
        &mut self,
        world: &mut World<'_, S, O>,
        states: &[u32],
    ) -> Result<(), Broken> {
        let Some(wire) = &world.check.wire else { return Ok(()) };
        let mut known: Vec<_> = states.iter().map(|state| (*state, Events::default())).collect();
        heal(world, &mut known);
        let rebuilt: Vec<u32> = states.iter().map(|state| world.rebuilt(*state)).collect();
        let all: Vec<u32> = known.iter().map(|(state, _)| *state).chain(rebuilt).collect();
        for (i, a) in all.iter().enumerate() {
            for b in &all[..i] {
                if a == b || !world.same(*a, *b) || !self.bytes.insert((*a, *b)) {
                    continue;
                }
                self.hold(Law::CanonicalEncoding, || {
                    let (a, b) = (world.state(*a), world.state(*b));
                    let (one, other) = ((wire.encode)(a), (wire.encode)(b));
                    bytes::other_bytes(world.check, (a, &one), (b, &other))
                })?;
            }
        }
        Ok(())
    }

    /// The laws about what all have once they have heard from each other.
    fn healed<S: Subject, O: Clone>(
        &mut self,
        world: &mut World<'_, S, O>,
        known: &[(u32, Events)],
        messages: u32,
    ) -> Result<(), Broken> {
        let mut durable = Events::default();
        for (_, seen) in known {
            durable.join(*seen);
        }
        let mut healed = known.to_vec();
        heal(world, &mut healed);
        let Some((first, others)) = healed.split_first() else { return Ok(()) };
        let first = first.0;
        let deltas: Vec<u32> = seen_deltas(world, messages, durable).collect();
        for delta in deltas {
            let with = world.merge(first, delta).after;
            if !world.same(with, first) {
                self.hold(Law::NoLoss, || {
                    outcome::missing(world.check, world.state(first), world.delta(delta))
                })?;
            }
        }
        for (i, (other, _)) in others.iter().enumerate() {
            if !world.same(first, *other) {
                self.hold(Law::Convergence, || {
                    let other = (i + 1, world.state(*other));
                    outcome::apart(world.check, world.state(first), other)
                })?;
            }
        }
        for (state, seen) in healed {
            self.outcome(world, state, seen, messages)?;
        }
        Ok(())
    }
}

/// Lets every replica pull from every other, twice.
fn heal<S: Subject, O: Clone>(world: &mut World<'_, S, O>, known: &mut [(u32, Events)]) {
    for _ in 0..2 {
        for to in 0..known.len() {
            for from in (0..known.len()).filter(|from| *from != to) {
                let (answerer, seen) = known[from];
                let asker = &mut known[to];
                if let Some(answer) = world.answer(answerer, asker.0) {
                    asker.0 = world.merge(asker.0, answer).after;
                }
                asker.1.join(seen);
            }
        }
    }
}

/// The deltas of those messages that are in `events`.
fn seen_deltas<S: Subject, O: Clone>(
    world: &World<'_, S, O>,
    messages: u32,
    events: Events,
) -> impl Iterator<Item = u32> {
    let made = world.messages(messages).made.iter().enumerate();
    let seen = made.filter(move |(message, _)| events.contains(*message));
    seen.map(|(_, made)| world.made(*made).delta)
}

fn message<S: Subject, O: Clone>(
    world: &World<'_, S, O>,
    (before, after, delta): (u32, u32, u32),
) -> Message<S> {
    Message {
        delta: world.delta(delta).clone(),
        before: world.state(before).clone(),
        after: world.state(after).clone(),
    }
}
