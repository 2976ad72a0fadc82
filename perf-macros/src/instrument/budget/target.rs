//! A budget on a function of the program: a probe that carries it.

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::Error;
use syn::parse::Result;

use super::Budget;
use crate::instrument::annotate;
use crate::instrument::arguments::Readers;
use crate::instrument::ast::{Function, Scope};
use crate::instrument::options::Options;

pub(crate) fn expand(function: &Function, options: &Options, budget: &Budget) -> Result<TokenStream> {
    if let Some(key) = budget.run_keys.first() {
        let problem = format!(
            "`{key}` plans a measured run, which only a test has, and no `#[test]` follows: on a test, put `#[perf_budget]` above `#[test]`"
        );
        return Err(Error::new(key.span(), problem));
    }
    if budget.is_empty() {
        return Err(Error::new(
            function.sig.ident.span(),
            "this budget promises nothing: say what holds, as in `#[perf_budget(p99 = \"5ms\", allocs = 0)]`",
        ));
    }
    let spec = budget.lower(&options.library());
    Ok(annotate::measured(function, options, &Scope::Unknown, Readers::None, Some(spec))?.into_token_stream())
}
