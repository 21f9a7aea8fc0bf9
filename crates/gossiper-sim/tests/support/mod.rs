//! What the tests share: a small state written by hand.

#![allow(dead_code)]

use std::collections::BTreeMap;
use std::convert::Infallible;

use gossiper_core::{MergeOutcome, Replicated};
use gossiper_sim::{ReplicaCluster, WriteError};

/// A set of letters in which each has a version: odd ones mean that it is in.
/// (A causal length set: Yu and Rostad, PaPoC 2020.)
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Letters(pub(crate) BTreeMap<char, u64>);

impl Letters {
    pub(crate) fn toggle(&self, letter: char) -> BTreeMap<char, u64> {
        BTreeMap::from([(letter, self.0.get(&letter).unwrap_or(&0) + 1)])
    }

    pub(crate) fn shown(&self) -> String {
        self.0.iter().filter(|(_, version)| *version % 2 == 1).map(|(letter, _)| letter).collect()
    }
}

/// Not `Clone`: nobody asks that of a digest, though the network repeats
/// messages.
pub(crate) struct Known(BTreeMap<char, u64>);

impl Replicated for Letters {
    type Digest = Known;
    type Delta = BTreeMap<char, u64>;

    fn digest(&self) -> Known {
        Known(self.0.clone())
    }

    fn delta(&self, Known(remote): &Known) -> Option<Self::Delta> {
        let lacks = |(letter, version): &(&char, &u64)| remote.get(letter) < Some(version);
        let lacking: Self::Delta = self.0.iter().filter(lacks).map(|(l, v)| (*l, *v)).collect();
        (!lacking.is_empty()).then_some(lacking)
    }

    fn merge(&mut self, delta: Self::Delta) -> MergeOutcome {
        let mut outcome = MergeOutcome::Unchanged;
        for (letter, version) in delta {
            let own = self.0.entry(letter).or_default();
            outcome = outcome.or(MergeOutcome::changed_if(version > *own));
            *own = version.max(*own);
        }
        outcome
    }
}

pub(crate) type Cluster = ReplicaCluster<Letters>;

pub(crate) fn write(
    cluster: &mut Cluster,
    node: usize,
    letter: char,
) -> Result<(), WriteError<Infallible>> {
    cluster.update(node, |letters, _| Ok(letters.toggle(letter))).map(drop)
}

pub(crate) fn shown(cluster: &Cluster, node: usize) -> String {
    cluster.state(node).expect("the node runs").shown()
}
