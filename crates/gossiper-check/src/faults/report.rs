//! What the fault engine found, for a person to read.

use std::fmt::{self, Debug};

use super::plan::Plan;
use crate::laws::Violation;
use crate::report::{short, write_sides};

/// What was found under faults.
#[derive(Clone, Debug)]
pub struct FaultReport<O> {
    /// The type, as the compiler names it.
    pub type_name: &'static str,
    /// Plans carried out.
    pub plans: u64,
    /// The faults that bit: how often each.
    pub bites: Bites,
    /// The smallest plan found that breaks a law, and how.
    pub counterexample: Option<(Plan<O>, Violation)>,
    /// The run of that plan, message by message.
    pub trace: Option<String>,
}

impl<O> FaultReport<O> {
    /// Rounds that replicas get to become equal once the network has healed.
    pub const LIVENESS_ROUNDS: u64 = 100;

    /// Whether nothing was found.
    #[must_use]
    pub const fn is_clean(&self) -> bool {
        self.counterexample.is_none()
    }
}

/// Faults that did something, over all plans.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bites {
    /// Messages lost by the network.
    pub lost: u64,
    /// Messages lost because the way was cut.
    pub cut: u64,
    /// Messages lost because the receiver was down.
    pub down: u64,
    /// Messages repeated.
    pub duplicated: u64,
    /// Messages delayed.
    pub delayed: u64,
    /// Messages reordered.
    pub reordered: u64,
    /// Crashes after which a replica kept its state.
    pub crashes_durable: u64,
    /// Crashes after which a replica had an older state.
    pub crashes_backup: u64,
    /// Crashes after which a replica had nothing.
    pub crashes_empty: u64,
}

impl<O: Debug> fmt::Display for FaultReport<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some((plan, violation)) = &self.counterexample else {
            writeln!(
                f,
                "{}: no law broken in {} fault schedules",
                short(self.type_name),
                self.plans
            )?;
            return write!(f, "  faults that bit: {}", self.bites);
        };
        let law = violation.law;
        writeln!(f, "{} breaks \"{law}\" under faults: {}", short(self.type_name), law.meaning())?;
        writeln!(f)?;
        writeln!(f, "the smallest schedule found (case {}):", self.plans - 1)?;
        write!(f, "{plan}")?;
        writeln!(f, "{}", violation.what)?;
        write_sides(f, violation.sides.as_ref())?;
        writeln!(f, "usual cause: {}", law.usual_cause())?;
        writeln!(f, "\nas a test that needs no other randomness:\n")?;
        write_regression(f, plan)?;
        if let Some(trace) = &self.trace {
            const LINES: usize = 60;
            writeln!(f, "\nwhat happened:")?;
            for line in trace.lines().take(LINES) {
                writeln!(f, "  {line}")?;
            }
            if trace.lines().count() > LINES {
                writeln!(f, "  …")?;
            }
        }
        Ok(())
    }
}

/// A plan as Rust.
fn write_regression<O: Debug>(f: &mut fmt::Formatter<'_>, plan: &Plan<O>) -> fmt::Result {
    let Plan { replicas, seed, loss, duplication, reordering, delay, actions } = plan;
    writeln!(f, "    use gossiper_check::{{Action::*, Plan, Restart::*}};")?;
    writeln!(f, "    let plan = Plan {{")?;
    writeln!(f, "        replicas: {replicas},")?;
    writeln!(f, "        seed: {seed},")?;
    writeln!(f, "        loss: {loss},")?;
    writeln!(f, "        duplication: {duplication},")?;
    writeln!(f, "        reordering: {reordering},")?;
    writeln!(f, "        delay: {delay},")?;
    writeln!(f, "        actions: vec![")?;
    for action in actions {
        writeln!(f, "            {action:?},")?;
    }
    writeln!(f, "        ],")?;
    writeln!(f, "    }};")?;
    writeln!(f, "    assert_eq!(check.replay_faults(&plan), None);")
}

impl fmt::Display for Bites {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { lost, cut, down, duplicated, delayed, reordered, .. } = self;
        let Self { crashes_durable, crashes_backup, crashes_empty, .. } = self;
        write!(
            f,
            "{lost} messages lost, {cut} cut off, {down} to crashed replicas, {duplicated} \
             repeated, {delayed} delayed, {reordered} reordered; {crashes_durable} crashes with \
             durable state, {crashes_backup} with a backup, {crashes_empty} with nothing"
        )
    }
}
