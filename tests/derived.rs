//! A derived struct in all engines of the toolkit: causal fields, a derived
//! struct inside, a generic one, and a plain lattice.

use std::collections::BTreeSet;
use std::hash::Hash;

use gossiper::causal::{Abort, Plain, Recording};
use gossiper::check::{Check, Law, Seen, Transaction};
use gossiper::prelude::*;
use gossiper::{Schema, StateOf};
use proptest::prelude::{Just, Strategy, prop_oneof};
use serde::{Deserialize, Serialize};

/// A type written by hand: what a shop has sold, as a set of receipts.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Receipts(BTreeSet<(u64, u64)>);

impl Replicated for Receipts {
    type Digest = BTreeSet<(u64, u64)>;
    type Delta = BTreeSet<(u64, u64)>;

    fn digest(&self) -> Self::Digest {
        self.0.clone()
    }
    fn delta(&self, remote: &Self::Digest) -> Option<Self::Delta> {
        let lacking: Self::Delta = self.0.difference(remote).copied().collect();
        (!lacking.is_empty()).then_some(lacking)
    }
    fn merge(&mut self, delta: Self::Delta) -> MergeOutcome {
        let before = self.0.len();
        self.0.extend(delta);
        MergeOutcome::changed_if(self.0.len() > before)
    }
    fn decompose(delta: Self::Delta) -> Vec<Self::Delta> {
        delta.into_iter().map(|receipt| [receipt].into()).collect()
    }
    fn schema() -> Schema {
        Schema::named("receipts")
    }
}

/// With methods of its own.
struct ReceiptsRecorder<'a>(Recording<'a, Receipts>);

impl<'a> From<Recording<'a, Receipts>> for ReceiptsRecorder<'a> {
    fn from(recording: Recording<'a, Receipts>) -> Self {
        Self(recording)
    }
}

impl Plain for Receipts {
    type Recorder<'a> = ReceiptsRecorder<'a>;
}

impl ReceiptsRecorder<'_> {
    /// Writes a receipt that no other has the number of.
    fn write(&mut self) -> Result<(), Abort> {
        self.0.update(|_, ctx| {
            let dot = ctx.next_dot();
            Ok([(dot.replica().as_u64(), dot.sequence())].into())
        })
    }
}

#[derive(Replicated, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Shop {
    /// What was sold: as many different things as receipts, at most.
    sold: OrSet<u8>,
    motto: MvRegister<u8>,
    address: Address,
    labels: Labelled<u8, MvRegister<u8>>,
    receipts: Receipts,
}

#[derive(Replicated, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Address {
    city: MvRegister<u8>,
    rooms: OrSet<u8>,
}

#[derive(Replicated, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(bound(
    serialize = "T: Serialize, P: Serialize",
    deserialize = "T: Deserialize<'de>, P: Deserialize<'de>"
))]
struct Labelled<T: Eq + Hash + Clone + 'static, P>(OrSet<T>, P);

#[derive(Clone, Copy, Debug, PartialEq)]
enum Op {
    /// A receipt and a thing sold, in one transaction.
    Sell(u8),
    Return(u8),
    Motto(u8),
    Move(u8),
    Room(u8),
    CloseRooms,
    Label(u8),
    /// Says one thing, and then refuses.
    Refuse,
}

impl Transaction<Shop> for Op {
    fn record(&self, tx: &mut ShopRecorder<'_>) -> Result<(), Abort> {
        match *self {
            Self::Sell(thing) => {
                tx.receipts().write()?;
                tx.sold().insert(thing);
            }
            Self::Return(thing) => {
                tx.sold().remove(&thing);
            }
            Self::Motto(motto) => tx.motto().write(motto),
            Self::Move(city) => {
                tx.address().city().write(city);
                tx.address().rooms().clear();
            }
            Self::Room(room) => tx.address().rooms().insert(room),
            Self::CloseRooms => tx.address().rooms().clear(),
            Self::Label(label) => {
                tx.labels().field_0().insert(label);
                tx.labels().field_1().write(label);
            }
            Self::Refuse => {
                tx.sold().insert(u8::MAX);
                return Err(Abort::because("no"));
            }
        }
        Ok(())
    }
}

