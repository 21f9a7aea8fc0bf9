//! Cases that failed are tried first the next time.
//!
//! They stand in a file beside the crate under test, one line each: the type,
//! the law, the seed and the case. Check it in, and everybody's next run begins
//! with what once failed.

use std::fmt::Display;
use std::fs;
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::sync::Once;

/// The file, in the folder of the crate whose tests run.
const FILE: &str = "gossiper-check-regressions.txt";

/// What stands in the place of a law for the cases of the fault engine.
pub(crate) const FAULTS: &str = "fault schedules";

/// Where failures are kept; `None` when the tests are not run by cargo, which
/// says where the crate is.
fn path() -> Option<PathBuf> {
    std::env::var_os("CARGO_MANIFEST_DIR").map(|folder| PathBuf::from(folder).join(FILE))
}

/// The cases of `law` that failed before, under the same seed. Lines that say
/// nothing are passed over, with a note.
pub(crate) fn remembered(type_name: &str, law: impl Display, seed: u64) -> Vec<u64> {
    static NOTED: Once = Once::new();
    let Some(text) = path().and_then(|path| fs::read_to_string(path).ok()) else {
        return Vec::new();
    };
    let (cases, damaged) = read(&text, &prefix(type_name, law, seed));
    if !damaged.is_empty() {
        NOTED.call_once(|| {
            for number in damaged {
                let _ = writeln!(io::stderr(), "{FILE}:{number}: not understood, passed over");
            }
        });
    }
    cases
}

/// The cases after `prefix` in a file, and the numbers of the lines that are of
/// no such form.
fn read(text: &str, prefix: &str) -> (Vec<u64>, Vec<usize>) {
    let (mut cases, mut damaged) = (Vec::new(), Vec::new());
    for (number, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let case = line.rsplit_once(" | case ").and_then(|(_, case)| case.parse().ok());
        match case {
            Some(case) if line.strip_suffix(&format!("{case}")) == Some(prefix) => {
                cases.push(case);
            }
            Some(_) if line.split(" | ").count() >= 4 => {}
            _ => damaged.push(number + 1),
        }
    }
    cases.dedup();
    (cases, damaged)
}

/// Notes that a case failed. What cannot be written is only not remembered.
pub(crate) fn remember(type_name: &str, law: impl Display, seed: u64, case: u64) {
    let prefix = prefix(type_name, law, seed);
    let text = path().and_then(|path| fs::read_to_string(path).ok()).unwrap_or_default();
    if !read(&text, &prefix).0.contains(&case) {
        // A line that somebody cut short must not swallow this one.
        let start = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
        let _ = append(&format!("{start}{prefix}{case}\n"));
    }
}

/// In one piece: other tests write to the same file.
fn append(line: &str) -> io::Result<()> {
    let path = path().ok_or(io::ErrorKind::NotFound)?;
    let mut file = fs::OpenOptions::new().create(true).append(true).open(path)?;
    file.write_all(line.as_bytes())
}

fn prefix(type_name: &str, law: impl Display, seed: u64) -> String {
    format!("{type_name} | {law} | seed {seed} | case ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Law;

    #[test]
    fn damaged_lines_are_passed_over_and_named() {
        let text = "# kept by hand\n\
                    a::Set | no loss | seed 0 | case 7\n\
                    a::Set | no loss | seed 0 | ca\n\
                    a::Set | no loss | seed 1 | case 8\n\
                    a::Set | fault schedules | seed 0 | case 9\n\
                    \u{0}\u{1}\n\
                    a::Set | no loss | seed 0 | case -4\n\
                    a::Set | no loss | seed 0 | case 18446744073709551615";
        let (cases, damaged) = read(text, &prefix("a::Set", Law::NoLoss, 0));
        assert_eq!((cases, damaged), (vec![7, u64::MAX], vec![3, 6, 7]));
        assert_eq!(read(text, &prefix("a::Set", FAULTS, 0)).0, [9]);
    }
}
