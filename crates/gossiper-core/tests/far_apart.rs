//! Sets that have little in common: filters, and asking for words.

use std::collections::BTreeSet;

use gossiper_core::reconcile::{
    DecodeState, Decoder, Filter, FilterPlan, Limits, PieceError, ReconcileKey, Sketch, Wanted,
};
use gossiper_core::{DeterministicRng, RandomSource};
use proptest::collection::{btree_set, vec};
use proptest::prelude::*;

fn key() -> ReconcileKey {
    ReconcileKey::new(*b"secret of a test")
}

fn words(seed: u64, count: usize) -> Vec<u64> {
    let mut rng = DeterministicRng::new(seed);
    (0..count).map(|_| rng.next_u64()).collect()
}

#[test]
fn each_column_halves_what_passes_and_costs_a_bit_a_word() {
    let (key, ours, others) = (key(), words(1, 20_000), words(2, 20_000));
    for columns in [0, 1, 2, 4, 8] {
        let filter = Filter::of(&key, &ours, 0..columns);
        assert!(ours.iter().all(|word| filter.may_contain(&key, *word)));
        let passed = others.iter().filter(|word| filter.may_contain(&key, **word)).count();
        let expected = others.len() >> columns;
        // Five standard deviations.
        let allowed = 5 * expected.isqrt();
        assert!(passed.abs_diff(expected) <= allowed, "{columns}: {passed}");
        let bytes = filter.to_bytes().len();
        let bits_each = (bytes * 8) as f64 / 20_000.0;
        assert!(bits_each < 0.1 + 1.02 * f64::from(columns), "{columns}: {bits_each}");
    }
}

#[test]
fn later_columns_refuse_what_passed_the_first() {
    let (key, ours, others) = (key(), words(1, 5_000), words(2, 40_000));
    let pieces = [0..3, 3..5].map(|columns| Filter::of(&key, &ours, columns));
    let passes = |word: &&u64| pieces.iter().all(|piece| piece.may_contain(&key, **word));
    let passed = others.iter().filter(passes).count();
    assert!((1_100..1_400).contains(&passed), "{passed} of 40,000, which is not one in 32");
}

#[test]
fn columns_are_sent_while_they_save_more_than_they_cost() {
    // Sets of 100,000: equal, 99 % alike, half, nothing in common.
    let columns = |words, absent| FilterPlan { words, absent }.columns();
    let of = [0, 500, 33_000, 100_000].map(|absent| columns(100_000, absent));
    assert_eq!(of, [0, 0, 5, 6]);
    assert_eq!(columns(0, u32::MAX), 31);
    assert_eq!(columns(u32::MAX, u32::MAX), 6);
    let beyond = Filter::of(&key(), &[1, 2, 3], 30..200);
    assert_eq!(beyond.columns(), 30..32);
    assert_eq!(beyond.passed_wrongly(30), 10);
    assert_eq!(Filter::of(&key(), &[], 0..0).passed_wrongly(0), 0);
    assert_eq!(Filter::of(&key(), &[1], 0..32).passed_wrongly(u32::MAX), 1);
}

#[test]
fn a_filter_of_nothing_lets_nothing_pass_and_takes_no_bytes() {
    let filter = Filter::of(&key(), &[], 0..16);
    assert!(!words(2, 10_000).iter().any(|word| filter.may_contain(&key(), *word)));
    assert!(filter.to_bytes().len() < 8);
}

/// A set of words of 48 bits with its sketch.
struct Side {
    words: BTreeSet<u64>,
    sketch: Sketch,
}

impl Side {
    fn of(words: &[u64]) -> Self {
        let mut side = Self { words: BTreeSet::new(), sketch: Sketch::new(key(), 1 << 13) };
        side.merge(words);
        side
    }

    fn merge(&mut self, words: &[u64]) {
        for word in words.iter().filter(|word| self.words.insert(**word)) {
            self.sketch.insert(*word);
        }
    }

    /// What is not in the filter, and the rest.
    fn beyond(&self, filter: &Filter) -> (Vec<u64>, Vec<u64>) {
        self.words.iter().partition(|word| !filter.may_contain(&key(), **word))
    }
}

