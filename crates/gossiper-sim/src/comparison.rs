//! Scenarios side by side.

use std::fmt;

use crate::{RunReport, ScenarioReport};

/// A table of scenarios, averaged over their seeds.
///
/// Its `Display` is a table with one line for each: how many runs reached
/// their goal, and the rounds, messages, losses and bytes of a run on average.
///
/// ```
/// use gossiper_sim::{Comparison, GossipCluster, NetworkConditions, Ratio, Scenario};
///
/// # fn main() -> Result<(), gossiper_sim::ScenarioError> {
/// let mut comparison = Comparison::new();
/// for percent in [0, 20] {
///     let network = NetworkConditions::perfect().with_loss(Ratio::percent(percent));
///     let cluster = GossipCluster::<&str>::builder(16).network(network);
///     let scenario = Scenario::new(format!("{percent} % loss"), cluster)
///         .at(0, |cluster| cluster.publish(0, "hello").map(drop))
///         .until_converged(20);
///     comparison.add(scenario.run_seeds(0..10)?);
/// }
/// assert!(comparison.to_string().contains("20 % loss"));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Comparison {
    reports: Vec<ScenarioReport>,
}

impl Comparison {
    /// An empty table.
    #[must_use]
    pub const fn new() -> Self {
        Self { reports: Vec::new() }
    }

    /// Adds a line.
    pub fn add(&mut self, report: ScenarioReport) {
        self.reports.push(report);
    }

    /// The lines.
    #[must_use]
    pub fn reports(&self) -> &[ScenarioReport] {
        &self.reports
    }
}

impl FromIterator<ScenarioReport> for Comparison {
    fn from_iter<I: IntoIterator<Item = ScenarioReport>>(reports: I) -> Self {
        Self { reports: reports.into_iter().collect() }
    }
}

/// The heads of the columns; the first is aligned to the left.
const HEADS: [&str; 7] = ["scenario", "reached", "rounds", "at most", "messages", "lost", "bytes"];

fn cells(report: &ScenarioReport) -> [String; 7] {
    let average = |figure: fn(&RunReport) -> u64| format!("{:.1}", report.average(figure));
    let counted = report.outcomes.iter().any(|outcome| outcome.run.traffic.bytes.is_some());
    let bytes = |run: &RunReport| run.traffic.bytes.unwrap_or(0);
    [
        report.name.clone(),
        format!("{}/{}", report.finished(), report.outcomes.len()),
        average(|run| run.rounds),
        report.greatest(|run| run.rounds).to_string(),
        average(|run| run.traffic.sent),
        average(|run| run.traffic.lost()),
        if counted { format!("{:.0}", report.average(bytes)) } else { "-".to_owned() },
    ]
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut lines = vec![HEADS.map(str::to_owned)];
        lines.extend(self.reports.iter().map(cells));
        let width = |column: usize| lines.iter().map(|line| line[column].chars().count()).max();
        let widths: [usize; 7] = std::array::from_fn(|column| width(column).unwrap_or(0));
        for line in &lines {
            let [name, figures @ ..] = line;
            write!(f, "{name:<width$}", width = widths[0])?;
            for (figure, width) in figures.iter().zip(&widths[1..]) {
                write!(f, "  {figure:>width$}")?;
            }
            writeln!(f)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{GossipCluster, Scenario};

    #[test]
    fn the_table_is_aligned_whatever_the_names() {
        let idle = |name: &str, bytes: bool| {
            let cluster = GossipCluster::<u8>::builder(2);
            let cluster = if bytes { cluster.measure_bytes(|_| 1) } else { cluster };
            Scenario::new(name, cluster).for_rounds(4).run_seeds(0..2).unwrap()
        };
        let table: Comparison =
            [idle("idle", false), idle("größer als sonst", true)].into_iter().collect();
        assert_eq!(
            table.to_string(),
            "scenario          reached  rounds  at most  messages  lost  bytes\n\
             idle                  2/2     4.0        4       0.0   0.0      -\n\
             größer als sonst      2/2     4.0        4       0.0   0.0      0\n"
        );
    }
}
