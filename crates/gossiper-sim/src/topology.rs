//! Who gossips with whom.

use std::sync::Arc;

use gossiper_core::{NodeId, Peers};

/// The shape of a cluster: the peers that each node knows.
///
/// It says whom nodes *choose*; a node answers whoever wrote to it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Topology {
    /// Every node knows every other one. All share one list of names.
    #[default]
    FullyConnected,
    /// Each node knows the one before it and the one after it.
    Line,
    /// A line whose ends know each other.
    Ring,
    /// The first node knows all, and the others know only the first. A rumor
    /// takes about `n ln n / fanout` rounds, which in a large star is longer
    /// than nodes keep it; what it misses is left to anti-entropy.
    Star,
}

/// The names of the nodes that belong to a cluster now, in order, and the
/// peers that this makes.
#[derive(Clone, Debug)]
pub(crate) struct Wiring {
    topology: Topology,
    members: Arc<[NodeId]>,
}

impl Wiring {
    pub(crate) fn new(topology: Topology, members: impl IntoIterator<Item = NodeId>) -> Self {
        Self { topology, members: members.into_iter().collect() }
    }

    pub(crate) const fn topology(&self) -> Topology {
        self.topology
    }

    /// The peers of the member at `place`. O(1).
    pub(crate) fn peers(&self, place: usize) -> Peers {
        let members = &self.members;
        let last = members.len() - 1;
        let some = |places: &[Option<usize>]| -> Peers {
            places.iter().flatten().map(|place| members[*place].clone()).collect()
        };
        let before = place.checked_sub(1);
        let after = (place < last).then(|| place + 1);
        match self.topology {
            Topology::FullyConnected => Peers::all_but(Arc::clone(members), place),
            Topology::Star if place == 0 => Peers::all_but(Arc::clone(members), 0),
            Topology::Star => some(&[Some(0)]),
            Topology::Line => some(&[before, after]),
            // Ends that are the node itself, or one and the same.
            Topology::Ring if last < 2 => Peers::all_but(Arc::clone(members), place),
            Topology::Ring => some(&[before.or(Some(last)), after.or(Some(0))]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(topology: Topology, nodes: usize) -> Vec<String> {
        let names = (0..nodes).map(|i| NodeId::from(i.to_string()));
        let wiring = Wiring::new(topology, names);
        let peers = |i| wiring.peers(i).iter().map(NodeId::as_str).collect::<Vec<_>>().join(" ");
        (0..nodes).map(peers).collect()
    }

    #[test]
    fn shapes_are_what_they_are_called() {
        assert_eq!(shape(Topology::FullyConnected, 3), ["1 2", "0 2", "0 1"]);
        assert_eq!(shape(Topology::Line, 4), ["1", "0 2", "1 3", "2"]);
        assert_eq!(shape(Topology::Ring, 4), ["3 1", "0 2", "1 3", "2 0"]);
        assert_eq!(shape(Topology::Star, 4), ["1 2 3", "0", "0", "0"]);
    }

    #[test]
    fn the_smallest_clusters_have_no_node_as_its_own_peer() {
        for topology in [Topology::FullyConnected, Topology::Line, Topology::Ring, Topology::Star] {
            assert_eq!(shape(topology, 1), [""], "{topology:?}");
            assert_eq!(shape(topology, 2), ["1", "0"], "{topology:?}");
        }
    }
}
