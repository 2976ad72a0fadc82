//! A budget on a function of the program: a probe that carries it.

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::parse::Result;

use super::Budget;
use crate::instrument::annotate;
use crate::instrument::arguments::Readers;
use crate::instrument::ast::{Function, Scope};
use crate::instrument::options::Options;
use crate::instrument::valid;

pub(crate) fn expand(function: &Function, options: &Options, budget: &Budget) -> Result<TokenStream> {
    valid::budget::check_function(function, budget)?;
    let spec = budget.lower(&options.library());
    Ok(annotate::measured(function, options, &Scope::Unknown, Readers::None, Some(spec))?.into_token_stream())
}
