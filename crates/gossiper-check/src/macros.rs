//! `check!`: each law a test of its own.

use std::fmt::Debug;

use gossiper_core::{DeltaOf, DigestOf, StateOf};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::subject::{Check, Subject};
use crate::{Law, Scope};

/// Makes a module of tests: one for each law, so that a failure names the law,
/// and one for each of the other engines.
///
/// A test `not_vacuous` prints what was never tried, also when it passes; see
/// [`Check::assert_not_vacuous`](crate::Check::assert_not_vacuous).
///
/// The operations must implement [`Operation`](crate::Operation) for the type.
/// Further arguments are methods of [`Check`](crate::Check). Types with serde
/// implementations have their bytes checked as well.
///
/// ```
/// use gossiper_check::{Operation, check};
/// use gossiper_core::{Delta, UpdateContext};
/// use gossiper_crdts::GSet;
///
/// #[derive(Clone, Debug)]
/// struct Insert(u8);
///
/// impl Operation<GSet<u8>> for Insert {
///     fn apply(&self, set: &GSet<u8>, _ctx: &mut UpdateContext) -> Option<Delta<GSet<u8>>> {
///         Some(set.insert(self.0))
///     }
/// }
///
/// fn inserts() -> impl proptest::strategy::Strategy<Value = Insert> {
///     proptest::strategy::Strategy::prop_map(0..4_u8, Insert)
/// }
///
/// check!(mod set_of_bytes: GSet<u8>, ops = inserts());
/// # fn main() {}
/// ```
///
/// Operations that change a state in place and return the delta implement
/// [`InPlaceOperation`](crate::InPlaceOperation), and say `in_place` instead of
/// `ops`; they are held to delta = mutation:
///
/// ```
/// use gossiper_check::{InPlaceOperation, check};
/// use gossiper_core::{Delta, Replicated, UpdateContext};
/// use gossiper_crdts::GSet;
///
/// #[derive(Clone, Debug)]
/// struct Insert(u8);
///
/// impl InPlaceOperation<GSet<u8>> for Insert {
///     fn apply(&self, set: &mut GSet<u8>, _ctx: &mut UpdateContext) -> Option<Delta<GSet<u8>>> {
///         let delta = set.insert(self.0);
///         set.merge(delta.clone());
///         Some(delta)
///     }
/// }
///
/// fn inserts() -> impl proptest::strategy::Strategy<Value = Insert> {
///     proptest::strategy::Strategy::prop_map(0..4_u8, Insert)
/// }
///
/// check!(mod set_in_place: GSet<u8>, in_place = inserts());
/// # fn main() {}
/// ```
#[macro_export]
macro_rules! check {
    ($type:ty, ops = $($rest:tt)*) => {
        $crate::check!(mod converges: $type, ops = $($rest)*);
    };
    ($type:ty, in_place = $($rest:tt)*) => {
        $crate::check!(mod converges: $type, in_place = $($rest)*);
    };
    (mod $name:ident: $type:ty, ops = $ops:expr
        $(, $method:ident($($argument:expr),* $(,)?))* $(,)?) => {
        $crate::check!(@module $name, $type, of, $ops $(, $method($($argument),*))*);
    };
    (mod $name:ident: $type:ty, in_place = $ops:expr
        $(, $method:ident($($argument:expr),* $(,)?))* $(,)?) => {
        $crate::check!(@module $name, $type, of_in_place, $ops $(, $method($($argument),*))*);
    };
    (@module $name:ident, $type:ty, $of:ident, $ops:expr
        $(, $method:ident($($argument:expr),*))*) => {
        #[cfg(test)]
        mod $name {
            // Apart, so that what the arguments name is not taken for a test.
            mod subject {
                #[allow(unused_imports)]
                use super::super::*;
                #[allow(unused_imports)]
                use $crate::{WithWire as _, WithoutWire as _};

                pub(super) fn check() -> impl $crate::Engines {
                    (&$crate::Detect::new($crate::Check::<$type, _>::$of($ops)))
                        .detect()
                        $(.$method($($argument),*))*
                        .made_by(concat!(
                            "Check::<", stringify!($type), ", _>::", stringify!($of),
                            "(", stringify!($ops), ")"
                            $(, ".", stringify!($method), "(", stringify!($($argument),*), ")")*
                        ))
                }
            }

            $crate::check!(@tests
                idempotence = Idempotence,
                commutativity = Commutativity,
                associativity = Associativity,
                inflation = Inflation,
                merge_outcome = MergeOutcome,
                delta_is_mutation = DeltaIsMutation,
                digest_soundness = DigestSoundness,
                digest_completeness = DigestCompleteness,
                delta_minimality = DeltaMinimality,
                fingerprint = Fingerprint,
                decomposition = Decomposition,
                joined_deltas = JoinedDeltas,
                pieces_are_whole = PiecesAreWhole,
                canonical_encoding = CanonicalEncoding,
                hostile_bytes = HostileBytes,
                no_resurrection = NoResurrection,
                no_loss = NoLoss,
                model = Model,
                invariant = Invariant,
                convergence = Convergence,
                determinism = Determinism,
            );

            #[test]
            fn small_scope() {
                $crate::Engines::small_scope(&subject::check());
            }

            #[test]
            fn fault_schedules() {
                $crate::Engines::faults(&subject::check());
            }

            #[test]
            fn growth() {
                $crate::Engines::growth(&subject::check());
            }

            #[test]
            fn not_vacuous() {
                $crate::Engines::not_vacuous(&subject::check());
            }
        }
    };
    (@tests $($test:ident = $law:ident),+ $(,)?) => {
        $(
            #[test]
            fn $test() {
                $crate::Engines::law(&subject::check(), $crate::Law::$law);
            }
        )+
    };
}

