//! Sets find out where they differ, and a hostile peer costs no more than the
//! limits say.

use std::collections::BTreeSet;

use gossiper_core::reconcile::{
    DecodeState, Decoder, Difference, FallbackReason, Limits, PieceError, ReconcileKey, Sketch,
    Symbols, SymbolsQuestion,
};
use gossiper_core::{DeterministicRng, RandomSource};
use proptest::collection::{btree_set, vec};
use proptest::prelude::*;

const KEY: [u8; 16] = *b"secret of a test";

fn sketch(cells: u32, words: impl IntoIterator<Item = u64>) -> Sketch {
    Sketch::of(ReconcileKey::new(KEY), cells, words)
}

/// How a session went.
struct Session {
    end: Result<Difference, FallbackReason>,
    symbols: u32,
    questions: u32,
}

/// Asks until there is an end; `answer` is the other side.
fn session(
    ours: &Sketch,
    limits: Limits,
    mut answer: impl FnMut(&SymbolsQuestion) -> Symbols,
) -> Session {
    let mut decoder = Decoder::new(ours, limits);
    let mut question = decoder.question();
    let mut symbols = 0;
    for questions in 1.. {
        let piece = answer(&question);
        symbols += piece.len();
        match decoder.add(ours, &piece) {
            DecodeState::NeedMore { question: next, .. } => question = next,
            DecodeState::Done(end) => return Session { end: Ok(end), symbols, questions },
            DecodeState::Fallback(end) => return Session { end: Err(end), symbols, questions },
        }
        assert!(decoder.symbols() <= limits.max_symbols);
    }
    unreachable!("questions are counted without an end")
}

fn honest(theirs: &Sketch) -> impl FnMut(&SymbolsQuestion) -> Symbols {
    |question| theirs.answer(question, u32::MAX)
}

const NO_LIMITS: Limits = Limits { max_symbols: u32::MAX, max_items: u32::MAX };

/// `count` words as hashes have them.
fn words(rng: &mut DeterministicRng, count: usize) -> Vec<u64> {
    (0..count).map(|_| rng.next_u64()).collect()
}

/// How many symbols a difference sessions take, and how many questions, for
/// sets that differ in `differences` words. Averages over seeds.
fn overhead(differences: usize, seeds: u64) -> (f64, f64) {
    let cells = 4 * differences as u32 + 1_024;
    let (mut symbols, mut questions) = (0, 0);
    for seed in 0..seeds {
        let mut rng = DeterministicRng::new(seed * 1_000_003 + differences as u64);
        let shared = words(&mut rng, 100);
        let unique = words(&mut rng, differences);
        let (our_own, their_own) = unique.split_at(rng.below(differences as u64 + 1) as usize);
        let ours = sketch(cells, shared.iter().chain(our_own).copied());
        let theirs = sketch(cells, shared.iter().chain(their_own).copied());
        let session = session(&ours, NO_LIMITS, honest(&theirs));
        assert_eq!(session.end.map(|found| found.ours.len()), Ok(our_own.len()));
        symbols += u64::from(session.symbols);
        questions += u64::from(session.questions);
    }
    let sessions = seeds as f64;
    (symbols as f64 / sessions / differences as f64, questions as f64 / sessions)
}

#[test]
fn a_difference_costs_less_than_two_symbols_and_of_many_less_than_one_and_a_half() {
    let of = [(20, 200), (21, 200), (30, 200), (100, 100), (400, 30), (1_000, 20), (4_000, 5)];
    for (differences, seeds) in of {
        let (symbols, questions) = overhead(differences, seeds);
        println!("{differences}: {symbols:.3} symbols each, {questions:.2} questions");
        let most = if differences >= 1_000 { 1.5 } else { 2.0 };
        assert!(symbols <= most, "{differences}: {symbols}");
        assert!(questions <= 6.0, "{differences}: {questions}");
    }
}

/// With the paper's 2/(i + 2) for the share of words in cell i, which the mapping
/// meets only about, uneven differences were taken for nearly twice as many.
#[test]
fn the_first_symbols_tell_how_many_differences_there_are() {
    for (ours, theirs) in [(1_000, 1_000), (0, 2_000), (1_900, 100)] {
        let seeds = 40;
        let mut sum = (0, 0);
        for seed in 0..seeds {
            let all = words(&mut DeterministicRng::new(seed), 5_000);
            let our_sketch = sketch(64, all[theirs..].iter().copied());
            let their_sketch = sketch(64, all[..5_000 - ours].iter().copied());
            let mut decoder = Decoder::new(&our_sketch, Limits::default());
            let piece = their_sketch.answer(&decoder.question(), u32::MAX);
            match decoder.add(&our_sketch, &piece) {
                DecodeState::NeedMore { estimate, .. } => {
                    sum.0 += u64::from(estimate.ours);
                    sum.1 += u64::from(estimate.theirs);
                }
                other => panic!("{other:?} after {} symbols", piece.len()),
            }
        }
        for (mean, truth) in [(sum.0 / seeds, ours), (sum.1 / seeds, theirs)] {
            // Three standard deviations of a mean of forty that are off by a quarter
            // of all differences, half of it on each side.
            assert!(mean.abs_diff(truth as u64) < 120, "{mean} for {truth}");
        }
    }
}