fn ops() -> impl Strategy<Value = Op> {
    prop_oneof![
        4 => (0..3_u8).prop_map(Op::Sell),
        2 => (0..3_u8).prop_map(Op::Return),
        1 => (0..3_u8).prop_map(Op::Motto),
        1 => (0..3_u8).prop_map(Op::Move),
        2 => (0..3_u8).prop_map(Op::Room),
        1 => Just(Op::CloseRooms),
        1 => (0..3_u8).prop_map(Op::Label),
        1 => Just(Op::Refuse),
    ]
}

/// What is read: sold, mottos, cities, rooms, labels, the last label, receipts.
type View = (BTreeSet<u8>, Vec<u8>, Vec<u8>, BTreeSet<u8>, BTreeSet<u8>, Vec<u8>, usize);

fn sorted<'a>(values: impl Iterator<Item = &'a u8>) -> Vec<u8> {
    let mut values: Vec<_> = values.copied().collect();
    values.sort_unstable();
    values
}

fn view(shop: &StateOf<Shop>) -> View {
    let set = |set: &OrSet<u8>| set.iter().copied().collect();
    (
        set(&shop.sold),
        sorted(shop.motto.values()),
        sorted(shop.address.city.values()),
        set(&shop.address.rooms),
        set(&shop.labels.0),
        sorted(shop.labels.1.values()),
        shop.receipts.0.len(),
    )
}

/// Each field by its own rule: what an operation brought is there unless one that
/// had seen it took it away.
fn each_by_its_rule(seen: &Seen<'_, Op>) -> View {
    let live = |brings: fn(Op) -> Option<u8>, takes: fn(Op, u8) -> bool| -> Vec<u8> {
        let mut live: Vec<_> = seen
            .iter()
            .filter_map(|one| {
                let brought = brings(*one.op())?;
                let taken = seen.after(one).any(|later| takes(*later.op(), brought));
                (!taken).then_some(brought)
            })
            .collect();
        live.sort_unstable();
        live
    };
    let sold = live(
        |op| if let Op::Sell(thing) = op { Some(thing) } else { None },
        |op, thing| op == Op::Return(thing),
    );
    let motto = |op| if let Op::Motto(motto) = op { Some(motto) } else { None };
    let city = |op| if let Op::Move(city) = op { Some(city) } else { None };
    let room = |op| if let Op::Room(room) = op { Some(room) } else { None };
    let label = |op| if let Op::Label(label) = op { Some(label) } else { None };
    (
        sold.into_iter().collect(),
        live(motto, |op, _| matches!(op, Op::Motto(_))),
        live(city, |op, _| matches!(op, Op::Move(_))),
        live(room, |op, _| matches!(op, Op::Move(_) | Op::CloseRooms)).into_iter().collect(),
        live(label, |_, _| false).into_iter().collect(),
        live(label, |op, _| matches!(op, Op::Label(_))),
        seen.iter().filter(|one| matches!(one.op(), Op::Sell(_))).count(),
    )
}

/// Two fields of one transaction are never seen apart: nothing is sold without a
/// receipt, and each label that was written last is one of the labels.
fn never_apart(shop: &StateOf<Shop>) -> Result<(), String> {
    if shop.sold.len() > shop.receipts.0.len() {
        return Err(format!("{} sold, {} receipts", shop.sold.len(), shop.receipts.0.len()));
    }
    match shop.labels.1.values().find(|label| !shop.labels.0.contains(*label)) {
        Some(label) => Err(format!("label {label} was written and is none of the labels")),
        None => Ok(()),
    }
}

gossiper::check!(
    mod shop: Shop,
    ops = ops(),
    with_model(view, each_by_its_rule),
    with_invariant(never_apart),
);

/// With serde's derives beside ours, `check!` has looked at the bytes.
#[test]
fn a_derived_struct_has_bytes() {
    fn wire<T: Serialize + serde::de::DeserializeOwned>() {}
    wire::<StateOf<Shop>>();
    wire::<gossiper::DeltaOf<Shop>>();
    wire::<gossiper::DigestOf<Shop>>();
}

/// The same without a trait: operations as closures on the recorder.
#[test]
fn an_operation_may_be_a_closure() {
    let check = Check::<Address, u8>::transact(0..3_u8, |room, tx| {
        tx.rooms().insert(*room);
        tx.city().write(*room);
        Ok(())
    })
    .with_invariant(|address: &StateOf<Address>| {
        let known = |city| address.rooms.contains(city);
        if address.city.values().all(known) { Ok(()) } else { Err("a city without rooms".into()) }
    });
    check.assert_law(Law::Invariant);
    check.assert_law(Law::DigestCompleteness);
    check.assert_faults();
}
