//! Which question settles an exchange, and that each does.

#[path = "support/pair.rs"]
mod pair;

use std::collections::BTreeSet;

use gossiper_core::causal::Causal;
use gossiper_core::reconcile::{Filter, Ranges};
use gossiper_core::replica::{Answer, Lacking, Question, Reason};
use gossiper_core::{
    CausalContext, DigestOf, Fingerprint, FingerprintKey, FirstQuestion, MergeOutcome, MessageOf,
    PhysicalTime, Replica, ReplicaId, ReplicaMessage, Replicated, Round, UpdateContext,
};
use gossiper_crdts::{GCounter, GMap, GSet, OrSet, TwoPhaseSet};
use pair::{A, B, Pair, config, insert, kind, name, sends};

type Pairs = Pair<OrSet<u64>>;

fn remove(replica: &mut Replica<OrSet<u64>>, elements: impl Iterator<Item = u64>) {
    for element in elements {
        let removed = replica.transact(|set| Ok(set.remove(&element)));
        assert!(removed.expect("it may write").0);
    }
}

#[test]
fn equal_replicas_find_out_by_a_fingerprint() {
    let mut pair = Pairs::new(&config());
    insert(&mut pair.replicas[A], 0..9);
    assert_eq!(pair.exchange(B), ["outline?", "events"]);
    pair.assert_equal();
    assert_eq!(pair.exchange(B), ["equal?", "equal"]);
    assert_eq!(pair.replicas[A].stats().answers_equal, 1);
}

#[test]
fn news_on_both_sides_takes_a_question_in_return() {
    let mut pair = Pairs::new(&config());
    insert(&mut pair.replicas[A], 0..3);
    insert(&mut pair.replicas[B], 5..7);
    assert_eq!(pair.exchange(A), ["outline?", "events", "events"]);
    pair.assert_equal();
    // Both have agreed: who has stayed there is told at once what is new.
    assert_eq!(pair.exchange(A), ["equal?", "equal"]);
    insert(&mut pair.replicas[A], 20..30);
    assert_eq!(pair.exchange(B), ["equal?", "events"]);
    pair.assert_equal();
    insert(&mut pair.replicas[A], 3..5);
    insert(&mut pair.replicas[B], 7..9);
    // The question that does not settle it comes back as the next one.
    assert_eq!(pair.exchange(A), ["equal?", "unseen?", "events", "events"]);
    pair.assert_equal();
    // Unanswered, the next question is the next one at once.
    insert(&mut pair.replicas[B], 10..11);
    assert_eq!(pair.exchange_with(A, |_| false), ["equal?"]);
    assert_eq!(pair.exchange(A), ["unseen?", "events"]);
    pair.assert_equal();
}

#[test]
fn what_the_log_has_forgotten_is_told_by_dots_removals_included() {
    let mut pair = Pairs::new(&config().with_logged_events(0));
    insert(&mut pair.replicas[A], 0..40);
    assert_eq!(pair.exchange(B), ["outline?", "whole"]);
    pair.assert_equal();
    remove(&mut pair.replicas[A], (0..40).step_by(3));
    insert(&mut pair.replicas[A], 50..55);
    assert_eq!(pair.exchange(B), ["equal?", "unseen?", "outline?", "whole"], "no log");
    pair.assert_equal();
    // One round trip for who knows that it was away.
    remove(&mut pair.replicas[A], 50..55);
    for _ in 0..2 {
        pair.exchange_with(B, |_| false);
    }
    assert_eq!(pair.exchange(B), ["outline?", "whole"]);
    pair.assert_equal();
}

