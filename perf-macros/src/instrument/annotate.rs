//! One function through the pipeline: read its shape, check, expand.

use proc_macro2::TokenStream;
use syn::parse::Result;

use crate::instrument::ast::{Function, Scope};
use crate::instrument::expand::{self, Callsite};
use crate::instrument::options::Options;
use crate::instrument::shape::Plan;
use crate::instrument::valid;

/// The function under a probe.
pub(crate) fn probed(function: &Function, options: &Options, scope: &Scope) -> Result<TokenStream> {
    let body = body(function, options, scope, None)?;
    Ok(function.with_body(&body))
}

/// The body of the function under a probe, which carries a budget where one is given.
pub(crate) fn body(
    function: &Function,
    options: &Options,
    scope: &Scope,
    budget: Option<TokenStream>,
) -> Result<TokenStream> {
    let plan = Plan::of(function, options);
    valid::check(function, options, &plan)?;
    Ok(expand::body(function, &plan, &Callsite { options, scope, sig: &function.sig, budget }))
}
