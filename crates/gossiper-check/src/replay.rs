//! Counterexamples as tests without randomness.

use std::fmt::{self, Debug, Write as _};

use crate::engine::kind;
use crate::history::{History, Restart, Step};
use crate::law::Law;
use crate::laws::{Violation, violation};
use crate::report::{Counterexample, short};
use crate::subject::{Check, Subject};

impl<O> History<O> {
    /// A history of `replicas` replicas in which nothing has happened.
    #[must_use]
    pub const fn new(replicas: usize) -> Self {
        Self { replicas, steps: Vec::new() }
    }

    /// Replica `at` performs `op`; its delta is the next message, from 0.
    #[must_use]
    pub fn op(self, at: usize, op: O) -> Self {
        let made = self.steps.iter().filter(|step| matches!(step, Step::Op { .. })).count();
        self.then(Step::Op { at, message: made, op })
    }

    /// Replica `to` merges message number `message`.
    #[must_use]
    pub fn deliver(self, message: usize, to: usize) -> Self {
        self.then(Step::Deliver { message, to })
    }

    /// Replica `to` sends its digest to `from` and merges the answer.
    #[must_use]
    pub fn pull(self, from: usize, to: usize) -> Self {
        self.then(Step::Pull { from, to })
    }

    /// The host of replica `at` takes a backup.
    #[must_use]
    pub fn backup(self, at: usize) -> Self {
        self.then(Step::Backup { at })
    }

    /// Replica `at` crashes and starts again.
    #[must_use]
    pub fn crash(self, at: usize, restart: Restart) -> Self {
        self.then(Step::Crash { at, restart })
    }

    fn then(mut self, step: Step<O>) -> Self {
        self.steps.push(step);
        self
    }
}

impl<S: Subject, O: Clone + Debug + 'static> Check<S, O> {
    /// Carries out one history and checks one law: what a regression test does.
    #[must_use]
    pub fn replay(&self, law: Law, history: &History<O>) -> Option<Violation> {
        violation(self, history, law)
    }

    /// Carries out one history, checks one law, and panics with the whole
    /// counterexample if it is broken.
    ///
    /// # Panics
    ///
    /// If the law is broken.
    pub fn assert_replay(&self, law: Law, history: &History<O>) {
        if let Some(violation) = self.replay(law, history) {
            panic!("\n{}", self.told(history.clone(), violation, 0));
        }
    }
}

/// A counterexample as Rust.
pub(crate) struct Regression<'a, O>(pub(crate) &'a Counterexample<O>);

impl<O: Debug> fmt::Display for Regression<'_, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let History { replicas, steps } = &self.0.history;
        let law = self.0.violation.law;
        let restarts = steps.iter().any(|step| matches!(step, Step::Crash { .. }));
        let names = ["History", "Law", "Restart"];
        let names = if restarts { &names[..] } else { &names[..2] };
        let ops = steps.iter().filter_map(|step| match step {
            Step::Op { op, .. } => Some(op),
            _ => None,
        });
        write_test(f, (&snake(&format!("{law:?}")), self.0.source.as_deref()), names, ops, |f| {
            write!(f, "let history = History::new({replicas})")?;
            for step in steps {
                write!(f, "\n    ")?;
                match step {
                    Step::Op { at, op, .. } => write!(f, ".op({at}, {})", rust(op))?,
                    Step::Deliver { message, to } => write!(f, ".deliver({message}, {to})")?,
                    Step::Pull { from, to } => write!(f, ".pull({from}, {to})")?,
                    Step::Backup { at } => write!(f, ".backup({at})")?,
                    Step::Crash { at, restart } => write!(f, ".crash({at}, Restart::{restart:?})")?,
                }
            }
            writeln!(f, ";")?;
            writeln!(f, "check.assert_replay(Law::{law:?}, &history);")
        })
    }
}

