//! How to measure a function, by its written signature.

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote_spanned};
use syn::punctuated::Punctuated;
use syn::{Attribute, GenericArgument, Path, PathArguments, ReturnType, Signature, Token, Type, TypeParamBound};

use crate::instrument::arguments::Readers;
use crate::instrument::ast::{Function, mentions, ungrouped};
use crate::instrument::attributes;
use crate::instrument::exits::{Exits, Leaves};
use crate::instrument::options::Options;
use crate::instrument::tail::{self, Tail};

/// How the body is run under the probe.
pub(crate) enum Shape {
    /// In place, a guard beside it.
    InPlace(Leaves),
    /// In place or in a closure, so that the value is seen whichever way the body returns it.
    Outcome(Exits),
    /// The body of an `async fn`, wrapped as a future.
    AsyncFn(Readers),
    /// The body yields a future, which is wrapped.
    Future(Exits),
    /// The body ends in a future which others want to find there: it is wrapped inside an `async` block.
    Tail(Tail),
    /// The body yields a boxed future, which is wrapped in a second box.
    Boxed(Exits),
}

/// Which values count as errors.
#[derive(Clone, Copy)]
pub(crate) enum Errors {
    Ignored,
    /// The name of the type ends in `Result`, which may name another type here.
    Inferred,
    /// Asked for by the option: a type that has no error is a mistake.
    Forced(Span),
}

/// All that the expansion wants to know of a signature.
pub(crate) struct Plan<'a> {
    pub(crate) shape: Shape,
    pub(crate) errors: Errors,
    /// The type of the value that is looked at for errors: what is returned, or what the future yields.
    pub(crate) output: Output<'a>,
    /// No closure may stand between the body and its caller.
    pub(crate) in_frame: bool,
}

#[derive(Clone, Copy)]
pub(crate) enum Output<'a> {
    Unit,
    Never,
    Written(&'a Type),
    /// Behind an alias, or not to be seen.
    Unknown,
}

impl<'a> Plan<'a> {
    /// `around`: the readers of all that is in the block around the function.
    pub(crate) fn of(function: &'a Function, options: &Options, around: Readers) -> Self {
        let returned = returned(&function.sig);
        let in_frame = tracks_caller(function);
        let readers = around.max(attributes::readers(&function.attrs));
        let (future, output) = match returned {
            _ if function.sig.asyncness.is_some() => {
                let is_special = in_frame || is_must_use(function) || matches!(returned, Output::Never);
                let compiler = if is_special { Readers::Compiler } else { Readers::None };
                (Some(Shape::AsyncFn(readers.max(compiler))), returned)
            }
            Output::Written(ty) => future_of(ty, function, options, readers == Readers::Attributes),
            _ => (None, returned),
        };
        let errors = match (&options.errors, output) {
            (Some(asked), _) => Errors::Forced(asked.span()),
            (None, Output::Written(ty)) if is_result(ty) => Errors::Inferred,
            (None, Output::Unknown) if aliased_result(returned) => Errors::Inferred,
            _ => Errors::Ignored,
        };
        match future {
            Some(shape) => Self { shape, errors, output, in_frame },
            None if matches!(errors, Errors::Ignored) => {
                // Elsewhere inference, the lints of a body that never ends, or the compiler's advice about a value that is
                // missing need the body where it is.
                let in_place = output.annotation().is_none() || lacks_value(output, &function.body);
                let leaves = if in_place { Leaves::Early } else { Leaves::of(&function.body) };
                Self { shape: Shape::InPlace(leaves), errors, output, in_frame }
            }
            None => match Exits::of(&function.body, false) {
                // Where errors cost what the caller sees, they are not counted.
                Exits::Hidden if in_frame && matches!(errors, Errors::Inferred) => {
                    Self { shape: Shape::InPlace(Leaves::Early), errors: Errors::Ignored, output, in_frame }
                }
                exits => Self { shape: Shape::Outcome(exits), errors, output, in_frame },
            },
        }
    }
}

