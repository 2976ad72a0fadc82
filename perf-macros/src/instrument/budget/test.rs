//! A budget on a test: the body becomes a function in the test, which `perf_exporters::gate` calls as often as it needs.

use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::parse::Result;
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{Error, Ident, Visibility};

use super::Budget;
use crate::instrument::arguments::Readers;
use crate::instrument::ast::{Function, Scope};
use crate::instrument::options::Options;
use crate::instrument::{annotate, expand};

/// Whether an attribute further down makes this function a test: `#[test]`, `#[tokio::test]` and their like.
pub(crate) fn is_test(function: &Function) -> bool {
    function.attrs.iter().any(|attr| attr.path().segments.last().is_some_and(|last| last.ident == "test"))
}

/// `options` are those of a `#[perf_probe]` beside the budget: then the body is a probe as well.
pub(crate) fn expand(mut function: Function, options: Option<&Options>, budget: &Budget) -> Result<TokenStream> {
    check(&function, budget)?;
    budget.check_dependency()?;
    let library = match options {
        Some(options) => options.library(),
        None => Options { krate: budget.krate.clone(), ..Options::default() }.library(),
    };
    let spec = budget.lower(&library);
    let inner = match options {
        Some(options) => inner(&annotate::measured(&function, options, &Scope::Module, Readers::Compiler, None)?),
        None => inner(&function),
    };
    let ident = function.sig.ident.clone();
    let reference = budget.versus.as_ref().map(|path| quote_spanned!(Span::mixed_site()=> let reference = #path;));
    let call = call(&function, budget, &library);
    function.sig.inputs = Punctuated::new();
    function.inner_attrs.clear();
    let core = quote!(#library::__private::core);
    let name = function.sig.ident.to_string();
    let name = name.trim_start_matches("r#");
    // The one path that leads out of the library: where it leads nowhere, the error stands at the attribute, and no
    // other follows from it.
    let runner = budget.runner();
    let gate = quote_spanned!(Span::call_site()=> use #runner::gate::expansion as gate;);
    // The body keeps the test's name, and sees no other name of the macro's.
    Ok(function.with_body(&quote_spanned! {Span::mixed_site()=>
        let body = {
            #inner
            #ident
        };
        #reference
        {
            #gate
            static BUDGET: #library::budget::BudgetSpec = #spec;
            let declared = gate::Declared {
                spec: &BUDGET,
                name: #core::concat!(#core::module_path!(), "::", #name),
                file: #core::file!(),
                line: #core::line!(),
                debug_build: #core::cfg!(debug_assertions),
            };
            #call
        }
    }))
}

/// The test's body as a function of the same signature.
fn inner(function: &Function) -> TokenStream {
    let inner = Function {
        attrs: Vec::new(),
        vis: Visibility::Inherited,
        defaultness: None,
        sig: function.sig.clone(),
        brace: function.brace,
        inner_attrs: function.inner_attrs.clone(),
        body: TokenStream::new(),
    };
    inner.with_body(&function.body)
}

/// `gate::test(declared, measured, |output| ..)` and its like.
fn call(function: &Function, budget: &Budget, library: &TokenStream) -> TokenStream {
    let (kind, reference) = match (&budget.versus, &budget.sizes) {
        (Some(_), _) => ("versus", Some(quote_spanned!(Span::mixed_site()=> , reference))),
        (None, Some(_)) => ("growth", None),
        (None, None) => ("test", budget.rate_argument()),
    };
    let failed = expand::looks_failed(library, &quote_spanned!(Span::mixed_site()=> output));
    let arguments = quote_spanned!(Span::mixed_site()=> (declared, body, |output| #failed #reference));
    if function.sig.asyncness.is_some() {
        let kind = format_ident!("{kind}_async", span = Span::mixed_site());
        quote_spanned!(Span::mixed_site()=> gate::conclude(gate::#kind #arguments.await))
    } else {
        let kind = Ident::new(kind, Span::mixed_site());
        quote_spanned!(Span::mixed_site()=> gate::#kind #arguments)
    }
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
