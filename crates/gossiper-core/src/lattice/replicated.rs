//! The central trait: state that can say what it knows, what another lacks,
//! and take in what it is told.

use alloc::vec;
use alloc::vec::Vec;

use super::{CausalContext, Fingerprint, FingerprintKey, MergeOutcome, Schema};
use crate::reconcile::{Difference, Sketch};

/// Typed state that converges: whatever the order, loss and repetition of the
/// deltas that reach them, replicas that have been told the same things are
/// equal.
///
/// Three methods are all that a type needs in order to be replicated,
/// simulated and checked. Types composed of `gossiper-crdts` get them for
/// nothing; write them by hand for a type of your own:
///
/// ```
/// use gossiper_core::{MergeOutcome, Replicated};
///
/// /// The highest score that anybody has reached.
/// #[derive(Default)]
/// struct HighScore(u64);
///
/// impl Replicated for HighScore {
///     type Digest = u64;
///     type Delta = u64;
///
///     fn digest(&self) -> u64 {
///         self.0
///     }
///     fn delta(&self, remote: &u64) -> Option<u64> {
///         (self.0 > *remote).then_some(self.0)
///     }
///     fn merge(&mut self, delta: u64) -> MergeOutcome {
///         let news = delta > self.0;
///         self.0 = self.0.max(delta);
///         MergeOutcome::changed_if(news)
///     }
/// }
///
/// let (mut here, there) = (HighScore(3), HighScore(8));
/// let lacking = there.delta(&here.digest()).expect("there knows more");
/// assert_eq!(here.merge(lacking), MergeOutcome::Changed);
/// assert_eq!(there.delta(&here.digest()), None);
/// ```
///
/// # Laws
///
/// They hold for all reachable states `a`, `b`, `c` (those that some history
/// of local updates and merges leads to) and are what the workspace's law
/// tests check for every type that it ships.
///
/// | law | meaning |
/// | --- | --- |
/// | idempotence | merging a delta twice leaves what merging it once leaves |
/// | commutativity, associativity | the order of merges does not matter |
/// | inflation | no merge and no mutator moves a state down its order |
/// | delta = mutation | merging a mutator's delta elsewhere has the effect of the mutation |
/// | digest soundness | after `a.merge(b.delta(&a.digest()))`, `a` knows all that `b` knows |
/// | digest completeness | nothing to send in both directions means equal states |
/// | delta minimality | `a.delta(&a.digest())` is `None`; a delta holds no atom that its receiver has |
/// | fingerprint | equal states have equal [fingerprints](Replicated::fingerprint), others do not, also after upkeep |
/// | joined deltas | merging the [join](Replicated::join_deltas) of deltas has the effect of merging each |
/// | decomposition | the join of [`decompose`](Replicated::decompose)'s pieces is the delta |
/// | pieces = whole | [pieces](Replicated::news), lost and repeated, end where the whole answer ends |
/// | canonical encoding | equal states have equal bytes |
/// | no resurrection | what was removed, and seen removed, never comes back by an old message |
///
/// The vocabulary is that of Almeida, Shoker and Baquero, *Delta state
/// replicated data types*, JPDC 2018, and of Enes, Almeida, Baquero and
/// Leitão, *Efficient synchronization of state-based CRDTs*, ICDE 2019.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not replicated state",
    label = "not replicated state",
    note = "a struct of replicated fields becomes it by `#[derive(Replicated)]`; where it has \
            that, the other errors tell what is in the way",
    note = "in a map of ours, values are causal (`PnCounter`, not `GCounter`) and keys are \
            `Ord + Hash + Clone`; elements of a set of ours are `Eq + Hash + Clone`",
    note = "any type becomes it by the three methods of `Replicated`: `digest`, `delta`, `merge`"
)]
pub trait Replicated {
    /// What a peer must be told of this state to work out what it lacks.
    type Digest;

    /// A mergeable fragment of this state.
    type Delta;

    /// Summarises this state for a peer.
    ///
    /// A digest may be coarse, so that peers send more than they must; it may
    /// never make them withhold what its owner lacks.
    fn digest(&self) -> Self::Digest;

    /// The part of this state that a replica with digest `remote` lacks;
    /// `None` when it lacks nothing.
    fn delta(&self, remote: &Self::Digest) -> Option<Self::Delta>;

