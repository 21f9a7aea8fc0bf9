//! A history as a space-time diagram in text: one column a replica, time
//! downwards.

use std::fmt::{self, Debug};

use crate::history::{Restart, Step};
use crate::report::Shown;

/// States longer than this are cut in the diagram; the two that differ are
/// always shown whole.
const STATE_CHARS: usize = 48;

/// Writes one line a step: what was done at the replica's column, and the state
/// there afterwards.
pub(crate) fn write(f: &mut fmt::Formatter<'_>, replicas: usize, moments: &[Shown]) -> fmt::Result {
    let width =
        moments.iter().map(|moment| moment.label.chars().count()).max().unwrap_or(0).max(9) + 2;
    write!(f, "      ")?;
    for replica in 0..replicas {
        write!(f, "{:width$}", format!("replica {replica}"))?;
    }
    writeln!(f, "state there afterwards")?;
    for (number, moment) in moments.iter().enumerate() {
        write!(f, "{:4}  ", number + 1)?;
        for replica in 0..replicas {
            let cell = if replica == moment.at { moment.label.as_str() } else { "|" };
            write!(f, "{cell:width$}")?;
        }
        writeln!(f, "{}", cut(&moment.state))?;
    }
    Ok(())
}

fn cut(state: &str) -> String {
    if state.chars().count() <= STATE_CHARS {
        return state.to_owned();
    }
    state.chars().take(STATE_CHARS - 1).chain(['…']).collect()
}

/// The replica that a step happens at, and what it says in the diagram.
pub(crate) fn label<O: Debug>(step: &Step<O>) -> (usize, String) {
    match step {
        Step::Op { at, message, op } => (*at, format!("{op:?} → m{message}")),
        Step::Deliver { message, to } => (*to, format!("merges m{message}")),
        Step::Pull { from, to } => (*to, format!("pulls from {from}")),
        Step::Backup { at } => (*at, "backup".to_owned()),
        Step::Crash { at, restart: Restart::Durable } => (*at, "restarts".to_owned()),
        Step::Crash { at, restart: Restart::Backup } => (*at, "restarts from backup".to_owned()),
        Step::Crash { at, restart: Restart::Empty } => (*at, "restarts empty".to_owned()),
    }
}
