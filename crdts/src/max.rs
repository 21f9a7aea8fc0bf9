//! A register of the greatest value that was ever written.
//!
//! *Two replicas write at once: which value stands?* The greater one, and so for
//! writes in sequence: a value is replaced by greater ones only. The join is the
//! maximum, which needs neither clocks nor the names of writers. At first there
//! is no value.
//!
//! A concurrent history:
//!
//! ```text
//! both: 5
//! r1: raises to 7  ⟵ merge ⟶  9
//! r2: raises to 9  ⟵ merge ⟶  9      then r1 raises to 8 → 9 on both
//! ```
//!
//! **Cost**: state, digest and delta hold one value; all operations are one
//! comparison.
//!
//! **Anomalies.** It never goes down, so a value that was too great by mistake
//! stays. Values that are equal are one value: `Ord` must tell apart what anything
//! else can tell apart, and floating-point numbers, whose NaN is not ordered, have
//! to come in a type that is.
//!
//! References: Shapiro, Preguiça, Baquero and Zawirski, *Conflict-free replicated
//! data types*, INRIA RR-7687, 2011, section 3.1 (state-based objects as
//! semilattices); Almeida, Shoker and Baquero, *Delta state replicated data
//! types*, JPDC 2018, section 4.
//!
//! ```
//! use gossiper_core::Replicated;
//! use gossiper_crdts::Max;
//!
//! let (mut here, mut there) = (Max::default(), Max::default());
//! here.merge(here.raise(7));
//! there.merge(there.raise(9));
//! here.merge(there.delta(&here.digest()).expect("9 is more than 7"));
//! assert_eq!(here.get(), Some(&9));
//! ```

use core::fmt;
use core::hash::Hash;

use gossiper_core::causal::{Plain, Recording};
use gossiper_core::lattice::{
    Delta, Fingerprint, FingerprintKey, Join, MergeOutcome, Replicated, Schema,
};

/// A register of the greatest value that was ever written.
///
/// [The module](self) tells how.
#[derive(Clone, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(transparent))]
pub struct Max<T> {
    greatest: Option<T>,
}

impl<T> Max<T> {
    /// A register without a value.
    #[must_use]
    pub const fn new() -> Self {
        Self { greatest: None }
    }

    /// The greatest value; `None` before the first write.
    #[must_use]
    pub const fn get(&self) -> Option<&T> {
        self.greatest.as_ref()
    }
}

impl<T: Ord> Max<T> {
    /// The delta that raises the register to `value`; empty if it is that great.
    #[must_use = "a delta has no effect until it is merged"]
    pub fn raise(&self, value: T) -> Delta<Self> {
        let greatest = Some(value).filter(|value| self.get() < Some(value));
        Delta::new(Self { greatest })
    }
}

impl<T: Ord + Hash + Clone> Replicated for Max<T> {
    type Digest = Option<T>;
    type Delta = Delta<Self>;

    /// The value.
    fn digest(&self) -> Option<T> {
        self.greatest.clone()
    }

    /// The value, if it is greater than that of the digest.
    fn delta(&self, remote: &Option<T>) -> Option<Delta<Self>> {
        (self.greatest > *remote).then(|| Delta::new(self.clone()))
    }

    /// One comparison.
    fn merge(&mut self, delta: Delta<Self>) -> MergeOutcome {
        self.join(delta.into_fragment())
    }

    /// One hash.
    fn fingerprint(&self, key: &FingerprintKey) -> Option<Fingerprint> {
        Some(key.fingerprint(&self.greatest))
    }

    fn join_deltas(delta: &mut Delta<Self>, other: Delta<Self>) -> Option<Delta<Self>> {
        delta.join(other);
        None
    }

    fn schema() -> Schema {
        Schema::named("gossiper.Max").with(Schema::of_type::<T>())
    }
}

/// The maximum; no value is less than any.
impl<T: Ord> Join for Max<T> {
    fn join(&mut self, other: Self) -> MergeOutcome {
        let greater = other.greatest > self.greatest;
        if greater {
            *self = other;
        }
        MergeOutcome::changed_if(greater)
    }
}

impl<T: Ord + Hash + Clone + 'static> Plain for Max<T> {
    type Recorder<'a> = MaxRecorder<'a, T>;
}

/// Changes a [`Max`] in a transaction.
pub struct MaxRecorder<'a, T: Ord + Hash + Clone + 'static>(Recording<'a, Max<T>>);

impl<'a, T: Ord + Hash + Clone + 'static> From<Recording<'a, Max<T>>> for MaxRecorder<'a, T> {
    fn from(recording: Recording<'a, Max<T>>) -> Self {
        Self(recording)
    }
}

impl<T: Ord + Hash + Clone + 'static> MaxRecorder<'_, T> {
    /// Raises the register to `value`, if it is below.
    pub fn raise(&mut self, value: T) {
        if self.get() < Some(&value) {
            self.0.pending_mut().replace(Delta::new(Max { greatest: Some(value) }));
        }
    }

    /// The greatest value.
    #[must_use]
    pub fn get(&self) -> Option<&T> {
        let recorded = self.0.pending().iter().filter_map(|delta| delta.fragment().get());
        self.0.base().and_then(Max::get).into_iter().chain(recorded).max()
    }
}

// By hand: deriving would ask for `T: Default`.
impl<T> Default for Max<T> {
    fn default() -> Self {
        Self::new()
    }
}

/// Reads as `Max(9)`, or `Max(none)`.
impl<T: fmt::Debug> fmt::Debug for Max<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.greatest {
            Some(greatest) => f.debug_tuple("Max").field(greatest).finish(),
            None => f.write_str("Max(none)"),
        }
    }
}

#[cfg(test)]
mod tests {
    use alloc::format;

    use super::*;

    #[test]
    fn the_greatest_value_stands() {
        let mut register = Max::new();
        assert_eq!((register.get(), register.delta(&None)), (None, None));
        for (value, read) in [(0, 0), (7, 7), (5, 7), (7, 7), (9, 9)] {
            let news = register.get().is_none_or(|greatest| *greatest < value);
            assert_eq!(register.merge(register.raise(value)).is_changed(), news);
            assert_eq!(register.get(), Some(&read));
        }
        assert_eq!(register.raise(9), Delta::default());
        assert_eq!(format!("{register:?} {:?}", Max::<u8>::new()), "Max(9) Max(none)");
    }
}
