//! What was seen is told as a difference, where both sides remember what to.

#[path = "support/pair.rs"]
mod pair;

use gossiper_core::lattice::Run;
use gossiper_core::replica::{Answer, Lacking, Question, SeenEvents};
use gossiper_core::{
    CausalContext, Dot, FingerprintKey, MessageOf, Replica, ReplicaConfig, ReplicaId,
    ReplicaMessage,
};
use gossiper_crdts::OrSet;
use pair::{A, B, Pair, config, insert};

type Pairs = Pair<OrSet<u64>>;

const WRITERS: u64 = 2_000;

/// What writers wrote long ago who write no more.
fn long_ago() -> CausalContext {
    let run = |writer| Run::new(Dot::new(ReplicaId::new(writer), 1)?, 5);
    (100..100 + WRITERS).filter_map(run).collect()
}

/// Replicas that have seen all of that, and do not know it of each other.
fn pair(config: &ReplicaConfig) -> Pairs {
    Pair::with(Default::default(), &long_ago(), config)
}

/// Runs of what was seen, in all that is said.
fn exchange(pair: &mut Pairs, asker: usize) -> (Vec<&'static str>, usize) {
    let mut runs = 0;
    let said = pair.exchange_with(asker, |message| {
        runs += runs_in(message);
        true
    });
    (said, runs)
}

fn runs_in(message: &MessageOf<OrSet<u64>>) -> usize {
    let runs = |seen: &SeenEvents| match seen {
        SeenEvents::All(seen) => seen.runs().len(),
        SeenEvents::Since { more, less, .. } => more.runs().len() + less.runs().len(),
    };
    let asked = |question: &Question<_>| match question {
        Question::Unseen { seen, outline: None, .. } => runs(seen),
        _ => 0,
    };
    match message {
        ReplicaMessage::Question(question) => asked(question),
        ReplicaMessage::Answer(Answer { lacking, question }) => {
            let known = match lacking {
                Lacking::Knowledge { seen, .. } => runs(seen),
                _ => 0,
            };
            known + question.as_ref().map_or(0, asked)
        }
        ReplicaMessage::Rumors(_) => 0,
    }
}

/// Both go on writing, so that they are never found equal.
fn write(pair: &mut Pairs, round: u64) {
    insert(&mut pair.replicas[A], 10 * round..10 * round + 2);
    insert(&mut pair.replicas[B], 10 * round + 5..10 * round + 6);
}

#[test]
fn of_thousands_of_writers_those_are_told_of_who_wrote() {
    for were_equal in [true, false] {
        let mut pair = pair(&config());
        if !were_equal {
            // Then each tells all once.
            write(&mut pair, 0);
        }
        exchange(&mut pair, A);
        for round in 1..40 {
            write(&mut pair, round);
            let asker = if round % 3 == 0 { B } else { A };
            let (_, runs) = exchange(&mut pair, asker);
            // Each of the other two: what it was, and what it is.
            assert!(runs <= 6, "{runs} in round {round}");
            pair.assert_equal();
        }
    }
}

#[test]
fn of_two_writers_both_are_told_of() {
    let mut pair = Pairs::new(&config());
    for round in 1..4 {
        write(&mut pair, round);
        let (_, runs) = exchange(&mut pair, A);
        assert!(runs <= 4, "{runs}");
        pair.assert_equal();
    }
}

#[test]
fn who_has_forgotten_is_told_all_and_then_differences_again() {
    let config = config();
    let mut pair = pair(&config);
    exchange(&mut pair, A);
    for (turn, restarted) in (0..).map(|turn| 3 * turn).zip([A, B, A]) {
        write(&mut pair, turn + 1);
        let stored = pair.replicas[restarted].snapshot().cloned();
        pair.replicas[restarted] = Replica::restore(stored, config.clone()).expect("it is sound");
        // The other one knows nothing of that.
        exchange(&mut pair, 1 - restarted);
        pair.assert_equal();
        write(&mut pair, turn + 2);
        let (_, runs) = exchange(&mut pair, restarted);
        assert!(runs <= WRITERS as usize + 6, "{runs}");
        write(&mut pair, turn + 3);
        let (_, runs) = exchange(&mut pair, restarted);
        assert!(runs <= 6, "{runs}");
        pair.assert_equal();
    }
}

/// A reference that the other side does not understand costs a question, and nothing
/// else; also if what was told in its place is lost.
#[test]
fn a_reference_to_what_is_forgotten_is_asked_back() {
    let config = config();
    let mut pair = pair(&config);
    exchange(&mut pair, A);
    let stored = pair.replicas[B].snapshot().cloned();
    pair.replicas[B] = Replica::restore(stored, config).expect("it is sound");
    write(&mut pair, 1);
    // Unanswered, A asks what it has not seen, and refers to when both were equal.
    pair.exchange_with(A, |_| false);
    let mut said = 0;
    pair.exchange_with(A, |message| {
        said += 1;
        let since = |message: &MessageOf<OrSet<u64>>| {
            let ReplicaMessage::Question(Question::Unseen { seen, .. }) = message else {
                return None;
            };
            Some(matches!(seen, SeenEvents::Since { .. }))
        };
        assert_eq!(since(message), Some(said == 1));
        said == 1
    });
    assert_eq!(said, 2, "the question, and one in return that was lost");
    assert_eq!(pair.exchange(A), ["outline?", "unseen?", "events", "events"]);
    pair.assert_equal();
}

/// They find every reference of the other's strange, and every fingerprint too.
#[test]
fn replicas_with_two_keys_tell_each_other_everything() {
    let mut pair = Pairs::new(&config());
    let stored = pair.replicas[B].snapshot().cloned();
    let other = config().with_fingerprint_key(FingerprintKey::new([7; 16]));
    pair.replicas[B] = Replica::restore(stored, other).expect("it is sound");
    for round in 1..20 {
        write(&mut pair, round);
        exchange(&mut pair, if round % 3 == 0 { B } else { A });
        assert_eq!(pair.replicas[A].state(), pair.replicas[B].state(), "round {round}");
    }
}
