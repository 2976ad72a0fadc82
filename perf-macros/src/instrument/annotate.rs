//! One function through the pipeline: read its shape, check, expand.

use proc_macro2::TokenStream;
use syn::parse::Result;

use crate::instrument::arguments::Readers;
use crate::instrument::ast::{Function, Scope};
use crate::instrument::expand::{self, Callsite};
use crate::instrument::options::Options;
use crate::instrument::shape::Plan;
use crate::instrument::sight::Unseen;
use crate::instrument::valid;

/// The function under a probe, which carries a budget where one is given.
///
/// `around`: the readers of all that is in the block around it.
pub(crate) fn measured(
    function: &Function,
    options: &Options,
    scope: &Scope,
    around: Readers,
    budget: Option<TokenStream>,
) -> Result<Function> {
    let plan = Plan::of(function, options, around);
    valid::check(function, options, &plan)?;
    let callsite = Callsite { options, scope, sig: &function.sig, budget, unseen: Unseen::of(&plan) };
    Ok(expand::measured(function, &plan, &callsite))
}