impl Output<'_> {
    /// The type, fit for an annotation inside the body: what is written as `impl Trait` is left to inference, and so are
    /// lifetimes, for which a body has no need. Nothing where no annotation can be written.
    pub(crate) fn annotation(self) -> Option<TokenStream> {
        match self {
            Self::Unit => Some(Group::new(Delimiter::Parenthesis, TokenStream::new()).into_token_stream()),
            Self::Written(ty) => {
                let tokens = without_impl(ty).into_token_stream();
                (!mentions(tokens.clone(), "impl")).then(|| without_lifetimes(tokens))
            }
            Self::Never | Self::Unknown => None,
        }
    }
}

/// Whether a body that is to have a value ends in a statement. Most of these are mistakes.
fn lacks_value(output: Output, body: &TokenStream) -> bool {
    let last = body.clone().into_iter().last();
    matches!(output, Output::Written(_)) && matches!(last, Some(TokenTree::Punct(mark)) if mark.as_char() == ';')
}

/// Whether the caller is tracked, or may be.
fn tracks_caller(function: &Function) -> bool {
    let conditional =
        |attr: &Attribute| attr.path().is_ident("cfg_attr") && mentions(attr.meta.to_token_stream(), "track_caller");
    function.attrs.iter().any(|attr| attr.path().is_ident("track_caller") || conditional(attr))
}

fn is_must_use(function: &Function) -> bool {
    function.attrs.iter().any(|attr| attr.path().is_ident("must_use"))
}

fn returned(sig: &Signature) -> Output<'_> {
    match &sig.output {
        ReturnType::Default => Output::Unit,
        ReturnType::Type(_, ty) => match ungrouped(ty) {
            Type::Never(_) => Output::Never,
            Type::Tuple(tuple) if tuple.elems.is_empty() => Output::Unit,
            _ => Output::Written(ty),
        },
    }
}

/// The shape of a function that returns a future, and what the future yields.
fn future_of<'a>(ty: &'a Type, function: &Function, options: &Options, watched: bool) -> (Option<Shape>, Output<'a>) {
    let opaque = match ungrouped(ty) {
        Type::ImplTrait(opaque) => yielded(&opaque.bounds),
        _ => None,
    };
    if let Some(output) = opaque {
        let shape = match tail::future(&function.body).filter(|_| watched) {
            Some(tail) => Shape::Tail(tail),
            None => Shape::Future(Exits::of(&function.body, true)),
        };
        return (Some(shape), output);
    }
    let output = match pinned_box(ty) {
        Some(output) => output,
        None if options.future.is_some() => Output::Unknown,
        None => return (None, Output::Written(ty)),
    };
    let shape = match tail::boxed(&function.body, watched) {
        Some(tail) => Shape::Tail(tail),
        None => Shape::Boxed(Exits::of(&function.body, true)),
    };
    (Some(shape), output)
}

/// The output of a future with these bounds, where one of them is `Future`.
fn yielded(bounds: &Punctuated<TypeParamBound, Token![+]>) -> Option<Output<'_>> {
    bounds.iter().find_map(|bound| match bound {
        TypeParamBound::Trait(bound) => yielded_by(&bound.path),
        _ => None,
    })
}

/// The output of a future, if this path is that of the trait.
fn yielded_by(path: &Path) -> Option<Output<'_>> {
    let last = path.segments.last().filter(|last| last.ident == "Future")?;
    let PathArguments::AngleBracketed(arguments) = &last.arguments else {
        return Some(Output::Unknown);
    };
    let output = arguments.args.iter().find_map(|argument| match argument {
        GenericArgument::AssocType(assoc) if assoc.ident == "Output" => Some(Output::Written(&assoc.ty)),
        _ => None,
    });
    Some(output.unwrap_or(Output::Unknown))
}

