//! What a node says and answers: pushes, announcements, requests and
//! acknowledgements. The same for opaque payloads and for a replica's events.
//!
//! A small payload is *pushed*. A large one is *announced*, by its id alone, to
//! more peers; a peer that lacks it asks one of those that announced it, and gets
//! it once. This is lazy push, with the payload on no tree but wherever it was
//! asked for (Leitão, Pereira and Rodrigues, *Epidemic broadcast trees*, SRDS
//! 2007, section 3.3, has both).

use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use super::store::{Allowed, Manner};
use super::{GossipConfig, MessageId, Rumor, RumorBatch, RumorStore};
use crate::{NodeId, Peers, RandomSource};

/// What a round of talking comes to.
pub(crate) struct Pushes<T> {
    pub(crate) batches: Vec<(NodeId, RumorBatch<T>)>,
    /// Peers that seem to lack much, of which one is to be asked.
    pub(crate) behind: Vec<NodeId>,
    /// A peer to be asked what it lacks of what is large.
    pub(crate) sharing: Option<NodeId>,
}

impl<T> RumorStore<T> {
    /// One round of talking: small rumors for each of `fanout` random peers,
    /// announcements of large ones for `announce_fanout`, and requests that are
    /// repeated because they were not answered in time. To peers that are
    /// [behind](Self::is_behind) not what they are behind with, and nothing to those that
    /// are [cut off](Self::is_cut_off), if the node `asks`: it is told whom.
    pub(crate) fn push<R: RandomSource + ?Sized>(
        &mut self,
        rng: &mut R,
        peers: &Peers,
        config: &GossipConfig,
        knows: impl Fn(MessageId) -> bool,
        asks: bool,
    ) -> Pushes<T> {
        self.silent.keep_only(peers);
        let round = self.round().unwrap_or_default();
        let (mut batches, mut behind) = (Vec::new(), Vec::new());
        let mut allowed = |store: &Self, target: &NodeId| {
            let allowed = if asks { store.allowed_for(target) } else { Allowed::All };
            if allowed != Allowed::All && !behind.contains(target) {
                behind.push(target.clone());
            }
            allowed
        };
        if self.has_infective(Manner::Eager) {
            for target in peers.sample(rng, config.fanout()) {
                let allowed = allowed(self, &target);
                let ids = self.infective_for(&target, Manner::Eager, config, allowed);
                if !ids.is_empty() {
                    self.silent.note_push(&target, round);
                    let rumors = ids.iter().filter_map(|id| self.rumor(*id)).collect();
                    let number = self.sent.number(&target, ids, round);
                    batches.push((target, RumorBatch { number, rumors, ..RumorBatch::default() }));
                }
            }
        }
        if self.has_infective(Manner::Lazy) {
            for target in peers.sample(rng, config.announce_fanout()) {
                let allowed = allowed(self, &target);
                let ids = self.infective_for(&target, Manner::Lazy, config, allowed);
                if !ids.is_empty() {
                    self.silent.note_push(&target, round);
                    batch_for(&mut batches, target).announced = ids;
                }
            }
        }
        let mut sharing = None;
        if self.has_infective(Manner::Asked) {
            let mut targets = peers.sample(rng, config.fanout());
            // Of few peers that is all of them, in order.
            let first = rng.below(targets.len().max(1) as u64) as usize;
            targets.rotate_left(first);
            sharing = targets.into_iter().find(|target| {
                let asked = |store: &mut Self| {
                    store.infective_for(target, Manner::Asked, config, Allowed::All)
                };
                !self.is_cut_off(target) && !asked(self).is_empty()
            });
        }
        for (source, id) in self.fetches.overdue(round, config, knows) {
            batch_for(&mut batches, source).wanted.push(id);
        }
        Pushes { batches, behind, sharing }
    }

    /// What to answer `from` when the rumors of its message have been taken in,
    /// whose ids are `received`: an acknowledgement, requests for what it announced,
    /// and what it asked for, in as many messages as that takes.
    ///
    /// Who asks for a rumor counts as having it, for it will ask again until it
    /// does.
    pub(crate) fn answer(
        &mut self,
        from: &NodeId,
        heard: RumorBatch<T>,
        received: Vec<MessageId>,
        enough: usize,
        config: &GossipConfig,
        knows: impl Fn(MessageId) -> bool,
    ) -> Vec<RumorBatch<T>> {
        let RumorBatch { number, acknowledged, known, announced, wanted, .. } = heard;
        let mut answer = RumorBatch::default();
        if number == 0 {
            answer.known = received;
        } else {
            answer.acknowledged = number;
        }
        let arrived = self.sent.acknowledged(acknowledged, from);
        if !arrived.is_empty() {
            self.note_acknowledgement();
        }
        let answers = !(arrived.is_empty() && known.is_empty() && wanted.is_empty());
        for id in arrived.into_iter().chain(known) {
            self.inform(id, from, enough);
        }
        // Who was cut off may have to be told more.
        if answers && !self.is_cut_off(from) {
            self.silent.note_answer(from);
        }
        for id in announced {
            if knows(id) {
                self.inform(id, from, enough);
                answer.known.push(id);
            } else if self.fetches.announced(id, from, self.round(), config) {
                answer.wanted.push(id);
            }
        }
        let mut answers = Vec::new();
        let mut bytes = 0_usize;
        let wanted: BTreeSet<MessageId> = wanted.into_iter().collect();
        for id in wanted.into_iter().take(config.max_rumors_per_message()) {
            let Some(rumor) = self.rumor(id) else { continue };
            self.inform(id, from, enough);
            self.refresh(id);
            let size = self.bytes(id);
            if !answer.rumors.is_empty() && bytes.saturating_add(size) > config.max_batch_bytes() {
                answers.push(core::mem::take(&mut answer));
                bytes = 0;
            }
            bytes = bytes.saturating_add(size);
            if answer.rumors.is_empty() {
                answer.number = self.sent.next_number();
            }
            answer.rumors.push(rumor);
        }
        if !answer.is_empty() {
            answers.push(answer);
        }
        answers
    }

    /// Notes that rumor `id` has come from `peer`: that it is not to be asked for
    /// any more, and that all who announced it have it.
    pub(crate) fn arrived(&mut self, id: MessageId, peer: &NodeId, enough: usize) {
        self.inform(id, peer, enough);
        for source in self.fetches.arrived(id) {
            self.inform(id, &source, enough);
        }
    }

    fn rumor(&self, id: MessageId) -> Option<Rumor<T>> {
        self.payload(id).map(|payload| Rumor::new(id, payload.clone()))
    }
}

/// The batch for `target` among `batches`, a new one if there is none.
fn batch_for<T>(batches: &mut Vec<(NodeId, RumorBatch<T>)>, target: NodeId) -> &mut RumorBatch<T> {
    let place = batches.iter().position(|(other, _)| *other == target).unwrap_or(batches.len());
    if place == batches.len() {
        batches.push((target, RumorBatch::default()));
    }
    &mut batches[place].1
}
