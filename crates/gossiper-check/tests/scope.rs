//! What a small scope covers, and what it says of it.

use gossiper_check::{Check, Law, Scope, Seen};
use gossiper_core::{MergeOutcome, ReplicaId, Replicated, Timestamp};
use gossiper_crdts::GSet;

fn set() -> Check<GSet<u8>, u8> {
    Check::new(0..2_u8, |letter, set: &GSet<u8>, _| Some(set.insert(*letter)))
}

#[test]
fn the_report_is_one_sentence_that_is_a_fact() {
    let report = set().small_scope(Scope { operations: 1, ..Scope::default() });
    assert!(report.exhausted);
    let said = report.to_string();
    let expected = "no counterexample with at most 1 operations out of 2 (0, 1) on 2 replicas, with every \
                    order of delivery, loss, repetition and one crash: ";
    assert!(said.starts_with(expected) && said.lines().count() == 1, "{said}");

    let report = set().small_scope(Scope { max_situations: 1_000, ..Scope::default() });
    assert!(!report.exhausted);
    assert_eq!(report.situations, 1_000);
    let said = report.to_string();
    assert!(said.starts_with("nothing found before the limit of 1,000 situations"), "{said}");
}

/// Without crashes and with one operation, by hand: nothing has happened; one
/// of two letters was added at one of two replicas, and the other has it or not.
#[test]
fn situations_are_counted_as_they_are() {
    let scope = Scope { operations: 1, crashes: 0, ..Scope::default() };
    assert_eq!(set().small_scope(scope).situations, 1 + 2 * 2 * 2);
}

/// A set whose removals forget what was there: a message that is lost and comes
/// again, or one that comes late, brings it back.
#[test]
fn a_counterexample_is_a_shortest_one_and_replays() {
    #[derive(Clone, Debug, Default, PartialEq)]
    struct Forgetful(std::collections::BTreeSet<u8>);

    impl Replicated for Forgetful {
        type Digest = Self;
        type Delta = (bool, u8);

        fn digest(&self) -> Self {
            self.clone()
        }
        fn delta(&self, remote: &Self) -> Option<(bool, u8)> {
            self.0.difference(&remote.0).next().map(|element| (true, *element))
        }
        fn merge(&mut self, (add, element): (bool, u8)) -> MergeOutcome {
            let changed = if add { self.0.insert(element) } else { self.0.remove(&element) };
            MergeOutcome::changed_if(changed)
        }
    }

    let check = Check::<Forgetful, bool>::new(proptest::bool::ANY, |add, set, _| {
        (*add || set.0.contains(&1)).then_some((*add, 1))
    });
    let report = check.small_scope(Scope::default());
    let found = report.counterexample.expect("removals are forgotten");
    assert_eq!(found.history.steps.len(), 2, "{found}");
    assert_eq!(check.replay(found.violation.law, &found.history), Some(found.violation));
}

/// With the shortest history that leads to it.
#[test]
fn a_panic_is_a_counterexample() {
    #[derive(Clone, Debug, Default, PartialEq)]
    struct Fragile(u8);

    impl Replicated for Fragile {
        type Digest = u8;
        type Delta = u8;

        fn digest(&self) -> u8 {
            self.0
        }
        fn delta(&self, remote: &u8) -> Option<u8> {
            (self.0 > *remote).then_some(self.0)
        }
        fn merge(&mut self, delta: u8) -> MergeOutcome {
            assert!(delta < 3, "three is too many");
            let news = delta > self.0;
            self.0 = self.0.max(delta);
            MergeOutcome::changed_if(news)
        }
    }

    let check =
        Check::<Fragile, ()>::new(proptest::strategy::Just(()), |(), state, _| Some(state.0 + 1));
    let found = check.small_scope(Scope::default()).counterexample.expect("it panics");
    assert_eq!(found.history.steps.len(), 3, "{found}");
    assert!(found.violation.what.contains("three is too many"), "{found}");
}

/// A last-writer-wins register.
#[derive(Clone, Debug, Default, PartialEq)]
struct Lww(Option<(Timestamp, ReplicaId, u8)>);

impl Replicated for Lww {
    type Digest = Self;
    type Delta = Self;

    fn digest(&self) -> Self {
        self.clone()
    }
    fn delta(&self, remote: &Self) -> Option<Self> {
        (self.0 > remote.0).then(|| self.clone())
    }
    fn merge(&mut self, delta: Self) -> MergeOutcome {
        let news = delta.0 > self.0;
        if news {
            *self = delta;
        }
        MergeOutcome::changed_if(news)
    }
}

/// The register, with what the model reads of the writes that no other has seen.
fn register(model: impl Fn(&Seen<'_, u8>) -> Option<u8> + 'static) -> Check<Lww, u8> {
    Check::<Lww, u8>::new(0..3_u8, |value, register, ctx| {
        let write = Some((ctx.timestamp(), ctx.replica(), *value));
        (write > register.0).then_some(Lww(write))
    })
    .with_model(|register| register.0.map(|(.., value)| value), model)
}

#[test]
fn a_model_may_break_ties_by_writer() {
    let last = register(|seen| {
        let last = seen.iter().filter(|write| seen.after(*write).next().is_none());
        last.max_by_key(|write| (write.timestamp(), write.writer())).map(|write| *write.op())
    });
    let report = last.small_scope(Scope::default());
    assert!(report.exhausted && report.counterexample.is_none(), "{report}");
    assert!(last.law(Law::Model).holds());
    last.assert_faults();
}

/// Ties between timestamps do come up, and a model that breaks them the other
/// way is found out.
#[test]
fn a_model_that_breaks_ties_the_other_way_is_found_out() {
    let first = register(|seen| {
        let last = seen.iter().filter(|write| seen.after(*write).next().is_none());
        last.max_by_key(|write| (write.timestamp(), std::cmp::Reverse(write.writer())))
            .map(|write| *write.op())
    });
    let found = first.small_scope(Scope::default()).counterexample.expect("ties come up");
    assert_eq!(found.violation.law, Law::Model);
    assert!(
        found.history.steps.iter().all(|step| !matches!(step, gossiper_check::Step::Pull { .. }))
    );
}

#[test]
fn dots_of_one_writer_ascend_in_the_order_of_its_operations() {
    let ordered = register(|seen| {
        let writes: Vec<_> = seen.iter().collect();
        for (i, later) in writes.iter().enumerate() {
            for earlier in writes[..i].iter().filter(|write| write.writer() == later.writer()) {
                assert!(earlier.dot().sequence() < later.dot().sequence());
                assert!(earlier.timestamp() < later.timestamp());
            }
        }
        writes.iter().max_by_key(|write| (write.timestamp(), write.writer())).map(|op| *op.op())
    });
    let report = ordered.small_scope(Scope::default());
    assert!(report.counterexample.is_none(), "{report}");
}
