//! What is exchanged: a state of so many elements, events, and damage.

use std::collections::BTreeSet;

use gossiper_core::causal::{Causal, Store};
use gossiper_core::{
    CausalContext, DeltaOf, DigestOf, FingerprintKey, HybridClock, Replica, ReplicaId, Replicated,
    Resolve, Snapshot, StateOf, UpdateContext,
};
use gossiper_crdts::{GSet, MvRegister, OrMap, OrSet, VersionedKv};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::subjects::{Key, mix};

/// A type as it is measured.
pub(crate) trait Subject:
    Resolve<
        State: Clone
                   + Replicated<
            Delta: Clone + Serialize + DeserializeOwned,
            Digest: Serialize + DeserializeOwned,
        >,
    > + Sized
{
    const NAME: &'static str;
    /// Whether there is an index by dot.
    const HAS_DOTS: bool;

    /// So many elements, and their words and sketch.
    fn filled(n: u64) -> Snapshot<StateOf<Self>>;

    /// Adds an element, as one event.
    fn write(replica: &mut Replica<Self>, number: u64);

    /// The state without so many of its elements, while its context claims them;
    /// `None` for types without one.
    fn damaged(state: &StateOf<Self>, n: u64, lost: u64) -> Option<StateOf<Self>>;
}

/// One of so many elements was removed again, which leaves a gap each: one in fifty,
/// but two thousand gaps at most.
fn gaps_every(n: u64) -> u64 {
    (n / 2_000).max(50)
}

impl Subject for GSet<u64> {
    const NAME: &'static str = "GSet u64";
    const HAS_DOTS: bool = false;

    fn filled(n: u64) -> Snapshot<Self> {
        ready(Self::from_iter((0..n).map(u64::of)), CausalContext::new())
    }

    fn write(replica: &mut Replica<Self>, number: u64) {
        let written =
            replica.update(|set, _| Ok::<_, std::convert::Infallible>(set.insert(u64::of(number))));
        written.expect("it may write");
    }

    fn damaged(_: &Self, _: u64, _: u64) -> Option<Self> {
        None
    }
}

/// A store that is filled key by key.
pub(crate) trait Put: Store {
    const NAME: &'static str;
    fn put(recorder: &mut Self::Recorder<'_>, key: u64);
    fn take(recorder: &mut Self::Recorder<'_>, key: u64);
}

impl Put for OrSet<u64> {
    const NAME: &'static str = "OrSet u64";

    fn put(recorder: &mut Self::Recorder<'_>, key: u64) {
        recorder.insert(key);
    }
    fn take(recorder: &mut Self::Recorder<'_>, key: u64) {
        recorder.remove(&key);
    }
}

impl Put for OrMap<u64, MvRegister<u64>> {
    const NAME: &'static str = "OrMap u64";

    fn put(recorder: &mut Self::Recorder<'_>, key: u64) {
        recorder.entry(key).write(!key);
    }
    fn take(recorder: &mut Self::Recorder<'_>, key: u64) {
        recorder.remove(&key);
    }
}

impl Put for VersionedKv<u64, u64> {
    const NAME: &'static str = "VersionedKv u64";

    fn put(recorder: &mut Self::Recorder<'_>, key: u64) {
        recorder.put(key, !key);
    }
    fn take(recorder: &mut Self::Recorder<'_>, key: u64) {
        recorder.delete(&key);
    }
}

impl<S> Subject for S
where
    S: Put + Resolve<State = Causal<S>>,
    Causal<S>: Clone
        + Replicated<
            Delta = gossiper_core::causal::CausalDelta<S>,
            Digest: Serialize + DeserializeOwned,
        >,
    DeltaOf<S>: Clone + Serialize + DeserializeOwned,
    DigestOf<S>: Serialize + DeserializeOwned,
{
    const NAME: &'static str = <S as Put>::NAME;
    const HAS_DOTS: bool = true;

    fn filled(n: u64) -> Snapshot<Causal<S>> {
        let mut state = Causal::<S>::default();
        let mut ctx = UpdateContext::of(ReplicaId::new(1));
        let all = Vec::from_iter(0..n);
        for numbers in all.chunks(1_000) {
            let put = state.transact(&mut ctx, |recorder| {
                numbers.iter().for_each(|number| S::put(recorder, u64::of(*number)));
                Ok(())
            });
            put.expect("nothing aborts");
        }
        for numbers in all.chunks(1_000) {
            let removed = numbers.iter().filter(|number| number.is_multiple_of(gaps_every(n)));
            let taken = state.transact(&mut ctx, |recorder| {
                removed.for_each(|number| S::take(recorder, u64::of(*number)));
                Ok(())
            });
            taken.expect("nothing aborts");
        }
        let seen = state.context().clone();
        ready(state, seen)
    }

    fn write(replica: &mut Replica<Self>, number: u64) {
        let written = replica.update(|state, ctx| {
            state.record(ctx, |recorder| {
                S::put(recorder, u64::of(number));
                Ok(())
            })
        });
        written.expect("it may write");
    }

    /// The claims of a removal, without the dots of the removal itself.
    fn damaged(state: &Causal<S>, n: u64, lost: u64) -> Option<Causal<S>> {
        let mut numbers = BTreeSet::new();
        let live =
            (1..).map(|step| mix(step) % n).filter(|number| !number.is_multiple_of(gaps_every(n)));
        for number in live {
            if numbers.len() as u64 == lost.min(n - n.div_ceil(gaps_every(n))) {
                break;
            }
            numbers.insert(number);
        }
        let nobody = ReplicaId::new(u64::MAX);
        let removal = state.record(&mut UpdateContext::of(nobody), |recorder| {
            numbers.iter().for_each(|number| S::take(recorder, u64::of(*number)));
            Ok(())
        });
        let mut damaged = state.clone();
        for atom in Causal::<S>::decompose(removal.expect("nothing aborts")) {
            if atom.claims().max_sequence(nobody) == 0 {
                damaged.merge(atom);
            }
        }
        Some(damaged)
    }
}

fn ready<T: Replicated>(mut state: T, seen: CausalContext) -> Snapshot<T> {
    state.maintain_fingerprint(&FingerprintKey::default());
    state.maintain_sketch();
    let id = ReplicaId::new(1);
    Snapshot { id, sequence: seen.max_sequence(id), clock: HybridClock::default(), seen, state }
}
