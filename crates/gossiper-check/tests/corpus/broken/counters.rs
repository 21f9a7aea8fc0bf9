//! Counters that count wrong.

use std::collections::BTreeMap;

use gossiper_check::{Check, Law, Seen};
use gossiper_core::{MergeOutcome, ReplicaId, Replicated};
use gossiper_crdts::GCounter;
use serde::{Deserialize, Serialize};

use crate::corpus::entry::Broken;
use crate::corpus::or_set::{OrSet, Plain, Rules};
use crate::corpus::whole_state::Whole;
use crate::whole_state;

pub(crate) const ENTRIES: &[Broken] = &[
    Broken {
        name: "sum_counter",
        bug: "merges two counts by adding them, so a repeated delta counts twice",
        wild: "the textbook first attempt; Shapiro et al. 2011, section 3.1",
        law: Law::Idempotence,
        check: || Box::new(Check::<SumCounter, u64>::new(1..100_u64, |by, _, _| Some(*by))),
    },
    Broken {
        name: "delta_says_add",
        bug: "the state is right, but a mutator's delta says \"+3\" and not \"the count is 8\"",
        wild: "why Almeida et al. 2018, section 4, ask for deltas of the same lattice",
        law: Law::Idempotence,
        check: || {
            Box::new(Check::<SaysAdd, u64>::new(1..10_u64, |by, _, ctx| {
                Some(SaysAddDelta::Add(ctx.replica(), *by))
            }))
        },
    },
    Broken {
        name: "shared_integer",
        bug: "one integer for all, joined by maximum: concurrent increments are one",
        wild: "any counter in a last-writer-wins cell; Shapiro et al. 2011, section 3.1",
        law: Law::Model,
        check: || {
            Box::new(
                Check::<SharedInteger, u64>::new(1..10_u64, |by, total, _| {
                    Some(SharedInteger(total.0 + by))
                })
                .with_model(|total| total.0, sum),
            )
        },
    },
    Broken {
        name: "everybody_is_zero",
        bug: "counts are kept by position, and every replica calls itself position 0",
        wild: "nurl#169: ids by the order in which a node met the others",
        law: Law::Model,
        check: || {
            Box::new(
                Check::<Counts, u64>::new(1..10_u64, |by, counts, _| {
                    Some(counts.raised(ReplicaId::new(0), *by))
                })
                .with_model(Counts::total, sum),
            )
        },
    },
    Broken {
        name: "identity_from_backup",
        bug: "the writer's id is part of the state, so a restored backup writes under an id \
              that has moved on, and its increments vanish",
        wild: "chitchat#94, chitchat#161, phoenix_pubsub#55, y-crdt#361, memberlist#157",
        law: Law::Model,
        check: || {
            Box::new(
                Check::<Remembers, u64>::in_place(1..10_u64, |by, state, ctx| {
                    let me = *state.me.get_or_insert(ctx.replica());
                    let raised = state.counts.raised(me, *by);
                    state.counts.join(raised.clone());
                    Some(raised)
                })
                .with_model(|state| state.counts.total(), sum),
            )
        },
    },
    Broken {
        name: "wrapping_counter",
        bug: "a writer's count is 8 bits wide and wraps: after 255 it is smaller than before",
        wild: "no thread; every fixed-width counter",
        law: Law::Inflation,
        check: || {
            Box::new(Check::<Narrow, u8>::in_place(60..=200_u8, |by, state, ctx| {
                let own = state.0.entry(ctx.replica()).or_default();
                *own = own.wrapping_add(*by);
                Some(Narrow(BTreeMap::from([(ctx.replica(), *own)])))
            }))
        },
    },
    Broken {
        name: "saturating_counter",
        bug: "a writer's count stops at 255 without an error: further increments are lost",
        wild: "no thread; the usual repair of the counter that wraps",
        law: Law::Model,
        check: || {
            Box::new(
                Check::<Narrow, u8>::new(60..=200_u8, |by, state, ctx| {
                    let own = state.0.get(&ctx.replica()).copied().unwrap_or(0);
                    Some(Narrow(BTreeMap::from([(ctx.replica(), own.saturating_add(*by))])))
                })
                .with_model(
                    |state| state.0.values().map(|count| u64::from(*count)).sum::<u64>(),
                    |seen| seen.iter().map(|op| u64::from(*op.op())).sum(),
                ),
            )
        },
    },
    Broken {
        name: "total_overflows",
        bug: "the total is as narrow as one count, so hostile counts overflow it when it is read",
        wild: "y-crdt#77: arithmetic on clocks overflows in a merge",
        law: Law::HostileBytes,
        check: || {
            Box::new(
                Check::<Narrow, u8>::new(1..3_u8, |by, state, ctx| {
                    let own = state.0.get(&ctx.replica()).copied().unwrap_or(0);
                    Some(Narrow(BTreeMap::from([(ctx.replica(), own + by)])))
                })
                .with_view(|state| state.0.values().sum::<u8>())
                .with_wire(),
            )
        },
    },
    Broken {
        name: "counter_in_a_map",
        bug: "removing the key hides the counter, and the next increment brings back the old total",
        wild: "riak_dt#98, riak_dt#93, rust-crdt#124",
        law: Law::Model,
        check: || {
            Box::new(
                Check::<(GCounter, OrSet), MapOp>::new(
                    proptest::sample::select(vec![MapOp::Increment, MapOp::RemoveKey]),
                    |op: &MapOp, (counter, key): &(GCounter, OrSet), ctx| match op {
                        MapOp::Increment => {
                            let raised = counter.increment(ctx.replica(), 1).ok();
                            Some((raised, Some(Plain::add(key, ctx.next_dot(), 0))))
                        }
                        MapOp::RemoveKey => Some((None, Some(Plain::remove(key, 0)))),
                    },
                )
                .with_model(
                    |(counter, key)| if key.contains(0) { counter.value() } else { 0 },
                    |seen| {
                        let increments = seen.iter().filter(|op| *op.op() == MapOp::Increment);
                        let live = increments.filter(|op| {
                            !seen.after(*op).any(|later| *later.op() == MapOp::RemoveKey)
                        });
                        live.count() as u128
                    },
                ),
            )
        },
    },
    Broken {
        name: "stock_sold_twice",
        bug: "a bounded counter that checks the bound on what one replica knows",
        wild: "overselling; Balegas et al., SRDS 2015 (the bounded counter that escrows rights)",
        law: Law::Invariant,
        check: || {
            Box::new(
                Check::<Counts, u64>::new(1..6_u64, |by, sold, ctx| {
                    (sold.total() + by <= STOCK).then(|| sold.raised(ctx.replica(), *by))
                })
                .with_invariant(|sold| {
                    let total = sold.total();
                    (total <= STOCK).then_some(()).ok_or(format!("{total} of {STOCK} are sold"))
                }),
            )
        },
    },
    Broken {
        name: "delta_forgets_a_field",
        bug: "the delta of a decrement carries the increments only",
        wild: "akka-core#22648: merging deltas and merging states gave different results",
        law: Law::DeltaIsMutation,
        check: || {
            Box::new(Check::<UpDown, i8>::in_place(-5..5_i8, |by, state, ctx| {
                state.count(ctx.replica(), *by);
                Some(UpDown { up: state.up.clone(), down: Counts::default() })
            }))
        },
    },
    Broken {
        name: "digest_is_the_value",
        bug: "the digest is the total: increments and decrements cancel out in it",
        wild: "no thread names it; corrosion#366 and horde#247 show the symptom, divergence that nobody \
               can explain",
        law: Law::DigestCompleteness,
        check: || {
            Box::new(Check::<DigestIsValue, i8>::new(-3..4_i8, |by, state, ctx| {
                if *by == 0 {
                    return None;
                }
                let mut counted = state.0.clone();
                counted.count(ctx.replica(), *by);
                Some(DigestIsValue(counted))
            }))
        },
    },
    Broken {
        name: "always_changed",
        bug: "merge always says Changed, so every rumor is news for ever",
        wild: "endless gossip: Demers et al. 1987, section 1.4 need the feedback",
        law: Law::MergeOutcome,
        check: || Box::new(Check::<AlwaysChanged, u64>::new(1..9_u64, |n, _, _| Some(*n))),
    },
    Broken {
        name: "always_unchanged",
        bug: "merge always says Unchanged, so no rumor is ever passed on",
        wild: "no thread; comparing with the state after the merge, not before it",
        law: Law::MergeOutcome,
        check: || Box::new(Check::<AlwaysUnchanged, u64>::new(1..9_u64, |n, _, _| Some(*n))),
    },
    Broken {
        name: "average",
        bug: "merges two readings by their mean, which depends on who met whom first",
        wild: "aggregation by gossip done as a merge; Kempe et al., FOCS 2003 conserve mass",
        law: Law::Associativity,
        check: || Box::new(Check::<Average, u64>::new(0..100_u64, |n, _, _| Some(Average(*n)))),
    },
];

