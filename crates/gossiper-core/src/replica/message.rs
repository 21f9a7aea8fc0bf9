//! What replicas tell each other.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::num::NonZeroU64;

use super::Events;
use crate::reconcile::{Filter, Ranges, Symbols, SymbolsQuestion, Wanted};
use crate::rumor::{Rumor, RumorBatch};
use crate::{CausalContext, Fingerprint};

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

/// The delta of one event, or the join of several. The rumor's id is the last dot of
/// the one, or a dot of the several.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Update<Delta> {
    /// Which events.
    pub events: Events,
    /// The change.
    pub delta: Delta,
}

impl<Delta> Update<Delta> {
    /// A change in one event with one dot.
    #[must_use]
    pub const fn of(delta: Delta) -> Self {
        Self { events: Events::One(NonZeroU64::MIN), delta }
    }
}

/// What a replica asks, from the cheapest question to the one that settles
/// everything.
#[derive(Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(bound(
        serialize = "Digest: serde::Serialize",
        deserialize = "Digest: serde::Deserialize<'de>"
    ))
)]
pub enum Question<Digest> {
    /// *Are we equal?* 40 bytes whatever the size of the state.
    Equal {
        /// That of the asker's state.
        fingerprint: Fingerprint,
        /// A hash of the events that the asker has seen.
        #[cfg_attr(feature = "serde", serde(with = "word"))]
        seen: u64,
    },
    /// *What have I not seen?* Some 12 bytes for each writer of whom the peer does not
    /// know it; with an outline, 12 bytes for every writer besides.
    Unseen {
        /// A random name of the asker's present run, to be repeated in the answer.
        run: u64,
        /// That of the asker's state, if its type has one.
        fingerprint: Option<Fingerprint>,
        /// The events that it has seen.
        seen: SeenEvents,
        /// For what is older than logs are.
        outline: Option<Outline<Digest>>,
    },
    /// *Where do we differ?* Symbols of the peer's sketch, from which the asker
    /// works out the difference.
    Symbols {
        /// That of the asker's state; sketches of causal types tell the difference
        /// of states with equal contexts.
        fingerprint: Fingerprint,
        /// Which symbols.
        symbols: SymbolsQuestion,
    },
    /// *What are these?* Atoms by their words, which a sketch told.
    Atoms(Wanted),
    /// *Where do we differ?* The whole digest, which the type answers by itself.
    Digest {
        /// A random name of the asker's present run, to be repeated in the answer.
        run: u64,
        /// What the asker has.
        #[cfg_attr(feature = "serde", serde(with = "crate::shared"))]
        digest: Arc<Digest>,
    },
    /// *What do I surely lack?* A filter of what the asker holds in some ranges of
    /// words, for states that have less in common.
    Filter {
        /// That of the asker's state.
        fingerprint: Fingerprint,
        /// The number of the question, to be repeated in its answers.
        number: u32,
        /// Which words are asked about; none if only the other side has to ask.
        ranges: Ranges,
        /// Of the asker's words in these ranges.
        filter: Filter,
        /// About how many atoms of the asker the answerer lacks, if it had better ask in
        /// this way as well; else 0.
        lacking: u32,
    },
}

/// The events that the sender of a message has seen.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum SeenEvents {
    /// All of them, at some 12 bytes a writer.
    All(CausalContext),
    /// What has changed since one side told the other of such a set, or both found that
    /// they had seen the same.
    Since {
        /// A hash of that set. Who does not remember it asks with all that it has seen
        /// itself.
        #[cfg_attr(feature = "serde", serde(with = "word"))]
        base: u64,
        /// What the sender has seen besides.
        more: CausalContext,
        /// What is in that set, and the sender has not seen.
        less: CausalContext,
    },
}

/// What a causal state knew when a replica began to ask for what it lacks, and
/// what it has been told since.
#[derive(Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(bound(
        serialize = "Digest: serde::Serialize",
        deserialize = "Digest: serde::Deserialize<'de>"
    ))
)]
pub struct Outline<Digest> {
    /// The digest without what makes it large; see
    /// [`Replicated::outline`](crate::Replicated::outline).
    #[cfg_attr(feature = "serde", serde(with = "crate::shared"))]
    pub digest: Arc<Digest>,
    /// The dots that the pieces so far have dealt with.
    pub covered: CausalContext,
}

