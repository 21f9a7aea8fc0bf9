//! Messages on their way.

use std::collections::{BTreeMap, VecDeque};
use std::mem;

use gossiper_core::Round;

/// One copy of a message.
#[derive(Debug)]
pub(crate) struct Envelope<M> {
    /// The number of the message, by order of sending.
    pub(crate) number: u64,
    pub(crate) from: usize,
    pub(crate) to: usize,
    /// How many messages of this round led to this one: 0 if a tick did, or a
    /// message that was sent in an earlier round.
    pub(crate) hops: u32,
    pub(crate) message: M,
}

/// Envelopes by the round in which they arrive, in the order of arrival.
#[derive(Debug)]
pub(crate) struct Flight<M> {
    /// The round whose messages arrive now.
    round: Round,
    due: VecDeque<Envelope<M>>,
    later: BTreeMap<Round, VecDeque<Envelope<M>>>,
}

impl<M> Flight<M> {
    pub(crate) const fn new() -> Self {
        Self { round: Round::ZERO, due: VecDeque::new(), later: BTreeMap::new() }
    }

    /// Adds an envelope behind those that arrive in round `due`, or changes
    /// its place with the one at the place that `shuffle` picks among so many.
    /// Says whether that was another place.
    pub(crate) fn push(
        &mut self,
        due: Round,
        envelope: Envelope<M>,
        shuffle: impl FnOnce(usize) -> usize,
    ) -> bool {
        let queue =
            if due <= self.round { &mut self.due } else { self.later.entry(due).or_default() };
        queue.push_back(envelope);
        let last = queue.len() - 1;
        let place = shuffle(queue.len());
        queue.swap(place, last);
        place != last
    }

    /// The next envelope that arrives in this round.
    pub(crate) fn pop(&mut self) -> Option<Envelope<M>> {
        self.due.pop_front()
    }

    /// Goes on to the next round. Nothing of this one may be left.
    pub(crate) fn advance(&mut self) {
        debug_assert!(self.due.is_empty(), "messages of {} were not delivered", self.round);
        self.round = self.round.next();
        if let Some(queue) = self.later.remove(&self.round) {
            // An empty queue that has room is kept for the answers.
            let _ = mem::replace(&mut self.due, queue);
        }
        for envelope in &mut self.due {
            envelope.hops = 0;
        }
    }

    pub(crate) const fn round(&self) -> Round {
        self.round
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn envelope(number: u64) -> Envelope<()> {
        Envelope { number, from: 0, to: 1, hops: 3, message: () }
    }

    fn arrivals(flight: &mut Flight<()>) -> Vec<u64> {
        let arrivals = std::iter::from_fn(|| flight.pop()).map(|envelope| envelope.number);
        let arrivals = arrivals.collect();
        flight.advance();
        arrivals
    }

    #[test]
    fn envelopes_arrive_in_their_round_and_in_order() {
        let mut flight = Flight::new();
        let last = |len| len - 1;
        assert!(!flight.push(Round::new(2), envelope(1), last));
        assert!(!flight.push(Round::ZERO, envelope(2), last));
        assert!(!flight.push(Round::new(2), envelope(3), last));
        assert!(flight.push(Round::new(2), envelope(4), |_| 0));
        assert_eq!(arrivals(&mut flight), [2]);
        assert!(arrivals(&mut flight).is_empty());
        assert_eq!(arrivals(&mut flight), [4, 3, 1]);
    }
}
