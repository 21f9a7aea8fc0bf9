//! Fingerprints that leave something out, or fall behind.

use std::collections::BTreeMap;
use std::hash::{Hash, Hasher};

use gossiper_check::{Check, Law};
use gossiper_core::lattice::Upkeep;
use gossiper_core::{Fingerprint, FingerprintKey, MergeOutcome, Replicated};
use gossiper_crdts::GSet;

use crate::corpus::entry::Broken;
use crate::corpus::or_set::{Add, Remove, SetOp, set_ops};

pub(crate) const ENTRIES: &[Broken] = &[
    Broken {
        name: "fingerprint_of_the_keys",
        bug: "the fingerprint of a map hashes its keys and not their values",
        wild: "no thread names it; compare akka.net PR#8220 (a marker without what it stands for)",
        law: Law::Fingerprint,
        check: || {
            Box::new(Check::<Scores, (u8, u8)>::new((0..3_u8, 1..9_u8), |(key, score), _, _| {
                Some(BTreeMap::from([(*key, *score)]))
            }))
        },
    },
    Broken {
        name: "upkeep_forgets_removals",
        bug: "a fingerprint that is kept up to date adds what comes and forgets what goes",
        wild: "no thread names it; the symptom is a digest sent in every exchange for ever",
        law: Law::Fingerprint,
        check: || {
            Box::new(Check::<Phases, SetOp>::new(set_ops(), |op, _, _| {
                Some(match *op {
                    Add(element) => BTreeMap::from([(element, false)]),
                    Remove(element) => BTreeMap::from([(element, true)]),
                })
            }))
        },
    },
    Broken {
        name: "hash_of_the_id_alone",
        bug: "elements whose Hash leaves out what their Eq compares, in a grow-only set",
        wild: "no thread; std: equal keys must have equal hashes, and unequal ones may",
        law: Law::Fingerprint,
        check: || {
            Box::new(Check::<GSet<Named>, (u8, u8)>::new(
                (0..2_u8, 0..4_u8),
                |(id, name), set, _| Some(set.insert(Named { id: *id, name: *name })),
            ))
        },
    },
];

/// The best score of each player.
#[derive(Clone, Debug, Default, PartialEq)]
struct Scores(BTreeMap<u8, u8>);

impl Replicated for Scores {
    type Digest = BTreeMap<u8, u8>;
    type Delta = BTreeMap<u8, u8>;

    fn digest(&self) -> Self::Digest {
        self.0.clone()
    }

    fn delta(&self, remote: &Self::Digest) -> Option<Self::Delta> {
        let lacking = self.0.iter().filter(|(key, score)| remote.get(key) < Some(score));
        let lacking: BTreeMap<u8, u8> = lacking.map(|(key, score)| (*key, *score)).collect();
        (!lacking.is_empty()).then_some(lacking)
    }

    fn merge(&mut self, delta: Self::Delta) -> MergeOutcome {
        let before = self.clone();
        for (key, score) in delta {
            let best = self.0.entry(key).or_default();
            *best = score.max(*best);
        }
        MergeOutcome::changed_if(*self != before)
    }

    fn fingerprint(&self, key: &FingerprintKey) -> Option<Fingerprint> {
        Some(key.fingerprint(&self.0.keys().collect::<Vec<_>>()))
    }
}

/// A two-phase set: elements that are there, and those that are so no more.
#[derive(Clone, Debug, Default, PartialEq)]
struct Phases {
    removed: BTreeMap<u8, bool>,
    upkeep: Upkeep,
}

impl Replicated for Phases {
    type Digest = BTreeMap<u8, bool>;
    type Delta = BTreeMap<u8, bool>;

    fn digest(&self) -> Self::Digest {
        self.removed.clone()
    }

    fn delta(&self, remote: &Self::Digest) -> Option<Self::Delta> {
        let mut lacking = self.removed.clone();
        lacking.retain(|element, removed| remote.get(element) < Some(removed));
        (!lacking.is_empty()).then_some(lacking)
    }

    fn merge(&mut self, delta: Self::Delta) -> MergeOutcome {
        let Self { removed, upkeep } = self;
        let news = delta.into_iter().filter(|(element, phase)| {
            let news = removed.get(element) < Some(phase);
            if news {
                upkeep.add(|key| Some(key.hash(&(element, phase))));
                removed.insert(*element, *phase);
            }
            news
        });
        MergeOutcome::changed_if(news.count() > 0)
    }

    fn fingerprint(&self, key: &FingerprintKey) -> Option<Fingerprint> {
        let sum = self.upkeep.sum(key);
        Some(Fingerprint::of_atoms(sum.unwrap_or_else(|| sum_of(&self.removed, key))))
    }

    fn maintain_fingerprint(&mut self, key: &FingerprintKey) {
        self.upkeep.begin(*key, sum_of(&self.removed, key));
    }
}

fn sum_of(elements: &BTreeMap<u8, bool>, key: &FingerprintKey) -> u128 {
    elements.iter().fold(0, |sum, element| sum.wrapping_add(key.hash(&element)))
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Named {
    id: u8,
    name: u8,
}

impl Hash for Named {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.id.hash(state);
    }
}