/// What the sender of a question lacks, and mostly a question in return.
#[derive(Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Answer<Digest, Delta> {
    /// What it lacks.
    pub lacking: Lacking<Delta>,
    /// The answerer's own question, if the asker is to answer as well.
    pub question: Option<Question<Digest>>,
}

/// What the sender of a question lacks.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Lacking<Delta> {
    /// Nothing: the states are equal, and so is what was seen.
    Nothing,
    /// Nothing but the knowledge of having seen: the fingerprints are equal.
    Knowledge {
        /// That of both states.
        fingerprint: Fingerprint,
        /// The events that the answerer has seen, which are wholly in a state
        /// with this fingerprint.
        seen: SeenEvents,
    },
    /// That is for the asker to work out.
    Symbols {
        /// The answerer's word over its causal context.
        #[cfg_attr(feature = "serde", serde(with = "crate::lattice::fingerprint_word"))]
        context: u128,
        /// Symbols of its sketch.
        symbols: Symbols,
    },
    /// Events that it has not seen, each whole, and perhaps others.
    Events {
        /// The answerer's name for them, to be acknowledged by as rumors are, if they are
        /// instead of rumors: the asker could not be told. Else 0.
        number: u64,
        /// The events, one by one or joined.
        events: Vec<Rumor<Update<Delta>>>,
        /// Whether there are others, to be asked for.
        more: bool,
    },
    /// A piece of what it lacks, to be followed by others.
    Piece {
        /// The run that the question named.
        run: u64,
        /// The piece.
        delta: Delta,
        /// The dots that it deals with, to be named in the next question.
        covers: CausalContext,
    },
    /// All that it lacks.
    Whole {
        /// The run that the question named.
        run: u64,
        /// What it lacks; `None` if nothing.
        delta: Option<Delta>,
        /// Events that the asker has seen once it has merged `delta`.
        seen: CausalContext,
    },
    /// What it surely lacks in a range of words.
    Range {
        /// The number that the question had.
        number: u32,
        /// What it lacks there; `None` if nothing.
        delta: Option<Delta>,
        /// The first and the last word of the range.
        words: (u64, u64),
        /// The last word that is dealt with, here or in answers beside this one.
        until: u64,
    },
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

// By hand: digests are shared, so a copy needs no `Digest: Clone`.
impl<Digest> Clone for Question<Digest> {
    fn clone(&self) -> Self {
        match self {
            Self::Equal { fingerprint, seen } => {
                Self::Equal { fingerprint: *fingerprint, seen: *seen }
            }
            Self::Unseen { run, fingerprint, seen, outline } => Self::Unseen {
                run: *run,
                fingerprint: *fingerprint,
                seen: seen.clone(),
                outline: outline.clone(),
            },
            Self::Symbols { fingerprint, symbols } => {
                Self::Symbols { fingerprint: *fingerprint, symbols: *symbols }
            }
            Self::Atoms(wanted) => Self::Atoms(wanted.clone()),
            Self::Digest { run, digest } => Self::Digest { run: *run, digest: Arc::clone(digest) },
            Self::Filter { fingerprint, number, ranges, filter, lacking } => Self::Filter {
                fingerprint: *fingerprint,
                number: *number,
                ranges: ranges.clone(),
                filter: filter.clone(),
                lacking: *lacking,
            },
        }
    }
}

impl<Digest> Clone for Outline<Digest> {
    fn clone(&self) -> Self {
        Self { digest: Arc::clone(&self.digest), covered: self.covered.clone() }
    }
}

impl<Digest, Delta: Clone> Clone for Answer<Digest, Delta> {
    fn clone(&self) -> Self {
        Self { lacking: self.lacking.clone(), question: self.question.clone() }
    }
}

/// A word as 8 bytes: as a number it would take one more.
#[cfg(feature = "serde")]
mod word {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(super) fn serialize<S: Serializer>(word: &u64, to: S) -> Result<S::Ok, S::Error> {
        word.to_le_bytes().serialize(to)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<u64, D::Error> {
        <[u8; 8]>::deserialize(from).map(u64::from_le_bytes)
    }
}
