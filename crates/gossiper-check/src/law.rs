//! What is checked, each under the one name that reports use.

use std::fmt;

/// A promise that a replicated type keeps, or breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Law {
    /// Merging a delta twice leaves what merging it once leaves.
    Idempotence,
    /// Two deltas may be merged in either order.
    Commutativity,
    /// Merging a merged state is merging its parts.
    Associativity,
    /// No merge and no mutator takes anything away.
    Inflation,
    /// `merge` says truly whether it changed the state.
    MergeOutcome,
    /// Merging a mutator's delta elsewhere has the effect of the mutation.
    DeltaIsMutation,
    /// A delta never withholds what the digest's owner lacks.
    DigestSoundness,
    /// Nothing left to send both ways means equal states.
    DigestCompleteness,
    /// A delta holds nothing that the digest's owner has.
    DeltaMinimality,
    /// Equal states have equal fingerprints and unequal states do not; one that
    /// is kept up to date is the one that is computed anew.
    Fingerprint,
    /// The join of a delta's atoms is the delta.
    Decomposition,
    /// Merging the join of deltas is merging each.
    JoinedDeltas,
    /// What is pulled in pieces ends where the whole answer ends.
    PiecesAreWhole,
    /// Equal states have equal bytes, and bytes decode to what was encoded.
    CanonicalEncoding,
    /// Bytes from outside are refused or harmless.
    HostileBytes,
    /// An old message never brings back what was removed.
    NoResurrection,
    /// What was acknowledged as durable survives.
    ///
    /// An operation counts as lost when merging its delta again changes the
    /// state that all end with. A merge that *absorbs* an operation, such as the
    /// maximum of two counts that were made under one identity, loses it without
    /// that sign: then merging the delta again changes nothing, and only a
    /// [model](Self::Model) tells.
    NoLoss,
    /// The outcome is the one that the model gives.
    Model,
    /// What must hold at every moment on every replica does.
    Invariant,
    /// Once the network has healed, all replicas become equal.
    Convergence,
    /// The same history gives the same states and bytes.
    Determinism,
    /// What is sent and kept does not grow without bound.
    Growth,
}

impl Law {
    /// All laws, in the order in which they are checked.
    pub const ALL: [Self; 22] = [
        Self::Idempotence,
        Self::Commutativity,
        Self::Associativity,
        Self::Inflation,
        Self::MergeOutcome,
        Self::DeltaIsMutation,
        Self::DigestSoundness,
        Self::DigestCompleteness,
        Self::DeltaMinimality,
        Self::Fingerprint,
        Self::Decomposition,
        Self::JoinedDeltas,
        Self::PiecesAreWhole,
        Self::CanonicalEncoding,
        Self::HostileBytes,
        Self::NoResurrection,
        Self::NoLoss,
        Self::Model,
        Self::Invariant,
        Self::Convergence,
        Self::Determinism,
        Self::Growth,
    ];

