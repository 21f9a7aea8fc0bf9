//! Registers, counters and small things that are right.

use std::collections::BTreeMap;

use gossiper_check::Check;
use gossiper_core::{MergeOutcome, ReplicaId, Replicated};
use proptest::prelude::*;
use proptest::sample::select;
use serde::{Deserialize, Serialize};

use crate::corpus::entry::Correct;
use crate::corpus::whole_state::Whole;
use crate::whole_state;

pub(crate) const ENTRIES: &[Correct] = &[
    Correct {
        name: "lww_with_tie_break",
        unusual: "timestamps repeat all the time; the larger value wins a tie",
        check: || {
            Box::new(
                Check::<Lww, (u8, u8)>::new((0..3_u8, 0..9_u8), |(at, value), _, _| {
                    Some(Lww { at: *at, value: *value })
                })
                .with_wire()
                .with_model(
                    |state| (state.at, state.value),
                    |seen| seen.iter().map(|op| *op.op()).max().unwrap_or_default(),
                ),
            )
        },
    },
    Correct {
        name: "smallest_wins",
        unusual: "the order is reversed: the bottom is the largest number, and states only fall",
        check: || {
            Box::new(
                Check::<Smallest, u8>::new(0..9_u8, |n, _, _| Some(Smallest(*n)))
                    .with_wire()
                    .with_model(
                        |state| state.0,
                        |seen| seen.iter().map(|op| *op.op()).min().unwrap_or(u8::MAX),
                    ),
            )
        },
    },
    Correct {
        name: "nothing",
        unusual: "the empty type: no state, no bytes, and never anything to send",
        check: || Box::new(Check::<Nothing, ()>::new(Just(()), |(), _, _| Some(())).with_wire()),
    },
    Correct {
        name: "flag",
        unusual: "a delta without content: that it comes is the news",
        check: || Box::new(Check::<Flag, ()>::new(Just(()), |(), _, _| Some(())).with_wire()),
    },
    Correct {
        name: "delta_is_the_state",
        unusual: "digest and delta are the whole state",
        check: || {
            Box::new(
                Check::<Box2, (u8, u8)>::new((0..9_u8, 0..9_u8), |(x, y), _, _| {
                    Some(Box2 { x: *x, y: *y })
                })
                .with_wire(),
            )
        },
    },
    Correct {
        name: "largest_float",
        unusual: "floats in their total order, NaN and both zeros included, compared by their bits",
        check: || {
            let readings = vec![0.0, -0.0, 1.5, f64::NAN, -f64::NAN, f64::INFINITY];
            Box::new(
                Check::<Float, f64>::new(select(readings), |reading, _, _| Some(Float(*reading)))
                    .with_wire(),
            )
        },
    },
    Correct {
        name: "bounded_by_rights",
        unusual: "a bounded counter: each writer spends only what it was itself granted, and row \
                  by row the later row wins",
        check: || {
            Box::new(
                Check::<Rights, Right>::new(
                    prop_oneof![
                        (1..9_u64).prop_map(Right::Grant),
                        (1..9_u64).prop_map(Right::Spend)
                    ],
                    |right: &Right, rights, ctx| {
                        let (granted, spent) =
                            rights.0.get(&ctx.replica()).copied().unwrap_or_default();
                        let row = match right {
                            Right::Grant(n) => (granted + n, spent),
                            Right::Spend(n) if spent + n <= granted => (granted, spent + n),
                            Right::Spend(_) => return None,
                        };
                        Some(Rights(BTreeMap::from([(ctx.replica(), row)])))
                    },
                )
                .with_wire()
                .with_invariant(|rights| {
                    let overdrawn = rights.0.iter().find(|(_, (granted, spent))| spent > granted);
                    overdrawn.map_or(Ok(()), |row| Err(format!("{row:?} is overdrawn")))
                }),
            )
        },
    },
];

/// A register whose timestamps are given from outside.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Lww {
    at: u8,
    value: u8,
}

impl Whole for Lww {
    fn join(&mut self, other: Self) {
        if (other.at, other.value) > (self.at, self.value) {
            *self = other;
        }
    }
}
whole_state!(Lww);

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Smallest(u8);

impl Default for Smallest {
    fn default() -> Self {
        Self(u8::MAX)
    }
}

impl Whole for Smallest {
    fn join(&mut self, other: Self) {
        self.0 = self.0.min(other.0);
    }
}
whole_state!(Smallest);

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Nothing;

impl Replicated for Nothing {
    type Digest = ();
    type Delta = ();

    fn digest(&self) {}
    fn delta(&self, (): &()) -> Option<()> {
        None
    }
    fn merge(&mut self, (): ()) -> MergeOutcome {
        MergeOutcome::Unchanged
    }
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Flag(bool);

impl Replicated for Flag {
    type Digest = bool;
    type Delta = ();

    fn digest(&self) -> bool {
        self.0
    }
    fn delta(&self, remote: &bool) -> Option<()> {
        (self.0 && !remote).then_some(())
    }
    fn merge(&mut self, (): ()) -> MergeOutcome {
        MergeOutcome::changed_if(!std::mem::replace(&mut self.0, true))
    }
}

/// A box that holds all points seen.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Box2 {
    x: u8,
    y: u8,
}

impl Whole for Box2 {
    fn join(&mut self, other: Self) {
        self.x = self.x.max(other.x);
        self.y = self.y.max(other.y);
    }
}
whole_state!(Box2);

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Float(f64);

impl Default for Float {
    fn default() -> Self {
        Self(f64::from_bits(u64::MAX))
    }
}

impl PartialEq for Float {
    fn eq(&self, other: &Self) -> bool {
        self.0.to_bits() == other.0.to_bits()
    }
}

impl Whole for Float {
    fn join(&mut self, other: Self) {
        if self.0.total_cmp(&other.0).is_lt() {
            *self = other;
        }
    }
}
whole_state!(Float);

#[derive(Clone, Debug)]
enum Right {
    Grant(u64),
    Spend(u64),
}

/// What each writer was granted and has spent.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Rights(BTreeMap<ReplicaId, (u64, u64)>);

impl Whole for Rights {
    fn join(&mut self, other: Self) {
        for (writer, row) in other.0 {
            let own = self.0.entry(writer).or_default();
            *own = row.max(*own);
        }
    }
}
whole_state!(Rights);
