//! Two of the laws by `quickcheck`, for those who use it: an `Arbitrary`
//! history, and the same laws.

#[path = "laws/law.rs"]
#[expect(dead_code, reason = "two laws show how")]
mod law;
#[path = "laws/subjects.rs"]
mod subjects;
#[path = "laws/world.rs"]
mod world;

use gossiper_crdts::{GCounter, GSet, VersionedKv};
use quickcheck::{Arbitrary, Gen, quickcheck};
use subjects::Composed;
use world::{Choice, History, Subject, World};

/// A random history of `S`, which shrinks by losing steps.
struct Random<S: Subject>(History<S::Op>);

impl<S: Subject> Clone for Random<S> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<S: Subject> std::fmt::Debug for Random<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl<S: Subject<Op: 'static> + 'static> Arbitrary for Random<S> {
    fn arbitrary(g: &mut Gen) -> Self {
        let steps =
            (0..usize::arbitrary(g) % 24).map(|_| Choice::default().map(|_| u8::arbitrary(g)));
        let steps = steps.collect();
        let next = [0; 3].map(|_: u8| u8::arbitrary(g));
        Self(History::choose::<S>(steps, next, u64::arbitrary(g)))
    }

    fn shrink(&self) -> Box<dyn Iterator<Item = Self>> {
        let history = self.0.clone();
        Box::new((0..history.steps.len()).map(move |lost| {
            let mut shorter = history.clone();
            shorter.steps.remove(lost);
            Self(shorter)
        }))
    }
}

/// Laws panic where they do not hold, which quickcheck takes for a failure.
fn holds<S: Subject>(law: fn(&World<S>), random: &Random<S>) -> bool {
    law(&World::after(&random.0));
    true
}

quickcheck! {
    fn digest_completeness_of_g_counter(random: Random<GCounter>) -> bool {
        holds(law::digest_completeness, &random)
    }

    fn digest_completeness_of_g_set(random: Random<GSet<u8>>) -> bool {
        holds(law::digest_completeness, &random)
    }

    fn digest_completeness_of_versioned_kv(random: Random<VersionedKv<u8, u8>>) -> bool {
        holds(law::digest_completeness, &random)
    }

    fn no_resurrection_in_versioned_kv(random: Random<VersionedKv<u8, u8>>) -> bool {
        holds(law::no_resurrection, &random)
    }

    fn no_resurrection_in_composed(random: Random<Composed>) -> bool {
        holds(law::no_resurrection, &random)
    }
}