/// A test to paste: a whole one where it is known how the check is made, as
/// [`check!`](crate::check) knows, and its body otherwise.
pub(crate) fn write_test<'o, O: Debug + 'o>(
    f: &mut fmt::Formatter<'_>,
    (name, source): (&str, Option<&str>),
    names: &[&str],
    ops: impl Iterator<Item = &'o O>,
    body: impl FnOnce(&mut String) -> fmt::Result,
) -> fmt::Result {
    let mut lines = String::new();
    let mut names: Vec<&str> = names.to_vec();
    names.extend(source.is_some().then_some("Check"));
    names.sort_unstable();
    writeln!(lines, "use gossiper::check::{{{}}}; // or gossiper_check::…", names.join(", "))?;
    if let Some(variants) = variants(ops) {
        writeln!(lines, "use {variants}::*;")?;
    }
    if let Some(source) = source {
        writeln!(lines, "let check = {source};")?;
    }
    body(&mut lines)?;
    if source.is_none() {
        return lines.lines().try_for_each(|line| writeln!(f, "    {line}"));
    }
    writeln!(f, "    #[test]\n    fn {name}_once_failed() {{")?;
    lines.lines().try_for_each(|line| writeln!(f, "        {line}"))?;
    writeln!(f, "    }}")
}

/// The enum whose variants operations show as, if they are of one.
fn variants<'o, O: Debug + 'o>(mut ops: impl Iterator<Item = &'o O>) -> Option<String> {
    let shown = short(std::any::type_name::<O>());
    let name = shown.split('<').next().unwrap_or_default();
    let is_name = |word: &str| word.starts_with(|c: char| c.is_alphabetic() && c.is_uppercase());
    let of_enum = |op: &O| {
        let kind = kind(op);
        is_name(&format!("{op:?}")) && kind != name
    };
    (is_name(name) && ops.any(of_enum)).then(|| name.to_owned())
}

/// An operation as Rust: as it shows itself, but texts are of the type that they
/// are needed as.
pub(crate) fn rust<O: Debug>(op: &O) -> String {
    let shown = format!("{op:?}");
    let mut rust = String::new();
    let mut chars = shown.chars().peekable();
    let mut in_text = false;
    while let Some(c) = chars.next() {
        rust.push(c);
        match c {
            '\\' if in_text => rust.extend(chars.next()),
            '"' => {
                in_text = !in_text;
                if !in_text {
                    rust.push_str(".into()");
                }
            }
            // A quote that is a character opens no text.
            '\'' if !in_text && chars.peek() == Some(&'"') => rust.extend(chars.next()),
            _ => {}
        }
    }
    rust
}

/// The name of a law as that of a test.
pub(crate) fn snake(name: &str) -> String {
    let mut snake = String::new();
    for c in name.chars() {
        if c.is_uppercase() && !snake.is_empty() {
            snake.push('_');
        }
        snake.extend(c.to_lowercase());
    }
    snake
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    #[expect(dead_code, reason = "shown")]
    enum Op {
        Add(u8),
    }

    #[derive(Debug)]
    #[expect(dead_code, reason = "shown")]
    struct Vote(u8);

    #[test]
    fn variants_need_an_import_and_structs_do_not() {
        assert_eq!(variants([Op::Add(1)].iter()).as_deref(), Some("Op"));
        assert_eq!(variants([Vote(1)].iter()), None);
        assert_eq!(variants([7_u8].iter()), None);
        assert_eq!(variants([Some(7_u8)].iter()).as_deref(), Some("Option"));
    }

    #[test]
    fn texts_are_printed_as_what_they_are_needed_as() {
        let op = ("a", 'b', '"', ["say \"c\"".to_owned()], 7, '\'', "d\\");
        let expected = r#"("a".into(), 'b', '"', ["say \"c\"".into()], 7, '\'', "d\\".into())"#;
        assert_eq!(rust(&op), expected);
        assert_eq!(rust(&Some(1)), "Some(1)");
    }

    #[test]
    fn laws_name_tests() {
        assert_eq!(snake("DeltaIsMutation"), "delta_is_mutation");
    }
}
