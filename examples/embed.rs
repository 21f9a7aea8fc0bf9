//! How do I keep replicated state inside my application?
//!
//! One `Replica` holds all of it: a struct of replicated fields. The application
//! changes it in transactions at memory speed, hands it the messages that arrive,
//! and calls `tick` now and then. Here the "network" is an in-memory transport;
//! any other will do.
//!
//! ```text
//! $ cargo run --example embed
//! paris in round 0: changed by berlin
//! paris in round 0: changed by berlin
//! berlin in round 1: changed by paris
//! berlin in round 1: changed by paris
//! berlin: 3 visits, tags {"fair", "organic"}, settings {"currency": "EUR" @1 by r4b805b72edd5053e}
//! paris: 3 visits, tags {"fair", "organic"}, settings {"currency": "EUR" @1 by r4b805b72edd5053e}
//! ```

use std::collections::BTreeSet;
use std::error::Error;

use gossiper::prelude::*;
use gossiper::{DeltaOf, DigestOf, ReplicaMessage, TransactError};

/// All that this application shares.
#[derive(Replicated, Default, Clone, Debug, PartialEq)]
struct Shop {
    visits: GCounter,
    tags: OrSet<String>,
    settings: VersionedKv<String, String>,
}

type Message = ReplicaMessage<DigestOf<Shop>, DeltaOf<Shop>>;

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

    /// Several fields may change in one transaction: peers get it whole.
    fn visit(&mut self, tag: &str) -> Result<(), TransactError> {
        self.replica.transact(|tx| {
            tx.visits().add(1)?;
            tx.tags().insert(tag.into());
            Ok(())
        })?;
        Ok(())
    }

    fn set(&mut self, key: &str, value: &str) -> Result<(), TransactError> {
        self.replica.transact(|tx| {
            tx.settings().put(key.into(), value.into());
            Ok(())
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
        let Shop { visits, tags, settings } = &**self.replica.state();
        let tags: BTreeSet<_> = tags.iter().collect();
        println!("{}: {} visits, tags {tags:?}, settings {settings:?}", self.name, visits.value());
    }
}

fn tell(event: &ReplicaEvent<DeltaOf<Shop>>) -> String {
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
