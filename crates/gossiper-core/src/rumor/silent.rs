//! Who does not answer any more.

use alloc::collections::BTreeMap;

use crate::{NodeId, Peers, Round};

/// Pushes and announcements in so many rounds without an answer, and a peer is silent. A
/// guess: with a fifth of the messages lost one peer in sixty is by chance.
const SILENT_AFTER: u32 = 4;

/// The peers that have not answered the last push, and for how many rounds of pushing
/// that is so: one entry for a peer at most.
#[derive(Clone, Debug)]
pub(super) struct Silent {
    peers: BTreeMap<NodeId, Unanswered>,
}

#[derive(Clone, Copy, Debug)]
struct Unanswered {
    rounds: u32,
    /// The round of the last push.
    pushed: Round,
    /// When it first said something again.
    heard_since: Option<Round>,
    /// Whether it has said something that was not asked for yet.
    heard: bool,
}

impl Silent {
    pub(super) const fn new() -> Self {
        Self { peers: BTreeMap::new() }
    }

    /// Notes a push to `peer`, or an announcement. O(log n).
    pub(super) fn note_push(&mut self, peer: &NodeId, round: Round) {
        let first = Unanswered { rounds: 1, pushed: round, heard_since: None, heard: false };
        match self.peers.get_mut(peer) {
            Some(last) if last.pushed == round => {}
            Some(last) => (last.rounds, last.pushed) = (last.rounds.saturating_add(1), round),
            None => {
                self.peers.insert(peer.clone(), first);
            }
        }
    }

    /// Notes that `peer` answers what it is told. O(log n).
    pub(super) fn note_answer(&mut self, peer: &NodeId) {
        self.peers.remove(peer);
    }

    /// Notes that `peer` says something, whatever it is. O(log n).
    pub(super) fn note_heard(&mut self, peer: &NodeId, round: Round) {
        let silent = self.peers.get_mut(peer);
        if let Some(silent) = silent.filter(|silent| silent.rounds >= SILENT_AFTER) {
            silent.heard_since.get_or_insert(round);
            silent.heard = true;
        }
    }

    /// Whether `peer` is silent: it may have said something, but no push has come. O(log n).
    pub(super) fn contains(&self, peer: &NodeId) -> bool {
        self.peers.get(peer).is_some_and(|unanswered| unanswered.rounds >= SILENT_AFTER)
    }

    /// Since when a silent peer is heard again. O(log n).
    pub(super) fn heard_since(&self, peer: &NodeId) -> Option<Round> {
        self.peers.get(peer)?.heard_since
    }

    /// Whether a silent peer was heard since this was asked last. O(log n).
    pub(super) fn take_heard(&mut self, peer: &NodeId) -> bool {
        self.peers.get_mut(peer).is_some_and(|silent| core::mem::take(&mut silent.heard))
    }

    /// Forgets who is no peer any more. O(n²) where somebody is not, else O(1).
    pub(super) fn keep_only(&mut self, peers: &Peers) {
        if self.peers.len() > peers.len() {
            self.peers.retain(|peer, _| peers.iter().any(|other| other == peer));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_peer_is_silent_until_it_answers_and_may_be_heard_before() {
        let (mut silent, peer) = (Silent::new(), NodeId::from("p"));
        for round in 1..SILENT_AFTER {
            (0..2).for_each(|_| silent.note_push(&peer, Round::new(round.into())));
        }
        silent.note_heard(&peer, Round::new(3));
        assert_eq!((silent.contains(&peer), silent.heard_since(&peer)), (false, None));
        silent.note_push(&peer, Round::new(6));
        assert!(silent.contains(&peer) && !silent.contains(&"q".into()));
        for round in [7, 8] {
            silent.note_heard(&peer, Round::new(round));
            assert_eq!([(); 2].map(|()| silent.take_heard(&peer)), [true, false]);
        }
        assert_eq!(silent.heard_since(&peer), Some(Round::new(7)));
        assert!(silent.contains(&peer), "it may not hear us");
        silent.note_answer(&peer);
        silent.note_push(&peer, Round::new(9));
        assert_eq!((silent.contains(&peer), silent.heard_since(&peer)), (false, None));
    }

    #[test]
    fn who_is_no_peer_any_more_is_forgotten() {
        let mut silent = Silent::new();
        for peer in ["p", "q", "r"] {
            silent.note_push(&peer.into(), Round::ZERO);
        }
        silent.keep_only(&Peers::from(["q".into(), "s".into()]));
        assert_eq!(silent.peers.keys().collect::<alloc::vec::Vec<_>>(), [&NodeId::from("q")]);
    }
}
