//! What was seen here and there, to be spoken of again in a few bytes.
//!
//! With thousands of writers, most of which write no more, the events that a replica has
//! seen take tens of kilobytes to tell, and little of that changes from one exchange to
//! the next. So both sides remember sets that they have told each other, by a hash, and
//! tell what has changed since the last one that the other side knows
//! ([`SeenEvents::Since`]). Nothing depends on what is remembered: who does not know a
//! set says so, by a question of its own that tells all, and whoever is asked so tells all
//! in return. So replicas that never understand each other's hashes, as with two keys,
//! still tell each other everything.

use alloc::collections::{BTreeMap, VecDeque};

use super::answer::Reply;
use super::{FirstQuestion, Reason, Replica, SeenEvents};
use crate::{CausalContext, DeltaOf, NodeId, RandomSource, Resolve};

/// Sets of events that were seen here or at a peer, and who knows them.
///
/// The latest is kept whole, each older one as its difference to the next: in a cluster
/// that is connected they are near each other. So a few thousand writers and some dozen
/// sets take little more than one set.
#[derive(Default)]
pub(super) struct Moments {
    latest: CausalContext,
    /// From the latest on.
    moments: VecDeque<Moment>,
    /// Runs in the differences of all of them.
    runs: usize,
    known: BTreeMap<NodeId, Known>,
    /// Who was told last what was seen here, and what that was.
    told: Option<(NodeId, u64)>,
}

struct Moment {
    hash: u64,
    /// What is added to the moment after this one, and taken from it.
    back: Change,
}

/// What is known of a peer.
struct Known {
    /// The latest that it knows.
    hash: u64,
    /// Whether it has asked with all, and has to be told all in return.
    is_owed_all: bool,
}

/// What one set of events has more than another, and less.
#[derive(Default)]
struct Change {
    more: CausalContext,
    less: CausalContext,
}

/// Moments that are kept at most, a guess: two for each peer of a small cluster.
const MOMENTS: usize = 64;

/// Runs that their differences may have beside as many as the latest has.
const RUNS: usize = 1_024;

/// Runs of a set that is remembered at most, 1.5 MB: whoever tells more is told all.
const MOST_RUNS: usize = 1 << 16;

/// Peers that are remembered at most.
const PEERS: usize = 1_024;

/// Bytes of a run in a message, and of a difference beside its runs.
const BYTES_A_RUN: usize = 12;
const BYTES_A_CHANGE: usize = 10;

impl Change {
    fn between(from: &CausalContext, to: &CausalContext) -> Self {
        Self { more: to.difference(from), less: from.difference(to) }
    }

    fn runs(&self) -> usize {
        self.more.runs().len() + self.less.runs().len()
    }

    fn apply(&self, seen: &mut CausalContext) {
        if !self.less.is_empty() {
            *seen = seen.difference(&self.less);
        }
        seen.join(&self.more);
    }
}

impl Moments {
    /// Remembers what was seen, whose hash is `hash`, if it is not too large. O(w) for w
    /// writers, O(1) if it is remembered.
    pub(super) fn note(&mut self, hash: u64, seen: &CausalContext) {
        if self.has(hash) || seen.runs().len() > MOST_RUNS {
            return;
        }
        if let Some(before) = self.moments.front_mut() {
            before.back = Change::between(seen, &self.latest);
            self.runs += before.back.runs();
        }
        self.latest = seen.clone();
        self.moments.push_front(Moment { hash, back: Change::default() });
        let most = self.latest.runs().len() + RUNS;
        // What was told last is about to be referred to.
        while self.moments.len() > 2 && (self.moments.len() > MOMENTS || self.runs > most) {
            let oldest = self.moments.pop_back();
            self.runs -= oldest.map_or(0, |oldest| oldest.back.runs());
        }
    }

    pub(super) fn has(&self, hash: u64) -> bool {
        self.moments.iter().any(|moment| moment.hash == hash)
    }