/// A replica that starts empty, over a network that loses half of what is sent,
/// while the other goes on writing; half-way it restarts with what it has.
#[test]
fn a_new_replica_catches_up_in_pieces() {
    let config = config().with_logged_events(0).with_answer_bytes(640).expect("not 0");
    let mut pair = Pairs::new(&config);
    insert(&mut pair.replicas[A], 0..200);
    remove(&mut pair.replicas[A], (0..200).step_by(7));
    let mut turn = 0;
    for round in 0..60 {
        pair.exchange_with(B, |_| {
            turn += 1;
            turn % 9 != 0
        });
        if round < 9 {
            remove(&mut pair.replicas[A], std::iter::once(round * 7 + 1));
            insert(&mut pair.replicas[A], 1_000 + round..1_001 + round);
        }
        if round == 2 {
            let stored = pair.replicas[B].snapshot().cloned();
            assert!((10..150).contains(&stored.state.len()), "{}", stored.state.len());
            pair.replicas[B] = Replica::restore(stored, config.clone()).expect("it is sound");
        }
    }
    pair.exchange(B);
    pair.assert_equal();
    assert!(pair.replicas[A].stats().pieces_sent > 10);
    let said: Vec<_> = pair.exchange(B);
    assert_eq!(said, ["equal?", "equal"]);
}

/// Messages take a round, so questions of both are due while pieces are under way.
#[test]
fn a_piece_that_is_under_way_is_not_told_twice() {
    let config = config().with_logged_events(0).with_answer_bytes(640).expect("not 0");
    let mut pair = Pairs::new(&config);
    insert(&mut pair.replicas[A], 0..400);
    // It comes from its disk: what it has written is no rumor any more.
    let stored = pair.replicas[A].snapshot().cloned();
    pair.replicas[A] = Replica::restore(stored, config).expect("it is sound");
    for place in [A, B] {
        pair.replicas[place].set_peers([name(1 - place)]);
    }
    let mut flying = Vec::new();
    for round in 0..120 {
        let arrived = std::mem::take(&mut flying);
        for place in [A, B] {
            let now = PhysicalTime::EPOCH;
            let ticked = pair.replicas[place].tick(&mut pair.rng, Round::new(round), now);
            flying.extend(sends::<OrSet<u64>>(ticked, 1 - place));
        }
        for (to, message) in arrived {
            let effects = pair.replicas[to].receive(&mut pair.rng, &name(1 - to), message);
            flying.extend(sends::<OrSet<u64>>(effects, 1 - to));
        }
    }
    pair.assert_equal();
    let (told, stats) = (pair.replicas[A].stats().pieces_sent, pair.replicas[B].stats());
    assert!(told > 30, "{told}");
    assert_eq!(stats.deltas_received, told);
    // Before the first piece has come, both may have asked.
    assert!(stats.deltas_redundant <= 1, "{}", stats.deltas_redundant);
}

/// So many gaps that an answer by dots does not tell all removals: symbols are asked
/// for, and what they are asked about has come by then.
#[test]
fn what_is_equal_when_symbols_are_asked_for_takes_no_digest() {
    let mut pair = Pairs::new(&config().with_logged_events(0));
    insert(&mut pair.replicas[A], 0..10_000);
    remove(&mut pair.replicas[A], (0..10_000).step_by(2));
    pair.exchange(B);
    pair.assert_equal();
    insert(&mut pair.replicas[A], 10_000..10_010);
    for _ in 0..2 {
        pair.exchange_with(B, |_| false);
    }
    let said = pair.exchange(B);
    assert_eq!(said, ["outline?", "whole", "symbols?", "knowledge", "knowledge"]);
    pair.assert_equal();
}

/// A state with as many gaps as elements, and one that was damaged: it lacks
/// `lost` elements, and its context says that nothing is missing.
fn damaged(elements: u64, lost: u64) -> ([Causal<OrSet<u64>>; 2], CausalContext) {
    let mut ctx = UpdateContext::of(ReplicaId::new(1));
    let mut whole = Causal::<OrSet<u64>>::default();
    let mut change = |state: &mut Causal<OrSet<u64>>, element, insertion: bool| {
        let changed = state.transact(&mut ctx, |set| {
            if insertion {
                set.insert(element);
            } else {
                set.remove(&element);
            }
            Ok(())
        });
        changed.expect("nothing aborts")
    };
    (0..2 * elements).for_each(|element| drop(change(&mut whole, element, true)));
    (0..elements).for_each(|element| drop(change(&mut whole, 2 * element, false)));
    let mut damaged = whole.clone();
    for element in 0..lost {
        // A removal's claim on the element, without that on its own dot.
        let mut elsewhere = whole.clone();
        let mut other = UpdateContext::of(ReplicaId::new(9));
        let removal = elsewhere.transact(&mut other, |set| {
            set.remove(&(2 * element + 1));
            Ok(())
        });
        for piece in Causal::<OrSet<u64>>::decompose(removal.expect("nothing aborts")) {
            if piece.claims().max_sequence(ReplicaId::new(9)) == 0 {
                damaged.merge(piece);
            }
        }
    }
    assert_eq!(whole.context(), damaged.context());
    assert_eq!(whole.len() - damaged.len(), lost as usize);
    let seen = whole.context().clone();
    ([whole, damaged], seen)
}