/// A frame's header, and what says which message it is and how long.
const FRAME: usize = 17 + 4;

/// Both become equal; returns the bytes that are not atoms.
fn reconcile(a: &mut Side, b: &mut Side) -> usize {
    let mut bytes = 0;
    let mut expected = None;
    'again: loop {
        let decoder = Decoder::new(&a.sketch, Limits::default());
        let mut decoder = decoder.expecting(expected.unwrap_or_default());
        let mut question = decoder.question();
        let difference = loop {
            let piece = b.sketch.answer(&question, u32::MAX);
            bytes += FRAME + 14 + FRAME + piece.to_bytes().len();
            match decoder.add(&a.sketch, &piece) {
                DecodeState::NeedMore { question: next, estimate } => {
                    let ours = a.sketch.words();
                    let columns = FilterPlan { words: ours, absent: estimate.theirs }.columns();
                    if columns > 0 && expected.is_none() {
                        let all: Vec<u64> = a.words.iter().copied().collect();
                        let filter = Filter::of(&key(), &all, 0..columns);
                        let (to_a, rest) = b.beyond(&filter);
                        let (refused, words) = (to_a.len() as u32, rest.len() as u32);
                        let wrongly = filter.passed_wrongly(refused);
                        let absent = filter.words().saturating_sub(words.saturating_sub(wrongly));
                        let back = FilterPlan { words, absent }.columns();
                        let back = Filter::of(&key(), &rest, 0..back);
                        let (to_b, _) = a.beyond(&back);
                        bytes += 3 * FRAME + filter.to_bytes().len() + back.to_bytes().len();
                        expected = Some(wrongly + back.passed_wrongly(to_b.len() as u32));
                        a.merge(&to_a);
                        b.merge(&to_b);
                        continue 'again;
                    }
                    question = next;
                }
                DecodeState::Done(difference) => break difference,
                DecodeState::Fallback(reason) => panic!("{reason}"),
            }
        };
        let wanted = Wanted::of(&difference.theirs, b.sketch.words());
        bytes += FRAME + wanted.to_bytes().len() + FRAME;
        let found: Vec<u64> =
            wanted.ranges().flat_map(|range| b.words.range(range)).copied().collect();
        // What is sent for nothing costs an atom of 42 bytes.
        bytes += 42 * found.iter().filter(|word| a.words.contains(word)).count();
        a.merge(&found);
        b.merge(&difference.ours);
        return bytes;
    }
}

/// At most three quarters of the metadata of ConflictSync's best variant for sets
/// of this size, and 0.6 of it where they are close.
#[test]
fn sets_of_any_similarity_become_equal_for_few_bytes() {
    let n = 20_000;
    let of = [(0, 29_900), (500, 40_400), (900, 27_300), (950, 17_000), (990, 5_340), (995, 2_940)];
    for (thousandths, most) in of {
        let shared = 2 * thousandths * n / (1_000 + thousandths);
        let all = words(thousandths as u64, 2 * n - shared);
        let all: Vec<u64> = all.into_iter().map(|word| word & !0xffff).collect();
        let (mut a, mut b) = (Side::of(&all[..n]), Side::of(&all[n - shared..]));
        let bytes = reconcile(&mut a, &mut b);
        assert_eq!(a.words, b.words);
        assert_eq!(a.sketch, b.sketch);
        assert!(bytes <= most, "{thousandths}: {bytes} bytes");
        println!("{thousandths}: {bytes} bytes, at most {most}");
    }
}

/// The wire, byte by byte.
#[test]
fn golden_bytes_of_a_filter_and_of_wanted_words() {
    let hex = |bytes: Vec<u8>| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let set: Vec<u64> = (0..100).collect();
    let filter = Filter::of(&key(), &set, 2..3);
    assert_eq!(
        hex(filter.to_bytes()),
        "64020100bc1d2505ac270dc882d242597300000000000000000000000000000000"
    );
    let wanted = Wanted::of(&[1 << 50, 1 << 60, 3 << 60, u64::MAX], 1_000);
    assert_eq!(hex(wanted.to_bytes()), "11041000f79fffffe7ff01");
}

