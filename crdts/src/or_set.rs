//! An add-wins set without tombstones.
//!
//! *One replica has an element and the other lacks it: was it never seen, or
//! removed?* Every addition is named by a dot, and a removal takes away the dots
//! that it has seen. What is known and not live was removed; what is not known
//! was never seen. An addition that a removal has not seen survives it: of an
//! addition and a removal at once, the addition wins.
//!
//! A concurrent history:
//!
//! ```text
//! both: {x} by r1#1
//! r1: removes x    → claims r1#1, nothing live     ⟵ merge ⟶  {x} by r2#1
//! r2: adds x again → {x} by r2#1, claims r1#1      ⟵ merge ⟶  {x} by r2#1
//! ```
//!
//! **Cost**, for n elements and a delta of k: `contains`, `insert` and `remove`
//! one look-up in a hash table, O(1), and O(log n) in the index by dot; merging a
//! delta O(k log n); iteration O(n), in order of dots. Removed elements leave
//! nothing behind but a bound in the context of the state.
//!
//! **Anomalies.** An element that several replicas add at once has a dot for
//! each until it is added or removed again. Iteration is in order of dots, not of
//! elements: which replica added first decides.
//!
//! References: Shapiro, Preguiça, Baquero and Zawirski, INRIA RR-7506, 2011,
//! section 3.3.5 (OR-Set); Bieniusa et al., *An optimized conflict-free
//! replicated set*, INRIA RR-8083, 2012; Almeida, Shoker and Baquero, *Delta
//! state replicated data types*, JPDC 2018, section 7.3 (add-wins set).
//!
//! ```
//! use gossiper_core::{Replica, ReplicaConfig, ReplicaId};
//! use gossiper_crdts::OrSet;
//!
//! let mut tags = Replica::<OrSet<String>>::new(ReplicaId::new(1), ReplicaConfig::default());
//! tags.transact(|tags| {
//!     tags.insert("organic".into());
//!     tags.insert("local".into());
//!     assert!(tags.remove("organic"));
//!     Ok(())
//! })?;
//! assert!(tags.state().iter().eq(["local"]));
//! # Ok::<(), gossiper_core::TransactError>(())
//! ```

mod added;
mod index;

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::borrow::Borrow;
use core::fmt;
use core::hash::Hash;

pub use added::Added;
use gossiper_core::causal::{Atoms, Causal, Changes, DotMap, Dotted, Recording, Store, Wanted};
use gossiper_core::lattice::{CausalContext, Dot, FingerprintKey, Resolve, Run, Schema};
use index::Index;
use smallvec::SmallVec;

/// An add-wins set without tombstones.
///
/// [The module](self) tells how. It is changed in a transaction, by an
/// [`OrSetRecorder`].
#[derive(Clone)]
pub struct OrSet<T> {
    atoms: DotMap<T>,
    /// Finds dots by element. Small sets do without.
    index: Option<Box<Index>>,
}

/// Sets of more than this many atoms are indexed.
const INDEXED: usize = 16;

impl<T> OrSet<T> {
    /// The empty set.
    #[must_use]
    pub const fn new() -> Self {
        Self { atoms: DotMap::new(), index: None }
    }

    /// Whether there is no element. O(1).
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.atoms.is_empty()
    }
}

impl<T: Eq + Hash> OrSet<T> {
    /// How many elements there are. O(1), and O(n²) for the few of a small set.
    #[must_use]
    pub fn len(&self) -> usize {
        match &self.index {
            Some(index) => self.atoms.len() - index.repeated(),
            None => self.iter().count(),
        }
    }

    /// Whether `element` is there. O(1) on average.
    #[must_use]
    pub fn contains<Q>(&self, element: &Q) -> bool
    where
        T: Borrow<Q>,
        Q: Eq + Hash + ?Sized,
    {
        match &self.index {
            Some(index) => index.has(&self.atoms, element),
            None => self.atoms.values().any(|own| own.borrow() == element),
        }
    }

