//! Sets and maps that are right.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Debug};

use gossiper_check::{Check, Seen};
use gossiper_core::causal::Abort;
use gossiper_core::lattice::{Delta, IdSetDigest};
use gossiper_core::{Dot, MergeOutcome, Replicated};
use gossiper_crdts::{GCounter, GSet, VersionedKv};
use proptest::prelude::*;
use serde::{Deserialize, Serialize};

use crate::corpus::entry::Correct;
use crate::corpus::or_set::{
    Add, OrSet, Plain, Remove, Rules, SetOp, add_wins, check, remove_wins, set_ops,
};
use crate::corpus::whole_state::Whole;
use crate::whole_state;

pub(crate) const ENTRIES: &[Correct] = &[
    Correct {
        name: "or_set",
        unusual: "written by hand, with gaps in its context; the yardstick for speed",
        check: || Box::new(check::<Plain>().with_model(OrSet::elements, add_wins)),
    },
    Correct {
        name: "remove_wins_set",
        unusual: "a tuple of a grow-only set and an observed-remove set of *removals*",
        check: || {
            Box::new(
                Check::<(GSet<u8>, OrSet), SetOp>::new(
                    set_ops(),
                    |op: &SetOp, (_, removals): &(GSet<u8>, OrSet), ctx| match op {
                        Add(e) => Some((
                            Some(Delta::new(GSet::from_iter([*e]))),
                            Some(Plain::remove(removals, *e)),
                        )),
                        Remove(e) => Some((None, Some(Plain::add(removals, ctx.next_dot(), *e)))),
                    },
                )
                .with_model(
                    |(added, removals)| {
                        let live = added.iter().filter(|e| !removals.contains(**e));
                        live.copied().collect::<BTreeSet<u8>>()
                    },
                    remove_wins,
                )
                .with_wire(),
            )
        },
    },
    Correct {
        name: "register_that_shrinks",
        unusual: "a multi-value register: a write replaces all values that it has seen",
        check: || {
            Box::new(
                Check::<OrSet<Register>, u8>::new(0..9_u8, |value, set, ctx| {
                    Some(Register::add(set, ctx.next_dot(), *value))
                })
                .with_wire()
                .with_model(OrSet::elements, |seen| {
                    let last = seen.iter().filter(|op| seen.after(*op).next().is_none());
                    last.map(|op| *op.op()).collect::<BTreeSet<u8>>()
                }),
            )
        },
    },
    Correct {
        name: "no_digest",
        unusual: "the digest is empty, so an answer is everything: coarse, and declared so",
        check: || {
            Box::new(
                Check::<NoDigest, u8>::new(0..9_u8, |e, _, _| Some(BTreeSet::from([*e])))
                    .with_coarse_digest()
                    .with_wire(),
            )
        },
    },
    Correct {
        name: "contiguous_digest",
        unusual: "the digest says how far the set has no gap, and nothing of what lies above",
        check: || {
            Box::new(
                Check::<Contiguous, u8>::new(0..6_u8, |e, _, _| Some(BTreeSet::from([*e])))
                    .with_coarse_digest()
                    .with_wire(),
            )
        },
    },
    Correct {
        name: "delta_larger_than_needed",
        unusual: "the digest is exact, but who lacks one element is sent all of them",
        check: || {
            Box::new(
                Check::<Generous, u8>::new(0..9_u8, |e, _, _| Some(BTreeSet::from([*e])))
                    .with_coarse_digest()
                    .with_wire(),
            )
        },
    },
    Correct {
        name: "lazily_compacted",
        unusual: "what came lately lies unsorted beside the rest; equality, bytes and Debug are \
                  those of the content",
        check: || {
            Box::new(
                Check::<Lazy, u8>::new(0..9_u8, |e, _, _| Some(Lazy::from(BTreeSet::from([*e]))))
                    .with_wire(),
            )
        },
    },
    Correct {
        name: "run_lengths",
        unusual: "a set of numbers kept as runs; decoding refuses runs that touch or overlap",
        check: || {
            Box::new(
                Check::<Runs, u8>::new(0..12_u8, |e, _, _| {
                    Some(Runs::from_elements(&BTreeSet::from([*e])))
                })
                .with_wire()
                .with_model(Runs::elements, |seen| seen.iter().map(|op| *op.op()).collect()),
            )
        },
    },
    Correct {
        name: "huge_values",
        unusual: "elements of 2 KB each",
        check: || {
            Box::new(
                Check::<GSet<Blob>, u8>::new(0..3_u8, |byte, set, _| {
                    Some(set.insert(Blob(vec![*byte; 2048])))
                })
                .with_wire(),
            )
        },
    },
    Correct {
        name: "top_3",
        unusual: "forgets what is not among the three best, which is no loss without removals",
        check: || {
            Box::new(
                Check::<TopThree, u8>::new(0..20_u8, |score, _, _| {
                    Some(TopThree(BTreeSet::from([*score])))
                })
                .with_wire()
                .with_model(
                    |top| top.0.clone(),
                    |seen| {
                        let all: BTreeSet<u8> = seen.iter().map(|op| *op.op()).collect();
                        all.into_iter().rev().take(3).collect()
                    },
                ),
            )
        },
    },
    Correct {
        name: "counter_beside_set",
        unusual: "a tuple of lattices is one",
        check: || {
            Box::new(
                Check::<(GCounter, GSet<u8>), u8>::new(
                    0..9_u8,
                    |e, (counter, set): &(GCounter, GSet<u8>), ctx| {
                        let raised = counter.increment(ctx.replica(), 1).ok()?;
                        Some((Some(raised), Some(set.insert(*e))))
                    },
                )
                .with_wire()
                .with_model(
                    |(counter, set)| (counter.value(), set.len()),
                    |seen| {
                        let all: BTreeSet<u8> = seen.iter().map(|op| *op.op()).collect();
                        (seen.iter().count() as u128, all.len())
                    },
                ),
            )
        },
    },
    Correct {
        name: "shipped_g_counter",
        unusual: "shipped",
        check: || {
            Box::new(
                Check::<GCounter, u32>::new(0..9_u32, |by, counter, ctx| {
                    counter.increment(ctx.replica(), u64::from(*by)).ok()
                })
                .with_wire()
                .with_model(GCounter::value, |seen| {
                    seen.iter().map(|op| u128::from(*op.op())).sum()
                }),
            )
        },
    },
    Correct {
        name: "shipped_g_set",
        unusual: "shipped",
        check: || {
            Box::new(
                Check::<GSet<u8>, u8>::new(0..9_u8, |e, set, _| Some(set.insert(*e)))
                    .with_wire()
                    .with_model(
                        |set| set.iter().copied().collect::<BTreeSet<u8>>(),
                        |seen| seen.iter().map(|op| *op.op()).collect(),
                    ),
            )
        },
    },
    Correct {
        name: "shipped_versioned_kv",
        unusual: "shipped; put-wins with hidden concurrent puts",
        check: || {
            Box::new(
                Check::<VersionedKv<u8, u8>, KvOp>::new(
                    prop_oneof![
                        (0..2_u8, 0..9_u8).prop_map(|(key, value)| KvOp::Put(key, value)),
                        (0..2_u8).prop_map(KvOp::Delete)
                    ],
                    |op: &KvOp, map, ctx| {
                        let recorded = map.record(ctx, |map| match op {
                            KvOp::Put(key, value) => {
                                map.put(*key, *value);
                                Ok(())
                            }
                            KvOp::Delete(key) if map.delete(key) => Ok(()),
                            KvOp::Delete(_) => Err(Abort::because("no such key")),
                        });
                        recorded.ok()
                    },
                )
                .with_wire()
                .with_model(
                    |map| {
                        let read = |key| map.entry(key).map(|read| (*key, read.version));
                        [0, 1].iter().filter_map(read).collect::<BTreeMap<u8, u64>>()
                    },
                    versions,
                ),
            )
        },
    },
];

