//! How fast the types are, beside the `crdts` crate, in one run.
//!
//! `cargo bench -p gossiper-crdts`; what they weigh is in the bench `memory`.
//! An argument chooses the parts whose name contains it.

mod keyed;
mod single;
mod subjects;
mod table;

use table::{Effort, print};

fn main() {
    let effort = Effort::asked_for();
    let chosen = std::env::args().skip(1).find(|argument| !argument.starts_with('-'));
    let wanted = |part: &str| chosen.as_ref().is_none_or(|chosen| part.contains(chosen.as_str()));
    if wanted("OrSet u64") {
        // Add, remove, contains, a delta of 100, whole states, news, an answer.
        let targets = [250.0, 450.0, 100.0, 100_000.0, 20_000_000.0, 5_000.0];
        let [add, remove, contains, delta, whole, news] = targets.map(Some);
        let targets = [add, remove, contains, delta, whole, news, None];
        print("OrSet of u64", "ns", &keyed::rows::<u64>(effort, targets));
    }
    if wanted("OrSet String") {
        print("OrSet of String", "ns", &keyed::rows::<String>(effort, [None; 7]));
    }
    if wanted("single") {
        print("One value", "ns", &single::rows(effort));
    }
}
