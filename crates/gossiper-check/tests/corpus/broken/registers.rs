//! Registers and clocks on which replicas do not agree.

use std::collections::{BTreeMap, BTreeSet};

use gossiper_check::{Check, Law};
use gossiper_core::{Dot, MergeOutcome, ReplicaId, Replicated, Timestamp};
use proptest::sample::select;
use serde::{Deserialize, Serialize};

use crate::corpus::entry::Broken;
use crate::corpus::or_set::{OrSet, Rules};
use crate::corpus::whole_state::Whole;
use crate::whole_state;

pub(crate) const ENTRIES: &[Broken] = &[
    Broken {
        name: "no_tie_break",
        bug: "of two writes with equal timestamps the one that comes last wins",
        wild: "delta-enabled-crdts#7",
        law: Law::Commutativity,
        check: || {
            Box::new(Check::<NoTieBreak, (u8, u8)>::new((0..3_u8, 0..9_u8), |(at, value), _, _| {
                Some(NoTieBreak { at: *at, value: *value })
            }))
        },
    },
    Broken {
        name: "tie_keeps_own",
        bug: "equal timestamps count as known: each side keeps its own value, and the digest, \
              which is the timestamp, hides it",
        wild: "smg#1592: an acknowledgement by timestamp hid the winner of a tie",
        law: Law::Convergence,
        check: || {
            Box::new(Check::<TieKeepsOwn, (u8, u8)>::new(
                (0..3_u8, 0..9_u8),
                |(at, value), _, _| Some(TieKeepsOwn { at: *at, value: *value }),
            ))
        },
    },
    Broken {
        name: "merge_overwrites",
        bug: "merge takes the other side's value, whatever it knew itself",
        wild: "no thread; replication by copying",
        law: Law::Inflation,
        check: || Box::new(Check::<Overwrites, u8>::new(1..9_u8, |n, _, _| Some(Overwrites(*n)))),
    },
    Broken {
        name: "longest_wins",
        bug: "the longer log replaces the shorter one: an order, so the algebra holds, but what \
              only the shorter one had is gone",
        wild: "\"longest chain wins\" without consensus",
        law: Law::Model,
        check: || {
            Box::new(
                Check::<Longest, u8>::new(0..9_u8, |entry, log, _| {
                    Some(Longest(log.0.iter().copied().chain([*entry]).collect()))
                })
                .with_model(
                    |log| log.0.iter().copied().collect::<BTreeSet<u8>>(),
                    |seen| seen.iter().map(|op| *op.op()).collect(),
                ),
            )
        },
    },
    Broken {
        name: "superseded_values_stay",
        bug: "a write to a multi-value register does not name the values that it has seen, so \
              they stay beside it",
        wild: "sibling explosion in riak; rust-crdt#10",
        law: Law::Model,
        check: || {
            Box::new(
                Check::<OrSet<Siblings>, u8>::new(0..9_u8, |value, set, ctx| {
                    Some(Siblings::add(set, ctx.next_dot(), *value))
                })
                .with_model(OrSet::elements, |seen| {
                    let last = seen.iter().filter(|op| seen.after(*op).next().is_none());
                    last.map(|op| *op.op()).collect::<BTreeSet<u8>>()
                }),
            )
        },
    },
    Broken {
        name: "nan_is_not_ordered",
        bug: "the largest of some floats, NaN among them: every comparison with it is false",
        wild: "IEEE 754; why Rust's f64 has no Ord",
        law: Law::Commutativity,
        check: || {
            Box::new(Check::<LargestFloat, f64>::new(
                select(vec![1.0, 2.0, f64::NAN]),
                |reading, _, _| Some(LargestFloat(*reading)),
            ))
        },
    },
    Broken {
        name: "two_zeros",
        bug: "0.0 and -0.0 compare equal and have different bytes",
        wild: "IEEE 754; replicas that compare hashes never agree",
        law: Law::CanonicalEncoding,
        check: || {
            Box::new(
                Check::<LargestFloat, f64>::new(select(vec![0.0, -0.0]), |reading, _, _| {
                    Some(LargestFloat(*reading))
                })
                .with_wire(),
            )
        },
    },
    Broken {
        name: "version_vector_overwritten",
        bug: "merge copies the other side's entries: an old message sets a version back",
        wild: "no thread; version vectors are joined by maximum since Parker et al. 1983",
        law: Law::NoResurrection,
        check: || {
            Box::new(Check::<Versions, ()>::new(proptest::strategy::Just(()), |(), own, ctx| {
                let next = own.0.get(&ctx.replica()).copied().unwrap_or(0) + 1;
                Some(Versions(BTreeMap::from([(ctx.replica(), next)])))
            }))
        },
    },
    Broken {
        name: "clock_behind",
        bug: "a write is stamped by the local clock alone: over a value from a faster clock it \
              shows here and is then lost",
        wild: "iroh-docs#120: a bound on the future has no safe value",
        law: Law::DeltaIsMutation,
        check: || {
            Box::new(Check::<Stamped, u8>::in_place(0..9_u8, |value, state, ctx| {
                *state = Stamped(Some((ctx.timestamp(), *value)));
                Some(state.clone())
            }))
        },
    },
];

