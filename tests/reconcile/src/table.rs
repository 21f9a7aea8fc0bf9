//! Figures as lines of a table.

use std::time::{Duration, Instant};

/// The median of `runs` runs, and what the last one returned.
pub fn timed<R>(runs: usize, mut run: impl FnMut() -> R) -> (Duration, R) {
    let mut times = Vec::new();
    let mut result = None;
    for _ in 0..runs {
        let start = Instant::now();
        result = Some(run());
        times.push(start.elapsed());
    }
    times.sort_unstable();
    (times[times.len() / 2], result.expect("there is at least one run"))
}

/// Bytes in three digits.
pub fn bytes(bytes: usize) -> String {
    scaled(bytes as f64, &[" B", " kB", " MB"])
}

/// A time in three digits.
pub fn time(time: Duration) -> String {
    scaled(time.as_nanos() as f64, &[" ns", " µs", " ms", " s"])
}

fn scaled(mut value: f64, units: &[&str]) -> String {
    let mut units = units.iter();
    let mut unit = units.next().copied().unwrap_or_default();
    for next in units {
        if value < 999.5 {
            break;
        }
        value /= 1000.0;
        unit = next;
    }
    let decimals = if unit == " B" || value >= 99.95 { 0 } else { 1 + usize::from(value < 9.995) };
    format!("{value:.decimals$}{unit}")
}
