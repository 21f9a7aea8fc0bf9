//! Why a replica asks and answers as it does.

use alloc::vec::Vec;
use core::fmt;

use super::{Replica, ReplicaEffect, ReplicaEvent};
use crate::{Effect, NodeId, Resolve};

/// What decided what a replica says to a peer.
///
/// Told in [`ReplicaEvent::Explained`] where
/// [`Replica::explain_exchanges`] asked for it: several, in the order in which they were
/// looked at. As text it is a sentence without its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Reason {
    /// It is time, and the last question was answered: *are we equal?*
    Answered,
    /// It is time, and the last question was not answered: with what was seen.
    Unanswered,
    /// It is time, and nothing was answered since the start, or two questions were not:
    /// with an outline, for logs may have forgotten.
    LongAway,
    /// A peer is telling in pieces.
    InPieces,
    /// Rumors do not reach the peer.
    Unreached,
    /// Much was learnt from others that is too large to push.
    Sharing,
    /// [`ReplicaConfig::with_first_question`](crate::ReplicaConfig::with_first_question).
    Chosen,
    /// The type has no fingerprint.
    NoFingerprint,
    /// Fingerprints are equal, and so is what was seen.
    Equal,
    /// Fingerprints are equal, and what was seen is not.
    EqualStates,
    /// What the peer has seen is remembered here, and the peer referred to that.
    KnownSeen,
    /// The peer referred to what is not remembered here.
    UnknownSeen,
    /// The log has all that the peer has not seen.
    Logged,
    /// The log does not have it, and the index by dot does.
    Indexed,
    /// The log does not have it, and nothing was sent that the index by dot needs.
    NotLogged,
    /// The index by dot does not tell all removals.
    ManyGaps,
    /// The peer has seen what was not seen here.
    Behind,
    /// Both have seen the same, and fingerprints differ.
    SameSeen,
    /// Symbols tell the difference of states with equal contexts, as these are.
    SameContext,
    /// Contexts differ, so that symbols would not tell.
    OtherContext,
    /// The symbols so far do not tell the difference.
    Undecided,
    /// The symbols say that a filter is worth its bytes.
    FarApart,
    /// The symbols have told the difference.
    Decoded,
    /// The symbols cannot be decoded within their limits.
    Undecodable,
    /// A filter tells what surely is lacking; symbols tell what is left.
    Filtered,
    /// A digest tells the difference.
    Digested,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Answered => "the last question was answered",
            Self::Unanswered => "the last question was not answered",
            Self::LongAway => "no answer since the start, or to two questions",
            Self::InPieces => "it is told in pieces",
            Self::Unreached => "rumors do not arrive there",
            Self::Sharing => "much was learnt that may be lacking there",
            Self::Chosen => "the settings choose the question",
            Self::NoFingerprint => "the type has no fingerprint",
            Self::Equal => "states are equal, and so is what was seen",
            Self::EqualStates => "states are equal, and what was seen is not",
            Self::KnownSeen => "the hash tells what was seen there",
            Self::UnknownSeen => "the hash does not tell what was seen there",
            Self::Logged => "the log has what is lacking there",
            Self::Indexed => "the log does not have what is lacking there, the index by dot has",
            Self::NotLogged => "the log does not have what is lacking there",
            Self::ManyGaps => "the index by dot does not tell all removals",
            Self::Behind => "more was seen there",
            Self::SameSeen => "both have seen the same, and states differ",
            Self::SameContext => "contexts are equal, so symbols tell the difference",
            Self::OtherContext => "contexts differ, so symbols do not tell the difference",
            Self::Undecided => "the symbols do not tell the difference yet",
            Self::FarApart => "so much differs that a filter pays",
            Self::Decoded => "the symbols tell the difference",
            Self::Undecodable => "the symbols cannot be decoded",
            Self::Filtered => "a filter tells most of the difference",
            Self::Digested => "a digest tells the difference",
        })
    }
}

impl<S: Resolve> Replica<S> {
    /// Says from now on why it asks and answers as it does, or no longer: see
    /// [`ReplicaEvent::Explained`]. For traces, logs and metrics. Default: no.
    pub fn explain_exchanges(&mut self, explain: bool) {
        self.reasons = explain.then(Vec::new);
    }

    /// Notes what decided what is said next.
    pub(super) fn because(&mut self, reason: Reason) {
        if let Some(reasons) = &mut self.reasons {
            reasons.push(reason);
        }
    }

    /// What is said to a peer, and before it why, if that is to be told.
    pub(super) fn explained(
        &mut self,
        peer: &NodeId,
        mut effects: Vec<ReplicaEffect<S>>,
    ) -> Vec<ReplicaEffect<S>> {
        let reasons = self.reasons.as_mut().map(core::mem::take).unwrap_or_default();
        if !reasons.is_empty() {
            let peer = peer.clone();
            effects.insert(0, Effect::Emit(ReplicaEvent::Explained { peer, reasons }));
        }
        effects
    }
}