#[test]
fn equal_sets_are_answered_with_no_symbol() {
    let ours = sketch(64, 0..1_000);
    let piece = ours.answer(&SymbolsQuestion::first(&ours), u32::MAX);
    assert!(piece.is_empty());
    let session = session(&ours, NO_LIMITS, honest(&ours));
    assert_eq!((session.end, session.symbols), (Ok(Difference::default()), 0));
}

#[test]
fn an_empty_set_gets_everything() {
    let (ours, theirs) = (sketch(1_024, []), sketch(1_024, 0..500));
    let difference = session(&ours, NO_LIMITS, honest(&theirs)).end.unwrap();
    assert_eq!(difference.theirs, (0..500).collect::<Vec<_>>());
    let difference = session(&theirs, NO_LIMITS, honest(&ours)).end.unwrap();
    assert_eq!(difference.ours, (0..500).collect::<Vec<_>>());
}

/// Cell 0 and its like are looked at last: here the sum of three words in one of
/// them passes for a word as long as there are others to be taken out.
#[test]
fn sums_up_front_are_looked_at_last() {
    let mut rng = DeterministicRng::new(11_583 * 1_000_003 + 10);
    let unique = words(&mut rng, 10);
    let (our_own, their_own) = unique.split_at(5);
    let ours = sketch(2_000, our_own.iter().copied());
    let theirs = sketch(2_000, their_own.iter().copied());
    let limits = Limits { max_items: 10, ..Limits::default() };
    assert!(session(&ours, limits, honest(&theirs)).end.is_ok());
}

#[test]
fn symbols_under_another_name_are_found_out() {
    let (ours, theirs) = (sketch(64, 0..100), sketch(64, 1..100));
    let end = session(&ours, Limits::default(), |question| {
        let mut bytes = theirs.answer(question, u32::MAX).to_bytes();
        bytes[0] ^= 1;
        Symbols::from_bytes(&bytes).expect("any fingerprint is one")
    });
    assert_eq!(end.end, Err(FallbackReason::Contradiction));
}

/// A sum of several words passes for one here, and words are then taken out and
/// put back without end, unless all begins anew. Found by trying seeds.
#[test]
fn a_sum_that_passes_for_a_word_does_no_harm() {
    for (seed, differences) in [(283_363, 10), (13_183, 30), (32_497, 30), (77_169, 30)] {
        let mut rng = DeterministicRng::new(seed * 1_000_003 + differences as u64);
        let unique = words(&mut rng, differences);
        let (our_own, their_own) = unique.split_at(differences / 2);
        let ours = sketch(2_000, our_own.iter().copied());
        let theirs = sketch(2_000, their_own.iter().copied());
        let max_items = differences as u32 + 6;
        let limits = Limits { max_items, ..NO_LIMITS };
        let mistaken = session(&ours, limits, honest(&theirs)).end;
        assert_eq!(mistaken, Err(FallbackReason::TooManyItems { max_items }), "no mistake");
        let difference = session(&ours, Limits::default(), honest(&theirs)).end.unwrap();
        let sorted = |words: &[u64]| BTreeSet::from_iter(words.iter().copied());
        assert_eq!(BTreeSet::from_iter(difference.ours), sorted(our_own));
        assert_eq!(BTreeSet::from_iter(difference.theirs), sorted(their_own));
    }
}

#[test]
fn more_differences_than_the_sketch_has_room_for_are_a_fallback() {
    let (ours, theirs) = (sketch(64, 0..1_000), sketch(64, 1_000..2_000));
    let session = session(&ours, Limits::default(), honest(&theirs));
    assert_eq!(session.end, Err(FallbackReason::SymbolsExhausted { symbols: 64 }));
}

#[test]
fn more_differences_than_the_limit_are_a_fallback() {
    let (ours, theirs) = (sketch(1_024, 0..1_000), sketch(1_024, 0..1_100));
    let limits = Limits { max_items: 99, ..Limits::default() };
    let session = session(&ours, limits, honest(&theirs));
    assert_eq!(session.end, Err(FallbackReason::TooManyItems { max_items: 99 }));
}

