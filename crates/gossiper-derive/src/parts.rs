//! What a struct is made of, and what cannot be one.

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::{ToTokens, format_ident, quote};
use syn::ext::IdentExt as _;
use syn::spanned::Spanned as _;
use syn::{
    Attribute, Data, DeriveInput, Error, Field, GenericArgument, GenericParam, Generics, Member,
    Path, PathArguments, Result, Type, Visibility,
};

use crate::attributes::{OfField, OfStruct};

/// A struct as the derive sees it.
pub(crate) struct Parts {
    /// Where gossiper is.
    pub(crate) krate: Path,
    /// The name on the wire.
    pub(crate) name: String,
    /// The replicated fields, in order.
    pub(crate) parts: Vec<Part>,
    /// Fields that hold nothing: their types, which still tell instances of a
    /// generic struct apart.
    pub(crate) markers: Vec<Type>,
}

/// A replicated field.
pub(crate) struct Part {
    pub(crate) member: Member,
    pub(crate) visibility: Visibility,
    /// The replicated type; of a box, what is in it.
    pub(crate) ty: Type,
    /// How many boxes are around it.
    pub(crate) boxes: usize,
    /// The recorder's method.
    pub(crate) method: Ident,
    /// The name on the wire.
    pub(crate) name: String,
    /// What users wrote about the field.
    pub(crate) docs: Vec<Attribute>,
    /// Whether the type names a type parameter of the struct.
    pub(crate) generic: bool,
}

impl Parts {
    pub(crate) fn of(input: &DeriveInput) -> Result<Self> {
        let fields = match &input.data {
            Data::Struct(data) => &data.fields,
            Data::Enum(data) => {
                return Err(Error::new(
                    data.enum_token.span(),
                    "`Replicated` cannot be derived for an enum: two replicas may be in different \
                     variants at once, and no join of two variants keeps what was done in both.\n\
                     Put the enum into a register, such as `MvRegister<T>`, or make a struct with \
                     a field for each variant",
                ));
            }
            Data::Union(data) => {
                return Err(Error::new(
                    data.union_token.span(),
                    "`Replicated` cannot be derived for a union: nothing says which field is \
                     there, so two of them cannot be joined.\n\
                     Make a struct with these fields",
                ));
            }
        };
        if let Some(lifetime) = input.generics.lifetimes().next() {
            return Err(Error::new(
                lifetime.span(),
                "replicated state owns its content: it cannot borrow for a lifetime",
            ));
        }
        let OfStruct { krate, name } = OfStruct::parse(&input.attrs)?;
        let name = name.map_or_else(|| input.ident.unraw().to_string(), |name| name.value());
        let (mut parts, mut markers) = (Vec::new(), Vec::new());
        for (field, member) in fields.iter().zip(fields.members()) {
            let attributes = OfField::parse(&field.attrs, is_phantom(&field.ty))?;
            if is_phantom(&field.ty) {
                markers.push(field.ty.clone());
            } else {
                parts.push(Part::of(field, member, attributes, &input.generics));
            }
        }
        Ok(Self { krate, name, parts, markers })
    }
}

impl Part {
    fn of(field: &Field, member: Member, attributes: OfField, generics: &Generics) -> Self {
        let (method, own) = match &member {
            Member::Named(name) => (name.clone(), name.unraw().to_string()),
            Member::Unnamed(place) => {
                let name = format_ident!("field_{}", place.index, span = field.ty.span());
                (name, place.index.to_string())
            }
        };
        let (mut ty, mut boxes) = (&field.ty, 0);
        while let Some(inside) = in_a_box(ty) {
            (ty, boxes) = (inside, boxes + 1);
        }
        Self {
            method,
            member,
            visibility: field.vis.clone(),
            ty: ty.clone(),
            boxes,
            name: attributes.name.map_or(own, |name| name.value()),
            docs: field.attrs.iter().filter(|one| one.path().is_ident("doc")).cloned().collect(),
            generic: names_a_parameter(field.ty.to_token_stream(), generics),
        }
    }

    /// The replicated value of the field of `whole`.
    pub(crate) fn of_whole(&self, whole: &TokenStream) -> TokenStream {
        let (member, boxes) = (&self.member, self.boxes);
        (0..boxes).fold(quote!(#whole.#member), |value, _| quote!(*#value))
    }
}

/// The `T` of `Box<T>`, by whatever path. A box is only where a value is kept: it
/// is the same state on the wire.
fn in_a_box(ty: &Type) -> Option<&Type> {
    let Type::Path(path) = ty else { return None };
    let last = path.path.segments.last().filter(|last| last.ident == "Box")?;
    let PathArguments::AngleBracketed(arguments) = &last.arguments else { return None };
    match arguments.args.first() {
        Some(GenericArgument::Type(inside)) if arguments.args.len() == 1 => Some(inside),
        _ => None,
    }
}

/// `PhantomData<T>`, by whatever path.
fn is_phantom(ty: &Type) -> bool {
    let Type::Path(path) = ty else { return false };
    path.path.segments.last().is_some_and(|last| last.ident == "PhantomData")
}

/// Whether one of the words in `tokens` is a parameter. One that only reads like
/// it costs a bound that holds.
fn names_a_parameter(tokens: TokenStream, generics: &Generics) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(word) => generics.params.iter().any(|param| match param {
            GenericParam::Type(param) => param.ident == word,
            GenericParam::Const(param) => param.ident == word,
            GenericParam::Lifetime(_) => false,
        }),
        TokenTree::Group(group) => names_a_parameter(group.stream(), generics),
        _ => false,
    })
}