    /// Notes that `peer` knows what hashes to `hash`, if it is remembered here.
    pub(super) fn is_known_to(&mut self, peer: &NodeId, hash: u64) {
        let known = Known { hash, is_owed_all: false };
        let is_remembered = self.has(hash);
        if let Some(own) = self.known.get_mut(peer) {
            if is_remembered {
                *own = known;
            }
            return;
        }
        if !is_remembered {
            return;
        }
        if self.known.len() >= PEERS {
            let Self { moments, known: all, .. } = self;
            all.retain(|_, known| moments.iter().any(|moment| moment.hash == known.hash));
        }
        if self.known.len() < PEERS {
            self.known.insert(peer.clone(), known);
        }
    }

    /// `peer` has told all, and may not understand anything else.
    pub(super) fn owe_all(&mut self, peer: &NodeId) {
        if let Some(known) = self.known.get_mut(peer) {
            known.is_owed_all = true;
        }
    }

    /// `peer` has forgotten what it knew.
    fn forget(&mut self, peer: &NodeId) {
        self.known.remove(peer);
    }

    /// What was seen in the moment that has this hash. O(w), and the differences from
    /// there on.
    pub(super) fn get(&self, hash: u64) -> Option<CausalContext> {
        let place = self.moments.iter().position(|moment| moment.hash == hash)?;
        let mut seen = self.latest.clone();
        self.moments.iter().take(place + 1).for_each(|moment| moment.back.apply(&mut seen));
        Some(seen)
    }

    /// `seen` for a peer, in as few bytes as may be.
    fn tell(&mut self, peer: &NodeId, seen: &CausalContext) -> SeenEvents {
        let known = self.known.get_mut(peer);
        let owed = known.map(|known| (known.hash, core::mem::take(&mut known.is_owed_all)));
        let base = owed.filter(|(_, is_owed_all)| !is_owed_all).map(|(base, _)| base);
        if let Some((base, known)) = base.and_then(|base| Some((base, self.get(base)?))) {
            let change = Change::between(&known, seen);
            if change.runs() * BYTES_A_RUN + BYTES_A_CHANGE < seen.runs().len() * BYTES_A_RUN {
                return SeenEvents::Since { base, more: change.more, less: change.less };
            }
        }
        SeenEvents::All(seen.clone())
    }
}