#[test]
fn damage_that_contexts_hide_is_found_and_ends_equal() {
    // Many gaps: a sketch. Few: the digest itself is small.
    let sketched = ["outline?", "symbols?", "symbols", "whole"];
    let listed = ["outline?", "digest?", "whole", "whole"];
    for (elements, lost, said) in [(1_000, 3, sketched), (20, 3, listed)] {
        let (states, seen) = damaged(elements, lost);
        let mut pair = Pairs::with(states, &seen, &config());
        assert_eq!(pair.exchange(A), said);
        pair.assert_equal();
        assert_eq!(pair.replicas[A].state().len() as u64, elements - lost);
    }
}

/// More differences than the first symbols tell.
#[test]
fn symbols_are_asked_for_until_they_decode() {
    let (states, seen) = damaged(4_000, 100);
    let mut pair = Pairs::with(states, &seen, &config());
    let said = pair.exchange(B);
    assert!(said.iter().filter(|said| **said == "symbols").count() > 1, "{said:?}");
    assert!(!said.contains(&"digest?"), "{said:?}");
    pair.assert_equal();
}

#[test]
fn sets_without_a_history_are_told_apart_by_their_elements() {
    let sets = [0, 5].map(|from| GSet::from_iter(from..from + 3_000_u64));
    let mut pair = Pair::<GSet<u64>>::with(sets, &CausalContext::new(), &config());
    let said = pair.exchange(A);
    assert_eq!(said, ["unseen?", "symbols?", "symbols", "atoms?", "whole", "whole"]);
    pair.assert_equal();
    assert_eq!(pair.replicas[A].state().len(), 3_005);
}

/// A pair of large states that differ little: told by a sketch in a few hundred bytes.
fn assert_sketched<S>(states: [S; 2]) -> S
where
    S: Replicated<Delta: Clone> + Default + Clone + PartialEq + std::fmt::Debug + 'static,
{
    let mut pair = Pair::<S>::with(states, &CausalContext::new(), &config());
    let mut sketched = 0;
    let said = pair.exchange_with(A, |message| {
        if let ReplicaMessage::Answer(Answer {
            lacking: Lacking::Symbols { symbols, .. }, ..
        }) = message
        {
            sketched += symbols.to_bytes().len();
        }
        true
    });
    assert_eq!(said[..2], ["unseen?", "symbols?"]);
    assert!(said.contains(&"whole") && !said.contains(&"digest?"), "{said:?}");
    assert!(!said.contains(&"filter?"), "{said:?}");
    assert!(sketched < 1_000, "{sketched}");
    pair.assert_equal();
    // What is kept is what would be made anew.
    let merged = pair.replicas[A].state().clone();
    let [mut kept, mut anew] = [merged.clone(), S::default()];
    anew.merge(merged.delta(&anew.digest()).expect("it is not empty"));
    let key = *config().fingerprint_key();
    anew.maintain_fingerprint(&key);
    assert!(kept.maintain_sketch() && anew.maintain_sketch());
    assert_eq!(kept.sketch(), anew.sketch());
    merged
}

