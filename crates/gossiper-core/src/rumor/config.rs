//! How a node gossips.

use thiserror::Error;

use crate::Peers;

/// How a node spreads rumors, and what it may keep.
///
/// ```
/// # fn main() -> Result<(), gossiper_core::ConfigError> {
/// use gossiper_core::GossipConfig;
///
/// let by_hand = GossipConfig::new(3, 20)?.with_max_rumors(1_000)?;
/// let by_size = GossipConfig::for_cluster(10_000);
/// assert!(by_size.feedback() > by_hand.feedback());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GossipConfig {
    fanout: usize,
    retention_rounds: u64,
    retry_rounds: u64,
    feedback: usize,
    max_rumors: usize,
    max_rumors_per_message: usize,
    max_remembered: usize,
    max_batch_bytes: usize,
    lazy_bytes: usize,
    announce_fanout: usize,
    max_fetches: usize,
}

/// The number of nodes that [`GossipConfig::new`] assumes when it chooses how
/// much feedback is enough.
const NODES_ASSUMED: usize = 1_000;

impl GossipConfig {
    /// Pushes to `fanout` peers a round, keeps a rumor for `retention_rounds`
    /// rounds; everything else as for a cluster of a thousand nodes.
    ///
    /// # Errors
    ///
    /// If either is 0.
    pub fn new(fanout: usize, retention_rounds: u64) -> Result<Self, ConfigError> {
        Ok(Self {
            fanout: positive("fanout", fanout)?,
            retention_rounds: positive("retention_rounds", retention_rounds)?,
            ..Self::for_cluster(NODES_ASSUMED)
        })
    }

    /// Settings for a cluster of about `nodes` nodes: feedback and retention such
    /// that a rumor misses none of them, and a fanout of `log₁₀ n`, at least 3.
    ///
    /// More fanout saves rounds, and costs little, for feedback decides how often a
    /// rumor is pushed: among 10,000 nodes a fanout of 4 instead of 3 took 8.9
    /// rounds instead of 10.5, and 19.4 pushes a node instead of 19.0.
    ///
    /// With `m` pushes a node, a rumor misses one of `n` nodes with
    /// probability about `n · e⁻ᵐ` (Demers et al. 1987, section 1.4), so `m` is
    /// set to `ln n` + 7. A node hears that a peer knows a rumor twice for each
    /// push, once as the sender and once as the receiver, which makes the
    /// feedback `2 m`. Retention is a rumor's expected spreading time, `log₂ n`,
    /// and 12 rounds more, a guess that leaves room for loss.
    #[must_use]
    pub fn for_cluster(nodes: usize) -> Self {
        let log2 = nodes.max(2).next_power_of_two().ilog2() as usize;
        // ln n = log₂ n × 0.693…, rounded up, in whole numbers.
        let ln = (log2 * 7).div_ceil(10);
        Self {
            // log₁₀ n = log₂ n × 0.301…
            fanout: (log2 * 3 / 10).max(3),
            retention_rounds: log2 as u64 + 12,
            retry_rounds: 1,
            feedback: 2 * (ln + 7),
            max_rumors: 4_096,
            max_rumors_per_message: 256,
            max_remembered: 65_536,
            max_batch_bytes: 64 << 10,
            lazy_bytes: 1 << 10,
            announce_fanout: 12,
            max_fetches: 1_024,
        }
    }

    /// Loses interest in a rumor once `peers` peers are known to have it, or
    /// all of them if there are fewer.
    ///
    /// # Errors
    ///
    /// If `peers` is 0.
    pub fn with_feedback(self, peers: usize) -> Result<Self, ConfigError> {
        Ok(Self { feedback: positive("feedback", peers)?, ..self })
    }

    /// Sends a peer again what it has not acknowledged for `rounds` rounds. With
    /// more than a message and its answer take, what is lost comes later; with
    /// less, what is slow is sent twice, which costs most where peers are few.
    ///
    /// # Errors
    ///
    /// If `rounds` is 0.
    pub fn with_retry_rounds(self, rounds: u64) -> Result<Self, ConfigError> {
        Ok(Self { retry_rounds: positive("retry_rounds", rounds)?, ..self })
    }

    /// Keeps at most `rumors` rumors; a full store drops one that has spread,
    /// if there is any, else the oldest.
    ///
    /// # Errors
    ///
    /// If `rumors` is 0.
    pub fn with_max_rumors(self, rumors: usize) -> Result<Self, ConfigError> {
        Ok(Self { max_rumors: positive("max_rumors", rumors)?, ..self })
    }

    /// Puts at most `rumors` rumors in one message, the least pushed first.
    ///
    /// # Errors
    ///
    /// If `rumors` is 0.
    pub fn with_max_rumors_per_message(self, rumors: usize) -> Result<Self, ConfigError> {
        let max_rumors_per_message = positive("max_rumors_per_message", rumors)?;
        Ok(Self { max_rumors_per_message, ..self })
    }

    /// Puts payloads of at most `bytes` bytes in one message, as the host
    /// measures them; a payload that is larger by itself goes alone.
    ///
    /// # Errors
    ///
    /// If `bytes` is 0.
    pub fn with_max_batch_bytes(self, bytes: usize) -> Result<Self, ConfigError> {
        Ok(Self { max_batch_bytes: positive("max_batch_bytes", bytes)?, ..self })
    }

    /// Announces payloads of more than `bytes` bytes, as the host measures them,
    /// and sends them to those who ask, instead of pushing them: each node then
    /// gets a payload once, in up to twice the time. `usize::MAX` pushes
    /// everything.
    #[must_use]
    pub const fn with_lazy_bytes(self, bytes: usize) -> Self {
        Self { lazy_bytes: bytes, ..self }
    }

