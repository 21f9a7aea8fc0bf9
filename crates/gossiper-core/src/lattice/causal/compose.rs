//! Parts side by side: what a struct's fields are.
//!
//! A struct's fragment is that of its first field and of the others,
//! `Fields<A, Fields<B, ()>>`, so that any number of fields will do. Not a pair:
//! a pair of plain lattices is a plain lattice, whose fragments are its deltas.

use alloc::vec::Vec;

use super::super::{CausalContext, Run};
use super::{Atoms, Changes, Fragment, Wanted};

/// The fragments of a struct's first field and of the others; `()` after the
/// last.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Fields<A, B>(pub A, pub B);

impl Atoms for () {
    type Fragment = ();

    fn is_bottom(&self) -> bool {
        true
    }
    fn live(&self, _: &mut Vec<Run>) {}
    fn retire(&mut self, _: &CausalContext, _: &mut Changes) {}
    fn absorb(&mut self, (): (), _: &CausalContext, _: &mut Changes) {}
    fn pick(&self, _: Wanted<'_>) {}
}

impl Fragment for () {
    fn decompose(self, _: &mut Vec<Self>) {}
}

impl<A: Fragment, B: Fragment> Atoms for Fields<A, B> {
    type Fragment = Self;

    fn is_bottom(&self) -> bool {
        self.0.is_bottom() && self.1.is_bottom()
    }
    fn live(&self, runs: &mut Vec<Run>) {
        self.0.live(runs);
        self.1.live(runs);
    }
    fn retire(&mut self, doomed: &CausalContext, changes: &mut Changes) {
        self.0.retire(doomed, changes);
        self.1.retire(doomed, changes);
    }
    fn absorb(&mut self, fragment: Self, known: &CausalContext, changes: &mut Changes) {
        self.0.absorb(fragment.0, known, changes);
        self.1.absorb(fragment.1, known, changes);
    }
    fn pick(&self, wanted: Wanted<'_>) -> Self {
        Self(self.0.pick(wanted), self.1.pick(wanted))
    }
}

impl<A: Fragment, B: Fragment> Fragment for Fields<A, B> {
    fn decompose(self, atoms: &mut Vec<Self>) {
        let mut first = Vec::new();
        self.0.decompose(&mut first);
        atoms.extend(first.into_iter().map(|atom| Self(atom, B::default())));
        let mut second = Vec::new();
        self.1.decompose(&mut second);
        atoms.extend(second.into_iter().map(|atom| Self(A::default(), atom)));
    }
    fn prune(&mut self) {
        self.0.prune();
        self.1.prune();
    }
}
