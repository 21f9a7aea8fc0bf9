//! The same laws with operations from `quickcheck`, for those who use it.

use gossiper_check::{Operation, Seen, arbitrary, check};
use gossiper_core::{Delta, UpdateContext};
use gossiper_crdts::GCounter;
use quickcheck::{Arbitrary, Gen, TestResult, quickcheck};

/// Counts so many more; shrinks as its number does.
#[derive(Clone, Debug)]
struct Add(u64);

impl Arbitrary for Add {
    fn arbitrary(source: &mut Gen) -> Self {
        Self(u64::from(u16::arbitrary(source)))
    }

    fn shrink(&self) -> Box<dyn Iterator<Item = Self>> {
        Box::new(self.0.shrink().map(Self))
    }
}

impl Operation<GCounter> for Add {
    fn apply(&self, counter: &GCounter, ctx: &mut UpdateContext) -> Option<Delta<GCounter>> {
        counter.increment(ctx.replica(), self.0).ok()
    }
}

fn total(seen: &Seen<'_, Add>) -> u128 {
    seen.iter().map(|one| u128::from(one.op().0)).sum()
}

check!(GCounter, ops = arbitrary::<Add>(), with_model(GCounter::value, total));

quickcheck! {
    /// A plain property beside the laws: no increment is lost or counted twice,
    /// in whatever order two writers hear of each other.
    fn two_writers_count_everything(a: Vec<Add>, b: Vec<Add>) -> TestResult {
        use gossiper_core::{ReplicaId, Replicated as _};

        let count = |writer: u64, ops: &[Add]| {
            let mut counter = GCounter::default();
            for Add(by) in ops {
                let Ok(delta) = counter.increment(ReplicaId::new(writer), *by) else { break };
                counter.merge(delta);
            }
            counter
        };
        let (mut left, right) = (count(1, &a), count(2, &b));
        if let Some(delta) = right.delta(&left.digest()) {
            left.merge(delta);
        }
        let sum = a.iter().chain(&b).map(|Add(by)| u128::from(*by)).sum::<u128>();
        TestResult::from_bool(left.value() == sum)
    }
}
