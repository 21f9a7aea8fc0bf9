//! The run of a plan as a space-time diagram, told from the simulator's trace.
//!
//! A run has more messages than anybody reads: replicas ask each other all the
//! time. Shown is what changed a state, what carried news, and what went wrong;
//! and after the last change, once each, the messages that changed nothing, for
//! then the question is why.

use std::collections::{BTreeMap, HashSet};
use std::fmt::Debug;

use gossiper_sim::Trace;
use gossiper_sim::trace::{Happening, LossCause};

use super::run::Note;
use crate::diagram::{Arrow, Picture, Row};
use crate::history::Performed;

/// Rows that fit on one screen beside the rest of the report.
const MAX_ROWS: usize = 32;

/// A message on its way.
struct Letter {
    from: usize,
    to: usize,
    summary: String,
    sent: u64,
    /// The row that it was sent after.
    row: Option<usize>,
    reordered: bool,
    arrived: bool,
}

impl Letter {
    /// Whether it brings anything, or would have.
    fn has_news(&self) -> bool {
        self.summary.contains("rumors") || self.summary.contains("delta")
    }
}

/// A row, and whether it is worth one.
struct Told {
    row: Row,
    matters: Matters,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Matters {
    /// It changed a state, or is a fault.
    Yes,
    /// It brought what was known already.
    News,
    /// A question, or an answer without content.
    No,
}

/// The picture of the first `records` of a trace.
pub(super) fn picture<O: Debug>(
    trace: &Trace,
    records: usize,
    performed: &[Performed<O>],
    notes: &[Note],
    replicas: usize,
) -> Picture {
    let mut teller = Teller { letters: BTreeMap::new(), told: Vec::new() };
    let mut performed = performed.iter();
    let mut notes = notes.iter().peekable();
    for (number, record) in trace.records().iter().take(records).enumerate() {
        let time = record.round.as_u64();
        while let Some(note) = notes.next_if(|note| note.record <= number) {
            teller.fault(time, Some(note.at), note.what.clone());
        }
        match &record.what {
            Happening::Wrote { event, .. } => {
                if let Some(one) = performed.next() {
                    teller.fault(time, Some(one.at), format!("{:?} → {event}", one.op));
                }
            }
            happening => teller.tell(time, happening),
        }
    }
    let end =
        trace.records().iter().take(records).next_back().map_or(0, |last| last.round.as_u64());
    Picture { replicas, time: "round", rows: on_one_screen(teller.told, end) }
}

struct Teller {
    letters: BTreeMap<u64, Letter>,
    told: Vec<Told>,
}

impl Teller {
    fn fault(&mut self, time: u64, at: Option<usize>, label: String) {
        let row = Row { time: Some(time), at, label, ..Row::default() };
        self.told.push(Told { row, matters: Matters::Yes });
    }

    fn tell(&mut self, time: u64, what: &Happening) {
        match what {
            Happening::Sent { message, from, to, summary } => {
                let row = self.told.len().checked_sub(1);
                let (from, to) = (*from, *to);
                let summary = summary.replace("answer: nothing lacking", "answer: nothing");
                let letter =
                    Letter { from, to, summary, sent: time, row, reordered: false, arrived: false };
                self.letters.insert(*message, letter);
            }
            Happening::Reordered { message } => {
                if let Some(letter) = self.letters.get_mut(message) {
                    letter.reordered = true;
                }
            }
            Happening::Delivered { message, .. } => self.delivered(time, *message),
            Happening::Lost { message, why } => self.lost(time, *message, *why),
            Happening::Became { node, shown } => self.became(time, *node, shown),
            Happening::Crashed { node } => self.fault(time, Some(*node), "crashes".to_owned()),
            Happening::Restarted { node, with } => {
                self.fault(time, Some(*node), format!("restarts with {with}"));
            }
            Happening::Joined { node } => self.fault(time, Some(*node), "joins".to_owned()),
            Happening::Left { node } => self.fault(time, Some(*node), "leaves".to_owned()),
            Happening::Partitioned { groups } => {
                let groups: Vec<String> = groups.iter().map(|group| list(group)).collect();
                self.fault(time, None, format!("the network parts: {}", groups.join(" | ")));
            }
            Happening::Blocked { from, to } => {
                let label = format!("nothing passes from {} to {}", list(from), list(to));
                self.fault(time, None, label);
            }
            Happening::Healed => self.fault(time, None, "the network is whole".to_owned()),
            _ => {}
        }
    }

