//! Does my replicated type converge? A clean bill, or the smallest history that
//! shows it does not.
//!
//! Hand over a type and its operations:
//!
//! ```
//! use gossiper_check::Check;
//! use gossiper_crdts::GSet;
//!
//! let check = Check::<GSet<u8>, u8>::new(0..4_u8, |letter, set, _ctx| Some(set.insert(*letter)));
//! let report = check.with_wire().laws();
//! assert!(report.is_clean(), "{report}");
//! ```
//!
//! or, as tests of their own, with [`check!`].
//!
//! What it does *not* do is compare replicas at rest: most known bugs never show
//! there. Every [`Law`] is checked on reachable states, and what is found is
//! shrunk to a history that a person can read.
#![cfg_attr(docsrs, feature(doc_cfg))]

pub mod guide;

#[cfg(feature = "campaign")]
mod campaign;
mod coverage;
mod diagram;
mod draft;
mod engine;
mod faults;
mod growth;
mod history;
mod lab;
mod law;
mod laws;
mod macros;
mod ops;
mod persist;
mod replay;
mod report;
mod scope;
mod shrink;
mod subject;
mod svg;
mod transaction;
mod values;
mod wire;

#[cfg(feature = "campaign")]
#[cfg_attr(docsrs, doc(cfg(feature = "campaign")))]
pub use campaign::{Campaign, CampaignError, EngineSummary, Finding, Summary};
pub use coverage::Coverage;
pub use faults::{Action, Bites, FaultReport, Plan};
pub use growth::{Curve, GrowthReport};
pub use history::{History, Restart, Seen, SeenOp, Step};
pub use law::Law;
pub use laws::Violation;
#[doc(hidden)]
pub use macros::{Detect, Engines, WithWire, WithoutWire};
pub use ops::{OpSource, OpTree, arbitrary};
pub use report::{Counterexample, LawReport, Report};
pub use scope::{Scope, ScopeReport};
pub use subject::{CASES_VARIABLE, Check, InPlaceOperation, Operation, Settings, Subject};
pub use transaction::{RecorderOf, Transaction};
