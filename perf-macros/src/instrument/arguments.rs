//! The arguments of a function whose body is moved into a closure or a future: they move with it, whole and in order.
//!
//! The compiler does the same to an `async fn`. So the arguments drop in the order in which those of the plain function
//! do: after the body's own variables, the last first, what a pattern leaves unbound after what it binds; and those of
//! a future that is never polled the first first.
//! Into a closure only those move that have to (see [`captures`](super::captures)).

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::punctuated::Punctuated;
use syn::visit_mut::{self, VisitMut};
use syn::{FnArg, Ident, Pat, PatIdent, Signature, Token};

use crate::instrument::captures::{Capture, captures};

/// Other readers of a function, after this attribute.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Readers {
    None,
    /// The compiler, in its lints and errors: an `async fn` stays one, and names stay.
    Compiler,
    /// Another attribute, on the function or around it, which moves the arguments in a way of its own: patterns stay as
    /// well, and what they leave unbound stays behind.
    Attributes,
}

pub(crate) struct Arguments {
    /// Arguments in the signature: every argument that moves under one name.
    pub(crate) inputs: Punctuated<FnArg, Token![,]>,
    /// The statements that move them to where these stand, and take them apart as written.
    pub(crate) moved: TokenStream,
}

impl Arguments {
    pub(crate) fn of(sig: &Signature, readers: Readers) -> Self {
        Self::only(sig, readers, |_| true)
    }

    /// For a closure around these tokens that is called where it stands, and does not capture by `move`.
    ///
    /// An arm that never matches names those that it has to capture whole. They drop in the order of these captures,
    /// after all that the closure binds, and before what the tokens alone make it capture.
    pub(crate) fn captured(sig: &Signature, tokens: &TokenStream, readers: Readers, library: &TokenStream) -> Self {
        let captures = captures(sig, tokens);
        let Self { inputs, moved } = Self::only(sig, readers, |at| captures.get(at) == Some(&Capture::Moved));
        let whole = sig.inputs.iter().zip(&captures).filter(|(_, capture)| **capture == Capture::Whole);
        let taken: Vec<_> = whole
            .rev()
            .map(|(input, _)| {
                let (attrs, name) = match input {
                    FnArg::Receiver(receiver) => (&receiver.attrs, receiver.self_token.to_token_stream()),
                    FnArg::Typed(argument) => (&argument.attrs, sole_name(&argument.pat).to_token_stream()),
                };
                let cfgs = attrs.iter().filter(|attr| attr.path().is_ident("cfg"));
                quote_spanned!(Span::mixed_site()=> #(#cfgs)* #library::taken(#name);)
            })
            .collect();
        let named = (!taken.is_empty()).then(|| {
            quote_spanned! {Span::mixed_site()=>
                match () {
                    () => {}
                    () => {
                        #(#taken)*
                        return #library::absent();
                    }
                }
            }
        });
        let moved = quote_spanned!(Span::mixed_site()=> #named #moved);
        Self { inputs, moved }
    }

    /// Some of them, by their places.
    fn only(sig: &Signature, readers: Readers, chosen: impl Fn(usize) -> bool) -> Self {
        let mut moved = TokenStream::new();
        let mut inputs = sig.inputs.clone();
        for (at, input) in inputs.iter_mut().enumerate().filter(|(at, _)| chosen(*at)) {
            let argument = match input {
                // It cannot be moved into a variable of its name; named whole, it moves whole.
                FnArg::Receiver(receiver) => {
                    let receiver = &receiver.self_token;
                    moved.extend(quote_spanned!(Span::mixed_site()=> let _ = &#receiver;));
                    continue;
                }
                FnArg::Typed(argument) => argument,
            };
            let written = (*argument.pat).clone();
            let whole = match (sole_name(&written), readers) {
                // A name of the macro's own, though spelled alike: none is shadowed by the variable that it moves into.
                (Some(name), Readers::None) => {
                    let mut own = name.clone();
                    own.set_span(Span::mixed_site().located_at(name.span()));
                    own
                }
                (Some(name), _) => name.clone(),
                (None, Readers::Attributes) => {
                    let mut bound = Bound(TokenStream::new());
                    bound.visit_pat_mut(&mut argument.pat);
                    moved.extend(bound.0);
                    continue;
                }
                (None, _) => format_ident!("__arg{at}", span = Span::mixed_site()),
            };
            let (cfgs, attrs): (Vec<_>, Vec<_>) =
                argument.attrs.drain(..).partition(|attr| attr.path().is_ident("cfg"));
            argument.attrs.clone_from(&cfgs);
            if sole_name(&written).is_none() {
                moved.extend(quote_spanned!(Span::mixed_site()=> #(#cfgs)* let #whole = #whole;));
            }
            moved.extend(quote_spanned!(Span::mixed_site()=> #(#cfgs)* #(#attrs)* let #written = #whole;));
            *argument.pat = Pat::Verbatim(quote!(#whole));
        }
        Self { inputs, moved }
    }
}

/// The statements that move what a pattern binds, where the pattern stays. A variable that is `mut` is so there.
struct Bound(TokenStream);

impl VisitMut for Bound {
    fn visit_pat_ident_mut(&mut self, bound: &mut PatIdent) {
        let (name, mutability) = (&bound.ident, if bound.by_ref.is_none() { bound.mutability.take() } else { None });
        self.0.extend(quote_spanned!(Span::mixed_site()=> let #mutability #name = #name;));
        visit_mut::visit_pat_ident_mut(self, bound);
    }
}

/// The name in a pattern that is no more than one.
pub(crate) fn sole_name(pattern: &Pat) -> Option<&Ident> {
    match pattern {
        Pat::Ident(name) if name.by_ref.is_none() && name.subpat.is_none() => Some(&name.ident),
        _ => None,
    }
}
