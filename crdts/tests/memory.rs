//! What a state holds depends on what is live, not on what was.
#![cfg(feature = "serde")]

use gossiper_core::causal::{Causal, CausalDelta};
use gossiper_core::{
    CausalContext, DeterministicRng, Dot, RandomSource, ReplicaId, Replicated, UpdateContext,
};
use gossiper_crdts::OrSet;

type Set = Causal<OrSet<u64>>;

fn encoded(value: &impl serde::Serialize) -> usize {
    bincode::serde::encode_to_vec(value, bincode::config::standard()).expect("it encodes").len()
}

fn change(
    set: &mut Set,
    ctx: &mut UpdateContext,
    element: u64,
    add: bool,
) -> CausalDelta<OrSet<u64>> {
    let delta = set.transact(ctx, |set| {
        if add {
            set.insert(element);
        } else {
            set.remove(&element);
        }
        Ok(())
    });
    delta.expect("nothing aborts")
}

/// The elements 0 to `live` after so many pairs of an addition and a removal of
/// others, a thousand of which were there at once.
fn after(pairs: u64, live: u64) -> Set {
    let (mut set, mut ctx) = (Set::default(), UpdateContext::of(ReplicaId::new(1)));
    for pair in 0..pairs + 1_000 {
        if pair < pairs {
            change(&mut set, &mut ctx, live + pair, true);
        }
        if let Some(gone) = pair.checked_sub(1_000) {
            change(&mut set, &mut ctx, live + gone, false);
        }
    }
    for element in 0..live {
        change(&mut set, &mut ctx, element, true);
    }
    set
}

#[test]
fn removed_elements_leave_no_bytes() {
    let pairs = if cfg!(debug_assertions) { 20_000 } else { 1_000_000 };
    let (fresh, used) = (after(0, 500), after(pairs, 500));
    assert!(used.iter().eq(fresh.iter()));
    // One number each: where the live dots begin, and where the known ones end.
    assert!(encoded(&used) <= encoded(&fresh) + 16, "{} {}", encoded(&used), encoded(&fresh));
    assert_eq!(used.context().runs().len(), 1);
    let empty = encoded(&after(pairs, 0));
    assert!(empty <= 20, "{empty} for a writer, a number and no element");
}

/// Three replicas, half of whose messages are lost, and who answer each other's
/// digests now and then.
#[test]
fn a_long_run_with_loss_leaves_no_exceptions() {
    let mut rng = DeterministicRng::new(9);
    let mut replicas: Vec<(Set, UpdateContext)> =
        (1..=3).map(|id| (Set::default(), UpdateContext::of(ReplicaId::new(id)))).collect();
    let mut most = 0;
    for _ in 0..3_000 {
        let writer = rng.below(3) as usize;
        let (set, ctx) = &mut replicas[writer];
        let delta = change(set, ctx, rng.below(200), rng.below(2) == 0);
        for (reader, (set, _)) in replicas.iter_mut().enumerate() {
            if reader != writer && rng.below(2) == 0 {
                set.merge(delta.clone());
            }
            most = most.max(set.context().exceptions().count());
        }
        if rng.below(20) == 0 {
            let (asks, answers) = (rng.below(3) as usize, rng.below(3) as usize);
            if let Some(answer) = replicas[answers].0.delta(&replicas[asks].0.digest()) {
                replicas[asks].0.merge(answer);
            }
        }
    }
    assert!(most > 10, "messages were lost");
    for (asks, answers) in [(0, 1), (0, 2), (1, 0), (2, 0)] {
        if let Some(answer) = replicas[answers].0.delta(&replicas[asks].0.digest()) {
            replicas[asks].0.merge(answer);
        }
    }
    for (set, _) in &replicas {
        assert_eq!(set, &replicas[0].0);
        assert_eq!(set.context().exceptions().count(), 0);
        assert_eq!(set.context().runs().len(), 3);
    }
}

#[test]
fn a_thousand_writers_cost_some_kilobytes() {
    let mut rng = DeterministicRng::new(1);
    let writers = (0..1_000).map(|_| {
        let last = 1 + rng.below(100_000);
        (Dot::new(ReplicaId::new(rng.next_u64()), 1).unwrap(), last)
    });
    let mut context = CausalContext::new();
    for (first, last) in writers {
        context.insert_range(first, last);
    }
    assert_eq!(context.runs().len(), 1_000);
    let bytes = encoded(&context);
    assert!(bytes <= 16_000, "{bytes} encoded, of which the ids are 9,000");
}
