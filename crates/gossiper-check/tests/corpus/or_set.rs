//! An observed-remove set by the book, whose rules can be replaced one by one.
//!
//! Each entry of the corpus that is a set gone wrong is this set with one rule
//! replaced: what the rule says is the bug. After Almeida, Shoker and Baquero,
//! *Delta state replicated data types*, JPDC 2018, section 7.3.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Debug};
use std::marker::PhantomData;

use gossiper_check::{Check, Seen};
use gossiper_core::lattice::canonical;
use gossiper_core::{CausalContext, Dot, MergeOutcome, Replicated, UpdateContext};
use proptest::prelude::*;
use serde::{Deserialize, Serialize};

/// Elements by the dots of their additions, and all dots ever seen.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(bound = "")]
pub(crate) struct OrSet<R = Plain> {
    #[serde(deserialize_with = "canonical::ordered_map")]
    pub(crate) entries: BTreeMap<Dot, u8>,
    pub(crate) context: CausalContext,
    #[serde(skip)]
    pub(crate) rules: PhantomData<R>,
}

/// What is live, and what has been seen.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Digest {
    #[serde(deserialize_with = "canonical::ordered_set")]
    pub(crate) live: BTreeSet<Dot>,
    pub(crate) context: CausalContext,
}

/// The rules of the set. The default ones are right.
pub(crate) trait Rules: Clone + Debug + PartialEq + 'static {
    fn add(set: &OrSet<Self>, dot: Dot, element: u8) -> OrSet<Self> {
        let replaced = set.dots_of(element).chain([dot]).collect();
        OrSet::fragment(BTreeMap::from([(dot, element)]), replaced)
    }

    fn remove(set: &OrSet<Self>, element: u8) -> OrSet<Self> {
        OrSet::fragment(BTreeMap::new(), set.dots_of(element).collect())
    }

    fn digest(set: &OrSet<Self>) -> Digest {
        Digest { live: set.entries.keys().copied().collect(), context: set.context.clone() }
    }

    /// What is news, what is unseen, and what has been removed.
    fn answer(set: &OrSet<Self>, remote: &Digest) -> Option<OrSet<Self>> {
        let entries: BTreeMap<_, _> =
            set.entries.iter().filter(|(dot, _)| !remote.context.contains(**dot)).collect();
        let entries = entries.into_iter().map(|(dot, element)| (*dot, *element)).collect();
        let unseen = set.context.dots().filter(|dot| !remote.context.contains(*dot));
        let removed = remote
            .live
            .iter()
            .copied()
            .filter(|dot| set.context.contains(*dot) && !set.entries.contains_key(dot));
        let context: Vec<Dot> = unseen.chain(removed).collect();
        (!context.is_empty()).then(|| OrSet::fragment(entries, context))
    }

    fn merge(set: &mut OrSet<Self>, delta: OrSet<Self>) {
        let OrSet { entries, context, .. } = delta;
        set.entries.retain(|dot, _| entries.contains_key(dot) || !context.contains(*dot));
        for (dot, element) in entries {
            if !set.context.contains(dot) {
                set.entries.insert(dot, element);
            }
        }
        set.context.join(&context);
    }

    fn atoms(delta: OrSet<Self>) -> Vec<OrSet<Self>> {
        let atom = |dot| {
            let entry = delta.entries.get(&dot).map(|element| (dot, *element));
            OrSet::fragment(entry.into_iter().collect(), vec![dot])
        };
        delta.context.dots().map(atom).collect()
    }
}

/// The rules as they are.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Plain;

impl Rules for Plain {}

impl<R> OrSet<R> {
    pub(crate) fn fragment(entries: BTreeMap<Dot, u8>, seen: Vec<Dot>) -> Self {
        let mut context = CausalContext::new();
        for dot in seen {
            context.insert(dot);
        }
        Self { entries, context, rules: PhantomData }
    }

    pub(crate) fn dots_of(&self, element: u8) -> impl Iterator<Item = Dot> {
        self.entries.iter().filter(move |(_, own)| **own == element).map(|(dot, _)| *dot)
    }

    pub(crate) fn contains(&self, element: u8) -> bool {
        self.dots_of(element).next().is_some()
    }

    pub(crate) fn elements(&self) -> BTreeSet<u8> {
        self.entries.values().copied().collect()
    }
}

impl<R> Default for OrSet<R> {
    fn default() -> Self {
        Self::fragment(BTreeMap::new(), Vec::new())
    }
}

impl<R> Debug for OrSet<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("{")?;
        for (i, (dot, element)) in self.entries.iter().enumerate() {
            write!(f, "{}{element} by {dot}", if i == 0 { "" } else { ", " })?;
        }
        write!(f, "}} seen {:?}", self.context)
    }
}

impl<R: Rules> Replicated for OrSet<R> {
    type Digest = Digest;
    type Delta = Self;

    fn digest(&self) -> Digest {
        R::digest(self)
    }
    fn delta(&self, remote: &Digest) -> Option<Self> {
        R::answer(self, remote)
    }
    fn merge(&mut self, delta: Self) -> MergeOutcome {
        let before = self.clone();
        R::merge(self, delta);
        MergeOutcome::changed_if(*self != before)
    }
    fn decompose(delta: Self) -> Vec<Self> {
        R::atoms(delta)
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum SetOp {
    Add(u8),
    Remove(u8),
}
pub(crate) use SetOp::{Add, Remove};

pub(crate) fn set_ops() -> impl Strategy<Value = SetOp> + Send + Sync {
    prop_oneof![(0..3_u8).prop_map(Add), (0..3_u8).prop_map(Remove)]
}

/// Performs one operation; a removal of what is not there is refused.
pub(crate) fn perform<R: Rules>(
    op: SetOp,
    set: &OrSet<R>,
    ctx: &mut UpdateContext,
) -> Option<OrSet<R>> {
    match op {
        Add(element) => Some(R::add(set, ctx.next_dot(), element)),
        Remove(element) => set.contains(element).then(|| R::remove(set, element)),
    }
}

/// The set under these rules, without a model.
pub(crate) fn check<R: Rules>() -> Check<OrSet<R>, SetOp> {
    Check::new(set_ops(), |op: &SetOp, set: &OrSet<R>, ctx| perform(*op, set, ctx)).with_wire()
}

/// An element is in when some addition of it was seen by no removal of it.
pub(crate) fn add_wins(seen: &Seen<'_, SetOp>) -> BTreeSet<u8> {
    let live = seen.iter().filter_map(|op| match *op.op() {
        Add(element) => {
            let removed = seen.after(op).any(|later| *later.op() == Remove(element));
            (!removed).then_some(element)
        }
        Remove(_) => None,
    });
    live.collect()
}

/// An element is in when it was added, and each removal of it was seen by some
/// addition of it.
pub(crate) fn remove_wins(seen: &Seen<'_, SetOp>) -> BTreeSet<u8> {
    let added = seen.iter().filter_map(|op| match *op.op() {
        Add(element) => Some(element),
        Remove(_) => None,
    });
    let undone = |element| {
        seen.iter()
            .filter(|op| *op.op() == Remove(element))
            .all(|removal| seen.after(removal).any(|later| *later.op() == Add(element)))
    };
    added.filter(|element| undone(*element)).collect()
}
