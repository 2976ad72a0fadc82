//! Futures, wrapped to be measured.

use proc_macro2::{Delimiter, Group, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use syn::Signature;
use syn::spanned::Spanned;

use super::function::Body;
use crate::instrument::arguments::{Arguments, Readers};
use crate::instrument::exits::Exits;
use crate::instrument::shape::{Errors, Output};
use crate::instrument::tail::Tail;

/// An `async fn`: a function that returns its future wrapped, into which the arguments move as they do into that of
/// the plain function. One with other readers stays what it is, and has a future around the one that is wrapped.
pub(super) fn async_fn(body: &Body, readers: Readers) -> (Signature, TokenStream) {
    let Arguments { inputs, moved } = Arguments::of(&body.function.sig, readers);
    let mut sig = Signature { inputs, ..body.function.sig.clone() };
    let edge = body.return_edge();
    let counts = counted(body);
    let inner = body.function.nested(&body.function.body);
    let Body { library, probe, .. } = body;
    // The block is the user's, for lints that look at the ends of bodies; the one in it is this crate's edition's, in
    // which what the last expression needed is dropped before the arguments are, as in an `async fn` of any.
    let word = sig.asyncness.map_or(Span::mixed_site(), |word| word.span);
    let word = quote_spanned!(word=> async);
    let block = body.function.braced(quote_spanned!(Span::mixed_site()=> { #edge #moved #counts #inner }));
    let future = quote_spanned!(Span::mixed_site()=> #word move #block);
    let measured = if counts.is_empty() {
        body.wrapped(probe, &future, &TokenStream::new())
    } else {
        let measured = body.wrapped(&quote_spanned!(Span::mixed_site()=> probe), &future, &TokenStream::new());
        quote_spanned!(Span::mixed_site()=> let probe = #probe; #measured)
    };
    if readers != Readers::None {
        return (sig, quote_spanned!(Span::mixed_site()=> #measured.await));
    }
    let fn_token = sig.fn_token;
    let (output, end) = match &sig.output {
        syn::ReturnType::Default => (quote_spanned!(Span::mixed_site()=> ()), sig.paren_token.span.close()),
        syn::ReturnType::Type(_, ty) => {
            let last = ty.to_token_stream().into_iter().last().map_or(fn_token.span, |last| last.span());
            (ty.to_token_stream(), last)
        }
    };
    // The signature begins and ends in the user's code, and so lies there. The word `impl` does not: it is that of this
    // crate's edition, which captures every lifetime, as `async` does in any.
    let begin = sig.asyncness.take().map_or(fn_token.span, |word| word.span);
    sig.fn_token = syn::Token![fn](begin);
    let end = quote_spanned!(end=> >);
    sig.output = syn::ReturnType::Type(
        syn::Token![->](Span::mixed_site()),
        Box::new(syn::Type::Verbatim(quote_spanned! {Span::mixed_site()=>
            impl #library::core::future::Future<Output = #output #end
        })),
    );
    (sig, measured)
}

/// A function that ends in its future.
pub(super) fn tail(body: &Body, tail: &Tail) -> TokenStream {
    let Tail { before, boxed, future, kept } = tail;
    let (evaluated, chained) = evaluated(body);
    let measured = body.wrapped(&body.probe, &body.yielding(future), &chained);
    let measured = if *kept { around(future, &measured) } else { measured };
    let end = match boxed {
        Some((path, parentheses)) => {
            let mut group = Group::new(Delimiter::Parenthesis, measured);
            group.set_span(*parentheses);
            quote!(#path #group)
        }
        None => measured,
    };
    if *kept {
        return quote!(#evaluated #before #end);
    }
    let nested = body.function.nested(&quote!(#before #end));
    quote!(#evaluated #nested)
}

/// An `async move` block with this future in it, in the place of another one: what other attributes put into it is theirs
/// where they find the user's own braces.
fn around(block: &TokenStream, measured: &TokenStream) -> TokenStream {
    let waits = quote_spanned!(Span::mixed_site()=> #measured.await);
    let replaced = block.clone().into_iter().map(|token| match token {
        TokenTree::Group(braces) => {
            let mut group = Group::new(Delimiter::Brace, waits.clone());
            group.set_span(braces.span());
            TokenTree::Group(group)
        }
        word => word,
    });
    replaced.collect()
}

/// A function that returns its future somehow, in a box or not.
pub(super) fn returned(body: &Body, exits: &Exits, boxed: bool) -> (Signature, TokenStream) {
    let library = &body.library;
    let (evaluated, chained) = evaluated(body);
    let (sig, future) = match exits {
        Exits::Known(known) => {
            let block = body.block(known);
            let block = match &body.function.sig.output {
                syn::ReturnType::Type(_, ty) if boxed => match Output::Written(ty).annotation() {
                    Some(ty) => quote_spanned!(Span::mixed_site()=> #library::of_type::<#ty>(#block)),
                    None => block,
                },
                _ => block,
            };
            (body.function.sig.clone(), block)
        }
        // Under `#[track_caller]` there is no `return` in it: `valid` has seen to that.
        Exits::Hidden if body.plan.in_frame => {
            (body.function.sig.clone(), body.function.nested(&body.function.body).into_token_stream())
        }
        // `items` and `bytes` are evaluated outside, over the names that they are written with.
        Exits::Hidden if chained.is_empty() => body.closure(Readers::None, &TokenStream::new()),
        Exits::Hidden => body.closure(Readers::Attributes, &TokenStream::new()),
    };
    let measured = body.wrapped(&body.probe, &body.yielding(&future), &chained);
    let statements = if boxed {
        quote_spanned!(Span::mixed_site()=> #evaluated #library::std::boxed::Box::pin(#measured))
    } else {
        quote_spanned!(Span::mixed_site()=> #evaluated #measured)
    };
    (sig, statements)
}

/// The values of `items` and `bytes`, where the arguments are still in the function: the statements that evaluate them,
/// and the calls that give them to the future.
fn evaluated(body: &Body) -> (TokenStream, TokenStream) {
    let (names, values): (Vec<_>, Vec<_>) = body.counts().into_iter().unzip();
    let statements = quote_spanned!(Span::mixed_site()=> #(let #names = #values;)*);
    (statements, quote!(#(.#names(#names))*))
}

/// Their values where the arguments are in the future already.
fn counted(body: &Body) -> TokenStream {
    let library = &body.library;
    let counts = body
        .counts()
        .into_iter()
        .map(|(name, value)| quote_spanned!(Span::mixed_site()=> #library::#name(probe, #value);));
    counts.collect()
}

impl Body<'_> {
    /// A future measured by the probe, with all it counts.
    fn wrapped(&self, probe: &TokenStream, future: &TokenStream, counts: &TokenStream) -> TokenStream {
        let library = &self.library;
        let errors = (!matches!(self.plan.errors, Errors::Ignored)).then(|| {
            let failed = self.failed(&quote_spanned!(Span::mixed_site()=> output));
            quote_spanned!(Span::mixed_site()=> .errors_when(|output| #failed))
        });
        quote_spanned!(Span::mixed_site()=> #library::Probe::wrap(#probe, #future) #counts #errors)
    }

    /// A future whose output is known to be of the written type before anything looks at it.
    fn yielding(&self, future: &TokenStream) -> TokenStream {
        let library = &self.library;
        match self.plan.output.annotation() {
            Some(output) if !matches!(self.plan.errors, Errors::Ignored) => {
                quote_spanned!(Span::mixed_site()=> #library::yielding::<#output, _>(#future))
            }
            _ => future.clone(),
        }
    }

    /// Makes the written type known to inference before the body is, as the signature of a function would.
    fn return_edge(&self) -> Option<TokenStream> {
        let library = &self.library;
        let output = self.plan.output.annotation()?;
        let span = match self.plan.output {
            Output::Written(ty) => ty.span().resolved_at(Span::mixed_site()),
            _ => Span::mixed_site(),
        };
        Some(quote_spanned! {span=>
            if let #library::core::option::Option::Some(output) = #library::core::option::Option::None::<#output> {
                return output;
            }
        })
    }
}
