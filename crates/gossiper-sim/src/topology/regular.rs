//! Connected random graphs in which every node has equally many neighbours.

use gossiper_core::{DeterministicRng, RandomSource};

/// Whether a connected graph of `nodes` nodes gives each of them `degree`
/// neighbours.
pub(super) const fn is_possible(nodes: usize, degree: usize) -> bool {
    degree < nodes
        && (nodes.is_multiple_of(2) || degree.is_multiple_of(2))
        && (degree >= 2 || degree + 1 == nodes)
}

/// The neighbours of each node in ascending order. Where no such graph is
/// possible, the nearest that is: if all degrees cannot be equal, one node has
/// one neighbour fewer.
///
/// O(nodes × degree²).
pub(super) fn draw(nodes: usize, degree: usize, rng: &mut DeterministicRng) -> Vec<Vec<usize>> {
    let Some(greatest) = nodes.checked_sub(1) else { return Vec::new() };
    let degree = degree.clamp(greatest.min(2), greatest);
    let mut graph = Graph { neighbours: vec![Vec::with_capacity(degree); nodes] };

    // A random cycle through all nodes, and the chords of a circulant graph on
    // it, whose ends are then changed at random.
    let mut cycle: Vec<usize> = (0..nodes).collect();
    for place in (1..nodes).rev() {
        cycle.swap(place, pick(rng, place + 1));
    }
    let mut chords = Vec::new();
    for step in 1..=degree / 2 {
        for place in 0..nodes {
            let ends = (cycle[place], cycle[(place + step) % nodes]);
            graph.connect(ends);
            chords.extend((step > 1).then_some(ends));
        }
    }
    if degree % 2 == 1 {
        let half = nodes / 2;
        for place in 0..half {
            let ends = (cycle[place], cycle[place + half]);
            graph.connect(ends);
            chords.push(ends);
        }
    }
    for _ in 0..chords.len() * EXCHANGES {
        let (one, other) = (pick(rng, chords.len()), pick(rng, chords.len()));
        let ((a, b), (c, d)) = (chords[one], chords[other]);
        // Chords have no direction; without this, an end would stay one of its kind.
        let (c, d) = if rng.below(2) == 0 { (c, d) } else { (d, c) };
        if graph.may_connect(a, d) && graph.may_connect(c, b) {
            graph.disconnect((a, b));
            graph.disconnect((c, d));
            (chords[one], chords[other]) = ((a, d), (c, b));
            graph.connect((a, d));
            graph.connect((c, b));
        }
    }
    for neighbours in &mut graph.neighbours {
        neighbours.sort_unstable();
    }
    graph.neighbours
}

/// Attempts to exchange ends, for each chord. A guess: after a few nothing is
/// left of the circulant graph.
const EXCHANGES: usize = 10;

fn pick(rng: &mut DeterministicRng, among: usize) -> usize {
    rng.below(among as u64) as usize
}

struct Graph {
    neighbours: Vec<Vec<usize>>,
}

impl Graph {
    fn may_connect(&self, a: usize, b: usize) -> bool {
        a != b && !self.neighbours[a].contains(&b)
    }

    fn connect(&mut self, (a, b): (usize, usize)) {
        self.neighbours[a].push(b);
        self.neighbours[b].push(a);
    }

    fn disconnect(&mut self, (a, b): (usize, usize)) {
        self.neighbours[a].retain(|other| *other != b);
        self.neighbours[b].retain(|other| *other != a);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many nodes are reached from the first one.
    fn reached(graph: &[Vec<usize>]) -> usize {
        let mut seen = vec![false; graph.len()];
        let mut open = vec![0];
        seen[0] = true;
        while let Some(node) = open.pop() {
            for next in &graph[node] {
                if !std::mem::replace(&mut seen[*next], true) {
                    open.push(*next);
                }
            }
        }
        seen.into_iter().filter(|seen| *seen).count()
    }

    /// The degrees of a simple connected graph; fails if it is none.
    fn degrees(nodes: usize, degree: usize, seed: u64) -> Vec<usize> {
        let graph = draw(nodes, degree, &mut DeterministicRng::new(seed));
        assert_eq!(reached(&graph), nodes, "{nodes} nodes, degree {degree}, seed {seed}");
        for (node, neighbours) in graph.iter().enumerate() {
            assert!(neighbours.is_sorted_by(|a, b| a < b), "{neighbours:?}");
            assert!(neighbours.iter().all(|other| *other != node && graph[*other].contains(&node)));
        }
        graph.iter().map(Vec::len).collect()
    }

    /// All small sizes, possible or not.
    #[test]
    fn graphs_are_simple_connected_and_as_regular_as_can_be() {
        for (nodes, degree) in (1..14).flat_map(|nodes| (0..16).map(move |degree| (nodes, degree)))
        {
            for seed in 0..4 {
                let degrees = degrees(nodes, degree, seed);
                let wanted = degree.clamp((nodes - 1).min(2), nodes - 1);
                let fewer = degrees.iter().filter(|degree| **degree != wanted).count();
                assert_eq!(fewer, nodes * wanted % 2, "{nodes} nodes, degree {degree}");
                assert!(degrees.iter().all(|degree| degree + fewer >= wanted));
                if is_possible(nodes, degree) {
                    assert_eq!(degrees, vec![degree; nodes]);
                }
            }
        }
    }

    #[test]
    fn what_is_impossible_is_known() {
        let possible = |nodes| (0..9).filter(|degree| is_possible(nodes, *degree)).collect();
        let by_nodes: [Vec<usize>; 6] = std::array::from_fn(possible);
        assert_eq!(by_nodes, [vec![], vec![0], vec![1], vec![2], vec![2, 3], vec![2, 4]]);
    }

    /// In a circulant graph of 1,000 nodes and degree 4 the farthest node is 250
    /// steps away; in a random one, about ln 1000 / ln 3 = 6.3 and a few more.
    #[test]
    fn chords_lead_anywhere() {
        let graph = draw(1_000, 4, &mut DeterministicRng::new(7));
        let mut distance = vec![usize::MAX; 1_000];
        distance[0] = 0;
        let mut open = std::collections::VecDeque::from([0]);
        while let Some(node) = open.pop_front() {
            for next in &graph[node] {
                if distance[*next] == usize::MAX {
                    distance[*next] = distance[node] + 1;
                    open.push_back(*next);
                }
            }
        }
        assert!(distance.iter().all(|distance| *distance <= 12), "{:?}", distance.iter().max());
        assert_ne!(graph, draw(1_000, 4, &mut DeterministicRng::new(8)));
    }
}
