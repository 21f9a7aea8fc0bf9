//! Which nodes can reach which.

/// Partitions, full and one-way. Whatever is not forbidden is allowed.
#[derive(Clone, Debug, Default)]
pub(crate) struct Links {
    /// Each node's group; empty when the network is whole.
    groups: Vec<usize>,
    blocks: Vec<Block>,
}

/// Stops messages from some nodes to others, by their numbers in order.
#[derive(Clone, Debug)]
struct Block {
    from: Vec<usize>,
    to: Vec<usize>,
}

impl Links {
    /// Only nodes of one group reach each other. Nodes that no group names
    /// form one more.
    pub(crate) fn partition(&mut self, nodes: usize, groups: &[&[usize]]) {
        self.groups = vec![REST; nodes];
        for (number, group) in groups.iter().enumerate() {
            for node in *group {
                self.groups[*node] = number;
            }
        }
    }

    pub(crate) fn block(&mut self, from: &[usize], to: &[usize]) {
        let sorted = |nodes: &[usize]| {
            let mut nodes = nodes.to_vec();
            nodes.sort_unstable();
            nodes
        };
        self.blocks.push(Block { from: sorted(from), to: sorted(to) });
    }

    pub(crate) fn heal(&mut self) {
        *self = Self::default();
    }

    /// O(one-way partitions × log nodes).
    pub(crate) fn is_open(&self, from: usize, to: usize) -> bool {
        self.group(from) == self.group(to) && !self.blocks.iter().any(|block| block.stops(from, to))
    }

    /// Nodes that joined after the partition belong to no named group.
    fn group(&self, node: usize) -> usize {
        self.groups.get(node).copied().unwrap_or(REST)
    }
}

/// The group of the nodes that no group names.
const REST: usize = usize::MAX;

impl Block {
    fn stops(&self, from: usize, to: usize) -> bool {
        self.from.binary_search(&from).is_ok() && self.to.binary_search(&to).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn partitions_go_both_ways_and_blocks_one_way() {
        let mut links = Links::default();
        links.partition(5, &[&[0, 1], &[2]]);
        assert!(links.is_open(0, 1) && links.is_open(3, 4));
        assert!(!links.is_open(1, 2) && !links.is_open(2, 1) && !links.is_open(4, 0));
        assert!(links.is_open(9, 3), "a node that joined later belongs to the rest");

        links.heal();
        links.block(&[3, 0], &[1, 2]);
        assert!(!links.is_open(0, 2) && links.is_open(2, 0) && links.is_open(0, 3));
    }
}
