//! What the derive makes, seen from a crate that knows the core alone.

use std::collections::BTreeSet;
use std::hash::Hash;
use std::marker::PhantomData;

use gossiper_core::causal::{Causal, Dotted, Plain, Recording, Store};
use gossiper_core::{
    MergeOutcome, Replica, ReplicaConfig, ReplicaId, Replicated as _, Schema, StateOf,
    UpdateContext,
};
use gossiper_crdts::{MvRegister, OrSet};
use gossiper_derive::Replicated;

/// A type that is written by hand: the highest score.
#[derive(Clone, Debug, Default, PartialEq)]
struct HighScore(u64);

impl gossiper_core::Replicated for HighScore {
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

#[derive(Replicated, Clone, Debug, Default, PartialEq)]
#[replicated(crate = "gossiper_core")]
struct Shop {
    tags: OrSet<String>,
    address: Address,
    best: HighScore,
    r#type: MvRegister<u8>,
}

#[derive(Replicated, Clone, Debug, Default, PartialEq)]
#[replicated(crate = "gossiper_core")]
struct Address {
    city: MvRegister<String>,
}

#[derive(Replicated, Clone, Debug, Default, PartialEq)]
#[replicated(crate = "gossiper_core")]
struct Tuple(OrSet<u8>, Box<MvRegister<u8>>);

#[derive(Replicated, Clone, Copy, Debug, Default, PartialEq)]
#[replicated(crate = "gossiper_core")]
struct Unit;

#[derive(Replicated, Clone, Debug, Default, PartialEq)]
#[replicated(crate = "gossiper_core")]
struct Generic<T, S = Unit, const LIMIT: usize = 3>
where
    T: Eq + Hash + Clone + 'static,
{
    elements: OrSet<T>,
    part: S,
    unit: PhantomData<T>,
}

fn replica<S: gossiper_core::Resolve<State: Default>>(id: u64) -> Replica<S> {
    Replica::new(ReplicaId::new(id), ReplicaConfig::default())
}

/// Brings `to` up to what `from` knows.
fn pull<S: gossiper_core::Replicated>(to: &mut S, from: &S) {
    if let Some(lacking) = from.delta(&to.digest()) {
        to.merge(lacking);
    }
}

#[test]
fn fields_of_every_kind_change_in_one_transaction() {
    let mut shop = replica::<Shop>(1);
    let ((), event) = shop
        .transact(|tx| {
            tx.tags().insert("organic".into());
            tx.address().city().write("Berlin".into());
            tx.best().update(|best, _| Ok::<_, gossiper_core::causal::Abort>(best.0 + 7))?;
            tx.r#type().write(3);
            Ok(())
        })
        .expect("nothing refuses it");
    let state = shop.state();
    assert!(state.tags.contains("organic"));
    assert!(state.address.city.values().eq(["Berlin"]));
    assert_eq!(state.best, HighScore(7));
    assert!(state.r#type.values().eq(&[3]));
    // One event, and one context for all fields.
    assert_eq!(event.map(|event| event.dots().get()), Some(3));
    assert_eq!(format!("{:?}", state.context()), "{r1: 1..=3}");
}

#[test]
fn tuples_units_and_generics_are_stores() {
    let mut tuple = replica::<Tuple>(1);
    tuple
        .transact(|tx| {
            tx.field_0().insert(1);
            tx.field_1().write(2);
            Ok(())
        })
        .expect("nothing refuses it");
    assert!(tuple.state().0.contains(&1) && tuple.state().1.values().eq(&[2]));

    let mut unit = replica::<Unit>(1);
    let ((), event) = unit.transact(|_| Ok(())).expect("nothing refuses it");
    assert_eq!(event, None);

    let mut generic = replica::<Generic<String, Address, 7>>(1);
    generic
        .transact(|tx| {
            tx.elements().insert("x".into());
            tx.part().city().write("Rome".into());
            Ok(())
        })
        .expect("nothing refuses it");
    assert!(generic.state().elements.contains("x"));
    assert!(generic.state().part.city.values().eq(["Rome"]));
}

#[test]
fn functions_may_be_generic_over_derived_structs() {
    fn add<T: Eq + Hash + Clone + Default + 'static>(set: &mut Replica<Generic<T>>, element: T) {
        set.transact(|tx| {
            tx.elements().insert(element);
            Ok(())
        })
        .expect("nothing refuses it");
    }
    let mut set = replica::<Generic<u16>>(1);
    add(&mut set, 9);
    assert!(set.state().elements.contains(&9));
}

#[test]
fn concurrent_changes_of_fields_meet() {
    let (mut a, mut b) = (StateOf::<Shop>::default(), StateOf::<Shop>::default());
    let mut of_a = UpdateContext::of(ReplicaId::new(1));
    let mut of_b = UpdateContext::of(ReplicaId::new(2));
    a.transact(&mut of_a, |tx| {
        tx.tags().insert("x".into());
        tx.tags().insert("y".into());
        Ok(())
    })
    .expect("nothing refuses it");
    pull(&mut b, &a);
    a.transact(&mut of_a, |tx| {
        tx.tags().remove("x");
        tx.best().update(|_, _| Ok(3))
    })
    .expect("nothing refuses it");
    b.transact(&mut of_b, |tx| {
        tx.address().city().write("Paris".into());
        tx.tags().insert("z".into());
        tx.best().update(|_, _| Ok(5))
    })
    .expect("nothing refuses it");
    pull(&mut b, &a);
    pull(&mut a, &b);
    assert_eq!(a, b);
    assert_eq!(
        a.tags.iter().cloned().collect::<BTreeSet<_>>(),
        ["y", "z"].map(String::from).into()
    );
    assert_eq!(a.best, HighScore(5));
    assert_eq!(a.delta(&b.digest()), None);
}

#[test]
fn the_name_on_the_wire_tells_structs_apart() {
    #[derive(Replicated, Default)]
    #[replicated(crate = "gossiper_core", name = "Address")]
    struct Location {
        #[replicated(name = "city")]
        town: MvRegister<String>,
    }
    #[derive(Replicated, Default)]
    #[replicated(crate = "gossiper_core", name = "Address")]
    struct OtherField {
        street: MvRegister<String>,
    }
    fn schema<S: Store>() -> Schema {
        Causal::<S>::schema()
    }

    let address = schema::<Address>();
    assert_eq!(schema::<Location>(), address, "renamed, with its old names on the wire");
    let others = [
        schema::<OtherField>(),
        schema::<Tuple>(),
        schema::<Generic<u8>>(),
        schema::<Generic<u16>>(),
        schema::<Generic<u8, Unit, 4>>(),
        schema::<Generic<u8, Address>>(),
    ];
    let all: BTreeSet<u64> = others.iter().chain([&address]).map(|one| one.as_u64()).collect();
    assert_eq!(all.len(), 7);
}

#[test]
fn structs_of_causal_fields_are_causal_values() {
    fn causal<S: Dotted>() {}
    causal::<Address>();
    causal::<Tuple>();
    causal::<Unit>();
    causal::<Generic<u8, Tuple>>();
}

#[test]
fn a_box_is_no_difference_on_the_wire() {
    /// The same, on the heap.
    #[derive(Replicated, Clone, Debug, Default, PartialEq)]
    #[replicated(crate = "gossiper_core", name = "Address")]
    struct Boxed {
        city: std::boxed::Box<MvRegister<String>>,
    }
    assert_eq!(Causal::<Boxed>::schema(), Causal::<Address>::schema());
    let mut address = replica::<Boxed>(1);
    for city in ["Rome", "Oslo"] {
        address
            .transact(|tx| {
                tx.city().write(city.into());
                Ok(())
            })
            .expect("nothing refuses it");
    }
    assert!(address.state().city.values().eq(["Oslo"]));
}

/// The recorder is as visible as the struct, and its methods as the fields.
mod visibility {
    pub(crate) mod library {
        use gossiper_crdts::OrSet;
        use gossiper_derive::Replicated;

        #[derive(Replicated, Default)]
        #[replicated(crate = "gossiper_core")]
        pub(crate) struct Public {
            pub(crate) tags: OrSet<u8>,
            counted: OrSet<u8>,
        }

        impl PublicRecorder<'_> {
            /// What the library lets others do.
            pub(crate) fn count(&mut self, element: u8) {
                self.counted().insert(element);
            }
        }

        impl Public {
            pub(crate) fn counted(&self) -> usize {
                self.counted.len()
            }
        }
    }

    #[test]
    fn a_library_adds_methods_of_its_own_to_a_recorder() {
        let mut state = super::replica::<library::Public>(1);
        state
            .transact(|tx| {
                tx.tags().insert(1);
                tx.count(2);
                Ok(())
            })
            .expect("nothing refuses it");
        assert_eq!((state.state().tags.len(), state.state().counted()), (1, 1));
    }
}