    /// The elements, each once, in order of their first dots.
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        let repeated = self.index.as_ref().is_none_or(|index| index.repeated() > 0);
        let first = move |dot: Dot, element: &T| {
            let mut first = true;
            if repeated {
                self.each_dot(element, |other| {
                    first = dot <= other;
                    first
                });
            }
            first
        };
        self.atoms
            .iter()
            .filter(move |(dot, element)| first(*dot, element))
            .map(|(_, element)| element)
    }

    /// The dots under which `element` is there: several after concurrent
    /// additions.
    pub fn dots_of<Q>(&self, element: &Q) -> impl Iterator<Item = Dot> + use<T, Q>
    where
        T: Borrow<Q>,
        Q: Eq + Hash + ?Sized,
    {
        let mut dots = SmallVec::<[Dot; 1]>::new();
        self.each_dot(element, |dot| {
            dots.push(dot);
            true
        });
        dots.into_iter()
    }

    /// Hands the dots of `element` to `each` until that returns false.
    fn each_dot<Q>(&self, element: &Q, mut each: impl FnMut(Dot) -> bool)
    where
        T: Borrow<Q>,
        Q: Eq + Hash + ?Sized,
    {
        if let Some(index) = &self.index {
            return index.each_dot(&self.atoms, element, each);
        }
        self.atoms.iter().all(|(dot, own)| own.borrow() != element || each(dot));
    }

    fn first_dot<Q>(&self, element: &Q) -> Option<Dot>
    where
        T: Borrow<Q>,
        Q: Eq + Hash + ?Sized,
    {
        let mut found = None;
        self.each_dot(element, |dot| {
            found = Some(dot);
            false
        });
        found
    }

    /// Adds an atom whose dot is not here; returns another one of its element, if
    /// there is an index.
    #[inline(always)]
    fn add(&mut self, dot: Dot, element: T) -> Option<Dot> {
        let Some(index) = &mut self.index else {
            self.atoms.insert(dot, element);
            if self.atoms.len() > INDEXED {
                self.settle();
            }
            return None;
        };
        index.make_room(&self.atoms);
        // Before it is stored: afterwards it would have to be looked up.
        let other = index.put(&self.atoms, dot, &element);
        self.atoms.insert(dot, element);
        other
    }

    /// Makes an index where it begins to pay, and drops it where it no longer
    /// does: at half of that, so that it does not come and go.
    fn settle(&mut self) {
        let len = self.atoms.len();
        match &self.index {
            Some(_) if len <= INDEXED / 2 => self.index = None,
            Some(index) if !index.is_sparse() => {}
            None if len <= INDEXED => {}
            _ => self.index = Some(Box::new(Index::of(&self.atoms))),
        }
    }
}

#[diagnostic::do_not_recommend]
impl<T: Eq + Hash + Clone + 'static> Atoms for OrSet<T> {
    type Fragment = Added<T>;

    fn is_bottom(&self) -> bool {
        self.is_empty()
    }

    fn live(&self, runs: &mut Vec<Run>) {
        self.atoms.live(runs);
    }

    fn only(&self) -> Option<Dot> {
        self.atoms.only()
    }

    fn retire(&mut self, doomed: &CausalContext, changes: &mut Changes) {
        let Self { atoms, index } = self;
        match index {
            Some(index) if index.repeated() == 0 => {
                atoms.retire_with(doomed, changes, |dot, element| index.forget(dot, &element));
            }
            Some(index) => {
                atoms.for_each_in(doomed, |dot, element| index.remove(atoms, dot, element));
                atoms.retire(doomed, changes);
            }
            None => atoms.retire(doomed, changes),
        }
        self.settle();
    }

    fn absorb(&mut self, fragment: Added<T>, known: &CausalContext, changes: &mut Changes) {
        let atoms = match fragment.into_atoms().into_only() {
            Ok((dot, element)) => {
                if !known.contains(dot) {
                    self.add(dot, element);
                    changes.note_birth(dot);
                }
                return;
            }
            Err(atoms) if atoms.is_empty() => return,
            Err(atoms) => atoms,
        };
        let before = changes.born().len();
        self.atoms.absorb(atoms, known, changes);
        if let Some(index) = &mut self.index {
            index.insert(&self.atoms, &changes.born()[before..]);
        }
        self.settle();
    }

    fn pick(&self, wanted: Wanted<'_>) -> Added<T> {
        self.atoms.pick(wanted).into()
    }
}

