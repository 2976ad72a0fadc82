//! A budget on a test: declared, and the body run; with `growth`, once for each size.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::parse::Result;
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{Error, Ident, Visibility};

use super::Budget;
use crate::instrument::ast::{Function, Scope};
use crate::instrument::options::Options;
use crate::instrument::{annotate, expand};

/// Whether an attribute further down makes this function a test: `#[test]`, `#[tokio::test]` and their like.
pub(crate) fn is_test(function: &Function) -> bool {
    function.attrs.iter().any(|attr| attr.path().segments.last().is_some_and(|last| last.ident == "test"))
}

pub(crate) fn expand(function: Function, options: &Options, budget: &Budget) -> Result<TokenStream> {
    check(&function, budget)?;
    let spec = budget.lower(&options.library());
    // The reference counts as used, and a path that leads nowhere is an error where it is written.
    let reference = budget.versus.as_ref().map(|path| quote_spanned!(Span::mixed_site()=> let _ = #path;));
    let body = match &budget.sizes {
        None => annotate::body(&function, options, &Scope::Module, Some(spec))?,
        Some((sizes, _)) => return over_sizes(function, options, spec, sizes),
    };
    Ok(function.with_body(&quote!(#reference #body)))
}

fn check(function: &Function, budget: &Budget) -> Result<()> {
    if let Some(attr) = function.attrs.iter().find(|attr| attr.path().is_ident("should_panic")) {
        return Err(Error::new(
            attr.span(),
            "a run that panics has no cost to hold a budget against: test the panic without `#[perf_budget]`",
        ));
    }
    match (budget.growth, function.sig.inputs.len()) {
        (Some(_), 1) | (None, 0) => Ok(()),
        (Some(_), _) => Err(Error::new(
            function.sig.ident.span(),
            "`growth` runs the test at several sizes: let it take one, as in `fn name(n: usize)`",
        )),
        (None, _) => Err(Error::new(
            function.sig.inputs.span(),
            "a test takes a size only where its budget has `growth` and `sizes`",
        )),
    }
}

/// The test as a function without arguments around the one that takes a size; the first error ends it.
fn over_sizes(mut function: Function, options: &Options, spec: TokenStream, sizes: &[usize]) -> Result<TokenStream> {
    let library = options.library();
    let body = annotate::body(&function, options, &Scope::Module, Some(spec))?;
    let mut inner = Function {
        attrs: Vec::new(),
        vis: Visibility::Inherited,
        defaultness: None,
        sig: function.sig.clone(),
        brace: function.brace,
        inner_attrs: Vec::new(),
        body: TokenStream::new(),
    };
    inner.sig.ident = Ident::new("measured", Span::mixed_site());
    let inner = inner.with_body(&body);
    function.sig.inputs = Punctuated::new();
    let wait = function.sig.asyncness.map(|_| quote!(.await));
    let failed = expand::looks_failed(&library, &quote_spanned!(Span::mixed_site()=> &output));
    Ok(function.with_body(&quote_spanned! {Span::mixed_site()=>
        #inner
        const SIZES: &[#library::__private::core::primitive::usize] = &[#(#sizes),*];
        let mut next = 0;
        loop {
            let output = measured(SIZES[next]) #wait;
            next += 1;
            if next == SIZES.len() || #failed {
                break output;
            }
        }
    }))
}
