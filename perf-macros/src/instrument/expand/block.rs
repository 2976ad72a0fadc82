//! Blocks of functions: every member under a probe, unless it asks to be left out or cannot be measured.

use proc_macro2::{Delimiter, Group, TokenStream};
use quote::{ToTokens, quote};
use syn::Error;

use crate::instrument::annotate;
use crate::instrument::arguments::Readers;
use crate::instrument::ast::{Container, Function, Member, Scope, mentions};
use crate::instrument::attributes::{self, Sibling};
use crate::instrument::options::Options;
use crate::instrument::valid;

/// The block with its members measured, and what was wrong with some of them.
///
/// `around`: the readers of all that is in the block around this one.
pub(crate) fn expand(container: Container, options: &Options, around: Readers) -> (TokenStream, Option<Error>) {
    let Container { attrs, header, scope, brace, inner_attrs, members } = container;
    let mut problems = None;
    // The compiler itself warns of the word `async` in a trait.
    let compiler = if mentions(header.clone(), "trait") { Readers::Compiler } else { Readers::None };
    let readers = around.max(attributes::readers(&attrs)).max(compiler);
    let around = Around { options, scope: &scope, readers };
    let members: Vec<_> = members.into_iter().map(|one| member(one, &around, &mut problems)).collect();
    let mut body = Group::new(Delimiter::Brace, quote!(#(#inner_attrs)* #(#members)*));
    body.set_span(brace.span.join());
    (quote!(#(#attrs)* #header #body), problems)
}

/// Options and scope for the members of a block.
struct Around<'a> {
    options: &'a Options,
    scope: &'a Scope,
    readers: Readers,
}

fn member(member: Member, around: &Around, problems: &mut Option<Error>) -> TokenStream {
    match member {
        Member::Other(tokens) => tokens,
        Member::Function(function) => member_function(*function, around, problems),
        Member::Container(mut container) => match attributes::take_probe(&mut container.attrs) {
            Sibling::Elsewhere => container.into_token_stream(),
            Sibling::Here(Err(problem)) => {
                report(problems, problem);
                container.into_token_stream()
            }
            Sibling::Here(Ok(own)) if own.skip.is_some() => container.into_token_stream(),
            found => {
                let own = found.options().within(around.options);
                if let Err(problem) = valid::check_block(&own) {
                    report(problems, problem);
                }
                let (tokens, inner) = expand(container, &own, around.readers);
                if let Some(problem) = inner {
                    report(problems, problem);
                }
                tokens
            }
        },
    }
}

fn member_function(mut function: Function, around: &Around, problems: &mut Option<Error>) -> TokenStream {
    let found = match attributes::take_probe(&mut function.attrs) {
        Sibling::Elsewhere => return function.into_token_stream(),
        Sibling::Here(Err(problem)) => {
            report(problems, problem);
            return function.into_token_stream();
        }
        Sibling::Here(Ok(own)) if own.skip.is_some() => return function.into_token_stream(),
        Sibling::None if valid::unmeasurable("perf_probe", &function.sig, &function.attrs).is_some() => {
            return function.into_token_stream();
        }
        found => found.options().within(around.options),
    };
    match annotate::measured(&function, &found, around.scope, around.readers, None) {
        Ok(measured) => measured.into_token_stream(),
        Err(problem) => {
            report(problems, problem);
            function.into_token_stream()
        }
    }
}

fn report(problems: &mut Option<Error>, problem: Error) {
    match problems {
        Some(first) => first.combine(problem),
        None => *problems = Some(problem),
    }
}

impl ToTokens for Container {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let Self { attrs, header, brace, inner_attrs, members, .. } = self;
        let mut body = Group::new(Delimiter::Brace, quote!(#(#inner_attrs)* #(#members)*));
        body.set_span(brace.span.join());
        tokens.extend(quote!(#(#attrs)* #header #body));
    }
}

impl ToTokens for Member {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        match self {
            Self::Function(function) => function.to_tokens(tokens),
            Self::Container(container) => container.to_tokens(tokens),
            Self::Other(other) => other.to_tokens(tokens),
        }
    }
}
