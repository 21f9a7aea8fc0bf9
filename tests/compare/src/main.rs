//! What would people use instead, and what does it find?
//!
//! The same types, operations, replicas and messages in stateright (breadth
//! first) and in a small scope; and a sequential proptest-state-machine test
//! beside the laws and the fault schedules.
//!
//!     cargo run --release --manifest-path tests/compare/Cargo.toml

mod checked;
mod types;

use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Instant;

use checked::{Alone, Replicas};
use gossiper_check::{Check, Scope, Settings};
use proptest::test_runner::{Config, TestRunner};
use proptest_state_machine::{ReferenceStateMachine, StateMachineTest};
use stateright::{Checker, Model};
use types::{Lww, OrSet, Past, Tested};

const CASES: u32 = 5_000;

fn main() {
    std::panic::set_hook(Box::new(|_| ()));
    for operations in [3, 4] {
        exhaustive::<OrSet<false>>("or-set", operations);
        exhaustive::<Lww<false>>("last-writer-wins register", operations);
    }
    exhaustive::<OrSet<true>>("or-set that forgets removals", 3);
    exhaustive::<Lww<true>>("register without a tie-break", 3);
    random::<OrSet<false>>("or-set");
    random::<Lww<false>>("last-writer-wins register");
    random::<OrSet<true>>("or-set that forgets removals");
    random::<Lww<true>>("register without a tie-break");
}

fn check<T: Tested>() -> Check<T, u8> {
    Check::<T, u8>::new(0..4_u8, |op, state, ctx| state.perform(*op, ctx)).with_model(
        T::read,
        |seen| {
            let all: Vec<_> = seen.iter().collect();
            let past: Past = all
                .iter()
                .enumerate()
                .map(|(number, op)| {
                    let before = all.iter().enumerate().filter(|(_, other)| other.is_before(*op));
                    (number, *op.op(), before.map(|(number, _)| number).collect())
                })
                .collect();
            T::expected(&past)
        },
    )
}

fn exhaustive<T: Tested>(name: &str, operations: usize) {
    println!("{name}, 2 replicas, {operations} operations out of 4, no crash:");
    let mut threads = vec![1, 2];
    threads
        .retain(|threads| *threads <= std::thread::available_parallelism().map_or(1, Into::into));
    for threads in threads {
        let start = Instant::now();
        let model = Replicas::<T> { replicas: 2, operations, of: PhantomData };
        let checker = model.checker().threads(threads).spawn_bfs().join();
        let found: Vec<String> = checker
            .discoveries()
            .into_iter()
            .map(|(law, path)| format!("{law} in {} steps", path.into_actions().len()))
            .collect();
        tell(
            &format!("stateright, {threads} thread(s)"),
            checker.unique_state_count(),
            start,
            &found,
        );
    }
    let scope = Scope {
        operations,
        alphabet: 4,
        crashes: 0,
        max_situations: 10_000_000,
        ..Scope::default()
    };
    let start = Instant::now();
    let report = check::<T>().small_scope(scope);
    let found = report
        .counterexample
        .map(|found| format!("{} in {} steps", found.violation.law, found.history.steps.len()));
    tell("small scope, 1 thread", report.situations, start, &Vec::from_iter(found));
}

fn random<T: Tested>(name: &str) {
    println!("{name}, {CASES} random cases:");
    let start = Instant::now();
    let config = Config { cases: CASES, failure_persistence: None, ..Config::default() };
    let found = catch_unwind(AssertUnwindSafe(|| {
        TestRunner::new(config.clone())
            .run(&Alone::<T>::sequential_strategy(1..24), |(state, steps, seen)| {
                Alone::<T>::test_sequential(config.clone(), state, steps, seen);
                Ok(())
            })
            .is_err()
    }));
    if found.unwrap_or(true) {
        println!("  proptest-state-machine, one replica: found: the model");
    } else {
        tell("proptest-state-machine, one replica", CASES as usize, start, &[]);
    }

    let settings = Settings { cases: u64::from(CASES), ..Settings::default() };
    let check = check::<T>().with_settings(settings);
    let start = Instant::now();
    let found: Vec<String> =
        check.laws().broken().map(|found| found.violation.law.to_string()).collect();
    tell("all laws", CASES as usize, start, &found);
    let start = Instant::now();
    let report = check.faults();
    let found = report.counterexample.map(|(_, violation)| violation.law.to_string());
    tell("fault schedules", report.plans as usize, start, &Vec::from_iter(found));
}

fn tell(what: &str, count: usize, since: Instant, found: &[String]) {
    let took = since.elapsed();
    let rate = count as f64 / took.as_secs_f64();
    let found = if found.is_empty() { "nothing".to_owned() } else { found.join(", ") };
    println!("  {what:36} {count:8} in {took:8.2?}, {rate:9.0} a second; found: {found}");
}