#[test]
fn a_peer_with_another_key_is_found_out() {
    let ours = sketch(1_024, 0..100);
    let theirs = Sketch::of(ReconcileKey::new([1; 16]), 1_024, 0..100);
    let end = session(&ours, Limits::default(), honest(&theirs)).end;
    assert!(end.is_err(), "{end:?}");
}

#[test]
fn a_piece_that_comes_twice_or_late_is_passed_over() {
    let (ours, theirs) = (sketch(1_024, 0..100), sketch(1_024, 50..200));
    let mut sent = Vec::new();
    let session = session(&ours, Limits::default(), |question| {
        // Every second answer is an old one.
        let piece = theirs.answer(question, u32::MAX);
        let old = if sent.len() % 2 == 1 { sent.first().cloned() } else { None };
        sent.push(piece.clone());
        old.unwrap_or(piece)
    });
    assert_eq!(session.end.unwrap().theirs, (100..200).collect::<Vec<_>>());
}

#[test]
fn symbols_that_came_are_used_though_our_set_changes() {
    let (mut ours, theirs) = (sketch(1_024, 0..100), sketch(1_024, 50..200));
    let mut decoder = Decoder::new(&ours, Limits::default());
    let mut question = decoder.question();
    let mut next = 1_000;
    let difference = loop {
        match decoder.add(&ours, &theirs.answer(&question, u32::MAX)) {
            DecodeState::NeedMore { question: more, .. } => {
                assert!(more.from > question.from, "nothing has to be sent again");
                question = more;
            }
            DecodeState::Done(difference) => break difference,
            DecodeState::Fallback(reason) => panic!("{reason}"),
        }
        ours.insert(next);
        next += 1;
    };
    assert!(next > 1_001, "nothing changed before the end");
    assert_eq!(difference.ours, (0..50).chain(1_000..next).collect::<Vec<_>>());
}

#[test]
fn a_set_that_changes_on_the_other_side_begins_again() {
    let (ours, mut theirs) = (sketch(1_024, 0..100), sketch(1_024, 50..200));
    let mut answers = 0;
    let session = session(&ours, Limits::default(), |question| {
        answers += 1;
        if answers == 2 {
            theirs.insert(1_000);
        }
        theirs.answer(question, u32::MAX)
    });
    assert_eq!(session.end.unwrap().theirs, (100..200).chain([1_000]).collect::<Vec<_>>());
}

#[test]
fn a_set_that_never_rests_is_given_up() {
    let (ours, mut theirs) = (sketch(1_024, 0..100), sketch(1_024, 50..400));
    let mut next = 1_000;
    let session = session(&ours, Limits::default(), |question| {
        theirs.insert(next);
        next += 1;
        theirs.answer(question, u32::MAX)
    });
    assert!(matches!(session.end, Err(FallbackReason::SymbolsExhausted { .. })));
}

#[test]
fn answers_to_other_questions_are_given_up() {
    let (ours, theirs) = (sketch(1_024, 0..100), sketch(1_024, 50..400));
    let session = session(&ours, Limits::default(), |_| theirs.symbols(0..8));
    assert_eq!(session.end, Err(FallbackReason::NoProgress { answers: 17 }));
}

/// The wire, byte by byte, and what words are made of.
#[test]
fn golden_bytes_of_symbols() {
    let key = ReconcileKey::new(KEY);
    let words = [key.word(b"apples"), key.short_word(b"apples"), key.versioned_word(b"apples", 7)];
    assert_eq!(words, [0x9b2e_64ab_3070_07f9, 0x9b2e_64ab_3070_0000, 0x9b2e_64ab_3000_0007]);
    let piece = sketch(64, [1, 2, 0x0003_0000_0000_0007]).symbols(0..3);
    let hex: String = piece.to_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(hex, "915f7bfa7fcb92700300034104036d930004036d930406034f7402");
}

#[test]
fn a_symbol_of_hashes_is_eleven_bytes_and_of_short_words_nine() {
    let mut rng = DeterministicRng::new(1);
    let hashes = words(&mut rng, 50_000);
    for (bits, bytes) in [(64, 11.2), (48, 9.2)] {
        let sketch = sketch(4_096, hashes.iter().map(|word| word << (64 - bits)));
        let len = sketch.symbols(32..4_032).to_bytes().len() as f64 / 4_000.0;
        assert!((bytes - 0.2..bytes).contains(&len), "{bits}: {len}");
    }
    // Dots of four writers: three bytes of sequence and one of rank.
    let dots = (0..50_000_u64).map(|dot| (dot % 4) << 48 | dot);
    let len = sketch(4_096, dots).symbols(32..4_032).to_bytes().len() as f64 / 4_000.0;
    assert!((5.0..6.2).contains(&len), "{len}");
}

