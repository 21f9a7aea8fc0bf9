//! The peers of a node: a shared list that is sampled, never copied.

use alloc::sync::Arc;
use alloc::vec::Vec;

use crate::{NodeId, RandomSource};

/// The nodes that one node may talk to.
///
/// A list that any number of nodes share: ten thousand fully connected nodes
/// hold one list of ten thousand names, each with its own place left out.
#[derive(Clone, Debug)]
pub struct Peers {
    nodes: Arc<[NodeId]>,
    /// The place in the list that stands for the node itself.
    own: Option<usize>,
}

impl Peers {
    /// All nodes of `nodes` but the one at place `own`. The names must be
    /// distinct. O(1).
    #[must_use]
    pub const fn all_but(nodes: Arc<[NodeId]>, own: usize) -> Self {
        Self { nodes, own: Some(own) }
    }

    /// How many peers there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.nodes.len() - usize::from(self.own_place().is_some())
    }

    /// Whether there is nobody to talk to.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The peers, in the order of the list.
    pub fn iter(&self) -> impl Iterator<Item = &NodeId> {
        let own = self.own_place();
        self.nodes.iter().enumerate().filter(move |(i, _)| Some(*i) != own).map(|(_, node)| node)
    }

    /// Up to `count` distinct peers, each subset equally likely. O(count²),
    /// whatever the number of peers.
    ///
    /// By Floyd's algorithm (Bentley and Floyd, *A sample of brilliance*, CACM
    /// 1987).
    pub fn sample<R: RandomSource + ?Sized>(&self, rng: &mut R, count: usize) -> Vec<NodeId> {
        let len = self.len();
        if count >= len {
            return self.iter().cloned().collect();
        }
        let mut chosen: Vec<usize> = Vec::with_capacity(count);
        for last in len - count..len {
            let place = rng.below(last as u64 + 1) as usize;
            chosen.push(if chosen.contains(&place) { last } else { place });
        }
        chosen.into_iter().map(|place| self.nodes[self.skip_own(place)].clone()).collect()
    }

    /// Leaves `node` out, as a node does with its own name. O(1) for a shared
    /// list that leaves it out already, else O(n).
    #[must_use]
    pub(crate) fn without(self, node: &NodeId) -> Self {
        if self.own_place().is_some_and(|own| self.nodes[own] == *node) {
            return self;
        }
        match self.nodes.iter().position(|other| other == node) {
            None => self,
            Some(place) if self.own.is_none() => Self { own: Some(place), ..self },
            Some(_) => self.iter().filter(|other| *other != node).cloned().collect(),
        }
    }

    fn own_place(&self) -> Option<usize> {
        self.own.filter(|place| *place < self.nodes.len())
    }

    fn skip_own(&self, place: usize) -> usize {
        place + usize::from(self.own_place().is_some_and(|own| place >= own))
    }
}

impl Default for Peers {
    fn default() -> Self {
        Self { nodes: Arc::new([]), own: None }
    }
}

/// Repeated names count once.
impl FromIterator<NodeId> for Peers {
    fn from_iter<I: IntoIterator<Item = NodeId>>(nodes: I) -> Self {
        let mut seen = alloc::collections::BTreeSet::new();
        let distinct = nodes.into_iter().filter(|node| seen.insert(node.clone())).collect();
        Self { nodes: distinct, own: None }
    }
}

impl From<Vec<NodeId>> for Peers {
    fn from(nodes: Vec<NodeId>) -> Self {
        nodes.into_iter().collect()
    }
}

impl<const N: usize> From<[NodeId; N]> for Peers {
    fn from(nodes: [NodeId; N]) -> Self {
        nodes.into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use alloc::collections::BTreeMap;
    use alloc::format;

    use super::*;
    use crate::DeterministicRng;

    fn names(n: usize) -> Vec<NodeId> {
        (0..n).map(|i| NodeId::from(format!("n{i}"))).collect()
    }

    #[test]
    fn a_sample_is_distinct_uniform_and_never_the_node_itself() {
        let peers = Peers::all_but(names(6).into(), 2);
        assert_eq!(peers.len(), 5);
        let mut rng = DeterministicRng::new(5);
        let mut counts = BTreeMap::<NodeId, u32>::new();
        for _ in 0..5_000 {
            let sample = peers.sample(&mut rng, 2);
            assert!(sample.len() == 2 && sample[0] != sample[1]);
            for node in sample {
                *counts.entry(node).or_default() += 1;
            }
        }
        assert_eq!(counts.len(), 5);
        assert!(!counts.contains_key(&NodeId::from("n2")));
        assert!(counts.values().all(|count| count.abs_diff(2_000) < 200), "{counts:?}");
        assert_eq!(peers.sample(&mut rng, 9).len(), 5);
    }

    #[test]
    fn names_count_once_and_ones_own_not_at_all() {
        let twice: Peers = [names(3), names(3)].concat().into();
        assert_eq!(twice.len(), 3);
        let others = twice.without(&NodeId::from("n1"));
        assert_eq!(others.iter().map(NodeId::as_str).collect::<Vec<_>>(), ["n0", "n2"]);
        assert_eq!(others.without(&NodeId::from("n0")).len(), 1);
        assert!(Peers::default().is_empty());
    }
}
