//! Carrying out effects: messages to the transport, events to the host.

use gossiper_core::Effect;

use crate::{Transport, TransportError};

/// Sends every message among `effects` and collects every event.
///
/// All effects are carried out, in their order: a message that the transport
/// refuses counts as lost by the network and does not stop the others.
///
/// ```
/// use gossiper_core::{Effect, NodeId};
/// use gossiper_transport::{InMemoryTransport, apply_effects};
///
/// let b = NodeId::from("b");
/// let mut transport = InMemoryTransport::new();
/// let effects = [Effect::Send { target: b.clone(), message: "hello" }, Effect::Emit(42)];
///
/// let report = apply_effects(&mut transport, effects);
/// assert_eq!((report.sent(), report.failed(), report.events()), (1, 0, &[42][..]));
/// assert_eq!(transport.drain(&b), ["hello"]);
/// ```
pub fn apply_effects<M, E>(
    transport: &mut (impl Transport<M> + ?Sized),
    effects: impl IntoIterator<Item = Effect<M, E>>,
) -> EffectReport<E> {
    let mut report = EffectReport { sent: 0, failures: Vec::new(), events: Vec::new() };
    for effect in effects {
        match effect {
            Effect::Send { target, message } => match transport.send(&target, message) {
                Ok(()) => report.sent += 1,
                Err(failure) => report.failures.push(failure),
            },
            Effect::Emit(event) => report.events.push(event),
        }
    }
    report
}

/// What became of a list of effects.
#[derive(Debug)]
pub struct EffectReport<E> {
    sent: usize,
    failures: Vec<TransportError>,
    events: Vec<E>,
}

impl<E> EffectReport<E> {
    /// How many messages the transport took.
    #[must_use]
    pub const fn sent(&self) -> usize {
        self.sent
    }

    /// How many messages it refused.
    #[must_use]
    pub const fn failed(&self) -> usize {
        self.failures.len()
    }

    /// Why it refused them, in the order of the effects; each names its
    /// [`target`](TransportError::target).
    #[must_use]
    pub fn failures(&self) -> &[TransportError] {
        &self.failures
    }

    /// The events, in the order of the effects.
    #[must_use]
    pub fn events(&self) -> &[E] {
        &self.events
    }

    /// Takes the events out.
    #[must_use]
    pub fn into_events(self) -> Vec<E> {
        self.events
    }
}

#[cfg(test)]
mod tests {
    use gossiper_core::NodeId;

    use super::*;

    /// Knows every node but `nowhere`.
    struct Picky(Vec<(NodeId, u8)>);

    impl Transport<u8> for Picky {
        fn send(&mut self, target: &NodeId, message: u8) -> Result<(), TransportError> {
            if target.as_str() == "nowhere" {
                return Err(TransportError::Unreachable { target: target.clone() });
            }
            self.0.push((target.clone(), message));
            Ok(())
        }
    }

    #[test]
    fn a_failed_send_stops_neither_sends_nor_events() {
        let send = |target: &str, message| Effect::Send { target: target.into(), message };
        let mut transport = Picky(Vec::new());
        let effects = vec![send("nowhere", 1), Effect::Emit('x'), send("b", 2), Effect::Emit('y')];
        let report = apply_effects(&mut transport, effects);
        assert_eq!(transport.0, [("b".into(), 2)]);
        assert_eq!((report.sent(), report.failed()), (1, 1));
        assert_eq!(report.failures()[0].target(), &"nowhere".into());
        assert_eq!(report.into_events(), ['x', 'y']);
    }

    #[test]
    fn a_transport_behind_a_trait_object_will_do() {
        let mut transport = Picky(Vec::new());
        let transport: &mut dyn Transport<u8> = &mut transport;
        let report = apply_effects::<u8, ()>(transport, []);
        assert_eq!((report.sent(), report.failed(), report.events().len()), (0, 0, 0));
    }
}
