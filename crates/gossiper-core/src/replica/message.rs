//! What replicas tell each other.

use alloc::sync::Arc;
use core::num::NonZeroU64;

use crate::CausalContext;
use crate::rumor::RumorBatch;

/// A message between two [`Replica`](crate::Replica)s of one type.
///
/// The sender is not named: the host knows it from the connection. Digests are
/// shared, so that a copy of a message asks nothing of their type.
#[derive(Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum ReplicaMessage<Digest, Delta> {
    /// Events, each with its whole delta.
    Rumors(RumorBatch<Update<Delta>>),
    /// What do I lack?
    Question(Question<Digest>),
    /// What a question's sender lacks.
    Answer(Answer<Digest, Delta>),
}

/// One event's delta. The rumor's id names the event's last dot.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Update<Delta> {
    /// How many dots the event took: those up to the one that names it.
    pub dots: NonZeroU64,
    /// The change.
    pub delta: Delta,
}

/// A digest, and the run of the replica that it describes.
#[derive(Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(bound(
        serialize = "Digest: serde::Serialize",
        deserialize = "Digest: serde::Deserialize<'de>"
    ))
)]
pub struct Question<Digest> {
    /// A random name of the asker's present run, to be repeated in the answer.
    pub run: u64,
    /// What the asker has.
    #[cfg_attr(feature = "serde", serde(with = "crate::shared"))]
    pub digest: Arc<Digest>,
}

/// All that the sender of a question lacks.
#[derive(Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Answer<Digest, Delta> {
    /// The run that the question named.
    pub run: u64,
    /// What the asker lacks; `None` if nothing.
    pub delta: Option<Delta>,
    /// The events that the asker has seen once it has merged `delta`.
    pub seen: CausalContext,
    /// The answerer's own question, if the asker is to answer as well.
    pub question: Option<Question<Digest>>,
}

impl<Digest, Delta: Clone> Clone for ReplicaMessage<Digest, Delta> {
    fn clone(&self) -> Self {
        match self {
            Self::Rumors(batch) => Self::Rumors(batch.clone()),
            Self::Question(question) => Self::Question(question.clone()),
            Self::Answer(answer) => Self::Answer(answer.clone()),
        }
    }
}

impl<Digest> Clone for Question<Digest> {
    fn clone(&self) -> Self {
        Self { run: self.run, digest: Arc::clone(&self.digest) }
    }
}

impl<Digest, Delta: Clone> Clone for Answer<Digest, Delta> {
    fn clone(&self) -> Self {
        let Self { run, delta, seen, question } = self;
        let (delta, seen, question) = (delta.clone(), seen.clone(), question.clone());
        Self { run: *run, delta, seen, question }
    }
}
