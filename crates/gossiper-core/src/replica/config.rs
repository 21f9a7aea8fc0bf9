//! How a replica gossips.

use crate::rumor::positive;
use crate::{ConfigError, FingerprintKey, GossipConfig};

/// How a [`Replica`](crate::Replica) spreads rumors and how often it asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplicaConfig {
    gossip: GossipConfig,
    anti_entropy_interval: u64,
    fingerprint_key: FingerprintKey,
    answer_bytes: usize,
    logged_events: usize,
    first_question: FirstQuestion,
}

/// The question that a replica opens an exchange with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FirstQuestion {
    /// The cheapest that is likely to settle it.
    #[default]
    Cheapest,
    /// *Are we equal?*, always.
    Equal,
    /// *What have I not seen?*, by what was seen alone.
    Unseen,
    /// *What have I not seen?*, with an outline for what is older than logs are.
    Outline,
    /// *Where do we differ?*, by sketches if the type has them.
    Sketch,
    /// *Where do we differ?*, with the whole digest.
    Digest,
    /// *What do I surely lack?*, by a filter if the type has words.
    Filter,
}

/// A guess: what fits many frames and is read in a blink.
const ANSWER_BYTES: usize = 64 << 10;

/// A guess: some seconds of a busy cluster, some hundred KB of small deltas.
const LOGGED_EVENTS: usize = 1_024;

/// Peers known to have a rumor at which a replica loses interest in it.
const FEEDBACK: usize = 6;

impl ReplicaConfig {
    /// Settings for a cluster of about `nodes` nodes: those of
    /// [`GossipConfig::for_cluster`], but with feedback from 6 peers whatever
    /// the size.
    ///
    /// A replica's rumors need not reach everybody, for anti-entropy repairs
    /// what they miss. About 4 pushes a node leave some 2 % of the nodes to it
    /// (e⁻⁴), for a fraction of the traffic.
    #[must_use]
    pub fn for_cluster(nodes: usize) -> Self {
        let gossip = GossipConfig::for_cluster(nodes).replacing_feedback(FEEDBACK);
        Self {
            gossip,
            anti_entropy_interval: 10,
            fingerprint_key: FingerprintKey::default(),
            answer_bytes: ANSWER_BYTES,
            logged_events: LOGGED_EVENTS,
            first_question: FirstQuestion::Cheapest,
        }
    }

    /// Uses these settings for rumors.
    #[must_use]
    pub fn with_gossip(self, gossip: GossipConfig) -> Self {
        Self { gossip, ..self }
    }

    /// Asks a random peer every `rounds` rounds while nothing is missed, and
    /// after a quarter of them while the last question had no answer, or one
    /// with news.
    ///
    /// # Errors
    ///
    /// If `rounds` is 0.
    pub fn with_anti_entropy_interval(self, rounds: u64) -> Result<Self, ConfigError> {
        Ok(Self { anti_entropy_interval: positive("anti_entropy_interval", rounds)?, ..self })
    }

    /// Makes fingerprints with the cluster's secret. All replicas need the same
    /// one. Default: a key that everybody knows; see [`FingerprintKey`].
    #[must_use]
    pub fn with_fingerprint_key(self, key: FingerprintKey) -> Self {
        Self { fingerprint_key: key, ..self }
    }

    /// Cuts answers into pieces whose deltas take about `bytes` bytes.
    ///
    /// A piece has at least one atom or event, whatever its size. Pieces of what has
    /// dots are asked for one after the other, and of large sets and maps without dots
    /// sixteen or so; other deltas are halved until they fit, and sent at once. The host
    /// says how large deltas are; see
    /// [`Replica::measure_updates`](crate::Replica::measure_updates). Without that,
    /// those others are not cut.
    ///
    /// # Errors
    ///
    /// If `bytes` is 0.
    pub fn with_answer_bytes(self, bytes: usize) -> Result<Self, ConfigError> {
        Ok(Self { answer_bytes: positive("answer_bytes", bytes)?, ..self })
    }

    /// Keeps the deltas of the last `events` events for peers that missed them.
    /// With 0, peers are answered from the state alone.
    #[must_use]
    pub fn with_logged_events(self, events: usize) -> Self {
        Self { logged_events: events, ..self }
    }

    /// Opens exchanges with this question. For experiments and tests: every
    /// choice leads to equal states, at different costs.
    #[must_use]
    pub fn with_first_question(self, question: FirstQuestion) -> Self {
        Self { first_question: question, ..self }
    }

    /// The key of fingerprints.
    #[must_use]
    pub const fn fingerprint_key(&self) -> &FingerprintKey {
        &self.fingerprint_key
    }

    /// Bytes of a delta in an answer. Default 64 KiB, a guess.
    #[must_use]
    pub const fn answer_bytes(&self) -> usize {
        self.answer_bytes
    }

    /// Events that are kept for peers. Default 1,024, a guess.
    #[must_use]
    pub const fn logged_events(&self) -> usize {
        self.logged_events
    }

    /// The question that opens an exchange.
    #[must_use]
    pub const fn first_question(&self) -> FirstQuestion {
        self.first_question
    }

    /// The settings for rumors.
    #[must_use]
    pub const fn gossip(&self) -> &GossipConfig {
        &self.gossip
    }

    /// Rounds between two questions while nothing is missed. Default 10, a guess: rumors carry nearly
    /// everything, and a question costs a digest.
    #[must_use]
    pub const fn anti_entropy_interval(&self) -> u64 {
        self.anti_entropy_interval
    }
}

/// As [`ReplicaConfig::for_cluster`] for a thousand nodes.
impl Default for ReplicaConfig {
    fn default() -> Self {
        Self::for_cluster(1_000)
    }
}
