//! Recording what a transaction does, without touching the state.
//!
//! *How can a transaction read its own writes, and yet leave no trace when it
//! fails?* It reads the state through what it has recorded: an atom is live if
//! it is in the state and was not retired here, or was recorded here. Nothing
//! is merged before the closure has returned.

use core::error::Error;
use core::fmt;

use alloc::boxed::Box;
use alloc::string::String;

use super::super::{CausalContext, Dot, ReplicaId, Timestamp, UpdateContext};
use super::{DotMap, Store};

/// One part of a state in a transaction: the part as it was, and what has been
/// recorded of it so far.
///
/// The recorders of all types are made of it. [`part`](Self::part) leads to the
/// parts of a part.
pub struct Recording<'a, S: Store> {
    base: Option<&'a S>,
    pending: &'a mut S::Fragment,
    claims: &'a mut CausalContext,
    ctx: &'a mut UpdateContext,
}

impl<'a, S: Store> Recording<'a, S> {
    pub(super) const fn new(
        base: Option<&'a S>,
        pending: &'a mut S::Fragment,
        claims: &'a mut CausalContext,
        ctx: &'a mut UpdateContext,
    ) -> Self {
        Self { base, pending, claims, ctx }
    }

    /// The part as it was before the transaction; `None` for one that was not
    /// there, such as the value of a new key.
    #[must_use]
    pub const fn base(&self) -> Option<&'a S> {
        self.base
    }

    /// What was recorded of the part.
    #[must_use]
    pub const fn pending(&self) -> &S::Fragment {
        self.pending
    }

    /// What was recorded of the part, to add to it.
    pub const fn pending_mut(&mut self) -> &mut S::Fragment {
        self.pending
    }

    /// A part of this part.
    pub fn part<'b, P: Store>(
        &'b mut self,
        base: impl FnOnce(&'a S) -> Option<&'b P>,
        pending: impl FnOnce(&'b mut S::Fragment) -> &'b mut P::Fragment,
    ) -> Recording<'b, P>
    where
        'a: 'b,
    {
        let Self { base: whole, pending: fragment, claims, ctx } = self;
        Recording { base: whole.and_then(base), pending: pending(fragment), claims, ctx }
    }

    /// A dot for an atom that is about to be recorded.
    #[inline]
    pub fn next_dot(&mut self) -> Dot {
        let dot = self.ctx.next_dot();
        self.claims.insert(dot);
        dot
    }

    /// Retires an atom that is live here.
    pub fn retire(&mut self, dot: Dot) {
        self.claims.insert(dot);
    }

    /// Retires all these atoms, which are live here.
    pub fn retire_all(&mut self, dots: &CausalContext) {
        self.claims.join(dots);
    }

    /// Whether the transaction has retired all these atoms of the part as it was.
    #[must_use]
    pub fn are_retired(&self, dots: &CausalContext) -> bool {
        self.claims.covers(dots)
    }

    /// Whether the transaction has retired an atom of the part as it was.
    #[must_use]
    pub fn is_retired(&self, dot: Dot) -> bool {
        self.claims.contains(dot)
    }

    /// A timestamp after all that this replica has used.
    pub fn timestamp(&mut self) -> Timestamp {
        self.ctx.timestamp()
    }

    /// Who writes.
    #[must_use]
    pub const fn replica(&self) -> ReplicaId {
        self.ctx.replica()
    }

    pub(super) const fn ctx_mut(&mut self) -> &mut UpdateContext {
        self.ctx
    }
}

/// A store that is one [`DotMap`]: registers, flags, sets.
pub trait Leaf: Store<Fragment = DotMap<Self::Atom>> {
    /// What a dot stands for.
    type Atom: Clone + 'static;

    /// The atoms.
    fn atoms(&self) -> &DotMap<Self::Atom>;
}

impl<L: Leaf> Recording<'_, L> {
    /// The atoms that are live for this transaction, its own last.
    pub fn atoms(&self) -> impl Iterator<Item = (Dot, &L::Atom)> {
        let base = self.base.into_iter().flat_map(|base| base.atoms().iter());
        base.filter(|(dot, _)| !self.is_retired(*dot)).chain(self.pending.iter())
    }

    /// Records an atom.
    pub fn add(&mut self, atom: L::Atom) -> Dot {
        let dot = self.next_dot();
        self.pending.insert(dot, atom);
        dot
    }

    /// Retires an atom that is live for this transaction.
    pub fn remove(&mut self, dot: Dot) {
        if self.pending.remove(dot).is_none() {
            self.retire(dot);
        }
    }

    /// Retires all atoms that are live for this transaction.
    pub fn clear(&mut self) {
        if let Some(base) = self.base {
            base.atoms().for_each(|dot, _| {
                self.claims.insert(dot);
            });
        }
        if !self.pending.is_empty() {
            *self.pending = DotMap::new();
        }
    }
}

/// Why a transaction is to leave no trace: any error, by `?`, or a reason in
/// words.
///
/// ```
/// use gossiper_core::causal::Abort;
///
/// fn sell(stock: u32) -> Result<(), Abort> {
///     if stock == 0 {
///         return Err(Abort::because("sold out"));
///     }
///     let _port: u16 = "8080".parse()?;
///     Ok(())
/// }
/// assert_eq!(sell(0).unwrap_err().to_string(), "sold out");
/// ```
// Not an `Error` itself, so that every error can become one by `?`.
pub struct Abort(Box<dyn Error + Send + Sync>);

impl Abort {
    /// Aborts for a reason of the application's.
    #[must_use]
    pub fn because(reason: impl Into<String>) -> Self {
        Self(reason.into().into())
    }

    /// The error.
    #[must_use]
    pub fn into_inner(self) -> Box<dyn Error + Send + Sync> {
        self.0
    }
}

impl<E: Error + Send + Sync + 'static> From<E> for Abort {
    fn from(error: E) -> Self {
        Self(Box::new(error))
    }
}

// So that `?` takes it out of functions that return any error.
impl From<Abort> for Box<dyn Error + Send + Sync> {
    fn from(abort: Abort) -> Self {
        abort.0
    }
}

impl From<Abort> for Box<dyn Error> {
    fn from(abort: Abort) -> Self {
        abort.0
    }
}

impl fmt::Display for Abort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for Abort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
