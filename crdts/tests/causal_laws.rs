//! The causal types, held by the toolkit that users have: laws, small scopes,
//! fault schedules and growth, each with a model.
//!
//! Where a container has a second layout for many elements, some operations
//! cross the threshold at once.

use std::collections::{BTreeMap, BTreeSet};

use gossiper_check::{Operation, Seen, SeenOp, check};
use gossiper_core::causal::{Abort, Store};
use gossiper_core::{DeltaOf, StateOf, UpdateContext};
use gossiper_crdts::{MvRegister, OrMap, OrSet, PnCounter};
use proptest::prelude::*;

/// More elements than are kept in the small layout.
const MANY: u8 = 20;

/// Operations that had seen one of `these`.
fn seen_by<'a, O>(
    seen: &Seen<'a, O>,
    one: SeenOp<'a, O>,
    mut these: impl FnMut(&O) -> bool,
) -> bool {
    seen.after(one).any(|later| these(later.op()))
}

/// An operation of a causal type, by what it records.
macro_rules! records {
    ($type:ty, $store:ty, |$op:ident, $recorder:ident| $body:expr) => {
        impl Operation<$store> for $type {
            fn apply(
                &self,
                state: &StateOf<$store>,
                ctx: &mut UpdateContext,
            ) -> Option<DeltaOf<$store>> {
                let perform = |$op: &Self, $recorder: &mut <$store as Store>::Recorder<'_>| {
                    $body;
                    Ok::<(), Abort>(())
                };
                state.record(ctx, |recorder| perform(self, recorder)).ok()
            }
        }
    };
}

mod or_set {
    use super::*;

    #[derive(Clone, Copy, Debug, PartialEq)]
    enum Op {
        Insert(u8),
        InsertMany,
        Remove(u8),
        RemoveMany,
        Clear,
    }

    impl Op {
        fn removes(&self, element: u8) -> bool {
            match self {
                Self::Insert(_) | Self::InsertMany => false,
                Self::Remove(other) => *other == element,
                Self::RemoveMany => element > 0,
                Self::Clear => true,
            }
        }
    }

    records!(Op, OrSet<u8>, |op, set| match op {
        Op::Insert(element) => set.insert(*element),
        Op::InsertMany => (0..MANY).for_each(|element| set.insert(element)),
        Op::Remove(element) => assert_eq!(set.contains(element), set.remove(element)),
        Op::RemoveMany => (1..MANY).for_each(|element| {
            set.remove(&element);
        }),
        Op::Clear => set.clear(),
    });

    fn few() -> impl Strategy<Value = Op> {
        prop_oneof![
            6 => (0..3_u8).prop_map(Op::Insert),
            3 => (0..3_u8).prop_map(Op::Remove),
            1 => Just(Op::Clear),
        ]
    }

    fn many() -> impl Strategy<Value = Op> {
        prop_oneof![8 => few(), 1 => Just(Op::InsertMany), 1 => Just(Op::RemoveMany)]
    }

    fn view(set: &StateOf<OrSet<u8>>) -> BTreeSet<u8> {
        let elements: BTreeSet<u8> = set.iter().copied().collect();
        assert_eq!((elements.len(), elements.is_empty()), (set.len(), set.is_empty()));
        assert!((0..MANY).all(|element| set.contains(&element) == elements.contains(&element)));
        elements
    }

    /// Add wins: an element is in if some addition of it was seen by no removal.
    fn add_wins(seen: &Seen<'_, Op>) -> BTreeSet<u8> {
        let live = seen.iter().flat_map(|one| {
            let added = match one.op() {
                Op::Insert(element) => *element..*element + 1,
                Op::InsertMany => 0..MANY,
                _ => 0..0,
            };
            added.filter(move |element| !seen_by(seen, one, |op| op.removes(*element)))
        });
        live.collect()
    }

    check!(OrSet<u8>, ops = few(), with_model(view, add_wins), with_bounded_growth());
    check!(mod with_an_index: OrSet<u8>, ops = many(), with_model(view, add_wins));
}

mod mv_register {
    use super::*;

    #[derive(Clone, Copy, Debug)]
    enum Op {
        Write(u8),
        Clear,
    }

    records!(Op, MvRegister<u8>, |op, register| match op {
        Op::Write(value) => register.write(*value),
        Op::Clear => register.clear(),
    });

    fn view(register: &StateOf<MvRegister<u8>>) -> Vec<u8> {
        let mut values: Vec<u8> = register.values().copied().collect();
        values.sort_unstable();
        values
    }

    /// What no later operation has seen.
    fn unreplaced(seen: &Seen<'_, Op>) -> Vec<u8> {
        let writes = seen.iter().filter_map(|one| match one.op() {
            Op::Write(value) => (!seen_by(seen, one, |_| true)).then_some(*value),
            Op::Clear => None,
        });
        let mut values: Vec<u8> = writes.collect();
        values.sort_unstable();
        values
    }

    fn ops() -> impl Strategy<Value = Op> {
        prop_oneof![4 => any::<u8>().prop_map(Op::Write), 1 => Just(Op::Clear)]
    }

    check!(MvRegister<u8>, ops = ops(), with_model(view, unreplaced), with_bounded_growth());
}

mod pn_counter {
    use super::*;

    #[derive(Clone, Copy, Debug, PartialEq)]
    enum Op {
        Add(i64),
        Reset,
    }

    records!(Op, PnCounter, |op, counter| match op {
        Op::Add(by) => counter.add(*by)?,
        Op::Reset => counter.reset(),
    });

    fn ops() -> impl Strategy<Value = Op> {
        prop_oneof![6 => (-9..9_i64).prop_map(Op::Add), 1 => Just(Op::Reset)]
    }

