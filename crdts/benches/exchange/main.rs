//! What an exchange of two replicas costs, by each question that settles it.
//!
//! `cargo bench -p gossiper-crdts --features serde --bench exchange`. An argument
//! chooses the types whose name contains it, `writers` what is said of writers; `--plot FILE` draws bytes against
//! differences for the largest states.
//!
//! The asker lacks d events of the other side. For a sketch of causal types the other
//! side has lost d atoms that its context claims, for that is what sketches are asked
//! for. States have gaps where one in fifty atoms, at most two thousand, was removed;
//! they are there beforehand, with their words and sketches.

mod plot;
mod session;
mod states;
#[expect(dead_code, reason = "the bench of times uses the rest")]
#[path = "../catalogue/subjects.rs"]
mod subjects;
#[expect(dead_code, reason = "the bench of times uses the rest")]
#[path = "../catalogue/table.rs"]
mod table;
mod ways;
mod writers;

use gossiper_crdts::{GSet, MvRegister, OrMap, OrSet, VersionedKv};
use session::Bill;
use states::Subject;
use table::Effort;
use ways::Way;

/// Numbers of events that are missed.
const MISSED: [u64; 6] = [0, 1, 10, 100, 1_000, 10_000];

/// One exchange of a type with so many elements.
pub(crate) struct Figure {
    subject: &'static str,
    n: u64,
    d: u64,
    way: Way,
    bill: Bill,
}

fn main() {
    let effort = Effort::asked_for();
    let mut arguments = std::env::args().skip(1);
    let (mut chosen, mut plot) = (None, None);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--plot" => plot = arguments.next(),
            option if option.starts_with('-') => {}
            _ => chosen = Some(argument),
        }
    }
    let mut figures = Vec::new();
    let mut measure = |subject: &str, run: fn(Effort) -> Vec<Figure>| {
        if chosen.as_ref().is_none_or(|chosen| subject.contains(chosen.as_str())) {
            figures.extend(run(effort));
        }
    };
    measure(GSet::<u64>::NAME, rows::<GSet<u64>>);
    measure(OrSet::<u64>::NAME, rows::<OrSet<u64>>);
    measure(OrMap::<u64, MvRegister<u64>>::NAME, rows::<OrMap<u64, MvRegister<u64>>>);
    measure(VersionedKv::<u64, u64>::NAME, rows::<VersionedKv<u64, u64>>);
    if chosen.as_ref().is_none_or(|chosen| "writers".contains(chosen.as_str())) {
        let most = if effort.runs > 1 { u64::MAX } else { 100 };
        writers::print(most);
    }
    if let Some(path) = plot {
        plot::draw(&path, &figures).expect("the plot can be written");
        println!("\n{path} is drawn");
    }
}

/// Measures a type at all sizes, and prints its table.
fn rows<S: Subject>(effort: Effort) -> Vec<Figure> {
    let mut figures = Vec::new();
    println!("\n| {}, n | d | {} |", S::NAME, Way::ALL.map(Way::title).join(" | "));
    println!("|{}", " --- |".repeat(2 + Way::ALL.len()));
    for n in effort.sizes.iter().copied() {
        let base = S::filled(n);
        for d in MISSED.into_iter().filter(|d| *d <= n) {
            print!("| {n} | {d} |");
            for way in Way::ALL {
                let bill = ways::measure::<S>(&base, n, d, way, effort.runs);
                print!(" {} |", bill.as_ref().map_or("–".into(), Bill::told));
                figures.extend(bill.map(|bill| Figure { subject: S::NAME, n, d, way, bill }));
            }
            println!();
        }
    }
    figures
}
