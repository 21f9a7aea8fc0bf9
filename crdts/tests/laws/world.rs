//! Histories of three replicas, and the states that they lead to.
//!
//! The laws hold for *reachable* states, so none is filled at random: a history
//! mutates replicas and delivers their deltas, whole or in parts, late and more
//! than once.

use std::fmt::Debug;

use gossiper_core::{
    DeterministicRng, Dot, Join, MergeOutcome, RandomSource, ReplicaId, Replicated,
};

/// What the laws ask of bytes: nothing without the feature.
#[cfg(not(feature = "serde"))]
pub(crate) trait Encoded {}
#[cfg(not(feature = "serde"))]
impl<T> Encoded for T {}

/// What the laws ask of bytes.
#[cfg(feature = "serde")]
pub(crate) trait Encoded: serde::Serialize + serde::de::DeserializeOwned {}
#[cfg(feature = "serde")]
impl<T: serde::Serialize + serde::de::DeserializeOwned> Encoded for T {}

/// A state type under test, with its mutators.
pub(crate) trait Subject:
    Replicated<
        Delta: Join + Clone + Debug + PartialEq + Encoded,
        Digest: Debug + PartialEq + Encoded,
    > + Default
    + Clone
    + Debug
    + PartialEq
    + Encoded
{
    /// One mutation.
    type Op: Clone + Debug;

    /// The mutation that three random bytes choose: one generator for every
    /// front end.
    fn op(choice: [u8; 3]) -> Self::Op;

    /// The delta of `op`; `None` when the state refuses it.
    fn mutate(&self, op: &Self::Op, dot: Dot) -> Option<Self::Delta>;

    /// Asserts that `after` shows what `op` did to `before`.
    fn assert_effect(before: &Self, after: &Self, op: &Self::Op, dot: Dot);

    /// All that this state knows.
    fn whole(&self) -> Option<Self::Delta> {
        self.delta(&Self::default().digest())
    }

    /// This state after it has merged `deltas`.
    fn taught(&self, deltas: impl IntoIterator<Item = Self::Delta>) -> Self {
        let mut state = self.clone();
        for delta in deltas {
            state.merge(delta);
        }
        state
    }
}

/// How many replicas a history has.
pub(crate) const REPLICAS: usize = 3;

/// Random bytes that choose a [`Step`].
pub(crate) type Choice = [u8; 6];

/// One step of a history.
#[derive(Clone, Debug)]
pub(crate) enum Step<Op> {
    /// A replica changes its state.
    Mutate { at: usize, op: Op },
    /// A replica gets a mutator's delta: the atoms whose bits are set.
    Deliver { to: usize, message: usize, atoms: u8 },
    /// A replica gets another's answer to its digest: the atoms whose bits are
    /// set.
    Answer { from: usize, to: usize, atoms: u8 },
}

impl<Op> Step<Op> {
    pub(crate) fn choose<S: Subject<Op = Op>>([kind, at, other, a, b, c]: Choice) -> Self {
        let replica = |byte: u8| usize::from(byte) % REPLICAS;
        match kind % 8 {
            0..=3 => Self::Mutate { at: replica(at), op: S::op([a, b, c]) },
            4 => Self::Deliver { to: replica(at), message: other.into(), atoms: u8::MAX },
            5 => Self::Deliver { to: replica(at), message: other.into(), atoms: a },
            6 => Self::Answer { from: replica(at), to: replica(other), atoms: u8::MAX },
            _ => Self::Answer { from: replica(at), to: replica(other), atoms: a },
        }
    }
}

/// A history, and what a law may choose at random after it.
#[derive(Clone, Debug)]
pub(crate) struct History<Op> {
    pub(crate) steps: Vec<Step<Op>>,
    /// A mutation after the history, at the first replica.
    pub(crate) next: Op,
    /// Where random orders come from.
    pub(crate) seed: u64,
}

impl<Op> History<Op> {
    pub(crate) fn choose<S: Subject<Op = Op>>(
        steps: Vec<Choice>,
        next: [u8; 3],
        seed: u64,
    ) -> Self {
        Self { steps: steps.into_iter().map(Step::choose::<S>).collect(), next: S::op(next), seed }
    }
}

/// Where a history has led to.
#[derive(Debug)]
pub(crate) struct World<S: Subject> {
    pub(crate) replicas: [S; REPLICAS],
    /// Every mutator's delta, the oldest first.
    pub(crate) messages: Vec<S::Delta>,
    /// A mutation to try at the first replica, with its fresh dot.
    pub(crate) next: (S::Op, Dot),
    pub(crate) seed: u64,
    sequences: [u64; REPLICAS],
}

impl<S: Subject> World<S> {
    /// The states after `history`.
    pub(crate) fn after(history: &History<S::Op>) -> Self {
        let first = Dot::new(ReplicaId::new(0), 1).expect("sequences start at 1");
        let mut world = Self {
            replicas: Default::default(),
            messages: Vec::new(),
            next: (history.next.clone(), first),
            seed: history.seed,
            sequences: [0; REPLICAS],
        };
        for step in &history.steps {
            world.step(step);
        }
        world.next.1 = world.fresh_dot(0);
        world
    }

    /// All ordered pairs of replicas.
    pub(crate) fn pairs(&self) -> impl Iterator<Item = (&S, &S)> {
        self.replicas.iter().flat_map(|a| self.replicas.iter().map(move |b| (a, b)))
    }

    /// `items` in a random order.
    pub(crate) fn shuffled<T>(&self, mut items: Vec<T>) -> Vec<T> {
        let mut rng = DeterministicRng::new(self.seed);
        for last in (1..items.len()).rev() {
            let other = rng.below(last as u64 + 1) as usize;
            items.swap(last, other);
        }
        items
    }

    fn step(&mut self, step: &Step<S::Op>) {
        match step {
            Step::Mutate { at, op } => {
                let dot = self.fresh_dot(*at);
                if let Some(delta) = self.replicas[*at].mutate(op, dot) {
                    self.replicas[*at].merge(delta.clone());
                    self.messages.push(delta);
                }
            }
            Step::Deliver { to, message, atoms } => {
                if !self.messages.is_empty() {
                    let delta = self.messages[message % self.messages.len()].clone();
                    self.deliver(*to, delta, *atoms);
                }
            }
            Step::Answer { from, to, atoms } => {
                if let Some(delta) = self.replicas[*from].delta(&self.replicas[*to].digest()) {
                    self.deliver(*to, delta, *atoms);
                }
            }
        }
    }

    fn deliver(&mut self, to: usize, delta: S::Delta, atoms: u8) {
        if atoms == u8::MAX {
            let _: MergeOutcome = self.replicas[to].merge(delta);
            return;
        }
        for (i, atom) in S::decompose(delta).into_iter().enumerate() {
            if atoms & (1 << (i % 8)) != 0 {
                self.replicas[to].merge(atom);
            }
        }
    }

    fn fresh_dot(&mut self, at: usize) -> Dot {
        self.sequences[at] += 1;
        Dot::new(ReplicaId::new(at as u64), self.sequences[at]).expect("sequences start at 1")
    }
}
