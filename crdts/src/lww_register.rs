//! A register of which the last write is read.
//!
//! *Clocks differ: which of two writes is the last?* A write that has seen
//! another is the later one, whatever their clocks say: it replaces all that it
//! has seen. Timestamps choose only among concurrent writes, of which none has
//! seen the other, and of equal timestamps the higher replica id wins.
//!
//! A concurrent history, with the time of each write:
//!
//! ```text
//! both: "a" @9
//! r1: writes "b" @5  ⟵ merge ⟶  "c"   then r1 writes "d" @6 → "d" on both
//! r2: writes "c" @7  ⟵ merge ⟶  "c"
//! ```
//!
//! "b" and "c" replace "a" although their clocks are behind; "d" has seen both.
//!
//! **Cost**, for c concurrent writes: reading and writing O(c), whatever the
//! number of writers that ever wrote. A write costs its value and a timestamp;
//! what is replaced leaves nothing behind.
//!
//! **Anomalies.** Of concurrent writes all but one are never read: take an
//! [`MvRegister`](crate::MvRegister) where each matters. A replica whose clock is
//! ahead wins against the others, but only where neither has seen the other: the
//! next write that has seen its value replaces it. A peer's timestamp never moves
//! the clock of this replica, so a hostile time in the far future does no more
//! than that.
//!
//! References: Johnson and Thomas, *Maintenance of duplicate databases*, RFC
//! 677, 1975; Shapiro, Preguiça, Baquero and Zawirski, INRIA RR-7506, 2011,
//! section 3.2.1 (LWW-Register), where a timestamp decides between any two
//! writes; Kulkarni et al., *Logical physical clocks*, OPODIS 2014 (the
//! timestamps); DeCandia et al., *Dynamo*, SOSP 2007, section 4.4 (the last
//! write among concurrent versions only).
//!
//! ```
//! use gossiper_core::{Replica, ReplicaConfig, ReplicaId};
//! use gossiper_crdts::LwwRegister;
//!
//! let config = ReplicaConfig::default();
//! let mut volume = Replica::<LwwRegister<f64>>::new(ReplicaId::new(1), config);
//! volume.transact(|volume| {
//!     volume.set(0.5);
//!     assert_eq!(volume.get(), Some(&0.5));
//!     Ok(())
//! })?;
//! assert_eq!(volume.state().get(), Some(&0.5));
//! # Ok::<(), gossiper_core::TransactError>(())
//! ```

use core::fmt;

use gossiper_core::causal::{DotMap, Recording};
use gossiper_core::lattice::{Dot, Schema, Timestamp};

use crate::leaf::leaf;

/// A register of which the last write is read.
///
/// [The module](self) tells which write is the last. It is changed in a
/// transaction, by an [`LwwRegisterRecorder`].
#[derive(Clone, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(transparent))]
pub struct LwwRegister<T> {
    atoms: DotMap<(Timestamp, T)>,
}

impl<T> LwwRegister<T> {
    /// The last write's value; `None` before the first write.
    #[must_use]
    pub fn get(&self) -> Option<&T> {
        last(self.atoms.iter()).map(|(_, value)| value)
    }

    /// When the last write was made, by the clock of its writer.
    #[must_use]
    pub fn timestamp(&self) -> Option<Timestamp> {
        last(self.atoms.iter()).map(|(timestamp, _)| *timestamp)
    }

    /// The values of all writes that no write has replaced, in order of their
    /// dots: the last one, and those that were made at the same time.
    pub fn concurrent(&self) -> impl Iterator<Item = &T> {
        self.atoms.values().map(|(_, value)| value)
    }
}

/// Of concurrent writes the last: by timestamp, then by replica id.
fn last<'a, T: 'a>(
    writes: impl Iterator<Item = (Dot, &'a (Timestamp, T))>,
) -> Option<&'a (Timestamp, T)> {
    writes.max_by_key(|(dot, (timestamp, _))| (*timestamp, *dot)).map(|(_, write)| write)
}

