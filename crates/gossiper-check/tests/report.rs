//! What a person gets to see, and what is remembered.

use gossiper_check::{Check, History, Law, Settings};
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
        "gossiper_check::guide::idempotence",
        "History::new(1)",
        ".op(0, 1)",
        "check.assert_replay(Law::Idempotence, &history)",
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

/// Only the panicking forms write, and what they wrote is tried first. One test,
/// for there is one file.
#[test]
fn failed_cases_are_remembered() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/gossiper-check-regressions.txt");
    let settings = Settings { seed: 0x5eed, ..Settings::default() };
    let panics = |attempt: &dyn Fn()| {
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(attempt)).is_err()
    };
    let law = || check().with_settings(settings).assert_law(Law::Idempotence);
    let faults = || check().with_settings(settings).assert_faults();
    assert!(panics(&law) && panics(&faults));
    let written = std::fs::read_to_string(file).expect("the cases are written");
    for what in ["idempotence", "fault schedules"] {
        let line = format!("SumCounter | {what} | seed 24301 | case ");
        assert!(written.contains(&line), "{written}");
    }
    assert!(panics(&law) && panics(&faults), "and tried again");
    assert_eq!(std::fs::read_to_string(file).expect("it is still there"), written);

    // Whatever the file says, a correct type stays correct, and a broken one
    // broken.
    let lines = ["idempotence", "fault schedules"].map(|what| {
        let name = std::any::type_name::<gossiper_crdts::GSet<u8>>();
        format!("{name} | {what} | seed 0 | case {}\n\u{0} nonsense | case\n", u64::MAX)
    });
    std::fs::write(file, lines.concat() + "cut sho").expect("it can be written");
    let right = Check::<gossiper_crdts::GSet<u8>, u8>::new(0..9_u8, |letter, set, _| {
        Some(set.insert(*letter))
    })
    .with_settings(Settings { cases: 16, ..Settings::default() });
    right.assert_law(Law::Idempotence);
    right.assert_faults();
    assert!(panics(&law) && panics(&faults));
    std::fs::remove_file(file).expect("it can be removed");
}

#[test]
fn a_fault_schedule_is_drawn_on_one_screen_and_as_a_picture() {
    let report = check().faults();
    let printed = report.to_string();
    for part in [
        "under faults: ",
        "round replica 0",
        " → r0#1",
        "← ",
        "differs from here",
        "usual cause: ",
        "let plan = Plan {",
    ] {
        assert!(printed.contains(part), "{part:?} is missing in:\n{printed}");
    }
    assert!(printed.lines().count() < 60, "one screen:\n{printed}");
    let svg = report.to_svg().expect("a law is broken");
    assert!(svg.starts_with("<svg ") && svg.trim_end().ends_with("</svg>"));
    assert!(svg.contains("marker-end") && svg.contains("round 0"), "{svg}");
}

#[test]
fn what_never_happened_is_said() {
    // The only replica that may insert is one that there never is.
    let never = Check::<gossiper_crdts::GSet<u8>, u8>::new(0..9_u8, |_, _, _| None);
    let attempt = std::panic::AssertUnwindSafe(|| never.assert_not_vacuous());
    assert!(std::panic::catch_unwind(attempt).is_err(), "nothing was tried");

    // One history tries little: a warning, and a failure for who wants all.
    let little = || {
        Check::<gossiper_crdts::GSet<u8>, u8>::new(0..9_u8, |letter, set, _| {
            Some(set.insert(*letter))
        })
        .with_settings(Settings { cases: 2, steps: 3, ..Settings::default() })
    };
    let report = little().faults();
    assert!(report.is_clean() && !report.warnings().is_empty(), "{report}");
    assert!(report.to_string().contains("warning: no "), "{report}");
    little().assert_not_vacuous();
    let attempt =
        std::panic::AssertUnwindSafe(|| little().with_full_coverage().assert_not_vacuous());
    assert!(std::panic::catch_unwind(attempt).is_err(), "and two never met");
}

/// Reports send people to the page of a law, so each law has one.
#[test]
fn every_law_has_its_page_in_the_guide() {
    let guide = include_str!("../src/guide.rs");
    for law in Law::ALL {
        let module = format!("pub mod {} {{}}", law.page());
        assert!(guide.contains(&module), "{law} has no page {module:?}");
    }
}

/// What people paste fails for as long as the bug is there, and says the same again.
#[test]
#[should_panic(expected = "breaks \"idempotence\"")]
fn a_pasted_history_fails_while_the_law_is_broken() {
    check().assert_replay(Law::Idempotence, &History::new(1).op(0, 1));
}

#[test]
fn a_pasted_history_passes_once_the_law_holds() {
    check().assert_replay(Law::Determinism, &History::new(1).op(0, 1));
}
