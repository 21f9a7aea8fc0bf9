//! Cases that failed are tried first the next time.
//!
//! They stand in a file beside the crate under test, one line each: the type,
//! the law, the seed and the case. Check it in, and everybody's next run begins
//! with what once failed.

use std::fs;
use std::io::{self, Write as _};
use std::path::PathBuf;

use crate::law::Law;

/// The file, in the folder of the crate whose tests run.
const FILE: &str = "gossiper-check-regressions.txt";

/// Where failures of `type_name` are kept; `None` when the tests are not run by
/// cargo, which says where the crate is.
fn path() -> Option<PathBuf> {
    std::env::var_os("CARGO_MANIFEST_DIR").map(|folder| PathBuf::from(folder).join(FILE))
}

/// The cases of `law` that failed before, under the same seed.
pub(crate) fn remembered(type_name: &str, law: Law, seed: u64) -> Vec<u64> {
    let Some(text) = path().and_then(|path| fs::read_to_string(path).ok()) else {
        return Vec::new();
    };
    let prefix = prefix(type_name, law, seed);
    text.lines().filter_map(|line| line.strip_prefix(&prefix)?.trim().parse().ok()).collect()
}

/// Notes that a case failed. What cannot be written is only not remembered.
pub(crate) fn remember(type_name: &str, law: Law, seed: u64, case: u64) {
    if !remembered(type_name, law, seed).contains(&case) {
        let _ = append(&format!("{}{case}", prefix(type_name, law, seed)));
    }
}

fn append(line: &str) -> io::Result<()> {
    let path = path().ok_or(io::ErrorKind::NotFound)?;
    let mut file = fs::OpenOptions::new().create(true).append(true).open(path)?;
    writeln!(file, "{line}")
}

fn prefix(type_name: &str, law: Law, seed: u64) -> String {
    format!("{type_name} | {law} | seed {seed} | case ")
}
