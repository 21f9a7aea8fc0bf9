//! A derived struct with maps of causal values, in all engines of the toolkit:
//! counters by key, and derived structs by key.

use std::collections::{BTreeMap, BTreeSet};

use gossiper::StateOf;
use gossiper::check::{Seen, Transaction};
use gossiper::prelude::*;
use proptest::prelude::{Strategy, prop_oneof};
use serde::{Deserialize, Serialize};

#[derive(Replicated, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Warehouse {
    stock: OrMap<u8, PnCounter>,
    shelves: OrMap<u8, Shelf>,
}

/// A derived struct as the value of a map.
#[derive(Replicated, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Shelf {
    tags: OrSet<u8>,
    sign: MvRegister<u8>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Op {
    Add(u8, i64),
    SellOut(u8),
    Tag(u8, u8),
    Untag(u8, u8),
    Sign(u8, u8),
    /// Takes a shelf down, with all that hangs there.
    TakeDown(u8),
    /// Adds one of an item and tags a shelf with it, in one transaction.
    PutUp(u8, u8),
}

impl Transaction<Warehouse> for Op {
    fn record(&self, tx: &mut WarehouseRecorder<'_>) -> Result<(), Abort> {
        match *self {
            Self::Add(item, by) => tx.stock().entry(item).add(by)?,
            Self::SellOut(item) => {
                tx.stock().remove(&item);
            }
            Self::Tag(shelf, tag) => tx.shelves().entry(shelf).tags().insert(tag),
            Self::Untag(shelf, tag) => {
                tx.shelves().entry(shelf).tags().remove(&tag);
            }
            Self::Sign(shelf, text) => tx.shelves().entry(shelf).sign().write(text),
            Self::TakeDown(shelf) => {
                tx.shelves().remove(&shelf);
                assert!(!tx.shelves().contains_key(&shelf), "it reads its own writes");
            }
            Self::PutUp(shelf, item) => {
                tx.stock().entry(item).add(1)?;
                tx.shelves().entry(shelf).tags().insert(item);
            }
        }
        Ok(())
    }
}

fn ops() -> impl Strategy<Value = Op> {
    let key = || 0..2_u8;
    prop_oneof![
        4 => (key(), 1..9_i64).prop_map(|(item, by)| Op::Add(item, by)),
        2 => key().prop_map(Op::SellOut),
        3 => (key(), key()).prop_map(|(shelf, tag)| Op::Tag(shelf, tag)),
        1 => (key(), key()).prop_map(|(shelf, tag)| Op::Untag(shelf, tag)),
        2 => (key(), key()).prop_map(|(shelf, text)| Op::Sign(shelf, text)),
        2 => key().prop_map(Op::TakeDown),
        2 => (key(), key()).prop_map(|(shelf, item)| Op::PutUp(shelf, item)),
    ]
}

/// The stock by item, and tags and signs by shelf.
type View = (BTreeMap<u8, i128>, BTreeMap<u8, (BTreeSet<u8>, Vec<u8>)>);

fn view(warehouse: &StateOf<Warehouse>) -> View {
    let stock = warehouse.stock.iter().map(|(item, count)| (*item, count.value()));
    let shelves = warehouse.shelves.iter().map(|(shelf, Shelf { tags, sign })| {
        let mut sign: Vec<_> = sign.values().copied().collect();
        sign.sort_unstable();
        (*shelf, (tags.iter().copied().collect(), sign))
    });
    (stock.collect(), shelves.collect())
}

/// What was added and not sold out since, of each item.
fn stock(seen: &Seen<'_, Op>) -> BTreeMap<u8, i128> {
    let mut stock = BTreeMap::new();
    for one in seen.iter() {
        let (item, by) = match *one.op() {
            Op::Add(item, by) => (item, by),
            Op::PutUp(_, item) => (item, 1),
            _ => continue,
        };
        if !seen.after(one).any(|later| *later.op() == Op::SellOut(item)) {
            *stock.entry(item).or_default() += i128::from(by);
        }
    }
    stock
}

/// What hangs on each shelf: tags by the rule of a set, signs by that of a
/// register, and neither where the shelf was taken down since.
fn shelves(seen: &Seen<'_, Op>) -> BTreeMap<u8, (BTreeSet<u8>, Vec<u8>)> {
    let mut shelves = BTreeMap::<u8, (BTreeSet<u8>, Vec<u8>)>::new();
    for one in seen.iter() {
        let not_since = |takes: &dyn Fn(Op) -> bool| !seen.after(one).any(|op| takes(*op.op()));
        match *one.op() {
            Op::Tag(shelf, tag) | Op::PutUp(shelf, tag) => {
                let takes = |op| op == Op::TakeDown(shelf) || op == Op::Untag(shelf, tag);
                if not_since(&takes) {
                    shelves.entry(shelf).or_default().0.insert(tag);
                }
            }
            Op::Sign(shelf, text) => {
                let takes = |op| {
                    op == Op::TakeDown(shelf) || matches!(op, Op::Sign(other, _) if other == shelf)
                };
                if not_since(&takes) {
                    shelves.entry(shelf).or_default().1.push(text);
                }
            }
            _ => {}
        }
    }
    shelves.values_mut().for_each(|(_, sign)| sign.sort_unstable());
    shelves
}

gossiper::check!(
    mod warehouse: Warehouse,
    ops = ops(),
    with_model(view, |seen: &Seen<'_, Op>| (stock(seen), shelves(seen))),
    with_bounded_growth(),
);