impl<S: Resolve> Replica<S>
where
    DeltaOf<S>: Clone,
{
    /// What was seen here, for a peer that may then refer to it.
    pub(super) fn tell_seen(&mut self, peer: &NodeId) -> SeenEvents {
        let told = self.moments.tell(peer, &self.seen);
        self.tell_hash(peer);
        told
    }

    /// What a peer says that it has seen; `None` if it refers to what is not known here.
    pub(super) fn hear_seen(&mut self, from: &NodeId, told: &SeenEvents) -> Option<CausalContext> {
        let seen = match told {
            SeenEvents::All(seen) => seen.clone(),
            SeenEvents::Since { base, more, less } => {
                let mut seen = self.moments.get(*base)?.difference(less);
                seen.join(more);
                seen
            }
        };
        let hash = self.seen.hash_of(&seen);
        self.moments.note(hash, &seen);
        self.moments.is_known_to(from, hash);
        Some(seen)
    }

    /// A hash of what was seen here, for a peer to compare.
    pub(super) fn tell_hash(&mut self, peer: &NodeId) -> u64 {
        let hash = self.seen.hash();
        self.moments.note(hash, &self.seen);
        match &mut self.moments.told {
            Some((told, last)) if told == peer => *last = hash,
            told => *told = Some((peer.clone(), hash)),
        }
        hash
    }

    /// A peer has seen the same as this replica had when it told the peer.
    pub(super) fn had_seen_the_same(&mut self, peer: &NodeId) {
        let told = self.moments.told.as_ref().filter(|(told, _)| told == peer);
        if let Some(hash) = told.map(|(_, hash)| *hash) {
            self.moments.is_known_to(peer, hash);
        }
    }

    /// A peer has seen the same.
    pub(super) fn has_seen_the_same(&mut self, peer: &NodeId) {
        let hash = self.seen.hash();
        self.moments.note(hash, &self.seen);
        self.moments.is_known_to(peer, hash);
    }

    /// To a peer that referred to what is not known here: what was seen, all of it.
    pub(super) fn ask_for_all<R: RandomSource + ?Sized>(
        &mut self,
        rng: &mut R,
        from: &NodeId,
    ) -> Reply<S> {
        self.because(Reason::UnknownSeen);
        self.moments.forget(from);
        self.back(rng, from, FirstQuestion::Unseen)
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use super::*;
    use crate::random::{DeterministicRng, RandomSource};
    use crate::{Dot, ReplicaId};

    fn seen(lasts: &[u64]) -> CausalContext {
        let mut seen = CausalContext::new();
        for (writer, last) in lasts.iter().enumerate() {
            if let Some(first) = Dot::new(ReplicaId::new(writer as u64), 1) {
                seen.insert_range(first, *last);
            }
        }
        seen
    }

    fn peer(name: &str) -> NodeId {
        NodeId::from(name)
    }

    /// Whatever was noted since, a set that is remembered is what it was.
    #[test]
    fn what_is_remembered_is_what_was_noted() {
        let mut rng = DeterministicRng::new(3);
        let mut moments = Moments::default();
        let mut noted: Vec<(u64, CausalContext)> = Vec::new();
        let mut lasts = [1; 20];
        for hash in 0..100 {
            for _ in 0..rng.below(4) {
                lasts[rng.below(20) as usize] = 1 + rng.below(9);
            }
            noted.push((hash, seen(&lasts)));
            moments.note(hash, &seen(&lasts));
            moments.note(hash, &CausalContext::new());
            for (hash, seen) in &noted {
                assert_eq!(moments.get(*hash).is_some(), moments.has(*hash));
                assert!(moments.get(*hash).is_none_or(|got| got == *seen));
            }
        }
        let runs: usize = moments.moments.iter().map(|moment| moment.back.runs()).sum();
        assert_eq!((moments.moments.len(), moments.runs), (MOMENTS, runs));
    }

    #[test]
    fn memory_is_bounded_and_what_was_told_last_is_kept() {
        let mut moments = Moments::default();
        let many: Vec<u64> = (1..3_000).collect();
        for hash in 0..100 {
            // Nothing in common with the one before.
            let own: Vec<u64> =
                many.iter().map(|last| if (last + hash) % 2 == 0 { 0 } else { *last }).collect();
            moments.note(hash, &seen(&own));
            assert!(
                moments.moments.len() <= 2 || moments.runs <= moments.latest.runs().len() + RUNS
            );
        }
        assert!(moments.has(99) && moments.has(98) && !moments.has(97));
        moments.note(100, &seen(&[1; MOST_RUNS + 1]));
        assert!(moments.has(99) && !moments.has(100), "it is too large");
        for number in 0..2 * PEERS as u64 {
            moments.is_known_to(&peer(&alloc::format!("{number}")), 99);
        }
        assert_eq!(moments.known.len(), PEERS);
    }

    #[test]
    fn a_peer_is_told_what_has_changed_since_it_was_told() {
        let mut moments = Moments::default();
        let before = seen(&[5, 5, 5, 5, 5]);
        moments.note(1, &before);
        let now = seen(&[5, 6, 5, 4, 5]);
        assert_eq!(moments.tell(&peer("b"), &now), SeenEvents::All(now.clone()));
        moments.is_known_to(&peer("b"), 1);
        let SeenEvents::Since { base: 1, more, less } = moments.tell(&peer("b"), &now) else {
            panic!("{:?}", moments.tell(&peer("b"), &now))
        };
        assert_eq!((more, less), (now.difference(&before), before.difference(&now)));
        assert_eq!(moments.tell(&peer("c"), &now), SeenEvents::All(now));
        let other = seen(&[1, 2, 3, 1, 2]);
        assert_eq!(moments.tell(&peer("b"), &other), SeenEvents::All(other), "it is smaller");
        moments.is_known_to(&peer("b"), 2);
        assert_eq!(moments.known[&peer("b")].hash, 1, "nobody knows what that is");
    }
}