    /// Joins `delta` into this state: idempotent, commutative, associative,
    /// inflationary. Says whether the state changed.
    fn merge(&mut self, delta: Self::Delta) -> MergeOutcome;

    /// Splits a delta into its join-irreducible parts, the *atoms*: one
    /// writer's count, one element, one key's new value.
    ///
    /// The join of the parts is the delta again, in any order. The default is
    /// a single part, which is right for any type and merely tells tools less.
    fn decompose(delta: Self::Delta) -> Vec<Self::Delta>
    where
        Self: Sized,
    {
        vec![delta]
    }

    /// Cuts a delta in two of about as many atoms, or leaves it whole if it is one
    /// atom; where deltas do not [join](Self::join_deltas), into its atoms.
    ///
    /// The join of the parts is the delta again, in any order. The default takes it
    /// apart and joins it again, which takes some hundred bytes an atom meanwhile;
    /// types that hold many have something better.
    fn halve(delta: Self::Delta) -> Vec<Self::Delta>
    where
        Self: Sized,
    {
        let atoms = Self::decompose(delta);
        let half = atoms.len().div_ceil(2);
        let mut parts: Vec<Self::Delta> = Vec::new();
        for (number, atom) in atoms.into_iter().enumerate() {
            let beside = match parts.last_mut() {
                Some(part) if number != half => Self::join_deltas(part, atom),
                _ => Some(atom),
            };
            parts.extend(beside);
        }
        parts
    }

    /// Joins `other` into `delta`, so that merging it has the effect of merging
    /// both; returns what of `other` cannot be joined and goes beside.
    ///
    /// A replica that missed many changes is told their join, which may be much
    /// smaller: of twenty writes to one key, the last. The default joins nothing.
    /// A type whose delta is a [`Join`](super::Join) has one line:
    /// `delta.join(other); None`.
    fn join_deltas(delta: &mut Self::Delta, other: Self::Delta) -> Option<Self::Delta>
    where
        Self: Sized,
    {
        let _ = delta;
        Some(other)
    }

    /// Two words that decide whether two states are equal, made with a key that
    /// is the cluster's; `None` if the type has none, and replicas then compare
    /// digests.
    ///
    /// Equal states have equal fingerprints, and unequal states must not. A type
    /// of one small value needs one line: `Some(key.fingerprint(&self.0))`.
    fn fingerprint(&self, _key: &FingerprintKey) -> Option<Fingerprint> {
        None
    }

    /// Keeps what [`fingerprint`](Self::fingerprint) needs up to date from now
    /// on, for `key`: a large state computes it once here, and then with each
    /// change what has changed. It never changes what any method returns.
    fn maintain_fingerprint(&mut self, _key: &FingerprintKey) {}

    /// A digest of what this state has seen, without what makes the digest large;
    /// `None` if the type has nothing smaller than its digest.
    ///
    /// Causal types leave out which of their dots are live, and are answered from
    /// their index by dot.
    fn outline(&self) -> Option<Self::Digest> {
        None
    }

    /// What a replica lacks that had this [outline](Self::outline) when it began
    /// to ask, and has since merged the pieces that dealt with the dots in
    /// `covered`: a piece of about `atoms` atoms, or all the rest.
    ///
    /// Pieces are pulled. Whatever is lost, repeated or changed between them, the
    /// asker never seems to lose what nobody removed, and has everything with
    /// [`News::Whole`].
    fn news(
        &self,
        outline: &Self::Digest,
        covered: &CausalContext,
        atoms: usize,
    ) -> News<Self::Delta> {
        let _ = (covered, atoms);
        News::Whole { delta: self.delta(outline), complete: true }
    }

    /// Whether the digest is so large that replicas had better find by sketches
    /// where they differ.
    fn digest_is_large(&self) -> bool {
        false
    }

    /// Keeps a [`sketch`](Self::sketch) of what this state holds from now on, if
    /// its type has one; says whether it does. O(n log m) the first time, and then
    /// O(log m) for each atom that comes or goes.
    ///
    /// Only after [`maintain_fingerprint`](Self::maintain_fingerprint), with whose
    /// key it is made.
    fn maintain_sketch(&mut self) -> bool {
        false
    }

