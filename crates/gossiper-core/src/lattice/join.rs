//! The join of a lattice, and the fragments that deltas are.

use core::fmt;

/// Whether a merge taught a state anything.
///
/// `Unchanged` is the feedback that spreading needs: what a replica knew
/// already is not news.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MergeOutcome {
    /// The state is larger than before.
    Changed,
    /// The state knew it all.
    Unchanged,
}

impl MergeOutcome {
    /// `Changed` when `changed` holds, otherwise `Unchanged`.
    #[must_use]
    pub const fn changed_if(changed: bool) -> Self {
        if changed { Self::Changed } else { Self::Unchanged }
    }

    /// Whether the state changed.
    #[must_use]
    pub const fn is_changed(self) -> bool {
        matches!(self, Self::Changed)
    }

    /// The outcome of two merges taken together: changed if either was.
    #[must_use]
    pub const fn or(self, other: Self) -> Self {
        Self::changed_if(self.is_changed() || other.is_changed())
    }
}

/// A join-semilattice with a bottom, which is its `Default`.
///
/// `join` takes the least upper bound: it is associative, commutative and
/// idempotent, and joining the bottom changes nothing. States *merge* deltas;
/// fragments *join*.
pub trait Join: Default {
    /// Raises `self` to the least upper bound of `self` and `other`.
    fn join(&mut self, other: Self) -> MergeOutcome;

    /// The least upper bound as a value: `a.joined(b)`.
    #[must_use]
    fn joined(mut self, other: Self) -> Self {
        self.join(other);
        self
    }
}

/// `None` is the bottom: nothing to tell.
impl<L: Join> Join for Option<L> {
    fn join(&mut self, other: Self) -> MergeOutcome {
        match (self.as_mut(), other) {
            (_, None) => MergeOutcome::Unchanged,
            (Some(mine), Some(theirs)) => mine.join(theirs),
            (None, theirs) => {
                *self = theirs;
                MergeOutcome::Changed
            }
        }
    }
}

/// A fragment of a state of type `S`, on its way to other replicas.
///
/// It lives in the same lattice as the state but is not a replica: it can be
/// read, joined with other deltas and merged into a state, and nothing else.
#[derive(Clone, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(transparent))]
pub struct Delta<S>(S);

impl<S> Delta<S> {
    /// Wraps a fragment. For the authors of state types.
    #[must_use]
    pub const fn new(fragment: S) -> Self {
        Self(fragment)
    }

    /// The fragment, to read what it tells.
    #[must_use]
    pub const fn fragment(&self) -> &S {
        &self.0
    }

    /// Unwraps the fragment. For the authors of state types.
    #[must_use]
    pub fn into_fragment(self) -> S {
        self.0
    }
}

impl<S: Join> Join for Delta<S> {
    fn join(&mut self, other: Self) -> MergeOutcome {
        self.0.join(other.0)
    }
}

impl<S: fmt::Debug> fmt::Debug for Delta<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Δ")?;
        self.0.fmt(f)
    }
}