const STOCK: u64 = 8;

fn sum(seen: &Seen<'_, u64>) -> u64 {
    seen.iter().map(|op| op.op()).sum()
}

/// The textbook first attempt: both counts are added.
#[derive(Clone, Debug, Default, PartialEq)]
struct SumCounter(u64);

impl Replicated for SumCounter {
    type Digest = u64;
    type Delta = u64;

    fn digest(&self) -> u64 {
        self.0
    }
    fn delta(&self, remote: &u64) -> Option<u64> {
        self.0.checked_sub(*remote).filter(|more| *more > 0)
    }
    fn merge(&mut self, delta: u64) -> MergeOutcome {
        self.0 = self.0.saturating_add(delta);
        MergeOutcome::changed_if(delta > 0)
    }
}

/// A count for each writer, right in itself: what the others here are made of.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Counts(BTreeMap<ReplicaId, u64>);

impl Counts {
    fn raised(&self, writer: ReplicaId, by: u64) -> Self {
        let own = self.0.get(&writer).copied().unwrap_or(0);
        Self(BTreeMap::from([(writer, own + by)]))
    }

    fn total(&self) -> u64 {
        self.0.values().sum()
    }
}

impl Whole for Counts {
    fn join(&mut self, other: Self) {
        for (writer, count) in other.0 {
            let own = self.0.entry(writer).or_default();
            *own = count.max(*own);
        }
    }
}
whole_state!(Counts);