    /// The sketch of the words that stand for this state's atoms.
    fn sketch(&self) -> Option<&Sketch> {
        None
    }

    /// What follows from the difference to a replica with an equal causal
    /// context; `None` if nothing does, and only the whole digest tells.
    ///
    /// The default is for words that are hashes: each side is told the
    /// [`atoms`](Self::atoms) that it lacks. The cost is that of `atoms`, once at most.
    fn reconcile(&self, difference: &Difference) -> Option<Reconciled<Self::Delta>> {
        let mut ours = |word| difference.ours.binary_search(&word).ok().map(|_| 0);
        let there = if difference.ours.is_empty() { None } else { self.atoms(&mut ours).pop() };
        let wanted = difference.theirs.clone();
        (there.is_some() || !wanted.is_empty()).then_some(Reconciled { here: None, there, wanted })
    }

    /// Visits the words that the [sketch](Self::sketch) is of, in any order, if
    /// [`atoms`](Self::atoms) finds what they stand for: what a
    /// [filter](crate::reconcile::Filter) is made of. Says whether the type has them.
    ///
    /// Only after [`maintain_fingerprint`](Self::maintain_fingerprint), with whose
    /// key they are made. O(n), without memory.
    fn visit_words(&self, visit: &mut dyn FnMut(u64)) -> bool {
        let _ = visit;
        false
    }

    /// The atoms whose words are given a place: in the first delta those with place 0,
    /// in the second those with 1, and so on. Each word is asked about once, and places
    /// have no gaps. O(n) for types that have no index by word.
    fn atoms(&self, place: &mut dyn FnMut(u64) -> Option<usize>) -> Vec<Self::Delta> {
        let _ = place;
        Vec::new()
    }

    /// Names this state type on the wire, so that peers which replicate
    /// something else are refused with a clear error.
    ///
    /// The default hashes the type's path. Return [`Schema::named`] from a
    /// type that may be moved or renamed while old peers are still running.
    fn schema() -> Schema
    where
        Self: Sized,
    {
        Schema::of_type::<Self>()
    }
}

/// An answer to an [outline](Replicated::outline).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum News<Delta> {
    /// A part of what is lacking.
    Piece {
        /// The part.
        delta: Delta,
        /// The dots that it deals with: all that the answerer has of them is in
        /// it, is known to the outline, or is covered already.
        covers: CausalContext,
    },
    /// All the rest.
    Whole {
        /// The rest; `None` if there is nothing.
        delta: Option<Delta>,
        /// Whether it tells all removals. If there are too many gaps to tell,
        /// only the whole digest settles those.
        complete: bool,
    },
}

/// What follows from a [difference](Replicated::reconcile).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reconciled<Delta> {
    /// To be merged here.
    pub here: Option<Delta>,
    /// To be merged there.
    pub there: Option<Delta>,
    /// Words of atoms that are there and lacking here, ascending.
    pub wanted: Vec<u64>,
}

/// Finds the replicated state that a type parameter stands for.
///
/// People write `Replica<S>`; what is replicated is [`StateOf<S>`]. For any
/// type that implements [`Replicated`] that is the type itself, so nobody
/// implements this trait by hand. It is the place where a type that is stored
/// inside a wrapper (a causal store with its context) names that wrapper.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not replicated state",
    label = "not replicated state",
    note = "a struct of replicated fields becomes it by `#[derive(Replicated)]`; where it has \
            that, the other errors tell what is in the way",
    note = "in a map of ours, values are causal (`PnCounter`, not `GCounter`) and keys are \
            `Ord + Hash + Clone`; elements of a set of ours are `Eq + Hash + Clone`",
    note = "any type becomes it by the three methods of `Replicated`: `digest`, `delta`, `merge`"
)]
pub trait Resolve: 'static {
    /// The type that is replicated.
    type State: Replicated + 'static;
}

#[diagnostic::do_not_recommend]
impl<T: Replicated + 'static> Resolve for T {
    type State = T;
}

/// The replicated state behind `S`: what [`Resolve`] finds.
pub type StateOf<S> = <S as Resolve>::State;

/// The digest of the replicated state behind `S`.
pub type DigestOf<S> = <StateOf<S> as Replicated>::Digest;

/// The delta of the replicated state behind `S`.
pub type DeltaOf<S> = <StateOf<S> as Replicated>::Delta;
