//! Types with a digest of their own, as parts of a causal state.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::hash::Hash;

use super::super::{
    CausalContext, FingerprintKey, MergeOutcome, Replicated, Run, Schema, UpdateContext,
};
use super::{Atoms, Changes, Fragment, Recording, Store, Wanted};

/// A type that implements [`Replicated`] by itself and may stand beside causal
/// fields in a struct: plain lattices of ours, and types written by hand.
///
/// ```
/// use gossiper_core::causal::{Plain, Recording};
/// # use gossiper_core::{MergeOutcome, Replicated};
/// # #[derive(Default)]
/// # struct HighScore(u64);
/// # impl Replicated for HighScore {
/// #     type Digest = u64;
/// #     type Delta = u64;
/// #     fn digest(&self) -> u64 { self.0 }
/// #     fn delta(&self, remote: &u64) -> Option<u64> { (self.0 > *remote).then_some(self.0) }
/// #     fn merge(&mut self, delta: u64) -> MergeOutcome {
/// #         let news = delta > self.0;
/// #         self.0 = self.0.max(delta);
/// #         MergeOutcome::changed_if(news)
/// #     }
/// # }
/// impl Plain for HighScore {
///     type Recorder<'a> = Recording<'a, Self>;
/// }
/// ```
///
/// In a transaction, [`Recording::update`] then changes it.
// The message of `Store`: what is no store is reported as not plain.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a part of replicated state",
    label = "not a part of replicated state",
    note = "a struct of replicated fields becomes one by `#[derive(Replicated)]`",
    note = "a plain value goes into a type that says what concurrent changes make of it, such \
            as `MvRegister<T>` or `OrSet<T>`",
    note = "a type that implements `Replicated` by hand becomes one by \
            `impl Plain for T {{ type Recorder<'a> = Recording<'a, Self>; }}`"
)]
pub trait Plain: Replicated<Delta: Clone> + Default + 'static {
    /// Records changes in a transaction: [`Recording`] itself, or a type around
    /// it with methods of its own.
    type Recorder<'a>: From<Recording<'a, Self>>;
}

/// As the value inside, which [`Recording::update`] changes.
impl<L: Plain> Plain for Box<L> {
    type Recorder<'a> = Recording<'a, Self>;
}

/// Changed by [`Recording::update`].
impl<L: Plain> Plain for Option<L> {
    type Recorder<'a> = Recording<'a, Self>;
}

/// Changed by [`Recording::update`]. The type `GMap` of `gossiper-crdts` has a
/// recorder with methods of its own.
impl<K: Ord + Hash + Clone + 'static, L: Plain> Plain for BTreeMap<K, L> {
    type Recorder<'a> = Recording<'a, Self>;
}

macro_rules! plain_tuple {
    ($($name:ident),+) => {
        /// Changed by [`Recording::update`].
        impl<$($name: Plain),+> Plain for ($($name,)+) {
            type Recorder<'a> = Recording<'a, Self>;
        }
    };
}

plain_tuple!(A, B);
plain_tuple!(A, B, C);
plain_tuple!(A, B, C, D);
plain_tuple!(A, B, C, D, E);
plain_tuple!(A, B, C, D, E, F);

/// Deltas of a [`Plain`] type, to be merged one by one: mostly one, the join of
/// all, and several where the type does not join them.
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(
        transparent,
        bound(
            serialize = "T::Delta: serde::Serialize",
            deserialize = "T::Delta: serde::Deserialize<'de>"
        )
    )
)]
pub struct Deltas<T: Replicated>(Vec<T::Delta>);

impl<T: Replicated> Deltas<T> {
    /// The deltas, in the order in which they were made or came.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &T::Delta> {
        self.0.iter()
    }

    /// Adds a delta.
    pub fn push(&mut self, delta: T::Delta) {
        self.0.push(delta);
    }

    /// Takes in other deltas, joined with the last one where the type
    /// [joins](Replicated::join_deltas) deltas.
    pub fn join(&mut self, others: Self) {
        for other in others.0 {
            let beside = match self.0.last_mut() {
                Some(last) => T::join_deltas(last, other),
                None => Some(other),
            };
            self.0.extend(beside);
        }
    }

    /// Puts one delta in the place of all, which it must cover.
    pub fn replace(&mut self, delta: T::Delta) {
        self.0.clear();
        self.0.push(delta);
    }

    /// The one delta of a recorder that adds to what it has recorded: the first,
    /// which begins as the default.
    pub fn first_mut(&mut self) -> &mut T::Delta
    where
        T::Delta: Default,
    {
        if self.0.is_empty() {
            self.0.push(T::Delta::default());
        }
        &mut self.0[0]
    }
}

