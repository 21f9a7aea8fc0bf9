//! Verdicts, and counterexamples that a person can read.

use std::fmt::{self, Debug};

use crate::coverage::Coverage;
use crate::diagram::{Picture, window};
use crate::history::History;
use crate::law::Law;
use crate::laws::Violation;

/// What was found of one law.
#[derive(Clone, Debug)]
pub struct LawReport<O> {
    /// The law.
    pub law: Law,
    /// Histories that were tried.
    pub histories: u64,
    /// Why the law could not be checked, if it could not.
    pub skipped: Option<&'static str>,
    /// The smallest history found that breaks it.
    pub counterexample: Option<Counterexample<O>>,
}

impl<O> LawReport<O> {
    /// Whether the law was checked and not broken.
    #[must_use]
    pub const fn holds(&self) -> bool {
        self.skipped.is_none() && self.counterexample.is_none()
    }
}

/// A history that breaks a law, and how.
#[derive(Clone, Debug)]
pub struct Counterexample<O> {
    /// The type, as the compiler names it.
    pub type_name: &'static str,
    /// The history.
    pub history: History<O>,
    /// What goes wrong.
    pub violation: Violation,
    /// The case that it was shrunk from.
    pub case: u64,
    /// The replicas' states after each step, for the diagram.
    pub(crate) moments: Vec<Shown>,
    /// How the check was made, as Rust, if that is known.
    pub(crate) source: Option<String>,
}

/// What a step did, to be shown: the column, and the state there.
#[derive(Clone, Debug)]
pub(crate) struct Shown {
    pub(crate) at: usize,
    pub(crate) label: String,
    pub(crate) state: String,
}

/// What was found of a type.
#[derive(Clone, Debug)]
pub struct Report<O> {
    /// The type, as the compiler names it.
    pub type_name: &'static str,
    /// Law by law.
    pub laws: Vec<LawReport<O>>,
    /// What was tried.
    pub coverage: Coverage,
}

impl<O> Report<O> {
    /// Whether no law was broken.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.laws.iter().all(|law| law.counterexample.is_none())
    }

    /// The laws that were broken, with the smallest histories found.
    pub fn broken(&self) -> impl Iterator<Item = &Counterexample<O>> {
        self.laws.iter().filter_map(|law| law.counterexample.as_ref())
    }
}

impl<O: Debug> fmt::Display for Report<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verdict = if self.is_clean() { "no law broken" } else { "does NOT converge" };
        writeln!(f, "{}: {verdict}", short(self.type_name))?;
        for law in &self.laws {
            match (&law.skipped, &law.counterexample) {
                (Some(why), _) => writeln!(f, "  {:24} not checked: {why}", law.law)?,
                (None, Some(_)) => writeln!(f, "  {:24} BROKEN", law.law)?,
                (None, None) => {
                    writeln!(f, "  {:24} holds in {} histories", law.law, law.histories)?;
                }
            }
        }
        self.coverage.write(f, "histories")?;
        for counterexample in self.broken() {
            write!(f, "\n{counterexample}")?;
        }
        Ok(())
    }
}

impl<O: Debug> fmt::Display for Counterexample<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Violation { law, step, what, sides } = &self.violation;
        writeln!(f, "{} breaks \"{law}\": {}", short(self.type_name), law.meaning())?;
        writeln!(f)?;
        write!(f, "{}", Picture::of_history(&self.history, &self.moments))?;
        writeln!(f)?;
        match step {
            Some(number) => write!(f, "after step {}: ", number + 1)?,
            None => write!(f, "after the last step: ")?,
        }
        writeln!(f, "{}", brief(what))?;
        write_sides(f, sides.as_ref())?;
        writeln!(f, "usual cause: {}", law.usual_cause())?;
        writeln!(f, "an example, and the fix: gossiper_check::guide::{}", law.page())?;
        writeln!(f)?;
        writeln!(f, "as a test that needs no randomness:")?;
        writeln!(f)?;
        write!(f, "{}", crate::replay::Regression(self))
    }
}

/// Longer texts are cut to the part that matters.
const TEXT_CHARS: usize = 160;

/// The beginning and the end of a long text.
pub(crate) fn brief(text: &str) -> String {
    let length = text.chars().count();
    if length <= 2 * TEXT_CHARS {
        return text.to_owned();
    }
    let end = text.chars().skip(length - TEXT_CHARS / 2);
    text.chars().take(TEXT_CHARS).chain(" … ".chars()).chain(end).collect()
}

/// Two texts, with the first place where they differ marked. Of long ones only
/// what surrounds that place is shown.
pub(crate) fn write_sides(
    f: &mut fmt::Formatter<'_>,
    sides: Option<&[(String, String); 2]>,
) -> fmt::Result {
    let Some([(left, a), (right, b)]) = sides else { return Ok(()) };
    let width = left.chars().count().max(right.chars().count());
    let same = a.chars().zip(b.chars()).take_while(|(x, y)| x == y).count();
    let [a, b] = if a.chars().count().max(b.chars().count()) <= TEXT_CHARS {
        [a.clone(), b.clone()]
    } else {
        let start = same.saturating_sub(TEXT_CHARS / 3);
        [a, b].map(|text| {
            let dots = if start > 0 { "…" } else { "" };
            let rest: String = text.chars().skip(start).collect();
            dots.to_owned() + &window(&rest, 0, TEXT_CHARS)
        })
    };
    writeln!(f, "  {left:width$}  {a}")?;
    writeln!(f, "  {right:width$}  {b}")?;
    let same = a.chars().zip(b.chars()).take_while(|(x, y)| x == y).count();
    writeln!(f, "  {:width$}  {}^ differs from here", "", " ".repeat(same))
}

/// A type's name without the modules that it and its arguments are in.
pub(crate) fn short(type_name: &str) -> String {
    let mut short = String::new();
    let mut word = String::new();
    for c in type_name.chars() {
        match c {
            ':' => word.clear(),
            _ if c.is_alphanumeric() || c == '_' => word.push(c),
            _ => {
                short.push_str(&std::mem::take(&mut word));
                short.push(c);
            }
        }
    }
    short + &word
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn type_names_are_shown_without_their_modules() {
        assert_eq!(short("a::b::Map<a::Key, [core::u8; 3]>"), "Map<Key, [u8; 3]>");
        assert_eq!(short("(x::Counter, y::z::Set<u8>)"), "(Counter, Set<u8>)");
    }
}