/// Keys that one side lacks, and values that differ: one side behind, or both apart.
#[test]
fn large_maps_of_lattices_are_told_apart_by_their_entries() {
    let entries = 0..100_000_u64;
    let of = |entries: &mut dyn Iterator<Item = (u64, u64)>| {
        let mut map = GMap::<u64, GCounter>::new();
        for (key, count) in entries {
            let counted = map
                .try_update(key, |counter| counter.increment(ReplicaId::new(key % 3 + 1), count));
            map.merge(counted.expect("it does not overflow"));
        }
        map
    };
    let mut ours = of(&mut entries.clone().map(|key| (key, 1)));
    let theirs = of(&mut entries.skip(3).map(|key| (key, if key < 6 { 5 } else { 1 })));
    for key in [7, 8, 9] {
        let counted = ours.try_update(key, |counter| counter.increment(ReplicaId::new(9), 2));
        ours.merge(counted.expect("it does not overflow"));
    }
    let merged = assert_sketched([ours, theirs]);
    let value = |key: u64| merged.get(&key).map(GCounter::value);
    assert_eq!([0, 4, 8, 10].map(value), [1, 5, 3, 1].map(Some));
}

#[test]
fn large_sets_of_two_phases_are_told_apart_by_their_phases() {
    let mut ours = TwoPhaseSet::<u64>::new();
    for element in 0..100_000 {
        ours.merge(ours.insert(element));
    }
    let mut theirs = ours.clone();
    for element in 0..3 {
        ours.merge(ours.remove(element));
    }
    for element in 3..6 {
        theirs.merge(theirs.remove(element));
    }
    for element in 200_000..200_004 {
        theirs.merge(theirs.insert(element));
    }
    let merged = assert_sketched([ours, theirs]);
    assert_eq!((merged.len(), merged.removed().count()), (99_998, 6));
}

/// Two sets of `n`, of which so many elements are in both.
fn sharing(n: u64, shared: u64) -> Pair<GSet<u64>> {
    let sets = [0, n - shared].map(|from| GSet::from_iter(from..from + n));
    Pair::with(sets, &CausalContext::new(), &config())
}

/// Bytes of a message beside the elements that it brings, without its frame, and how
/// many elements those are.
fn beside_elements(message: &MessageOf<GSet<u64>>) -> (usize, usize) {
    let of_question = |question: &Question<DigestOf<GSet<u64>>>| match question {
        Question::Equal { .. } | Question::Unseen { .. } => 50,
        Question::Symbols { .. } => 45,
        Question::Filter { ranges, filter, .. } => {
            38 + ranges.to_bytes().len() + filter.to_bytes().len()
        }
        Question::Atoms(wanted) => wanted.to_bytes().len(),
        Question::Digest { digest, .. } => 9 * digest.len(),
    };
    match message {
        ReplicaMessage::Question(question) => (of_question(question), 0),
        ReplicaMessage::Answer(Answer { lacking, question }) => {
            let (bytes, elements) = match lacking {
                Lacking::Symbols { symbols, .. } => (20 + symbols.to_bytes().len(), 0),
                Lacking::Whole { delta: Some(delta), .. } => (10, delta.fragment().len()),
                Lacking::Range { delta, .. } => {
                    (37, delta.as_ref().map_or(0, |delta| delta.fragment().len()))
                }
                _ => (10, 0),
            };
            (bytes + question.as_ref().map_or(0, of_question), elements)
        }
        ReplicaMessage::Rumors(_) => (0, 0),
    }
}

/// Jaccard similarities of 0, 0.25, 0.5 and 0.9.
#[test]
fn sets_with_less_in_common_are_told_apart_by_filters() {
    let n = 20_000;
    for (shared, most) in [(0, 49_000), (8_000, 40_000), (13_333, 36_000), (18_947, 21_000)] {
        let mut pair = sharing(n, shared);
        let (mut bytes, mut elements) = (0, 0);
        let said = pair.exchange_with(A, |message| {
            let (beside, brought) = beside_elements(message);
            (bytes, elements) = (bytes + beside, elements + brought);
            true
        });
        let asked = said.iter().filter(|said| said.ends_with('?')).count();
        assert!(said.contains(&"filter?") && !said.contains(&"digest?"), "{said:?}");
        assert!(asked < 15, "{said:?}");
        pair.assert_equal();
        assert_eq!(pair.replicas[A].state().len() as u64, 2 * n - shared);
        // Hardly an element is sent that was there.
        let lacking = 2 * (n - shared) as usize;
        assert!(elements < lacking + lacking / 50 + 10, "{elements} of {lacking}");
        // A digest each way would be 360,000.
        assert!(bytes < most, "{shared} shared: {bytes} bytes");
    }
}

