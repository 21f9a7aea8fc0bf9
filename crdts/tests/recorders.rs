//! Recorders: what a transaction reads, what it tells, and what it costs.

use std::cell::Cell;
use std::hash::{Hash, Hasher};

use gossiper_core::causal::{Abort, Causal, Deltas, Plain, Store};
use gossiper_core::{MergeOutcome, ReplicaId, Replicated, UpdateContext};
use gossiper_crdts::{CounterOverflow, GCounter, GMap, GSet, Max, Min, OrSet, RwSet, TwoPhaseSet};

#[path = "support/beside.rs"]
mod beside;

use beside::{Beside, BesideRecorder};

/// Transactions of one replica, each of which a second one hears of.
struct Pair<P: Plain> {
    ctx: UpdateContext,
    here: Causal<Beside<P>>,
    there: Causal<Beside<P>>,
}

impl<P: Plain + Clone + PartialEq + std::fmt::Debug> Pair<P> {
    fn new() -> Self {
        let ctx = UpdateContext::of(ReplicaId::new(1));
        Self { ctx, here: Causal::default(), there: Causal::default() }
    }

    /// Performs a transaction and returns the deltas of the plain part.
    fn transact(
        &mut self,
        changes: impl FnOnce(&mut BesideRecorder<'_, P>) -> Result<(), Abort>,
    ) -> Deltas<P> {
        let delta = self.here.transact(&mut self.ctx, changes).expect("nothing aborts");
        let plain = delta.fragment().0.clone();
        self.there.merge(delta);
        assert_eq!(self.here, self.there);
        let lacking = self.here.delta(&Causal::<Beside<P>>::default().digest());
        let mut late = Causal::<Beside<P>>::default();
        assert_eq!(lacking.map(|all| late.merge(all)), Some(MergeOutcome::Changed));
        assert_eq!(self.here, late);
        plain
    }
}

#[test]
fn what_is_added_in_one_transaction_adds_up() {
    let mut pair = Pair::<GCounter>::new();
    pair.here.merge({
        let mut other = UpdateContext::of(ReplicaId::new(2));
        Causal::<Beside<GCounter>>::default()
            .transact(&mut other, |state| Ok(state.plain().add(10)?))
            .expect("there is room")
    });
    pair.there = pair.here.clone();
    for round in 1..=3 {
        let deltas = pair.transact(|state| {
            let mut counter = state.plain();
            assert_eq!(counter.value(), 5 + 5 * round);
            counter.add(2)?;
            counter.add(0)?;
            assert_eq!(counter.value(), 7 + 5 * round);
            state.tags().insert(1);
            state.plain().add(3)?;
            assert_eq!(state.plain().value(), 10 + 5 * round);
            Ok(())
        });
        assert_eq!(deltas.iter().map(|delta| delta.fragment().iter().count()).sum::<usize>(), 1);
        assert_eq!(pair.there.plain.value(), 10 + 5 * round);
    }
}

#[test]
fn a_count_that_does_not_fit_leaves_no_trace() {
    let mut pair = Pair::<GCounter>::new();
    pair.transact(|state| Ok(state.plain().add(u64::MAX - 1)?));
    let before = pair.here.clone();
    let refused = pair.here.transact(&mut pair.ctx, |state| {
        state.tags().insert(1);
        state.plain().add(1)?;
        Ok(state.plain().add(1)?)
    });
    let error = refused.unwrap_err().into_inner();
    let error = error.downcast_ref::<CounterOverflow>().expect("the counter refuses");
    assert_eq!((error.count, error.by), (u64::MAX, 1));
    assert_eq!(pair.here, before);
}

#[test]
fn a_set_sees_what_was_inserted() {
    let mut pair = Pair::<GSet<u8>>::new();
    pair.transact(|state| {
        state.plain().extend([1, 2]);
        Ok(())
    });
    let deltas = pair.transact(|state| {
        let mut set = state.plain();
        assert!(set.insert(3) && !set.insert(3) && !set.insert(1));
        set.extend([2, 4]);
        assert!((0..6).all(|element| set.contains(&element) == (1..5).contains(&element)));
        Ok(())
    });
    // One delta, with nothing but news.
    let told: Vec<Vec<u8>> =
        deltas.iter().map(|delta| delta.fragment().iter().copied().collect()).collect();
    assert_eq!(told, [[3, 4]]);
}

#[test]
fn a_two_phase_set_sees_what_was_removed() {
    let mut pair = Pair::<TwoPhaseSet<u8>>::new();
    pair.transact(|state| {
        let mut set = state.plain();
        assert!(set.insert(1) && set.insert(2) && set.remove(2));
        assert!(!set.insert(2) && !set.contains(&2) && set.is_removed(&2));
        Ok(())
    });
    pair.transact(|state| {
        let mut set = state.plain();
        assert!(set.contains(&1) && !set.insert(2));
        assert!(set.remove(1) && !set.remove(1) && !set.remove(3) && !set.insert(3));
        Ok(())
    });
    assert!(pair.there.plain.is_empty() && pair.there.plain.removed().eq(&[1, 2, 3]));
}

#[test]
fn registers_see_what_was_written() {
    let mut highest = Pair::<Max<u8>>::new();
    highest.transact(|state| {
        state.plain().raise(5);
        Ok(())
    });
    let deltas = highest.transact(|state| {
        let mut register = state.plain();
        for (value, read) in [(3, 5), (7, 7), (6, 7), (9, 9)] {
            register.raise(value);
            assert_eq!(register.get(), Some(&read));
        }
        Ok(())
    });
    assert_eq!((deltas.iter().len(), highest.there.plain.get()), (1, Some(&9)));

    let mut lowest = Pair::<Min<u8>>::new();
    let deltas = lowest.transact(|state| {
        let mut register = state.plain();
        assert_eq!(register.get(), None);
        for (value, read) in [(5, 5), (7, 5), (2, 2)] {
            register.lower(value);
            assert_eq!(register.get(), Some(&read));
        }
        Ok(())
    });
    assert_eq!((deltas.iter().len(), lowest.there.plain.get()), (1, Some(&2)));
}

#[test]
fn the_values_of_a_map_are_changed_by_recorders_of_their_own() {
    let mut pair = Pair::<GMap<&str, GMap<&str, GCounter>>>::new();
    pair.transact(|state| {
        state.plain().entry("eu").entry("lisbon").add(1)?;
        Ok(())
    });
    pair.transact(|state| {
        let mut map = state.plain();
        map.entry("eu").entry("lisbon").add(2)?;
        map.entry("eu").entry("lisbon").add(3)?;
        map.entry("eu").entry("porto").add(4)?;
        assert_eq!(map.entry("eu").entry("lisbon").value(), 6);
        map.entry("us");
        assert!(map.contains_key("us") && map.contains_key("eu") && !map.contains_key("asia"));
        Ok(())
    });
    let count = |outer, inner| pair.there.plain.get(outer).and_then(|map| map.get(inner));
    assert_eq!(count("eu", "lisbon").map(GCounter::value), Some(6));
    assert_eq!(count("eu", "porto").map(GCounter::value), Some(4));
    assert!(pair.there.plain.get("us").is_some_and(GMap::is_empty));
}

/// Tuples, maps, options and boxes are changed by their deltas.
#[test]
fn containers_are_changed_by_update() {
    type State = (Option<Max<u8>>, Box<GSet<u8>>);
    let mut pair = Pair::<State>::new();
    for value in [3, 7] {
        pair.transact(|state| {
            let mut part = state.plain();
            part.update(|(best, _), _| {
                let raised = best.clone().unwrap_or_default().raise(value);
                Ok::<_, Abort>((Some(Some(raised)), None))
            })?;
            part.update(|(best, set), _| {
                // It reads what was changed in the same transaction.
                let best = best.as_ref().and_then(Max::get).copied().unwrap_or_default();
                Ok::<_, Abort>((None, Some(set.insert(best))))
            })
        });
    }
    let (best, set) = &pair.there.plain;
    assert_eq!(best.as_ref().and_then(Max::get), Some(&7));
    assert!(set.iter().eq(&[3, 7]));
}

/// An element that counts how often elements are compared.
#[derive(Clone, Debug)]
struct Counted(u64);

thread_local! {
    static COMPARISONS: Cell<u64> = const { Cell::new(0) };
}

impl PartialEq for Counted {
    fn eq(&self, other: &Self) -> bool {
        COMPARISONS.set(COMPARISONS.get() + 1);
        self.0 == other.0
    }
}

impl Eq for Counted {}

impl Hash for Counted {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

/// How many comparisons of elements these changes and their merge took.
fn comparisons<S: Store>(changes: impl FnOnce(&mut S::Recorder<'_>)) -> u64 {
    let before = COMPARISONS.get();
    let mut state = Causal::<S>::default();
    let delta = state.transact(&mut UpdateContext::of(ReplicaId::new(1)), |recorder| {
        changes(recorder);
        Ok(())
    });
    delta.expect("nothing aborts");
    COMPARISONS.get() - before
}

/// Of a transaction of any size, each change compares a few elements.
#[test]
fn a_large_transaction_costs_what_its_changes_do() {
    const MANY: u64 = 5_000;
    let inserted = comparisons::<OrSet<Counted>>(|set| {
        (0..MANY).for_each(|number| set.insert(Counted(number)));
        assert!((0..MANY).all(|number| set.contains(&Counted(number))));
    });
    let again = comparisons::<OrSet<Counted>>(|set| {
        for number in (0..MANY).chain(0..MANY) {
            set.insert(Counted(number));
        }
        assert!((0..MANY).all(|number| set.remove(&Counted(number))));
        assert!(!set.contains(&Counted(1)));
    });
    let marked = comparisons::<RwSet<Counted>>(|set| {
        for number in 0..MANY {
            set.insert(Counted(number));
            set.remove(Counted(number));
        }
        (0..MANY).for_each(|number| set.insert(Counted(number)));
    });
    for count in [inserted, again, marked] {
        assert!((MANY..6 * MANY).contains(&count), "{count}");
    }
}
