//! Sets that have less in common: the evaluation of `ConflictSync` (arXiv
//! 2505.01144, section 5), with its generator.
//!
//! Elements are strings of 5 to 80 letters and digits, of uniform length. Of n on
//! each side, 2sn/(1 + s) are shared, where s is the Jaccard similarity. Metadata
//! is what is sent beyond the elements that one side lacks, at their length and,
//! with us, one byte that says how long each is; frames and questions count, and
//! so does an element that is sent for nothing.

use std::collections::BTreeMap;
use std::error::Error;
use std::path::Path;
use std::time::{Duration, Instant};

use gossiper_core::reconcile::{
    DecodeState, Decoder, Filter, FilterPlan, Limits, ReconcileKey, Sketch, Wanted,
};
use gossiper_core::{DeterministicRng, RandomSource};
use plotters::chart::SeriesLabelPosition;

use crate::ours::{Message, Wire};
use crate::plot::draw as draw_lines;
use crate::table::{bytes, time};

/// A grow-only set with its sketch.
struct Side {
    key: ReconcileKey,
    atoms: BTreeMap<u64, String>,
    sketch: Sketch,
}

impl Side {
    fn of(key: ReconcileKey, atoms: &[String]) -> Self {
        let mut side = Self { key, atoms: BTreeMap::new(), sketch: Sketch::new(key, 1 << 14) };
        side.merge(atoms.to_vec());
        side
    }

    fn merge(&mut self, atoms: Vec<String>) {
        for atom in atoms {
            let word = self.key.short_word(atom.as_bytes());
            match self.atoms.insert(word, atom) {
                None => self.sketch.insert(word),
                Some(before) => assert_eq!(before, self.atoms[&word], "two atoms with one word"),
            }
        }
    }

    fn len(&self) -> u32 {
        self.atoms.len() as u32
    }

    fn words(&self) -> Vec<u64> {
        self.atoms.keys().copied().collect()
    }

    /// The atoms that are not in the filter, and the words that pass.
    fn beyond(&self, filter: &Filter) -> (Vec<String>, Vec<u64>) {
        let (mut beyond, mut rest) = (Vec::new(), Vec::new());
        for (word, atom) in &self.atoms {
            if filter.may_contain(&self.key, *word) {
                rest.push(*word);
            } else {
                beyond.push(atom.clone());
            }
        }
        (beyond, rest)
    }
}

/// `a` and `b` become equal. Nothing is kept between messages but by `a`, which
/// asks.
fn reconcile(wire: &mut Wire, a: &mut Side, b: &mut Side) {
    let mut expected = None;
    'again: loop {
        let mut decoder = Decoder::new(&a.sketch, Limits::default());
        if let Some(expected) = expected {
            decoder = decoder.expecting(expected);
        }
        let mut question = decoder.question();
        loop {
            let Message::Question(asked) = wire.send(&Message::Question(question)) else {
                unreachable!()
            };
            let answer = b.sketch.answer(&asked, u32::MAX);
            let Message::Answer(piece) = wire.send(&Message::Answer(answer)) else {
                unreachable!()
            };
            match decoder.add(&a.sketch, &piece) {
                DecodeState::NeedMore { question: next, estimate } => {
                    let columns = FilterPlan { words: a.len(), absent: estimate.theirs }.columns();
                    if columns > 0 && expected.is_none() {
                        expected = Some(by_filters(wire, a, b, columns));
                        continue 'again;
                    }
                    question = next;
                }
                DecodeState::Done(found) => {
                    let atoms = found.ours.iter().map(|word| a.atoms[word].clone()).collect();
                    let wanted = Some(Wanted::of(&found.theirs, piece.words()));
                    if found.ours.is_empty() && found.theirs.is_empty() {
                        return;
                    }
                    let push = Message::Push { atoms, filter: None, wanted };
                    let Message::Push { atoms, wanted, .. } = wire.send(&push) else {
                        unreachable!()
                    };
                    let asked = wanted.iter().flat_map(Wanted::ranges);
                    let found = asked.flat_map(|range| b.atoms.range(range));
                    let found = found.map(|(_, atom)| atom.clone()).collect();
                    b.merge(atoms);
                    let push = Message::Push { atoms: found, filter: None, wanted: None };
                    let Message::Push { atoms, .. } = wire.send(&push) else { unreachable!() };
                    a.merge(atoms);
                    return;
                }
                DecodeState::Fallback(reason) => panic!("{reason}"),
            }
        }
    }
}

