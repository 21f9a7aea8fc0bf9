//! The record of a run, to be read and to be compared.

use std::fmt;

use gossiper_core::Round;

/// All that happened in a run, in order.
///
/// A cluster built the same way, from the same seed, and driven the same way
/// has the same trace, byte for byte. Recording is off unless
/// [`ClusterBuilder::trace`](crate::ClusterBuilder::trace) turns it on: a
/// record takes about a hundred bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trace {
    records: Vec<Record>,
}

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// When.
    pub round: Round,
    /// What.
    pub what: Happening,
}

/// What can happen. Nodes are named by their number, messages by the order of
/// their sending.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Happening {
    /// A node sent a message.
    Sent {
        /// The number of the message.
        message: u64,
        /// The sender.
        from: usize,
        /// The receiver.
        to: usize,
        /// What it says, in short.
        summary: String,
    },
    /// The network made a second copy of a message.
    Duplicated {
        /// The message.
        message: u64,
    },
    /// A copy is to arrive in a later round.
    Delayed {
        /// The message.
        message: u64,
        /// That round.
        until: Round,
    },
    /// A copy changed places with another one of its round.
    Reordered {
        /// The message.
        message: u64,
    },
    /// A copy was lost.
    Lost {
        /// The message.
        message: u64,
        /// Why.
        why: LossCause,
    },
    /// A copy arrived.
    Delivered {
        /// The message.
        message: u64,
        /// The receiver.
        to: usize,
    },
    /// Why a node says to another what it says next, or says nothing.
    Explained {
        /// The node.
        node: usize,
        /// The other one.
        to: usize,
        /// What decided, in the order in which it was looked at.
        why: String,
    },
    /// A node changed its state, or published a rumor.
    Wrote {
        /// The node.
        node: usize,
        /// The name of the event or rumor.
        event: String,
    },
    /// A node shows something else than before, in the words of
    /// [`ClusterBuilder::watch`](crate::ClusterBuilder::watch).
    Became {
        /// The node.
        node: usize,
        /// What it shows now.
        shown: String,
    },
    /// A node crashed.
    Crashed {
        /// The node.
        node: usize,
    },
    /// A crashed node came back.
    Restarted {
        /// The node.
        node: usize,
        /// With what.
        with: &'static str,
    },
    /// A node joined.
    Joined {
        /// The node.
        node: usize,
    },
    /// A node left for good.
    Left {
        /// The node.
        node: usize,
    },
    /// The network fell apart.
    Partitioned {
        /// Who can still talk to each other.
        groups: Vec<Vec<usize>>,
    },
    /// Messages in one direction stopped.
    Blocked {
        /// Whose messages.
        from: Vec<usize>,
        /// To whom.
        to: Vec<usize>,
    },
    /// All partitions ended.
    Healed,
}

/// Why a message was lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LossCause {
    /// The network dropped it.
    Network,
    /// A partition stood in its way.
    Partition,
    /// Nobody was running where it arrived.
    Crash,
}

impl Trace {
    /// The records in order.
    #[must_use]
    pub fn records(&self) -> &[Record] {
        &self.records
    }

    /// The place of the first record in which two traces differ; `None` if
    /// they are equal.
    #[must_use]
    pub fn first_difference(&self, other: &Self) -> Option<usize> {
        let (mine, theirs) = (&self.records, &other.records);
        let differs = mine.iter().zip(theirs).position(|(a, b)| a != b);
        let shorter = mine.len().min(theirs.len());
        differs.or_else(|| (mine.len() != theirs.len()).then_some(shorter))
    }

    pub(crate) fn push(&mut self, round: Round, what: Happening) {
        self.records.push(Record { round, what });
    }
}

/// One line for each record.
impl fmt::Display for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.records.iter().try_for_each(|record| writeln!(f, "{record}"))
    }
}

impl fmt::Display for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:>4}  {}", self.round, self.what)
    }
}

impl fmt::Display for Happening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sent { message, from, to, summary } => {
                write!(f, "#{message} node-{from} to node-{to}: {summary}")
            }
            Self::Duplicated { message } => write!(f, "#{message} duplicated"),
            Self::Delayed { message, until } => write!(f, "#{message} delayed until {until}"),
            Self::Reordered { message } => write!(f, "#{message} reordered"),
            Self::Lost { message, why } => write!(f, "#{message} lost: {why}"),
            Self::Delivered { message, to } => write!(f, "#{message} arrives at node-{to}"),
            Self::Explained { node, to, why } => write!(f, "node-{node} of node-{to}: {why}"),
            Self::Wrote { node, event } => write!(f, "node-{node} writes {event}"),
            Self::Became { node, shown } => write!(f, "node-{node} is now {shown}"),
            Self::Crashed { node } => write!(f, "node-{node} crashes"),
            Self::Restarted { node, with } => write!(f, "node-{node} restarts with {with}"),
            Self::Joined { node } => write!(f, "node-{node} joins"),
            Self::Left { node } => write!(f, "node-{node} leaves"),
            Self::Partitioned { groups } => write!(f, "the network parts: {groups:?}"),
            Self::Blocked { from, to } => write!(f, "nothing passes from {from:?} to {to:?}"),
            Self::Healed => f.write_str("the network heals"),
        }
    }
}

impl fmt::Display for LossCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Network => "dropped on the way",
            Self::Partition => "stopped by a partition",
            Self::Crash => "nobody is there",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trace(rounds: &[u64]) -> Trace {
        let mut trace = Trace::default();
        for round in rounds {
            trace.push(Round::new(*round), Happening::Healed);
        }
        trace
    }

    #[test]
    fn the_first_difference_may_be_the_end_of_one() {
        let long = trace(&[1, 2, 3]);
        assert_eq!(long.first_difference(&long.clone()), None);
        assert_eq!(long.first_difference(&trace(&[1, 5, 3])), Some(1));
        assert_eq!(long.first_difference(&trace(&[1, 2])), Some(2));
        assert_eq!(trace(&[]).first_difference(&long), Some(0));
    }

    #[test]
    fn records_read_as_lines() {
        let mut trace = trace(&[7]);
        let summary = "rumors r1#1".to_owned();
        trace.push(Round::new(12), Happening::Sent { message: 3, from: 0, to: 2, summary });
        trace.push(Round::new(12), Happening::Lost { message: 3, why: LossCause::Partition });
        assert_eq!(
            trace.to_string(),
            "   7  the network heals\n  \
             12  #3 node-0 to node-2: rumors r1#1\n  \
             12  #3 lost: stopped by a partition\n"
        );
    }
}
