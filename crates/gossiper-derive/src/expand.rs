//! The code that is made.

use proc_macro2::TokenStream;
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::spanned::Spanned as _;
use syn::{DeriveInput, GenericParam, Generics, WherePredicate, parse_quote, parse_quote_spanned};

use crate::parts::{Part, Parts};

pub(crate) fn expand(input: &DeriveInput, parts: &Parts) -> TokenStream {
    let generics = bounded(input, parts);
    let atoms = atoms(input, parts, &generics);
    let store = store(input, parts, &generics);
    let recorder = recorder(input, parts, &generics);
    let assertions = assertions(input, parts);
    quote! {
        #recorder
        #assertions
        const _: () = {
            #atoms
            #store
        };
    }
}

/// The struct's parameters, with what must hold for it to be a store.
///
/// Bounds on types without parameters are for all lifetimes, which the compiler
/// believes until the struct is used. What does not hold is then one error, of
/// the [`assertions`], and not one in each line that is made here.
fn bounded(input: &DeriveInput, parts: &Parts) -> Generics {
    let krate = &parts.krate;
    let mut generics = input.generics.clone();
    let (name, (_, arguments, _)) = (&input.ident, input.generics.split_for_impl());
    let mut bounds: Vec<WherePredicate> = vec![parse_quote! {
        for<'any> #name #arguments: ::core::default::Default + 'static
    }];
    bounds.extend(parts.parts.iter().map(|Part { ty, .. }| {
        let span = ty.span();
        parse_quote_spanned!(span=> for<'any> #ty: #krate::causal::Store)
    }));
    generics.make_where_clause().predicates.extend(bounds);
    generics
}

/// What the compiler is to complain about, where it does not depend on a
/// parameter.
fn assertions(input: &DeriveInput, parts: &Parts) -> TokenStream {
    let krate = &parts.krate;
    let fields = parts.parts.iter().filter(|part| !part.generic).map(|Part { ty, .. }| {
        quote_spanned!(ty.span()=> #krate::__private::a_field_must_be_replicated::<#ty>())
    });
    let name = &input.ident;
    let default = input.generics.params.is_empty().then(
        || quote_spanned!(name.span()=> #krate::__private::every_replica_begins_empty::<#name>()),
    );
    let assertions = fields.chain(default);
    quote!(const _: fn() = || { #(#assertions;)* };)
}

/// Marks code that nobody has written, and that no lint should judge.
fn derived() -> TokenStream {
    quote! {
        #[automatically_derived]
        #[allow(dead_code, unreachable_pub, unused_qualifications, unused_variables)]
        #[allow(clippy::all, clippy::pedantic, clippy::nursery)]
    }
}

/// `(a, (b, ()))`, with `pair` for the pairs.
fn nested<T: ToTokens>(
    items: impl DoubleEndedIterator<Item = T>,
    pair: impl Fn(T, TokenStream) -> TokenStream,
) -> TokenStream {
    items.rev().fold(quote!(()), |rest, item| pair(item, rest))
}

fn atoms(input: &DeriveInput, parts: &Parts, generics: &Generics) -> TokenStream {
    let derived = derived();
    let (krate, name) = (&parts.krate, &input.ident);
    let (declared, _, bounds) = generics.split_for_impl();
    let (_, arguments, _) = input.generics.split_for_impl();
    let fields = || parts.parts.iter();
    let call = |operation: &str, borrow: TokenStream, rest: TokenStream| {
        let operation = format_ident!("{operation}");
        let calls = fields().map(|part| {
            let (ty, field) = (&part.ty, part.of_whole(&quote!(self)));
            quote_spanned!(ty.span()=>
                <#ty as #krate::causal::Atoms>::#operation(#borrow #field, #rest))
        });
        calls.collect::<Vec<_>>()
    };
    let of_field =
        |part| member_of(part, &quote!(#krate::causal::Atoms), &format_ident!("Fragment"));
    let fragments = nested(
        fields().map(of_field),
        |first, others| quote!(#krate::causal::Fields<#first, #others>),
    );
    let are_bottom = call("is_bottom", quote!(&), quote!());
    let live = call("live", quote!(&), quote!(runs));
    let retire = call("retire", quote!(&mut), quote!(doomed, changes));
    let pick = nested(
        call("pick", quote!(&), quote!(wanted)).into_iter(),
        |first, others| quote!(#krate::causal::Fields(#first, #others)),
    );
    let names: Vec<_> = (0..parts.parts.len()).map(|place| format_ident!("part_{place}")).collect();
    let taken =
        nested(names.iter(), |first, others| quote!(#krate::causal::Fields(#first, #others)));
    let absorb = fields().zip(&names).map(|(part, fragment)| {
        let (ty, field) = (&part.ty, part.of_whole(&quote!(self)));
        quote_spanned!(ty.span()=>
            <#ty as #krate::causal::Atoms>::absorb(&mut #field, #fragment, known, changes))
    });
    quote! {
        #derived
        #[diagnostic::do_not_recommend]
        impl #declared #krate::causal::Atoms for #name #arguments #bounds {
            type Fragment = #fragments;

            fn is_bottom(&self) -> bool {
                true #(&& #are_bottom)*
            }
            fn live(&self, runs: &mut #krate::__private::Vec<#krate::lattice::Run>) {
                #(#live;)*
            }
            fn retire(
                &mut self,
                doomed: &#krate::lattice::CausalContext,
                changes: &mut #krate::causal::Changes,
            ) {
                #(#retire;)*
            }
            fn absorb(
                &mut self,
                fragment: Self::Fragment,
                known: &#krate::lattice::CausalContext,
                changes: &mut #krate::causal::Changes,
            ) {
                let #taken = fragment;
                #(#absorb;)*
            }
            fn pick(&self, wanted: #krate::causal::Wanted<'_>) -> Self::Fragment {
                #pick
            }
        }
    }
}

/// `<Field as Trait>::Member`.
fn member_of(part: &Part, of: &TokenStream, member: &syn::Ident) -> TokenStream {
    let ty = &part.ty;
    quote_spanned!(ty.span()=> <#ty as #of>::#member)
}

/// The place of a field's part in nested pairs.
fn place(whole: &str, place: usize) -> TokenStream {
    let whole = format_ident!("{whole}");
    let rest = (0..place).fold(quote!(#whole), |whole, _| quote!(#whole.1));
    quote!(#rest.0)
}

fn store(input: &DeriveInput, parts: &Parts, generics: &Generics) -> TokenStream {
    let derived = derived();
    let (krate, name, wire_name) = (&parts.krate, &input.ident, &parts.name);
    let (declared, _, bounds) = generics.split_for_impl();
    let (_, arguments, _) = input.generics.split_for_impl();
    let fields = || parts.parts.iter();
    let the_trait = quote!(#krate::causal::Store);
    let pair = |first, others| quote!((#first, #others));
    let of_field = |part| member_of(part, &the_trait, &format_ident!("Digest"));
    let digests = nested(fields().map(of_field), pair);
    let of_field = |part: &Part| {
        let (ty, field) = (&part.ty, part.of_whole(&quote!(self)));
        quote_spanned!(ty.span()=> <#ty as #krate::causal::Store>::digest(&#field))
    };
    let digest = nested(fields().map(of_field), pair);
    let lacking = fields().enumerate().map(|(at, part)| {
        let (ty, field) = (&part.ty, part.of_whole(&quote!(self)));
        let (remote, lacking) = (place("remote", at), place("lacking", at));
        quote_spanned!(ty.span()=> <#ty as #krate::causal::Store>::lacking(
            &#field, &#remote, &mut #lacking))
    });
    let words = fields().map(|part| {
        let (ty, field, name) = (&part.ty, part.of_whole(&quote!(self)), &part.name);
        quote_spanned!(ty.span()=>
        .and_then(|words: u128| {
            let word = <#ty as #krate::causal::Store>::fingerprint(&#field, key)?;
            ::core::option::Option::Some(words.wrapping_add(match word {
                0 => 0,
                word => key.hash(&(#name, word)),
            }))
        }))
    });
    let maintained = fields().map(|part| {
        let (ty, field) = (&part.ty, part.of_whole(&quote!(self)));
        quote_spanned!(ty.span()=>
            <#ty as #krate::causal::Store>::maintain_fingerprint(&mut #field, key))
    });
    let schemas = fields().map(|Part { ty, name, .. }| {
        let of_field = quote_spanned!(ty.span()=> <#ty as #krate::causal::Store>::schema());
        quote!(.with(#krate::Schema::named(#name)).with(#of_field))
    });
    let markers = parts.markers.iter();
    let constants = generics.const_params().map(|param| &param.ident);
    let recorder = format_ident!("{name}Recorder");
    let recorder_arguments = recorder_arguments(input, &quote!('recording));

    let mut dotted = generics.clone();
    if !parts.parts.is_empty() {
        // Bound for all lifetimes, so that a field that is not causal is an error
        // where a causal value is needed, and not here.
        let types = fields().map(|part| &part.ty);
        let predicates = &mut dotted.make_where_clause().predicates;
        predicates.extend(types.map(|ty| -> WherePredicate {
            let span = ty.span();
            parse_quote_spanned!(span=> for<'any> #ty: #krate::causal::Dotted)
        }));
    }
    let dotted_bounds = dotted.where_clause;
    quote! {
        #derived
        #[diagnostic::do_not_recommend]
        impl #declared #krate::causal::Store for #name #arguments #bounds {
            type Digest = #digests;
            type Recorder<'recording> = #recorder #recorder_arguments;

            fn digest(&self) -> Self::Digest {
                #digest
            }
            fn lacking(&self, remote: &Self::Digest, lacking: &mut Self::Fragment) {
                #(#lacking;)*
            }
            fn fingerprint(&self, key: &#krate::FingerprintKey) -> ::core::option::Option<u128> {
                ::core::option::Option::Some(0_u128)
                    #(#words)*
            }
            fn maintain_fingerprint(&mut self, key: &#krate::FingerprintKey) {
                #(#maintained;)*
            }
            fn schema() -> #krate::Schema {
                #krate::Schema::named(#wire_name)
                    #(#schemas)*
                    #(.with(#krate::Schema::of_type::<#markers>()))*
                    #(.with(#krate::Schema::from_u64(#constants as u64)))*
            }
        }

        #derived
        impl #declared #krate::causal::Dotted for #name #arguments #dotted_bounds {}

        #derived
        #[diagnostic::do_not_recommend]
        impl #declared #krate::Resolve for #name #arguments #bounds {
            type State = #krate::causal::Causal<Self>;
        }
    }
}

fn recorder_arguments(input: &DeriveInput, lifetime: &TokenStream) -> TokenStream {
    let params = input.generics.params.iter().map(|param| match param {
        GenericParam::Type(param) => param.ident.to_token_stream(),
        GenericParam::Const(param) => param.ident.to_token_stream(),
        GenericParam::Lifetime(param) => param.lifetime.to_token_stream(),
    });
    quote!(<#lifetime #(, #params)*>)
}

fn recorder(input: &DeriveInput, parts: &Parts, generics: &Generics) -> TokenStream {
    let derived = derived();
    let (krate, name, vis) = (&parts.krate, &input.ident, &input.vis);
    let recorder = format_ident!("{name}Recorder");
    let (_, arguments, _) = input.generics.split_for_impl();
    let mut with_lifetime = generics.clone();
    with_lifetime.params.insert(0, parse_quote!('recording));
    let (declared, recorder_arguments, bounds) = with_lifetime.split_for_impl();
    let methods = parts.parts.iter().enumerate().map(|(at, part)| {
        let Part { member, visibility, ty, method, docs, .. } = part;
        let first = format!("Changes the field `{}`.", member.to_token_stream());
        let (base, pending) = (part.of_whole(&quote!(whole)), place("fragment", at));
        let returned = quote_spanned!(ty.span()=> <#ty as #krate::causal::Store>::Recorder<'_>);
        let inside = quote_spanned!(ty.span()=> #krate::causal::Recording<'_, #ty>);
        let blank = (!docs.is_empty()).then(|| quote!(#[doc = ""]));
        quote! {
            #[doc = #first]
            #blank
            #(#docs)*
            #visibility fn #method(&mut self) -> #returned {
                let part: #inside = self.0.part(
                    |whole| ::core::option::Option::Some(&#base),
                    |fragment| &mut #pending,
                );
                ::core::convert::From::from(part)
            }
        }
    });
    let about = format!(
        "Changes a [`{name}`] in a transaction: each method leads to the field of its name, and \
         reads and changes it as the transaction has made it."
    );
    quote! {
        #[doc = #about]
        #[allow(unreachable_pub)]
        #vis struct #recorder #declared (#krate::causal::Recording<'recording, #name #arguments>)
        #bounds;

        #derived
        impl #declared ::core::convert::From<#krate::causal::Recording<'recording, #name #arguments>>
            for #recorder #recorder_arguments #bounds
        {
            fn from(recording: #krate::causal::Recording<'recording, #name #arguments>) -> Self {
                Self(recording)
            }
        }

        #derived
        impl #declared #recorder #recorder_arguments #bounds {
            #(#methods)*
        }
    }
}
