//! Causal types without tombstones: one context for a whole composed state.
//!
//! *One replica has an element and the other lacks it: was it never seen, or
//! removed?* Every addition is named by a [`Dot`](super::Dot). A state is a set of live
//! *atoms*, dots with what they stand for, plus a [`CausalContext`]: all dots
//! whose fate is known. A dot that is known and not live was removed, so nothing
//! need be kept of what was.
//!
//! The join of two states, each with its live atoms and its context:
//!
//! ```text
//! live = (live here ∩ live there) ∪ (live here − known there) ∪ (live there − known here)
//! known = known here ∪ known there
//! ```
//!
//! A history of two replicas:
//!
//! ```text
//! both: x by a#1                   known {a: 1}
//! a: removes x  → claims a#1       ⟵ merge ⟶  x by b#1, known {a: 1..=2, b: 1}
//! b: re-adds x  → x by b#1 for a#1 ⟵ merge ⟶  x by b#1, known {a: 1..=2, b: 1}
//! ```
//!
//! The removal takes away what it has seen, `a#1`; the addition `b#1` it has not
//! seen, and x stays.
//!
//! **One context.** The parts of a state ([`Store`]s, nested to any depth) hold
//! atoms and no context. [`Causal<S>`] is a store with the one context, and is
//! what is replicated. A delta, [`CausalDelta`], is a fragment of the store and
//! the dots that it *claims*: those of its atoms and those that it retires, and
//! no others. A context therefore never claims a dot whose fate was not merged,
//! in whatever order pieces arrive.
//!
//! **The digest** holds the context and the live dots, both as runs. What
//! follows on the context is news, and what is live there and known but not live
//! here was removed: an answer holds exactly that. Parts without dots (plain
//! lattices, see [`Plain`]) have digests of their own beside.
//!
//! **The fingerprint** is made of the live dots and of the context, and is kept up
//! to date where atoms come and go: in the join, and nowhere else.
//!
//! **Cost** for n atoms, of w writers, and a delta of k atoms and claims: merge
//! O(k log n), not O(n); answer O(k log n) and the runs of both digests; digest
//! O(w) and the gaps that removals have left. A claim is 24 bytes in memory, and
//! some 3 encoded where it follows on others of its writer.
//!
//! References: Almeida, Shoker and Baquero, *Delta state replicated data types*,
//! JPDC 2018, section 7; Bieniusa et al., *An optimized conflict-free replicated
//! set*, INRIA RR-8083, 2012; Gonçalves, Almeida, Baquero and Fonte, *DottedDB*,
//! SRDS 2017.

mod atoms;
mod compose;
mod dot_map;
mod news;
mod plain;
mod recording;
mod store;
mod words;

use alloc::vec::Vec;
use core::fmt;
use core::ops::Deref;

pub use atoms::{Atoms, Changes, Fragment, Wanted};
pub use compose::Fields;
pub use dot_map::DotMap;
pub use plain::{Deltas, Plain};
pub use recording::{Abort, Leaf, Recording};
pub use store::{Dotted, Store, Transactional};
use words::Words;

use super::{
    CausalContext, Fingerprint, FingerprintKey, Join, MergeOutcome, News, Reconciled, Replicated,
    Schema, UpdateContext,
};

use crate::reconcile::{Difference, Sketch};

/// A store with its causal context: a state that is replicated.
///
/// It reads as the store inside. `Replica<S>` makes it for every store `S`;
/// changes are recorded in a transaction:
///
/// ```
/// use gossiper_core::causal::Causal;
/// use gossiper_core::{ReplicaId, Replicated, UpdateContext};
/// use gossiper_crdts::OrSet;
///
/// let mut ctx = UpdateContext::of(ReplicaId::new(1));
/// let mut tags = Causal::<OrSet<&str>>::default();
/// let delta = tags.transact(&mut ctx, |tags| {
///     tags.insert("organic");
///     Ok(())
/// })?;
/// assert!(tags.contains("organic"));
///
/// let mut elsewhere = Causal::<OrSet<&str>>::default();
/// elsewhere.merge(delta);
/// assert_eq!(elsewhere, tags);
/// # Ok::<(), gossiper_core::causal::Abort>(())
/// ```
#[derive(Clone, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Causal<S> {
    context: CausalContext,
    store: S,
    /// Kept from the moment that they are asked for.
    #[cfg_attr(feature = "serde", serde(skip))]
    words: Option<Words>,
}

/// A fragment of a causal state, and the dots whose fate it tells.
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(bound(
        serialize = "S::Fragment: serde::Serialize",
        deserialize = "S::Fragment: serde::Deserialize<'de>"
    ))
)]
pub struct CausalDelta<S: Atoms> {
    claims: CausalContext,
    fragment: S::Fragment,
}

/// What a causal state knows: its context, its live dots, and the digest of what
/// has no dots.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct CausalDigest<D> {
    context: CausalContext,
    live: CausalContext,
    rest: D,
}

impl<S> Causal<S> {
    /// All dots whose fate is known.
    #[must_use]
    pub const fn context(&self) -> &CausalContext {
        &self.context
    }
}

