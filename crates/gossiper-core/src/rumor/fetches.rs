//! Rumors that were announced, asked for, and have not come yet.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use super::{GossipConfig, MessageId};
use crate::{NodeId, Round};

/// Peers that are remembered for one rumor: whom to ask if those before do not
/// answer. More come with later announcements, once these have been in vain.
const MAX_SOURCES: usize = 4;

/// Retries of a push that take as long as one of a request: a request is answered
/// with a large payload, and its answer is a message more.
const PATIENCE: u64 = 3;

/// The share of all fetches that one peer's announcements may take up.
const SHARE_OF_ONE_PEER: usize = 4;

/// What this node has asked for. Each rumor is asked of one peer at a time, so
/// that its payload comes once.
///
/// Bounded in the whole and for each peer, whatever peers announce. What finds
/// no room is announced again by those who have it.
#[derive(Clone, Debug)]
pub(super) struct Fetches {
    by_id: BTreeMap<MessageId, Fetch>,
    /// How many each peer has begun, by announcing first.
    begun: BTreeMap<NodeId, usize>,
}

#[derive(Clone, Debug)]
struct Fetch {
    /// The first to announce it.
    begun_by: NodeId,
    /// Those who have announced it, in the order in which they were asked last.
    sources: Vec<NodeId>,
    /// How often it was asked for.
    attempts: usize,
    /// When it was asked for last; `None` before the first round.
    asked_in: Option<Round>,
    /// When it was announced last; likewise.
    announced_in: Option<Round>,
}

impl Fetches {
    pub(super) const fn new() -> Self {
        Self { by_id: BTreeMap::new(), begun: BTreeMap::new() }
    }

    /// `peer` has announced a rumor that is not known here. Says whether to ask
    /// it now: not if another was asked, nor if there is no room. O(log n).
    pub(super) fn announced(
        &mut self,
        id: MessageId,
        peer: &NodeId,
        round: Option<Round>,
        config: &GossipConfig,
    ) -> bool {
        if let Some(fetch) = self.by_id.get_mut(&id) {
            fetch.announced_in = round;
            if fetch.sources.len() < MAX_SOURCES && !fetch.sources.contains(peer) {
                fetch.sources.push(peer.clone());
            }
            return false;
        }
        let begun = self.begun.get(peer).copied().unwrap_or(0);
        let share = config.max_fetches().div_ceil(SHARE_OF_ONE_PEER);
        if self.by_id.len() >= config.max_fetches() || begun >= share {
            return false;
        }
        self.begun.insert(peer.clone(), begun + 1);
        let sources = Vec::from([peer.clone()]);
        let begun_by = peer.clone();
        let fetch = Fetch { begun_by, sources, attempts: 1, asked_in: round, announced_in: round };
        self.by_id.insert(id, fetch);
        true
    }

    /// A rumor has come, from wherever: returns who else has it. O(log n).
    pub(super) fn arrived(&mut self, id: MessageId) -> Vec<NodeId> {
        let Some(fetch) = self.by_id.remove(&id) else { return Vec::new() };
        if let Some(begun) = self.begun.get_mut(&fetch.begun_by) {
            *begun -= 1;
            if *begun == 0 {
                self.begun.remove(&fetch.begun_by);
            }
        }
        fetch.sources
    }

