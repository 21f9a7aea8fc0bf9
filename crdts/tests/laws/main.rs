//! Every type of this crate, held by the toolkit that users have: laws, small
//! scopes, fault schedules and growth, each with a model.

#[path = "../support/beside.rs"]
mod beside;
mod composed;
mod flags;
mod g_counter;
mod g_set;
mod lww_map;
mod nested;
mod or_map;
mod or_set;
mod plain;
mod pn_counter;
mod records;
mod registers;
mod rw_set;
mod side_by_side;
mod versioned_kv;