/// Nothing is there on one side: no more is asked than what that is.
#[test]
fn a_set_that_is_empty_is_told_all_without_being_told_what_there_is() {
    for asker in [A, B] {
        let mut pair = sharing(5_000, 0);
        let seen = CausalContext::new();
        let full = pair.replicas[A].state().clone();
        pair = Pair::with([full, GSet::new()], &seen, &config());
        let mut bytes = 0;
        let said = pair.exchange_with(asker, |message| {
            bytes += beside_elements(message).0;
            true
        });
        // The digest of nothing is no more than nothing.
        assert!(bytes < 1_500, "{bytes} bytes: {said:?}");
        pair.assert_equal();
    }
}

/// A digest is answered with a question in return that takes far less, whichever side
/// has more.
#[test]
fn a_digest_is_not_answered_with_a_larger_one() {
    let config = config().with_first_question(FirstQuestion::Digest);
    for (ours, theirs) in [(3, 5_000), (5_000, 5_000), (5_000, 3), (5_000, 20)] {
        let sets = [GSet::from_iter(0..ours), GSet::from_iter(1_000_000..1_000_000 + theirs)];
        let mut pair = Pair::<GSet<u64>>::with(sets, &CausalContext::new(), &config);
        let mut digests = Vec::new();
        pair.exchange_with(A, |message| {
            if let ReplicaMessage::Question(question)
            | ReplicaMessage::Answer(Answer { question: Some(question), .. }) = message
                && let Question::Digest { digest, .. } = question
            {
                digests.push(digest.len() as u64);
            }
            true
        });
        let expected = if theirs > 256 { vec![ours] } else { vec![ours, theirs] };
        assert_eq!(digests, expected);
        pair.assert_equal();
    }
}

/// What a filter was answered with is lost in turn, and in the end all is there.
#[test]
fn any_message_about_filters_may_be_lost() {
    for lost in 0..8 {
        let mut pair = sharing(3_000, 1_000);
        let mut sent = 0;
        pair.exchange_with(A, |_| {
            sent += 1;
            sent != lost + 3
        });
        for _ in 0..3 {
            assert!(!pair.exchange(A).contains(&"digest?"));
        }
        pair.assert_equal();
    }
}

/// Answers about ranges that come twice, late, or to somebody who has not asked.
#[test]
fn answers_about_ranges_that_nobody_asks_about_lead_to_nothing() {
    let mut pair = sharing(3_000, 1_000);
    let mut answers = Vec::new();
    pair.exchange_with(A, |message| {
        if kind(message) == "range" {
            answers.push(message.clone());
        }
        true
    });
    pair.assert_equal();
    assert!(answers.len() >= 4, "{}", answers.len());
    for answer in answers {
        for place in [A, B] {
            let effects =
                pair.replicas[place].receive(&mut pair.rng, &name(1 - place), answer.clone());
            assert!(sends::<GSet<u64>>(effects, B).is_empty());
        }
    }
    pair.assert_equal();
}

/// A filter may say that its owner has four thousand million words more, and wants to be
/// asked.
#[test]
fn whatever_a_filter_claims_its_answer_is_in_proportion_to_the_state() {
    let mut pair = sharing(3_000, 1_000);
    let boast = [0xff, 0xff, 0xff, 0xff, 0x0f, 0, 0, 0];
    let filter = Filter::from_bytes(&boast).expect("a filter without columns");
    let (fingerprint, ranges, lacking) = (Fingerprint::default(), Ranges::all(), u32::MAX);
    let question = Question::Filter { fingerprint, number: 7, ranges, filter, lacking };
    let question = ReplicaMessage::Question(question);
    let effects = pair.replicas[A].receive(&mut pair.rng, &name(B), question.clone());
    let sent = sends::<GSet<u64>>(effects, B);
    assert_eq!(sent.iter().map(|(_, sent)| kind(sent)).collect::<Vec<_>>(), ["range", "filter?"]);
    for (_, message) in &sent {
        let (bytes, elements) = beside_elements(message);
        assert!(bytes < 3_000 * 4 + 1_000 && elements == 0, "{bytes} bytes, {elements} elements");
    }
    // What is being asked is not asked again.
    let effects = pair.replicas[A].receive(&mut pair.rng, &name(B), question);
    assert_eq!(sends::<GSet<u64>>(effects, B).len(), 1);
}