/// Many bytes, which are encoded at once and shown as runs: byte by byte, a debug
/// build spends its time on nothing else.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Blob(Vec<u8>);

impl Debug for Blob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let runs = self.0.chunk_by(|a, b| a == b).map(|run| (run[0], run.len()));
        f.debug_map().entries(runs).finish()
    }
}

impl Serialize for Blob {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.0)
    }
}

impl<'de> Deserialize<'de> for Blob {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Bytes;
        impl serde::de::Visitor<'_> for Bytes {
            type Value = Blob;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("bytes")
            }
            fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Blob, E> {
                Ok(Blob(bytes.to_vec()))
            }
        }
        deserializer.deserialize_bytes(Bytes)
    }
}

/// Every write replaces what it has seen, and concurrent ones stand together.
#[derive(Clone, Debug, PartialEq)]
struct Register;

impl Rules for Register {
    fn add(set: &OrSet<Self>, dot: Dot, value: u8) -> OrSet<Self> {
        let seen = set.entries.keys().copied().chain([dot]).collect();
        OrSet::fragment(BTreeMap::from([(dot, value)]), seen)
    }
}

/// A grow-only set whose peers are told nothing of it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct NoDigest(BTreeSet<u8>);

impl Replicated for NoDigest {
    type Digest = ();
    type Delta = BTreeSet<u8>;