impl<S: Store> Causal<S> {
    /// Records changes and returns their delta, which is empty if there are
    /// none. Nothing happens until it is merged.
    ///
    /// The closure's argument is the recorder of `S`; reading from it sees what
    /// it has recorded. The delta takes at least one dot, for a removal as well,
    /// so that contexts stay without gaps.
    ///
    /// # Errors
    ///
    /// What the closure returns.
    pub fn record(
        &self,
        ctx: &mut UpdateContext,
        changes: impl FnOnce(&mut S::Recorder<'_>) -> Result<(), Abort>,
    ) -> Result<CausalDelta<S>, Abort> {
        let (mut fragment, mut claims) = (S::Fragment::default(), CausalContext::new());
        let recording = Recording::new(Some(&self.store), &mut fragment, &mut claims, ctx);
        changes(&mut recording.into())?;
        fragment.prune();
        if !(claims.is_empty() && fragment.is_bottom()) {
            // Also the dots that a hand-written part took for itself, and one at
            // least: every event has one, and none may be missing for ever.
            claims.insert_run(ctx.event().into());
        }
        Ok(CausalDelta { claims, fragment })
    }

    /// Changes a value that stands alone, and returns the delta for others.
    ///
    /// # Errors
    ///
    /// What the closure returns; the value is unchanged.
    pub fn transact(
        &mut self,
        ctx: &mut UpdateContext,
        changes: impl FnOnce(&mut S::Recorder<'_>) -> Result<(), Abort>,
    ) -> Result<CausalDelta<S>, Abort> {
        let delta = self.record(ctx, changes)?;
        if self.merge(delta.clone()).is_changed() {
            ctx.advance();
        }
        Ok(delta)
    }

    /// The dots of all atoms, as runs.
    #[must_use]
    pub fn live(&self) -> CausalContext {
        live_in(&self.store)
    }
}

fn live_in(atoms: &impl Atoms) -> CausalContext {
    // Mostly a fragment of one atom, or none.
    if let Some(dot) = atoms.only() {
        return super::Run::from(dot).into();
    }
    let mut runs = Vec::with_capacity(usize::from(!atoms.is_bottom()));
    atoms.live(&mut runs);
    runs.into()
}

/// The join of `atoms`, whose context is `known`, with a delta.
fn join<A: Atoms>(
    atoms: &mut A,
    known: &mut CausalContext,
    words: Option<&mut Words>,
    fragment: A::Fragment,
    mut claims: CausalContext,
) -> MergeOutcome {
    let live = live_in(&fragment);
    let mut changes = Changes::default();
    if live.is_empty() {
        atoms.retire(&claims, &mut changes);
    } else if claims != live {
        // What comes is claimed, also where a peer's software forgot to say so.
        claims.join(&live);
        atoms.retire(&claims.difference(&live), &mut changes);
    }
    atoms.absorb(fragment, known, &mut changes);
    if let Some(words) = words {
        words.follow(&changes);
        words.learn(&claims.difference(known));
    }
    known.join(&claims).or(MergeOutcome::changed_if(!changes.is_empty()))
}

impl<S: Store> Replicated for Causal<S> {
    type Digest = CausalDigest<S::Digest>;
    type Delta = CausalDelta<S>;

    /// O(w) for the writers, and the gaps that removals have left.
    fn digest(&self) -> Self::Digest {
        CausalDigest { context: self.context.clone(), live: self.live(), rest: self.store.digest() }
    }

    /// The atoms that are not known there, and claims on what is not known there
    /// or still live there. O(k log n), and the runs of both.
    fn delta(&self, remote: &Self::Digest) -> Option<Self::Delta> {
        let mut claims = self.context.difference(&remote.context);
        let mut fragment = self.store.pick(Wanted::NotIn(&remote.context));
        self.store.lacking(&remote.rest, &mut fragment);
        if !remote.live.is_empty() {
            // The difference first: of two replicas that know nearly the same it
            // is small, and both lists of runs are walked once.
            let removed = remote.live.difference(&self.live());
            claims.join(&removed.intersection(&self.context));
        }
        (!claims.is_empty() || !fragment.is_bottom()).then_some(CausalDelta { claims, fragment })
    }

    /// O(k log n) for a delta of k atoms and claims.
    fn merge(&mut self, delta: Self::Delta) -> MergeOutcome {
        let Self { store, context, words } = self;
        join(store, context, words.as_mut(), delta.fragment, delta.claims)
    }

    /// O(1) once it is [maintained](Self::maintain_fingerprint), else O(gaps).
    /// `None` if a part written by hand has none.
    fn fingerprint(&self, key: &FingerprintKey) -> Option<Fingerprint> {
        let rest = self.store.fingerprint(key)?;
        let words = self.words.as_ref().filter(|words| words.key() == *key);
        Some(match words {
            Some(words) => words.fingerprint(rest),
            None => Words::of(*key, &self.live(), &self.context).fingerprint(rest),
        })
    }

    /// Context and parts without dots. O(w).
    fn outline(&self) -> Option<Self::Digest> {
        Some(self.outlined())
    }

    /// O(k log n) for k atoms, and the runs of contexts and of live dots.
    fn news(
        &self,
        outline: &Self::Digest,
        covered: &CausalContext,
        atoms: usize,
    ) -> News<Self::Delta> {
        self.news_for(outline, covered, atoms)
    }

    /// Whether there are many gaps among the live dots. O(chunks and gaps).
    fn digest_is_large(&self) -> bool {
        self.live().runs().len() > words::FEW_RUNS
    }

    fn maintain_sketch(&mut self) -> bool {
        let live = self.live();
        self.words.as_mut().is_some_and(|words| words.maintain_sketch(&live))
    }

    fn sketch(&self) -> Option<&Sketch> {
        self.words.as_ref()?.sketch()
    }

    /// With equal contexts, what is live on one side only was removed by the
    /// other.
    fn reconcile(&self, difference: &Difference) -> Option<Reconciled<Self::Delta>> {
        let [here, there] = self.words.as_ref()?.dots_of(&self.context, difference)?;
        let claim = |claims: CausalContext| {
            let fragment = S::Fragment::default();
            (!claims.is_empty()).then_some(CausalDelta { claims, fragment })
        };
        let (here, there) = (claim(here), claim(there));
        (here.is_some() || there.is_some()).then_some(Reconciled {
            here,
            there,
            wanted: Vec::new(),
        })
    }

    /// From now on a merge costs up to four hashes more for each atom that came
    /// or went.
    fn maintain_fingerprint(&mut self, key: &FingerprintKey) {
        self.store.maintain_fingerprint(key);
        if self.words.as_ref().is_none_or(|words| words.key() != *key) {
            self.words = Some(Words::of(*key, &self.live(), &self.context));
        }
    }

    /// One piece for each atom and each dot that is retired. O(k log k), for
    /// tools.
    fn decompose(delta: Self::Delta) -> Vec<Self::Delta> {
        let retired = delta.claims.difference(&live_in(&delta.fragment));
        let mut atoms = Vec::new();
        delta.fragment.decompose(&mut atoms);
        let atoms =
            atoms.into_iter().map(|fragment| CausalDelta { claims: live_in(&fragment), fragment });
        let retired = retired.dots().map(|dot| CausalDelta {
            claims: [dot].into_iter().collect(),
            fragment: S::Fragment::default(),
        });
        atoms.chain(retired.collect::<Vec<_>>()).collect()
    }

    /// O(k log n) for a delta of k atoms and claims.
    fn join_deltas(delta: &mut Self::Delta, other: Self::Delta) -> Option<Self::Delta> {
        delta.join(other);
        None
    }

    fn schema() -> Schema {
        Schema::named("gossiper.Causal").with(S::schema())
    }
}

/// By what is held and known; not by what is kept beside.
impl<S: PartialEq> PartialEq for Causal<S> {
    fn eq(&self, other: &Self) -> bool {
        self.context == other.context && self.store == other.store
    }
}

impl<S: Eq> Eq for Causal<S> {}

impl<S> Deref for Causal<S> {
    type Target = S;

    fn deref(&self) -> &S {
        &self.store
    }
}

/// Reads as the store and what has been seen.
impl<S: fmt::Debug> fmt::Debug for Causal<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.store.fmt(f)?;
        write!(f, " seen {:?}", self.context)
    }
}

