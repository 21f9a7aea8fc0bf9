//! A history as a space-time diagram in text: one column a replica, time
//! downwards. What is drawn is a [`Picture`], and [`svg`](crate::svg) draws it
//! too.

use std::fmt::{self, Debug};

use crate::history::{History, Restart, Step};
use crate::report::Shown;

/// What happened where, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Picture {
    pub(crate) replicas: usize,
    /// What the numbers at the left count, if not the rows.
    pub(crate) time: &'static str,
    pub(crate) rows: Vec<Row>,
}

/// One thing that happened.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Row {
    /// When; `None` for what stands for many rows.
    pub(crate) time: Option<u64>,
    /// The replica; `None` for what concerns all.
    pub(crate) at: Option<usize>,
    pub(crate) label: String,
    /// The state there afterwards, if that is worth a look.
    pub(crate) state: Option<String>,
    pub(crate) arrow: Option<Arrow>,
}

/// A message of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Arrow {
    /// The replica at its other end.
    pub(crate) other: usize,
    /// The row that it was sent after.
    pub(crate) sent: Option<usize>,
    /// Whether it was lost, and then the row is the sender's.
    pub(crate) lost: bool,
}

/// States longer than this are cut in the diagram.
const STATE_CHARS: usize = 48;

/// Labels longer than this are cut, lest the columns stand too far apart.
const LABEL_CHARS: usize = 40;

impl Picture {
    /// The picture of a history, with what each step did.
    pub(crate) fn of_history<O>(history: &History<O>, moments: &[Shown]) -> Self {
        let row = |(number, (step, shown)): (usize, (&Step<O>, &Shown))| Row {
            time: Some(number as u64 + 1),
            at: Some(shown.at),
            label: shown.label.clone(),
            state: Some(shown.state.clone()),
            arrow: arrow(&history.steps, number, step),
        };
        let rows = history.steps.iter().zip(moments).enumerate().map(row).collect();
        Self { replicas: history.replicas, time: "", rows }
    }
}

/// Where the message of a step comes from: the operation that made it, or the
/// peer that answers at that moment.
fn arrow<O>(steps: &[Step<O>], number: usize, step: &Step<O>) -> Option<Arrow> {
    match step {
        Step::Deliver { message, .. } => steps.iter().enumerate().find_map(|(made, other)| {
            let Step::Op { at, message: own, .. } = other else { return None };
            (own == message).then_some(Arrow { other: *at, sent: Some(made), lost: false })
        }),
        Step::Pull { from, .. } => {
            Some(Arrow { other: *from, sent: number.checked_sub(1), lost: false })
        }
        _ => None,
    }
}

/// One line a row: what was done at the replica's column, and the state there
/// afterwards.
impl fmt::Display for Picture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let labels = self.rows.iter().filter(|row| row.at.is_some()).map(|row| cut(&row.label));
        let longest = labels.map(|label| label.chars().count()).max().unwrap_or(0);
        let width = longest.max(9) + 2;
        write!(f, "{:6}", self.time)?;
        for replica in 0..self.replicas {
            write!(f, "{:width$}", format!("replica {replica}"))?;
        }
        writeln!(f, "state there afterwards")?;
        let mut states = vec![""; self.replicas];
        for row in &self.rows {
            match row.time {
                Some(time) => write!(f, "{time:4}  ")?,
                None => write!(f, "   …  ")?,
            }
            let Some(at) = row.at else {
                writeln!(f, "{}", row.label)?;
                continue;
            };
            let state = row.state.as_deref().unwrap_or_default();
            let mut line = String::new();
            for replica in 0..self.replicas {
                let cell = if replica == at { cut(&row.label) } else { "|".to_owned() };
                line += &format!("{cell:width$}");
            }
            line += &cut_around(state, states.get(at).copied().unwrap_or_default());
            writeln!(f, "{}", line.trim_end())?;
            if let (Some(last), Some(state)) = (states.get_mut(at), &row.state) {
                *last = state;
            }
        }
        Ok(())
    }
}

/// A label without its middle, if it is too long: what it ends with is the message
/// that other lines speak of.
fn cut(label: &str) -> String {
    if label.chars().count() <= LABEL_CHARS {
        return label.to_owned();
    }
    let message = label.rfind(" → ").map_or("", |place| &label[place..]);
    let room = LABEL_CHARS.saturating_sub(1 + message.chars().count());
    label.chars().take(room).chain(['…']).chain(message.chars()).collect()
}

/// The part of a state in which it differs from what was there before.
fn cut_around(state: &str, before: &str) -> String {
    let same = state.chars().zip(before.chars()).take_while(|(a, b)| a == b).count();
    window(state, same, STATE_CHARS)
}

/// At most `width` characters of `text`, among them the one at `place`, with
/// dots for what is left out.
pub(crate) fn window(text: &str, place: usize, width: usize) -> String {
    let length = text.chars().count();
    if length <= width {
        return text.to_owned();
    }
    // What comes after tells more than what comes before.
    let start = if place < width * 2 / 3 { 0 } else { place.min(length) - width / 3 };
    let start = start.min(length - width + 1);
    let mut shown = String::new();
    if start > 0 {
        shown.push('…');
    }
    let left = width - usize::from(start > 0);
    if start + left >= length {
        shown.extend(text.chars().skip(length - left));
    } else {
        shown.extend(text.chars().skip(start).take(left - 1));
        shown.push('…');
    }
    shown
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_operation_keeps_the_name_of_its_message() {
        let long = format!("{} → m12", "x".repeat(2 * LABEL_CHARS));
        assert_eq!(cut(&long).chars().count(), LABEL_CHARS);
        assert!(cut(&long).ends_with("x… → m12"));
        assert_eq!(cut(&"y".repeat(2 * LABEL_CHARS)).chars().count(), LABEL_CHARS);
    }

    #[test]
    fn a_window_shows_the_place_and_is_no_wider_than_it_may_be() {
        let text: String = ('a'..='z').collect();
        assert_eq!(window(&text, 3, 26), text);
        assert_eq!(window(&text, 3, 10), "abcdefghi…");
        assert_eq!(window(&text, 12, 10), "…jklmnopq…");
        assert_eq!(window(&text, 25, 10), "…rstuvwxyz");
        for place in 0..=26 {
            for width in 3..30 {
                let shown = window(&text, place, width);
                assert!(shown.chars().count() <= width, "{place} {width}: {shown}");
                let c = text.chars().nth(place.min(25)).expect("it is in the text");
                assert!(shown.contains(c) || width < 6, "{place} {width}: {shown}");
            }
        }
    }
}
