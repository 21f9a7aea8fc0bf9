//! Making the operations of a counterexample simpler, alone and together.
//!
//! *An addition and a removal of 200 break a law, and only because both say 200:
//! who makes them simpler?* One after the other fails, for then they differ. So
//! operations that have a value in common are made simpler in step: trees of the
//! same strategy take the same way down from the same value.

use std::collections::BTreeSet;
use std::fmt::Debug;

use crate::ops::OpTree;

/// The operations of a draft, by number, each as simple as it has become.
///
/// A proptest tree cannot be copied, and a search that fails leaves it spent. So
/// the trees are made afresh for each search, and led to where they were.
pub(crate) struct Values<'a, O> {
    make: Box<dyn Fn() -> Vec<OpTree<O>> + 'a>,
    /// What led each tree to its value.
    paths: Vec<Vec<Move>>,
    now: Vec<O>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Move {
    Simplify,
    Complicate,
}

impl<'a, O: Clone + Debug + 'static> Values<'a, O> {
    /// `make` makes the trees of all operations, the same each time.
    pub(crate) fn new(make: impl Fn() -> Vec<OpTree<O>> + 'a) -> Self {
        let now: Vec<O> = make().iter().map(|tree| tree.current()).collect();
        Self { make: Box::new(make), paths: vec![Vec::new(); now.len()], now }
    }

    /// The operations as they are now.
    pub(crate) fn now(&self) -> &[O] {
        &self.now
    }

    /// Makes the operations `used` as simple as `breaks` allows; whether that
    /// changed any.
    pub(crate) fn simplify(
        &mut self,
        used: &[usize],
        mut breaks: impl FnMut(&[O]) -> bool,
    ) -> bool {
        let mut simpler = false;
        for group in self.groups(used) {
            simpler |= self.simplify_group(&group, &mut breaks);
        }
        simpler
    }

    /// What may have to change together: all that name a value, any two that do,
    /// and each by itself.
    fn groups(&self, used: &[usize]) -> Vec<Vec<usize>> {
        let words: Vec<(usize, BTreeSet<String>)> =
            used.iter().map(|op| (*op, words(&self.now[*op]))).collect();
        let all: BTreeSet<&String> = words.iter().flat_map(|(_, words)| words).collect();
        let mut groups: Vec<Vec<usize>> = Vec::new();
        for word in all {
            let named = words.iter().filter(|(_, words)| words.contains(word));
            groups.push(named.map(|(op, _)| *op).collect());
        }
        for (i, (a, own)) in words.iter().enumerate() {
            for (b, other) in &words[..i] {
                if !own.is_disjoint(other) {
                    groups.push(vec![*b, *a]);
                }
            }
        }
        groups.retain(|group| group.len() > 1);
        groups.sort_by_key(|group| std::cmp::Reverse(group.len()));
        groups.dedup();
        groups.extend(used.iter().map(|op| vec![*op]));
        groups
    }

    /// Searches on from where the last search of these operations ended. What
    /// failed then may do now that others have changed, and a tree forgets what
    /// it has ruled out in no other way: so from the beginning too.
    fn simplify_group(&mut self, group: &[usize], breaks: &mut impl FnMut(&[O]) -> bool) -> bool {
        let on = self.search(group, breaks);
        let down = self.descend(group, breaks);
        if down {
            self.search(group, breaks);
        }
        on || down
    }

    /// The trees of a group, as they are made.
    fn trees(&self, group: &[usize]) -> Vec<OpTree<O>> {
        let mut made: Vec<Option<OpTree<O>>> = (self.make)().into_iter().map(Some).collect();
        group.iter().filter_map(|op| made.get_mut(*op)?.take()).collect()
    }

    /// Goes straight down from the first values, and takes the simplest on the
    /// way that breaks the law, if it is simpler than what there was.
    fn descend(&mut self, group: &[usize], breaks: &mut impl FnMut(&[O]) -> bool) -> bool {
        let mut trees = self.trees(group);
        let mut paths = vec![Vec::new(); group.len()];
        let mut way = Vec::new();
        while way.len() < MAX_SIMPLER && all(&mut trees, &mut paths, Move::Simplify) {
            let values: Vec<O> = trees.iter().map(|tree| tree.current()).collect();
            way.push((values, paths.clone()));
        }
        for (values, paths) in way.into_iter().rev() {
            let mut next = self.now.clone();
            for (op, value) in group.iter().zip(values) {
                next[*op] = value;
            }
            if size(next.iter()) >= size(self.now.iter()) {
                continue;
            }
            if breaks(&next) {
                self.now = next;
                for (op, path) in group.iter().zip(paths) {
                    self.paths[*op] = path;
                }
                return true;
            }
        }
        false
    }

    /// The search of proptest, with all trees of a group in step. What it comes
    /// by is taken if it is simpler than what there was.
    fn search(&mut self, group: &[usize], breaks: &mut impl FnMut(&[O]) -> bool) -> bool {
        let mut paths: Vec<Vec<Move>> = group.iter().map(|op| self.paths[*op].clone()).collect();
        let mut trees = self.trees(group);
        for (tree, path) in trees.iter_mut().zip(&paths) {
            for step in path {
                apply(tree, *step);
            }
        }
        let mut simplified = false;
        // A tree may go on for ever between values that are as simple.
        for _ in 0..MAX_SIMPLER {
            if !all(&mut trees, &mut paths, Move::Simplify) {
                break;
            }
            let mut broke = self.try_values(group, &trees, breaks);
            while !broke && all(&mut trees, &mut paths, Move::Complicate) {
                broke = self.try_values(group, &trees, breaks);
            }
            if !broke {
                break;
            }
            let values: Vec<O> = trees.iter().map(|tree| tree.current()).collect();
            let now = group.iter().map(|op| &self.now[*op]);
            if size(values.iter()) < size(now) {
                simplified = true;
                for ((op, value), path) in group.iter().zip(values).zip(&paths) {
                    self.now[*op] = value;
                    self.paths[*op].clone_from(path);
                }
            }
        }
        simplified
    }

    fn try_values(
        &self,
        group: &[usize],
        trees: &[OpTree<O>],
        breaks: &mut impl FnMut(&[O]) -> bool,
    ) -> bool {
        let mut values = self.now.clone();
        for (op, tree) in group.iter().zip(trees) {
            values[*op] = tree.current();
        }
        // Back where it was, and on to the next part of the value.
        let same = size(values.iter()) == size(self.now.iter());
        same || breaks(&values)
    }
}

