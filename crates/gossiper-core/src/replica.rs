//! The replica: one typed state, kept equal everywhere.
//!
//! *How does every replica end with the same state although messages are lost,
//! repeated, delayed and reordered, and replicas crash?* Two layers, each with
//! its own answer:
//!
//! * **Rumors** make it fast. A local update is one *event* with its whole
//!   delta; it spreads as [rumors](crate::rumor) do, whole or not at all. An
//!   event is news where [`seen`](Replica::seen) does not hold it, and only
//!   there is it forwarded, or where an answer was faster than its rumor.
//! * **Anti-entropy** makes it certain. Now and then a replica asks a random peer a
//!   *question*: are we equal, what have I not seen, where do we differ? The *answer*
//!   is what the asker lacks, mostly with a question in return, and both are equal.
//!   Whatever rumors missed is repaired. Peers that rumors do not reach are asked as
//!   soon as there are many.
//!
//! No exchange keeps state that a lost, repeated or reordered message could
//! corrupt: a question is whole in itself, an answer may be merged at any time
//! and any number of times, and what is lost is asked again in a later round.
//!
//! A history of two replicas: `a` updates (event `a#1`), and the rumor to `b`
//! is lost. In a later round `b` asks `a` whether they are equal, with the fingerprint of
//! its state. They are not, so `a` asks in return what it has not seen; `b` has seen
//! nothing else, and asks that itself. `a` has the event in its log, and answers with it.
//! When the rumor comes late after all, `b` has seen `a#1` and drops it.
//!
//! **What `seen` means.** Every event in `seen` is wholly in the state. It
//! grows by whole events and by whole answers, and by nothing else. An answer
//! is whole for the run of the replica that asked: one that arrives after a
//! restart is merged but does not extend `seen`, for the digest that it answers
//! may have been ahead of what was stored.
//!
//! Costs: an update is one merge of its delta. A rumor costs what [`crate::rumor`]
//! says. An exchange costs two messages of some dozen bytes if both are equal, and what
//! is lacking and a vector or two if not.
//!
//! References: Demers et al., PODC 1987, sections 1.3 and 1.4; Almeida, Shoker
//! and Baquero, JPDC 2018, section 4; Enes et al., ICDE 2019 (deltas go only
//! where they are news, and not back).

mod answer;
mod anti_entropy;
mod ask;
mod config;
mod event;
mod events;
mod filters;
mod joined;
mod log;
mod message;
mod moments;
mod parts;
mod reason;
mod refused;
mod rumors;
mod schedule;
mod seen;
mod session;
mod snapshot;
mod stats;
mod unheard;
mod update;
mod walk;

use alloc::vec::Vec;

pub use config::{FirstQuestion, ReplicaConfig};
pub use event::{Change, ReplicaEvent};
pub use events::Events;
use log::EventLog;
pub use message::{Answer, Lacking, Outline, Question, ReplicaMessage, SeenEvents, Update};
use moments::Moments;
pub use reason::Reason;
use schedule::Schedule;
use seen::Seen;
pub use snapshot::{RestoreError, Snapshot};
pub use stats::ReplicaStats;
use unheard::Unheard;
pub use update::{TransactError, UpdateError};

use crate::rumor::{Rumor, RumorStore};
use crate::{
    CausalContext, DeltaOf, DigestOf, Dot, Effect, Event, Fingerprint, HybridClock, MessageId,
    NodeId, Peers, PhysicalTime, RandomSource, ReplicaId, Replicated, Resolve, Round, StateOf,
    UpdateContext,
};

/// What a [`Replica`] asks of its host.
pub type ReplicaEffect<S> =
    Effect<ReplicaMessage<DigestOf<S>, DeltaOf<S>>, ReplicaEvent<DeltaOf<S>>>;

/// What replicas of `S` send each other: what a transport of theirs carries.
///
/// Messages do not name their sender; the host knows it from the connection.
pub type MessageOf<S> = ReplicaMessage<DigestOf<S>, DeltaOf<S>>;

