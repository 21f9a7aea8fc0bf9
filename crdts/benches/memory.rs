//! What the types weigh, in memory and encoded, beside the `crdts` crate.
//!
//! `cargo bench -p gossiper-crdts --bench memory`. Bytes are those that were
//! asked of the allocator, without what it adds.

#[expect(dead_code, reason = "the bench of times uses the rest")]
#[path = "catalogue/maps.rs"]
mod maps;
#[expect(dead_code, reason = "the bench of times uses the rest")]
#[path = "catalogue/subjects.rs"]
mod subjects;
#[path = "catalogue/table.rs"]
mod table;

use std::alloc::System;

use gossiper_core::causal::Causal;
use gossiper_crdts::{MvRegister, OrMap, OrSet};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};
use subjects::{Key, Keyed, Ours, Theirs};
use table::{Effort, Row, print};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// A value, and the bytes that it holds on the heap.
fn weighed<T>(make: impl FnOnce() -> T) -> (T, f64) {
    let region = Region::new(ALLOCATOR);
    let value = make();
    let change = region.change();
    (value, change.bytes_allocated as f64 - change.bytes_deallocated as f64)
}

fn sets<K: Key>(effort: Effort, targets: [Option<f64>; 2]) -> Vec<Row> {
    let mut rows = Vec::new();
    for n in effort.sizes.iter().copied() {
        let (ours, held) = weighed(|| Ours::<K>::filled(n));
        let (theirs, held_theirs) = weighed(|| Theirs::<K>::filled(n));
        let figures = [
            ("memory an element", Some(held), Some(held_theirs)),
            ("encoded an element", ours.encoded(), theirs.encoded()),
        ];
        for ((what, ours, theirs), target) in figures.into_iter().zip(targets) {
            rows.push(Row {
                what: format!("{what}, {n}"),
                ours: ours.map(|bytes| bytes / n as f64),
                theirs: theirs.map(|bytes| bytes / n as f64),
                target: target.filter(|_| n >= 1_000_000),
            });
        }
    }
    rows
}

/// Maps with a register at every key, before and after they are read in order.
fn registers(effort: Effort) -> Vec<Row> {
    type Ours = maps::OursMap<OrMap<u64, MvRegister<u64>>>;
    let mut rows = Vec::new();
    for n in effort.sizes.iter().copied().chain([3]) {
        let (ours, held) = weighed(|| Ours::filled(n));
        let (theirs, held_theirs) = weighed(|| maps::TheirsMap::<u64>::filled(n));
        let ((), order) = weighed(|| assert_eq!(ours.state.iter().count() as u64, n));
        let figures = [
            ("memory a key", Some(held), Some(held_theirs)),
            ("memory a key, once read in order", Some(held + order), Some(held_theirs)),
            ("encoded a key", encoded(&ours.state), encoded(&theirs.state)),
        ];
        let each = |bytes: Option<f64>| bytes.map(|bytes| bytes / n as f64);
        rows.extend(figures.map(|(what, ours, theirs)| Row {
            what: format!("{what}, {n}"),
            ours: each(ours),
            theirs: each(theirs),
            target: None,
        }));
    }
    rows
}

/// Bytes on the wire; `None` without the feature `serde`.
trait Encoded {
    fn encoded(&self) -> Option<f64>;
}

#[cfg(feature = "serde")]
fn encoded(value: &impl serde::Serialize) -> Option<f64> {
    let bytes = bincode::serde::encode_to_vec(value, bincode::config::standard());
    Some(bytes.expect("it encodes").len() as f64)
}

#[cfg(not(feature = "serde"))]
fn encoded<T>(_: &T) -> Option<f64> {
    None
}

impl<K: Key> Encoded for Ours<K> {
    fn encoded(&self) -> Option<f64> {
        encoded(&self.state)
    }
}

impl<K: Key> Encoded for Theirs<K> {
    fn encoded(&self) -> Option<f64> {
        encoded(&self.state)
    }
}

/// So many pairs of an addition and a removal, of a set of 1,000.
fn churned<S: Keyed<u64>>(pairs: u64, live: u64) -> S {
    let mut set = S::new(1);
    for pair in 0..pairs + live {
        set.add(u64::of(pair));
        if pair >= live {
            set.remove(&u64::of(pair - live));
        }
    }
    set
}

/// A set of so many, from which one in four was removed.
fn with_holes<S: Keyed<u64>>(n: u64) -> S {
    let mut set = S::filled(n);
    (0..n / 4).for_each(|number| drop(set.remove(&u64::of(4 * number))));
    set
}

/// One element of each writer: what many short-lived writers leave.
fn writers(count: u64) -> Causal<OrSet<u64>> {
    let mut set = Ours::<u64>::new(0);
    let mut bulk = Ours::<u64>::new(0);
    for writer in 0..count {
        bulk = Ours { state: bulk.state, ..Ours::new(subjects::mix(writer)) };
        bulk.add(u64::of(writer));
        if writer % 4_096 == 4_095 || writer + 1 == count {
            set.take_in(std::mem::replace(&mut bulk, Ours::new(0)).whole());
        }
    }
    set.state
}

fn main() {
    let effort = Effort::asked_for();
    let measured = effort.runs > 1;
    print("OrSet of u64", "bytes", &sets::<u64>(effort, [Some(48.0), Some(12.0)]));
    print("OrSet of String of 16", "bytes", &sets::<String>(effort, [None; 2]));
    print("OrMap of u64 and a register, theirs Map", "bytes", &registers(effort));

    let (pairs, live) = if measured { (1_000_000, 1_000) } else { (1_000, 100) };
    let (ours, held) = weighed(|| churned::<Ours<u64>>(pairs, live));
    let (theirs, held_theirs) = weighed(|| churned::<Theirs<u64>>(pairs, live));
    let row = |what: String, ours, theirs, target| Row { what, ours, theirs, target };
    let after = format!("{live} live after {pairs} add/remove pairs");
    let mut rows = vec![
        row(format!("memory, {after}"), Some(held), Some(held_theirs), Some(65_536.0)),
        row(format!("encoded, {after}"), ours.encoded(), theirs.encoded(), None),
    ];

    let n = if measured { 1_000_000 } else { 200 };
    let (holes, held) = weighed(|| with_holes::<Ours<u64>>(n));
    let (theirs, held_theirs) = weighed(|| with_holes::<Theirs<u64>>(n));
    let left = (n - n / 4) as f64;
    let each = |bytes: f64| Some(bytes / left);
    let what = format!("an element left, one in four of {n} removed");
    rows.push(row(format!("memory, {what}"), each(held), each(held_theirs), Some(48.0)));
    let encoded = [holes.encoded(), theirs.encoded()].map(|bytes| bytes.and_then(each));
    rows.push(row(format!("encoded, {what}"), encoded[0], encoded[1], Some(12.0)));

    let three = |writer| {
        let mut set = Ours::<u64>::new(writer);
        (0..3).for_each(|number| drop(set.add(u64::of(number))));
        OrSet::clone(&set.state)
    };
    let (_set, held) = weighed(|| three(1));
    let inline = size_of::<OrSet<u64>>() as f64;
    rows.push(row("a nested set of three, in all".into(), Some(inline + held), None, Some(128.0)));

    for count in if measured { [1_000, 1_000_000] } else { [10, 100] } {
        let (set, held) = weighed(|| writers(count));
        assert_eq!(set.len() as u64, count);
        let what = format!("a writer that wrote one element, {count} writers");
        rows.push(row(what, Some(held / count as f64), None, None));
    }
    print("States", "bytes", &rows);
}