    fn digest(&self) {}
    fn delta(&self, (): &()) -> Option<BTreeSet<u8>> {
        (!self.0.is_empty()).then(|| self.0.clone())
    }
    fn merge(&mut self, delta: BTreeSet<u8>) -> MergeOutcome {
        insert_all(&mut self.0, delta)
    }
}

/// The digest is the smallest number that is missing.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Contiguous(BTreeSet<u8>);

impl Replicated for Contiguous {
    type Digest = u8;
    type Delta = BTreeSet<u8>;

    fn digest(&self) -> u8 {
        (0..u8::MAX).find(|element| !self.0.contains(element)).unwrap_or(u8::MAX)
    }
    fn delta(&self, remote: &u8) -> Option<BTreeSet<u8>> {
        let above: BTreeSet<u8> = self.0.range(*remote..).copied().collect();
        (!above.is_empty()).then_some(above)
    }
    fn merge(&mut self, delta: BTreeSet<u8>) -> MergeOutcome {
        insert_all(&mut self.0, delta)
    }
}

/// Sends everything or nothing.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Generous(BTreeSet<u8>);

impl Replicated for Generous {
    type Digest = IdSetDigest<u8>;
    type Delta = BTreeSet<u8>;

    fn digest(&self) -> IdSetDigest<u8> {
        self.0.iter().copied().collect()
    }
    fn delta(&self, remote: &IdSetDigest<u8>) -> Option<BTreeSet<u8>> {
        self.0.iter().any(|element| !remote.contains(element)).then(|| self.0.clone())
    }
    fn merge(&mut self, delta: BTreeSet<u8>) -> MergeOutcome {
        insert_all(&mut self.0, delta)
    }
    fn decompose(delta: BTreeSet<u8>) -> Vec<BTreeSet<u8>> {
        delta.into_iter().map(|element| BTreeSet::from([element])).collect()
    }
}

fn insert_all(set: &mut BTreeSet<u8>, news: BTreeSet<u8>) -> MergeOutcome {
    let before = set.len();
    set.extend(news);
    MergeOutcome::changed_if(set.len() != before)
}

/// A grow-only set that sorts only every fourth time.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(from = "BTreeSet<u8>", into = "BTreeSet<u8>")]
struct Lazy {
    settled: BTreeSet<u8>,
    lately: Vec<u8>,
}

impl From<BTreeSet<u8>> for Lazy {
    fn from(settled: BTreeSet<u8>) -> Self {
        Self { settled, lately: Vec::new() }
    }
}

