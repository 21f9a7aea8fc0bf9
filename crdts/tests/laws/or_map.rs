//! A map of counters: an update wins over a concurrent removal of its key.

use std::collections::BTreeMap;

use gossiper_check::{Seen, check};
use gossiper_core::StateOf;
use gossiper_crdts::{OrMap, PnCounter};
use proptest::prelude::*;

use crate::records::{MANY, records, seen_by};

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