/// Nobody has to tell all at once, whatever is asked.
#[test]
fn a_question_is_answered_with_a_window_and_the_next_one_with_what_follows() {
    let config = config().with_answer_bytes(6_400).expect("it is not 0");
    let sets = [GSet::from_iter(0..100_000_u64), GSet::new()];
    let mut pair = Pair::<GSet<u64>>::with(sets, &CausalContext::new(), &config);
    pair.replicas[A].measure_updates(|update| 8 * update.delta.fragment().len());
    let (mut at_once, mut most) = (0, 0);
    pair.exchange_with(B, |message| {
        let elements = beside_elements(message).1;
        assert!(elements <= 800, "{elements} in an answer");
        at_once = if kind(message) == "range" { at_once + elements } else { 0 };
        most = most.max(at_once);
        true
    });
    pair.assert_equal();
    assert!((8_000..=16 * 800).contains(&most), "{most} at once");
}

/// One answer to each question, always about the first word that is asked about, and
/// never with news.
#[test]
fn a_peer_that_hardly_goes_on_is_not_followed() {
    let mut pair = sharing(3_000, 1_000);
    let (fingerprint, ranges) = (Fingerprint::default(), Ranges::none());
    let filter = Filter::from_bytes(&[0; 4]).expect("a filter of nothing");
    let question = Question::Filter { fingerprint, number: 7, ranges, filter, lacking: 3_000 };
    let effects =
        pair.replicas[A].receive(&mut pair.rng, &name(B), ReplicaMessage::Question(question));
    let mut flying = sends::<GSet<u64>>(effects, B);
    let mut asked = 0;
    while let Some((_, message)) = flying.pop() {
        let ReplicaMessage::Question(Question::Filter { number, ranges, .. }) = message else {
            continue;
        };
        asked += 1;
        assert!(asked < 4, "it goes on and on");
        let first = ranges.first().expect("something is asked");
        let lacking = Lacking::Range { number, delta: None, words: (first, first), until: first };
        let answer = ReplicaMessage::Answer(Answer { lacking, question: None });
        let effects = pair.replicas[A].receive(&mut pair.rng, &name(B), answer);
        flying.extend(sends::<GSet<u64>>(effects, B));
    }
    // And the other one is still told.
    for _ in 0..2 {
        pair.exchange(A);
    }
    pair.assert_equal();
}

/// Numbers whose deltas come apart and are never joined.
#[derive(Clone, Debug, Default, PartialEq)]
struct Numbers(BTreeSet<u64>);

impl Replicated for Numbers {
    type Digest = BTreeSet<u64>;
    type Delta = BTreeSet<u64>;

    fn digest(&self) -> BTreeSet<u64> {
        self.0.clone()
    }

    fn delta(&self, remote: &BTreeSet<u64>) -> Option<BTreeSet<u64>> {
        let lacking: BTreeSet<u64> = self.0.difference(remote).copied().collect();
        (!lacking.is_empty()).then_some(lacking)
    }

    fn merge(&mut self, delta: BTreeSet<u64>) -> MergeOutcome {
        let before = self.0.len();
        self.0.extend(delta);
        MergeOutcome::changed_if(self.0.len() > before)
    }

    fn decompose(delta: BTreeSet<u64>) -> Vec<BTreeSet<u64>> {
        delta.into_iter().map(|number| BTreeSet::from([number])).collect()
    }
}

