//! The network between the nodes: what it loses, repeats, delays and
//! reorders, and who can reach whom.

mod conditions;
mod flight;
mod links;

pub use conditions::NetworkConditions;
use flight::{Envelope, Flight};
pub(crate) use links::Links;

use gossiper_core::{DeterministicRng, RandomSource, Round};

use crate::journal::Journal;
use crate::trace::{Happening, LossCause};

/// How many messages in a row, each the answer to the one before, arrive in
/// one round. An answer beyond that waits for the next round, so that two
/// nodes that answer each other for ever cannot hold up time.
pub const MAX_HOPS_PER_ROUND: u32 = 8;

/// Carries messages between nodes, which it knows by their numbers.
#[derive(Debug)]
pub(crate) struct Network<M> {
    pub(crate) conditions: NetworkConditions,
    pub(crate) links: Links,
    rng: DeterministicRng,
    flight: Flight<M>,
    /// The number of the last message.
    sent: u64,
}

/// A message that has arrived.
#[derive(Debug)]
pub(crate) struct Arrival<M> {
    pub(crate) number: u64,
    pub(crate) from: usize,
    pub(crate) to: usize,
    pub(crate) message: M,
    /// The hops of an answer to it.
    pub(crate) answer_hops: u32,
}

impl<M: Clone> Network<M> {
    pub(crate) fn new(conditions: NetworkConditions, rng: DeterministicRng) -> Self {
        Self { conditions, links: Links::default(), rng, flight: Flight::new(), sent: 0 }
    }

    pub(crate) const fn round(&self) -> Round {
        self.flight.round()
    }

    /// Sends a message that is not counted yet.
    pub(crate) fn send(
        &mut self,
        (from, to): (usize, usize),
        message: M,
        hops: u32,
        journal: &mut Journal,
        summary: impl FnOnce(&M) -> String,
    ) {
        self.sent += 1;
        let number = self.sent;
        journal.record(self.round(), || {
            let summary = summary(&message);
            Happening::Sent { message: number, from, to, summary }
        });
        if !self.links.is_open(from, to) {
            journal.lose(self.round(), number, LossCause::Partition);
            return;
        }
        let envelope = |message| Envelope { number, from, to, hops, message };
        if self.conditions.duplication.draw(&mut self.rng) {
            journal.traffic.duplicated += 1;
            journal.record(self.round(), || Happening::Duplicated { message: number });
            self.send_copy(envelope(message.clone()), journal);
        }
        self.send_copy(envelope(message), journal);
    }

    fn send_copy(&mut self, envelope: Envelope<M>, journal: &mut Journal) {
        let (round, number) = (self.round(), envelope.number);
        if self.conditions.loss.draw(&mut self.rng) {
            journal.lose(round, number, LossCause::Network);
            return;
        }
        let (min, max) =
            (*self.conditions.delay_rounds.start(), *self.conditions.delay_rounds.end());
        let drawn = if min < max {
            min.saturating_add(self.rng.below((max - min).saturating_add(1)))
        } else {
            min
        };
        let delay = if envelope.hops > MAX_HOPS_PER_ROUND { drawn.max(1) } else { drawn };
        if delay > 0 {
            journal.traffic.delayed += 1;
            let until = round.after(delay);
            journal.record(round, || Happening::Delayed { message: number, until });
        }
        let reordered = self.conditions.reordering.draw(&mut self.rng);
        let moved = self.flight.push(round.after(delay), envelope, |places| {
            if reordered { self.rng.below(places as u64) as usize } else { places - 1 }
        });
        if moved {
            journal.traffic.reordered += 1;
            journal.record(round, || Happening::Reordered { message: number });
        }
    }

    /// The next message that arrives in this round.
    pub(crate) fn next_arrival(&mut self, journal: &mut Journal) -> Option<Arrival<M>> {
        loop {
            let Envelope { number, from, to, hops, message } = self.flight.pop()?;
            if self.links.is_open(from, to) {
                return Some(Arrival { number, from, to, message, answer_hops: hops + 1 });
            }
            journal.lose(self.round(), number, LossCause::Partition);
        }
    }

    /// Goes on to the next round, once nothing arrives any more in this one.
    pub(crate) fn advance(&mut self) {
        self.flight.advance();
    }
}