/// Most of what either lacks, by a filter each way; and about how much is left.
fn by_filters(wire: &mut Wire, a: &mut Side, b: &mut Side, columns: u8) -> u32 {
    let ours = Message::Filter(Filter::of(&a.key, &a.words(), 0..columns));
    let Message::Filter(filter) = wire.send(&ours) else { unreachable!() };
    let (atoms, rest) = b.beyond(&filter);
    let (refused, words) = (atoms.len() as u32, rest.len() as u32);
    let wrongly = filter.passed_wrongly(refused);
    let absent = filter.words().saturating_sub(words.saturating_sub(wrongly));
    let back = FilterPlan { words, absent }.columns();
    let filter = Some(Filter::of(&b.key, &rest, 0..back));
    let push = Message::Push { atoms, filter, wanted: None };
    let Message::Push { atoms, filter: Some(filter), .. } = wire.send(&push) else {
        unreachable!()
    };
    let (lacking, _) = a.beyond(&filter);
    let left = wrongly + filter.passed_wrongly(lacking.len() as u32);
    a.merge(atoms);
    let push = Message::Push { atoms: lacking, filter: None, wanted: None };
    let Message::Push { atoms, .. } = wire.send(&push) else { unreachable!() };
    b.merge(atoms);
    left
}

pub fn element(rng: &mut DeterministicRng) -> String {
    let letters = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    let length = 5 + rng.below(76);
    let letter = |_| char::from(letters[rng.below(letters.len() as u64) as usize]);
    (0..length).map(letter).collect()
}

/// How many of n elements a side are shared at a similarity in thousandths.
pub fn shared_at(n: usize, thousandths: usize) -> usize {
    (2 * thousandths * n + (1_000 + thousandths) / 2) / (1_000 + thousandths)
}

/// Similarity in thousandths, and the metadata of `ConflictSync`'s best variant, as
/// measured with its own code: a grow-only set, and an add-wins set.
const THEIRS: [(usize, usize, usize); 10] = [
    (0, 171_000, 39_900),
    (250, 210_000, 51_000),
    (500, 220_000, 53_900),
    (750, 204_000, 48_300),
    (900, 156_000, 36_500),
    (950, 119_000, 28_300),
    (990, 36_400, 8_900),
    (995, 18_400, 4_900),
    (999, 4_800, 976),
    (1_000, 24, 24),
];

pub fn print() {
    // 20,000 additions, of which a fifth is removed again.
    for n in [100_000, 24_000] {
        println!(
            "\n| similarity, {n} elements a side | must move | gossiper, metadata | ConflictSync, its best | share | round trips | CPU, both sides |"
        );
        println!("| --- | --- | --- | --- | --- | --- | --- |");
        for (thousandths, of_gset, of_awset) in THEIRS {
            let cited = if n == 100_000 { of_gset } else { of_awset };
            row(n, thousandths, cited);
        }
    }
}

/// Metadata against similarity, for a hundred thousand elements.
pub fn draw(folder: &Path) -> Result<(), Box<dyn Error>> {
    let labels = THEIRS.iter().map(|theirs| (theirs.0 as f64 / 1_000.0).to_string()).collect();
    let point = |x: usize, bytes: usize| (x as f64, bytes as f64);
    let rows = || THEIRS.into_iter().enumerate();
    let ours = rows().map(|(x, (s, cited, _))| point(x, row(100_000, s, cited))).collect();
    let cited = rows().map(|(x, (_, cited, _))| point(x, cited)).collect();
    let lines = [("gossiper".to_owned(), ours), ("ConflictSync, its best".to_owned(), cited)];
    let title = "Metadata, 100,000 strings a side";
    let corner = SeriesLabelPosition::LowerLeft;
    draw_lines(&folder.join("far.svg"), title, ("similarity", labels), &lines, corner)
}

/// Prints a line, averages over seeds, and returns our metadata.
fn row(n: usize, thousandths: usize, cited: usize) -> usize {
    const SEEDS: usize = 9;
    let (mut must, mut metadata, mut round_trips) = (0, 0, 0);
    let mut spent = Duration::ZERO;
    for seed in 0..SEEDS {
        let mut rng = DeterministicRng::new((seed * 1_000_000 + thousandths * 100 + n) as u64);
        let shared = shared_at(n, thousandths);
        let all: Vec<String> = (0..2 * n - shared).map(|_| element(&mut rng)).collect();
        let unique = n - shared;
        let key = ReconcileKey::new([7; 16]);
        let mut ours = Side::of(key, &all[..n]);
        let mut theirs = Side::of(key, &all[unique..]);
        let lacking = all[..unique].iter().chain(&all[n..]);
        let bytes: usize = lacking.map(|element| element.len()).sum();
        let mut wire = Wire::new();
        let start = Instant::now();
        reconcile(&mut wire, &mut ours, &mut theirs);
        spent += start.elapsed();
        assert!(ours.atoms == theirs.atoms, "they differ");
        must += bytes;
        metadata += wire.bytes - bytes - 2 * unique;
        round_trips += wire.round_trips();
    }
    let metadata = metadata / SEEDS;
    println!(
        "| {} | {} | {} | {} | {:.2} | {:.1} | {} |",
        thousandths as f64 / 1_000.0,
        bytes(must / SEEDS),
        bytes(metadata),
        bytes(cited),
        metadata as f64 / cited as f64,
        round_trips as f64 / SEEDS as f64,
        time(spent / SEEDS as u32),
    );
    metadata
}
