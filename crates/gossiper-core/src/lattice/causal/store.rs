//! What makes a collection of atoms a state: an answer for what no dot names, a
//! recorder, a name.

use super::super::{FingerprintKey, Replicated, Schema, UpdateContext};
use super::{Abort, Atoms, Causal, CausalDelta, Recording};

/// A part of a causal state: a causal type, a plain lattice beside one, or a
/// struct of such parts.
///
/// `#[derive(Replicated)]` implements it for structs, [`Plain`](super::Plain) for types that
/// implement [`Replicated`](crate::Replicated) by themselves.
/// [`Causal<S>`](super::Causal) is the state that is replicated.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a part of replicated state",
    label = "not a part of replicated state",
    note = "a struct of replicated fields becomes one by `#[derive(Replicated)]`",
    note = "a plain value goes into a type that says what concurrent changes make of it, such \
            as `MvRegister<T>` or `OrSet<T>`",
    note = "in a map of ours, values are causal (`PnCounter`, not `GCounter`) and keys are \
            `Ord + Hash + Clone`; elements of a set of ours are `Eq + Hash + Clone`",
    note = "a type that implements `Replicated` by hand becomes one by \
            `impl gossiper::causal::Plain for T {{ type Recorder<'a> = \
            gossiper::causal::Recording<'a, Self>; }}`"
)]
pub trait Store: Atoms {
    /// What a peer must be told of the parts without dots to work out what it
    /// lacks; `()` where there are none.
    type Digest;

    /// Records changes in a transaction: the methods that users call.
    type Recorder<'a>: From<Recording<'a, Self>>;

    /// Summarises the parts without dots for a peer.
    fn digest(&self) -> Self::Digest;

    /// Adds what a peer with digest `remote` lacks of the parts without dots.
    fn lacking(&self, remote: &Self::Digest, lacking: &mut Self::Fragment);

    /// A word over the parts without dots, 0 where there are none; `None` where
    /// one of them has no fingerprint.
    fn fingerprint(&self, key: &FingerprintKey) -> Option<u128>;

    /// Keeps what [`fingerprint`](Self::fingerprint) needs up to date from now
    /// on.
    fn maintain_fingerprint(&mut self, key: &FingerprintKey);

    /// Names the type on the wire.
    fn schema() -> Schema;
}

/// A store all of whose atoms have dots, so that a removal can say what it has
/// seen of it: what the values of a map must be.
///
/// Its digest tells nothing: `()`, or for a struct of such stores pairs of it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the value of a map that removes",
    label = "not a causal value",
    note = "a removal takes away what was seen of a value, which a plain lattice such as \
            `GCounter` or `GSet` does not record: use a causal one such as `PnCounter` or `OrSet`",
    note = "a derived struct is a causal value if all its fields are"
)]
pub trait Dotted: Store {}

/// A replicated state that is changed by recording what changes: what
/// [`Replica::transact`](crate::Replica::transact) asks for.
///
/// [`Causal`] is one for every [`Store`], and so are all causal types and
/// derived structs.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no transactions",
    label = "not a causal type or a derived struct",
    note = "a plain lattice or a type that implements `Replicated` by hand is changed by \
            `update(|state, ctx| ...)`",
    note = "as a field of a struct with `#[derive(Replicated)]` it is changed in the \
            transactions of the struct"
)]
pub trait Transactional: Replicated {
    /// What the closure of a transaction gets.
    type Recorder<'a>;

    /// Records changes and returns their delta; nothing happens until it is
    /// merged.
    ///
    /// # Errors
    ///
    /// What `changes` returns.
    fn record(
        &self,
        ctx: &mut UpdateContext,
        changes: impl FnOnce(&mut Self::Recorder<'_>) -> Result<(), Abort>,
    ) -> Result<Self::Delta, Abort>;
}

impl<S: Store> Transactional for Causal<S> {
    type Recorder<'a> = S::Recorder<'a>;

    fn record(
        &self,
        ctx: &mut UpdateContext,
        changes: impl FnOnce(&mut S::Recorder<'_>) -> Result<(), Abort>,
    ) -> Result<CausalDelta<S>, Abort> {
        Self::record(self, ctx, changes)
    }
}