/// In halves, in halves of halves; by itself where deltas do not join, if they are few.
#[test]
fn an_answer_that_is_too_large_comes_in_parts() {
    let config = config().with_answer_bytes(100).expect("it is not 0");
    let answers = |numbers: u64| {
        let states = [Numbers((0..numbers).collect()), Numbers::default()];
        let mut pair = Pair::<Numbers>::with(states, &CausalContext::new(), &config);
        pair.replicas[A].measure_updates(|update| 8 * update.delta.len());
        let said = pair.exchange(B);
        pair.assert_equal();
        said.iter().filter(|said| **said == "whole").count()
    };
    // One of them is what the empty side has to say.
    assert_eq!([10, 40, 100].map(answers), [1 + 1, 40 + 1, 1 + 1]);

    let states = [GSet::from_iter(0..200_u64), GSet::new()];
    let mut pair = Pair::<GSet<u64>>::with(states, &CausalContext::new(), &config);
    pair.replicas[A].measure_updates(|update| 8 * update.delta.fragment().len());
    let mut sizes = Vec::new();
    pair.exchange_with(B, |message| {
        sizes.extend(Some(beside_elements(message).1).filter(|elements| *elements > 0));
        true
    });
    pair.assert_equal();
    assert!(sizes.iter().all(|elements| (6..=12).contains(elements)), "{sizes:?}");
    assert_eq!(sizes.iter().sum::<usize>(), 200);
}

/// Symbols that are made up, again and again: one filter is sent, and no more.
#[test]
fn a_peer_that_seems_far_away_for_ever_gets_one_filter_a_session() {
    let config = config().with_first_question(FirstQuestion::Sketch);
    let sets = [0, 2_000].map(|from| GSet::from_iter(from..from + 3_000_u64));
    let mut pair = Pair::<GSet<u64>>::with(sets, &CausalContext::new(), &config);
    let mut strangers = sharing(9_000, 0);
    let mut flying = sends::<GSet<u64>>(pair.replicas[A].ask(&mut pair.rng, name(B)), B);
    let (mut filters, mut messages) = (0, 0);
    while let Some((_, message)) = flying.pop() {
        filters += usize::from(kind(&message) == "filter?");
        messages += 1;
        assert!(messages < 200, "it does not end");
        // The answers of another set each time, which changes meanwhile.
        let place = messages % 2;
        let rng = &mut strangers.rng;
        let answers = strangers.replicas[place].receive(rng, &name(A), message);
        for (_, answer) in sends::<GSet<u64>>(answers, A) {
            let effects = pair.replicas[A].receive(&mut pair.rng, &name(B), answer);
            flying.extend(sends::<GSet<u64>>(effects, B));
        }
    }
    assert_eq!(filters, 1);
}

/// While symbols are under way both sides change: nothing is taken for removed
/// that the other has not heard of.
#[test]
fn a_session_that_the_state_has_outrun_changes_nothing() {
    let (states, seen) = damaged(1_000, 3);
    let mut pair = Pairs::with(states, &seen, &config());
    let question = pair.replicas[A].ask(&mut pair.rng, name(B));
    let mut flying = sends::<OrSet<u64>>(question, B);
    while let Some((to, message)) = flying.pop() {
        if kind(&message) == "symbols" {
            insert(&mut pair.replicas[to], 5_000..5_001);
        }
        let effects = pair.replicas[to].receive(&mut pair.rng, &name(1 - to), message);
        flying.extend(sends::<OrSet<u64>>(effects, 1 - to));
    }
    for _ in 0..3 {
        pair.exchange(A);
    }
    pair.assert_equal();
    assert!(pair.replicas[A].state().contains(&5_000));
}

/// Symbols that nobody asked for are passed over.
#[test]
fn symbols_out_of_the_blue_change_nothing() {
    let (states, seen) = damaged(1_000, 3);
    let mut pair = Pairs::with(states, &seen, &config());
    let mut symbols = None;
    pair.exchange_with(A, |message| {
        if kind(message) == "symbols" {
            symbols = Some(message.clone());
        }
        kind(message) != "symbols"
    });
    let mut stranger = Pairs::new(&config());
    let symbols = symbols.expect("symbols were sent");
    let effects = stranger.replicas[A].receive(&mut stranger.rng, &name(B), symbols);
    assert!(effects.is_empty());
}