#[derive(Clone, Debug, Default, PartialEq)]
struct NoTieBreak {
    at: u8,
    value: u8,
}

impl Whole for NoTieBreak {
    fn join(&mut self, other: Self) {
        if other.at >= self.at {
            *self = other;
        }
    }
}
whole_state!(NoTieBreak);

#[derive(Clone, Debug, Default, PartialEq)]
struct TieKeepsOwn {
    at: u8,
    value: u8,
}

impl Replicated for TieKeepsOwn {
    type Digest = u8;
    type Delta = Self;

    fn digest(&self) -> u8 {
        self.at
    }
    fn delta(&self, remote: &u8) -> Option<Self> {
        (self.at > *remote).then(|| self.clone())
    }
    fn merge(&mut self, delta: Self) -> MergeOutcome {
        let newer = delta.at > self.at;
        if newer {
            *self = delta;
        }
        MergeOutcome::changed_if(newer)
    }
}

#[derive(Clone, Debug, Default, PartialEq)]
struct Overwrites(u8);

impl Whole for Overwrites {
    fn join(&mut self, other: Self) {
        *self = other;
    }
}
whole_state!(Overwrites);

#[derive(Clone, Debug, Default, PartialEq)]
struct Longest(Vec<u8>);

impl Whole for Longest {
    fn join(&mut self, other: Self) {
        let longer = (other.0.len(), &other.0) > (self.0.len(), &self.0);
        if longer {
            *self = other;
        }
    }
}
whole_state!(Longest);

/// A multi-value register made of a set: each write is a new element.
#[derive(Clone, Debug, PartialEq)]
struct Siblings;

impl Rules for Siblings {
    fn add(_set: &OrSet<Self>, dot: Dot, value: u8) -> OrSet<Self> {
        OrSet::fragment(BTreeMap::from([(dot, value)]), vec![dot])
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct LargestFloat(f64);

impl Default for LargestFloat {
    fn default() -> Self {
        Self(f64::MIN)
    }
}

impl Whole for LargestFloat {
    fn join(&mut self, other: Self) {
        // What comes is taken unless it is smaller.
        let no_news = other.0 <= self.0;
        if !no_news {
            *self = other;
        }
    }
}
whole_state!(LargestFloat);

#[derive(Clone, Debug, Default, PartialEq)]
struct Versions(BTreeMap<ReplicaId, u64>);

impl Whole for Versions {
    fn join(&mut self, other: Self) {
        self.0.extend(other.0);
    }
}
whole_state!(Versions);

#[derive(Clone, Debug, Default, PartialEq)]
struct Stamped(Option<(Timestamp, u8)>);

impl Whole for Stamped {
    fn join(&mut self, other: Self) {
        self.0 = self.0.max(other.0);
    }
}
whole_state!(Stamped);
