//! Encodings, orders of arrival, and other things that differ between replicas.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::atomic::{AtomicU64, Ordering};

use gossiper_check::{Check, Law};
use gossiper_core::Dot;
use proptest::strategy::Just;
use serde::{Deserialize, Serialize};

use crate::corpus::entry::Broken;
use crate::corpus::or_set::{Add, Remove, SetOp, set_ops};
use crate::corpus::whole_state::Whole;
use crate::whole_state;

pub(crate) const ENTRIES: &[Broken] = &[
    Broken {
        name: "list_by_arrival",
        bug: "elements of a list stand in the order in which they came",
        wild: "no thread; why lists need positions: Roh et al., JPDC 2011",
        law: Law::Commutativity,
        check: || {
            Box::new(Check::<Arrivals, u8>::new(0..9_u8, |element, _, ctx| {
                Some(Arrivals(vec![(ctx.next_dot(), *element)]))
            }))
        },
    },
    Broken {
        name: "interleaved_inserts",
        bug: "elements stand by index, then by writer: two words typed at once mix letter by letter",
        wild: "Kleppmann et al., PaPoC 2019 (interleaving anomalies in collaborative text editors)",
        law: Law::Invariant,
        check: || {
            Box::new(
                Check::<Interleaved, ()>::new(Just(()), |(), list, ctx| {
                    let last = list.0.last_key_value();
                    let place = last.map_or(0, |((place, _), _)| place + 1);
                    let after = last.map(|((_, dot), _)| *dot);
                    Some(Interleaved(BTreeMap::from([((place, ctx.next_dot()), after)])))
                })
                .with_invariant(Interleaved::runs_are_whole),
            )
        },
    },
    Broken {
        name: "parent_must_be_here",
        bug: "merging an insertion panics when the element that it follows has not come yet",
        wild: "y-crdt#174: an index out of bounds when updates are integrated",
        law: Law::Commutativity,
        check: || {
            Box::new(Check::<Chain, ()>::new(Just(()), |(), chain, ctx| {
                Some(Chain(vec![(ctx.next_dot(), chain.0.last().map(|(dot, _)| *dot))]))
            }))
        },
    },
    Broken {
        name: "index_from_outside",
        bug: "an index in a delta is used without a look at it",
        wild: "y-crdt#182, y-crdt#328: decoding panics with an index out of bounds",
        law: Law::HostileBytes,
        check: || {
            Box::new(
                Check::<Slots, (u8, u8)>::new((0..4_u8, 0..9_u8), |(slot, value), _, _| {
                    Some(Slots(vec![(*slot, *value)]))
                })
                .with_wire(),
            )
        },
    },
    Broken {
        name: "decode_trusts_the_order",
        bug: "gaps between elements are computed on decoded data that need not ascend",
        wild: "y-crdt#77: a difference of clocks below zero after a merge",
        law: Law::HostileBytes,
        check: || {
            Box::new(
                Check::<Gaps, u8>::new(0..200_u8, |element, _, _| Some(Gaps(vec![*element])))
                    .with_wire(),
            )
        },
    },
    Broken {
        name: "encoded_by_hash_order",
        bug: "a hash set is encoded as it iterates: equal states, other bytes",
        wild: "integritee worker#421: hash maps suspected of state hashes that differ",
        law: Law::CanonicalEncoding,
        check: || {
            Box::new(
                Check::<Hashed, u8>::new(0..9_u8, |element, _, _| {
                    Some(Hashed(HashSet::from([*element])))
                })
                .with_wire(),
            )
        },
    },
    Broken {
        name: "encoded_by_insertion_order",
        bug: "equality ignores the order of insertion, the encoding shows it",
        wild: "bft-smart library#71: log hashes differ by the order of proofs",
        law: Law::CanonicalEncoding,
        check: || {
            Box::new(
                Check::<Inserted, u8>::new(0..9_u8, |element, _, _| Some(Inserted(vec![*element])))
                    .with_wire(),
            )
        },
    },
    Broken {
        name: "field_is_not_stored",
        bug: "the removals are skipped by serde, so a restart forgets them",
        wild: "integritee worker#421, where a part of the state was not written",
        law: Law::CanonicalEncoding,
        check: || {
            Box::new(
                Check::<HalfStored, SetOp>::new(set_ops(), |op, _, _| {
                    Some(match *op {
                        Add(e) => HalfStored { added: [e].into(), removed: BTreeSet::new() },
                        Remove(e) => HalfStored { added: BTreeSet::new(), removed: [e].into() },
                    })
                })
                .with_wire(),
            )
        },
    },
    Broken {
        name: "any_of_a_hash_set",
        bug: "a mutator picks \"any\" element, and a hash set picks by a random key",
        wild: "SeismicSystems summit#93, nearcore#7507: hash maps in replicated state",
        law: Law::Determinism,
        check: || {
            Box::new(Check::<Election, Vote>::new(
                proptest::prop_oneof![
                    proptest::strategy::Strategy::prop_map(0..9_u8, Vote::Stand),
                    Just(Vote::Elect)
                ],
                |vote: &Vote, election, _| {
                    let mut delta = Election::default();
                    match vote {
                        Vote::Stand(name) => delta.candidates.insert(*name),
                        Vote::Elect => {
                            let all: HashSet<u8> = election.candidates.iter().copied().collect();
                            delta.leaders.insert(all.into_iter().next()?)
                        }
                    };
                    Some(delta)
                },
            ))
        },
    },
    Broken {
        name: "global_counter",
        bug: "ids come from a counter of the process, not from the replica's context",
        wild: "no thread; a number of the process is another one in the next process",
        law: Law::Determinism,
        check: || {
            Box::new(Check::<Ids, ()>::new(Just(()), |(), _, _| {
                Some(Ids(BTreeSet::from([NEXT_ID.fetch_add(1, Ordering::Relaxed)])))
            }))
        },
    },
];