/// One replicated state of type `S`, as a state machine without I/O.
///
/// The host hands in local updates, messages and ticks, and carries out the
/// effects that come back. If it keeps the state on disk, it stores a
/// [`snapshot`](Self::snapshot) *before* it carries out the effects that follow
/// a change; a host that cannot promise that starts with a fresh
/// [`ReplicaId`] after a crash.
///
/// ```
/// use gossiper_core::{
///     DeterministicRng, Effect, PhysicalTime, Replica, ReplicaConfig, ReplicaId, Round,
/// };
/// # use gossiper_core::{MergeOutcome, Replicated};
/// # #[derive(Default)]
/// # struct HighScore(u64);
/// # impl Replicated for HighScore {
/// #     type Digest = u64;
/// #     type Delta = u64;
/// #     fn digest(&self) -> u64 { self.0 }
/// #     fn delta(&self, remote: &u64) -> Option<u64> { (self.0 > *remote).then_some(self.0) }
/// #     fn merge(&mut self, delta: u64) -> MergeOutcome {
/// #         let news = delta > self.0;
/// #         self.0 = self.0.max(delta);
/// #         MergeOutcome::changed_if(news)
/// #     }
/// # }
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let mut rng = DeterministicRng::new(7);
/// let mut a = Replica::<HighScore>::new(ReplicaId::random(&mut rng), ReplicaConfig::default());
/// let mut b = Replica::<HighScore>::new(ReplicaId::random(&mut rng), ReplicaConfig::default());
/// a.set_peers(["b".into()]);
/// b.set_peers(["a".into()]);
///
/// a.update(|_score, _ctx| Ok::<_, std::convert::Infallible>(42))?;
/// for effect in a.tick(&mut rng, Round::ZERO, PhysicalTime::EPOCH) {
///     if let Effect::Send { message, .. } = effect {
///         let _answers = b.receive(&mut rng, &"a".into(), message);
///     }
/// }
/// assert_eq!(b.state().0, 42);
/// # Ok(())
/// # }
/// ```
pub struct Replica<S: Resolve> {
    id: ReplicaId,
    state: StateOf<S>,
    /// The events that are wholly in `state`.
    seen: Seen,
    /// The last dot that this incarnation has used.
    sequence: u64,
    clock: HybridClock,
    now: PhysicalTime,
    peers: Peers,
    config: ReplicaConfig,
    rumors: RumorStore<Update<DeltaOf<S>>>,
    /// Own events since the last tick.
    fresh: Vec<Rumor<Update<DeltaOf<S>>>>,
    log: EventLog<DeltaOf<S>>,
    moments: Moments,
    schedule: Schedule<DigestOf<S>>,
    unheard: Unheard,
    /// Another writer uses this id: nothing is written any more.
    identity_reused: bool,
    stats: ReplicaStats,
    /// What has decided what is said next, if that is to be told.
    reasons: Option<Vec<Reason>>,
}

impl<S: Resolve> Replica<S> {
    /// A replica that starts empty. The id must be fresh: see [`ReplicaId`].
    #[must_use]
    pub fn new(id: ReplicaId, config: ReplicaConfig) -> Self
    where
        StateOf<S>: Default,
    {
        Self::with_state(id, StateOf::<S>::default(), config)
    }

    /// A replica with a fresh id that starts with `state`, such as one that was
    /// saved without a [`Snapshot`].
    #[must_use]
    pub fn with_state(id: ReplicaId, mut state: StateOf<S>, config: ReplicaConfig) -> Self {
        state.maintain_fingerprint(config.fingerprint_key());
        Self {
            id,
            state,
            seen: Seen::new(*config.fingerprint_key(), CausalContext::new()),
            sequence: 0,
            clock: HybridClock::default(),
            now: PhysicalTime::EPOCH,
            peers: Peers::default(),
            rumors: RumorStore::new(config.gossip().max_rumors()),
            fresh: Vec::new(),
            log: EventLog::new(config.logged_events()),
            moments: Moments::default(),
            unheard: Unheard::default(),
            schedule: Schedule::default(),
            config,
            identity_reused: false,
            stats: ReplicaStats::default(),
            reasons: None,
        }
    }

    /// Says whom the replica gossips with: the names of its peers, without its
    /// own.
    pub fn set_peers(&mut self, peers: impl Into<Peers>) {
        self.peers = peers.into();
    }

    /// Says how many bytes an update takes, for those that the replica makes or
    /// takes in from now on: see
    /// [`GossipNode::measure_payloads`](crate::GossipNode::measure_payloads).
    ///
    /// Answers are then cut to [`ReplicaConfig::answer_bytes`]; without it 64 bytes
    /// an atom are assumed.
    pub fn measure_updates(&mut self, measure: fn(&Update<DeltaOf<S>>) -> usize) {
        self.rumors.set_measure(measure);
    }

    /// The state, to read.
    #[must_use]
    pub const fn state(&self) -> &StateOf<S> {
        &self.state
    }

    /// The id under which this incarnation writes.
    #[must_use]
    pub const fn id(&self) -> ReplicaId {
        self.id
    }

    /// The events whose whole effect is in the state.
    #[must_use]
    pub fn seen(&self) -> &CausalContext {
        &self.seen
    }

    /// Two words that decide whether another replica's state is equal, if the
    /// type has them.
    #[must_use]
    pub fn fingerprint(&self) -> Option<Fingerprint> {
        self.state.fingerprint(self.config.fingerprint_key())
    }

    /// Whom the replica gossips with.
    #[must_use]
    pub const fn peers(&self) -> &Peers {
        &self.peers
    }

    /// What was sent, received, news and redundant so far.
    #[must_use]
    pub const fn stats(&self) -> ReplicaStats {
        self.stats
    }

    /// Whether the replica has learnt that another writer uses its id, and so
    /// refuses to write; see [`ReplicaEvent::IdentityReused`].
    #[must_use]
    pub const fn is_identity_reused(&self) -> bool {
        self.identity_reused
    }

