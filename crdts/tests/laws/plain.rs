//! Plain lattices: what is shown is a function of what was seen, whatever had
//! seen what.

use std::collections::{BTreeMap, BTreeSet};

use gossiper_check::{Operation, Seen, check};
use gossiper_core::{Delta, DeltaOf, UpdateContext};
use gossiper_crdts::{GCounter, GMap, Max, Min, TwoPhaseSet};
use proptest::prelude::*;

mod two_phase_set {
    use super::*;

    #[derive(Clone, Debug)]
    enum Op {
        Insert(u8),
        Remove(u8),
    }

    type Set = TwoPhaseSet<u8>;

    impl Operation<Set> for Op {
        fn apply(&self, set: &Set, _: &mut UpdateContext) -> Option<Delta<Set>> {
            Some(match self {
                Self::Insert(element) => set.insert(*element),
                Self::Remove(element) => set.remove(*element),
            })
        }
    }

    fn ops() -> impl Strategy<Value = Op> {
        prop_oneof![3 => (0..5_u8).prop_map(Op::Insert), 1 => (0..5_u8).prop_map(Op::Remove)]
    }

    fn view(set: &Set) -> BTreeSet<u8> {
        set.iter().copied().collect()
    }

    /// What was added, and never removed.
    fn never_removed(seen: &Seen<'_, Op>) -> BTreeSet<u8> {
        let (mut added, mut removed) = (BTreeSet::new(), BTreeSet::new());
        for one in seen.iter() {
            match one.op() {
                Op::Insert(element) => added.insert(*element),
                Op::Remove(element) => removed.insert(*element),
            };
        }
        &added - &removed
    }

    check!(Set, ops = ops(), with_model(view, never_removed), with_bounded_growth());
}

#[derive(Clone, Debug)]
struct Write(i8);

impl Operation<Max<i8>> for Write {
    fn apply(&self, register: &Max<i8>, _: &mut UpdateContext) -> Option<Delta<Max<i8>>> {
        Some(register.raise(self.0))
    }
}

impl Operation<Min<i8>> for Write {
    fn apply(&self, register: &Min<i8>, _: &mut UpdateContext) -> Option<Delta<Min<i8>>> {
        Some(register.lower(self.0))
    }
}

mod max {
    use super::*;

    fn greatest(seen: &Seen<'_, Write>) -> Option<i8> {
        seen.iter().map(|one| one.op().0).max()
    }

    fn view(register: &Max<i8>) -> Option<i8> {
        register.get().copied()
    }

    check!(
        Max<i8>,
        ops = any::<i8>().prop_map(Write),
        with_model(view, greatest),
        with_bounded_growth()
    );
}

mod min {
    use super::*;

    fn least(seen: &Seen<'_, Write>) -> Option<i8> {
        seen.iter().map(|one| one.op().0).min()
    }

    fn view(register: &Min<i8>) -> Option<i8> {
        register.get().copied()
    }

    check!(
        Min<i8>,
        ops = any::<i8>().prop_map(Write),
        with_model(view, least),
        with_bounded_growth()
    );
}

mod g_map {
    use super::*;

    /// Counts under a key of a map in a map.
    #[derive(Clone, Debug)]
    struct Count(u8, u8, u64);

    type Map = GMap<u8, GMap<u8, GCounter>>;

    impl Operation<Map> for Count {
        fn apply(&self, map: &Map, ctx: &mut UpdateContext) -> Option<DeltaOf<Map>> {
            let count = |count: &GCounter| count.increment(ctx.replica(), self.2);
            map.try_update(self.0, |inner| inner.try_update(self.1, count)).ok()
        }
    }

    fn ops() -> impl Strategy<Value = Count> {
        (0..2_u8, 0..3_u8, 0..3_u64).prop_map(|(outer, inner, by)| Count(outer, inner, by))
    }

    fn view(map: &Map) -> BTreeMap<(u8, u8), u128> {
        let outer = map.iter().flat_map(|(outer, map)| map.iter().map(move |one| (outer, one)));
        outer.map(|(outer, (inner, count))| ((*outer, *inner), count.value())).collect()
    }

    /// Every key that was named is there, and all that was counted under it.
    fn totals(seen: &Seen<'_, Count>) -> BTreeMap<(u8, u8), u128> {
        let mut totals = BTreeMap::new();
        for Count(outer, inner, by) in seen.iter().map(|one| one.op().clone()) {
            *totals.entry((outer, inner)).or_default() += u128::from(by);
        }
        totals
    }

    check!(Map, ops = ops(), with_model(view, totals), with_bounded_growth());
}

/// What core makes lattices of: tuples, maps, options and boxes.
mod containers {
    use super::*;

    type State = (Option<GCounter>, BTreeMap<u8, Box<Max<u8>>>);

    #[derive(Clone, Debug)]
    enum Op {
        /// Counts so many more, or only puts a counter there.
        Count(u64),
        Raise(u8, u8),
        /// Makes a key be there and writes nothing to it.
        Touch(u8),
    }

    impl Operation<State> for Op {
        fn apply(&self, state: &State, ctx: &mut UpdateContext) -> Option<DeltaOf<State>> {
            let (counter, best) = state;
            Some(match self {
                Self::Count(by) => {
                    let counter = counter.clone().unwrap_or_default();
                    let count = counter.increment(ctx.replica(), *by).ok()?;
                    (Some(Some(count).filter(|_| *by > 0)), None)
                }
                Self::Raise(key, value) => {
                    let best = best.get(key).cloned().unwrap_or_default();
                    let raised = [best.raise(*value)].into_iter().collect();
                    (None, Some(BTreeMap::from([(*key, raised)])))
                }
                Self::Touch(key) => (None, Some([(*key, Default::default())].into())),
            })
        }
    }

    fn ops() -> impl Strategy<Value = Op> {
        prop_oneof![
            (0..3_u64).prop_map(Op::Count),
            (0..3_u8, 0..9_u8).prop_map(|(key, value)| Op::Raise(key, value)),
            (0..3_u8).prop_map(Op::Touch),
        ]
    }

    type View = (Option<u128>, BTreeMap<u8, Option<u8>>);

    fn view((counter, best): &State) -> View {
        let best = best.iter().map(|(key, best)| (*key, best.get().copied()));
        (counter.as_ref().map(GCounter::value), best.collect())
    }

    fn sums_and_maxima(seen: &Seen<'_, Op>) -> View {
        let (mut count, mut best) = View::default();
        for one in seen.iter() {
            match *one.op() {
                Op::Count(by) => *count.get_or_insert_default() += u128::from(by),
                Op::Raise(key, value) => {
                    let best = best.entry(key).or_default();
                    *best = Some(value).max(*best);
                }
                Op::Touch(key) => {
                    best.entry(key).or_default();
                }
            }
        }
        (count, best)
    }

    check!(State, ops = ops(), with_model(view, sums_and_maxima), with_bounded_growth());
}
