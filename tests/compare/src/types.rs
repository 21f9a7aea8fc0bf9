//! The types that are compared on: two that are right, and each with one rule
//! wrong. The operations of both are numbers from 0 to 3.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;
use std::hash::Hash;

use gossiper_core::{Dot, MergeOutcome, Replicated, UpdateContext};

/// One operation that a replica has seen: its number, the operation, and which
/// other ones it had seen.
pub type Past = Vec<(usize, u8, BTreeSet<usize>)>;

/// What all engines need to know of a type.
pub trait Tested:
    Replicated<Delta = Self, Digest = Self>
    + Clone
    + Debug
    + Default
    + Eq
    + Hash
    + Send
    + Sync
    + 'static
{
    /// The delta of an operation; `None` if it is refused.
    fn perform(&self, op: u8, ctx: &mut UpdateContext) -> Option<Self>;
    /// What users read.
    fn read(&self) -> Vec<u8>;
    /// What they should read.
    fn expected(past: &Past) -> Vec<u8>;
}

/// An observed-remove set of 0 and 1: operations 0 and 1 add them, 2 and 3
/// remove them. With `FORGETS`, a removal drops the memory of the dots that it
/// removes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct OrSet<const FORGETS: bool> {
    live: BTreeMap<Dot, u8>,
    seen: BTreeSet<Dot>,
}

impl<const FORGETS: bool> Replicated for OrSet<FORGETS> {
    type Digest = Self;
    type Delta = Self;

    fn digest(&self) -> Self {
        self.clone()
    }
    fn delta(&self, remote: &Self) -> Option<Self> {
        let news = |dot: &Dot| !remote.seen.contains(dot);
        let gone = |dot: &Dot| remote.live.contains_key(dot) && !self.live.contains_key(dot);
        let seen: BTreeSet<Dot> =
            self.seen.iter().copied().filter(|dot| news(dot) || gone(dot)).collect();
        let live = self.live.iter().filter(|(dot, _)| seen.contains(dot));
        let live = live.map(|(dot, element)| (*dot, *element)).collect();
        (!seen.is_empty()).then_some(Self { live, seen })
    }
    fn merge(&mut self, delta: Self) -> MergeOutcome {
        let before = self.clone();
        self.live.retain(|dot, _| delta.live.contains_key(dot) || !delta.seen.contains(dot));
        for (dot, element) in &delta.live {
            if !self.seen.contains(dot) {
                self.live.insert(*dot, *element);
            }
        }
        self.seen.extend(&delta.seen);
        if FORGETS {
            let live = &self.live;
            self.seen.retain(|dot| live.contains_key(dot));
        }
        MergeOutcome::changed_if(*self != before)
    }
}

impl<const FORGETS: bool> Tested for OrSet<FORGETS> {
    fn perform(&self, op: u8, ctx: &mut UpdateContext) -> Option<Self> {
        let element = op % 2;
        let own = self.live.iter().filter(|(_, own)| **own == element).map(|(dot, _)| *dot);
        let mut seen: BTreeSet<Dot> = own.collect();
        if op >= 2 {
            return (!seen.is_empty()).then(|| Self { live: BTreeMap::new(), seen });
        }
        let dot = ctx.next_dot();
        seen.insert(dot);
        Some(Self { live: BTreeMap::from([(dot, element)]), seen })
    }
    fn read(&self) -> Vec<u8> {
        self.live.values().copied().collect::<BTreeSet<u8>>().into_iter().collect()
    }
    fn expected(past: &Past) -> Vec<u8> {
        let live = past.iter().filter(|(number, op, _)| {
            let removed = |later: &(usize, u8, BTreeSet<usize>)| {
                later.1 == *op + 2 && later.2.contains(number)
            };
            *op < 2 && !past.iter().any(removed)
        });
        live.map(|(_, op, _)| *op).collect::<BTreeSet<u8>>().into_iter().collect()
    }
}

/// A last-writer-wins register: operations write 0 or 1 at time 1 or 2. Of equal
/// times the larger value wins; with `ARRIVAL`, the one that comes last.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Lww<const ARRIVAL: bool> {
    at: u8,
    value: u8,
}

impl<const ARRIVAL: bool> Replicated for Lww<ARRIVAL> {
    type Digest = Self;
    type Delta = Self;

    fn digest(&self) -> Self {
        self.clone()
    }
    fn delta(&self, remote: &Self) -> Option<Self> {
        let news = (self.at, self.value) > (remote.at, remote.value);
        news.then(|| self.clone())
    }
    fn merge(&mut self, delta: Self) -> MergeOutcome {
        let wins = if ARRIVAL {
            delta.at >= self.at
        } else {
            (delta.at, delta.value) > (self.at, self.value)
        };
        let changed = wins && delta != *self;
        if wins {
            *self = delta;
        }
        MergeOutcome::changed_if(changed)
    }
}

impl<const ARRIVAL: bool> Tested for Lww<ARRIVAL> {
    fn perform(&self, op: u8, _: &mut UpdateContext) -> Option<Self> {
        Some(Self { at: 1 + op / 2, value: op % 2 })
    }
    fn read(&self) -> Vec<u8> {
        vec![self.value]
    }
    fn expected(past: &Past) -> Vec<u8> {
        let last = past.iter().map(|(_, op, _)| (1 + op / 2, op % 2)).max();
        vec![last.map_or(0, |(_, value)| value)]
    }
}
