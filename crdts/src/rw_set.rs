//! A set in which a removal wins against additions that have not seen it.
//!
//! *One replica has an element and the other has removed it: which came last?*
//! Additions and removals are named by dots, and each replaces those of its
//! element that it has seen. So a removal leaves a mark, until an addition that
//! has seen it takes the mark away. An element is in the set if it was added and
//! has no mark.
//!
//! A concurrent history:
//!
//! ```text
//! both: {x} by r1#1
//! r1: removes x    → a mark by r1#2 for r1#1  ⟵ merge ⟶  {}, marked x
//! r2: adds x again → {x} by r2#1 for r1#1     ⟵ merge ⟶  {}, marked x
//! then r2 adds x, having seen the mark        ⟵ merge ⟶  {x}
//! ```
//!
//! **Cost**, for n elements and m marks: `contains`, `insert` and `remove` O(1) on
//! average and O(log (n + m)) in the index by dot, `len` O(m), merging a delta of
//! k elements O(k log (n + m)); iteration in order of dots.
//!
//! **Anomalies.** It keeps a mark for every element that was removed and not
//! added again, also for one that was removed before it was ever added: take an
//! [`OrSet`] where many different elements come and go. An addition
//! that meets a removal is lost and has to be done again by someone who has seen
//! the removal. An element that is added and removed at once by several replicas
//! has a dot for each until it is next changed.
//!
//! References: Shapiro, Preguiça, Baquero and Zawirski, *A comprehensive study
//! of convergent and commutative replicated data types*, INRIA RR-7506, 2011,
//! section 3.3 (the choices where an addition and a removal meet); Bieniusa et
//! al., *An optimized conflict-free replicated set*, INRIA RR-8083, 2012 (the
//! add-wins set that this one turns round); Almeida, Shoker and Baquero, *Delta
//! state replicated data types*, JPDC 2018, section 7 (dot stores).
//!
//! ```
//! use gossiper_core::{Replica, ReplicaConfig, ReplicaId};
//! use gossiper_crdts::RwSet;
//!
//! let config = ReplicaConfig::default();
//! let mut members = Replica::<RwSet<String>>::new(ReplicaId::new(1), config);
//! members.transact(|members| {
//!     members.insert("ann".into());
//!     members.insert("bob".into());
//!     assert!(members.remove("bob".into()));
//!     Ok(())
//! })?;
//! assert!(members.state().iter().eq(["ann"]));
//! assert!(members.state().marked().eq(["bob"]));
//! # Ok::<(), gossiper_core::TransactError>(())
//! ```

use alloc::vec::Vec;
use core::borrow::Borrow;
use core::fmt;
use core::hash::Hash;

use gossiper_core::causal::{Atoms, Causal, Changes, Dotted, Fields, Recording, Store, Wanted};
use gossiper_core::lattice::{CausalContext, FingerprintKey, Resolve, Run, Schema};

use crate::or_set::{Added, OrSet, OrSetRecorder};

/// A set in which a removal wins against additions that have not seen it.
///
/// [The module](self) tells how. It is changed in a transaction, by an
/// [`RwSetRecorder`].
#[derive(Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(bound(deserialize = "T: serde::Deserialize<'de> + Eq + Hash")))]
pub struct RwSet<T> {
    /// The additions that nothing has replaced.
    added: OrSet<T>,
    /// The removals that nothing has replaced.
    marks: OrSet<T>,
}

impl<T> RwSet<T> {
    /// The empty set.
    #[must_use]
    pub const fn new() -> Self {
        Self { added: OrSet::new(), marks: OrSet::new() }
    }
}

impl<T: Eq + Hash> RwSet<T> {
    /// How many elements are in it. O(m) for m marks.
    #[must_use]
    pub fn len(&self) -> usize {
        let beaten = self.marks.iter().filter(|element| self.added.contains(*element)).count();
        self.added.len() - beaten
    }

    /// Whether none is.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.iter().next().is_none()
    }

    /// Whether `element` is in it. O(1) on average.
    #[must_use]
    pub fn contains<Q>(&self, element: &Q) -> bool
    where
        T: Borrow<Q>,
        Q: Eq + Hash + ?Sized,
    {
        self.added.contains(element) && !self.marks.contains(element)
    }

    /// The elements, each once, in order of their first dots.
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        self.added.iter().filter(|element| !self.marks.contains(*element))
    }

    /// The elements of which it keeps a mark, in order of their first dots.
    pub fn marked(&self) -> impl Iterator<Item = &T> {
        self.marks.iter()
    }
}

