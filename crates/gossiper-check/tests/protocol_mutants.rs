//! Mutants of the protocol itself: the fault engine notices each.

use gossiper_check::{Check, FaultReport, Law};
use gossiper_core::causal::Causal;
use gossiper_core::replica::{Answer, Lacking, Question, SeenEvents, Update};
use gossiper_core::{
    CausalContext, Delta, IdSetDigest, Join as _, ReplicaId, ReplicaMessage, Replicated as _,
    Rumor, UpdateContext,
};
use gossiper_crdts::or_set::OrSetRecorder;
use gossiper_crdts::{GSet, OrSet};
use proptest::strategy::Strategy as _;
use std::collections::BTreeSet;
use std::sync::Arc;

type Set = GSet<u8>;
type Message = ReplicaMessage<IdSetDigest<u8>, Delta<Set>>;

/// A set with its model: all that was inserted is in it.
fn check() -> Check<Set, u8> {
    Check::new((0..32_u8).boxed(), |letter, set: &Set, _| Some(set.insert(*letter))).with_model(
        |set: &Set| set.iter().copied().collect::<BTreeSet<u8>>(),
        |seen| seen.iter().map(|one| *one.op()).collect(),
    )
}

fn found(tamper: fn(&mut Message) -> bool) -> FaultReport<u8> {
    check().with_faulty_protocol(tamper).faults()
}

fn broken_law(report: &FaultReport<u8>) -> Law {
    let (_, violation) = report.counterexample.as_ref().expect("the mutant is noticed");
    violation.law
}

#[test]
fn the_protocol_as_it_is_has_no_counterexample() {
    let report = found(|_| true);
    assert!(report.is_clean(), "{report}");
    assert!(report.bites.lost > 0 && report.bites.crashes_durable > 0, "{report}");
}

#[test]
fn a_replica_that_forgets_the_news_of_a_rumor_is_noticed() {
    // The event is marked as seen, and its delta is not merged.
    let report = found(|message| {
        if let ReplicaMessage::Rumors(batch) = message {
            batch.rumors.iter_mut().for_each(forget);
        }
        true
    });
    assert_eq!(broken_law(&report), Law::NoLoss, "{report}");
}

fn forget(rumor: &mut Rumor<Update<Delta<Set>>>) {
    let update = Update { events: rumor.payload().events.clone(), delta: Delta::default() };
    *rumor = Rumor::new(rumor.id(), Arc::new(update));
}

#[test]
fn anti_entropy_that_skips_the_answer_is_noticed() {
    let report = found(|message| !matches!(message, ReplicaMessage::Answer(_)));
    assert_eq!(broken_law(&report), Law::Convergence, "{report}");
}

/// What is printed of a fault schedule, pasted into a test. The mutant breaks it
/// and the protocol keeps it.
#[test]
fn a_schedule_that_was_found_replays() {
    use gossiper_check::{Action::*, Plan, Restart::*};

    let skips_answers = |message: &mut Message| !matches!(message, ReplicaMessage::Answer(_));
    let printed = check().with_faulty_protocol(skips_answers).faults().to_string();
    for part in ["let plan = Plan {", "actions: vec![", "check.assert_replay_faults(&plan)"] {
        assert!(printed.contains(part), "{part:?} is missing in:\n{printed}");
    }

    let plan = Plan {
        replicas: 2,
        seed: 1,
        loss: 0,
        duplication: 0,
        reordering: 0,
        delay: 0,
        actions: vec![
            (0, Op { at: 0, op: 7 }),
            // Stored and never sent.
            (0, Crash { at: 0, down: 1, restart: Durable }),
        ],
    };
    assert_eq!(check().replay_faults(&plan), None);
    let violation = check().with_faulty_protocol(skips_answers).replay_faults(&plan);
    assert_eq!(violation.map(|violation| violation.law), Some(Law::Convergence));
}

#[test]
fn a_context_that_is_merged_before_its_content_is_noticed() {
    // The answer claims what was seen, and leaves out what it means: nobody is
    // told it again, but the fingerprints go on to differ.
    let report = found(|message| {
        if let ReplicaMessage::Answer(answer) = message {
            match &mut answer.lacking {
                Lacking::Whole { delta, .. } | Lacking::Range { delta, .. } => *delta = None,
                Lacking::Events { events, .. } => events.iter_mut().for_each(forget),
                _ => {}
            }
        }
        true
    });
    assert_eq!(broken_law(&report), Law::Convergence, "{report}");
}