    /// Announces large payloads to `peers` peers a round.
    ///
    /// # Errors
    ///
    /// If `peers` is 0.
    pub fn with_announce_fanout(self, peers: usize) -> Result<Self, ConfigError> {
        Ok(Self { announce_fanout: positive("announce_fanout", peers)?, ..self })
    }

    /// Asks for at most `rumors` announced rumors at a time, and for a quarter of
    /// them because one peer announced them.
    ///
    /// # Errors
    ///
    /// If `rumors` is 0.
    pub fn with_max_fetches(self, rumors: usize) -> Result<Self, ConfigError> {
        Ok(Self { max_fetches: positive("max_fetches", rumors)?, ..self })
    }

    /// Remembers which ids it has had with at most `intervals` intervals of 32
    /// bytes. An origin takes one, and one for each gap in its sequence.
    ///
    /// # Errors
    ///
    /// If `intervals` is 0.
    pub fn with_max_remembered(self, intervals: usize) -> Result<Self, ConfigError> {
        Ok(Self { max_remembered: positive("max_remembered", intervals)?, ..self })
    }

    /// For a constant that is not 0.
    pub(crate) const fn replacing_feedback(self, feedback: usize) -> Self {
        Self { feedback, ..self }
    }

    /// How many peers must be known to have a rumor before a node with these
    /// `peers` loses interest in it.
    pub(crate) fn enough_of(&self, peers: &Peers) -> usize {
        self.feedback.min(peers.len())
    }

    /// Peers that a node pushes to in a round. Default 3; 4 from some 8,000 nodes.
    #[must_use]
    pub const fn fanout(&self) -> usize {
        self.fanout
    }

    /// Rounds for which a node keeps a rumor, and pushes it at most.
    #[must_use]
    pub const fn retention_rounds(&self) -> u64 {
        self.retention_rounds
    }

    /// Rounds for which a node waits for an acknowledgement before it sends again.
    /// Default 1: a message and its answer take less than a round.
    #[must_use]
    pub const fn retry_rounds(&self) -> u64 {
        self.retry_rounds
    }

    /// Peers known to have a rumor at which a node loses interest in it.
    #[must_use]
    pub const fn feedback(&self) -> usize {
        self.feedback
    }

    /// Rumors that a node keeps at most. Default 4,096.
    #[must_use]
    pub const fn max_rumors(&self) -> usize {
        self.max_rumors
    }

    /// Rumors in one message at most. Default 256.
    #[must_use]
    pub const fn max_rumors_per_message(&self) -> usize {
        self.max_rumors_per_message
    }

    /// Bytes of payloads in one message at most. Default 64 KiB, a guess.
    #[must_use]
    pub const fn max_batch_bytes(&self) -> usize {
        self.max_batch_bytes
    }

    /// Bytes above which a payload is announced instead of pushed. Default 1 KiB,
    /// a guess: about what fits in a packet is not worth a second trip.
    #[must_use]
    pub const fn lazy_bytes(&self) -> usize {
        self.lazy_bytes
    }

    /// Peers that a node announces large payloads to in a round. Default 12.
    #[must_use]
    pub const fn announce_fanout(&self) -> usize {
        self.announce_fanout
    }

    /// Announced rumors that a node asks for at a time, at most. Default 1,024.
    #[must_use]
    pub const fn max_fetches(&self) -> usize {
        self.max_fetches
    }

    /// Intervals of remembered ids at most. Default 65,536.
    #[must_use]
    pub const fn max_remembered(&self) -> usize {
        self.max_remembered
    }
}

/// As [`GossipConfig::for_cluster`] for a thousand nodes.
impl Default for GossipConfig {
    fn default() -> Self {
        Self::for_cluster(NODES_ASSUMED)
    }
}

/// A setting that cannot work. Nothing was changed; choose another value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The setting counts something of which there must be at least one.
    #[error("{setting} must be at least 1")]
    Zero {
        /// The name of the setting.
        setting: &'static str,
    },
}

pub(crate) fn positive<N: Default + PartialEq>(
    setting: &'static str,
    value: N,
) -> Result<N, ConfigError> {
    if value == N::default() { Err(ConfigError::Zero { setting }) } else { Ok(value) }
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use super::*;

    #[test]
    fn zeros_are_refused_by_name() {
        assert_eq!(GossipConfig::new(0, 1), Err(ConfigError::Zero { setting: "fanout" }));
        let error = GossipConfig::new(1, 0).unwrap_err();
        assert_eq!(error.to_string(), "retention_rounds must be at least 1");
        let config = GossipConfig::default();
        assert!(config.clone().with_feedback(0).is_err());
        assert!(config.clone().with_retry_rounds(0).is_err());
        assert!(config.clone().with_max_rumors(0).is_err());
        assert!(config.clone().with_max_rumors_per_message(0).is_err());
        assert!(config.clone().with_max_batch_bytes(0).is_err());
        assert!(config.clone().with_announce_fanout(0).is_err());
        assert!(config.clone().with_max_fetches(0).is_err());
        assert!(config.with_max_remembered(0).is_err());
    }

    #[test]
    fn defaults_grow_with_the_logarithm_of_the_cluster() {
        let [two, ten_thousand] = [2, 10_000].map(GossipConfig::for_cluster);
        assert_eq!((two.feedback(), two.retention_rounds()), (16, 13));
        assert_eq!((ten_thousand.feedback(), ten_thousand.retention_rounds()), (34, 26));
        assert_eq!((two.fanout(), ten_thousand.fanout()), (3, 4));
        assert_eq!(GossipConfig::for_cluster(0), two);
    }
}
