//! I use proptest. How do I say what operations there are, and what they mean?
//!
//! Any proptest strategy makes operations. A *model* says what a replica should
//! show, given the operations that it has seen; an *invariant* what must hold on
//! every replica. Here: a stock, counted by two counters, of which no more is
//! sold than a replica sees. The counting is right, and yet too much is sold.
//!
//! ```text
//! $ cargo run --example check_with_proptest
//! the model: holds
//!
//! (GCounter, GCounter) breaks "invariant": the stated condition holds on every replica at every moment
//!
//!       replica 0        replica 1        state there afterwards
//!    1  |                Deliver(1) → m0  (GCounter(1: {r1: 1}), GCounter(0: {}))
//!    2  pulls from 1     |                (GCounter(1: {r1: 1}), GCounter(0: {}))
//!    3  Sell(1) → m1     |                (GCounter(1: {r1: 1}), GCounter(1: {r0: 1}))
//!    4  |                Sell(1) → m2     (GCounter(1: {r1: 1}), GCounter(1: {r1: 1}))
//!    5  pulls from 1     |                …unter(1: {r1: 1}), GCounter(2: {r0: 1, r1: 1}))
//!
//! after step 5: replica 0 has (GCounter(1: {r1: 1}), GCounter(2: {r0: 1, r1: 1})): -1 items are left
//! usual cause: the check is made on one replica's knowledge alone
//! an example, and the fix: gossiper_check::guide::invariant
//!
//! as a test that needs no randomness:
//!
//!     use gossiper::check::{History, Law}; // or gossiper_check::…
//!     use Op::*;
//!     let history = History::new(2)
//!         .op(1, Deliver(1))
//!         .pull(1, 0)
//!         .op(0, Sell(1))
//!         .op(1, Sell(1))
//!         .pull(1, 0);
//!     check.assert_replay(Law::Invariant, &history);
//! ```

use gossiper::prelude::*;
use gossiper_check::{Check, Law};
use proptest::prelude::*;

/// What has come in, and what has been sold.
type Stock = (GCounter, GCounter);

#[derive(Clone, Debug)]
enum Op {
    Deliver(u64),
    Sell(u64),
}

fn left((delivered, sold): &Stock) -> i128 {
    delivered.value() as i128 - sold.value() as i128
}

fn main() {
    let ops = prop_oneof![(1..9_u64).prop_map(Op::Deliver), (1..9_u64).prop_map(Op::Sell)];

    let check = Check::<Stock, Op>::new(ops, |op, stock, ctx| match *op {
        Op::Deliver(items) => Some((stock.0.increment(ctx.replica(), items).ok(), None)),
        // `None` refuses the sale.
        Op::Sell(items) if i128::from(items) > left(stock) => None,
        Op::Sell(items) => Some((None, stock.1.increment(ctx.replica(), items).ok())),
    })
    .with_model(left, |seen| {
        let count = |op: &Op| match *op {
            Op::Deliver(items) => i128::from(items),
            Op::Sell(items) => -i128::from(items),
        };
        seen.iter().map(|op| count(op.op())).sum()
    })
    .with_invariant(|stock| match left(stock) {
        0.. => Ok(()),
        less => Err(format!("{less} items are left")),
    });

    println!("the model: {}\n", if check.law(Law::Model).holds() { "holds" } else { "is broken" });
    if let Some(counterexample) = check.law(Law::Invariant).counterexample {
        print!("{counterexample}");
    }
}
