//! Counts what happens, and writes it down where that is wanted.

use gossiper_core::Round;

use crate::Traffic;
use crate::trace::{Happening, LossCause, Trace};

#[derive(Debug, Default)]
pub(crate) struct Journal {
    pub(crate) traffic: Traffic,
    pub(crate) trace: Option<Trace>,
}

impl Journal {
    pub(crate) fn record(&mut self, round: Round, what: impl FnOnce() -> Happening) {
        if let Some(trace) = &mut self.trace {
            trace.push(round, what());
        }
    }

    pub(crate) fn lose(&mut self, round: Round, message: u64, why: LossCause) {
        *match why {
            LossCause::Network => &mut self.traffic.lost_by_network,
            LossCause::Partition => &mut self.traffic.lost_by_partition,
            LossCause::Crash => &mut self.traffic.lost_by_crash,
        } += 1;
        self.record(round, || Happening::Lost { message, why });
    }
}
