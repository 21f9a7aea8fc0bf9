//! Counters of a replica's traffic.

/// What a [`Replica`](crate::Replica) has sent and received since it started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct ReplicaStats {
    /// Local updates that changed the state.
    pub updates: u64,
    /// Rumors pushed, counted for each peer.
    pub rumors_sent: u64,
    /// Rumors that came.
    pub rumors_received: u64,
    /// Rumors that came and told of an event not seen before.
    pub rumors_news: u64,
    /// Rumors that came and told of an event seen before.
    pub rumors_redundant: u64,
    /// Questions asked, those inside answers aside.
    pub questions_sent: u64,
    /// Questions received, those inside answers aside.
    pub questions_received: u64,
    /// Answers sent.
    pub answers_sent: u64,
    /// Answers received.
    pub answers_received: u64,
    /// Answers sent that said that both are equal.
    pub answers_equal: u64,
    /// Events sent in answers; several that were joined count as one.
    pub events_sent: u64,
    /// Answers sent that came from the index by dot.
    pub pieces_sent: u64,
    /// Symbols sent in answers.
    pub symbols_sent: u64,
    /// Answers sent that held a delta.
    pub deltas_sent: u64,
    /// Answers received that held a delta.
    pub deltas_received: u64,
    /// Of those, how many changed the state.
    pub deltas_news: u64,
    /// Of those, how many told nothing new.
    pub deltas_redundant: u64,
}