impl From<Lazy> for BTreeSet<u8> {
    fn from(lazy: Lazy) -> Self {
        lazy.settled.into_iter().chain(lazy.lately).collect()
    }
}

impl std::fmt::Debug for Lazy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        BTreeSet::from(self.clone()).fmt(f)
    }
}

impl PartialEq for Lazy {
    fn eq(&self, other: &Self) -> bool {
        BTreeSet::from(self.clone()) == BTreeSet::from(other.clone())
    }
}

impl Whole for Lazy {
    fn join(&mut self, other: Self) {
        self.lately.extend(BTreeSet::from(other));
        if self.lately.len() > 3 {
            self.settled.extend(self.lately.drain(..));
        }
    }
}
whole_state!(Lazy);

/// First and last of each run, in order, with a gap between two runs.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Vec<(u8, u8)>")]
struct Runs(Vec<(u8, u8)>);

impl TryFrom<Vec<(u8, u8)>> for Runs {
    type Error = &'static str;

    fn try_from(runs: Vec<(u8, u8)>) -> Result<Self, Self::Error> {
        let ordered = runs.iter().all(|(first, last)| first <= last);
        let apart = runs.windows(2).all(|pair| u16::from(pair[0].1) + 1 < u16::from(pair[1].0));
        (ordered && apart).then_some(Self(runs)).ok_or("runs touch, overlap or are out of order")
    }
}

impl Runs {
    fn elements(&self) -> BTreeSet<u8> {
        self.0.iter().flat_map(|(first, last)| *first..=*last).collect()
    }

    fn from_elements(elements: &BTreeSet<u8>) -> Self {
        let mut runs: Vec<(u8, u8)> = Vec::new();
        for element in elements {
            match runs.last_mut() {
                Some((_, last)) if last.checked_add(1) == Some(*element) => *last = *element,
                _ => runs.push((*element, *element)),
            }
        }
        Self(runs)
    }
}

impl Whole for Runs {
    fn join(&mut self, other: Self) {
        let mut elements = self.elements();
        elements.extend(other.elements());
        *self = Self::from_elements(&elements);
    }
}
whole_state!(Runs);

/// The three best scores.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct TopThree(BTreeSet<u8>);

impl Whole for TopThree {
    fn join(&mut self, other: Self) {
        self.0.extend(other.0);
        while self.0.len() > 3 {
            self.0.pop_first();
        }
    }
}
whole_state!(TopThree);

#[derive(Clone, Debug)]
enum KvOp {
    Put(u8, u8),
    Delete(u8),
}

impl KvOp {
    fn key(&self) -> u8 {
        let (Self::Put(key, _) | Self::Delete(key)) = self;
        *key
    }
}

/// The highest version of the live puts of each key, each 1 above the highest
/// that it replaced. Which value is read follows from it up to ties.
fn versions(seen: &Seen<'_, KvOp>) -> BTreeMap<u8, u64> {
    let mut puts = Vec::new();
    for op in seen.iter() {
        if let KvOp::Put(key, _) = op.op() {
            let replaced =
                |put| seen.after(put).any(|later| later.op().key() == *key && later.is_before(op));
            let before = puts
                .iter()
                .filter(|(put, own, _)| own == key && is_before(*put, op) && !replaced(*put));
            let version = before.map(|(_, _, version)| *version).max().unwrap_or(0) + 1;
            puts.push((op, *key, version));
        }
    }
    let mut live = BTreeMap::new();
    for (put, key, version) in puts {
        if !seen.after(put).any(|later| later.op().key() == key) {
            let highest: &mut u64 = live.entry(key).or_default();
            *highest = version.max(*highest);
        }
    }
    live
}

fn is_before<O>(
    earlier: gossiper_check::SeenOp<'_, O>,
    later: gossiper_check::SeenOp<'_, O>,
) -> bool {
    earlier.is_before(later)
}
