//! Replicas of a state.

use gossiper_core::replica::{Events, Lacking, Question, Update};
use gossiper_core::{
    DeltaOf, DeterministicRng, DigestOf, NodeId, Peers, PhysicalTime, Replica, ReplicaConfig,
    ReplicaEvent, ReplicaId, ReplicaMessage, Replicated, Resolve, Round, Rumor, StateOf,
};

use super::{EffectOf, Machine, batch_kind, describe_batch};
use crate::MessageKind;

impl<S: Resolve> Machine for Replica<S>
where
    DeltaOf<S>: Clone,
    StateOf<S>: Default,
{
    type Message = ReplicaMessage<DigestOf<S>, DeltaOf<S>>;
    type Event = ReplicaEvent<DeltaOf<S>>;
    type Config = ReplicaConfig;

    fn config_for(nodes: usize) -> ReplicaConfig {
        ReplicaConfig::for_cluster(nodes)
    }

    fn start(_node: &NodeId, incarnation: ReplicaId, config: &ReplicaConfig) -> Self {
        Self::new(incarnation, config.clone())
    }

    fn set_peers(&mut self, peers: Peers) {
        self.set_peers(peers);
    }

    fn tick(
        &mut self,
        rng: &mut DeterministicRng,
        round: Round,
        now: PhysicalTime,
    ) -> Vec<EffectOf<Self>> {
        self.tick(rng, round, now)
    }

    fn receive(
        &mut self,
        rng: &mut DeterministicRng,
        from: &NodeId,
        message: Self::Message,
    ) -> Vec<EffectOf<Self>> {
        self.receive(rng, from, message)
    }

    /// Whether there is nothing to send in either direction. By the law of
    /// digest completeness the states are then equal.
    fn agrees_with(&self, other: &Self) -> bool {
        let (a, b) = (self.state(), other.state());
        a.delta(&b.digest()).is_none() && b.delta(&a.digest()).is_none()
    }

    fn kind(message: &Self::Message) -> MessageKind {
        match message {
            ReplicaMessage::Rumors(batch) => batch_kind(batch),
            ReplicaMessage::Question(_) => MessageKind::Question,
            ReplicaMessage::Answer(_) => MessageKind::Answer,
        }
    }

    fn explain(&mut self) {
        self.explain_exchanges(true);
    }

    fn explanation(event: &Self::Event) -> Option<(&NodeId, String)> {
        let ReplicaEvent::Explained { peer, reasons } = event else { return None };
        let reasons: Vec<_> = reasons.iter().map(ToString::to_string).collect();
        Some((peer, reasons.join("; ")))
    }

    fn describe(message: &Self::Message) -> String {
        match message {
            ReplicaMessage::Rumors(batch) => describe_batch(batch),
            ReplicaMessage::Question(question) => describe_question(question),
            ReplicaMessage::Answer(answer) => {
                let lacking = match &answer.lacking {
                    Lacking::Nothing => "we are equal".to_owned(),
                    Lacking::Knowledge { .. } => "we are equal, and this I have seen".to_owned(),
                    Lacking::Symbols { symbols, .. } => format!("{} symbols", symbols.len()),
                    Lacking::Events { events, more, .. } => {
                        let ids: Vec<_> = events.iter().map(describe_events).collect();
                        let more = if *more { ", and more" } else { "" };
                        format!("events {}{more}", ids.join(", "))
                    }
                    Lacking::Piece { .. } => "a piece".to_owned(),
                    Lacking::Whole { delta: Some(_), .. } => "all that you lack".to_owned(),
                    Lacking::Whole { delta: None, .. } => "nothing lacking".to_owned(),
                    Lacking::Range { delta, .. } => {
                        let some =
                            if delta.is_some() { "what you lack" } else { "nothing lacking" };
                        format!("{some} in a range")
                    }
                };
                let question = answer.question.as_ref().map(describe_question);
                let question =
                    question.map_or_else(String::new, |question| format!(", {question}"));
                format!("answer: {lacking}{question}")
            }
        }
    }
}

/// The event's name, or all whose join it is.
fn describe_events<Delta>(rumor: &Rumor<Update<Delta>>) -> String {
    match &rumor.payload().events {
        Events::One(_) => rumor.id().to_string(),
        Events::Joined(events) => format!("{events:?} as one"),
    }
}

fn describe_question<Digest>(question: &Question<Digest>) -> String {
    let what = match question {
        Question::Equal { .. } => "are we equal?",
        Question::Unseen { outline: None, .. } => "what have I not seen?",
        Question::Unseen { outline: Some(_), .. } => "what have I not seen, however old?",
        Question::Symbols { .. } => "where do we differ, by symbols?",
        Question::Atoms(_) => "what are these?",
        Question::Digest { .. } => "where do we differ?",
        Question::Filter { .. } => "what do I surely lack?",
    };
    format!("question: {what}")
}