/// The output of the future in a `Pin<Box<dyn Future<..>>>`, or with `impl` in place of `dyn`, or, as in old editions,
/// nothing.
fn pinned_box(ty: &Type) -> Option<Output<'_>> {
    let boxed = sole_argument(ty, "Pin")?;
    match ungrouped(sole_argument(boxed, "Box")?) {
        Type::TraitObject(object) => yielded(&object.bounds),
        Type::ImplTrait(opaque) => yielded(&opaque.bounds),
        Type::Path(bare) => yielded_by(&bare.path),
        _ => None,
    }
}

fn sole_argument<'a>(ty: &'a Type, name: &str) -> Option<&'a Type> {
    let last = path(ty)?.segments.last().filter(|last| last.ident == name)?;
    let PathArguments::AngleBracketed(arguments) = &last.arguments else {
        return None;
    };
    arguments.args.iter().find_map(|argument| match argument {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    })
}

/// Whether a type is named as results are: `Result`, or an alias such as `IResult` and `ParseResult`.
fn is_result(ty: &Type) -> bool {
    path(ty).and_then(|path| path.segments.last()).is_some_and(|last| last.ident.to_string().ends_with("Result"))
}

/// Whether an alias such as `BoxFuture<'_, Result<..>>` has a `Result` among its arguments.
fn aliased_result(returned: Output) -> bool {
    let Output::Written(ty) = returned else {
        return false;
    };
    let Some(PathArguments::AngleBracketed(arguments)) =
        path(ty).and_then(|path| path.segments.last()).map(|last| &last.arguments)
    else {
        return false;
    };
    arguments.args.iter().any(|argument| matches!(argument, GenericArgument::Type(ty) if is_result(ty)))
}

fn path(ty: &Type) -> Option<&Path> {
    match ungrouped(ty) {
        Type::Path(path) => Some(&path.path),
        _ => None,
    }
}

/// The type with every lifetime but `'static` replaced by `'_`. Not where that would mean another type: in that of a
/// function, an elided lifetime is any lifetime.
fn without_lifetimes(tokens: TokenStream) -> TokenStream {
    if ["for", "fn", "Fn", "FnMut", "FnOnce", "AsyncFn", "AsyncFnMut", "AsyncFnOnce"]
        .iter()
        .any(|word| mentions(tokens.clone(), word))
    {
        return tokens;
    }
    elided(tokens)
}

fn elided(tokens: TokenStream) -> TokenStream {
    let mut tick = false;
    let replaced = tokens.into_iter().map(|token| match token {
        TokenTree::Ident(name) if std::mem::take(&mut tick) && name != "static" => {
            TokenTree::Ident(Ident::new("_", name.span()))
        }
        TokenTree::Group(group) => {
            let mut inner = Group::new(group.delimiter(), elided(group.stream()));
            inner.set_span(group.span());
            TokenTree::Group(inner)
        }
        other => {
            tick = matches!(&other, TokenTree::Punct(punct) if punct.as_char() == '\'');
            other
        }
    });
    replaced.collect()
}

/// The type with every `impl Trait` in its arguments replaced by `_`.
fn without_impl(ty: &Type) -> Type {
    let mut ty = ty.clone();
    replace_impl(&mut ty);
    ty
}

fn replace_impl(ty: &mut Type) {
    match ty {
        Type::ImplTrait(opaque) => {
            *ty = Type::Verbatim(quote_spanned!(opaque.impl_token.span=> _));
        }
        Type::Group(group) => replace_impl(&mut group.elem),
        Type::Paren(paren) => replace_impl(&mut paren.elem),
        Type::Reference(reference) => replace_impl(&mut reference.elem),
        Type::Array(array) => replace_impl(&mut array.elem),
        Type::Slice(slice) => replace_impl(&mut slice.elem),
        Type::Tuple(tuple) => tuple.elems.iter_mut().for_each(replace_impl),
        Type::Path(path) => {
            for segment in &mut path.path.segments {
                if let PathArguments::AngleBracketed(arguments) = &mut segment.arguments {
                    for argument in &mut arguments.args {
                        if let GenericArgument::Type(ty) = argument {
                            replace_impl(ty);
                        }
                    }
                }
            }
        }
        _ => {}
    }
}