#[test]
fn an_answer_that_always_says_equal_is_noticed() {
    let report = found(|message| {
        if let ReplicaMessage::Answer(answer) = message {
            answer.lacking = Lacking::Nothing;
            answer.question = None;
        }
        true
    });
    assert_eq!(broken_law(&report), Law::Convergence, "{report}");
}

#[test]
fn answers_that_never_say_what_was_seen_are_noticed() {
    // States become equal, but nobody knows what of: rumors stay news for ever.
    let report = found(|message| {
        if let ReplicaMessage::Answer(answer) = message {
            match &mut answer.lacking {
                Lacking::Whole { seen, .. } => *seen = CausalContext::new(),
                Lacking::Knowledge { seen, .. } => *seen = SeenEvents::All(CausalContext::new()),
                Lacking::Events { events, .. } => events.clear(),
                _ => {}
            }
        }
        true
    });
    assert_eq!(broken_law(&report), Law::Convergence, "{report}");
}

#[test]
fn a_digest_that_is_always_of_the_empty_state_costs_and_still_converges() {
    let report = found(|message| {
        if let ReplicaMessage::Question(Question::Digest { digest, .. }) = message {
            *digest = Arc::new(IdSetDigest::default());
        }
        true
    });
    assert!(report.is_clean(), "{report}");
}

/// A fingerprint that is never right costs, and what it hides is found by the
/// other questions.
#[test]
fn a_fingerprint_that_is_always_wrong_costs_and_still_converges() {
    let report = found(|message| {
        if let ReplicaMessage::Question(
            Question::Equal { fingerprint, .. }
            | Question::Unseen { fingerprint: Some(fingerprint), .. },
        ) = message
        {
            fingerprint.atoms ^= 1;
        }
        true
    });
    assert!(report.is_clean(), "{report}");
}

/// What was seen is told as a difference to what nobody remembers: it is asked for again,
/// all of it.
#[test]
fn a_reference_to_what_nobody_knows_costs_and_still_converges() {
    let report = found(|message| {
        let asked = match message {
            ReplicaMessage::Question(question) => Some(question),
            ReplicaMessage::Answer(answer) => {
                if let Lacking::Knowledge { seen: SeenEvents::Since { base, .. }, .. } =
                    &mut answer.lacking
                {
                    *base ^= 1;
                }
                answer.question.as_mut()
            }
            ReplicaMessage::Rumors(_) => None,
        };
        if let Some(Question::Unseen { seen: SeenEvents::Since { base, .. }, .. }) = asked {
            *base ^= 1;
        }
        true
    });
    assert!(report.is_clean(), "{report}");
}

/// An answer that claims as removed what nobody has removed. All replicas then
/// agree that it is gone, and have seen its event.
#[test]
fn an_answer_that_removes_what_nobody_removed_is_noticed() {
    let check = Check::<OrSet<u8>, u8>::new(0..9_u8, |element, set: &Causal<OrSet<u8>>, ctx| {
        let insert = |set: &mut OrSetRecorder<'_, u8>| {
            set.insert(*element);
            Ok(())
        };
        set.record(ctx, insert).ok()
    });
    let report = check
        .with_faulty_protocol(|message| {
            if let ReplicaMessage::Answer(Answer {
                lacking: Lacking::Whole { delta: Some(delta), .. },
                ..
            }) = message
            {
                let mut state = Causal::<OrSet<u8>>::default();
                state.merge(delta.clone());
                let mut nobody = UpdateContext::of(ReplicaId::new(0));
                let cleared = state.record(&mut nobody, |set| {
                    set.clear();
                    Ok(())
                });
                delta.join(cleared.expect("nothing aborts"));
            }
            true
        })
        .faults();
    let (_, violation) = report.counterexample.as_ref().expect("the mutant is noticed");
    assert_eq!(violation.law, Law::NoLoss, "{report}");
}
