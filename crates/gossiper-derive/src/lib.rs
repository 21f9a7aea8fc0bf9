//! `#[derive(Replicated)]`: makes a struct of replicated fields one replicated
//! type.
//!
//! Most people use it through the facade crate `gossiper`, whose prelude has it
//! under the name of the trait. [`derive@Replicated`] tells what it makes.

mod attributes;
mod expand;
mod parts;

use proc_macro::TokenStream;
use syn::{DeriveInput, parse_macro_input};

/// Makes a struct of replicated fields one replicated type.
///
/// All causal fields share one causal context, plain lattices stand beside them,
/// and several fields change as one event in a transaction:
///
/// ```
/// # extern crate gossiper_core as gossiper;
/// use gossiper::{Replica, ReplicaConfig, ReplicaId};
/// use gossiper_crdts::{MvRegister, OrSet};
/// use gossiper_derive::Replicated;
///
/// #[derive(Replicated, Default)]
/// struct Shop {
///     tags: OrSet<String>,
///     motto: MvRegister<String>,
/// }
///
/// let mut shop = Replica::<Shop>::new(ReplicaId::new(1), ReplicaConfig::default());
/// shop.transact(|tx| {
///     tx.tags().insert("organic".into());
///     tx.motto().write("from the field".into());
///     Ok(())
/// })?;
/// assert!(shop.state().tags.contains("organic"));
/// # Ok::<(), gossiper::TransactError>(())
/// ```
///
/// # What it makes
///
/// * The struct becomes a *store* (`gossiper::causal::Store`): a part of
///   replicated state. It can be the `S` of `Replica<S>`, of a simulated cluster
///   and of `check!`, and the field of another derived struct. What is replicated
///   is `Causal<Shop>`, the struct with its causal context, which reads as the
///   struct. The bare struct does *not* implement the trait `Replicated`.
/// * A struct `ShopRecorder<'_>`, as visible as `Shop`, is what the closure of a
///   transaction gets. It has a method for each field, as visible as the field:
///   `tx.tags()` for `tags`, and `tx.field_0()` for the first field of a tuple
///   struct. Each returns the recorder of the field's own type; for a field that
///   is a derived struct, that is its recorder: `tx.address().city().write(c)`.
/// * If all fields are causal, the struct is a causal value as well
///   (`gossiper::causal::Dotted`): it can be the value of a map that removes.
///
/// # What it asks for
///
/// * A struct: with named fields, a tuple struct, or one without fields. Type and
///   const parameters are fine; lifetimes are not, for state owns its content.
///   A struct may not contain itself.
/// * `Default`: every replica begins with the same empty state. A generic struct
///   is replicated where it is `Default` and its fields are replicated.
/// * For each field a replicated type: a causal one (`OrSet`, `MvRegister`, …), a
///   plain lattice, a derived struct, or a type with `Replicated` written by hand
///   and `impl Plain`. A `Box` of one is that one, kept elsewhere. `PhantomData`
///   holds nothing and is left out.
///
/// Further derives are yours: `Clone`, `Debug` and `PartialEq` for tests, serde's
/// for storage and for the wire.
///
/// # Enums
///
/// Two replicas may be in different variants at once, and no join of two variants
/// keeps what was done in both. Put an enum *into* a register
/// (`MvRegister<Status>`), or make a struct that has a field for each variant.
///
/// # Attributes
///
/// | attribute | of | meaning |
/// | --- | --- | --- |
/// | `#[replicated(crate = "path")]` | the struct | where gossiper is, if not at `::gossiper`: another name for it, or `gossiper_core` alone |
/// | `#[replicated(name = "shop v1")]` | the struct, a field | its name on the wire, by default its own. Peers whose structs have other names or other fields are refused; keep the old name when you rename one |
///
/// `#[replicated(skip)]` is refused: a field that is not replicated differs
/// between replicas whose digests say that they are equal. Keep it beside the
/// replica.
#[proc_macro_derive(Replicated, attributes(replicated))]
pub fn derive_replicated(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    let expanded = parts::Parts::of(&input).map(|parts| expand::expand(&input, &parts));
    expanded.unwrap_or_else(|error| error.to_compile_error()).into()
}

/// The example of the package's front page, compiled.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}
