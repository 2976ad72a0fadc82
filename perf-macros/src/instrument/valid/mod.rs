//! Refusals of functions that cannot be measured, or not with these options: one clear error on the token that says so.
//!
//! Readers of options know the grammar and the units of single values; rules about several options, or about an option and
//! its function, stand here.

pub(crate) mod budget;

use proc_macro2::{Span, TokenStream, TokenTree};
use syn::parse::Result;
use syn::spanned::Spanned;
use syn::{Attribute, Error, Signature};

use crate::instrument::ast::{Container, Function, mentions};
use crate::instrument::attributes;
use crate::instrument::exits::Exits;
use crate::instrument::name::Template;
use crate::instrument::options::{Name, Options};
use crate::instrument::shape::{Output, Plan, Shape};

/// Why no attribute of this library can stand on this function, if so.
pub(crate) fn unmeasurable(attribute: &str, sig: &Signature, attrs: &[Attribute]) -> Option<Error> {
    if let Some(constness) = sig.constness {
        let problem = format!(
            "`#[{attribute}]` cannot measure a `const fn`, which may run while compiling: remove `const`, or measure the function that calls it"
        );
        return Some(Error::new(constness.span, problem));
    }
    let naked = attrs.iter().find(|attr| {
        attr.path().is_ident("naked")
            || attr.path().is_ident("unsafe")
                && attr.meta.require_list().is_ok_and(|list| mentions(list.tokens.clone(), "naked"))
    })?;
    let problem = format!(
        "`#[{attribute}]` cannot measure a naked function, which is assembly only: measure the function that calls it"
    );
    Some(Error::new(naked.span(), problem))
}

/// Options that contradict each other, or the function.
pub(crate) fn check(function: &Function, options: &Options, plan: &Plan) -> Result<()> {
    if let Some(problem) = unmeasurable("perf_probe", &function.sig, &function.attrs) {
        return Err(problem);
    }
    check_name(options.name.as_ref())?;
    check_rate(options)?;
    if let Some(Name::Literal(literal)) = &options.name {
        if let Some(constant) = Template::of(literal).constant_of(&function.sig) {
            let problem = format!("`{{{constant}}}` is a constant; only types can be part of a name");
            return Err(Error::new(literal.span(), problem));
        }
    }
    let returns_nothing = matches!(function.sig.output, syn::ReturnType::Default);
    if let Some(future) = &options.future {
        if returns_nothing && function.sig.asyncness.is_none() {
            let problem = "`future` is for functions that return a future; this one returns nothing";
            return Err(Error::new(future.span(), problem));
        }
    }
    if let Some(errors) = &options.errors {
        if matches!(plan.output, Output::Unit | Output::Never) {
            return Err(Error::new(errors.span(), "`errors` looks at the returned value; this function returns none"));
        }
        if plan.in_frame && matches!(plan.shape, Shape::Outcome(Exits::Hidden)) {
            let problem = "`errors` needs this body in a closure, since a macro in it may return, and a closure would change what `#[track_caller]` reports: leave out one of the two";
            return Err(Error::new(errors.span(), problem));
        }
    }
    let is_closed = plan.in_frame && matches!(plan.shape, Shape::Future(Exits::Hidden) | Shape::Boxed(Exits::Hidden));
    if let Some(span) = find(&function.body, "return").filter(|_| is_closed) {
        let problem = "under `#[track_caller]` a function that returns a future can be measured only without `return`: make the future its last expression";
        return Err(Error::new(span, problem));
    }
    Ok(())
}

/// Options that make sense on a block of functions.
pub(crate) fn check_block(options: &Options) -> Result<()> {
    let single = [
        (
            "name",
            options.name.as_ref().map(|name| match name {
                Name::Literal(literal) => literal.span(),
                Name::Constant(tokens) => tokens.span(),
            }),
        ),
        ("items", options.items.as_ref().map(Spanned::span)),
        ("bytes", options.bytes.as_ref().map(Spanned::span)),
        ("errors", options.errors.as_ref().map(Spanned::span)),
        ("future", options.future.as_ref().map(Spanned::span)),
    ];
    for (key, span) in single {
        if let Some(span) = span {
            let problem = format!(
                "`{key}` belongs on a single function: write it on the function inside, as `#[perf_probe({key} ..)]`; a block takes `sample`, `overhead`, `skip` and `crate`"
            );
            return Err(Error::new(span, problem));
        }
    }
    check_rate(options)
}

fn check_name(name: Option<&Name>) -> Result<()> {
    match name {
        Some(Name::Literal(literal)) if literal.value().is_empty() => {
            Err(Error::new(literal.span(), "a name cannot be empty"))
        }
        _ => Ok(()),
    }
}

fn check_rate(options: &Options) -> Result<()> {
    match (options.sample, options.overhead) {
        (Some((0, span)), _) => {
            Err(Error::new(span, "`sample = 0` would never time a call; `sample = 1` times every call"))
        }
        (_, Some((0, span))) => Err(Error::new(span, "a probe cannot cost nothing; name a share such as \"1%\"")),
        (Some(_), Some((_, overhead))) => {
            Err(Error::new(overhead, "`overhead` chooses the rate that `sample` fixes: leave out one of the two"))
        }
        _ => Ok(()),
    }
}

/// An attribute, or one of its like, that stands a second time on the same item.
pub(crate) fn twice(second: &Attribute, name: &str) -> Error {
    Error::new_spanned(second, format!("`{name}` is given twice: put all options into one"))
}

/// Refuses the attribute that is being expanded where it stands a second time on the same function.
pub(crate) fn once(function: &Function, attribute: &str) -> Result<()> {
    let second = function.attrs.iter().find(|attr| attributes::is(attr, attribute));
    second.map_or(Ok(()), |second| Err(twice(second, attribute)))
}

/// The error for an attribute on something that is no function and no block of functions.
pub(crate) fn unsuitable(attribute: &str, item: TokenStream) -> Error {
    let on = "it measures functions with a body, impl and trait blocks and inline modules";
    for token in item {
        let TokenTree::Ident(word) = &token else {
            continue;
        };
        let problem = match word.to_string().as_str() {
            "fn" => format!("`#[{attribute}]` needs a body to measure: put it on the method's implementation"),
            "extern" => format!(
                "`#[{attribute}]` cannot measure functions whose bodies are elsewhere: measure the function that calls them"
            ),
            "mod" => format!(
                "`#[{attribute}]` needs the module's body here: write `mod name {{ .. }}`, or annotate what is inside its file"
            ),
            "struct" | "enum" | "union" | "static" | "type" | "use" | "macro_rules" | "let" | "const" => {
                format!("`#[{attribute}]` cannot measure this `{word}`: {on}")
            }
            _ => continue,
        };
        return Error::new(token.span(), problem);
    }
    Error::new(Span::call_site(), format!("`#[{attribute}]` cannot measure this: {on}"))
}

/// Where a word occurs first, at any depth.
fn find(tokens: &TokenStream, word: &str) -> Option<Span> {
    tokens.clone().into_iter().find_map(|token| match token {
        TokenTree::Ident(ident) if ident == word => Some(ident.span()),
        TokenTree::Group(group) => find(&group.stream(), word),
        _ => None,
    })
}

/// The error for a budget on a block of functions.
pub(crate) fn budget_on_block(container: &Container) -> Error {
    Error::new(container.header.span(), "`#[perf_budget]` belongs on a single function: each has a budget of its own")
}