/// Deltas of mutators are commands, those of exchanges are counts.
#[derive(Clone, Debug, Default, PartialEq)]
struct SaysAdd(Counts);

#[derive(Clone, Debug)]
enum SaysAddDelta {
    Add(ReplicaId, u64),
    Counts(Counts),
}

impl Replicated for SaysAdd {
    type Digest = Counts;
    type Delta = SaysAddDelta;

    fn digest(&self) -> Counts {
        self.0.clone()
    }
    fn delta(&self, remote: &Counts) -> Option<SaysAddDelta> {
        self.0.delta(remote).map(SaysAddDelta::Counts)
    }
    fn merge(&mut self, delta: SaysAddDelta) -> MergeOutcome {
        match delta {
            SaysAddDelta::Add(writer, by) => self.0.join_told(self.0.raised(writer, by)),
            SaysAddDelta::Counts(counts) => self.0.join_told(counts),
        }
    }
}

/// One integer for all writers.
#[derive(Clone, Debug, Default, PartialEq)]
struct SharedInteger(u64);

impl Whole for SharedInteger {
    fn join(&mut self, other: Self) {
        self.0 = self.0.max(other.0);
    }
}
whole_state!(SharedInteger);

/// Remembers under which id it writes, across backups.
#[derive(Clone, Debug, Default)]
struct Remembers {
    counts: Counts,
    me: Option<ReplicaId>,
}

impl PartialEq for Remembers {
    fn eq(&self, other: &Self) -> bool {
        self.counts == other.counts
    }
}

impl Replicated for Remembers {
    type Digest = Counts;
    type Delta = Counts;

    fn digest(&self) -> Counts {
        self.counts.clone()
    }
    fn delta(&self, remote: &Counts) -> Option<Counts> {
        self.counts.delta(remote)
    }
    fn merge(&mut self, delta: Counts) -> MergeOutcome {
        self.counts.merge(delta)
    }
}

/// Counts of 8 bits.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Narrow(BTreeMap<ReplicaId, u8>);

impl Whole for Narrow {
    fn join(&mut self, other: Self) {
        for (writer, count) in other.0 {
            let own = self.0.entry(writer).or_default();
            *own = count.max(*own);
        }
    }
}
whole_state!(Narrow);

#[derive(Clone, Copy, Debug, PartialEq)]
enum MapOp {
    Increment,
    RemoveKey,
}

/// Increments and decrements.
#[derive(Clone, Debug, Default, PartialEq)]
struct UpDown {
    up: Counts,
    down: Counts,
}

impl UpDown {
    fn count(&mut self, writer: ReplicaId, by: i8) {
        let side = if by < 0 { &mut self.down } else { &mut self.up };
        let raised = side.raised(writer, u64::from(by.unsigned_abs()));
        side.join(raised);
    }
}

impl Whole for UpDown {
    fn join(&mut self, other: Self) {
        self.up.join(other.up);
        self.down.join(other.down);
    }
}
whole_state!(UpDown);

/// Compares totals to find out what a peer lacks.
#[derive(Clone, Debug, Default, PartialEq)]
struct DigestIsValue(UpDown);

impl DigestIsValue {
    fn value(&self) -> i64 {
        self.0.up.total().cast_signed() - self.0.down.total().cast_signed()
    }
}

impl Replicated for DigestIsValue {
    type Digest = i64;
    type Delta = Self;

    fn digest(&self) -> i64 {
        self.value()
    }
    fn delta(&self, remote: &i64) -> Option<Self> {
        (self.value() != *remote).then(|| self.clone())
    }
    fn merge(&mut self, delta: Self) -> MergeOutcome {
        self.0.join_told(delta.0)
    }
}

/// A largest number whose merge says what it likes.
#[derive(Clone, Debug, Default, PartialEq)]
struct Largest<const SAYS_CHANGED: bool>(u64);

type AlwaysChanged = Largest<true>;
type AlwaysUnchanged = Largest<false>;

impl<const SAYS_CHANGED: bool> Replicated for Largest<SAYS_CHANGED> {
    type Digest = u64;
    type Delta = u64;

    fn digest(&self) -> u64 {
        self.0
    }
    fn delta(&self, remote: &u64) -> Option<u64> {
        (self.0 > *remote).then_some(self.0)
    }
    fn merge(&mut self, delta: u64) -> MergeOutcome {
        self.0 = self.0.max(delta);
        MergeOutcome::changed_if(SAYS_CHANGED)
    }
}

/// A reading, averaged.
#[derive(Clone, Debug, Default, PartialEq)]
struct Average(u64);

impl Whole for Average {
    fn join(&mut self, other: Self) {
        self.0 = u64::midpoint(self.0, other.0);
    }
}
whole_state!(Average);
