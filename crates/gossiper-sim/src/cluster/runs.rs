//! Letting many rounds pass.

use super::Cluster;
use crate::machine::Machine;
use crate::{ConvergenceReport, RunReport};

impl<M: Machine> Cluster<M> {
    /// Lets `rounds` rounds pass.
    pub fn run(&mut self, rounds: u64) -> RunReport {
        self.run_until(rounds, |_| false).run
    }

    /// Lets rounds pass until `done`, or until `max_rounds` have passed. The
    /// cluster is looked at before the first round and after each.
    pub fn run_until(
        &mut self,
        max_rounds: u64,
        mut done: impl FnMut(&Self) -> bool,
    ) -> ConvergenceReport {
        let before = self.traffic();
        let mut rounds = 0;
        let mut converged = done(self);
        while !converged && rounds < max_rounds {
            self.step();
            rounds += 1;
            converged = done(self);
        }
        let run =
            RunReport { rounds, nodes: self.members(), traffic: self.traffic().since(&before) };
        ConvergenceReport { converged, run }
    }

    /// Lets rounds pass until all running nodes agree
    /// ([`is_converged`](Self::is_converged)), or `max_rounds` have passed.
    pub fn run_until_converged(&mut self, max_rounds: u64) -> ConvergenceReport {
        let mut suspect = 0;
        self.run_until(max_rounds, |cluster| match cluster.first_difference(suspect) {
            Some(node) => {
                suspect = node;
                false
            }
            None => true,
        })
    }

    /// Lets rounds pass until one in which nobody sent anything and after
    /// which nothing is on its way, or `max_rounds` have passed.
    ///
    /// Gossip nodes fall silent when their rumors have spread; replicas never
    /// do, for they go on asking.
    pub fn run_until_quiet(&mut self, max_rounds: u64) -> ConvergenceReport {
        let mut sent = None;
        self.run_until(max_rounds, |cluster| {
            let traffic = cluster.traffic();
            let silent = sent.replace(traffic.sent) == Some(traffic.sent);
            silent && traffic.in_flight() == 0
        })
    }
}
