//! A counter that goes up and down, and can be reset.
//!
//! *A counter stands in a map at 15. One replica removes its key, and at the same
//! time another adds 1. What is left?* The removal takes away what it has seen,
//! 15, and not what it has not seen: 1 is left. A counter of one total for each
//! writer cannot tell: where the addition replaces the total 15 by 16, the
//! removal of 15 finds nothing to take, and 16 is left.
//!
//! So every amount that was added is an atom with a dot of its own, and the value
//! is the sum of those that are live. A writer that has many of them folds the
//! older half into its next one, so that a counter stays small.
//!
//! A concurrent history:
//!
//! ```text
//! both: 15 by r1#1
//! r1: adds 1       → 15 by r1#1, 1 by r1#2         ⟵ merge ⟶  1
//! r2: removes all  → claims r1#1, nothing live     ⟵ merge ⟶  1
//! ```
//!
//! **Cost**, for w writers: at most 16 atoms a writer. `value` O(w), adding
//! O(log w), whatever was added before.
//!
//! **Anomalies.** What was folded has a new dot. A removal at the same time that
//! has seen the folded amounts, and not the fold, leaves them: this takes eight
//! additions or more by one writer that the removal has not seen, and then keeps
//! up to sixteen amounts that it has. Nothing that was added is ever lost by it.
//! Folding only what all replicas have seen would avoid that, and let counters
//! grow without bound in a partition.
//!
//! References: Shapiro, Preguiça, Baquero and Zawirski, INRIA RR-7506, 2011,
//! section 3.1.3 (PN-Counter); Baquero, Almeida and Lerche, *The problem with
//! embedded CRDT counters and a solution*, PaPoC 2016; Weidner and Almeida, *An
//! oblivious observed-reset embeddable replicated counter*, PaPoC 2022 (the
//! semantics, there for messages that are delivered once and in order).
//!
//! ```
//! use gossiper_core::{Replica, ReplicaConfig, ReplicaId};
//! use gossiper_crdts::PnCounter;
//!
//! let config = ReplicaConfig::default();
//! let mut stock = Replica::<PnCounter>::new(ReplicaId::new(1), config);
//! stock.transact(|stock| {
//!     stock.add(12)?;
//!     stock.add(-5)?;
//!     Ok(())
//! })?;
//! assert_eq!(stock.state().value(), 7);
//! # Ok::<(), gossiper_core::TransactError>(())
//! ```

use alloc::vec::Vec;
use core::fmt;

use gossiper_core::causal::{DotMap, Recording};
use gossiper_core::lattice::{CausalContext, Dot, ReplicaId, Run, Schema};
use thiserror::Error;

use crate::leaf::leaf;

/// A counter that goes up and down, and can be reset: alone, in a struct, or as
/// the value of an [`OrMap`](crate::OrMap).
///
/// [The module](self) tells how. It is changed in a transaction, by a
/// [`PnCounterRecorder`].
#[derive(Clone, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(transparent))]
pub struct PnCounter {
    atoms: DotMap<i64>,
}

/// A writer with so many atoms folds the older half.
const FOLDED_AT: usize = 16;

impl PnCounter {
    /// The sum of all that was added and not reset, which cannot overflow. O(w).
    #[must_use]
    pub fn value(&self) -> i128 {
        self.atoms.values().copied().map(i128::from).sum()
    }

    /// The live amounts of a writer, oldest first. O(log w).
    fn of(&self, writer: ReplicaId) -> Vec<(Dot, i64)> {
        let all = Dot::new(writer, 1).and_then(|first| Run::new(first, u64::MAX));
        let mut own = Vec::new();
        let all: CausalContext = all.into_iter().collect();
        self.atoms.for_each_in(&all, |dot, amount| own.push((dot, *amount)));
        own
    }
}

leaf! {
    impl[] PnCounter;
    atom = i64;
    recorder = PnCounterRecorder[];
    schema = Schema::named("gossiper.PnCounter");
}

/// Changes a [`PnCounter`] in a transaction.
pub struct PnCounterRecorder<'a>(Recording<'a, PnCounter>);

