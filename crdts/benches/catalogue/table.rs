//! Rows of figures, as a table for people and for a page.

use std::hint::black_box;
use std::time::{Duration, Instant};

/// How much to measure.
#[derive(Clone, Copy)]
pub(crate) struct Effort {
    /// Numbers of elements.
    pub(crate) sizes: &'static [u64],
    /// The median of so many runs is taken.
    pub(crate) runs: usize,
}

impl Effort {
    /// `cargo bench` passes `--bench`; `cargo test --all-targets` only tries
    /// whether this runs.
    pub(crate) fn asked_for() -> Self {
        if std::env::args().any(|argument| argument == "--bench") {
            Self { sizes: &[1_000, 100_000, 1_000_000], runs: 7 }
        } else {
            Self { sizes: &[200], runs: 1 }
        }
    }
}

/// One line: ours beside theirs, in one unit.
pub(crate) struct Row {
    pub(crate) what: String,
    pub(crate) ours: Option<f64>,
    pub(crate) theirs: Option<f64>,
    /// At most this, if it is a promise.
    pub(crate) target: Option<f64>,
}

/// Prints rows of figures in `unit`.
pub(crate) fn print(title: &str, unit: &str, rows: &[Row]) {
    println!("\n| {title}, {unit} | gossiper | crdts 7.3 | times | target |");
    println!("| --- | --- | --- | --- | --- |");
    let figure = |value: Option<f64>| value.map_or("–".into(), short);
    for Row { what, ours, theirs, target } in rows {
        let times = ours.zip(*theirs).map(|(ours, theirs)| theirs / ours);
        let (ours, theirs, times) = (figure(*ours), figure(*theirs), figure(times));
        let target = target.map_or(String::new(), |target| format!("≤ {}", short(target)));
        println!("| {what} | {ours} | {theirs} | {times} | {target} |");
    }
}

/// Three digits, and commas between thousands.
fn short(value: f64) -> String {
    if value < 99.95 {
        return format!("{value:.*}", usize::from(value < 9.995) + usize::from(value < 99.95));
    }
    let digits = format!("{value:.0}");
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// The median of `runs` runs. Each makes a value, which is not timed, and hands
/// it to the timed part; what that returns is dropped outside.
pub(crate) fn median<T, R>(
    runs: usize,
    mut setup: impl FnMut() -> T,
    mut timed: impl FnMut(&mut T) -> R,
) -> Duration {
    let mut times: Vec<_> = (0..runs)
        .map(|_| {
            let mut value = setup();
            let start = Instant::now();
            let result = black_box(timed(&mut value));
            let time = start.elapsed();
            drop((result, value));
            time
        })
        .collect();
    middle(&mut times)
}

/// The median time of a step, and of dropping what it returns, over batches of
/// [`BATCH`]: most batches end before another process gets the core.
pub(crate) fn median_step<T, R>(
    runs: usize,
    steps: u64,
    mut setup: impl FnMut() -> T,
    mut step: impl FnMut(&mut T, u64) -> R,
) -> f64 {
    let mut times = Vec::new();
    for _ in 0..runs {
        let mut value = setup();
        for first in (0..steps).step_by(BATCH as usize) {
            let batch = first..steps.min(first + BATCH);
            let start = Instant::now();
            batch.clone().for_each(|number| drop(black_box(step(&mut value, number))));
            times.push(start.elapsed() / (batch.end - batch.start) as u32 * BATCH as u32);
        }
    }
    ns_each(middle(&mut times), BATCH)
}

const BATCH: u64 = 250;

fn middle(times: &mut [Duration]) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

/// Nanoseconds for each of `count` steps.
pub(crate) fn ns_each(time: Duration, count: u64) -> f64 {
    time.as_nanos() as f64 / count as f64
}