/// Every question, forced in turn, ends in equal states.
#[test]
fn every_first_question_ends_in_equal_states() {
    use FirstQuestion::{Cheapest, Digest, Equal, Filter, Outline, Sketch, Unseen};
    for first in [Cheapest, Equal, Unseen, Outline, Sketch, Digest, Filter] {
        for logged in [0, 1_000] {
            let config = config().with_first_question(first).with_logged_events(logged);
            let mut pair = Pairs::new(&config);
            for round in 0..20 {
                insert(&mut pair.replicas[A], 10 * round..10 * round + 5);
                insert(&mut pair.replicas[B], 10 * round + 5..10 * round + 9);
                remove(&mut pair.replicas[A], std::iter::once(10 * round));
                pair.exchange(round as usize % 2);
                pair.exchange(A);
                pair.assert_equal();
            }
            assert_eq!(pair.replicas[A].state().len(), 20 * 8);
        }
    }
}

/// The time of a tick is of no consequence for what is asked.
#[test]
fn ticks_ask_as_hosts_do() {
    let mut pair = Pairs::new(&config());
    pair.replicas[A].set_peers([name(B)]);
    let mut asked = Vec::new();
    for round in 0..40 {
        let effects = pair.replicas[A].tick(&mut pair.rng, Round::new(round), PhysicalTime::EPOCH);
        asked.extend(sends::<OrSet<u64>>(effects, B).iter().map(|(_, message)| kind(message)));
    }
    assert_eq!(asked[0], "outline?");
}

/// Nothing is explained that was not asked for; what is, says why each question was not
/// enough.
#[test]
fn what_decides_is_explained_where_that_is_asked_for() {
    let config = config().with_logged_events(0);
    let mut pair = Pairs::new(&config);
    insert(&mut pair.replicas[A], 0..40);
    pair.exchange(B);
    assert_eq!(pair.reasons, []);
    pair.replicas.iter_mut().for_each(|replica| replica.explain_exchanges(true));
    insert(&mut pair.replicas[A], 50..55);
    assert_eq!(pair.exchange(B), ["equal?", "unseen?", "outline?", "whole"]);
    assert_eq!(
        pair.reasons,
        [
            (B, vec![Reason::Answered]),
            (A, vec![Reason::UnknownSeen]),
            (B, vec![Reason::Behind]),
            (A, vec![Reason::Indexed]),
        ]
    );
    assert_eq!(pair.exchange(B), ["equal?", "equal"]);
    assert_eq!(pair.reasons, [(B, vec![Reason::Answered]), (A, vec![Reason::Equal])]);
    pair.exchange_with(B, |_| false);
    assert_eq!(pair.exchange(B), ["unseen?", "equal"]);
    assert_eq!(pair.reasons[0], (B, vec![Reason::Unanswered]));
    pair.replicas.iter_mut().for_each(|replica| replica.explain_exchanges(false));
    pair.exchange(B);
    assert_eq!(pair.reasons, []);
}

/// Whatever a peer says of filters and ranges, a replica answers, goes on or passes over it.
#[test]
fn what_a_peer_says_of_ranges_is_no_panic() {
    let key = FingerprintKey::default().reconcile();
    for elements in [0, 1, 3_000] {
        let mut pair = Pair::<GSet<u64>>::with(
            [GSet::from_iter(0..elements), GSet::default()],
            &CausalContext::new(),
            &config(),
        );
        let numbers = [0, 1, 2, 1 << 31, u32::MAX];
        for (lacking, first) in
            numbers.into_iter().flat_map(|lacking| [0, 9, u64::MAX].map(|first| (lacking, first)))
        {
            let asked = [Ranges::none(), Ranges::of(first..=u64::MAX), Ranges::of(0..=first)];
            for ranges in asked {
                let fingerprint = Fingerprint { atoms: 1, context: 0 };
                let filter = Filter::of(&key, &[7, first], 0..(lacking % 40) as u8);
                let number = lacking;
                let question = Question::Filter { fingerprint, number, ranges, filter, lacking };
                let message = ReplicaMessage::Question(question);
                let _replies = pair.replicas[A].receive(&mut pair.rng, &name(B), message);
                for words in [(0, first), (first, 0), (first, u64::MAX)] {
                    let lacking = Lacking::Range { number, delta: None, words, until: first };
                    let message = ReplicaMessage::Answer(Answer { lacking, question: None });
                    let _next = pair.replicas[A].receive(&mut pair.rng, &name(B), message);
                }
            }
        }
        assert_eq!(pair.replicas[A].state().len() as u64, elements);
    }
}
