//! Test your own type in five minutes, and a page for each law.
//!
//! # Your type
//!
//! You have a type with `digest`, `delta` and `merge`. It derives `Clone`, `Debug`,
//! `Default` and `PartialEq`. Here is a poll in which everybody has one vote and may
//! change it; it looks right and is not:
//!
//! ```
//! # use std::collections::BTreeMap;
//! use gossiper_check::{Check, Law};
//! use gossiper_core::{MergeOutcome, ReplicaId, Replicated};
//!
//! /// Who votes for what.
//! #[derive(Clone, Debug, Default, PartialEq)]
//! struct Poll(BTreeMap<ReplicaId, u8>);
//!
//! impl Replicated for Poll {
//!     type Digest = BTreeMap<ReplicaId, u8>;
//!     type Delta = BTreeMap<ReplicaId, u8>;
//!
//!     fn digest(&self) -> Self::Digest {
//!         self.0.clone()
//!     }
//!     fn delta(&self, remote: &Self::Digest) -> Option<Self::Delta> {
//!         let mut lacking = self.0.clone();
//!         lacking.retain(|voter, choice| remote.get(voter) != Some(choice));
//!         (!lacking.is_empty()).then_some(lacking)
//!     }
//!     fn merge(&mut self, delta: Self::Delta) -> MergeOutcome {
//!         let before = self.0.clone();
//!         self.0.extend(delta);
//!         MergeOutcome::changed_if(self.0 != before)
//!     }
//! }
//!
//! // Its operations are choices from 0 to 3; the closure returns the delta of one.
//! let check = Check::<Poll, u8>::new(0..4_u8, |choice, _poll, ctx| {
//!     Some(BTreeMap::from([(ctx.replica(), *choice)]))
//! });
//! let report = check.laws();
//! assert!(!report.is_clean());
//!
//! let broken: Vec<Law> = report.broken().map(|found| found.violation.law).collect();
//! assert!(broken.contains(&Law::NoResurrection));
//! ```
//!
//! `println!("{report}")` shows each law, what was tried, and each broken law as a
//! history. That of *no resurrection*:
//!
//! ```text
//! Poll breaks "no resurrection": a message that was merged before never changes a later state
//!
//!       replica 0  state there afterwards
//!    1  0 → m0     Poll({r0: 0})
//!    2  1 → m1     Poll({r0: 1})
//!
//! after step 2: {r0: 0}, merged before, comes again
//!   before it comes again  Poll({r0: 1})
//!   after                  Poll({r0: 0})
//!                                    ^ differs from here
//! usual cause: a removal is forgotten together with the element
//! an example, and the fix: gossiper_check::guide::no_resurrection
//!
//! as a test that needs no randomness:
//!
//!     use gossiper::check::{History, Law}; // or gossiper_check::…
//!     let history = History::new(1)
//!         .op(0, 0)
//!         .op(0, 1);
//!     check.assert_replay(Law::NoResurrection, &history);
//! ```
//!
//! Read it from the top: replica 0 votes and changes its mind; then the first vote,
//! `m0`, which the network has repeated, comes again and replaces the second. The
//! last lines can be pasted into a test.
//!
//! # The fix, and a test for each law
//!
//! A vote must say which one it is: count the votes of each voter, and let the
//! higher number win. With [`check!`](crate::check) every law is a test of its own:
//!
//! ```
//! use std::collections::BTreeMap;
//! use gossiper_check::{Operation, check};
//! use gossiper_core::{MergeOutcome, ReplicaId, Replicated, UpdateContext};
//! use proptest::strategy::Strategy;
//!
//! /// Who votes for what: the number of the vote, and the choice.
//! #[derive(Clone, Debug, Default, PartialEq)]
//! struct Poll(BTreeMap<ReplicaId, (u64, u8)>);
//!
//! impl Replicated for Poll {
//!     type Digest = BTreeMap<ReplicaId, u64>;
//!     type Delta = BTreeMap<ReplicaId, (u64, u8)>;
//!
//!     fn digest(&self) -> Self::Digest {
//!         self.0.iter().map(|(voter, (number, _))| (*voter, *number)).collect()
//!     }
//!     fn delta(&self, remote: &Self::Digest) -> Option<Self::Delta> {
//!         let mut lacking = self.0.clone();
//!         lacking.retain(|voter, (number, _)| remote.get(voter) < Some(number));
//!         (!lacking.is_empty()).then_some(lacking)
//!     }
//!     fn merge(&mut self, delta: Self::Delta) -> MergeOutcome {
//!         let before = self.0.clone();
//!         for (voter, vote) in delta {
//!             let own = self.0.entry(voter).or_insert(vote);
//!             *own = vote.max(*own);
//!         }
//!         MergeOutcome::changed_if(self.0 != before)
//!     }
//! }
//!
//! #[derive(Clone, Debug)]
//! struct Vote(u8);
//!
//! impl Operation<Poll> for Vote {
//!     fn apply(
//!         &self,
//!         poll: &Poll,
//!         ctx: &mut UpdateContext,
//!     ) -> Option<BTreeMap<ReplicaId, (u64, u8)>> {
//!         let number = poll.0.get(&ctx.replica()).map_or(0, |(number, _)| number + 1);
//!         Some(BTreeMap::from([(ctx.replica(), (number, self.0))]))
//!     }
//! }
//!
//! check!(mod poll: Poll, ops = (0..4_u8).prop_map(Vote));
//!
//! # fn main() {
//! # let check = gossiper_check::Check::<Poll, Vote>::of((0..4_u8).prop_map(Vote));
//! # let report = check.laws();
//! # assert!(report.is_clean(), "{report}");
//! # check.assert_faults();
//! # check.assert_small_scope(gossiper_check::Scope::default());
//! # check.assert_growth();
//! # }
//! ```
//!
//! `cargo test poll` now runs `poll::idempotence`, `poll::no_resurrection` and so on.
//!
//! # More that you can say
//!
//! | you know | say it with | and this is checked |
//! | --- | --- | --- |
//! | what users read | [`with_view`](crate::Check::with_view) | replicas that read differently differ |
//! | what must always hold | [`with_invariant`](crate::Check::with_invariant) | [`invariant`] |
//! | what the outcome should be | [`with_model`](crate::Check::with_model) | [`model`] |
//! | the type has serde implementations | [`with_wire`](crate::Check::with_wire) | [`canonical_encoding`], [`hostile_bytes`] |
//! | every operation meets every other | [`with_full_coverage`](crate::Check::with_full_coverage) | that it happened |
//! | peers send more than they must | [`with_coarse_digest`](crate::Check::with_coarse_digest) | [`delta_minimality`] is not |
//!
//! # What was not tried
//!
//! `poll::not_vacuous` prints which operations never met concurrently and which
//! faults never bit, and fails if no operation was ever performed.
//! [`with_full_coverage`](crate::Check::with_full_coverage) makes the first a
//! failure too.
//!
//! # Nights
//!
//! With the feature `campaign`, a `Campaign` tries as many cases of as many types
//! as there is time for, over threads; it can be stopped and goes on, and it ends
//! with a summary as text or as JSON. The verdict does not depend on the number
//! of threads. The example `check_campaign` is a program to copy.
//!
//! # The laws
//!
//! | law | what it means |
//! | --- | --- |
//! | [idempotence] | merging a delta a second time changes nothing |
//! | [commutativity] | two deltas lead to the same state in either order |
//! | [associativity] | merging the merge of two states is the same as merging one after the other |
//! | [inflation] | an update or a merge never loses what the state knew before |
//! | [merge outcome](merge_outcome) | merge says Changed exactly when the state changed |
//! | [delta = mutation](delta_is_mutation) | merging a mutator's delta elsewhere has the effect of the mutation |
//! | [digest soundness](digest_soundness) | what a peer answers to a digest holds all that the digest's owner lacks |
//! | [digest completeness](digest_completeness) | when neither side has anything to send, both are equal |
//! | [delta minimality](delta_minimality) | an answer holds nothing that the digest's owner has already |
//! | [fingerprint] | fingerprints are equal where states are, and only there, however they came about |
//! | [decomposition] | the parts of a delta, joined in any order, are the delta |
//! | [joined deltas](joined_deltas) | merging the join of two deltas has the effect of merging one after the other |
//! | [pieces = whole](pieces_are_whole) | an answer that is pulled in pieces ends in the state that the whole leads to |
//! | [canonical encoding](canonical_encoding) | equal states have equal bytes, which decode to them |
//! | [hostile bytes](hostile_bytes) | bytes from outside are decoded or refused, and never panic |
//! | [no resurrection](no_resurrection) | a message that was merged before never changes a later state |
//! | [no loss](no_loss) | what was acknowledged as durable is in the state that all end with |
//! | [model] | the outcome is what the model says of the operations that were seen |
//! | [invariant] | the stated condition holds on every replica at every moment |
//! | [convergence after faults](convergence) | once the network has healed, all replicas become equal |
//! | [determinism] | the same history leads to the same states and the same bytes |
//! | [growth] | states, digests and deltas do not grow with what is no longer there |