#[diagnostic::do_not_recommend]
impl<T: Eq + Hash + Clone + 'static> Atoms for RwSet<T> {
    type Fragment = Fields<Added<T>, Added<T>>;

    fn is_bottom(&self) -> bool {
        self.added.is_bottom() && self.marks.is_bottom()
    }

    fn live(&self, runs: &mut Vec<Run>) {
        self.added.live(runs);
        self.marks.live(runs);
    }

    fn retire(&mut self, doomed: &CausalContext, changes: &mut Changes) {
        self.added.retire(doomed, changes);
        self.marks.retire(doomed, changes);
    }

    fn absorb(&mut self, fragment: Self::Fragment, known: &CausalContext, changes: &mut Changes) {
        self.added.absorb(fragment.0, known, changes);
        self.marks.absorb(fragment.1, known, changes);
    }

    fn pick(&self, wanted: Wanted<'_>) -> Self::Fragment {
        Fields(self.added.pick(wanted), self.marks.pick(wanted))
    }
}

#[diagnostic::do_not_recommend]
impl<T: Eq + Hash + Clone + 'static> Store for RwSet<T> {
    type Digest = ();
    type Recorder<'a> = RwSetRecorder<'a, T>;

    fn digest(&self) {}

    fn lacking(&self, (): &(), _: &mut Self::Fragment) {}

    fn fingerprint(&self, _: &FingerprintKey) -> Option<u128> {
        Some(0)
    }

    fn maintain_fingerprint(&mut self, _: &FingerprintKey) {}

    fn schema() -> Schema {
        Schema::named("gossiper.RwSet").with(Schema::of_type::<T>())
    }
}

#[diagnostic::do_not_recommend]
impl<T: Eq + Hash + Clone + 'static> Dotted for RwSet<T> {}

#[diagnostic::do_not_recommend]
impl<T: Eq + Hash + Clone + 'static> Resolve for RwSet<T> {
    type State = Causal<Self>;
}

/// Changes an [`RwSet`] in a transaction.
pub struct RwSetRecorder<'a, T: Eq + Hash + Clone + 'static>(Recording<'a, RwSet<T>>);

impl<'a, T: Eq + Hash + Clone + 'static> From<Recording<'a, RwSet<T>>> for RwSetRecorder<'a, T> {
    fn from(recording: Recording<'a, RwSet<T>>) -> Self {
        Self(recording)
    }
}

impl<T: Eq + Hash + Clone + 'static> RwSetRecorder<'_, T> {
    /// Adds `element` in the place of all additions and removals of it that are
    /// seen here; a removal elsewhere that has not seen this addition wins.
    pub fn insert(&mut self, element: T) {
        self.marks().remove(&element);
        self.added().insert(element);
    }

    /// Removes `element`, also if it is not there: additions elsewhere that have
    /// not seen this removal have no effect. Says whether it was there.
    pub fn remove(&mut self, element: T) -> bool {
        let was_there = self.contains(&element);
        self.added().remove(&element);
        self.marks().insert(element);
        was_there
    }

    /// Whether `element` is there.
    #[must_use]
    pub fn contains<Q>(&self, element: &Q) -> bool
    where
        T: Borrow<Q>,
        Q: Eq + Hash + ?Sized,
    {
        let live = |base: Option<&OrSet<T>>, pending: &Added<T>| {
            let kept = |base: &OrSet<T>| base.dots_of(element).any(|dot| !self.0.is_retired(dot));
            base.is_some_and(kept) || pending.has(element)
        };
        let (base, pending) = (self.0.base(), self.0.pending());
        live(base.map(|set| &set.added), &pending.0)
            && !live(base.map(|set| &set.marks), &pending.1)
    }

    fn added(&mut self) -> OrSetRecorder<'_, T> {
        self.0.part(|set| Some(&set.added), |pending| &mut pending.0).into()
    }

    fn marks(&mut self) -> OrSetRecorder<'_, T> {
        self.0.part(|set| Some(&set.marks), |pending| &mut pending.1).into()
    }
}

