//! A word over a set of dots.

use core::fmt;

use super::super::{CausalContext, Run};
use super::FingerprintKey;

/// A word over a set of dots, kept up to date as dots come and go.
///
/// The word of the run from `first` to `last` of a writer is `h(last) −
/// h(first − 1)`, for a keyed hash `h` of writer and sequence number, and that of
/// a set is the sum over its runs. So the words of disjoint sets add up, however
/// the set is cut into runs: what comes and what goes is all that need be
/// known, and a run of a million dots costs what one dot does, two hashes.
///
/// A writer's next dots mostly follow on its last ones. They are gathered, and
/// hashed when others come.
///
/// ```
/// use gossiper_core::lattice::{DotWord, Run};
/// use gossiper_core::{CausalContext, Dot, FingerprintKey, ReplicaId};
///
/// let key = FingerprintKey::default();
/// let run = |first, last| {
///     Run::new(Dot::new(ReplicaId::new(1), first).unwrap(), last).unwrap()
/// };
/// let mut word = DotWord::new(key);
/// word.add(run(1, 5));
/// word.add(run(6, 9));
/// word.remove(run(3, 4));
/// let set = CausalContext::from_iter([run(1, 2), run(5, 9)]);
/// assert_eq!(word.value(), DotWord::of(key, &set).value());
/// ```
#[derive(Clone)]
pub struct DotWord {
    key: FingerprintKey,
    sum: u128,
    /// Came last, and is not in the sum yet.
    gathered: Option<Run>,
}

impl DotWord {
    /// The word over no dots.
    #[must_use]
    pub const fn new(key: FingerprintKey) -> Self {
        Self { key, sum: 0, gathered: None }
    }

    /// The word over a set. O(runs).
    #[must_use]
    pub fn of(key: FingerprintKey, dots: &CausalContext) -> Self {
        let mut word = Self::new(key);
        dots.runs().for_each(|run| word.add(run));
        word
    }

    /// The key that it is made with.
    #[must_use]
    pub const fn key(&self) -> FingerprintKey {
        self.key
    }

    /// The word. O(1), two hashes.
    #[must_use]
    pub fn value(&self) -> u128 {
        self.gathered.map_or(self.sum, |run| self.sum.wrapping_add(self.hash(run)))
    }

    /// Dots that were not in the set are in it from now on. O(1): two hashes, or
    /// none where they follow on those before.
    pub fn add(&mut self, run: Run) {
        if !self.gathered.as_mut().is_some_and(|gathered| gathered.extend(run)) {
            self.sum = self.value();
            self.gathered = Some(run);
        }
    }

    /// Dots that were in the set are in it no more. O(1), two hashes.
    pub fn remove(&mut self, run: Run) {
        self.sum = self.sum.wrapping_sub(self.hash(run));
    }

    fn hash(&self, run: Run) -> u128 {
        let [last, before] = [run.last(), run.first() - 1].map(|sequence| {
            let mut bytes = [0; 16];
            bytes[..8].copy_from_slice(&run.replica().as_u64().to_le_bytes());
            bytes[8..].copy_from_slice(&sequence.to_le_bytes());
            self.key.hash_bytes(&bytes)
        });
        last.wrapping_sub(before)
    }
}

impl fmt::Debug for DotWord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.value())
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::{Dot, ReplicaId};
    use super::*;
    use crate::random::{DeterministicRng, RandomSource};

    fn dot(replica: u64, sequence: u64) -> Dot {
        Dot::new(ReplicaId::new(replica), sequence).unwrap()
    }

    /// Whatever the order of additions and removals, the word is that of the
    /// set; and another set has another word.
    #[test]
    fn the_word_is_that_of_the_set() {
        let mut rng = DeterministicRng::new(3);
        let key = FingerprintKey::new(*b"0123456789abcdef");
        for _ in 0..200 {
            let (mut word, mut set) = (DotWord::new(key), CausalContext::new());
            for _ in 0..rng.below(30) {
                let first = 1 + rng.below(40);
                let run = Run::new(dot(1 + rng.below(3), first), first + rng.below(4)).unwrap();
                let run = CausalContext::from(run);
                if rng.below(3) > 0 {
                    run.difference(&set).runs().for_each(|run| word.add(run));
                    set.join(&run);
                } else {
                    run.intersection(&set).runs().for_each(|run| word.remove(run));
                    set = set.difference(&run);
                }
            }
            assert_eq!(word.value(), DotWord::of(key, &set).value(), "{set:?}");
            set.insert(dot(9, 1));
            assert_ne!(word.value(), DotWord::of(key, &set).value());
        }
    }

    #[test]
    fn the_first_and_the_last_number_have_words() {
        let key = FingerprintKey::default();
        let all = CausalContext::from(Run::new(dot(1, 1), u64::MAX).unwrap());
        let last = CausalContext::from(Run::from(dot(1, u64::MAX)));
        let mut word = DotWord::of(key, &last);
        all.difference(&last).runs().for_each(|run| word.add(run));
        assert_eq!(word.value(), DotWord::of(key, &all).value());
        assert_ne!(DotWord::of(key, &last).value(), DotWord::of(key, &all).value());
    }
}