#[test]
fn what_is_not_the_encoding_is_refused_with_its_reason() {
    let bytes = sketch(64, 0..100).symbols(0..5).to_bytes();
    for end in 0..bytes.len() {
        let refused = Symbols::from_bytes(&bytes[..end]);
        assert_eq!(refused, Err(PieceError::Truncated { bytes: end }), "{end}");
    }
    let longer = [&bytes[..], &[0]].concat();
    assert_eq!(Symbols::from_bytes(&longer), Err(PieceError::TrailingBytes { bytes: 1 }));
    // A billion symbols are announced, and none comes.
    let boast = [&bytes[..10], &[0xff, 0xff, 0xff, 0xff, 3, 1]].concat();
    assert_eq!(Symbols::from_bytes(&boast), Err(PieceError::Truncated { bytes: 16 }));
    // 0 in two bytes.
    let wordy = [&bytes[..8], &[0x80, 0, 0, 0]].concat();
    assert_eq!(Symbols::from_bytes(&wordy), Err(PieceError::NotCanonical));
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::with_cases(200)
    })]

    #[test]
    fn every_difference_decodes_exactly(
        shared in btree_set(any::<u64>(), 0..200),
        ours in btree_set(any::<u64>(), 0..300),
        theirs in btree_set(0..1_000_u64, 0..300),
    ) {
        let ours: BTreeSet<u64> = ours.union(&shared).copied().collect();
        let theirs: BTreeSet<u64> = theirs.union(&shared).copied().collect();
        let sketches = [&ours, &theirs].map(|words| sketch(4_096, words.iter().copied()));
        let found = session(&sketches[0], Limits::default(), honest(&sketches[1])).end.unwrap();
        prop_assert_eq!(found.ours, ours.difference(&theirs).copied().collect::<Vec<_>>());
        prop_assert_eq!(found.theirs, theirs.difference(&ours).copied().collect::<Vec<_>>());
    }

    #[test]
    fn a_maintained_sketch_is_the_one_that_is_built_from_scratch(
        steps in vec((any::<bool>(), 0..50_u64), 0..200),
    ) {
        let mut set = BTreeSet::new();
        let mut maintained = sketch(128, []);
        for (insert, word) in steps {
            if insert && set.insert(word) {
                maintained.insert(word);
            } else if !insert && set.remove(&word) {
                maintained.remove(word);
            }
        }
        prop_assert_eq!(maintained.words() as usize, set.len());
        prop_assert_eq!(maintained, sketch(128, set));
    }

    #[test]
    fn what_decodes_is_encoded_the_same(
        words in btree_set(any::<u64>(), 0..50),
        from in 0..40_u32,
        count in 0..70_u32,
        changes in vec((any::<prop::sample::Index>(), any::<u8>()), 0..3),
    ) {
        let mut bytes = sketch(64, words).symbols(from..from + count).to_bytes();
        for (place, byte) in changes {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        if let Ok(piece) = Symbols::from_bytes(&bytes) {
            prop_assert_eq!(piece.to_bytes(), bytes);
        }
    }

    #[test]
    fn random_bytes_are_no_panic(bytes in vec(any::<u8>(), 0..200)) {
        if let Ok(piece) = Symbols::from_bytes(&bytes) {
            prop_assert_eq!(piece.to_bytes(), bytes);
        }
    }

    /// Made-up symbols, and honest ones with some bytes changed: the session
    /// ends, and takes no more than the limits.
    #[test]
    fn whatever_a_peer_sends_the_session_ends(
        seed in any::<u64>(),
        noise in 0..4_u32,
        limits in (1..300_u32, 0..300_u32),
    ) {
        let limits = Limits { max_symbols: limits.0, max_items: limits.1 };
        let mut rng = DeterministicRng::new(seed);
        let ours = sketch(256, 0..200);
        let mut theirs = sketch(256, 100..260);
        let mut answers = 0;
        let session = session(&ours, limits, |question| {
            answers += 1;
            if noise == 3 && rng.below(4) == 0 {
                theirs.insert(rng.next_u64());
            }
            let mut bytes = theirs.answer(question, 1 + rng.below(64) as u32).to_bytes();
            for _ in 0..rng.below(1 + 20 * u64::from(noise)) {
                let at = rng.below(bytes.len() as u64) as usize;
                bytes[at] = rng.next_u64() as u8;
            }
            Symbols::from_bytes(&bytes).unwrap_or(theirs.symbols(0..1))
        });
        // A symbol an answer, or nothing.
        prop_assert!(answers <= limits.max_symbols + 17, "{answers} answers");
        if let Ok(difference) = session.end {
            prop_assert!(difference.ours.len() <= limits.max_items as usize);
        }
    }
}
