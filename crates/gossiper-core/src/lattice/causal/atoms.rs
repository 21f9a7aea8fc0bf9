//! What every part of a causal state can do: the four operations that the join,
//! the digest and the answer are made of.

use alloc::vec::Vec;

use smallvec::SmallVec;

use super::super::{CausalContext, Dot, Run};

/// A collection of *atoms*, each named by a [`Dot`], without a causal context of
/// its own: the state of a causal type, a part of one, or a fragment of either.
///
/// An atom never changes: its dot was given to one write, and what the write
/// said stays with it until the atom is retired. So sets of dots are all that
/// two replicas need to compare.
///
/// Implement it for a causal type of your own by handing each operation to the
/// [`DotMap`](super::DotMap)s inside.
pub trait Atoms: Default + 'static {
    /// A part of such a collection, on its way to other replicas.
    type Fragment: Fragment;

    /// Whether no atom is here.
    fn is_bottom(&self) -> bool;

    /// Appends the dots of all atoms, as runs in any order.
    ///
    /// O(r) for r runs of live dots and some hundreds of atoms for each.
    fn live(&self, runs: &mut Vec<Run>);

    /// The dot of the one atom, where there is one only and that is seen without a
    /// search: as most values of maps are. Saves a list of one run. O(1).
    fn only(&self) -> Option<Dot> {
        None
    }

    /// Removes the atoms of all dots in `doomed`, which may name any number of
    /// dots that are not here.
    ///
    /// O(log n) for each run of `doomed` and each atom that is here.
    fn retire(&mut self, doomed: &CausalContext, changes: &mut Changes);

    /// Takes in the atoms of `fragment` whose dots are not in `known`: those
    /// that are known are here already, or were retired.
    ///
    /// O(k log n) for a fragment of k atoms.
    fn absorb(&mut self, fragment: Self::Fragment, known: &CausalContext, changes: &mut Changes);

    /// Copies the atoms that are wanted. O(k log n) for k atoms that are.
    fn pick(&self, wanted: Wanted<'_>) -> Self::Fragment;
}

/// A part of a state: made by mutators and answers, joined with others, merged
/// into states.
pub trait Fragment: Atoms<Fragment = Self> + Clone {
    /// Appends a fragment for each atom.
    fn decompose(self, atoms: &mut Vec<Self>);

    /// Drops parts that were touched and hold nothing, so that equal fragments
    /// are equal values.
    fn prune(&mut self) {}
}

/// Which dots are asked for.
#[derive(Clone, Copy, Debug)]
pub enum Wanted<'a> {
    /// Those in the set.
    In(&'a CausalContext),
    /// Those that are not in the set: what is news to whoever knows the set.
    NotIn(&'a CausalContext),
}

impl Wanted<'_> {
    /// Whether `dot` is.
    #[must_use]
    pub fn contains(self, dot: Dot) -> bool {
        match self {
            Self::In(dots) => dots.contains(dot),
            Self::NotIn(dots) => !dots.contains(dot),
        }
    }

    /// The parts of `span` that are, in order.
    #[must_use]
    pub fn within(self, span: Run) -> CausalContext {
        let span = CausalContext::from(span);
        match self {
            Self::In(dots) => span.intersection(dots),
            Self::NotIn(dots) => span.difference(dots),
        }
    }
}

/// One is inside: what most changes do.
type Dots = SmallVec<[Dot; 1]>;

/// What an operation did to a state.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    born: Dots,
    died: Dots,
    other: bool,
}

impl Changes {
    /// Notes an atom that is here from now on.
    pub fn note_birth(&mut self, dot: Dot) {
        self.born.push(dot);
    }

    /// Notes an atom that is here no more.
    pub fn note_death(&mut self, dot: Dot) {
        self.died.push(dot);
    }

    /// Notes that a part without dots has changed.
    pub const fn note_other(&mut self) {
        self.other = true;
    }

    /// The atoms that came, in the order in which they did.
    #[must_use]
    pub fn born(&self) -> &[Dot] {
        &self.born
    }

    /// The atoms that went, in the order in which they did.
    #[must_use]
    pub fn died(&self) -> &[Dot] {
        &self.died
    }

    /// Whether nothing was noted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.born.is_empty() && self.died.is_empty() && !self.other
    }
}