    /// Whom to ask in this round, and for what: the next peers that announced a
    /// rumor which those before did not send in time, one more each time, for
    /// where one message is lost others are. Rumors that came some other way are
    /// forgotten, and so are those that nobody has announced for as long as peers
    /// keep them. O(n).
    pub(super) fn overdue(
        &mut self,
        round: Round,
        config: &GossipConfig,
        knows: impl Fn(MessageId) -> bool,
    ) -> Vec<(NodeId, MessageId)> {
        let mut requests = Vec::new();
        let mut over = Vec::new();
        let patience = config.retry_rounds().saturating_mul(PATIENCE);
        for (id, fetch) in &mut self.by_id {
            let announced_in = *fetch.announced_in.get_or_insert(round);
            if knows(*id) || round.since(announced_in) >= config.retention_rounds() {
                over.push(*id);
            } else if round.since(*fetch.asked_in.get_or_insert(round)) >= patience {
                fetch.attempts += 1;
                fetch.asked_in = Some(round);
                let asked = fetch.attempts.min(fetch.sources.len());
                // Those at the end were asked least often.
                fetch.sources.rotate_right(asked);
                requests.extend(fetch.sources[..asked].iter().map(|source| (source.clone(), *id)));
            }
        }
        for id in over {
            self.arrived(id);
        }
        requests
    }
}

#[cfg(test)]
mod tests {
    use alloc::format;
    use alloc::vec;

    use super::*;
    use crate::{Dot, ReplicaId};

    fn id(sequence: u64) -> MessageId {
        Dot::new(ReplicaId::new(1), sequence).unwrap().into()
    }

    fn config() -> GossipConfig {
        GossipConfig::new(3, 20).unwrap().with_max_fetches(8).unwrap()
    }

    #[test]
    fn one_peer_is_asked_and_others_when_it_does_not_answer() {
        let (mut fetches, config) = (Fetches::new(), config());
        let at = |round| Some(Round::new(round));
        assert!(fetches.announced(id(1), &"p".into(), at(5), &config));
        assert!(!fetches.announced(id(1), &"q".into(), at(5), &config));
        assert!(!fetches.announced(id(1), &"q".into(), at(6), &config));
        let mut overdue = |round| fetches.overdue(Round::new(round), &config, |_| false);
        let asks = |peers: &[&str]| peers.iter().map(|peer| ((*peer).into(), id(1))).collect();
        let none: Vec<(NodeId, MessageId)> = asks(&[]);
        assert_eq!(overdue(7), none);
        assert_eq!(overdue(8), asks(&["p", "q"]), "one was not enough");
        assert_eq!(overdue(10), none);
        assert_eq!(overdue(11), asks(&["p", "q"]), "again, for they may have been lost");
        assert_eq!(fetches.arrived(id(1)), ["p".into(), "q".into()]);
        assert!(fetches.begun.is_empty());
    }

    #[test]
    fn what_is_known_or_never_comes_is_forgotten() {
        let (mut fetches, config) = (Fetches::new(), config());
        assert!(fetches.announced(id(1), &"p".into(), None, &config));
        assert!(fetches.announced(id(2), &"p".into(), None, &config));
        assert_eq!(fetches.overdue(Round::new(900), &config, |_| false), vec![], "just begun");
        assert_eq!(fetches.overdue(Round::new(901), &config, |known| known == id(2)), vec![]);
        assert_eq!(fetches.by_id.keys().copied().collect::<Vec<_>>(), vec![id(1)]);
        assert_eq!(fetches.overdue(Round::new(920), &config, |_| false), vec![]);
        assert!(fetches.by_id.is_empty() && fetches.begun.is_empty());
    }

    #[test]
    fn announcements_cannot_fill_the_memory() {
        let (mut fetches, config) = (Fetches::new(), config());
        let mut asked = |peer: &str, ids: core::ops::Range<u64>| {
            let peer = NodeId::from(peer);
            ids.filter(|n| fetches.announced(id(*n), &peer, None, &config)).count()
        };
        assert_eq!(asked("p", 1..1_000), 2, "a quarter of all");
        assert_eq!(asked("q", 1_000..1_002), 2);
        let others: usize = (0..100).map(|n| asked(&format!("r{n}"), 2_000..3_000)).sum();
        assert_eq!(others, 4, "eight in all");
        assert_eq!(fetches.by_id.len(), 8);
        assert!(fetches.begun.len() <= 8);
        assert!(fetches.by_id.values().all(|fetch| fetch.sources.len() <= MAX_SOURCES));
    }
}
