//! What is measured, and its peer, each behind one trait.
//!
//! Another keyed type, such as a map, is one more `impl Keyed`.

use std::hash::Hash;

use crdts::{CmRDT, CvRDT, Orswot};
use gossiper_core::causal::{Atoms, Causal, CausalDelta, Wanted};
use gossiper_core::{CausalContext, ReplicaId, Replicated, UpdateContext};
use gossiper_crdts::OrSet;
use serde::Serialize;

/// What is put in.
pub(crate) trait Key:
    Clone + Eq + Ord + Hash + Serialize + std::fmt::Debug + 'static
{
    /// The key of a number: different for different ones, in no order.
    fn of(number: u64) -> Self;
}

impl Key for u64 {
    fn of(number: u64) -> Self {
        mix(number)
    }
}

impl Key for String {
    fn of(number: u64) -> Self {
        format!("{:016x}", mix(number))
    }
}

/// A bijection without visible order (the finalizer of splitmix64).
pub(crate) fn mix(mut x: u64) -> u64 {
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

/// A replica's state of keys.
pub(crate) trait Keyed<K>: Clone {
    /// What tells another replica of one change.
    type Change;
    /// What tells another replica of changes.
    type News: Clone;

    /// The empty state of a writer.
    fn new(writer: u64) -> Self;
    /// The same state, held by another writer.
    fn at(&self, writer: u64) -> Self;
    /// Adds a key, and returns what tells others of it.
    fn add(&mut self, key: K) -> Self::Change;
    /// Removes a key, and returns what tells others of it.
    fn remove(&mut self, key: &K) -> Self::Change;
    fn contains(&self, key: &K) -> bool;
    /// Adds keys, and returns what tells others of it.
    fn add_all(&mut self, keys: impl Iterator<Item = K>) -> Self::News;
    fn take_in(&mut self, news: Self::News);
    /// The whole state, as it is merged elsewhere.
    type Whole: Clone;
    fn whole(&self) -> Self::Whole;
    fn merge(&mut self, whole: Self::Whole);

    fn filled(keys: u64) -> Self
    where
        K: Key,
    {
        let mut state = Self::new(1);
        (0..keys).for_each(|number| drop(state.add(K::of(number))));
        state
    }
}

/// A causal state and its writer.
pub(crate) struct Ours<K: Key> {
    pub(crate) state: Causal<OrSet<K>>,
    pub(crate) ctx: UpdateContext,
}

impl<K: Key> Clone for Ours<K> {
    fn clone(&self) -> Self {
        self.at(self.ctx.replica().as_u64())
    }
}

impl<K: Key> Keyed<K> for Ours<K> {
    type Change = CausalDelta<OrSet<K>>;
    type News = CausalDelta<OrSet<K>>;
    type Whole = CausalDelta<OrSet<K>>;

    fn new(writer: u64) -> Self {
        Self { state: Causal::default(), ctx: UpdateContext::of(ReplicaId::new(writer)) }
    }

    fn at(&self, writer: u64) -> Self {
        let writer = ReplicaId::new(writer);
        let before = self.state.context().max_sequence(writer);
        let ctx = UpdateContext::new(writer, before, Default::default(), Default::default());
        Self { state: self.state.clone(), ctx: ctx.expect("there are sequence numbers left") }
    }

    fn add(&mut self, key: K) -> Self::Change {
        let delta = self.state.transact(&mut self.ctx, |set| {
            set.insert(key);
            Ok(())
        });
        delta.expect("nothing aborts")
    }

    fn remove(&mut self, key: &K) -> Self::Change {
        let delta = self.state.transact(&mut self.ctx, |set| {
            set.remove(key);
            Ok(())
        });
        delta.expect("nothing aborts")
    }

    fn contains(&self, key: &K) -> bool {
        self.state.contains(key)
    }

    fn add_all(&mut self, keys: impl Iterator<Item = K>) -> Self::News {
        let delta = self.state.transact(&mut self.ctx, |set| {
            keys.for_each(|key| set.insert(key));
            Ok(())
        });
        delta.expect("nothing aborts")
    }

    fn take_in(&mut self, news: Self::News) {
        self.state.merge(news);
    }

    fn whole(&self) -> Self::Whole {
        self.state.delta(&Causal::<OrSet<K>>::default().digest()).unwrap_or_default()
    }

    fn merge(&mut self, whole: Self::Whole) {
        self.state.merge(whole);
    }
}

impl<K: Key> Ours<K> {
    /// What a replica that knows `vector` has not seen.
    pub(crate) fn news(&self, vector: &CausalContext) -> <OrSet<K> as Atoms>::Fragment {
        self.state.pick(Wanted::NotIn(vector))
    }
}

/// The peer's set and its writer. It has no deltas: its news are operations.
#[derive(Clone)]
pub(crate) struct Theirs<K: Key> {
    pub(crate) state: Orswot<K, u64>,
    writer: u64,
}

impl<K: Key> Keyed<K> for Theirs<K> {
    type Change = crdts::orswot::Op<K, u64>;
    type News = Vec<crdts::orswot::Op<K, u64>>;
    type Whole = Orswot<K, u64>;

    fn new(writer: u64) -> Self {
        Self { state: Orswot::new(), writer }
    }

    fn at(&self, writer: u64) -> Self {
        Self { state: self.state.clone(), writer }
    }

    fn add(&mut self, key: K) -> Self::Change {
        let ctx = self.state.read_ctx().derive_add_ctx(self.writer);
        let op = self.state.add(key, ctx);
        self.state.apply(op.clone());
        op
    }

    fn remove(&mut self, key: &K) -> Self::Change {
        let ctx = self.state.contains(key).derive_rm_ctx();
        let op = self.state.rm(key.clone(), ctx);
        self.state.apply(op.clone());
        op
    }

    fn contains(&self, key: &K) -> bool {
        self.state.contains(key).val
    }

    fn add_all(&mut self, keys: impl Iterator<Item = K>) -> Self::News {
        keys.map(|key| self.add(key)).collect()
    }

    fn take_in(&mut self, news: Self::News) {
        news.into_iter().for_each(|op| self.state.apply(op));
    }

    fn whole(&self) -> Self::Whole {
        self.state.clone()
    }

    fn merge(&mut self, whole: Self::Whole) {
        self.state.merge(whole);
    }
}
