//! The laws of [`Replicated`](gossiper_core::Replicated), each written once for
//! all types.

use gossiper_core::{Join, MergeOutcome};

use crate::world::{Subject, World};

/// Merging a delta twice leaves what merging it once leaves.
pub(crate) fn idempotence<S: Subject>(world: &World<S>) {
    for (a, b) in world.pairs() {
        for delta in world.messages.iter().cloned().chain(b.whole()) {
            let mut once = a.taught([delta.clone()]);
            let before = once.clone();
            assert_eq!(once.merge(delta.clone()), MergeOutcome::Unchanged);
            assert_eq!(once, before);
            assert_eq!(delta.clone().joined(delta.clone()), delta);
        }
    }
}

/// The order of two merges does not matter.
pub(crate) fn commutativity<S: Subject>(world: &World<S>) {
    for (a, b) in world.pairs() {
        assert_eq!(a.taught(b.whole()), b.taught(a.whole()));
        for message in &world.messages {
            let deltas = || b.whole().into_iter().chain([message.clone()]);
            let reversed = [message.clone()].into_iter().chain(b.whole());
            assert_eq!(a.taught(deltas()), a.taught(reversed));
            if let Some(whole) = b.whole() {
                let (left, right) = (whole.clone().joined(message.clone()), message.clone());
                assert_eq!(left, right.joined(whole));
            }
        }
    }
}

/// Deltas may be joined first and merged then, or merged one by one.
pub(crate) fn associativity<S: Subject>(world: &World<S>) {
    let [a, b, c] = &world.replicas;
    let joined = b.whole().joined(c.whole());
    assert_eq!(a.taught(joined), a.taught(b.whole().into_iter().chain(c.whole())));
    let mut all = S::Delta::default();
    for message in &world.messages {
        all.join(message.clone());
    }
    assert_eq!(a.taught([all]), a.taught(world.messages.clone()));
    if let (Some(a), Some(b), Some(c)) = (a.whole(), b.whole(), c.whole()) {
        assert_eq!(a.clone().joined(b.clone()).joined(c.clone()), a.joined(b.joined(c)));
    }
}

/// No merge and no mutator moves a state down its order, and an outcome tells
/// whether the state moved.
pub(crate) fn inflation<S: Subject>(world: &World<S>) {
    let (op, dot) = &world.next;
    let next = world.replicas[0].mutate(op, *dot);
    for (a, b) in world.pairs() {
        for delta in world.messages.iter().cloned().chain(b.whole()).chain(next.clone()) {
            let mut after = a.clone();
            let outcome = after.merge(delta);
            assert_eq!(outcome.is_changed(), after != *a);
            let raised = after.clone();
            assert_eq!(after.taught(a.whole()), raised, "the merge forgot something");
        }
    }
}

/// Merging a mutator's delta elsewhere has the effect of the mutation.
pub(crate) fn delta_is_mutation<S: Subject>(world: &World<S>) {
    let (op, dot) = &world.next;
    let before = &world.replicas[0];
    let Some(delta) = before.mutate(op, *dot) else { return };
    let after = before.taught([delta.clone()]);
    S::assert_effect(before, &after, op, *dot);
    for elsewhere in &world.replicas {
        let told = elsewhere.taught(before.whole().into_iter().chain([delta.clone()]));
        assert_eq!(told, elsewhere.taught(after.whole()));
    }
}

/// After an answer to its digest, a replica knows all that the other knows.
pub(crate) fn digest_soundness<S: Subject>(world: &World<S>) {
    for (a, b) in world.pairs() {
        assert_eq!(a.taught(b.delta(&a.digest())), a.taught(b.whole()));
    }
}

/// Nothing to send in both directions means equal states, and the reverse.
pub(crate) fn digest_completeness<S: Subject>(world: &World<S>) {
    for (a, b) in world.pairs() {
        let nothing = a.delta(&b.digest()).is_none() && b.delta(&a.digest()).is_none();
        assert_eq!(nothing, a == b);
        let (mine, theirs) = (a.taught(b.delta(&a.digest())), b.taught(a.delta(&b.digest())));
        assert_eq!(mine, theirs);
        assert_eq!(mine.digest(), theirs.digest());
        assert_eq!((mine.delta(&theirs.digest()), theirs.delta(&mine.digest())), (None, None));
    }
}

/// A delta holds no atom that its receiver has.
pub(crate) fn delta_minimality<S: Subject>(world: &World<S>) {
    for (a, b) in world.pairs() {
        assert_eq!(a.delta(&a.digest()), None);
        for atom in b.delta(&a.digest()).into_iter().flat_map(S::decompose) {
            assert_eq!(a.clone().merge(atom), MergeOutcome::Changed);
        }
    }
}

/// The join of the pieces, in any order, is the delta, and pieces have no
/// pieces.
pub(crate) fn decomposition<S: Subject>(world: &World<S>) {
    let rejoin = |atoms: Vec<S::Delta>| {
        let mut all = S::Delta::default();
        for atom in world.shuffled(atoms) {
            all.join(atom);
        }
        all
    };
    for (a, b) in world.pairs() {
        for delta in b.delta(&a.digest()).into_iter().chain(b.whole()) {
            let atoms = S::decompose(delta.clone());
            for atom in &atoms {
                assert_eq!(S::decompose(atom.clone()), std::slice::from_ref(atom));
            }
            assert_eq!(rejoin(atoms), delta);
        }
    }
    // A mutator's delta may be empty, and is then the same as none.
    for message in &world.messages {
        let atoms = S::decompose(message.clone());
        let bottom = S::default();
        assert_eq!(bottom.taught([rejoin(atoms)]), bottom.taught([message.clone()]));
    }
}

/// To replicas that know everything no old message is news, in any order.
pub(crate) fn no_resurrection<S: Subject>(world: &World<S>) {
    let all = S::default().taught(world.replicas.iter().filter_map(S::whole));
    let mut told = all.clone();
    for message in world.shuffled(world.messages.clone()) {
        assert_eq!(told.merge(message), MergeOutcome::Unchanged);
    }
    assert_eq!(told, all);
    // Nor does it matter in what order a newcomer hears the messages.
    assert_eq!(S::default().taught(world.shuffled(world.messages.clone())), all);
}