    /// Goes on writing under a fresh id, with the state as it is.
    ///
    /// The way out after [`ReplicaEvent::IdentityReused`]. Rumors of the old
    /// id that were not sent yet are dropped: the state has their effect, and
    /// anti-entropy carries it on.
    pub fn adopt_identity(&mut self, fresh: ReplicaId) {
        let own: Vec<_> = self.rumors.ids().filter(|id| id.as_dot().replica() == self.id).collect();
        for id in own {
            self.rumors.remove(id);
        }
        self.fresh.clear();
        self.id = fresh;
        self.sequence = 0;
        self.identity_reused = false;
    }
}

impl<S: Resolve> Replica<S>
where
    DeltaOf<S>: Clone,
{
    /// Time passes: pushes hot rumors, and asks a random peer when a question
    /// is due.
    ///
    /// `now` is the host's wall clock, for timestamps alone; hosts without one
    /// pass [`PhysicalTime::EPOCH`].
    pub fn tick<R: RandomSource + ?Sized>(
        &mut self,
        rng: &mut R,
        round: Round,
        now: PhysicalTime,
    ) -> Vec<ReplicaEffect<S>> {
        self.now = now;
        let retention = self.config.gossip().retention_rounds();
        self.rumors.begin(round, retention);
        self.release();
        self.unheard.begin(round, retention);
        let knows = |id: MessageId| self.seen.contains(id.as_dot());
        let pushes = self.rumors.push(rng, &self.peers, self.config.gossip(), knows, true);
        let batches = pushes.batches.into_iter();
        let mut effects: Vec<_> =
            batches.map(|(target, batch)| self.send_rumors(target, batch)).collect();
        effects.extend(self.ask_what_is_missed(rng, pushes.sharing, pushes.behind));
        if self.schedule.is_due(rng, round, self.config.anti_entropy_interval()) {
            let walk = self.schedule.walked_with();
            let pulled = walk.or_else(|| self.schedule.pulled_from()).cloned();
            let peer = pulled.or_else(|| self.peers.sample(rng, 1).pop());
            if let Some(peer) = peer.filter(|peer| !self.is_in_session(peer)) {
                effects.extend(self.ask(rng, peer));
            }
        }
        effects
    }

    /// Takes in a message of the peer `from`.
    ///
    /// The host knows the sender from the connection; messages do not repeat
    /// it.
    pub fn receive<R: RandomSource + ?Sized>(
        &mut self,
        rng: &mut R,
        from: &NodeId,
        message: MessageOf<S>,
    ) -> Vec<ReplicaEffect<S>> {
        self.rumors.note_heard(from);
        let effects = match message {
            ReplicaMessage::Rumors(batch) => self.receive_rumors(from, batch),
            ReplicaMessage::Question(question) => self.receive_question(rng, from, &question),
            ReplicaMessage::Answer(answer) => self.receive_answer(rng, from, answer),
        };
        self.explained(from, effects)
    }

    /// Changes the state: `mutator` reads it and returns the delta of the
    /// change, which is merged here and spreads as one rumor, or as one with others
    /// of the same round where that is smaller.
    ///
    /// Returns the event, or `None` if the delta told nothing new; then there
    /// is nothing to spread. A mutator that fails leaves no trace.
    ///
    /// # Errors
    ///
    /// [`UpdateError::Rejected`] with the mutator's own error, and the reasons
    /// why this replica does not write at all. The state is unchanged.
    pub fn update<E>(
        &mut self,
        mutator: impl FnOnce(&StateOf<S>, &mut UpdateContext) -> Result<DeltaOf<S>, E>,
    ) -> Result<Option<Event>, UpdateError<E>> {
        let mut ctx = self.begin()?;
        let delta = mutator(&self.state, &mut ctx).map_err(UpdateError::Rejected)?;
        if !self.state.merge(delta.clone()).is_changed() {
            return Ok(None);
        }
        let event = ctx.event();
        (self.sequence, self.clock) = (event.last().sequence(), ctx.clock());
        self.seen.insert(event);
        self.spread(event, delta);
        Ok(Some(event))
    }

    /// The context of the next update, if this replica may write.
    fn begin<E>(&self) -> Result<UpdateContext, UpdateError<E>> {
        if self.identity_reused {
            return Err(UpdateError::IdentityReused { id: self.id });
        }
        UpdateContext::new(self.id, self.sequence, self.clock, self.now)
            .ok_or(UpdateError::SequenceExhausted { id: self.id })
    }

    /// Compares what a peer has of this replica's own events with what this
    /// replica wrote: more of them means that the id was used before.
    fn notice_own_sequence(&mut self, heard: Dot, from: &NodeId) -> Option<ReplicaEffect<S>> {
        let own = heard.replica() == self.id;
        if !own || heard.sequence() <= self.sequence || self.identity_reused {
            return None;
        }
        self.identity_reused = true;
        Some(Effect::Emit(ReplicaEvent::IdentityReused {
            id: self.id,
            from: from.clone(),
            written: self.sequence,
            heard: heard.sequence(),
        }))
    }
}
