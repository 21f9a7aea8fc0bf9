//! When to ask whom, and what is being asked.

use alloc::vec::Vec;

use super::Outline;
use super::walk::Walk;
use crate::reconcile::Decoder;
use crate::{NodeId, RandomSource, Round};

/// When to ask, and under which name of this run.
pub(super) struct Schedule<Digest> {
    pub(super) next: Option<Round>,
    /// A random name of this run of the replica, drawn with its first question.
    /// An answer that carries it was computed against what this very run said,
    /// which the state has only grown from.
    pub(super) run: Option<u64>,
    /// Questions since the last answer.
    pub(super) unanswered: u32,
    /// Who was asked at the last tick, because it could not be told what it lacks.
    pub(super) reached_for: Vec<NodeId>,
    /// Who could not be told what it lacks, was asked since the last tick what is missed
    /// here, has not answered, and need not be asked in return.
    pub(super) asked: Vec<NodeId>,
    /// Who is telling many events, some at a time, and when it was asked for more.
    pub(super) following: Option<(NodeId, Round)>,
    /// What is being pulled in pieces.
    pub(super) pull: Option<Pull<Digest>>,
    /// Atoms that a piece of full size had last.
    pub(super) atoms: usize,
    /// What is being worked out from symbols.
    pub(super) session: Option<Session>,
    /// What is being asked for range by range.
    pub(super) walk: Option<Walk>,
    /// Whether the type has words to ask about, once that is known.
    pub(super) has_words: Option<bool>,
    /// The number of the next question about ranges.
    pub(super) number: u32,
    /// Who was sent an answer in parts last, and when.
    pub(super) told: Option<(NodeId, Round)>,
}

/// What a peer was asked to tell in pieces, and what it has told.
pub(super) struct Pull<Digest> {
    pub(super) peer: NodeId,
    pub(super) outline: Outline<Digest>,
}

/// A peer whose symbols are being decoded.
pub(super) struct Session {
    pub(super) peer: NodeId,
    pub(super) decoder: Decoder,
    pub(super) stage: Stage,
    /// When something was last asked in it.
    pub(super) asked: Option<Round>,
    /// Whether the peer has asked the same meanwhile, and was passed over.
    pub(super) crossed: bool,
}

/// How a session has come about, and so what it may go on with. It never goes back, and
/// only an open one ends with a digest, so that sessions end: the answer to a digest
/// begins another one.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// Nothing is known but symbols: a filter may follow, or the digest.
    Open,
    /// The peer has sent its digest, and symbols take the place of an answer or of one in
    /// return: a filter may follow.
    Told,
    /// What passed filters wrongly is being found. If that fails, the next exchange
    /// begins with less.
    Filtered,
}

/// So many questions without an answer, and the peers' logs will have forgotten.
/// A replica that has just started has been away for as long.
pub(super) const LONG_AWAY: u32 = 2;

/// Peers that are noted to have been asked between two ticks. A guess.
const ASKED: usize = 32;

impl<Digest> Default for Schedule<Digest> {
    fn default() -> Self {
        Self {
            next: None,
            run: None,
            unanswered: LONG_AWAY,
            reached_for: Vec::new(),
            asked: Vec::new(),
            following: None,
            pull: None,
            atoms: 0,
            session: None,
            walk: None,
            has_words: None,
            number: 0,
            told: None,
        }
    }
}

impl<Digest> Schedule<Digest> {
    /// Whether a question is due in `round`. Replicas that start together
    /// spread out: the first comes after a random part of the interval.
    ///
    /// The next one comes soon, unless the answer says that nothing was missed:
    /// the question may be lost, and where something was missed more may be.
    pub(super) fn is_due<R: RandomSource + ?Sized>(
        &mut self,
        rng: &mut R,
        round: Round,
        interval: u64,
    ) -> bool {
        let next = *self.next.get_or_insert_with(|| round.after(rng.below(interval)));
        let due = round >= next;
        if due {
            self.next = Some(round.after(interval.div_ceil(4)));
        }
        due
    }

    /// The peer to go on with range by range, while it answers.
    pub(super) fn walked_with(&self) -> Option<&NodeId> {
        let walk = self.walk.as_ref().filter(|walk| !walk.is_silent());
        walk.map(|walk| &walk.peer)
    }

    /// The peer to go on with: it has told a piece, and goes on answering.
    pub(super) fn pulled_from(&self) -> Option<&NodeId> {
        let begun = |pull: &&Pull<Digest>| !pull.outline.covered.is_empty();
        let pull = self.pull.as_ref().filter(begun);
        pull.filter(|_| self.unanswered < LONG_AWAY).map(|pull| &pull.peer)
    }

    /// Notes that `peer` is told what was seen. Among many it is asked in return once too
    /// often.
    pub(super) fn note_asked(&mut self, peer: &NodeId) {
        if self.asked.len() < ASKED && !self.asked.contains(peer) {
            self.asked.push(peer.clone());
        }
    }

    /// The next question can wait for so long.
    pub(super) fn relax(&mut self, round: Option<Round>, interval: u64) {
        if let Some(round) = round {
            self.next = Some(round.after(interval));
        }
    }
}