impl<T: Replicated> IntoIterator for Deltas<T> {
    type Item = T::Delta;
    type IntoIter = alloc::vec::IntoIter<T::Delta>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<T: Replicated> FromIterator<T::Delta> for Deltas<T> {
    fn from_iter<I: IntoIterator<Item = T::Delta>>(deltas: I) -> Self {
        Self(deltas.into_iter().collect())
    }
}

#[diagnostic::do_not_recommend]
impl<T: Plain> Atoms for T {
    type Fragment = Deltas<T>;

    fn is_bottom(&self) -> bool {
        // Plain parts are never in a place that is dropped when it is empty.
        false
    }

    fn live(&self, _: &mut Vec<Run>) {}

    fn retire(&mut self, _: &CausalContext, _: &mut Changes) {}

    fn absorb(&mut self, fragment: Deltas<T>, _: &CausalContext, changes: &mut Changes) {
        let merged = fragment.0.into_iter().map(|delta| self.merge(delta));
        if merged.fold(MergeOutcome::Unchanged, MergeOutcome::or).is_changed() {
            changes.note_other();
        }
    }

    fn pick(&self, _: Wanted<'_>) -> Deltas<T> {
        Deltas::default()
    }
}

#[diagnostic::do_not_recommend]
impl<T: Plain> Store for T {
    type Digest = T::Digest;
    type Recorder<'a> = <T as Plain>::Recorder<'a>;

    fn digest(&self) -> T::Digest {
        Replicated::digest(self)
    }

    fn lacking(&self, remote: &T::Digest, lacking: &mut Deltas<T>) {
        lacking.0.extend(self.delta(remote));
    }

    fn fingerprint(&self, key: &FingerprintKey) -> Option<u128> {
        Replicated::fingerprint(self, key).map(|fingerprint| key.hash(&fingerprint))
    }

    fn maintain_fingerprint(&mut self, key: &FingerprintKey) {
        Replicated::maintain_fingerprint(self, key);
    }

    fn schema() -> Schema {
        <T as Replicated>::schema()
    }
}

impl<T: Plain> Atoms for Deltas<T> {
    type Fragment = Self;

    fn is_bottom(&self) -> bool {
        self.0.is_empty()
    }

    fn live(&self, _: &mut Vec<Run>) {}

    fn retire(&mut self, _: &CausalContext, _: &mut Changes) {}

    fn absorb(&mut self, fragment: Self, _: &CausalContext, changes: &mut Changes) {
        if !fragment.is_bottom() {
            self.join(fragment);
            changes.note_other();
        }
    }

    fn pick(&self, _: Wanted<'_>) -> Self {
        Self::default()
    }
}

impl<T: Plain> Fragment for Deltas<T> {
    fn decompose(self, atoms: &mut Vec<Self>) {
        let parts = self.0.into_iter().flat_map(T::decompose);
        atoms.extend(parts.map(|part| Self(alloc::vec![part])));
    }
}

impl<T: Plain> Recording<'_, T> {
    /// Changes the part by a delta: `mutator` reads it and returns the delta of
    /// the change, as in [`Replica::update`](crate::Replica::update).
    ///
    /// It reads what was changed earlier in the same transaction as well, for
    /// which the part is copied.
    ///
    /// # Errors
    ///
    /// What the mutator returns.
    pub fn update<E>(
        &mut self,
        mutator: impl FnOnce(&T, &mut UpdateContext) -> Result<T::Delta, E>,
    ) -> Result<(), E>
    where
        T: Clone,
    {
        let delta = match self.base() {
            Some(base) if self.pending().is_bottom() => mutator(base, self.ctx_mut())?,
            _ => {
                let current = self.current();
                mutator(&current, self.ctx_mut())?
            }
        };
        self.pending_mut().push(delta);
        Ok(())
    }

    /// A copy of the part as this transaction has made it. O(n).
    #[must_use]
    pub fn current(&self) -> T
    where
        T: Clone,
    {
        let mut current = self.base().cloned().unwrap_or_default();
        for delta in self.pending().iter() {
            current.merge(delta.clone());
        }
        current
    }
}

// By hand: deriving would ask for bounds on `T` instead of its delta.
impl<T: Replicated> Default for Deltas<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T: Replicated<Delta: Clone>> Clone for Deltas<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T: Replicated<Delta: PartialEq>> PartialEq for Deltas<T> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl<T: Replicated<Delta: core::fmt::Debug>> core::fmt::Debug for Deltas<T> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_list().entries(&self.0).finish()
    }
}