static NEXT_ID: AtomicU64 = AtomicU64::new(0);

/// Elements with their ids, as they came.
#[derive(Clone, Debug, Default, PartialEq)]
struct Arrivals(Vec<(Dot, u8)>);

impl Whole for Arrivals {
    fn join(&mut self, other: Self) {
        for (dot, element) in other.0 {
            if !self.0.iter().any(|(own, _)| *own == dot) {
                self.0.push((dot, element));
            }
        }
    }
}
whole_state!(Arrivals);

/// Ids by index and writer, each with the id that it was typed after.
#[derive(Clone, Debug, Default, PartialEq)]
struct Interleaved(BTreeMap<(u64, Dot), Option<Dot>>);

impl Interleaved {
    /// Between an element and the one that it was typed after stands only what
    /// was typed after that one, too.
    fn runs_are_whole(&self) -> Result<(), String> {
        let list: Vec<(Dot, Option<Dot>)> =
            self.0.iter().map(|((_, dot), after)| (*dot, *after)).collect();
        let place_of = |dot| list.iter().position(|(own, _)| *own == dot);
        for (place, (dot, after)) in list.iter().enumerate() {
            let Some(start) = after.and_then(place_of) else { continue };
            for (between, _) in list.iter().take(place).skip(start + 1) {
                let mut ancestor = Some(*between);
                while ancestor.is_some() && ancestor != *after {
                    ancestor = list
                        .iter()
                        .find(|(own, _)| Some(*own) == ancestor)
                        .and_then(|(_, after)| *after);
                }
                if ancestor.is_none() {
                    return Err(format!("{between} stands in the middle of a word before {dot}"));
                }
            }
        }
        Ok(())
    }
}

impl Whole for Interleaved {
    fn join(&mut self, other: Self) {
        self.0.extend(other.0);
    }
}
whole_state!(Interleaved);

/// A list in which each element follows another.
#[derive(Clone, Debug, Default, PartialEq)]
struct Chain(Vec<(Dot, Option<Dot>)>);

impl Whole for Chain {
    fn join(&mut self, other: Self) {
        for (dot, after) in other.0 {
            if self.0.iter().any(|(own, _)| *own == dot) {
                continue;
            }
            let place = after.map_or(0, |after| {
                let parent = self.0.iter().position(|(own, _)| *own == after);
                parent.expect("the element before it is here") + 1
            });
            let later = self.0[place..].iter().take_while(|(own, _)| *own > dot).count();
            self.0.insert(place + later, (dot, after));
        }
    }
}
whole_state!(Chain);

/// Four slots, each with its largest value; as a list of what is not 0.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Slots(Vec<(u8, u8)>);

impl Whole for Slots {
    fn join(&mut self, other: Self) {
        let mut slots = [0; 4];
        for (slot, value) in self.0.iter().copied().chain(other.0) {
            let own: &mut u8 = &mut slots[usize::from(slot)];
            *own = value.max(*own);
        }
        self.0 = (0..).zip(slots).filter(|(_, value)| *value > 0).collect();
    }
}
whole_state!(Slots);

/// An ascending list, joined by walking its gaps.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Gaps(Vec<u8>);

impl Whole for Gaps {
    fn join(&mut self, other: Self) {
        let mut last = 0;
        let mut elements: BTreeSet<u8> = self.0.iter().copied().collect();
        for element in other.0 {
            let gap = element - last;
            last += gap;
            elements.insert(last);
        }
        self.0 = elements.into_iter().collect();
    }
}
whole_state!(Gaps);

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(from = "Vec<u8>", into = "Vec<u8>")]
struct Hashed(HashSet<u8>);

impl From<Vec<u8>> for Hashed {
    fn from(elements: Vec<u8>) -> Self {
        Self(elements.into_iter().collect())
    }
}

impl From<Hashed> for Vec<u8> {
    fn from(hashed: Hashed) -> Self {
        hashed.0.into_iter().collect()
    }
}

impl Whole for Hashed {
    fn join(&mut self, other: Self) {
        self.0.extend(other.0);
    }
}
whole_state!(Hashed);

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Inserted(Vec<u8>);

impl PartialEq for Inserted {
    fn eq(&self, other: &Self) -> bool {
        let sorted = |list: &Self| list.0.iter().copied().collect::<BTreeSet<u8>>();
        sorted(self) == sorted(other)
    }
}

impl Whole for Inserted {
    fn join(&mut self, other: Self) {
        for element in other.0 {
            if !self.0.contains(&element) {
                self.0.push(element);
            }
        }
    }
}
whole_state!(Inserted);

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct HalfStored {
    added: BTreeSet<u8>,
    #[serde(skip)]
    removed: BTreeSet<u8>,
}

impl Whole for HalfStored {
    fn join(&mut self, other: Self) {
        self.added.extend(other.added);
        self.removed.extend(other.removed);
    }
}
whole_state!(HalfStored);

#[derive(Clone, Debug)]
enum Vote {
    Stand(u8),
    Elect,
}

#[derive(Clone, Debug, Default, PartialEq)]
struct Election {
    candidates: BTreeSet<u8>,
    leaders: BTreeSet<u8>,
}

impl Whole for Election {
    fn join(&mut self, other: Self) {
        self.candidates.extend(other.candidates);
        self.leaders.extend(other.leaders);
    }
}
whole_state!(Election);

#[derive(Clone, Debug, Default, PartialEq)]
struct Ids(BTreeSet<u64>);

impl Whole for Ids {
    fn join(&mut self, other: Self) {
        self.0.extend(other.0);
    }
}
whole_state!(Ids);
