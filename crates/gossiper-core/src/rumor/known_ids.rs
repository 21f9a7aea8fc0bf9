//! Which rumors a node has had, long after it dropped them.

use alloc::collections::BTreeMap;

use crate::lattice::Run;
use crate::{CausalContext, Dot, MessageId, ReplicaId, Round};

/// The ids that a node has had, in bounded memory.
///
/// One interval for each origin whose rumors have all come, one more for each
/// gap. At the limit it first closes the gaps of the origin that has most of
/// them (a rumor that is still to come from there is then taken for known, and
/// not delivered), and then forgets the origin that was not heard of for
/// longest. `contains` O(log origins + log gaps).
#[derive(Clone, Debug)]
pub(crate) struct KnownIds {
    origins: BTreeMap<ReplicaId, Origin>,
    intervals: usize,
    limit: usize,
}

#[derive(Clone, Debug, Default)]
struct Origin {
    ids: CausalContext,
    heard: Round,
}

impl KnownIds {
    pub(crate) const fn new(limit: usize) -> Self {
        Self { origins: BTreeMap::new(), intervals: 0, limit }
    }

    pub(crate) fn contains(&self, id: MessageId) -> bool {
        let dot = id.as_dot();
        self.origins.get(&dot.replica()).is_some_and(|own| own.ids.contains(dot))
    }

    pub(crate) fn insert(&mut self, id: MessageId, round: Round) {
        let dot = id.as_dot();
        let origin = self.origins.entry(dot.replica()).or_default();
        origin.heard = round;
        self.intervals -= origin.ids.runs().len();
        origin.ids.insert(dot);
        self.intervals += origin.ids.runs().len();
        if self.intervals > self.limit {
            self.shrink(dot.replica());
        }
    }

    /// Makes room, O(origins), without touching what was just heard of if it
    /// can be helped.
    fn shrink(&mut self, newest: ReplicaId) {
        let widest = self.origins.values_mut().max_by_key(|origin| origin.ids.runs().len());
        if let Some(origin) = widest.filter(|origin| origin.ids.runs().len() > 1) {
            self.intervals -= origin.ids.runs().len() - 1;
            origin.ids = hull(&origin.ids);
            return;
        }
        let others = self.origins.iter().filter(|(replica, _)| **replica != newest);
        let stalest = others.min_by_key(|(_, origin)| origin.heard).map(|(replica, _)| *replica);
        if let Some(origin) = stalest.and_then(|replica| self.origins.remove(&replica)) {
            self.intervals -= origin.ids.runs().len();
        }
    }
}

/// The ids of one origin from the first known to the last: what was a gap counts
/// as known from now on.
fn hull(ids: &CausalContext) -> CausalContext {
    let mut runs = ids.runs();
    let first = runs.next();
    let last = runs.next_back().or(first).map_or(0, Run::last);
    let first = first.and_then(|run| Dot::new(run.replica(), run.first()));
    first.and_then(|first| Run::new(first, last)).into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(origin: u64, sequence: u64) -> MessageId {
        Dot::new(ReplicaId::new(origin), sequence).unwrap().into()
    }

    #[test]
    fn at_the_limit_gaps_are_closed_before_an_origin_is_forgotten() {
        let mut known = KnownIds::new(3);
        known.insert(id(1, 1), Round::ZERO);
        for sequence in [1, 3, 5] {
            known.insert(id(2, sequence), Round::new(1));
        }
        assert!(known.contains(id(2, 2)), "the gaps of origin 2 are closed");
        assert!(known.contains(id(1, 1)) && !known.contains(id(1, 2)));
        known.insert(id(3, 1), Round::new(2));
        known.insert(id(4, 1), Round::new(3));
        assert!(!known.contains(id(1, 1)), "origin 1 was heard of first");
        assert!(known.contains(id(2, 5)) && known.contains(id(3, 1)) && known.contains(id(4, 1)));
        assert_eq!(known.intervals, 3);
    }
}