leaf! {
    impl[T: Clone + 'static] LwwRegister<T>;
    atom = (Timestamp, T);
    recorder = LwwRegisterRecorder[, T];
    schema = Schema::named("gossiper.LwwRegister").with(Schema::of_type::<T>());
}

/// Changes an [`LwwRegister`] in a transaction.
pub struct LwwRegisterRecorder<'a, T: Clone + 'static>(Recording<'a, LwwRegister<T>>);

impl<T: Clone + 'static> LwwRegisterRecorder<'_, T> {
    /// Writes `value` in the place of all that is seen here.
    pub fn set(&mut self, value: T) {
        let timestamp = self.0.timestamp();
        self.0.clear();
        self.0.add((timestamp, value));
    }

    /// Takes away all that is seen here; a concurrent write stays.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// The last write's value.
    #[must_use]
    pub fn get(&self) -> Option<&T> {
        last(self.0.atoms()).map(|(_, value)| value)
    }
}

// By hand: deriving would ask for `T: Default`.
impl<T> Default for LwwRegister<T> {
    fn default() -> Self {
        Self { atoms: DotMap::new() }
    }
}

/// Reads as `Some("c")`, or `Some("c") over ["b"]` after concurrent writes.
impl<T: fmt::Debug> fmt::Debug for LwwRegister<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.get().fmt(f)?;
        if self.atoms.len() > 1 {
            f.write_str(" over ")?;
            let read = last(self.atoms.iter());
            let others = self
                .atoms
                .values()
                .filter(|own| !read.is_some_and(|read| core::ptr::eq(read, *own)));
            f.debug_list().entries(others.map(|(_, value)| value)).finish()?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use alloc::format;

    use gossiper_core::causal::{Causal, CausalDelta};
    use gossiper_core::lattice::{HybridClock, PhysicalTime, ReplicaId, Replicated, UpdateContext};

    use super::*;

    type Register = Causal<LwwRegister<f64>>;

    /// A context whose clock says `millis`.
    fn at(replica: u64, before: u64, millis: u64) -> UpdateContext {
        let now = PhysicalTime::from_unix_millis(millis);
        UpdateContext::new(ReplicaId::new(replica), before, HybridClock::default(), now).unwrap()
    }

    fn set(register: &mut Register, mut ctx: UpdateContext, value: f64) -> Delta {
        let set = |register: &mut LwwRegisterRecorder<'_, f64>| {
            register.set(value);
            Ok(())
        };
        register.transact(&mut ctx, set).unwrap()
    }

    type Delta = CausalDelta<LwwRegister<f64>>;

    #[test]
    fn a_write_replaces_what_it_has_seen_whatever_its_timestamp() {
        let mut register = Register::default();
        set(&mut register, at(1, 0, 9), 1.0);
        set(&mut register, at(2, 0, 5), 2.0);
        assert_eq!((register.get(), register.concurrent().count()), (Some(&2.0), 1));
        assert_eq!(register.timestamp().unwrap().physical.as_unix_millis(), 5);
    }

    #[test]
    fn of_concurrent_writes_the_timestamp_decides_then_the_replica() {
        for (times, read) in [([7, 5], 1.0), ([5, 7], 2.0), ([5, 5], 2.0)] {
            let (mut a, mut b) = (Register::default(), Register::default());
            let from_a = set(&mut a, at(1, 0, times[0]), 1.0);
            let from_b = set(&mut b, at(2, 0, times[1]), 2.0);
            a.merge(from_b);
            b.merge(from_a);
            assert_eq!(a, b);
            assert_eq!((a.get(), a.concurrent().count()), (Some(&read), 2));
        }
    }

    #[test]
    fn a_far_future_wins_only_until_the_next_write_that_has_seen_it() {
        let (mut honest, mut hostile) = (Register::default(), Register::default());
        let forged = set(&mut hostile, at(2, 0, u64::MAX), 2.0);
        set(&mut honest, at(1, 0, 5), 1.0);
        honest.merge(forged.clone());
        assert_eq!(honest.get(), Some(&2.0));
        assert_eq!(format!("{:?}", *honest), "Some(2.0) over [1.0]");

        let later = set(&mut honest, at(1, 1, 6), 3.0);
        honest.merge(forged);
        hostile.merge(later);
        assert_eq!(honest, hostile);
        assert_eq!((honest.get(), format!("{:?}", *honest).as_str()), (Some(&3.0), "Some(3.0)"));
        // The clock went on from its own time, not from the peer's.
        assert_eq!(honest.timestamp().unwrap().physical.as_unix_millis(), 6);
    }

    #[test]
    fn a_transaction_reads_its_own_writes_and_leaves_one() {
        let mut register = Register::default();
        set(&mut register, at(1, 0, 5), 1.0);
        let mut ctx = at(1, 1, 6);
        let delta = register.transact(&mut ctx, |register| {
            register.set(2.0);
            assert_eq!(register.get(), Some(&2.0));
            register.clear();
            assert_eq!(register.get(), None);
            register.set(3.0);
            Ok(())
        });
        assert_eq!(delta.unwrap().fragment().len(), 1);
        assert_eq!(register.get(), Some(&3.0));
    }
}
