//! Where operations come from: proptest strategies and quickcheck's Arbitrary.

use std::fmt::Debug;

use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

/// One operation with the simpler ones that it can be shrunk to.
pub type OpTree<O> = Box<dyn ValueTree<Value = O>>;

/// Makes random operations that can be shrunk.
///
/// Every proptest strategy is one; [`arbitrary`] makes one of a quickcheck
/// `Arbitrary`.
pub trait OpSource<O> {
    /// A random operation. The same runner state gives the same operation.
    fn generate(&self, runner: &mut TestRunner) -> OpTree<O>;
}

impl<O, T> OpSource<O> for T
where
    O: Debug,
    T: Strategy<Value = O>,
    T::Tree: 'static,
{
    fn generate(&self, runner: &mut TestRunner) -> OpTree<O> {
        match self.new_tree(runner) {
            Ok(tree) => Box::new(tree),
            Err(reason) => panic!("the strategy made no operation: {reason}"),
        }
    }
}

/// A runner whose draws depend on `seed` alone.
pub(crate) fn runner(seed: u64) -> TestRunner {
    let mut key = [0; 32];
    key[..8].copy_from_slice(&seed.to_le_bytes());
    TestRunner::new_with_rng(Config::default(), TestRng::from_seed(RngAlgorithm::ChaCha, &key))
}

/// Operations from a quickcheck `Arbitrary`.
pub fn arbitrary<O: quickcheck::Arbitrary + Debug>() -> impl Strategy<Value = O> {
    Arbitrary(std::marker::PhantomData::<fn() -> O>)
}

#[derive(Debug)]
struct Arbitrary<O>(std::marker::PhantomData<fn() -> O>);

/// How large quickcheck's values may be: its own default.
const QUICKCHECK_SIZE: usize = 100;

impl<O: quickcheck::Arbitrary + Debug> Strategy for Arbitrary<O> {
    type Tree = ArbitraryTree<O>;
    type Value = O;

    fn new_tree(
        &self,
        runner: &mut TestRunner,
    ) -> Result<Self::Tree, proptest::test_runner::Reason> {
        use proptest::prelude::Rng as _;
        let mut source =
            quickcheck::Gen::from_size_and_seed(QUICKCHECK_SIZE, runner.rng().next_u64());
        Ok(ArbitraryTree { current: O::arbitrary(&mut source), previous: None, simpler: None })
    }
}

/// quickcheck's shrinking behind proptest's interface.
struct ArbitraryTree<O> {
    current: O,
    previous: Option<O>,
    /// What is left to try of the values simpler than `previous`.
    simpler: Option<Box<dyn Iterator<Item = O>>>,
}

impl<O: Debug> Debug for ArbitraryTree<O> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.current.fmt(f)
    }
}

impl<O: quickcheck::Arbitrary + Debug> ValueTree for ArbitraryTree<O> {
    type Value = O;

    fn current(&self) -> O {
        self.current.clone()
    }

    fn simplify(&mut self) -> bool {
        let mut simpler = self.current.shrink();
        let Some(next) = simpler.next() else { return false };
        self.previous = Some(std::mem::replace(&mut self.current, next));
        self.simpler = Some(simpler);
        true
    }

    fn complicate(&mut self) -> bool {
        let Some(previous) = self.previous.clone() else { return false };
        match self.simpler.as_mut().and_then(Iterator::next) {
            Some(next) => {
                self.current = next;
                true
            }
            None => {
                self.current = previous;
                self.previous = None;
                false
            }
        }
    }
}
