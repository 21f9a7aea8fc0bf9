//! How do replicas collect things together?
//!
//! A grow-only set merges by union. What an insertion adds is its delta, and
//! what is there already is no news.
//!
//! ```text
//! $ cargo run -p gossiper-core --example grow_only_set
//! inserting "rust" tells Δ{"rust"}
//! inserting it again tells Δ{}
//! the other set hears of it: Changed, and again: Unchanged
//! both hold "crdt", "gossip", "rust"
//! ```

use gossiper_core::Replicated;
use gossiper_crdts::GSet;

fn main() {
    let (mut tags, mut others) = (GSet::default(), GSet::default());

    let delta = tags.insert("rust");
    println!("inserting \"rust\" tells {delta:?}");
    tags.merge(delta.clone());
    println!("inserting it again tells {:?}", tags.insert("rust"));

    let (first, second) = (others.merge(delta.clone()), others.merge(delta));
    println!("the other set hears of it: {first:?}, and again: {second:?}");

    // One line changes a value that stands alone.
    tags.merge(tags.insert("gossip"));
    others.merge(others.insert("crdt"));

    // The two catch up, each with what it lacks.
    let for_others = tags.delta(&others.digest());
    let for_tags = others.delta(&tags.digest());
    for_others.map(|delta| others.merge(delta));
    for_tags.map(|delta| tags.merge(delta));
    assert_eq!(tags, others);
    let held: Vec<String> = tags.iter().map(|tag| format!("{tag:?}")).collect();
    println!("both hold {}", held.join(", "));
}
