//! How do two offline edits of one composed state meet?
//!
//! A cart is a struct of replicated fields: a counter for each item, and a note.
//! Phone and laptop change it offline, each in transactions that touch several
//! fields at once. When they meet, every field ends by its own rule: a removal
//! takes away what it has seen of an item, and what was added at the same time
//! stays; notes written at once are both shown.
//!
//! ```text
//! $ cargo run --example shopping_cart
//! in sync: bread 2, eggs 6; note: "for Sunday"
//!
//! offline, the phone has bought the eggs: bread 2; note: "eggs are bought"
//! offline, the laptop wants one more:     bread 2, eggs 7, milk 1; note: "one egg more"
//! the laptop wants too much:              the transaction was aborted: 22 things do not fit into the bag
//! and has no trace of it:                 bread 2, eggs 7, milk 1; note: "one egg more"
//!
//! they meet: bread 2, eggs 1, milk 1; note: "eggs are bought" or "one egg more"
//! one reads both notes and decides: bread 2, eggs 1, milk 1; note: "buy one egg"
//! ```

use std::error::Error;

use gossiper::prelude::*;

/// What a household shares. All fields have one causal context.
#[derive(Replicated, Default, Clone, Debug, PartialEq)]
struct Cart {
    items: OrMap<String, PnCounter>,
    note: MvRegister<String>,
}

const BAG: i128 = 20;

/// A transaction is a function on the recorder, and may be made of others. It
/// reads what it has written; an error leaves no trace of any of it.
fn order(cart: &mut CartRecorder<'_>, items: &[(&str, i64)], note: &str) -> Result<(), Abort> {
    for (item, more) in items {
        cart.items().entry((*item).into()).add(*more)?;
    }
    cart.note().write(note.into());
    let all = ["bread", "eggs", "milk"];
    let things: i128 = all.iter().map(|item| cart.items().entry((*item).into()).value()).sum();
    if things > BAG {
        return Err(Abort::because(format!("{things} things do not fit into the bag")));
    }
    Ok(())
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut rng = DeterministicRng::new(2);
    let (mut phone, mut laptop) = (device("laptop", &mut rng), device("phone", &mut rng));

    phone.transact(|cart| order(cart, &[("bread", 2), ("eggs", 6)], "for Sunday"))?;
    meet(&mut phone, &mut laptop, 0, &mut rng);
    println!("in sync: {}\n", show(&laptop));

    phone.transact(|cart| {
        cart.items().remove("eggs");
        cart.note().write("eggs are bought".into());
        Ok(())
    })?;
    println!("offline, the phone has bought the eggs: {}", show(&phone));

    laptop.transact(|cart| order(cart, &[("eggs", 1), ("milk", 1)], "one egg more"))?;
    println!("offline, the laptop wants one more:     {}", show(&laptop));
    if let Err(error) = laptop.transact(|cart| order(cart, &[("milk", 12)], "much milk")) {
        println!("the laptop wants too much:              {error}");
    }
    println!("and has no trace of it:                 {}\n", show(&laptop));

    // The six eggs that the phone has seen are gone, and the one that it has not
    // seen is left.
    meet(&mut phone, &mut laptop, 1, &mut rng);
    println!("they meet: {}", show(&phone));
    assert_eq!(phone.state().items.get("eggs").map(PnCounter::value), Some(1));

    phone.transact(|cart| {
        cart.note().write("buy one egg".into());
        Ok(())
    })?;
    meet(&mut phone, &mut laptop, 2, &mut rng);
    println!("one reads both notes and decides: {}", show(&laptop));
    assert_eq!(phone.state(), laptop.state());
    Ok(())
}

fn device(peer: &str, rng: &mut DeterministicRng) -> Replica<Cart> {
    let mut cart = Replica::new(ReplicaId::random(rng), ReplicaConfig::for_cluster(2));
    cart.set_peers([NodeId::from(peer)]);
    cart
}

/// Online for a round: each sends the other what is new. Any transport will do.
fn meet(
    phone: &mut Replica<Cart>,
    laptop: &mut Replica<Cart>,
    round: u64,
    rng: &mut DeterministicRng,
) {
    for effect in phone.tick(rng, Round::new(round), PhysicalTime::EPOCH) {
        if let Effect::Send { message, .. } = effect {
            let _answers = laptop.receive(rng, &"phone".into(), message);
        }
    }
    for effect in laptop.tick(rng, Round::new(round), PhysicalTime::EPOCH) {
        if let Effect::Send { message, .. } = effect {
            let _answers = phone.receive(rng, &"laptop".into(), message);
        }
    }
}

fn show(cart: &Replica<Cart>) -> String {
    let Cart { items, note } = &**cart.state();
    let items: Vec<_> =
        items.iter().map(|(item, count)| format!("{item} {}", count.value())).collect();
    let mut notes: Vec<_> = note.values().map(|note| format!("{note:?}")).collect();
    notes.sort_unstable();
    format!("{}; note: {}", items.join(", "), notes.join(" or "))
}
