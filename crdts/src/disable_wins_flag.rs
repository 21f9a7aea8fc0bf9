//! A flag that is disabled where enabling and disabling meet.
//!
//! *One replica sees the flag enabled and the other disabled: which came last?*
//! Every change is named by a dot, says which way it went, and replaces all that
//! it has seen. Several are live after concurrent changes, and the flag is
//! enabled if all of them enable it. At first it is disabled.
//!
//! A concurrent history:
//!
//! ```text
//! both: enabled by r1#1
//! r1: disables      → disabled by r1#2 for r1#1  ⟵ merge ⟶  disabled
//! r2: enables again → enabled by r2#1 for r1#1   ⟵ merge ⟶  disabled
//! ```
//!
//! **Cost**, for c concurrent changes: reading and changing O(c). It holds one
//! change, or several after concurrent ones, however many there were.
//!
//! **Anomalies.** Enabling that meets a disabling is lost, and has to be done
//! again by someone who has seen the disabling.
//!
//! References: `riak_dt`, module `riak_dt_oe_flag` (observed-enable flag); Almeida,
//! Shoker and Baquero, *Delta state replicated data types*, JPDC 2018, section 7
//! (dot stores). Unlike in `riak_dt`, the flag starts disabled, and a change
//! replaces what it has seen and not a whole vector of writers.
//!
//! ```
//! use gossiper_core::{Replica, ReplicaConfig, ReplicaId};
//! use gossiper_crdts::DisableWinsFlag;
//!
//! let config = ReplicaConfig::default();
//! let mut sharing = Replica::<DisableWinsFlag>::new(ReplicaId::new(1), config);
//! assert!(!sharing.state().is_enabled());
//! sharing.transact(|sharing| {
//!     sharing.enable();
//!     Ok(())
//! })?;
//! assert!(sharing.state().is_enabled());
//! # Ok::<(), gossiper_core::TransactError>(())
//! ```

use core::fmt;

use gossiper_core::causal::{DotMap, Recording};
use gossiper_core::lattice::Schema;

use crate::leaf::leaf;

/// A flag that is disabled where enabling and disabling meet.
///
/// [The module](self) tells how. It is changed in a transaction, by a
/// [`DisableWinsFlagRecorder`].
#[derive(Clone, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(transparent))]
pub struct DisableWinsFlag {
    /// The changes that no change has replaced: whether each enables.
    atoms: DotMap<bool>,
}

impl DisableWinsFlag {
    /// Whether it is enabled; disabled at first.
    #[must_use]
    pub fn is_enabled(&self) -> bool {
        all_enable(self.atoms.values())
    }
}

/// Whether there is any change, and all of them enable.
fn all_enable<'a>(changes: impl Iterator<Item = &'a bool>) -> bool {
    changes.copied().reduce(|all, enables| all && enables).unwrap_or(false)
}

leaf! {
    impl[] DisableWinsFlag;
    atom = bool;
    recorder = DisableWinsFlagRecorder[];
    schema = Schema::named("gossiper.DisableWinsFlag");
}

/// Changes a [`DisableWinsFlag`] in a transaction.
pub struct DisableWinsFlagRecorder<'a>(Recording<'a, DisableWinsFlag>);

impl DisableWinsFlagRecorder<'_> {
    /// Enables it as it was seen here: a concurrent disabling wins.
    pub fn enable(&mut self) {
        self.set(true);
    }

    /// Disables it, also if it is: enabling elsewhere that has not seen this has
    /// no effect.
    pub fn disable(&mut self) {
        self.set(false);
    }

    /// Enables or disables it.
    pub fn set(&mut self, enabled: bool) {
        self.0.clear();
        self.0.add(enabled);
    }

    /// Whether it is enabled.
    #[must_use]
    pub fn is_enabled(&self) -> bool {
        all_enable(self.0.atoms().map(|(_, enables)| enables))
    }
}

/// Reads as `enabled` or `disabled`.
impl fmt::Debug for DisableWinsFlag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_enabled() { "enabled" } else { "disabled" })
    }
}

#[cfg(test)]
mod tests {
    use alloc::format;

    use gossiper_core::causal::{Causal, CausalDelta};
    use gossiper_core::lattice::{ReplicaId, Replicated, UpdateContext};

    use super::*;

    fn set(
        flag: &mut Causal<DisableWinsFlag>,
        ctx: &mut UpdateContext,
        enabled: bool,
    ) -> CausalDelta<DisableWinsFlag> {
        let set = |flag: &mut DisableWinsFlagRecorder<'_>| {
            flag.set(enabled);
            Ok(())
        };
        flag.transact(ctx, set).unwrap()
    }

    #[test]
    fn disabling_wins_against_enabling_that_has_not_seen_it() {
        let mut ctx = [1, 2].map(|id| UpdateContext::of(ReplicaId::new(id)));
        let (mut a, mut b) = <(Causal<DisableWinsFlag>, Causal<DisableWinsFlag>)>::default();
        assert_eq!(format!("{:?}", *a), "disabled");
        b.merge(set(&mut a, &mut ctx[0], true));
        assert_eq!(format!("{:?}", *b), "enabled");

        let disabled = set(&mut a, &mut ctx[0], false);
        let enabled = set(&mut b, &mut ctx[1], true);
        a.merge(enabled);
        b.merge(disabled);
        assert_eq!(a, b);
        assert!(!a.is_enabled());

        // Who has seen the disabling can enable.
        b.merge(set(&mut a, &mut ctx[0], true));
        assert!(b.is_enabled());
    }

    #[test]
    fn a_transaction_reads_its_own_writes() {
        let mut ctx = UpdateContext::of(ReplicaId::new(1));
        let mut flag = Causal::<DisableWinsFlag>::default();
        let changes = flag.transact(&mut ctx, |flag| {
            flag.enable();
            assert!(flag.is_enabled());
            flag.disable();
            assert!(!flag.is_enabled());
            Ok(())
        });
        assert_eq!(changes.unwrap().fragment().len(), 1);
        assert!(!flag.is_enabled());
    }
}
