//! Rows of a keyed type beside its peer.

use std::hint::black_box;

use gossiper_core::{CausalContext, Replicated};

use crate::subjects::{Key, Keyed, Ours, Theirs, mix};
use crate::table::{Effort, Row, median, median_step, ns_each};

/// What is measured of a state of one size, in nanoseconds.
struct Times {
    add: f64,
    remove: f64,
    contains: f64,
    take_in_100: f64,
    merge_100: f64,
}

fn times<K: Key, S: Keyed<K>>(n: u64, runs: usize) -> Times {
    let state = S::filled(n);
    let steps = (n / 4).min(20_000);
    let fresh = (0..steps).map(|step| K::of(n + step)).collect::<Vec<_>>();
    // In no order, and other ones in each run.
    let mut run = 0;
    let mut there = || {
        run += 1;
        (0..steps).map(|step| K::of(mix(run * steps + step) % n)).collect::<Vec<_>>()
    };
    let add = median_step(
        runs,
        steps,
        || (state.clone(), fresh.clone().into_iter()),
        |(state, fresh), _| fresh.next().map(|key| state.add(key)),
    );
    let remove = median_step(
        runs,
        steps,
        || (state.clone(), there()),
        |(state, there), step| state.remove(&there[step as usize]),
    );
    let contains = median_step(runs, steps, &mut there, |there, step| {
        assert!(state.contains(black_box(&there[step as usize])));
    });
    let mut other = state.at(2);
    let news = other.add_all((0..100).map(|number| K::of(!number)));
    let take_in = median(
        runs * 3,
        || (state.clone(), Some(news.clone())),
        |(state, news)| news.take().map(|news| state.take_in(news)),
    );
    let whole = other.whole();
    let merge = median(
        runs,
        || (state.clone(), Some(whole.clone())),
        |(state, whole)| whole.take().map(|whole| state.merge(whole)),
    );
    Times { add, remove, contains, take_in_100: ns_each(take_in, 1), merge_100: ns_each(merge, 1) }
}

/// News of 100 for a version vector, in nanoseconds.
fn news<K: Key>(n: u64, runs: usize) -> f64 {
    let mut state = Ours::<K>::filled(n);
    let known = CausalContext::from(&state.state.context().contiguous());
    state.add_all((0..100).map(|number| K::of(!number)));
    let time = median(
        runs * 3,
        || (),
        |()| {
            let news = state.news(black_box(&known));
            assert_eq!(news.len(), 100);
            news
        },
    );
    ns_each(time, 1)
}

/// An answer of 100 to the digest of a replica that has the rest, after one in 50
/// was removed, in nanoseconds.
fn answer<K: Key>(n: u64, runs: usize) -> f64 {
    let mut state = Ours::<K>::filled(n);
    (0..n / 50).for_each(|number| drop(state.remove(&K::of(mix(number) % n))));
    let digest = state.state.digest();
    state.add_all((0..100).map(|number| K::of(!number)));
    ns_each(median(runs * 3, || (), |()| state.state.delta(black_box(&digest))), 1)
}

/// The times of the set at all sizes, in nanoseconds. Targets are for the
/// largest.
pub(crate) fn rows<K: Key>(effort: Effort, targets: [Option<f64>; 7]) -> Vec<Row> {
    let mut rows = beside::<K, Ours<K>, Theirs<K>>(effort, &targets[..5]);
    for n in effort.sizes.iter().copied() {
        let figures = [
            ("news of 100 for a version vector", news::<K>(n, effort.runs)),
            ("answer of 100 to a digest", answer::<K>(n, effort.runs)),
        ];
        for ((what, ours), target) in figures.into_iter().zip(&targets[5..]) {
            let (what, target) = (format!("{what}, {n}"), target.filter(|_| n >= 1_000_000));
            rows.push(Row { what, ours: Some(ours), theirs: None, target });
        }
    }
    rows
}

/// The times of a type and its peer at all sizes, in nanoseconds.
pub(crate) fn beside<K: Key, A: Keyed<K>, B: Keyed<K>>(
    effort: Effort,
    targets: &[Option<f64>],
) -> Vec<Row> {
    let mut rows = Vec::new();
    for n in effort.sizes.iter().copied() {
        let (ours, theirs) = (times::<K, A>(n, effort.runs), times::<K, B>(n, effort.runs));
        let figures = [
            ("add", ours.add, theirs.add),
            ("remove", ours.remove, theirs.remove),
            ("contains", ours.contains, theirs.contains),
            ("delta of 100, theirs 100 operations", ours.take_in_100, theirs.take_in_100),
            ("merge of whole states, 100 differences", ours.merge_100, theirs.merge_100),
        ];
        for (place, (what, ours, theirs)) in figures.into_iter().enumerate() {
            let target = targets.get(place).copied().flatten().filter(|_| n >= 1_000_000);
            let what = format!("{what}, {n}");
            rows.push(Row { what, ours: Some(ours), theirs: Some(theirs), target });
        }
    }
    let n = effort.sizes.iter().copied().max().unwrap_or(0).min(100_000);
    let what = format!("add, each of {n} in one transaction");
    let (ours, theirs) = (at_once::<K, A>(n, effort.runs), at_once::<K, B>(n, effort.runs));
    rows.push(Row { what, ours: Some(ours), theirs: Some(theirs), target: None });
    rows
}

/// Adding a key, of `n` that are added to the empty state by one transaction, in
/// nanoseconds.
fn at_once<K: Key, S: Keyed<K>>(n: u64, runs: usize) -> f64 {
    let keys = (0..n).map(K::of).collect::<Vec<_>>();
    let time = median(
        runs,
        || (S::new(1), Some(keys.clone())),
        |(state, keys)| keys.take().map(|keys| state.add_all(keys.into_iter())),
    );
    ns_each(time, n)
}