    fn view(counter: &StateOf<PnCounter>) -> i128 {
        counter.value()
    }

    /// All that no reset has seen.
    fn not_reset(seen: &Seen<'_, Op>) -> i128 {
        let added = seen.iter().filter_map(|one| match one.op() {
            Op::Add(by) => (!seen_by(seen, one, |op| *op == Op::Reset)).then_some(i128::from(*by)),
            Op::Reset => None,
        });
        added.sum()
    }

    check!(PnCounter, ops = ops(), with_model(view, not_reset), with_bounded_growth());
}

/// A map of maps of sets, and a map of counters: nested types keep their rules,
/// and a removal of a key takes away what it has seen.
mod or_map {
    use super::*;

    type Stock = OrMap<u8, PnCounter>;

    #[derive(Clone, Copy, Debug, PartialEq)]
    enum Op {
        Add(u8, i64),
        AddToMany,
        Remove(u8),
        RemoveMany,
        Clear,
    }

    impl Op {
        fn removes(&self, key: u8) -> bool {
            match self {
                Self::Add(..) | Self::AddToMany => false,
                Self::Remove(other) => *other == key,
                Self::RemoveMany => key > 0,
                Self::Clear => true,
            }
        }
    }

    records!(Op, Stock, |op, stock| match op {
        Op::Add(key, by) => stock.entry(*key).add(*by)?,
        Op::AddToMany => {
            for key in 0..MANY {
                stock.entry(key).add(1)?;
            }
        }
        Op::Remove(key) => assert_eq!(stock.contains_key(key), stock.remove(key)),
        Op::RemoveMany => (1..MANY).for_each(|key| {
            stock.remove(&key);
        }),
        Op::Clear => stock.clear(),
    });

    fn few() -> impl Strategy<Value = Op> {
        prop_oneof![
            6 => (0..3_u8, 1..9_i64).prop_map(|(key, by)| Op::Add(key, by)),
            3 => (0..3_u8).prop_map(Op::Remove),
            1 => Just(Op::Clear),
        ]
    }

    fn many() -> impl Strategy<Value = Op> {
        prop_oneof![8 => few(), 1 => Just(Op::AddToMany), 1 => Just(Op::RemoveMany)]
    }

    fn view(stock: &StateOf<Stock>) -> BTreeMap<u8, i128> {
        stock.iter().map(|(key, counter)| (*key, counter.value())).collect()
    }

    /// Update wins: at each key, the sum of what no removal has seen.
    fn update_wins(seen: &Seen<'_, Op>) -> BTreeMap<u8, i128> {
        let mut stock = BTreeMap::new();
        for one in seen.iter() {
            let (keys, by) = match one.op() {
                Op::Add(key, by) => (*key..*key + 1, *by),
                Op::AddToMany => (0..MANY, 1),
                _ => continue,
            };
            for key in keys.filter(|key| !seen_by(seen, one, |op| op.removes(*key))) {
                *stock.entry(key).or_default() += i128::from(by);
            }
        }
        stock
    }

    check!(Stock, ops = few(), with_model(view, update_wins), with_bounded_growth());
    check!(mod with_an_index: Stock, ops = many(), with_model(view, update_wins));
}

mod nested {
    use super::*;

    type Shelves = OrMap<u8, OrMap<u8, OrSet<u8>>>;

    #[derive(Clone, Copy, Debug, PartialEq)]
    enum Op {
        Insert([u8; 3]),
        RemoveElement([u8; 3]),
        RemoveInner([u8; 2]),
        RemoveOuter(u8),
    }

    impl Op {
        fn removes(&self, [outer, inner, element]: [u8; 3]) -> bool {
            match *self {
                Self::Insert(_) => false,
                Self::RemoveElement(place) => place == [outer, inner, element],
                Self::RemoveInner(place) => place == [outer, inner],
                Self::RemoveOuter(place) => place == outer,
            }
        }
    }

    records!(Op, Shelves, |op, shelves| match *op {
        Op::Insert([outer, inner, element]) => shelves.entry(outer).entry(inner).insert(element),
        Op::RemoveElement([outer, inner, element]) => {
            shelves.entry(outer).entry(inner).remove(&element);
        }
        Op::RemoveInner([outer, inner]) => {
            shelves.entry(outer).remove(&inner);
        }
        Op::RemoveOuter(outer) => {
            shelves.remove(&outer);
        }
    });

    fn ops() -> impl Strategy<Value = Op> {
        let place = || [0..2_u8, 0..2_u8, 0..2_u8];
        prop_oneof![
            6 => place().prop_map(Op::Insert),
            2 => place().prop_map(Op::RemoveElement),
            1 => [0..2_u8, 0..2_u8].prop_map(Op::RemoveInner),
            1 => (0..2_u8).prop_map(Op::RemoveOuter),
        ]
    }

    fn view(shelves: &StateOf<Shelves>) -> BTreeSet<[u8; 3]> {
        let mut places = BTreeSet::new();
        for (outer, inners) in shelves.iter() {
            for (inner, elements) in inners {
                assert!(!elements.is_empty(), "no value is empty");
                places.extend(elements.iter().map(|element| [*outer, *inner, *element]));
            }
        }
        places
    }

    fn add_wins(seen: &Seen<'_, Op>) -> BTreeSet<[u8; 3]> {
        let live = seen.iter().filter_map(|one| match *one.op() {
            Op::Insert(place) => (!seen_by(seen, one, |op| op.removes(place))).then_some(place),
            _ => None,
        });
        live.collect()
    }

    check!(Shelves, ops = ops(), with_model(view, add_wins), with_bounded_growth());
}
