//! The arguments of a function whose body is moved into a closure or a future: they move with it, whole and in order.
//!
//! The compiler does the same to an `async fn`. So the arguments drop in the order in which those of the plain function
//! do: after the body's own variables, the last first, what a pattern leaves unbound after what it binds; and those of
//! a future that is never polled the first first.
//! Into a closure that is called where it stands only those move that have to: see [`captures`](super::captures).

use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::punctuated::Punctuated;
use syn::visit_mut::{self, VisitMut};
use syn::{FnArg, Ident, Pat, PatIdent, Signature, Token};

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

    /// Some of them, by their places.
    pub(super) fn only(sig: &Signature, readers: Readers, chosen: impl Fn(usize) -> bool) -> Self {
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
            let Some(whole) = whole(&written, at, readers) else {
                let mut bound = Bound(TokenStream::new());
                bound.visit_pat_mut(&mut argument.pat);
                moved.extend(bound.0);
                continue;
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

/// A name for an argument as a whole; `None` where its pattern has to stay.
pub(super) fn whole(written: &Pat, at: usize, readers: Readers) -> Option<Ident> {
    match (sole_name(written), readers) {
        // A name of the macro's own, though spelled alike: none is shadowed by the variable that it moves into.
        (Some(name), Readers::None) => {
            let mut own = name.clone();
            own.set_span(Span::mixed_site().located_at(name.span()));
            Some(own)
        }
        (Some(name), _) => Some(name.clone()),
        (None, Readers::Attributes) => None,
        (None, _) => Some(format_ident!("__arg{at}", span = Span::mixed_site())),
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
pub(super) fn sole_name(pattern: &Pat) -> Option<&Ident> {
    match pattern {
        Pat::Ident(name) if name.by_ref.is_none() && name.subpat.is_none() => Some(&name.ident),
        _ => None,
    }
}
