//! The instrument against published tables: Demers et al., *Epidemic algorithms
//! for replicated database maintenance*, PODC 1987, tables 1 to 3.
//!
//! `cargo bench -p gossiper-sim --bench demers` prints them side by side, over
//! more runs.

#[path = "support/epidemic.rs"]
mod epidemic;

use epidemic::{Contacts, Direction, Epidemic, Interest, Line, Measured, measure};

const RUNS: u64 = 24;

/// A published residue below this is not measured in so many runs: an upper
/// bound has to do.
const RARE: f64 = 1e-4;

/// Checks each figure of a table: what is published and what is measured differ
/// by no more than the rounding in print and four standard errors of their
/// difference. The paper does not say over how many runs it averaged; as many
/// as here are assumed. One figure in 16,000 is farther off by chance.
fn check(lines: &[Line]) {
    for Line { epidemic, published, rounding } in lines {
        let Measured { mean, standard_error } = measure(*epidemic, RUNS);
        let figures = mean.each().into_iter().zip(published.each());
        let bounds = rounding.each().into_iter().zip(standard_error.each());
        for (((name, mean), (_, published)), ((_, rounding), (_, error))) in figures.zip(bounds) {
            if published < RARE {
                assert!(mean < RARE, "{epidemic:?}: {name} {mean}, should be {published}");
                continue;
            }
            let bound = rounding + 4.0 * error * 2_f64.sqrt();
            let off = (mean - published).abs();
            assert!(off < bound, "{epidemic:?}: {name} {mean} ± {error}, published {published}");
        }
    }
}

#[test]
fn push_with_feedback_and_counter_is_as_published() {
    check(&epidemic::table_1());
}

#[test]
fn blind_push_with_coin_is_as_published() {
    check(&epidemic::table_2());
}

#[test]
fn pull_with_feedback_and_counter_is_as_published() {
    check(&epidemic::table_3());
}

/// With contacts one by one, the differential equations of the paper hold:
/// `s = e^-2(1-s)` for `k` = 1, the positive root of which is 0.2032. So the
/// bounds above are not so wide that they would not tell the two apart.
#[test]
fn contacts_one_by_one_follow_the_differential_equations() {
    let interest = Interest::Counter(1);
    let push = |contacts| Epidemic { direction: Direction::Push, interest, contacts };
    let one_by_one = measure(push(Contacts::OneByOne), 60);
    let (residue, error) = (one_by_one.mean.residue, one_by_one.standard_error.residue);
    assert!((residue - 0.2032).abs() < 4.0 * error, "{residue} ± {error}");
    let at_once = measure(push(Contacts::AtOnce), 60);
    assert!(residue - at_once.mean.residue > 8.0 * error, "{}", at_once.mean.residue);
}
