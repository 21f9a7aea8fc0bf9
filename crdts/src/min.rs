//! A register of the least value that was ever written.
//!
//! *Two replicas write at once: which value stands?* The lesser one, and so for
//! writes in sequence: a value is replaced by lesser ones only. The join is the
//! minimum: it is a [`Max`] under the reverse order. At first there is no value.
//!
//! A concurrent history:
//!
//! ```text
//! both: 5
//! r1: lowers to 3  ⟵ merge ⟶  2
//! r2: lowers to 2  ⟵ merge ⟶  2      then r1 lowers to 4 → 2 on both
//! ```
//!
//! **Cost**: state, digest and delta hold one value; all operations are one
//! comparison.
//!
//! **Anomalies.** It never goes up; for the order the same holds as in [`Max`].
//!
//! References: as for [`Max`](crate::max).
//!
//! ```
//! use gossiper_core::Replicated;
//! use gossiper_crdts::Min;
//!
//! let (mut here, mut there) = (Min::default(), Min::default());
//! here.merge(here.lower(3));
//! there.merge(there.lower(2));
//! here.merge(there.delta(&here.digest()).expect("2 is less than 3"));
//! assert_eq!(here.get(), Some(&2));
//! ```

use core::cmp::Reverse;
use core::fmt;
use core::hash::Hash;

use gossiper_core::causal::{Plain, Recording};
use gossiper_core::lattice::{
    Delta, Fingerprint, FingerprintKey, Join, MergeOutcome, Replicated, Schema,
};

use crate::max::Max;

/// A register of the least value that was ever written.
///
/// [The module](self) tells how.
#[derive(Clone, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(transparent))]
pub struct Min<T>(Max<Reverse<T>>);

impl<T> Min<T> {
    /// A register without a value.
    #[must_use]
    pub const fn new() -> Self {
        Self(Max::new())
    }

    /// The least value; `None` before the first write.
    #[must_use]
    pub fn get(&self) -> Option<&T> {
        self.0.get().map(|Reverse(value)| value)
    }
}

impl<T: Ord> Min<T> {
    /// The delta that lowers the register to `value`; empty if it is that low.
    #[must_use = "a delta has no effect until it is merged"]
    pub fn lower(&self, value: T) -> Delta<Self> {
        Delta::new(Self(self.0.raise(Reverse(value)).into_fragment()))
    }
}

impl<T: Ord + Hash + Clone> Replicated for Min<T> {
    type Digest = Option<Reverse<T>>;
    type Delta = Delta<Self>;

    /// The value.
    fn digest(&self) -> Self::Digest {
        self.0.digest()
    }

    /// The value, if it is less than that of the digest.
    fn delta(&self, remote: &Self::Digest) -> Option<Delta<Self>> {
        self.0.delta(remote).map(|delta| Delta::new(Self(delta.into_fragment())))
    }

    /// One comparison.
    fn merge(&mut self, delta: Delta<Self>) -> MergeOutcome {
        self.join(delta.into_fragment())
    }

    /// One hash.
    fn fingerprint(&self, key: &FingerprintKey) -> Option<Fingerprint> {
        Some(key.fingerprint(&self.get()))
    }

    fn join_deltas(delta: &mut Delta<Self>, other: Delta<Self>) -> Option<Delta<Self>> {
        delta.join(other);
        None
    }

    fn schema() -> Schema {
        Schema::named("gossiper.Min").with(Schema::of_type::<T>())
    }
}

/// The minimum; any value is less than none.
impl<T: Ord> Join for Min<T> {
    fn join(&mut self, other: Self) -> MergeOutcome {
        self.0.join(other.0)
    }
}

impl<T: Ord + Hash + Clone + 'static> Plain for Min<T> {
    type Recorder<'a> = MinRecorder<'a, T>;
}

/// Changes a [`Min`] in a transaction.
pub struct MinRecorder<'a, T: Ord + Hash + Clone + 'static>(Recording<'a, Min<T>>);

impl<'a, T: Ord + Hash + Clone + 'static> From<Recording<'a, Min<T>>> for MinRecorder<'a, T> {
    fn from(recording: Recording<'a, Min<T>>) -> Self {
        Self(recording)
    }
}

impl<T: Ord + Hash + Clone + 'static> MinRecorder<'_, T> {
    /// Lowers the register to `value`, if it is above or has none.
    pub fn lower(&mut self, value: T) {
        if self.get().is_none_or(|least| value < *least) {
            self.0.pending_mut().replace(Min::new().lower(value));
        }
    }

    /// The least value.
    #[must_use]
    pub fn get(&self) -> Option<&T> {
        let recorded = self.0.pending().iter().filter_map(|delta| delta.fragment().get());
        self.0.base().and_then(Min::get).into_iter().chain(recorded).min()
    }
}

// By hand: deriving would ask for `T: Default`.
impl<T> Default for Min<T> {
    fn default() -> Self {
        Self::new()
    }
}

/// Reads as `Min(2)`, or `Min(none)`.
impl<T: fmt::Debug> fmt::Debug for Min<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.get() {
            Some(least) => f.debug_tuple("Min").field(least).finish(),
            None => f.write_str("Min(none)"),
        }
    }
}

#[cfg(test)]
mod tests {
    use alloc::format;

    use super::*;

    #[test]
    fn the_least_value_stands() {
        let mut register = Min::new();
        assert_eq!((register.get(), register.delta(&None)), (None, None));
        for (value, read) in [(9, 9), (5, 5), (7, 5), (5, 5), (0, 0)] {
            let news = register.get().is_none_or(|least| value < *least);
            assert_eq!(register.merge(register.lower(value)).is_changed(), news);
            assert_eq!(register.get(), Some(&read));
        }
        assert_eq!(register.lower(0), Delta::default());
        assert_eq!(format!("{register:?} {:?}", Min::<u8>::new()), "Min(0) Min(none)");
    }
}