    /// The name that reports use.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Idempotence => "idempotence",
            Self::Commutativity => "commutativity",
            Self::Associativity => "associativity",
            Self::Inflation => "inflation",
            Self::MergeOutcome => "merge outcome",
            Self::DeltaIsMutation => "delta = mutation",
            Self::DigestSoundness => "digest soundness",
            Self::DigestCompleteness => "digest completeness",
            Self::DeltaMinimality => "delta minimality",
            Self::Fingerprint => "fingerprint",
            Self::Decomposition => "decomposition",
            Self::JoinedDeltas => "joined deltas",
            Self::PiecesAreWhole => "pieces = whole",
            Self::CanonicalEncoding => "canonical encoding",
            Self::HostileBytes => "hostile bytes",
            Self::NoResurrection => "no resurrection",
            Self::NoLoss => "no loss",
            Self::Model => "model",
            Self::Invariant => "invariant",
            Self::Convergence => "convergence after faults",
            Self::Determinism => "determinism",
            Self::Growth => "growth",
        }
    }

    /// The module of [`guide`](crate::guide) that is about the law.
    #[must_use]
    pub const fn page(self) -> &'static str {
        match self {
            Self::Idempotence => "idempotence",
            Self::Commutativity => "commutativity",
            Self::Associativity => "associativity",
            Self::Inflation => "inflation",
            Self::MergeOutcome => "merge_outcome",
            Self::DeltaIsMutation => "delta_is_mutation",
            Self::DigestSoundness => "digest_soundness",
            Self::DigestCompleteness => "digest_completeness",
            Self::DeltaMinimality => "delta_minimality",
            Self::Fingerprint => "fingerprint",
            Self::Decomposition => "decomposition",
            Self::JoinedDeltas => "joined_deltas",
            Self::PiecesAreWhole => "pieces_are_whole",
            Self::CanonicalEncoding => "canonical_encoding",
            Self::HostileBytes => "hostile_bytes",
            Self::NoResurrection => "no_resurrection",
            Self::NoLoss => "no_loss",
            Self::Model => "model",
            Self::Invariant => "invariant",
            Self::Convergence => "convergence",
            Self::Determinism => "determinism",
            Self::Growth => "growth",
        }
    }

    /// What the law means, in one sentence.
    #[must_use]
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Idempotence => "merging a delta a second time changes nothing",
            Self::Commutativity => "two deltas lead to the same state in either order",
            Self::Associativity => {
                "merging the merge of two states is the same as merging one after the other"
            }
            Self::Inflation => "an update or a merge never loses what the state knew before",
            Self::MergeOutcome => "merge says Changed exactly when the state changed",
            Self::DeltaIsMutation => {
                "merging a mutator's delta elsewhere has the effect of the mutation"
            }
            Self::DigestSoundness => {
                "what a peer answers to a digest holds all that the digest's owner lacks"
            }
            Self::DigestCompleteness => "when neither side has anything to send, both are equal",
            Self::DeltaMinimality => "an answer holds nothing that the digest's owner has already",
            Self::Fingerprint => {
                "fingerprints are equal where states are, and only there, however they came about"
            }
            Self::Decomposition => "the parts of a delta, joined in any order, are the delta",
            Self::JoinedDeltas => {
                "merging the join of two deltas has the effect of merging one after the other"
            }
            Self::PiecesAreWhole => {
                "an answer that is pulled in pieces ends in the state that the whole leads to"
            }
            Self::CanonicalEncoding => "equal states have equal bytes, which decode to them",
            Self::HostileBytes => "bytes from outside are decoded or refused, and never panic",
            Self::NoResurrection => "a message that was merged before never changes a later state",
            Self::NoLoss => "what was acknowledged as durable is in the state that all end with",
            Self::Model => "the outcome is what the model says of the operations that were seen",
            Self::Invariant => "the stated condition holds on every replica at every moment",
            Self::Convergence => "once the network has healed, all replicas become equal",
            Self::Determinism => "the same history leads to the same states and the same bytes",
            Self::Growth => "states, digests and deltas do not grow with what is no longer there",
        }
    }

    /// What usually is the matter when the law is broken.
    #[must_use]
    pub const fn usual_cause(self) -> &'static str {
        match self {
            Self::Idempotence => "the delta says \"add 3\" instead of \"the count is now 8\"",
            Self::Commutativity => {
                "the last message wins: ties need an order that does not depend on arrival"
            }
            Self::Associativity => {
                "merge decides by what happens to be on both sides, not by what each has seen"
            }
            Self::Inflation => {
                "merge overwrites, a counter wraps, or a removal forgets its context"
            }
            Self::MergeOutcome => "merge compares before it is done, or always says Changed",
            Self::DeltaIsMutation => {
                "the delta leaves out a part of the change, or claims more than it carries"
            }
            Self::DigestSoundness => {
                "the digest claims more than the state has, or the answer leaves out a part"
            }
            Self::DigestCompleteness => "the digest leaves out a part of the state",
            Self::DeltaMinimality => {
                "the delta ignores the digest; if that is meant, declare the digest coarse"
            }
            Self::Fingerprint => {
                "a part of the state is not hashed, or some change is not followed up"
            }
            Self::Decomposition => "a part of the delta is in none of the pieces",
            Self::JoinedDeltas => {
                "one delta takes the place of the other, or amounts are added twice"
            }
            Self::PiecesAreWhole => {
                "a piece covers dots that it does not tell, or the last leaves out a removal"
            }
            Self::CanonicalEncoding => {
                "hash order, insertion order or a cache is encoded with the state"
            }
            Self::HostileBytes => "decoding does not check what the code later relies on",
            Self::NoResurrection => "a removal is forgotten together with the element",
            Self::NoLoss => "an identity was used twice, or a merge replaced what it should join",
            Self::Model => {
                "the type follows another rule than the model, often for concurrent operations"
            }
            Self::Invariant => "the check is made on one replica's knowledge alone",
            Self::Convergence => "some difference is neither in a delta nor in the digest",
            Self::Determinism => "a hasher, a clock or a global random source is used",
            Self::Growth => "marks of removed elements or contexts with gaps are kept for ever",
        }
    }
}

impl fmt::Display for Law {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
