//! How do two offline edits of one composed state meet?
//!
//! A cart is a struct of replicated fields. Phone and laptop change it offline,
//! each in transactions that touch several fields at once, and when they meet
//! again every field ends by its own rule: an addition that a removal has not
//! seen stays, and notes written at once are both shown.
//!
//! ```text
//! $ cargo run --example shopping_cart
//! in sync: bread, milk for Elm Street 1; note: "for Sunday"
//!
//! offline, the phone buys the milk:  bread for Elm Street 1; note: "milk is bought"
//! offline, the laptop wants more:    bread, eggs, milk for Elm Street 1; note: "more milk"
//! the laptop orders too much:        the transaction was aborted: 4 things do not fit into the bag
//! the laptop has no trace of it:     bread, eggs, milk for Elm Street 1; note: "more milk"
//!
//! they meet: bread, eggs, milk for Elm Street 1; note: "milk is bought" or "more milk"
//! one reads both notes and decides: bread, eggs, milk for Elm Street 1; note: "buy milk again"
//! ```

use std::error::Error;

use gossiper::causal::Abort;
use gossiper::prelude::*;

/// What a household shares. All fields have one causal context.
#[derive(Replicated, Default, Clone, Debug, PartialEq)]
struct Cart {
    items: OrSet<String>,
    note: MvRegister<String>,
    deliver_to: Address,
}

/// A part of it, by the same derive.
#[derive(Replicated, Default, Clone, Debug, PartialEq)]
struct Address {
    street: MvRegister<String>,
    number: MvRegister<u32>,
}

const BAG: usize = 3;

/// A transaction is a function on the recorder, and may be made of others. It
/// reads what it has written; an error leaves no trace of any of it.
fn order(cart: &mut CartRecorder<'_>, items: &[&str], note: &str) -> Result<(), Abort> {
    for item in items {
        cart.items().insert((*item).into());
    }
    cart.note().write(note.into());
    let ordered = ["bread", "eggs", "milk", "wine"];
    let count = ordered.iter().filter(|item| cart.items().contains(**item)).count();
    if count > BAG {
        return Err(Abort::because(format!("{count} things do not fit into the bag")));
    }
    Ok(())
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut rng = DeterministicRng::new(2);
    let (mut phone, mut laptop) = (device("laptop", &mut rng), device("phone", &mut rng));

    phone.transact(|cart| {
        order(cart, &["bread", "milk"], "for Sunday")?;
        cart.deliver_to().street().write("Elm Street".into());
        cart.deliver_to().number().write(1);
        Ok(())
    })?;
    meet(&mut phone, &mut laptop, 0, &mut rng);
    println!("in sync: {}\n", show(&laptop));

    phone.transact(|cart| {
        cart.items().remove("milk");
        cart.note().write("milk is bought".into());
        Ok(())
    })?;
    println!("offline, the phone buys the milk:  {}", show(&phone));

    laptop.transact(|cart| order(cart, &["milk", "eggs"], "more milk"))?;
    println!("offline, the laptop wants more:    {}", show(&laptop));
    if let Err(error) = laptop.transact(|cart| order(cart, &["wine"], "and wine")) {
        let reason = error.source().map(ToString::to_string).unwrap_or_default();
        println!("the laptop orders too much:        {error}: {reason}");
    }
    println!("the laptop has no trace of it:     {}\n", show(&laptop));

    meet(&mut phone, &mut laptop, 1, &mut rng);
    println!("they meet: {}", show(&phone));
    phone.transact(|cart| {
        cart.note().write("buy milk again".into());
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
    let Cart { items, note, deliver_to } = &**cart.state();
    let mut items: Vec<_> = items.iter().map(String::as_str).collect();
    items.sort_unstable();
    let mut notes: Vec<_> = note.values().map(|note| format!("{note:?}")).collect();
    notes.sort_unstable();
    let street: Vec<_> = deliver_to.street.values().map(String::as_str).collect();
    let number: Vec<_> = deliver_to.number.values().map(ToString::to_string).collect();
    let place = format!("{} {}", street.join("/"), number.join("/"));
    format!("{} for {place}; note: {}", items.join(", "), notes.join(" or "))
}