#[diagnostic::do_not_recommend]
impl<T: Eq + Hash + Clone + 'static> Store for OrSet<T> {
    type Digest = ();
    type Recorder<'a> = OrSetRecorder<'a, T>;

    fn digest(&self) {}

    fn lacking(&self, (): &(), _: &mut Added<T>) {}

    fn fingerprint(&self, _: &FingerprintKey) -> Option<u128> {
        Some(0)
    }

    fn maintain_fingerprint(&mut self, _: &FingerprintKey) {}

    fn schema() -> Schema {
        Schema::named("gossiper.OrSet").with(Schema::of_type::<T>())
    }
}

#[diagnostic::do_not_recommend]
impl<T: Eq + Hash + Clone + 'static> Dotted for OrSet<T> {}

#[diagnostic::do_not_recommend]
impl<T: Eq + Hash + Clone + 'static> Resolve for OrSet<T> {
    type State = Causal<Self>;
}

/// Changes an [`OrSet`] in a transaction.
pub struct OrSetRecorder<'a, T: Eq + Hash + Clone + 'static>(Recording<'a, OrSet<T>>);

impl<'a, T: Eq + Hash + Clone + 'static> From<Recording<'a, OrSet<T>>> for OrSetRecorder<'a, T> {
    fn from(recording: Recording<'a, OrSet<T>>) -> Self {
        Self(recording)
    }
}

impl<T: Eq + Hash + Clone + 'static> OrSetRecorder<'_, T> {
    /// Adds `element`, also if it is there: a removal elsewhere that has not seen
    /// this addition leaves it.
    /// O(1) on average.
    pub fn insert(&mut self, element: T) {
        self.retire_seen(&element);
        let dot = self.0.next_dot();
        self.0.pending_mut().insert(dot, element);
    }

    /// Removes `element` as it was seen here; says whether it was there. O(1) on
    /// average.
    pub fn remove<Q>(&mut self, element: &Q) -> bool
    where
        T: Borrow<Q>,
        Q: Eq + Hash + ?Sized,
    {
        let was_there = self.retire_seen(element);
        // Most transactions have recorded nothing yet.
        was_there | (!self.0.pending().is_empty() && self.0.pending_mut().remove(element))
    }

    /// Removes all elements that were seen here. O(n).
    pub fn clear(&mut self) {
        if let Some(base) = self.0.base() {
            let mut runs = Vec::new();
            base.live(&mut runs);
            self.0.retire_all(&runs.into());
        }
        *self.0.pending_mut() = Added::default();
    }

    /// Whether `element` is there.
    #[must_use]
    pub fn contains<Q>(&self, element: &Q) -> bool
    where
        T: Borrow<Q>,
        Q: Eq + Hash + ?Sized,
    {
        let mut found = false;
        if let Some(base) = self.0.base() {
            base.each_dot(element, |dot| {
                found = !self.0.is_retired(dot);
                !found
            });
        }
        found || self.0.pending().has(element)
    }

    /// Retires `element` as it was before this transaction; says whether it was
    /// there for it.
    fn retire_seen<Q>(&mut self, element: &Q) -> bool
    where
        T: Borrow<Q>,
        Q: Eq + Hash + ?Sized,
    {
        let mut was_there = false;
        if let Some(base) = self.0.base() {
            base.each_dot(element, |dot| {
                was_there |= !self.0.is_retired(dot);
                self.0.retire(dot);
                true
            });
        }
        was_there
    }
}

// By hand: deriving would ask for `T: Default`.
impl<T> Default for OrSet<T> {
    fn default() -> Self {
        Self::new()
    }
}

/// The same elements under the same dots.
impl<T: PartialEq> PartialEq for OrSet<T> {
    fn eq(&self, other: &Self) -> bool {
        self.atoms == other.atoms
    }
}

impl<T: Eq> Eq for OrSet<T> {}

/// Reads as `{"a", "b"}`, in order of dots; an element with several dots stands
/// there for each.
impl<T: fmt::Debug> fmt::Debug for OrSet<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.atoms.values()).finish()
    }
}

#[cfg(feature = "serde")]
mod wire {
    use serde::de::{Deserialize, Deserializer};
    use serde::ser::{Serialize, Serializer};

    use super::*;

    impl<T: Serialize> Serialize for OrSet<T> {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            self.atoms.serialize(serializer)
        }
    }

    impl<'de, T: Deserialize<'de> + Eq + Hash> Deserialize<'de> for OrSet<T> {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            let mut set = Self { atoms: DotMap::deserialize(deserializer)?, index: None };
            set.settle();
            Ok(set)
        }
    }
}