// By hand: deriving would ask for `T: Default`.
impl<T> Default for RwSet<T> {
    fn default() -> Self {
        Self::new()
    }
}

/// Reads as `{"a"} marked {"b"}`, in order of dots.
impl<T: fmt::Debug + Eq + Hash> fmt::Debug for RwSet<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()?;
        if !self.marks.is_empty() {
            f.write_str(" marked ")?;
            f.debug_set().entries(self.marked()).finish()?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use alloc::format;

    use gossiper_core::causal::{Abort, CausalDelta};
    use gossiper_core::lattice::{ReplicaId, Replicated, UpdateContext};

    use super::*;

    type Set = Causal<RwSet<u16>>;

    fn change(
        set: &mut Set,
        ctx: &mut UpdateContext,
        change: impl Fn(&mut RwSetRecorder<'_, u16>),
    ) -> CausalDelta<RwSet<u16>> {
        let changes = |set: &mut RwSetRecorder<'_, u16>| {
            change(set);
            Ok::<(), Abort>(())
        };
        set.transact(ctx, changes).unwrap()
    }

    #[test]
    fn a_removal_wins_until_an_addition_has_seen_it() {
        let mut ctx = [1, 2].map(|id| UpdateContext::of(ReplicaId::new(id)));
        let (mut a, mut b) = (Set::default(), Set::default());
        b.merge(change(&mut a, &mut ctx[0], |set| set.insert(7)));

        let removed = change(&mut a, &mut ctx[0], |set| assert!(set.remove(7)));
        let added = change(&mut b, &mut ctx[1], |set| set.insert(7));
        a.merge(added);
        b.merge(removed);
        assert_eq!(a, b);
        assert_eq!((a.contains(&7), a.len(), a.is_empty()), (false, 0, true));
        assert_eq!(format!("{:?}", *a), "{} marked {7}");

        a.merge(change(&mut b, &mut ctx[1], |set| set.insert(7)));
        assert_eq!((format!("{:?}", *a), a.len()), ("{7}".into(), 1));
        // One dot, and no mark.
        assert_eq!(a.live().dots().count(), 1);
    }

    #[test]
    fn a_removal_of_what_was_never_seen_wins_as_well() {
        let mut ctx = [1, 2].map(|id| UpdateContext::of(ReplicaId::new(id)));
        let (mut a, mut b) = (Set::default(), Set::default());
        let added = change(&mut a, &mut ctx[0], |set| set.insert(7));
        change(&mut b, &mut ctx[1], |set| assert!(!set.remove(7)));
        b.merge(added);
        assert!(!b.contains(&7));
    }

    #[test]
    fn a_transaction_reads_its_own_writes() {
        let mut ctx = UpdateContext::of(ReplicaId::new(1));
        let mut set = Set::default();
        change(&mut set, &mut ctx, |set| set.insert(1));
        let delta = change(&mut set, &mut ctx, |set| {
            assert!(set.remove(1) && !set.contains(&1));
            set.insert(1);
            assert!(set.contains(&1));
            set.insert(2);
            assert!(set.remove(2) && !set.remove(2));
        });
        assert_eq!((delta.fragment().0.len(), delta.fragment().1.len()), (1, 1));
        assert_eq!(format!("{:?}", *set), "{1} marked {2}");
    }

    #[test]
    fn a_large_set_keeps_a_mark_for_each_removed_element_and_no_more() {
        let mut ctx = UpdateContext::of(ReplicaId::new(1));
        let mut set = Set::default();
        for _ in 0..3 {
            for element in 0..100 {
                change(&mut set, &mut ctx, |set| set.insert(element));
                change(&mut set, &mut ctx, |set| assert!(set.remove(element)));
            }
            for element in 0..50 {
                change(&mut set, &mut ctx, |set| set.insert(element));
            }
        }
        assert_eq!((set.len(), set.marked().count()), (50, 50));
        assert_eq!(set.live().dots().count(), 100);
        assert!(set.iter().copied().eq(0..50));
        assert!((0..200).all(|element| set.contains(&element) == (element < 50)));
    }
}
