//! What a run has shown. Figures are whole numbers; averages are computed when
//! asked for, and nothing is ever decided by them.

use std::fmt;

use gossiper_core::MessageId;

use crate::Traffic;

/// What some rounds cost.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RunReport {
    /// How many rounds passed.
    pub rounds: u64,
    /// How many nodes belonged to the cluster in the end, crashed ones
    /// included.
    pub nodes: usize,
    /// The messages of these rounds.
    pub traffic: Traffic,
}

/// Whether a cluster reached a goal, and what that cost.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ConvergenceReport {
    /// Whether it did within the rounds that it was given.
    pub converged: bool,
    /// The rounds that it took, or was given.
    pub run: RunReport,
}

/// How far a rumor has spread.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReachReport {
    /// The rumor.
    pub id: MessageId,
    /// How many nodes knew it at the beginning, after one round, and so on.
    pub reached_by_round: Vec<usize>,
    /// How many nodes were running in the end.
    pub running: usize,
    /// The rounds that it took, or was given.
    pub run: RunReport,
}

impl RunReport {
    /// Messages sent for each node.
    #[must_use]
    pub fn messages_per_node(&self) -> f64 {
        self.traffic.sent as f64 / self.nodes as f64
    }

    /// Pushes for each node: Demers' *traffic*.
    #[must_use]
    pub fn pushes_per_node(&self) -> f64 {
        self.traffic.pushes as f64 / self.nodes as f64
    }
}

impl ReachReport {
    /// How many nodes know the rumor.
    #[must_use]
    pub fn reached(&self) -> usize {
        self.reached_by_round.last().copied().unwrap_or(0)
    }

    /// Whether all running nodes do.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.reached() == self.running
    }

    /// The share of running nodes that the rumor missed: Demers' *residue*.
    #[must_use]
    pub fn residue(&self) -> f64 {
        (self.running - self.reached()) as f64 / self.running.max(1) as f64
    }

    /// The rounds until a node knew the rumor, on average over those that do:
    /// Demers' *t_ave*. Those that knew it at the beginning count as 0.
    #[must_use]
    pub fn average_delay(&self) -> f64 {
        let news = self.reached_by_round.windows(2).map(|pair| pair[1].saturating_sub(pair[0]));
        let rounds: usize = news.enumerate().map(|(round, nodes)| (round + 1) * nodes).sum();
        rounds as f64 / self.reached().max(1) as f64
    }
}

impl fmt::Display for RunReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { rounds, traffic, .. } = self;
        write!(f, "{rounds} rounds, {} messages", traffic.sent)?;
        write!(f, " ({:.1} a node)", self.messages_per_node())?;
        let named = [
            (traffic.lost(), "lost"),
            (traffic.duplicated, "duplicated"),
            (traffic.delayed, "delayed"),
            (traffic.reordered, "reordered"),
        ];
        for (count, what) in named.into_iter().filter(|(count, _)| *count > 0) {
            write!(f, ", {count} {what}")?;
        }
        traffic.bytes.map_or(Ok(()), |bytes| write!(f, ", {bytes} bytes"))
    }
}

impl fmt::Display for ConvergenceReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verdict = if self.converged { "converged" } else { "NOT converged" };
        write!(f, "{verdict} after {}", self.run)
    }
}

impl fmt::Display for ReachReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "reached {} of {} nodes after {}", self.reached(), self.running, self.run)
    }
}

#[cfg(test)]
mod tests {
    use gossiper_core::MessageIdGenerator;

    use super::*;

    fn run(nodes: usize, traffic: Traffic) -> RunReport {
        RunReport { rounds: 3, nodes, traffic }
    }

    fn reach(reached_by_round: &[usize], running: usize) -> ReachReport {
        ReachReport {
            id: MessageIdGenerator::default().next_id().unwrap(),
            reached_by_round: reached_by_round.to_vec(),
            running,
            run: run(running, Traffic::default()),
        }
    }

    #[test]
    fn averages_are_averages() {
        let report = run(4, Traffic { sent: 10, pushes: 6, ..Traffic::default() });
        assert_eq!((report.messages_per_node(), report.pushes_per_node()), (2.5, 1.5));
    }

    #[test]
    fn reach_is_measured_as_demers_does() {
        // One at the start, two after a round, three more after the third.
        let report = reach(&[1, 3, 3, 6], 8);
        assert_eq!((report.reached(), report.residue()), (6, 0.25));
        assert_eq!(report.average_delay(), (2.0 * 1.0 + 3.0 * 3.0) / 6.0);
        assert!(!report.is_complete() && reach(&[1, 2], 2).is_complete());
        assert_eq!(reach(&[0], 0).residue(), 0.0);
    }

    #[test]
    fn reports_name_what_happened_and_nothing_else() {
        let traffic = Traffic { sent: 10, lost_by_network: 2, delayed: 1, ..Traffic::default() };
        assert_eq!(
            run(4, traffic).to_string(),
            "3 rounds, 10 messages (2.5 a node), 2 lost, 1 delayed"
        );
        let traffic = Traffic { sent: 4, bytes: Some(99), ..Traffic::default() };
        assert_eq!(run(4, traffic).to_string(), "3 rounds, 4 messages (1.0 a node), 99 bytes");
    }
}
