//! I use quickcheck. How do I check a type whose operations are `Arbitrary`?
//!
//! `gossiper_check::arbitrary` makes operations of them, and shrinks them as
//! quickcheck does.
//!
//! ```text
//! $ cargo run --example check_with_quickcheck
//! 19 laws hold
//!   tried: 200 histories, 745 different states
//!     Delete: 538 times
//!     Put: 545 times
//! no counterexample with at most 2 operations out of 2 (Put('a', 0), Delete('a')) on 2 replicas, with every order of delivery, loss and repetition: 89 situations, 550 steps
//! ```

use gossiper::prelude::*;
use gossiper_check::{Check, Scope, Settings, arbitrary};
use quickcheck::{Arbitrary, Gen};

/// What users do with their settings.
#[derive(Clone, Debug)]
enum Op {
    Put(char, u8),
    Delete(char),
}

impl Arbitrary for Op {
    fn arbitrary(g: &mut Gen) -> Self {
        let key = *g.choose(&['a', 'b']).unwrap_or(&'a');
        if bool::arbitrary(g) { Self::Put(key, u8::arbitrary(g)) } else { Self::Delete(key) }
    }

    fn shrink(&self) -> Box<dyn Iterator<Item = Self>> {
        match *self {
            Self::Put(key, value) => Box::new(value.shrink().map(move |v| Self::Put(key, v))),
            Self::Delete(_) => quickcheck::empty_shrinker(),
        }
    }
}

fn main() {
    let settings = Settings { cases: 200, ..Settings::default() };
    let check = Check::<VersionedKv<char, u8>, Op>::new(arbitrary::<Op>(), |op, kv, ctx| {
        let recorded = kv.record(ctx, |kv| {
            match *op {
                Op::Put(key, value) => kv.put(key, value),
                Op::Delete(key) => drop(kv.delete(&key)),
            }
            Ok(())
        });
        recorded.ok()
    })
    .with_wire()
    .with_settings(settings);

    let report = check.laws();
    assert!(report.is_clean(), "{report}");
    println!("{} laws hold", report.laws.iter().filter(|law| law.holds()).count());
    print!("{}", report.coverage);

    // Every history of two operations, with all orders of delivery.
    let report = check.small_scope(Scope { operations: 2, crashes: 0, ..Scope::default() });
    assert!(report.counterexample.is_none());
    println!("{report}");
}