/// How simple operations are: the shorter they show, and the earlier in order,
/// the simpler.
fn size<'o, O: Debug + 'o>(ops: impl Iterator<Item = &'o O>) -> (usize, String) {
    let shown: String = ops.map(|op| format!("{op:?};")).collect();
    (shown.chars().count(), shown)
}

/// Steps of one search, at most.
const MAX_SIMPLER: usize = 256;

fn apply<O: Debug>(tree: &mut OpTree<O>, step: Move) -> bool {
    match step {
        Move::Simplify => tree.simplify(),
        Move::Complicate => tree.complicate(),
    }
}

/// Moves all trees; whether any moved.
fn all<O: Debug>(trees: &mut [OpTree<O>], paths: &mut [Vec<Move>], step: Move) -> bool {
    let mut moved = false;
    for (tree, path) in trees.iter_mut().zip(paths) {
        if apply(tree, step) {
            path.push(step);
            moved = true;
        }
    }
    moved
}

/// The values that an operation shows: its words without its own name.
pub(crate) fn words<O: Debug>(op: &O) -> BTreeSet<String> {
    let shown = format!("{op:?}");
    let words = shown.split(|c: char| !(c.is_alphanumeric() || "_-.".contains(c)));
    let values = words.filter(|word| !word.is_empty()).enumerate();
    let name = |place, word: &str| place == 0 && word.starts_with(char::is_alphabetic);
    values.filter(|(place, word)| !name(*place, word)).map(|(_, word)| word.to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::ops::{OpSource, runner};

    #[derive(Clone, Debug, PartialEq)]
    enum Op {
        Add(u32),
        Remove(u32),
    }

    /// Two operations with the same value, and one with another.
    fn values() -> Values<'static, Op> {
        let tree = |make: fn(u32) -> Op, seed| {
            OpSource::generate(&(100..900_u32).prop_map(make), &mut runner(seed))
        };
        Values::new(move || vec![tree(Op::Add, 7), tree(Op::Remove, 7), tree(Op::Add, 8)])
    }

    #[test]
    fn values_that_must_stay_equal_become_simple_together() {
        let mut values = values();
        let breaks = |ops: &[Op]| match ops {
            [Op::Add(a), Op::Remove(b), _] => a == b && *a >= 123,
            _ => false,
        };
        assert!(breaks(values.now()), "{:?}", values.now());
        while values.simplify(&[0, 1, 2], breaks) {}
        assert_eq!(values.now(), [Op::Add(123), Op::Remove(123), Op::Add(100)]);
    }

    /// A part that is as simple as it may be does not end the search.
    #[test]
    fn every_part_of_an_operation_becomes_simple() {
        let strategy = (0..100_u32, 0..100_u32, 0..100_u32);
        let tree = || OpSource::generate(&strategy, &mut runner(3));
        let mut values = Values::new(move || vec![tree(), tree()]);
        let first = values.now()[0].0;
        assert!(first > 0 && values.now()[0].1 > 7);
        let breaks = |ops: &[(u32, u32, u32)]| ops[0].0 == first && ops[0].1 >= 7;
        while values.simplify(&[0, 1], breaks) {}
        assert_eq!(values.now(), [(first, 7, 0), (0, 0, 0)]);
    }

    #[test]
    fn a_search_that_fails_does_not_spend_the_tree() {
        let mut values = values();
        assert!(!values.simplify(&[0, 1, 2], |_| false));
        while values.simplify(&[0, 1, 2], |_| true) {}
        assert_eq!(values.now(), [Op::Add(100), Op::Remove(100), Op::Add(100)]);
    }
}