/// What the tests of [`check!`] run, whatever the type: one that cannot be checked is
/// then an error once, and not in each test.
pub trait Engines {
    /// As [`Check::assert_law`].
    fn law(&self, law: Law);
    /// As [`Check::assert_small_scope`], with the default scope.
    fn small_scope(&self);
    /// As [`Check::assert_faults`].
    fn faults(&self);
    /// As [`Check::assert_growth`].
    fn growth(&self);
    /// As [`Check::assert_not_vacuous`].
    fn not_vacuous(&self);
}

impl<S: Subject, O: Clone + Debug + 'static> Engines for Check<S, O> {
    fn law(&self, law: Law) {
        self.assert_law(law);
    }

    fn small_scope(&self) {
        self.assert_small_scope(Scope::default());
    }

    fn faults(&self) {
        self.assert_faults();
    }

    fn growth(&self) {
        self.assert_growth();
    }

    fn not_vacuous(&self) {
        self.assert_not_vacuous();
    }
}

/// Finds out whether a type has serde implementations, for [`check!`].
#[derive(Debug)]
pub struct Detect<C>(std::cell::RefCell<Option<C>>);

impl<C> Detect<C> {
    /// Wraps a check.
    #[must_use]
    pub const fn new(check: C) -> Self {
        Self(std::cell::RefCell::new(Some(check)))
    }

    fn take(&self) -> C {
        self.0.take().expect("a check is detected once")
    }
}

/// Chosen first: the bytes are checked as well.
pub trait WithWire {
    /// The check.
    type Check;
    /// Unwraps it.
    fn detect(&self) -> Self::Check;
}

impl<S: Subject, O: Clone + Debug + 'static> WithWire for Detect<Check<S, O>>
where
    StateOf<S>: Serialize + DeserializeOwned,
    DeltaOf<S>: Serialize + DeserializeOwned,
    DigestOf<S>: Serialize + DeserializeOwned,
{
    type Check = Check<S, O>;

    fn detect(&self) -> Self::Check {
        self.take().with_wire()
    }
}

/// Chosen where [`WithWire`] is not available.
pub trait WithoutWire {
    /// The check.
    type Check;
    /// Unwraps it.
    fn detect(&self) -> Self::Check;
}

impl<C> WithoutWire for &Detect<C> {
    type Check = C;

    fn detect(&self) -> C {
        self.take()
    }
}