impl<S: Atoms> CausalDelta<S> {
    /// What it brings.
    #[must_use]
    pub const fn fragment(&self) -> &S::Fragment {
        &self.fragment
    }

    /// The dots whose fate it tells: of the atoms that it brings, and of those
    /// that it retires.
    #[must_use]
    pub const fn claims(&self) -> &CausalContext {
        &self.claims
    }

    /// Whether it tells nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.claims.is_empty() && self.fragment.is_bottom()
    }
}

/// The join of both, as of two states.
impl<S: Atoms> Join for CausalDelta<S> {
    fn join(&mut self, other: Self) -> MergeOutcome {
        join(&mut self.fragment, &mut self.claims, None, other.fragment, other.claims)
    }
}

// By hand: deriving would ask for bounds on `S` instead of its fragment.
impl<S: Atoms> Default for CausalDelta<S> {
    fn default() -> Self {
        Self { claims: CausalContext::new(), fragment: S::Fragment::default() }
    }
}

impl<S: Atoms> Clone for CausalDelta<S> {
    fn clone(&self) -> Self {
        Self { claims: self.claims.clone(), fragment: self.fragment.clone() }
    }
}

impl<S: Atoms<Fragment: PartialEq>> PartialEq for CausalDelta<S> {
    fn eq(&self, other: &Self) -> bool {
        self.claims == other.claims && self.fragment == other.fragment
    }
}

/// Reads as `Δ{r1#2: "x"} of {r1: 1..=2}`: here r1#1 is retired.
impl<S: Atoms<Fragment: fmt::Debug>> fmt::Debug for CausalDelta<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Δ{:?} of {:?}", self.fragment, self.claims)
    }
}
