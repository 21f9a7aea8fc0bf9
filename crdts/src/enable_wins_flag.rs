//! A flag that stays enabled where enabling and disabling meet.
//!
//! *One replica sees the flag enabled and the other disabled: which came last?*
//! Every enabling is named by a dot, and disabling takes away the dots that it
//! has seen. An enabling that it has not seen is left: the flag is enabled while
//! a dot is live. At first it is disabled.
//!
//! A concurrent history:
//!
//! ```text
//! both: enabled by r1#1
//! r1: disables      → claims r1#1                         ⟵ merge ⟶  enabled
//! r2: enables again → enabled by r2#1, claims r1#1        ⟵ merge ⟶  enabled
//! ```
//!
//! **Cost**, for c concurrent enablings: reading O(1), a change O(c). Disabled it
//! holds nothing.
//!
//! **Anomalies.** Disabling that has not seen an enabling does nothing to it, so
//! for a flag that must stay off once anybody has turned it off take a
//! [`DisableWinsFlag`](crate::DisableWinsFlag).
//!
//! References: `riak_dt`, module `riak_dt_od_flag` (observed-disable flag); Almeida,
//! Shoker and Baquero, *Delta state replicated data types*, JPDC 2018, section 7
//! (dot stores).
//!
//! ```
//! use gossiper_core::{Replica, ReplicaConfig, ReplicaId};
//! use gossiper_crdts::EnableWinsFlag;
//!
//! let config = ReplicaConfig::default();
//! let mut dark_mode = Replica::<EnableWinsFlag>::new(ReplicaId::new(1), config);
//! dark_mode.transact(|dark_mode| {
//!     dark_mode.enable();
//!     Ok(())
//! })?;
//! assert!(dark_mode.state().is_enabled());
//! # Ok::<(), gossiper_core::TransactError>(())
//! ```

use core::fmt;

use gossiper_core::causal::{DotMap, Recording};
use gossiper_core::lattice::Schema;

use crate::leaf::leaf;

/// A flag that stays enabled where enabling and disabling meet.
///
/// [The module](self) tells how. It is changed in a transaction, by an
/// [`EnableWinsFlagRecorder`].
#[derive(Clone, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(transparent))]
pub struct EnableWinsFlag {
    /// The enablings that nobody has seen and disabled.
    atoms: DotMap<()>,
}

impl EnableWinsFlag {
    /// Whether it is enabled; disabled at first.
    #[must_use]
    pub fn is_enabled(&self) -> bool {
        !self.atoms.is_empty()
    }
}

leaf! {
    impl[] EnableWinsFlag;
    atom = ();
    recorder = EnableWinsFlagRecorder[];
    schema = Schema::named("gossiper.EnableWinsFlag");
}

/// Changes an [`EnableWinsFlag`] in a transaction.
pub struct EnableWinsFlagRecorder<'a>(Recording<'a, EnableWinsFlag>);

impl EnableWinsFlagRecorder<'_> {
    /// Enables it, also if it is: disabling elsewhere that has not seen this
    /// leaves it enabled.
    pub fn enable(&mut self) {
        self.0.clear();
        self.0.add(());
    }

    /// Disables it as it was seen here.
    pub fn disable(&mut self) {
        self.0.clear();
    }

    /// Enables or disables it.
    pub fn set(&mut self, enabled: bool) {
        if enabled { self.enable() } else { self.disable() }
    }

    /// Whether it is enabled.
    #[must_use]
    pub fn is_enabled(&self) -> bool {
        self.0.atoms().next().is_some()
    }
}

/// Reads as `enabled` or `disabled`.
impl fmt::Debug for EnableWinsFlag {
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
        flag: &mut Causal<EnableWinsFlag>,
        ctx: &mut UpdateContext,
        enabled: bool,
    ) -> CausalDelta<EnableWinsFlag> {
        let set = |flag: &mut EnableWinsFlagRecorder<'_>| {
            flag.set(enabled);
            Ok(())
        };
        flag.transact(ctx, set).unwrap()
    }

    #[test]
    fn enabling_wins_against_disabling_that_has_not_seen_it() {
        let mut ctx = [1, 2].map(|id| UpdateContext::of(ReplicaId::new(id)));
        let (mut a, mut b) = <(Causal<EnableWinsFlag>, Causal<EnableWinsFlag>)>::default();
        assert_eq!(format!("{:?}", *a), "disabled");
        b.merge(set(&mut a, &mut ctx[0], true));

        let disabled = set(&mut a, &mut ctx[0], false);
        let enabled = set(&mut b, &mut ctx[1], true);
        assert!(!a.is_enabled());
        a.merge(enabled);
        b.merge(disabled);
        assert_eq!(a, b);
        assert_eq!(format!("{:?}", *a), "enabled");

        b.merge(set(&mut a, &mut ctx[0], false));
        assert!(!b.is_enabled());
    }

    #[test]
    fn a_transaction_reads_its_own_writes() {
        let mut ctx = UpdateContext::of(ReplicaId::new(1));
        let mut flag = Causal::<EnableWinsFlag>::default();
        let changes = flag.transact(&mut ctx, |flag| {
            flag.enable();
            assert!(flag.is_enabled());
            flag.disable();
            assert!(!flag.is_enabled());
            Ok(())
        });
        assert!(changes.unwrap().fragment().is_empty());
        assert!(!flag.is_enabled());
    }
}