impl PnCounterRecorder<'_> {
    /// Adds `by`, which may be negative. O(log w).
    ///
    /// # Errors
    ///
    /// [`AmountOverflow`] when the amounts that are kept as one would leave the
    /// range of `i64`; nothing is recorded.
    pub fn add(&mut self, by: i64) -> Result<(), AmountOverflow> {
        if by == 0 {
            return Ok(());
        }
        // What this transaction has added already is one amount with it.
        let pending = self.0.pending().iter().next().map(|(dot, amount)| (dot, *amount));
        let mut amount = sum(by, pending.map(|(_, amount)| amount))?;
        let own = self.0.base().map(|base| base.of(self.0.replica())).unwrap_or_default();
        let live: Vec<_> = own.into_iter().filter(|(dot, _)| !self.0.is_retired(*dot)).collect();
        let folded = if live.len() >= FOLDED_AT { &live[..FOLDED_AT / 2] } else { &[] };
        amount = sum(amount, folded.iter().map(|(_, amount)| *amount))?;
        for (dot, _) in folded {
            self.0.retire(*dot);
        }
        match pending {
            Some((dot, _)) => {
                self.0.pending_mut().insert(dot, amount);
            }
            None => {
                self.0.add(amount);
            }
        }
        Ok(())
    }

    /// Takes away all that is seen here; what others add at the same time stays.
    pub fn reset(&mut self) {
        self.0.clear();
    }

    /// The value, with what was recorded. O(w).
    #[must_use]
    pub fn value(&self) -> i128 {
        self.0.atoms().map(|(_, amount)| i128::from(*amount)).sum()
    }
}

fn sum(by: i64, amounts: impl IntoIterator<Item = i64>) -> Result<i64, AmountOverflow> {
    amounts.into_iter().try_fold(by, |sum, amount| {
        sum.checked_add(amount).ok_or(AmountOverflow { amount: sum, by: amount })
    })
}

/// Why an amount was not added. Nothing was recorded.
///
/// One writer keeps amounts of its own that add up to more than an `i64` holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("amount {amount} plus {by} is outside of the range from {} to {}", i64::MIN, i64::MAX)]
#[non_exhaustive]
pub struct AmountOverflow {
    /// One amount.
    pub amount: i64,
    /// The other.
    pub by: i64,
}

/// Reads as `PnCounter(7)`.
impl fmt::Debug for PnCounter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PnCounter({})", self.value())
    }
}

#[cfg(test)]
mod tests {
    use gossiper_core::causal::{Causal, CausalDelta};
    use gossiper_core::{Replicated, UpdateContext};

    use super::*;

    type Counter = Causal<PnCounter>;

    fn add(counter: &mut Counter, ctx: &mut UpdateContext, by: i64) -> CausalDelta<PnCounter> {
        counter.transact(ctx, |counter| Ok(counter.add(by)?)).unwrap()
    }

    #[test]
    fn a_reset_takes_away_what_it_has_seen_and_nothing_else() {
        let mut ctx = [1, 2].map(|id| UpdateContext::of(ReplicaId::new(id)));
        let (mut a, mut b) = (Counter::default(), Counter::default());
        b.merge(add(&mut a, &mut ctx[0], 15));
        let one = add(&mut a, &mut ctx[0], 1);
        let reset = b.transact(&mut ctx[1], |counter| {
            counter.reset();
            assert_eq!(counter.value(), 0);
            Ok(())
        });
        a.merge(reset.unwrap());
        b.merge(one);
        assert_eq!((a.value(), b.value()), (1, 1));
        assert_eq!(a, b);
    }

    #[test]
    fn a_writers_amounts_are_folded_and_stay_few() {
        let mut ctx = UpdateContext::of(ReplicaId::new(1));
        let (mut a, mut b) = (Counter::default(), Counter::default());
        for n in 1..=1_000_i64 {
            b.merge(add(&mut a, &mut ctx, n));
            assert_eq!(a.value(), i128::from(n * (n + 1) / 2));
            assert!(a.atoms.len() <= FOLDED_AT, "{} atoms", a.atoms.len());
        }
        assert_eq!(a, b);
        assert_eq!(a.context().exceptions().count(), 0);
    }

    #[test]
    fn amounts_of_one_transaction_are_one() {
        let mut ctx = UpdateContext::of(ReplicaId::new(1));
        let mut counter = Counter::default();
        let delta = counter.transact(&mut ctx, |counter| {
            counter.add(i64::MAX)?;
            counter.add(-2)?;
            let refused = counter.add(3).unwrap_err();
            assert_eq!(refused, AmountOverflow { amount: 3, by: i64::MAX - 2 });
            counter.add(0)?;
            assert_eq!(counter.value(), i128::from(i64::MAX - 2));
            Ok(())
        });
        assert_eq!(delta.unwrap().fragment().len(), 1);
        assert_eq!(counter.value(), i128::from(i64::MAX - 2));
    }
}
