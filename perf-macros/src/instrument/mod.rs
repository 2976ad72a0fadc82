//! The attributes switched on: parse the item and the options, check them, expand.
//!
//! | module | what it holds |
//! |---|---|
//! | `ast` | what an attribute may stand on |
//! | `keys`, `units`, `options`, `budget` | what may stand in its parentheses |
//! | `attributes` | this library's other attributes on the same item |
//! | `shape`, `name` | what a signature says about how to measure, and the probe's name |
//! | `sight` | whether calls may return errors that the expansion does not look at |
//! | `exits`, `tail`, `arguments` | how control leaves a body, whether it ends in a future, and how it is moved elsewhere |
//! | `captures`, `receiver` | how a closure around a body gets the arguments, and `self` as one of them |
//! | `valid` | what cannot be measured, and which options contradict each other: readers of options know their grammar only |
//! | `annotate`, `expand` | the tokens |
//!
//! A mistake leaves the item as it was and adds one error, so that it is the only one the user sees.

mod annotate;
mod arguments;
mod ast;
mod attributes;
mod budget;
mod captures;
mod exits;
mod expand;
mod keys;
mod name;
mod options;
mod receiver;
mod shape;
mod sight;
mod tail;
#[cfg(test)]
mod tests;
mod units;
mod valid;

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::parse::{Parser, Result};

use arguments::Readers;
use ast::{Function, Member, Scope};
use budget::Budget;
use options::Options;

/// `#[perf_probe(args)] item`.
pub(crate) fn probe(args: TokenStream, item: TokenStream) -> TokenStream {
    let expanded = Member::parse_target.parse2(item.clone()).and_then(|target| match target {
        Member::Other(_) => Err(valid::unsuitable("perf_probe", item.clone())),
        Member::Function(mut function) => {
            let options: Options = syn::parse2(args)?;
            let budget = attributes::take(&mut function.attrs, "perf_budget").transpose()?;
            valid::once(&function, "perf_probe")?;
            match budget {
                Some(budget) => budgeted(*function, Some(options), &syn::parse2(budget)?),
                None => probed(&function, &options),
            }
        }
        Member::Container(container) => {
            let options: Options = syn::parse2(args)?;
            if options.skip.is_some() {
                return Ok(container.into_token_stream());
            }
            valid::check_block(&options)?;
            let (mut tokens, problems) = expand::block(container, &options, Readers::None);
            tokens.extend(problems.map(|problem| problem.to_compile_error()));
            Ok(tokens)
        }
    });
    or_as_it_was(expanded, item)
}

/// `#[perf_budget(args)] item`.
pub(crate) fn budget(args: TokenStream, item: TokenStream) -> TokenStream {
    let expanded = Member::parse_target.parse2(item.clone()).and_then(|target| match target {
        Member::Other(_) => Err(valid::unsuitable("perf_budget", item.clone())),
        Member::Container(container) => Err(valid::budget_on_block(&container)),
        Member::Function(mut function) => {
            let budget = syn::parse2(args)?;
            let options = attributes::take(&mut function.attrs, "perf_probe").transpose()?;
            valid::once(&function, "perf_budget")?;
            budgeted(*function, options.map(syn::parse2).transpose()?, &budget)
        }
    });
    or_as_it_was(expanded, item)
}

fn probed(function: &Function, options: &Options) -> Result<TokenStream> {
    match &options.skip {
        Some(_) => Ok(function.to_token_stream()),
        None => Ok(annotate::measured(function, options, &Scope::Unknown, Readers::None, None)?.into_token_stream()),
    }
}

/// A function with both attributes, of which `#[perf_probe]` may be left out.
fn budgeted(function: Function, options: Option<Options>, budget: &Budget) -> Result<TokenStream> {
    valid::budget::check(budget)?;
    valid::unmeasurable("perf_budget", &function.sig, &function.attrs).map_or(Ok(()), Err)?;
    let completed = |mut options: Options| {
        options.krate = options.krate.or_else(|| budget.krate.clone());
        options.name = options.name.or_else(|| budget.name.clone());
        options
    };
    let above = budget::above::test();
    valid::budget::check_above(above.as_deref())?;
    if above.is_some() || budget::test::is_test(&function) {
        budget::test::expand(function, options.map(completed).as_ref(), budget)
    } else {
        budget::target::expand(&function, &completed(options.unwrap_or_default()), budget)
    }
}

fn or_as_it_was(expanded: Result<TokenStream>, item: TokenStream) -> TokenStream {
    expanded.unwrap_or_else(|error| {
        let mut tokens = item;
        tokens.extend(error.to_compile_error());
        tokens
    })
}
