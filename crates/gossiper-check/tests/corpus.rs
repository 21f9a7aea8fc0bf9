//! The toolkit's own test: types that are known to be wrong, each caught by the
//! law that names its bug, and types that look wrong and are right.
//!
//! `CORPUS.md` has both as tables; to measure them again:
//! `cargo test -p gossiper-check --test corpus -- --ignored print_table --nocapture`.

mod corpus {
    pub(crate) mod entry;
    pub(crate) mod minimal;
    pub(crate) mod or_set;
    pub(crate) mod whole_state;

    pub(crate) mod broken {
        pub(crate) mod bytes_and_order;
        pub(crate) mod counters;
        pub(crate) mod fingerprints;
        pub(crate) mod pieces;
        pub(crate) mod registers;
        pub(crate) mod sets;
    }

    pub(crate) mod correct {
        pub(crate) mod sets;
        pub(crate) mod values;
    }
}

use std::time::{Duration, Instant};

use corpus::entry::{Broken, Correct};
use corpus::{broken, correct};
use gossiper_check::{Law, Scope};

fn all_broken() -> impl Iterator<Item = &'static Broken> {
    broken::counters::ENTRIES
        .iter()
        .chain(broken::sets::ENTRIES)
        .chain(broken::registers::ENTRIES)
        .chain(broken::bytes_and_order::ENTRIES)
        .chain(broken::fingerprints::ENTRIES)
        .chain(broken::pieces::ENTRIES)
}

fn all_correct() -> impl Iterator<Item = &'static Correct> {
    correct::sets::ENTRIES.iter().chain(correct::values::ENTRIES)
}

/// Small enough for a debug build.
const SMALL: Scope =
    Scope { replicas: 2, operations: 2, alphabet: 3, crashes: 1, max_situations: 10_000 };

/// One test for each entry, so that a failure names it.
macro_rules! tests {
    ($list:ident in $module:ident, $all:ident, $test:expr; $($name:ident),+ $(,)?) => {
        const $list: &[&str] = &[$(stringify!($name)),+];

        mod $module {
            $(
                #[test]
                fn $name() {
                    let mut all = super::$all();
                    let entry = all.find(|entry| entry.name == stringify!($name));
                    $test(entry.expect("the entry is in the corpus"));
                }
            )+
        }
    };
}

tests!(BROKEN in is_caught, all_broken, super::is_caught;
    sum_counter, delta_says_add, shared_integer, everybody_is_zero, identity_from_backup,
    wrapping_counter, saturating_counter, total_overflows, counter_in_a_map, stock_sold_twice,
    delta_forgets_a_field, digest_is_the_value, always_changed, always_unchanged, average,
    forgets_context, highest_as_context, truncated_delta_whole_context, both_sides_keep_all_dots,
    delta_without_removals, context_before_payload, atoms_without_removals, answers_its_own_digest,
    digest_without_live_dots, remove_wins_in_name_only, add_wins_in_name_only, tombstones_expire,
    two_phase_set_with_readd, readd_brings_back_values, removal_without_mark, recent_by_arrival,
    digest_of_8_bits, gap_below_the_highest, top_2_with_removal,
    no_tie_break, tie_keeps_own, merge_overwrites, longest_wins, superseded_values_stay,
    nan_is_not_ordered, two_zeros, version_vector_overwritten, clock_behind,
    list_by_arrival, interleaved_inserts, parent_must_be_here, index_from_outside,
    decode_trusts_the_order, encoded_by_hash_order, encoded_by_insertion_order,
    field_is_not_stored, any_of_a_hash_set, global_counter,
    fingerprint_of_the_keys, upkeep_forgets_removals, hash_of_the_id_alone,
    piece_covers_everything, the_last_delta_replaces_the_others,
);

tests!(CORRECT in passes, all_correct, super::passes;
    or_set, remove_wins_set, register_that_shrinks, no_digest, contiguous_digest,
    delta_larger_than_needed, lazily_compacted, run_lengths, huge_values, top_3,
    counter_beside_set, shipped_g_counter, shipped_g_set, shipped_versioned_kv,
    lww_with_tie_break, smallest_wins, nothing, flag, delta_is_the_state, largest_float,
    bounded_by_rights,
);

fn is_caught(entry: &Broken) {
    let found = (entry.check)().law(entry.law);
    let Some(found) = found else {
        let (report, _) = (entry.check)().laws();
        panic!("{} holds \"{}\", although {}\n{report}", entry.name, entry.law, entry.bug);
    };
    println!("{}", found.printed);
}

fn passes(entry: &Correct) {
    let check = (entry.check)();
    let (report, broken) = check.laws();
    assert!(broken.is_empty(), "{} is right: {}\n{report}", entry.name, entry.unusual);
    if let Some(found) = check.scope(SMALL).found {
        panic!("{} is right: {}\n{}", entry.name, entry.unusual, found.printed);
    }
}

#[test]
fn the_corpus_is_as_large_as_it_should_be_and_every_entry_has_a_test() {
    let names: Vec<&str> = all_broken().map(|entry| entry.name).collect();
    assert_eq!(names, BROKEN);
    assert!(names.len() >= 30, "{} broken types", names.len());
    let names: Vec<&str> = all_correct().map(|entry| entry.name).collect();
    assert_eq!(names, CORRECT);
    assert!(names.len() >= 12, "{} correct types", names.len());
}

