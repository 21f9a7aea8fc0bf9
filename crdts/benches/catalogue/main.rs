//! How fast the types are, beside the `crdts` crate, in one run.
//!
//! `cargo bench -p gossiper-crdts`; what they weigh is in the bench `memory`.
//! An argument chooses the parts whose name contains it.

mod keyed;
mod maps;
mod single;
mod subjects;
mod table;

use gossiper_crdts::{MvRegister, OrMap, VersionedKv};
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
    if wanted("OrMap u64") {
        type Ours = maps::OursMap<OrMap<u64, MvRegister<u64>>>;
        let mut rows = keyed::beside::<u64, Ours, maps::TheirsMap<u64>>(effort, &[]);
        rows.extend(maps::order::<u64, OrMap<u64, MvRegister<u64>>>(effort));
        print("OrMap of u64 and a register, theirs Map", "ns", &rows);
    }
    if wanted("VersionedKv u64") {
        type Ours = maps::OursMap<VersionedKv<u64, u64>>;
        let rows = keyed::beside::<u64, Ours, maps::TheirsMap<u64>>(effort, &[]);
        print("VersionedKv of u64, theirs Map", "ns", &rows);
    }
    if wanted("single") {
        print("One value", "ns", &single::rows(effort));
    }
}
