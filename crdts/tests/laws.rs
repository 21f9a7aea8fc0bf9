//! The laws of every type, over random histories by `proptest`.
//!
//! `PROPTEST_CASES=10000 cargo test -p gossiper-crdts --test laws` looks
//! harder.

#[cfg(feature = "serde")]
#[path = "laws/encoding.rs"]
mod encoding;
#[path = "laws/law.rs"]
mod law;
#[path = "laws/subjects.rs"]
mod subjects;
#[path = "laws/world.rs"]
mod world;

use gossiper_crdts::{GCounter, GSet, VersionedKv};
use proptest::collection::vec;
use proptest::prelude::*;
use subjects::Composed;
use world::{Choice, History, Subject, World};

/// Histories of up to 24 steps.
fn histories<S: Subject>() -> impl Strategy<Value = History<S::Op>> {
    (vec(any::<Choice>(), 0..=24), any::<[u8; 3]>(), any::<u64>())
        .prop_map(|(steps, next, seed)| History::choose::<S>(steps, next, seed))
}

/// Checks `law` after as many histories as proptest's configuration says.
fn check<S: Subject>(law: fn(&World<S>)) {
    proptest!(|(history in histories::<S>())| law(&World::after(&history)));
}

/// One module for each type, with one test for each law.
macro_rules! laws {
    ($($name:ident: $subject:ty,)+) => {
        $(mod $name {
            use super::*;

            laws!(@each law, $subject:
                idempotence, commutativity, associativity, inflation, delta_is_mutation,
                digest_soundness, digest_completeness, delta_minimality, decomposition,
                no_resurrection,
            );
            #[cfg(feature = "serde")]
            laws!(@each encoding, $subject: canonical_encoding, other_bytes_are_refused,);
        })+
    };
    (@each $module:ident, $subject:ty: $($law:ident,)+) => {
        $(#[test]
        fn $law() {
            check::<$subject>($module::$law);
        })+
    };
}

laws! {
    g_counter: GCounter,
    g_set: GSet<u8>,
    versioned_kv: VersionedKv<u8, u8>,
    composed: Composed,
}
