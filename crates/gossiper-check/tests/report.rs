//! What a person gets to see, and what is remembered.

use gossiper_check::{Check, Law, Settings};
use gossiper_core::{MergeOutcome, Replicated};

/// A counter whose delta says "add so many".
#[derive(Clone, Debug, Default, PartialEq)]
struct SumCounter(u64);

impl Replicated for SumCounter {
    type Digest = u64;
    type Delta = u64;

    fn digest(&self) -> u64 {
        self.0
    }
    fn delta(&self, remote: &u64) -> Option<u64> {
        (self.0 > *remote).then(|| self.0 - *remote)
    }
    fn merge(&mut self, delta: u64) -> MergeOutcome {
        self.0 += delta;
        MergeOutcome::changed_if(delta > 0)
    }
}

fn check() -> Check<SumCounter, u64> {
    Check::new(1..100_u64, |by, _: &SumCounter, _| Some(*by))
}

#[test]
fn a_counterexample_is_minimal_and_says_all_that_is_needed() {
    let found = check().law(Law::Idempotence).counterexample.expect("the delta is not idempotent");
    assert_eq!((found.history.replicas, found.history.steps.len()), (1, 1));
    let printed = found.to_string();
    for part in [
        "breaks \"idempotence\": merging a delta a second time changes nothing",
        "replica 0",
        "differs from here",
        "usual cause: the delta says \"add 3\"",
        "History::new(1)",
        ".op(0, 1)",
        "check.replay(Law::Idempotence, &history)",
    ] {
        assert!(printed.contains(part), "{part:?} is missing in:\n{printed}");
    }
    assert!(printed.lines().count() < 40, "one screen");
}

#[test]
fn the_regression_test_that_is_printed_replays_the_violation() {
    let found = check().law(Law::Idempotence).counterexample.expect("the delta is not idempotent");
    assert_eq!(check().replay(Law::Idempotence, &found.history), Some(found.violation));
}

#[test]
fn the_picture_is_well_formed_and_shows_every_step() {
    let found = check().law(Law::Inflation).counterexample.expect("sums do not inflate");
    let svg = found.to_svg();
    assert!(svg.starts_with("<svg ") && svg.trim_end().ends_with("</svg>"));
    assert_eq!(svg.matches("<circle").count(), found.history.steps.len());
    assert_eq!(svg.matches("<text").count(), svg.matches("</text>").count());
}

#[test]
fn the_same_settings_give_the_same_verdict() {
    let [first, second] = [(); 2].map(|()| check().laws().to_string());
    assert_eq!(first, second);
}

/// Only the panicking form writes, and what it wrote is tried first.
#[test]
fn a_failed_case_is_remembered() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/gossiper-check-regressions.txt");
    let seed = 0x5eed;
    let check = || check().with_settings(Settings { seed, ..Settings::default() });
    let panics = || {
        let check = check();
        let attempt = std::panic::AssertUnwindSafe(|| check.assert_law(Law::Idempotence));
        std::panic::catch_unwind(attempt).is_err()
    };
    assert!(panics());
    let written = std::fs::read_to_string(file).expect("the case is written");
    assert!(written.contains("SumCounter | idempotence | seed 24301 | case "), "{written}");
    assert!(panics(), "and tried again");
    assert_eq!(std::fs::read_to_string(file).expect("it is still there"), written);
    std::fs::remove_file(file).expect("it can be removed");
}
