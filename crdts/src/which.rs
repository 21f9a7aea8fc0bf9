//! Which type do I need?
//!
//! *Two replicas change the state at the same time, and neither has seen the
//! other: what should both read afterwards?* Ask that of every field. The answer
//! is the type.
//!
//! | I keep | and where changes meet | take |
//! | --- | --- | --- |
//! | a number that only goes up: visits, bytes sent | every addition counts | [`GCounter`](crate::GCounter) |
//! | a number that goes up and down: stock, votes | every addition and subtraction counts | [`PnCounter`](crate::PnCounter) |
//! | a record: the highest bid, the newest version seen | the greatest counts | [`Max`](crate::Max) |
//! | a deadline, a lowest price | the least counts | [`Min`](crate::Min) |
//! | one value: a title, a setting | the last write counts, the others are forgotten | [`LwwRegister`](crate::LwwRegister) |
//! | one value, each version of which somebody has to look at | all of them are read, until one is chosen | [`MvRegister`](crate::MvRegister) |
//! | yes or no | yes: a feature stays on | [`EnableWinsFlag`](crate::EnableWinsFlag) |
//! | yes or no | no: a permission stays withdrawn | [`DisableWinsFlag`](crate::DisableWinsFlag) |
//! | things that are never taken away: seen ids, an audit trail | all are there | [`GSet`](crate::GSet) |
//! | things that come and go: tags, members, a shopping list | an addition survives | [`OrSet`](crate::OrSet) |
//! | things that come and go: members who may be banned | a removal survives | [`RwSet`](crate::RwSet) |
//! | things that go once and for all: jobs done, keys revoked | a removal is for ever | [`TwoPhaseSet`](crate::TwoPhaseSet) |
//! | values by key, each replaced as a whole | the last write of each key counts | [`LwwMap`](crate::LwwMap) |
//! | values by key, written on a condition | the higher version counts | [`VersionedKv`](crate::VersionedKv) |
//! | a counter, a set or a map by key, and keys that go | changes are joined within each key; a change survives the removal of its key | [`OrMap`](crate::OrMap) |
//! | a plain lattice by key, and keys that stay | changes are joined within each key | [`GMap`](crate::GMap) |
//!
//! Several of these in one struct are one replicated state with one context, and
//! one transaction changes them together.
//!
//! # Questions that decide
//!
//! **Does it matter who was first?** None of these types can tell: concurrent
//! means that there is no first. A seat that two people may not both book, or an
//! account that must not go below zero, needs an agreement between replicas, which
//! this is not.
//!
//! **Is anything ever taken away?** What only grows ([`GCounter`](crate::GCounter),
//! [`GSet`](crate::GSet), [`Max`](crate::Max), [`Min`](crate::Min),
//! [`GMap`](crate::GMap)) needs no dots, but its digest is as large as it is. What
//! takes away without keeping marks is causal, and has a digest of its context.
//!
//! **What is kept of what was removed?** Nothing, in all causal types but
//! [`RwSet`](crate::RwSet), which keeps a mark until the element is added again.
//! [`TwoPhaseSet`](crate::TwoPhaseSet) keeps every removal: that is what it is for.
//!
//! **Can the clocks be trusted?** Then and only then does the last write of an
//! [`LwwRegister`](crate::LwwRegister) mean what people think that it means, and
//! only among concurrent writes: a write that has seen another replaces it
//! whatever the clocks say.