    fn delivered(&mut self, time: u64, message: u64) {
        let Some(letter) = self.letters.get_mut(&message) else { return };
        let mut label = format!("← {}: {}", letter.from, letter.summary);
        if letter.arrived {
            label += ", again";
        }
        if time > letter.sent {
            label += &format!(", of round {}", letter.sent);
        }
        if letter.reordered {
            label += ", out of turn";
        }
        letter.arrived = true;
        let arrow = Arrow { other: letter.from, sent: letter.row, lost: false };
        let matters = if letter.has_news() { Matters::News } else { Matters::No };
        let row =
            Row { time: Some(time), at: Some(letter.to), label, state: None, arrow: Some(arrow) };
        self.told.push(Told { row, matters });
    }

    fn lost(&mut self, time: u64, message: u64, why: LossCause) {
        let Some(letter) = self.letters.get(&message) else { return };
        let why = match why {
            LossCause::Network => "lost",
            LossCause::Partition => "cut off",
            LossCause::Crash => "nobody there",
        };
        let row = Row {
            time: Some(time),
            at: Some(letter.from),
            label: format!("→ {}: {}, {why}", letter.to, letter.summary),
            state: None,
            arrow: Some(Arrow { other: letter.to, sent: letter.row, lost: true }),
        };
        let matters = if letter.has_news() { Matters::Yes } else { Matters::No };
        self.told.push(Told { row, matters });
    }

    /// The state after what was told last, if that was at this replica.
    fn became(&mut self, time: u64, node: usize, shown: &str) {
        if self.told.last().is_none_or(|last| last.row.at != Some(node) || last.row.state.is_some())
        {
            self.fault(time, Some(node), String::new());
        }
        if let Some(last) = self.told.last_mut() {
            last.row.state = Some(shown.to_owned());
            last.matters = Matters::Yes;
        }
    }
}

fn list(nodes: &[usize]) -> String {
    nodes.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// Leaves out what tells nothing, and cuts what is too long.
fn on_one_screen(mut told: Vec<Told>, end: u64) -> Vec<Row> {
    // What is lost round after round is one row, with how often.
    let mut losses: BTreeMap<(Option<usize>, String), (usize, u32)> = BTreeMap::new();
    for (place, told) in told.iter().enumerate() {
        if told.row.arrow.is_some_and(|arrow| arrow.lost) {
            let key = (told.row.at, told.row.label.clone());
            losses.entry(key).or_insert((place, 0)).1 += 1;
        }
    }
    let last = told.iter().rposition(|told| told.row.state.is_some()).map_or(0, |at| at + 1);
    let mut seen = HashSet::new();
    let mut new = |told: &Told| {
        let label = told.row.label.split(", of round").next().unwrap_or_default().to_owned();
        seen.insert((told.row.at, label))
    };
    let shown = |(place, told): (usize, &Told)| match told.matters {
        Matters::Yes => !told.row.arrow.is_some_and(|arrow| arrow.lost) || new(told),
        Matters::News => new(told),
        Matters::No => place >= last && new(told),
    };
    let mut keep: Vec<bool> = told.iter().enumerate().map(shown).collect();
    if keep.iter().filter(|keep| **keep).count() > MAX_ROWS {
        for (told, keep) in told.iter().zip(&mut keep) {
            *keep &= told.matters == Matters::Yes;
        }
    }
    for (place, times) in losses.into_values().filter(|(_, times)| *times > 1) {
        told[place].row.label += &format!(", {times} times");
    }
    // A row's place among those that are shown.
    let mut places = Vec::with_capacity(told.len());
    let mut rows: Vec<Row> = Vec::new();
    for (told, keep) in told.into_iter().zip(keep) {
        if keep {
            rows.push(told.row);
        }
        places.push(rows.len().checked_sub(1));
    }
    for row in &mut rows {
        if let Some(arrow) = &mut row.arrow {
            arrow.sent = arrow.sent.and_then(|sent| places[sent]);
        }
    }
    if rows.len() > MAX_ROWS {
        let left_out = rows.len() - MAX_ROWS;
        let folded = Row { label: format!("{left_out} rows are left out here"), ..Row::default() };
        rows.splice(MAX_ROWS * 2 / 3..MAX_ROWS * 2 / 3 + left_out, [folded]);
        rows.iter_mut()
            .for_each(|row| row.arrow = row.arrow.map(|arrow| Arrow { sent: None, ..arrow }));
    }
    let time = rows.last().and_then(|row| row.time).unwrap_or(0);
    if end > time {
        let label = format!("nothing else until round {end}");
        rows.push(Row { label, ..Row::default() });
    }
    rows
}
