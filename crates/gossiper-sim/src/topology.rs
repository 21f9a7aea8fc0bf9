//! Who gossips with whom.

mod regular;

use std::sync::Arc;

use gossiper_core::{DeterministicRng, NodeId, Peers};

use crate::BuildError;

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
    /// A tree: the first node is its root, and each node has up to `arity`
    /// children, level by level from the left. Between two nodes there is one way,
    /// so what a node sends once to each neighbour but the one it came from
    /// arrives everywhere exactly once.
    Tree {
        /// Children of a node, at least 1.
        arity: usize,
    },
    /// A square grid, row by row, whose last rows may be short: each node knows
    /// those beside, above and below it.
    Grid,
    /// A connected random graph in which every node knows `degree` others. It
    /// comes from the cluster's seed and is drawn anew for each number of
    /// nodes, so that after a node has joined or left most have other peers. If
    /// no such graph is possible then, it is the nearest that is: one node
    /// knows one fewer, or all know each other.
    ///
    /// Made of a random cycle through all nodes, which keeps it connected, and
    /// of chords that have changed ends at random. With three peers or more such
    /// graphs have the properties of uniform ones, when they are large (Janson,
    /// *Random regular graphs: asymptotic distributions and contiguity*,
    /// Combinatorics, Probability and Computing 1995).
    RandomRegular {
        /// Peers of every node: at least 2, fewer than there are nodes, and even
        /// if the number of nodes is odd.
        degree: usize,
    },
}

impl Topology {
    /// Whether `nodes` nodes can have this shape.
    pub(crate) const fn validate(self, nodes: usize) -> Result<(), BuildError> {
        match self {
            Self::Tree { arity: 0 } => Err(BuildError::TreeWithoutChildren),
            Self::RandomRegular { degree } if !regular::is_possible(nodes, degree) => {
                Err(BuildError::NoRegularGraph { degree, nodes })
            }
            _ => Ok(()),
        }
    }
}

/// The names of the nodes that belong to a cluster now, in order, and the
/// peers that this makes.
#[derive(Clone, Debug)]
pub(crate) struct Wiring {
    topology: Topology,
    members: Arc<[NodeId]>,
    /// The places of each member's peers, where they were drawn.
    drawn: Vec<Vec<usize>>,
}

impl Wiring {
    /// `rng` is for this wiring alone, and new for each.
    pub(crate) fn new(
        topology: Topology,
        members: impl IntoIterator<Item = NodeId>,
        rng: &mut DeterministicRng,
    ) -> Self {
        let members: Arc<[NodeId]> = members.into_iter().collect();
        let drawn = match topology {
            Topology::RandomRegular { degree } => regular::draw(members.len(), degree, rng),
            _ => Vec::new(),
        };
        Self { topology, members, drawn }
    }

    pub(crate) const fn topology(&self) -> Topology {
        self.topology
    }

    /// The peers of the member at `place`. O(1) in the number of nodes.
    pub(crate) fn peers(&self, place: usize) -> Peers {
        let members = &self.members;
        let nodes = members.len();
        let last = nodes - 1;
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
            Topology::Tree { arity } => {
                let first = place.saturating_mul(arity).saturating_add(1);
                let children = first..first.saturating_add(arity).min(nodes);
                let parent = before.map(|before| before / arity);
                parent.into_iter().chain(children).map(|place| members[place].clone()).collect()
            }
            Topology::Grid => {
                let width = last.isqrt() + 1;
                let column = place % width;
                some(&[
                    place.checked_sub(width),
                    before.filter(|_| column > 0),
                    after.filter(|_| column + 1 < width),
                    place.checked_add(width).filter(|below| *below < nodes),
                ])
            }
            Topology::RandomRegular { .. } => {
                self.drawn[place].iter().map(|place| members[*place].clone()).collect()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(topology: Topology, nodes: usize) -> Vec<String> {
        let names = (0..nodes).map(|i| NodeId::from(i.to_string()));
        let wiring = Wiring::new(topology, names, &mut DeterministicRng::new(1));
        let peers = |i| wiring.peers(i).iter().map(NodeId::as_str).collect::<Vec<_>>().join(" ");
        (0..nodes).map(peers).collect()
    }

    #[test]
    fn shapes_are_what_they_are_called() {
        assert_eq!(shape(Topology::FullyConnected, 3), ["1 2", "0 2", "0 1"]);
        assert_eq!(shape(Topology::Line, 4), ["1", "0 2", "1 3", "2"]);
        assert_eq!(shape(Topology::Ring, 4), ["3 1", "0 2", "1 3", "2 0"]);
        assert_eq!(shape(Topology::Star, 4), ["1 2 3", "0", "0", "0"]);
        let tree = ["1 2 3", "0 4 5", "0", "0", "1", "1"];
        assert_eq!(shape(Topology::Tree { arity: 3 }, 6), tree);
        assert_eq!(shape(Topology::Tree { arity: 1 }, 4), shape(Topology::Line, 4));
        assert_eq!(shape(Topology::Tree { arity: usize::MAX }, 4), shape(Topology::Star, 4));
        let grid = ["1 3", "0 2 4", "1 5", "0 4 6", "1 3 5 7", "2 4", "3 7", "4 6"];
        assert_eq!(shape(Topology::Grid, 8), grid);
    }

    #[test]
    fn the_smallest_clusters_have_no_node_as_its_own_peer() {
        let shapes = [
            Topology::FullyConnected,
            Topology::Line,
            Topology::Ring,
            Topology::Star,
            Topology::Tree { arity: 2 },
            Topology::Grid,
            Topology::RandomRegular { degree: 3 },
        ];
        for topology in shapes {
            assert_eq!(shape(topology, 1), [""], "{topology:?}");
            assert_eq!(shape(topology, 2), ["1", "0"], "{topology:?}");
        }
    }
}
