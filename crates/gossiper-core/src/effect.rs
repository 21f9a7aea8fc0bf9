//! What a state machine asks its host to do.

/// One thing to be done by the host of a state machine.
///
/// Effects are returned whole and in order; carrying them out is the host's
/// business. Dropping a `Send` is the same as the network losing it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "effects do nothing until the host carries them out"]
pub enum Effect<M, E> {
    /// Send `message` to the node `target`.
    Send {
        /// The node to send to.
        target: crate::NodeId,
        /// What to send.
        message: M,
    },
    /// Tell the application.
    Emit(E),
}

impl<M, E> Effect<M, E> {
    /// The event, if this effect is one.
    pub fn into_event(self) -> Option<E> {
        match self {
            Self::Emit(event) => Some(event),
            Self::Send { .. } => None,
        }
    }
}
