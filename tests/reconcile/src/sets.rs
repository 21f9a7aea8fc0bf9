//! A few differences in many elements.

use std::error::Error;
use std::hint::black_box;
use std::path::Path;
use std::time::Duration;

use gossiper_core::reconcile::{Limits, ReconcileKey, Sketch};
use gossiper_core::{DeterministicRng, RandomSource};
use plotters::chart::SeriesLabelPosition;

use crate::ours::{Wire, session};
use crate::peers::{Cost, ElementId, iblt, naive, ranges, tree};
use crate::plot::{Line, draw as draw_lines};
use crate::table::{bytes, time, timed};

fn ids(rng: &mut DeterministicRng, count: usize) -> Vec<ElementId> {
    let word = |rng: &mut DeterministicRng| u128::from(rng.next_u64());
    (0..count).map(|_| (word(rng) << 64 | word(rng)).to_le_bytes()).collect()
}

/// What a session costs with somebody's structures.
struct Row {
    who: &'static str,
    d: usize,
    bytes: usize,
}

fn row(n: usize, d: usize, who: &'static str, setup: Duration, cpu: Duration, cost: Cost) -> Row {
    assert_eq!(cost.found, d, "{who} missed something");
    let (setup, cpu, sent) = (time(setup), time(cpu), bytes(cost.bytes));
    println!("| {n} | {d} | {who} | {sent} | {} | {cpu} | {setup} |", cost.round_trips);
    Row { who, d, bytes: cost.bytes }
}

pub fn print() {
    println!(
        "| n | d | who | bytes both ways | round trips | CPU a session, both sides | setting up, one side |"
    );
    println!("| --- | --- | --- | --- | --- | --- | --- |");
    for n in [1_000, 100_000, 1_000_000] {
        for d in [0, 1, 10, 100, 1_000, 10_000].into_iter().filter(|d| *d <= n) {
            sets(n, d);
        }
        upkeep(n);
    }
}

/// Bytes against differences, for a million elements.
pub fn draw(folder: &Path) -> Result<(), Box<dyn Error>> {
    let differences = [1, 10, 100, 1_000, 10_000];
    let mut lines: Vec<Line> = Vec::new();
    for (x, d) in differences.into_iter().enumerate() {
        for Row { who, d, bytes } in sets(1_000_000, d) {
            assert_eq!(d, differences[x]);
            let point = (x as f64, bytes as f64);
            match lines.iter_mut().find(|(name, _)| name == who) {
                Some((_, points)) => points.push(point),
                None => lines.push((who.to_owned(), vec![point])),
            }
        }
    }
    let labels = differences.iter().map(ToString::to_string).collect();
    let title = "Bytes both ways, a million elements a side";
    let corner = SeriesLabelPosition::LowerRight;
    draw_lines(&folder.join("sets.svg"), title, ("differences", labels), &lines, corner)
}

fn sets(n: usize, d: usize) -> [Row; 5] {
    let runs = if n >= 1_000_000 { 5 } else { 9 };
    let mut rng = DeterministicRng::new((n + d) as u64);
    let all = ids(&mut rng, n + d / 2);
    // Half of the differences on either side; an odd one is theirs.
    let (ours, theirs) = (&all[..n], &all[d / 2..]);
    let theirs = [theirs, &ids(&mut rng, d % 2)].concat();

    let key = ReconcileKey::new([7; 16]);
    let cells = (2 * d as u32).next_power_of_two().max(Sketch::cells_for(n)).min(1 << 14);
    let build = |ids: &[ElementId]| Sketch::of(key, cells, ids.iter().map(|id| key.word(id)));
    let (setup, our_sketch) = timed(3, || build(ours));
    let their_sketch = build(&theirs);
    let limits = Limits::default();
    let (cpu, cost) = timed(runs * 5, || {
        let mut wire = Wire::new();
        let found = session(&mut wire, &our_sketch, &their_sketch, limits);
        let found = found.ours.len() + found.theirs.len();
        Cost { bytes: wire.bytes, round_trips: wire.round_trips(), found }
    });
    let gossiper = row(n, d, "gossiper", setup, cpu, cost);

    let (setup, a) = timed(1, || naive::build(ours));
    let b = naive::build(&theirs);
    let (cpu, cost) = timed(runs, || naive::session(black_box(&a), &b));
    let list = row(n, d, "list of ids", setup, cpu, cost);

    let (setup, a) = timed(1, || ranges::build(ours));
    let b = ranges::build(&theirs);
    let (cpu, cost) = timed(runs, || ranges::session(&a, &b));
    let by_ranges = row(n, d, "negentropy", setup, cpu, cost);

    let (setup, a) = timed(1, || tree::build(ours));
    let b = tree::build(&theirs);
    let (cpu, cost) = timed(3, || tree::session(&a, &b));
    let by_tree = row(n, d, "merkle-search-tree", setup, cpu, cost);

    let words = |ids: &[ElementId]| ids.iter().map(|id| key.word(id)).collect::<Vec<_>>();
    let (setup, mut a) = timed(1, || iblt::build(&words(ours), d));
    let mut b = iblt::build(&words(&theirs), d);
    let (cpu, cost) = timed(1, || iblt::session(&mut a, &mut b));
    let by_iblt = row(n, d, "riblt", setup, cpu, cost);
    [gossiper, list, by_ranges, by_tree, by_iblt]
}

/// What keeping a sketch costs a write.
fn upkeep(n: usize) {
    let key = ReconcileKey::new([7; 16]);
    let cells = Sketch::cells_for(n);
    let mut sketch = Sketch::of(key, cells, 0..n as u64);
    let writes = 100_000;
    let (spent, ()) = timed(9, || {
        for word in 0..writes {
            sketch.insert(black_box(1 << 40 | word));
        }
        for word in 0..writes {
            sketch.remove(black_box(1 << 40 | word));
        }
    });
    let each = spent / (2 * writes as u32);
    eprintln!("{n} elements, {cells} cells: {} a write", time(each));
}
