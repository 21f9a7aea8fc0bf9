//! What makes a collection of atoms a state: an answer for what no dot names, a
//! recorder, a name.

use super::super::Schema;
use super::{Atoms, Recording};

/// A part of a causal state: a causal type, a plain lattice beside one, or a
/// struct of such parts.
///
/// `#[derive(Replicated)]` implements it for structs, [`Plain`] for types that
/// implement [`Replicated`](crate::Replicated) by themselves.
/// [`Causal<S>`](super::Causal) is the state that is replicated.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a part of a replicated struct",
    label = "not a part of a replicated struct",
    note = "for a type that implements `Replicated` by hand, add \
            `impl Plain for T {{ type Recorder<'a> = Recording<'a, Self>; }}`",
    note = "for a struct, derive it: `#[derive(Replicated)]`"
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

    /// Names the type on the wire.
    fn schema() -> Schema;
}

/// A store all of whose atoms have dots, so that a removal can say what it has
/// seen of it: what the values of a map must be.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the value of a map that removes",
    label = "not a causal value",
    note = "a removal takes away what was seen of a value, which a plain lattice such as \
            `GCounter` or `GSet` does not record: use a causal one such as `PnCounter` or `OrSet`"
)]
pub trait Dotted: Store<Digest = ()> {}
