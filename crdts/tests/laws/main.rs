//! Every type of this crate, held by the toolkit that users have: laws, small
//! scopes, fault schedules and growth, each with a model.

mod composed;
mod flags;
mod g_counter;
mod g_set;
mod or_set;
mod registers;
mod versioned_kv;
