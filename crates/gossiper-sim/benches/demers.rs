//! Tables 1 to 3 of Demers et al., PODC 1987, beside what the simulator makes of
//! them.
//!
//! `cargo bench -p gossiper-sim --bench demers -- [runs]`

#[path = "../tests/support/epidemic.rs"]
mod epidemic;

use epidemic::{Interest, Line, Measured, measure};

fn main() {
    // `cargo bench` passes `--bench`; `cargo test --all-targets` only tries
    // whether this runs.
    let measured = std::env::args().any(|argument| argument == "--bench");
    let argument = std::env::args().skip(1).find(|argument| argument != "--bench");
    let runs = match argument {
        Some(number) => number.parse().expect("the argument is a number"),
        None => {
            if measured {
                1_000
            } else {
                2
            }
        }
    };
    println!("{} sites, {runs} runs; published, then measured ± standard error", epidemic::SITES);
    print_table("push, feedback and counter", &epidemic::table_1(), runs);
    print_table("push, blind and coin", &epidemic::table_2(), runs);
    print_table("pull, feedback and counter", &epidemic::table_3(), runs);
}

fn print_table(name: &str, lines: &[Line], runs: u64) {
    println!("\n| {name}: k | residue | traffic | average delay | last delay |");
    println!("| --- | --- | --- | --- | --- |");
    for Line { epidemic, published, .. } in lines {
        let (Interest::Counter(k) | Interest::Coin(k)) = epidemic.interest;
        let Measured { mean, standard_error } = measure(*epidemic, runs);
        print!("| {k} |");
        let figures = published.each().into_iter().zip(mean.each()).zip(standard_error.each());
        for (((_, published), (_, mean)), (_, error)) in figures {
            print!(" {published}: {} ± {} |", short(mean), short(error));
        }
        println!();
    }
}

/// Three digits that count.
fn short(figure: f64) -> String {
    match figure {
        0.0 => "0".to_owned(),
        tiny if tiny < 1e-3 => format!("{tiny:.1e}"),
        small if small < 0.1 => format!("{small:.4}"),
        small if small < 1.0 => format!("{small:.3}"),
        _ => format!("{figure:.2}"),
    }
}
