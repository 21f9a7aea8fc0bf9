//! Values that differ under the same keys: a map of PN-counters, half of the
//! changed ones ahead on either side.
//!
//! What has to move is the key and 16 bytes of counts, of the newer value alone.

use std::collections::BTreeMap;

use gossiper_core::DeterministicRng;
use gossiper_core::RandomSource;
use gossiper_core::reconcile::{Limits, ReconcileKey, Sketch, Wanted};

use crate::far::element;
use crate::ours::{Message, Wire, session};
use crate::table::{bytes, time, timed};

type Entry = (String, u64, u64);

struct Side {
    key: ReconcileKey,
    words: BTreeMap<u64, Entry>,
    sketch: Sketch,
}

impl Side {
    fn of(key: ReconcileKey, entries: &[Entry]) -> Self {
        let word = |entry: &Entry| key.versioned_word(entry.0.as_bytes(), entry.1 + entry.2);
        let words: BTreeMap<_, _> =
            entries.iter().map(|entry| (word(entry), entry.clone())).collect();
        let sketch = Sketch::of(key, 1 << 14, words.keys().copied());
        Self { key, words, sketch }
    }

    /// Takes in what is newer.
    fn merge(&mut self, entries: Vec<Entry>) {
        for entry in entries {
            let word = self.key.versioned_word(entry.0.as_bytes(), entry.1 + entry.2);
            let (first, last) = (word & !0xff_ffff, word | 0xff_ffff);
            let known = self.words.range(first..=last).next();
            let (before, known) = known.expect("all keys are known");
            if (known.1, known.2) >= (entry.1, entry.2) {
                continue;
            }
            let before = *before;
            self.words.remove(&before);
            self.sketch.remove(before);
            self.sketch.insert(word);
            self.words.insert(word, entry);
        }
    }
}

pub fn print() {
    println!(
        "\n| similarity, 100000 counters a side | must move | gossiper, all bytes | times | values sent | CPU, both sides |"
    );
    println!("| --- | --- | --- | --- | --- | --- |");
    for thousandths in [900, 950, 990, 995, 999] {
        row(100_000, thousandths);
    }
}

fn row(n: usize, thousandths: usize) {
    let mut rng = DeterministicRng::new(thousandths as u64);
    let changed = n * (1_000 - thousandths) / (1_000 + thousandths);
    let counters: Vec<Entry> = (0..n)
        .map(|_| (element(&mut rng), 1_000 + rng.below(1_000_000), rng.below(1_000)))
        .collect();
    let key = ReconcileKey::new([7; 16]);
    let (mut ours, mut theirs) = (counters.clone(), counters);
    let mut must = 0;
    for at in 0..changed {
        let ahead = if at % 2 == 0 { &mut ours[at] } else { &mut theirs[at] };
        ahead.1 += 1 + rng.below(100);
        must += ahead.0.len() + 16;
    }
    let mut sides = Vec::new();
    for _ in 0..3 {
        sides.push((Wire::new(), Side::of(key, &ours), Side::of(key, &theirs)));
    }
    let mut sides = sides.iter_mut();
    let (cpu, (sent, moved)) = timed(3, || {
        let (wire, a, b) = sides.next().expect("as many as runs");
        let moved = reconcile(wire, a, b);
        assert!(a.words == b.words, "they differ");
        (wire.bytes, moved)
    });
    println!(
        "| {} | {} | {} | {:.2} | {moved} of {changed} | {} |",
        thousandths as f64 / 1_000.0,
        bytes(must),
        bytes(sent),
        sent as f64 / must as f64,
        time(cpu),
    );
}

/// Returns how many values were sent.
fn reconcile(wire: &mut Wire, a: &mut Side, b: &mut Side) -> usize {
    let found = session(wire, &a.sketch, &b.sketch, Limits::default()).newest();
    let entries = found.ours.iter().map(|word| a.words[word].clone()).collect();
    let wanted = Some(Wanted::of(&found.theirs, b.sketch.words()));
    let push = Message::Counts { entries, wanted };
    let Message::Counts { entries, wanted } = wire.send(&push) else { unreachable!() };
    let mut moved = entries.len();
    let asked = wanted.iter().flat_map(Wanted::ranges);
    let found = asked.flat_map(|range| b.words.range(range));
    let found: Vec<Entry> = found.map(|(_, entry)| entry.clone()).collect();
    b.merge(entries);
    moved += found.len();
    let push = Message::Counts { entries: found, wanted: None };
    let Message::Counts { entries, .. } = wire.send(&push) else { unreachable!() };
    a.merge(entries);
    moved
}