#[doc = include_str!("guide/idempotence.md")]
pub mod idempotence {}

#[doc = include_str!("guide/commutativity.md")]
pub mod commutativity {}

#[doc = include_str!("guide/associativity.md")]
pub mod associativity {}

#[doc = include_str!("guide/inflation.md")]
pub mod inflation {}

#[doc = include_str!("guide/merge_outcome.md")]
pub mod merge_outcome {}

#[doc = include_str!("guide/delta_is_mutation.md")]
pub mod delta_is_mutation {}

#[doc = include_str!("guide/digest_soundness.md")]
pub mod digest_soundness {}

#[doc = include_str!("guide/digest_completeness.md")]
pub mod digest_completeness {}

#[doc = include_str!("guide/delta_minimality.md")]
pub mod delta_minimality {}

#[doc = include_str!("guide/fingerprint.md")]
pub mod fingerprint {}

#[doc = include_str!("guide/decomposition.md")]
pub mod decomposition {}

#[doc = include_str!("guide/joined_deltas.md")]
pub mod joined_deltas {}

#[doc = include_str!("guide/pieces_are_whole.md")]
pub mod pieces_are_whole {}

#[doc = include_str!("guide/canonical_encoding.md")]
pub mod canonical_encoding {}

#[doc = include_str!("guide/hostile_bytes.md")]
pub mod hostile_bytes {}

#[doc = include_str!("guide/no_resurrection.md")]
pub mod no_resurrection {}

#[doc = include_str!("guide/no_loss.md")]
pub mod no_loss {}

#[doc = include_str!("guide/model.md")]
pub mod model {}

#[doc = include_str!("guide/invariant.md")]
pub mod invariant {}

#[doc = include_str!("guide/convergence.md")]
pub mod convergence {}

#[doc = include_str!("guide/determinism.md")]
pub mod determinism {}

#[doc = include_str!("guide/growth.md")]
pub mod growth {}

/// The README, so that its code is compiled.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}
