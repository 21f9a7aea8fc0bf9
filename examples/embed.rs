//! How do I keep replicated state inside my application?
//!
//! One `Replica` holds all of it: a tuple of lattices is a lattice. The
//! application changes it at memory speed, hands it the messages that arrive,
//! and calls `tick` now and then. Here the "network" is an in-memory transport;
//! any other will do.
//!
//! ```text
//! $ cargo run --example embed
//! paris in round 0: changed by berlin
//! paris in round 0: changed by berlin
//! berlin in round 1: changed by paris
//! berlin in round 1: changed by paris
//! berlin: 3 visits, tags {"fair", "organic"}, settings {"currency": "EUR" @1 by r4b805b72edd5053e} seen {r4b805b72edd5053e: 2}
//! paris: 3 visits, tags {"fair", "organic"}, settings {"currency": "EUR" @1 by r4b805b72edd5053e} seen {r4b805b72edd5053e: 2}
//! ```

use std::error::Error;

use gossiper::causal::Causal;
use gossiper::prelude::*;
use gossiper::{ReplicaMessage, StateOf};

/// Visits, tags, settings: all that this application shares.
type Shop = (GCounter, GSet<String>, Causal<VersionedKv<String, String>>);
type Message = ReplicaMessage<<Shop as Replicated>::Digest, <Shop as Replicated>::Delta>;

/// One instance of the application.
struct App {
    name: NodeId,
    replica: Replica<Shop>,
}

impl App {
    fn new(name: &str, peer: &str, rng: &mut DeterministicRng) -> Self {
        let mut replica = Replica::new(ReplicaId::random(rng), ReplicaConfig::for_cluster(2));
        replica.set_peers([NodeId::from(peer)]);
        Self { name: name.into(), replica }
    }

    /// Several parts of the state may change in one update: peers get it whole.
    fn visit(&mut self, tag: &str) -> Result<(), Box<dyn Error>> {
        self.replica.update(|(visits, tags, _), ctx| {
            let one_more = visits.increment(ctx.replica(), 1)?;
            Ok::<_, gossiper::crdts::CounterOverflow>((
                Some(one_more),
                Some(tags.insert(tag.into())),
                None,
            ))
        })?;
        Ok(())
    }

    fn set(&mut self, key: &str, value: &str) -> Result<(), Box<dyn Error>> {
        self.replica.update(|(_, _, settings), ctx| {
            let put = settings.record(ctx, |settings| {
                settings.put(key.into(), value.into());
                Ok(())
            });
            let put = put.map_err(|abort| std::io::Error::other(abort.into_inner()))?;
            Ok::<_, std::io::Error>((None, None, Some(put)))
        })?;
        Ok(())
    }

    /// One turn of the application's loop: take in what has arrived, let time
    /// pass, send what is to be sent.
    fn turn(
        &mut self,
        rng: &mut DeterministicRng,
        round: Round,
        net: &mut InMemoryTransport<(NodeId, Message)>,
    ) {
        let arrived = net.drain(&self.name);
        let mut effects = Vec::new();
        for (from, message) in arrived {
            effects.extend(self.replica.receive(rng, &from, message));
        }
        effects.extend(self.replica.tick(rng, round, PhysicalTime::EPOCH));
        // Messages do not name their sender: a connection knows it, and this
        // transport carries it along.
        for effect in effects {
            match effect {
                Effect::Send { target, message } => {
                    if let Err(error) = net.send(&target, (self.name.clone(), message)) {
                        println!("{}: {error}; a later round repairs it", self.name);
                    }
                }
                Effect::Emit(event) => println!("{} in round {round}: {}", self.name, tell(&event)),
            }
        }
    }

    fn show(&self) {
        let (visits, tags, settings): &StateOf<Shop> = self.replica.state();
        println!("{}: {} visits, tags {tags:?}, settings {settings:?}", self.name, visits.value());
    }
}

fn tell(event: &ReplicaEvent<<Shop as Replicated>::Delta>) -> String {
    match event {
        ReplicaEvent::Changed { from, .. } => format!("changed by {from}"),
        other => format!("{other:?}"),
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut rng = DeterministicRng::new(1);
    let mut net = InMemoryTransport::new();
    let mut berlin = App::new("berlin", "paris", &mut rng);
    let mut paris = App::new("paris", "berlin", &mut rng);

    berlin.visit("organic")?;
    berlin.visit("fair")?;
    paris.visit("organic")?;
    paris.set("currency", "EUR")?;

    for round in 0..3 {
        berlin.turn(&mut rng, Round::new(round), &mut net);
        paris.turn(&mut rng, Round::new(round), &mut net);
    }
    berlin.show();
    paris.show();
    assert_eq!(berlin.replica.state(), paris.replica.state());
    Ok(())
}
