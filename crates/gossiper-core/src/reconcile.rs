//! Where do two sets differ?
//!
//! *Two replicas hold a million atoms each, and ten are missing on either side.
//! Neither knows which, and no vector tells. How do they find out for the price
//! of ten?* Each side adds up its atoms, as words of 64 bits, in cells: the first
//! cell has all of them, later ones fewer and fewer, and which ones a keyed hash
//! decides. What both have cancels in the difference of two cells. Some cells are
//! left with a single word, which can be read off and taken out of the others,
//! and so on until nothing is left. The cells form an endless stream
//! ([`Symbols`]) of which any beginning is useful, so nobody has to know the
//! number of differences beforehand: the other side asks for more until it is
//! done.
//!
//! One session, in which b asks and a only answers:
//!
//! | b | a |
//! | --- | --- |
//! | has `{1, 2, 4}`, asks for the first 32 symbols ([`SymbolsQuestion`]) | has `{1, 3, 4}` |
//! | | answers from its [`Sketch`], and forgets that it was asked |
//! | subtracts its own: a [`Decoder`] finds theirs `{3}` and ours `{2}` | |
//!
//! What a word is, is up to the state type: a keyed hash of an atom
//! ([`ReconcileKey::word`]), or something that leads to the atom by itself, such
//! as a writer's rank and a sequence number.
//!
//! Where the sets have little in common, most of what either lacks is found for
//! less. After the first symbols b has an [`Estimate`], and asks
//! [`FilterPlan::columns`] whether to go on in this way:
//!
//! | b | a |
//! | --- | --- |
//! | sends a [`Filter`] of all that it has, or of its words in some [`Ranges`] | sends what is not in it, and a filter of its own |
//! | sends what is not in that, merges what came | merges |
//! | asks for symbols again: few differences are left | |
//!
//! To what only a has, b comes by [`Wanted`] words, or by what the words say
//! themselves. Values that change under the same keys have
//! [versioned words](ReconcileKey::versioned_word), which say who is ahead. All
//! messages are independent of each other: any can be lost, and the next session
//! begins with what is there.
//!
//! Cost, of d differences between sets of n: about 1.35 symbols a difference
//! for large d and up to 1.9 for small ones, 5 to 12 bytes each ([`Symbols`]);
//! two messages, and two more for each further question, of which a session has
//! up to five; O(d log m) time for the asker and O(symbols) for the other.
//! Keeping the sketch costs O(log m) a change, and m · 16 bytes of memory. With
//! filters of c columns 1.02 bits a word and column, and symbols for d/2ᶜ.
//!
//! Known limits. The sketch is kept for a fixed number of cells; more differences
//! than some seven in ten of those end in a named [`FallbackReason`]. Nothing
//! orders the sets, so there is no cheaper session for differences that are
//! close together. A peer that knows the key can send symbols that do not
//! decode, or decode to words that nobody has; it can cost what [`Limits`] say
//! and no more.
//!
//! Lei Yang, Yossi Gilad, Mohammad Alizadeh, *Practical Rateless Set
//! Reconciliation*, SIGCOMM 2024, sections 4 and 5. Different from the paper:
//! the mapping is integer arithmetic, checks have 16 bits with the place of the
//! cell and the fingerprint of the whole set as further checks, and the stream
//! is pulled in pieces whose size is estimated from the counts. Filters ahead of
//! sketches: Pedro Silva Gomes, Miguel Boaventura Rodrigues, Carlos Baquero,
//! *ConflictSync: bandwidth efficient synchronization of divergent state*, arXiv
//! 2505.01144, 2025.

mod cell;
mod decoder;
mod estimate;
mod filter;
mod key;
mod mapping;
mod ranges;
mod sketch;
mod symbols;
mod versioned;
mod wanted;
mod wire;

pub use decoder::{DecodeState, Decoder, Difference, FallbackReason, Limits};
pub use estimate::Estimate;
pub use filter::{Filter, FilterPlan};
pub use key::ReconcileKey;
pub use ranges::Ranges;
pub use sketch::Sketch;
pub use symbols::{Symbols, SymbolsQuestion};
pub use wanted::Wanted;
pub use wire::PieceError;