#[test]
fn asking_for_a_word_in_a_hundred_takes_two_bytes_each() {
    let mut all = words(1, 100_000);
    all.sort_unstable();
    let some: Vec<u64> = all.iter().copied().step_by(100).collect();
    let wanted = Wanted::of(&some, 100_000);
    let bytes = wanted.to_bytes().len();
    assert!(bytes < 2_000, "{bytes} for 1,000 words");
    let named = wanted.ranges().map(|range| all.iter().filter(|word| range.contains(word)).count());
    let named: usize = named.sum();
    assert!((1_000..1_030).contains(&named), "{named} for 1,000 words");
}

#[test]
fn what_announces_more_than_it_has_is_refused() {
    // Four billion words in a column that is not there.
    let boast = [0xff, 0xff, 0xff, 0xff, 0x0f, 0, 1, 0];
    assert_eq!(Filter::from_bytes(&boast), Err(PieceError::Truncated { bytes: 8 }));
    let boast = [0, 0, 1, 0xff, 0xff, 0xff, 0xff, 0x0f];
    assert_eq!(Filter::from_bytes(&boast), Err(PieceError::Truncated { bytes: 8 }));
    let boast = [39, 0xff, 0xff, 0xff, 0xff, 0x0f, 1, 2, 3];
    assert_eq!(Wanted::from_bytes(&boast), Err(PieceError::Truncated { bytes: 9 }));
    // A distance that goes on for ever.
    let endless = [&[39, 1][..], &[0xff; 1_000]].concat();
    assert_eq!(Wanted::from_bytes(&endless), Err(PieceError::NotCanonical));
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::with_cases(200)
    })]

    #[test]
    fn no_word_of_a_set_is_refused(
        set in btree_set(any::<u64>(), 0..400),
        first in 0..32_u8,
        count in 0..9_u8,
    ) {
        let set: Vec<u64> = set.into_iter().collect();
        let filter = Filter::of(&key(), &set, first..first + count);
        let arrived = Filter::from_bytes(&filter.to_bytes());
        prop_assert_eq!(&arrived, &Ok(filter));
        prop_assert!(set.iter().all(|word| arrived.as_ref().unwrap().may_contain(&key(), *word)));
    }

    #[test]
    fn wanted_words_arrive(set in btree_set(any::<u64>(), 0..200), theirs in any::<u32>()) {
        let set: Vec<u64> = set.into_iter().collect();
        let wanted = Wanted::of(&set, theirs);
        prop_assert_eq!(Wanted::from_bytes(&wanted.to_bytes()), Ok(wanted.clone()));
        let in_range = |word: &u64| wanted.ranges().any(|range| range.contains(word));
        prop_assert!(set.iter().all(in_range));
        let ranges: Vec<_> = wanted.ranges().collect();
        prop_assert!(ranges.windows(2).all(|pair| pair[0].end() < pair[1].start()));
    }

    /// Random bytes, and honest ones with some changed.
    #[test]
    fn bytes_are_a_piece_or_an_error(
        random in vec(any::<u8>(), 0..100),
        set in btree_set(any::<u64>(), 0..40),
        changes in vec((any::<prop::sample::Index>(), any::<u8>()), 0..3),
    ) {
        let set: Vec<u64> = BTreeSet::into_iter(set).collect();
        let filter = Filter::of(&key(), &set, 0..2).to_bytes();
        let wanted = Wanted::of(&set, 100).to_bytes();
        for mut bytes in [random, filter, wanted] {
            for (place, byte) in &changes {
                if !bytes.is_empty() {
                    let place = place.index(bytes.len());
                    bytes[place] = *byte;
                }
            }
            if let Ok(filter) = Filter::from_bytes(&bytes) {
                let _ = filter.may_contain(&key(), 7);
                prop_assert_eq!(filter.to_bytes(), bytes.clone());
            }
            if let Ok(wanted) = Wanted::from_bytes(&bytes) {
                prop_assert!(wanted.ranges().len() <= bytes.len());
                prop_assert_eq!(wanted.to_bytes(), bytes);
            }
        }
    }
}
