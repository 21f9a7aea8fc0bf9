//! How fast the engines are: histories, fault schedules and situations a
//! second, on one thread.
//!
//! `cargo bench -p gossiper-check --bench engines`

use std::time::Instant;

use gossiper_check::{Check, Scope, Settings};
use gossiper_crdts::{GSet, VersionedKv};

type Map = VersionedKv<u8, u8>;

fn set(cases: u64) -> Check<GSet<u8>, u8> {
    Check::<GSet<u8>, u8>::new(0..8_u8, |letter, set, _| Some(set.insert(*letter)))
        .with_settings(Settings { cases, ..Settings::default() })
}

/// Even numbers put, odd ones delete.
fn map(cases: u64) -> Check<Map, u8> {
    Check::<Map, u8>::new(0..8_u8, |op, map, ctx| {
        let recorded = map.record(ctx, |map| {
            match op % 2 {
                0 => map.put(op / 2 % 2, *op),
                _ => {
                    map.delete(&(op / 2 % 2));
                }
            }
            Ok(())
        });
        recorded.ok()
    })
    .with_settings(Settings { cases, ..Settings::default() })
}

fn main() {
    // `cargo bench` passes `--bench`; `cargo test --all-targets` only tries
    // whether this runs.
    let measured = std::env::args().any(|argument| argument == "--bench");
    let (cases, schedules) = if measured { (512, 5_000) } else { (8, 8) };
    let situations = if measured { 200_000 } else { 100 };

    let start = Instant::now();
    let clean =
        set(cases).with_wire().laws().is_clean() && map(cases).with_wire().laws().is_clean();
    assert!(clean, "the shipped types keep the laws");
    println!("all laws of two types in {cases} histories each: {:.2?}", start.elapsed());

    let start = Instant::now();
    let clean = set(schedules).faults().is_clean();
    assert!(clean, "the shipped types converge");
    println!("fault schedules of GSet<u8>: {:.0} a second", rate(schedules, start));
    let start = Instant::now();
    let clean = map(schedules).faults().is_clean();
    assert!(clean, "the shipped types converge");
    println!("fault schedules of VersionedKv<u8, u8>: {:.0} a second", rate(schedules, start));

    let scope =
        Scope { operations: 4, alphabet: 4, max_situations: situations, ..Scope::default() };
    let start = Instant::now();
    let report = map(1).small_scope(scope);
    let (visited, steps) = (report.situations as u64, report.steps);
    assert!(report.counterexample.is_none(), "the shipped types keep the laws\n{report}");
    println!(
        "small scope of VersionedKv<u8, u8>: {:.0} situations and {:.0} steps a second",
        rate(visited, start),
        rate(steps, start)
    );
}

fn rate(count: u64, since: Instant) -> f64 {
    count as f64 / since.elapsed().as_secs_f64()
}
