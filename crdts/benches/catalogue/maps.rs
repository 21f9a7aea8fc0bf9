//! Maps beside the map of the peer, each with a register at every key.

use crdts::{CmRDT, CvRDT, MVReg, Map};
use gossiper_core::causal::{Causal, CausalDelta, Store};
use gossiper_core::{ReplicaId, Replicated, UpdateContext};
use gossiper_crdts::{MvRegister, OrMap, VersionedKv};

use crate::subjects::{Key, Keyed};
use crate::table::{Effort, Row, median, median_step, ns_each};

/// What is written at every key.
const VALUE: u64 = 7;

/// A map of ours: how it is changed and read.
pub(crate) trait OurMap<K>: Store + Clone {
    fn put(recorder: &mut Self::Recorder<'_>, key: K);
    fn take(recorder: &mut Self::Recorder<'_>, key: &K);
    fn has(&self, key: &K) -> bool;
    /// Reads all keys in order, and counts them.
    fn read(&self) -> usize;
}

/// What the order of keys costs, in nanoseconds: making it, by the first read in
/// it, and keeping it, which adding a key does from there on.
pub(crate) fn order<K: Key, M: OurMap<K>>(effort: Effort) -> Vec<Row> {
    let mut rows = Vec::new();
    for n in effort.sizes.iter().copied() {
        let state = OursMap::<M>::filled(n);
        let first = median(effort.runs, || state.clone(), |state| state.state.read());
        state.state.read();
        let again = median(effort.runs, || (), |()| state.state.read());
        let steps = (n / 4).min(20_000);
        let add = median_step(
            effort.runs,
            steps,
            || state.clone(),
            |state, step| drop(state.add(K::of(n + step))),
        );
        let row = |what: &str, ours| {
            let what = format!("{what}, {n}");
            Row { what, ours: Some(ours), theirs: None, target: None }
        };
        rows.push(row("first read in order, a key", ns_each(first, n)));
        rows.push(row("further reads, a key", ns_each(again, n)));
        rows.push(row("add, once read in order", add));
    }
    rows
}

impl<K: Key> OurMap<K> for OrMap<K, MvRegister<u64>> {
    fn put(recorder: &mut Self::Recorder<'_>, key: K) {
        recorder.entry(key).write(VALUE);
    }
    fn take(recorder: &mut Self::Recorder<'_>, key: &K) {
        recorder.remove(key);
    }
    fn has(&self, key: &K) -> bool {
        self.contains_key(key)
    }
    fn read(&self) -> usize {
        self.iter().count()
    }
}

impl<K: Key> OurMap<K> for VersionedKv<K, u64> {
    fn put(recorder: &mut Self::Recorder<'_>, key: K) {
        recorder.put(key, VALUE);
    }
    fn take(recorder: &mut Self::Recorder<'_>, key: &K) {
        recorder.delete(key);
    }
    fn has(&self, key: &K) -> bool {
        self.contains_key(key)
    }
    fn read(&self) -> usize {
        self.iter().count()
    }
}

/// A map of ours and its writer.
pub(crate) struct OursMap<M> {
    pub(crate) state: Causal<M>,
    ctx: UpdateContext,
}

impl<M: Store + Clone> OursMap<M> {
    fn change(&mut self, change: impl FnOnce(&mut M::Recorder<'_>)) -> CausalDelta<M> {
        let delta = self.state.transact(&mut self.ctx, |map| {
            change(map);
            Ok(())
        });
        delta.expect("nothing aborts")
    }
}

impl<M: Store + Clone> Clone for OursMap<M> {
    fn clone(&self) -> Self {
        let writer = self.ctx.replica();
        let before = self.state.context().max_sequence(writer);
        let ctx = UpdateContext::new(writer, before, Default::default(), Default::default());
        Self { state: self.state.clone(), ctx: ctx.expect("there are sequence numbers left") }
    }
}

impl<K: Key, M: OurMap<K>> Keyed<K> for OursMap<M> {
    type Change = CausalDelta<M>;
    type News = CausalDelta<M>;
    type Whole = CausalDelta<M>;

    fn new(writer: u64) -> Self {
        Self { state: Causal::default(), ctx: UpdateContext::of(ReplicaId::new(writer)) }
    }
    fn at(&self, writer: u64) -> Self {
        Self { state: self.state.clone(), ctx: UpdateContext::of(ReplicaId::new(writer)) }
    }
    fn add(&mut self, key: K) -> Self::Change {
        self.change(|map| M::put(map, key))
    }
    fn remove(&mut self, key: &K) -> Self::Change {
        self.change(|map| M::take(map, key))
    }
    fn contains(&self, key: &K) -> bool {
        self.state.has(key)
    }
    fn add_all(&mut self, keys: impl Iterator<Item = K>) -> Self::News {
        self.change(|map| keys.for_each(|key| M::put(map, key)))
    }
    fn take_in(&mut self, news: Self::News) {
        self.state.merge(news);
    }
    fn whole(&self) -> Self::Whole {
        let nothing = Causal::<M>::default();
        self.state.delta(&Replicated::digest(&nothing)).unwrap_or_default()
    }
    fn merge(&mut self, whole: Self::Whole) {
        self.state.merge(whole);
    }
}

/// The map of the peer and its writer.
#[derive(Clone)]
pub(crate) struct TheirsMap<K: Key> {
    pub(crate) state: Map<K, MVReg<u64, u64>, u64>,
    writer: u64,
}

impl<K: Key> Keyed<K> for TheirsMap<K> {
    type Change = crdts::map::Op<K, MVReg<u64, u64>, u64>;
    type News = Vec<crdts::map::Op<K, MVReg<u64, u64>, u64>>;
    type Whole = Map<K, MVReg<u64, u64>, u64>;

    fn new(writer: u64) -> Self {
        Self { state: Map::new(), writer }
    }
    fn at(&self, writer: u64) -> Self {
        Self { state: self.state.clone(), writer }
    }
    fn add(&mut self, key: K) -> Self::Change {
        let ctx = self.state.read_ctx().derive_add_ctx(self.writer);
        let op = self.state.update(key, ctx, |register, ctx| register.write(VALUE, ctx));
        self.state.apply(op.clone());
        op
    }
    fn remove(&mut self, key: &K) -> Self::Change {
        let ctx = self.state.get(key).derive_rm_ctx();
        let op = self.state.rm(key.clone(), ctx);
        self.state.apply(op.clone());
        op
    }
    fn contains(&self, key: &K) -> bool {
        self.state.get(key).val.is_some()
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
