//! Campaigns: the same verdict over any threads, stopped or not.
#![cfg(feature = "campaign")]

use std::num::NonZeroUsize;
use std::path::PathBuf;

use gossiper_check::{Campaign, CampaignError, Check, Scope, Settings, Summary};
use gossiper_core::{MergeOutcome, Replicated};
use gossiper_crdts::GSet;

const CASES: u64 = 5 * Campaign::BLOCK + 7;

/// A state file that is removed at the end.
struct StateFile(PathBuf);

impl StateFile {
    fn new(name: &str) -> Self {
        let name = format!("gossiper-campaign-{}-{name}.json", std::process::id());
        Self(std::env::temp_dir().join(name))
    }
}

impl Drop for StateFile {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

fn set() -> Check<GSet<u8>, u8> {
    Check::new(0..9_u8, |letter, set: &GSet<u8>, _| Some(set.insert(*letter)))
}

/// A sum of what came, which loses what came twice; wrong only if a value is 40
/// or more, so that many blocks show nothing.
#[derive(Clone, Debug, Default, PartialEq)]
struct Late(std::collections::BTreeSet<u16>, u32);

impl Replicated for Late {
    type Digest = std::collections::BTreeSet<u16>;
    type Delta = std::collections::BTreeSet<u16>;

    fn digest(&self) -> Self::Digest {
        self.0.clone()
    }
    fn delta(&self, remote: &Self::Digest) -> Option<Self::Delta> {
        let lacking = &self.0 - remote;
        (!lacking.is_empty()).then_some(lacking)
    }
    fn merge(&mut self, delta: Self::Delta) -> MergeOutcome {
        let before = self.clone();
        self.1 += delta.iter().filter(|value| **value >= 995).count() as u32;
        self.0.extend(delta);
        MergeOutcome::changed_if(*self != before)
    }
}

fn late() -> Check<Late, u16> {
    Check::new(0..1000_u16, |value, _, _| Some([*value].into()))
}

fn both(threads: usize) -> Campaign {
    let threads = NonZeroUsize::new(threads).expect("some threads");
    let scope =
        Scope { replicas: 2, operations: 1, alphabet: 2, crashes: 0, max_situations: 5_000 };
    Campaign::new(CASES)
        .with_type("set", set)
        .with_type("late", late)
        .with_small_scope(scope)
        .with_threads(threads)
}

/// The summary without what depends on the machine's speed.
fn timeless(mut summary: Summary) -> String {
    summary.seconds = 0.0;
    for engine in &mut summary.engines {
        engine.seconds = 0.0;
    }
    summary.to_json()
}

#[test]
fn the_verdict_does_not_depend_on_threads() {
    let one = both(1).run().expect("there is no file");
    assert!(!one.is_clean(), "{one}");
    let found = one.engines.iter().find(|engine| engine.counterexample.is_some());
    assert_eq!(found.expect("one is broken").name, "late");
    let one = timeless(one);
    for threads in [2, 5] {
        assert_eq!(timeless(both(threads).run().expect("there is no file")), one);
    }
}

#[test]
fn a_campaign_that_was_stopped_goes_on_to_the_same_verdict() {
    let through = both(2).run().expect("there is no file");
    let file = StateFile::new("stopped");
    let part = || both(2).with_state_file(&file.0);
    for blocks in [1, 4, 0, 2] {
        let stopped = part().with_blocks_at_most(blocks).run().expect("the file is its own");
        assert!(stopped.to_string().contains("warning: stopped after "), "{stopped}");
    }
    let resumed = part().run().expect("the file is its own");
    let all = |summary: Summary| timeless(summary);
    assert_eq!(all(resumed), all(through.clone()));
    // And once more, with nothing left to do but what was found.
    assert_eq!(all(part().run().expect("the file is its own")), all(through));
}

#[test]
fn a_broken_type_is_found_and_shown() {
    let summary = Campaign::new(CASES).with_type("late", late).run().expect("there is no file");
    let found = summary.engines[0].counterexample.as_ref().expect("it is broken");
    assert!(!summary.is_clean());
    assert!(found.printed.contains("usual cause: ") && found.test.contains("check.assert_replay("));
    let json = summary.to_json();
    let json: serde_json::Value = serde_json::from_str(&json).expect("it is JSON");
    assert_eq!((&json["version"], &json["clean"]), (&1.into(), &false.into()));
    assert_eq!(json["engines"][0]["counterexample"]["law"], found.law);
    for field in ["type", "engine", "cases_done", "seconds", "cases_a_second", "warnings"] {
        assert!(!json["engines"][1][field].is_null(), "{field}");
    }
}

#[test]
fn a_file_of_another_campaign_is_refused_and_a_damaged_one_too() {
    let file = StateFile::new("other");
    let run = |check: fn() -> Check<GSet<u8>, u8>, cases| {
        Campaign::new(cases).with_type("set", check).with_state_file(&file.0).run()
    };
    run(set, 64).expect("there is no file");
    let other_seed = || set().with_settings(Settings { seed: 1, ..Settings::default() });
    // The same name and the same operations, which do something else.
    let changed = || Check::new(0..9_u8, |letter, set: &GSet<u8>, _| Some(set.insert(letter / 2)));
    for (what, summary) in [
        ("number of cases", run(set, 65)),
        ("setting", run(other_seed, 64)),
        ("outcome of the first cases", run(changed, 64)),
    ] {
        let refused = summary.expect_err(what);
        assert!(matches!(refused, CampaignError::Other { .. }), "{refused}");
        assert!(refused.to_string().contains(what), "{refused}");
    }
    let other_type = Campaign::new(64).with_type("late", late).with_state_file(&file.0).run();
    assert!(matches!(other_type, Err(CampaignError::Other { .. })));

    let written = std::fs::read_to_string(&file.0).expect("it is there");
    let too_many = written.replacen("\"blocks\": 1", "\"blocks\": 100", 1);
    assert_ne!(too_many, written);
    for damaged in [&written[..written.len() / 2], "", "{}", &too_many] {
        std::fs::write(&file.0, damaged).expect("it can be written");
        let refused = run(set, 64).expect_err("it is damaged");
        assert!(matches!(refused, CampaignError::Damaged { .. }), "{refused}");
        assert_eq!(std::fs::read_to_string(&file.0).expect("it is there"), damaged, "kept");
    }
}