#[test]
fn every_law_but_growth_is_the_name_of_some_bug() {
    let unnamed: Vec<&Law> =
        Law::ALL.iter().filter(|law| !all_broken().any(|entry| entry.law == **law)).collect();
    assert_eq!(unnamed, [&Law::Growth]);
}

/// Nothing can be taken from what is shown. (What differs from one run to the
/// next cannot be held to it.)
#[test]
fn counterexamples_are_local_minima() {
    let random = [Law::Determinism, Law::CanonicalEncoding];
    for entry in all_broken().filter(|entry| !random.contains(&entry.law)) {
        let smaller = (entry.check)().smaller_history(entry.law);
        assert_eq!(smaller, None, "{}", entry.name);
    }
}

#[test]
fn fault_schedules_are_local_minima() {
    let names = [
        "delta_says_add",
        "counter_in_a_map",
        "stock_sold_twice",
        "both_sides_keep_all_dots",
        "removal_without_mark",
        "delta_without_removals",
        "digest_without_live_dots",
        "gap_below_the_highest",
        "tie_keeps_own",
    ];
    for entry in all_broken().filter(|entry| names.contains(&entry.name)) {
        let (law, smaller) = (entry.check)().smaller_plan();
        assert!(law.is_some(), "{} breaks no law under faults", entry.name);
        assert_eq!(smaller, None, "{}", entry.name);
    }
}

/// What fault schedules find of the broken types: shown with `--nocapture`.
#[test]
#[ignore = "prints what fault schedules find"]
fn print_fault_schedules() {
    for entry in all_broken() {
        let start = Instant::now();
        let (law, _) = (entry.check)().smaller_plan();
        println!("{:32} {:?} ({:.2?})", entry.name, law, start.elapsed());
    }
}

/// What the small scope finds of the broken types: shown with `--nocapture`.
#[test]
fn the_small_scope_finds_most_bugs_too() {
    let mut caught = 0;
    for entry in all_broken() {
        let visited = (entry.check)().scope(SMALL);
        caught += usize::from(visited.found.is_some());
        println!("{:32} {}", entry.name, scope_column(&visited));
    }
    println!("{caught} of {} are found in a small scope", all_broken().count());
    assert!(caught * 2 > all_broken().count(), "{caught} are found");
}

fn scope_column(visited: &corpus::entry::Visited) -> String {
    match &visited.found {
        Some(found) => format!("{} ({})", found.law, found.steps),
        None if visited.exhausted => format!("nothing in {} situations", visited.situations),
        None => format!("nothing in the first {} situations", visited.situations),
    }
}

#[test]
#[ignore = "prints the tables of CORPUS.md"]
fn print_table() {
    println!(
        "| broken type | the bug, and where it happened | caught by | smallest history (steps) | in a small scope |"
    );
    println!("| --- | --- | --- | --- | --- |");
    for Broken { name, bug, wild, law, check } in all_broken() {
        let steps = check().law(*law).map_or(0, |found| found.steps);
        let scope = scope_column(&check().scope(SMALL));
        println!("| `{name}` | {bug} ({wild}) | {law} | {steps} | {scope} |");
    }
    println!();
    println!("| correct type | why it is unusual | situations in the small scope |");
    println!("| --- | --- | --- |");
    for Correct { name, unusual, check } in all_correct() {
        println!("| `{name}` | {unusual} | {} |", check().scope(SMALL).situations);
    }
}

/// The entries whose counterexamples CORPUS.md shows.
const SHOWN: [&str; 5] = [
    "delta_says_add",
    "both_sides_keep_all_dots",
    "gap_below_the_highest",
    "counter_in_a_map",
    "truncated_delta_whole_context",
];

fn shown() -> impl Iterator<Item = (&'static str, String)> {
    SHOWN.into_iter().map(|name| {
        let entry = all_broken().into_iter().find(|entry| entry.name == name);
        let entry = entry.expect("the corpus has it");
        let found = (entry.check)().law(entry.law).expect("the corpus is caught");
        (name, found.printed)
    })
}

#[test]
fn the_counterexamples_in_the_docs_are_as_printed() {
    let docs = include_str!("../CORPUS.md");
    for (name, printed) in shown() {
        assert!(docs.contains(&printed), "CORPUS.md shows another counterexample of {name}");
    }
}

#[test]
#[ignore = "prints the counterexamples of CORPUS.md"]
fn print_counterexamples() {
    for (name, printed) in shown() {
        println!("### `{name}`\n\n```text\n{printed}```\n");
    }
}

#[test]
#[ignore = "prints times"]
fn print_times() {
    let mut total = Duration::ZERO;
    for entry in all_correct() {
        let check = (entry.check)();
        let start = Instant::now();
        let _ = check.laws();
        let laws = start.elapsed();
        let visited = check.scope(SMALL);
        println!(
            "{:28} laws {laws:8.2?}   small scope {:8.2?} for {} situations",
            entry.name, visited.took, visited.situations
        );
        total += laws;
    }
    println!("{total:.2?} in all");
}
