//! How do two states find out what each lacks?
//!
//! By hand, what a `Replica` does in every exchange: send a digest, get a
//! delta. A digest says what a state has; the delta is what its owner lacks.
//!
//! ```text
//! $ cargo run -p gossiper-core --example anti_entropy
//! here  {"apple", "pear"}
//! there {"pear", "plum", "quince"}
//! here sends its digest, 2 ids, and there answers Δ{"plum", "quince"}
//! there sends its digest, 3 ids, and here answers Δ{"apple"}
//! both  {"apple", "pear", "plum", "quince"}
//! and now neither has anything to tell: true
//! ```

use gossiper_core::Replicated;
use gossiper_crdts::GSet;

fn main() {
    let (mut here, mut there) = (GSet::default(), GSet::default());
    here.merge(here.insert_all(["apple", "pear"]));
    there.merge(there.insert_all(["pear", "plum", "quince"]));
    println!("here  {here:?}\nthere {there:?}");

    // Both digests are taken before either side has learnt anything.
    let (digest_here, digest_there) = (here.digest(), there.digest());
    let for_here = there.delta(&digest_here);
    let for_there = here.delta(&digest_there);
    if let Some(delta) = for_here {
        println!("here sends its digest, {} ids, and there answers {delta:?}", digest_here.len());
        here.merge(delta);
    }
    if let Some(delta) = for_there {
        println!("there sends its digest, {} ids, and here answers {delta:?}", digest_there.len());
        there.merge(delta);
    }

    assert_eq!(here, there);
    println!("both  {here:?}");
    let silent = here.delta(&there.digest()).is_none() && there.delta(&here.digest()).is_none();
    println!("and now neither has anything to tell: {silent}");
}
