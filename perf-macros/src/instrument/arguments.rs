//! The arguments of a function whose body is moved into a closure or a future: they move with it, whole and in order.
//!
//! The compiler does the same to an `async fn`. So the arguments drop in the order in which those of the plain function
//! do: after the body's own variables, the last first, what a pattern leaves unbound after what it binds; and those of
//! a future that is never polled the first first.
//!
//! A move takes a place in the frame of a build without optimisations, and where a closure captures it, in that of one with
//! them. So a closure, which is called where it stands, takes its arguments as parameters; those that are `Copy` for
//! certain stay where they are.

use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::punctuated::Punctuated;
use syn::visit_mut::{self, VisitMut};
use syn::{FnArg, Ident, Pat, PatIdent, PatType, Signature, Token, Type};

use crate::instrument::ast::mentions;

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
fn whole(written: &Pat, at: usize, readers: Readers) -> Option<Ident> {
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

/// How a closure around a body gets the arguments, where it is called where it stands.
pub(crate) struct Parameters {
    /// As [`Arguments::inputs`].
    pub(crate) inputs: Punctuated<FnArg, Token![,]>,
    /// The parameters of the closure, each with its attributes.
    pub(crate) patterns: Vec<TokenStream>,
    /// The arguments that they are given.
    pub(crate) values: Vec<Ident>,
    /// The statements that stand first in it.
    pub(crate) first: TokenStream,
}

impl Parameters {
    /// The most that the functions `closure_of_…` of the library take.
    const MOST: usize = 12;

    /// Parameters drop as arguments do. `self` cannot be one: it is captured whole, and drops after them.
    pub(crate) fn of(sig: &Signature, body: &TokenStream, readers: Readers, library: &TokenStream) -> Self {
        let first = captured_receiver(sig, library);
        let mut inputs = sig.inputs.clone();
        let (mut patterns, mut values) = (Vec::new(), Vec::new());
        for (at, input) in inputs.iter_mut().enumerate() {
            let FnArg::Typed(argument) = input else { continue };
            if stays(argument, body) {
                continue;
            }
            let conditional = argument.attrs.iter().any(|attr| attr.path().is_ident("cfg"));
            let whole = whole(&argument.pat, at, readers).filter(|_| !conditional && values.len() < Self::MOST);
            let Some(whole) = whole else {
                let Arguments { inputs, moved } = Arguments::of(sig, readers);
                return Self { inputs, patterns: Vec::new(), values: Vec::new(), first: quote!(#first #moved) };
            };
            let (attrs, written) = (std::mem::take(&mut argument.attrs), &argument.pat);
            patterns.push(quote!(#(#attrs)* #written));
            *argument.pat = Pat::Verbatim(quote!(#whole));
            values.push(whole);
        }
        Self { inputs, patterns, values, first: quote!(#first) }
    }
}

/// The statement by which a closure captures `self` as a whole and by value: an arm that never matches moves it.
fn captured_receiver(sig: &Signature, library: &TokenStream) -> Option<TokenStream> {
    let receiver = &sig.receiver()?.self_token;
    Some(quote_spanned! {Span::mixed_site()=>
        match () {
            () => {}
            () => {
                #library::captured(#receiver);
                return #library::absent();
            }
        }
    })
}

/// Whether a closure may refer to an argument: its type is `Copy` for certain, so it has no drop order, and the
/// closure captures it by reference. Not where it is `mut` or unused, of which the compiler warns in other words then.
fn stays(argument: &PatType, body: &TokenStream) -> bool {
    let unchanged = match &*argument.pat {
        Pat::Ident(PatIdent { mutability: Some(_), .. }) => None,
        pattern => sole_name(pattern),
    };
    unchanged.is_some_and(|name| mentions(body.clone(), &name.to_string())) && is_copy(&argument.ty)
}

/// Whether the type is `Copy` by its spelling.
fn is_copy(ty: &Type) -> bool {
    const NAMES: [&str; 16] = [
        "bool", "char", "f32", "f64", "i8", "i16", "i32", "i64", "i128", "isize", "u8", "u16", "u32", "u64", "u128",
        "usize",
    ];
    match ty {
        Type::Path(path) => path.path.get_ident().is_some_and(|name| NAMES.iter().any(|copy| name == copy)),
        Type::Array(array) => is_copy(&array.elem),
        Type::Tuple(tuple) => tuple.elems.iter().all(is_copy),
        Type::Reference(reference) => reference.mutability.is_none(),
        Type::Group(group) => is_copy(&group.elem),
        Type::Paren(paren) => is_copy(&paren.elem),
        _ => false,
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
fn sole_name(pattern: &Pat) -> Option<&Ident> {
    match pattern {
        Pat::Ident(name) if name.by_ref.is_none() && name.subpat.is_none() => Some(&name.ident),
        _ => None,
    }
}
