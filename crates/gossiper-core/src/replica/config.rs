//! How a replica gossips.

use crate::rumor::positive;
use crate::{ConfigError, GossipConfig};

/// How a [`Replica`](crate::Replica) spreads rumors and how often it asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplicaConfig {
    gossip: GossipConfig,
    anti_entropy_interval: u64,
}

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
        Self { gossip, anti_entropy_interval: 10 }
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
