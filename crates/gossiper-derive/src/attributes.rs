//! `#[replicated(...)]`.

use syn::parse::ParseStream;
use syn::{Attribute, LitStr, Path, Result, Token};

/// What the attributes of a struct say.
pub(crate) struct OfStruct {
    /// Where gossiper is.
    pub(crate) krate: Path,
    /// Its name on the wire, if it has one.
    pub(crate) name: Option<LitStr>,
}

impl OfStruct {
    pub(crate) fn parse(attributes: &[Attribute]) -> Result<Self> {
        let mut parsed = Self { krate: syn::parse_quote!(::gossiper), name: None };
        for attribute in replicated(attributes) {
            attribute.parse_nested_meta(|meta| {
                if meta.path.is_ident("crate") {
                    parsed.krate = value(meta.input)?.parse()?;
                } else if meta.path.is_ident("name") {
                    parsed.name = Some(value(meta.input)?);
                } else {
                    return Err(meta.error("a struct has the attributes `crate` and `name`"));
                }
                Ok(())
            })?;
        }
        Ok(parsed)
    }
}

/// What the attributes of a field say.
#[derive(Default)]
pub(crate) struct OfField {
    /// Its name on the wire, if it has one.
    pub(crate) name: Option<LitStr>,
}

impl OfField {
    /// `holds_nothing` is whether it is right to skip the field.
    pub(crate) fn parse(attributes: &[Attribute], holds_nothing: bool) -> Result<Self> {
        let mut parsed = Self::default();
        for attribute in replicated(attributes) {
            attribute.parse_nested_meta(|meta| {
                if meta.path.is_ident("name") {
                    parsed.name = Some(value(meta.input)?);
                } else if !meta.path.is_ident("skip") {
                    return Err(meta.error("a field has the attribute `name`"));
                } else if !holds_nothing {
                    return Err(meta.error(
                        "no field of replicated state can be skipped: two replicas would differ \
                         in it while all digests say that they are equal.\n\
                         Keep what is not replicated beside the replica: \
                         `struct App { shop: Replica<Shop>, cache: Cache }`",
                    ));
                }
                Ok(())
            })?;
        }
        Ok(parsed)
    }
}

fn replicated(attributes: &[Attribute]) -> impl Iterator<Item = &Attribute> {
    attributes.iter().filter(|attribute| attribute.path().is_ident("replicated"))
}

fn value(input: ParseStream<'_>) -> Result<LitStr> {
    input.parse::<Token![=]>()?;
    input.parse()
}
