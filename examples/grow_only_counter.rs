//! How do replicas count together without losing or doubling a count?
//!
//! Each writer keeps a count of its own, and the value is their sum. A merge
//! takes the greater count of each writer, so a delta may come twice, late, or
//! in any order.
//!
//! ```text
//! $ cargo run -p gossiper-core --example grow_only_counter
//! berlin GCounter(3: {r1: 3})
//! paris  GCounter(2: {r2: 2})
//! paris hears of berlin's visits: GCounter(5: {r1: 3, r2: 2})
//! hearing it again changes nothing: Unchanged
//! an overflow is refused: count 3 of replica r1 plus 18446744073709551615 exceeds the maximum of 18446744073709551615
//! ```

use gossiper_core::{ReplicaId, Replicated};
use gossiper_crdts::GCounter;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (berlin, paris) = (ReplicaId::new(1), ReplicaId::new(2));
    let (mut at_berlin, mut at_paris) = (GCounter::default(), GCounter::default());

    // A mutator reads the counter and returns the delta of the change. Merging
    // it is the change.
    at_berlin.merge(at_berlin.increment(berlin, 1)?);
    at_berlin.merge(at_berlin.increment(berlin, 2)?);
    at_paris.merge(at_paris.increment(paris, 2)?);
    println!("berlin {at_berlin:?}\nparis  {at_paris:?}");

    let news = at_berlin.delta(&at_paris.digest()).ok_or("paris lacks nothing")?;
    at_paris.merge(news.clone());
    println!("paris hears of berlin's visits: {at_paris:?}");
    println!("hearing it again changes nothing: {:?}", at_paris.merge(news));
    assert_eq!(at_paris.value(), 5);

    // Counts never wrap.
    let overflow = at_berlin.increment(berlin, u64::MAX);
    println!("an overflow is refused: {}", overflow.expect_err("3 is counted already"));
    Ok(())
}
