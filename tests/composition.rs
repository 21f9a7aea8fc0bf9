//! Types of another crate than ours as replicated state: alone, in a container, as
//! a part of a struct. Most of it is that it compiles.

use std::collections::BTreeMap;

use gossiper::causal::{Causal, Plain, Recording};
use gossiper::crdts::{GCounter, LwwRegister, OrSet};
use gossiper::{
    MergeOutcome, Replica, ReplicaConfig, ReplicaId, Replicated, Resolve, StateOf, UpdateContext,
};

/// A type with the three methods and nothing else.
#[derive(Clone, Debug, Default, PartialEq)]
struct HighScore(u64);

impl Replicated for HighScore {
    type Digest = u64;
    type Delta = u64;

    fn digest(&self) -> u64 {
        self.0
    }

    fn delta(&self, remote: &u64) -> Option<u64> {
        (self.0 > *remote).then_some(self.0)
    }

    fn merge(&mut self, delta: u64) -> MergeOutcome {
        let news = delta > self.0;
        self.0 = self.0.max(delta);
        MergeOutcome::changed_if(news)
    }
}

impl Plain for HighScore {
    type Recorder<'a> = Recording<'a, Self>;
}

/// What is replicated for it is another type, as for a derived struct.
struct Shop;

impl Resolve for Shop {
    type State = Causal<OrSet<String>>;
}

fn replica<S: Resolve>() -> Replica<S>
where
    StateOf<S>: Default,
    <StateOf<S> as Replicated>::Delta: Clone,
{
    Replica::new(ReplicaId::new(1), ReplicaConfig::default())
}

#[test]
fn a_type_by_hand_is_replicated_in_a_box_an_option_a_map_and_a_tuple() {
    let mut boxed = replica::<Box<HighScore>>();
    boxed.update(|_, _| Ok::<_, ()>(3)).expect("3 is merged");
    assert_eq!(boxed.state().0, 3);

    let mut option = replica::<Option<HighScore>>();
    option.update(|_, _| Ok::<_, ()>(Some(3))).expect("3 is merged");
    assert_eq!(option.state(), &Some(HighScore(3)));

    let mut map = replica::<BTreeMap<&str, (HighScore, Option<Box<GCounter>>)>>();
    let delta = |by| {
        let counted = GCounter::new().increment(ReplicaId::new(1), by).ok();
        BTreeMap::from([("ann", [(Some(by), Some(counted))].into_iter().collect())])
    };
    map.update(|_, _| Ok::<_, ()>(delta(3))).expect("3 is merged");
    let (score, counter) = &map.state()["ann"];
    assert_eq!((score.0, counter.as_ref().map(|counter| counter.value())), (3, Some(3)));
}

#[test]
fn a_state_that_stands_for_another_type_has_transactions() {
    let shop = replica::<Shop>();
    assert!(shop.state().is_empty());
    let mut title = replica::<LwwRegister<f64>>();
    let set = title.transact(|title| {
        title.set(0.5);
        Ok(())
    });
    set.expect("the write is recorded");
    assert_eq!(title.state().get(), Some(&0.5));
}

#[test]
fn lattices_in_containers_are_parts_of_causal_states() {
    type Part = (Option<HighScore>, Box<HighScore>, BTreeMap<u8, HighScore>);

    let mut ctx = UpdateContext::of(ReplicaId::new(1));
    let mut state = Causal::<Part>::default();
    let recorded = state.transact(&mut ctx, |part| {
        part.update(|_, _| Ok::<_, std::fmt::Error>((Some(Some(3)), Some(4), None)))?;
        assert_eq!(part.current().1.0, 4);
        Ok(())
    });
    recorded.expect("nothing aborts");
    assert_eq!((state.0.as_ref(), state.1.0), (Some(&HighScore(3)), 4));
}
