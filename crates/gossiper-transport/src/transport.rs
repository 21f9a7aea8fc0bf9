//! What a state machine's host must be able to do: send a message to a peer.

use std::error::Error as StdError;

use gossiper_core::NodeId;
use thiserror::Error;

/// Hands messages to a network.
///
/// Sending is a promise to try and no more: the protocols live with messages
/// that are lost, repeated, delayed and reordered. An implementation must not
/// wait for the peer; it queues the message, or refuses it.
///
/// ```
/// use std::sync::mpsc;
///
/// use gossiper_core::NodeId;
/// use gossiper_transport::{Transport, TransportError};
///
/// /// Hands everything to the thread that owns the sockets.
/// struct ToSocketThread(mpsc::SyncSender<(NodeId, Vec<u8>)>);
///
/// impl Transport<Vec<u8>> for ToSocketThread {
///     fn send(&mut self, target: &NodeId, message: Vec<u8>) -> Result<(), TransportError> {
///         let queued = self.0.try_send((target.clone(), message));
///         queued.map_err(|error| TransportError::failed(target, error))
///     }
/// }
/// ```
pub trait Transport<M> {
    /// Takes `message` for delivery to `target`.
    ///
    /// # Errors
    ///
    /// If the message was not taken. It is lost then, which the protocols
    /// repair; see [`TransportError`] for what to do about the cause.
    fn send(&mut self, target: &NodeId, message: M) -> Result<(), TransportError>;
}

/// Why a transport did not take a message.
///
/// The message is lost, and nothing else changed.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum TransportError {
    /// The transport knows no way to the target: no address, no connection.
    ///
    /// Usual while a peer is down. If it lasts, take the peer off the list of
    /// peers.
    #[error("no way to reach {target}")]
    Unreachable {
        /// Where the message should have gone.
        target: NodeId,
    },
    /// Too many messages wait for the target, which takes them too slowly.
    ///
    /// Drain the queue more often, send less often, or raise the limit.
    #[error("{limit} messages wait for {target}, and its queue holds no more")]
    QueueFull {
        /// Where the message should have gone.
        target: NodeId,
        /// The limit, in messages.
        limit: usize,
    },
    /// The transport failed in a way of its own, such as an I/O error or a
    /// message that is too large for a frame.
    ///
    /// See the source.
    #[error("the transport failed to send to {target}")]
    Failed {
        /// Where the message should have gone.
        target: NodeId,
        /// The transport's own error.
        #[source]
        source: Box<dyn StdError + Send + Sync>,
    },
}

impl TransportError {
    /// A transport's own failure, kept as the source.
    pub fn failed(target: &NodeId, source: impl StdError + Send + Sync + 'static) -> Self {
        Self::Failed { target: target.clone(), source: Box::new(source) }
    }

    /// Where the message should have gone.
    #[must_use]
    pub const fn target(&self) -> &NodeId {
        match self {
            Self::Unreachable { target }
            | Self::QueueFull { target, .. }
            | Self::Failed { target, .. } => target,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    #[test]
    fn errors_name_the_target_and_keep_their_source() {
        let target = NodeId::from("b");
        let full = TransportError::QueueFull { target: target.clone(), limit: 7 };
        assert_eq!(full.to_string(), "7 messages wait for b, and its queue holds no more");
        let failed = TransportError::failed(&target, io::Error::from(io::ErrorKind::BrokenPipe));
        assert_eq!(failed.target(), &target);
        assert_eq!(failed.source().map(ToString::to_string), Some("broken pipe".into()));
    }
}
