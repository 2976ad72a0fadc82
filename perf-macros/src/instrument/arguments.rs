//! The arguments of a function whose body is moved into a closure or a future: they move with it, whole and in order.
//!
//! The compiler does the same to an `async fn`. So the arguments drop in the order in which those of the plain function
//! do: after the body's own variables, the last first, what a pattern leaves unbound after what it binds; and those of
//! a future that is never polled the first first.

use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::punctuated::Punctuated;
use syn::{FnArg, Ident, Pat, Signature, Token};

/// Who else reads the names in a signature.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Readers {
    None,
    /// The compiler, or an attribute around the function: names stay, patterns may be replaced by names.
    Around,
    /// Another attribute on the function itself, or an expression beside it: patterns stay as well. What they leave
    /// unbound stays behind.
    Here,
}

pub(crate) struct Arguments {
    /// What the signature takes: every argument that moves under one name.
    pub(crate) inputs: Punctuated<FnArg, Token![,]>,
    /// The statements that move them to where these stand, and take them apart as written.
    pub(crate) moved: TokenStream,
}

impl Arguments {
    pub(crate) fn of(sig: &Signature, readers: Readers) -> Self {
        let mut moved = TokenStream::new();
        let mut inputs = sig.inputs.clone();
        for (at, input) in inputs.iter_mut().enumerate() {
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
                (None, Readers::Here) => continue,
                (None, _) => format_ident!("__arg{at}", span = Span::mixed_site()),
            };
            let attrs: Vec<_> = argument.attrs.extract_if(.., |attr| !attr.path().is_ident("cfg")).collect();
            let cfgs = &argument.attrs;
            if sole_name(&written).is_none() {
                moved.extend(quote_spanned!(Span::mixed_site()=> #(#cfgs)* let #whole = #whole;));
            }
            moved.extend(quote_spanned!(Span::mixed_site()=> #(#cfgs)* #(#attrs)* let #written = #whole;));
            *argument.pat = Pat::Verbatim(quote!(#whole));
        }
        Self { inputs, moved }
    }
}

/// The name in a pattern that is no more than one.
fn sole_name(pattern: &Pat) -> Option<&Ident> {
    match pattern {
        Pat::Ident(name) if name.by_ref.is_none() && name.subpat.is_none() => Some(&name.ident),
        _ => None,
    }
}
