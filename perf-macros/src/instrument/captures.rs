//! How a closure around a body, which is called where it stands, gets the arguments of the function.
//!
//! A move takes a place in the frame of a build without optimisations, and where a closure captures it, in that of one with
//! them. So an argument that the body is seen to borrow stays in the function, as does one that drops nothing. Another one
//! may be moved, and on some ways only: it is a parameter of the closure, and those behind it are, too, since parameters
//! drop before what has stayed.

use proc_macro2::{Delimiter, Span, TokenStream, TokenTree};
use quote::{format_ident, quote, quote_spanned};
use syn::punctuated::Punctuated;
use syn::{FnArg, Pat, PatIdent, Signature, Token, Type};

use super::arguments::{Arguments, Readers, sole_name, whole};
use super::ast::{mentions, ungrouped};
use super::exits;
use super::receiver::Renamed;

/// A closure, and how it is called.
pub(crate) struct Closure {
    /// Arguments in the signature: every argument that is given to the closure under one name.
    pub(crate) inputs: Punctuated<FnArg, Token![,]>,
    /// The parameters of the closure, each with its attributes.
    patterns: Vec<TokenStream>,
    /// The arguments that they are given.
    values: Vec<TokenStream>,
    /// The statements that stand first in it.
    first: TokenStream,
    body: TokenStream,
}

impl Closure {
    /// The most that the functions `closure_of_…` of the library take.
    const MOST: usize = 12;

    /// A closure around these tokens.
    pub(crate) fn around(tokens: &TokenStream, sig: &Signature, readers: Readers, library: &TokenStream) -> Self {
        let renamed = sig.receiver().filter(|_| readers == Readers::None).and_then(|own| Renamed::of(own, tokens));
        let captures = captures(sig, tokens, renamed.is_some());
        let is_parameter = |at| captures.get(at) == Some(&Capture::Parameter);
        let mut inputs = sig.inputs.clone();
        let (mut patterns, mut values) = (Vec::new(), Vec::new());
        let mut moved = TokenStream::new();
        let receiver = sig.receiver().filter(|_| captures.first() == Some(&Capture::Whole));
        let renamed = renamed.as_ref().filter(|_| receiver.is_some());
        let mut body = tokens;
        if let (Some(Renamed { pattern, body: renamed }), Some(FnArg::Receiver(own))) = (renamed, inputs.first_mut()) {
            let word = &own.self_token;
            (patterns, values) = (vec![pattern.clone()], vec![quote!(#word)]);
            own.mutability = None;
            body = renamed;
        }
        for (at, input) in inputs.iter_mut().enumerate().filter(|(at, _)| is_parameter(*at)) {
            let FnArg::Typed(argument) = input else { continue };
            let conditional = argument.attrs.iter().any(|attr| attr.path().is_ident("cfg"));
            let whole = whole(&argument.pat, at, readers).filter(|_| !conditional && values.len() < Self::MOST);
            let Some(whole) = whole else {
                (patterns, values, body) = (Vec::new(), Vec::new(), tokens);
                Arguments { inputs, moved } = Arguments::only(sig, readers, is_parameter);
                break;
            };
            let (attrs, written) = (std::mem::take(&mut argument.attrs), &argument.pat);
            patterns.push(quote!(#(#attrs)* #written));
            *argument.pat = Pat::Verbatim(quote!(#whole));
            values.push(quote!(#whole));
        }
        // An arm that never matches moves these, and makes the closure one that is called once.
        let receiver = receiver.filter(|_| std::ptr::eq(body, tokens)).map(|receiver| {
            let receiver = &receiver.self_token;
            quote_spanned!(Span::mixed_site()=> #library::taken(#receiver);)
        });
        let first = quote_spanned! {Span::mixed_site()=>
            match () {
                () => {}
                () => {
                    #library::taken(once);
                    #receiver
                    return #library::absent();
                }
            }
            #moved
        };
        Self { inputs, patterns, values, first, body: body.clone() }
    }

    /// Its call.
    pub(crate) fn called(&self, returned: Option<&TokenStream>, library: &TokenStream) -> TokenStream {
        let Self { patterns, values, first, body, .. } = self;
        let closure = quote_spanned!(Span::mixed_site()=> |#(#patterns),*| #returned { #first #body });
        let closure = if values.is_empty() {
            quote_spanned!(Span::mixed_site()=> (#closure))
        } else {
            // The types of the parameters are those of the arguments, which cannot always be written in a closure.
            let typed = format_ident!("closure_of_{}", values.len(), span = Span::mixed_site());
            quote_spanned!(Span::mixed_site()=> #library::#typed(#(&#values,)* #closure))
        };
        quote_spanned! {Span::mixed_site()=>
            {
                let once = #library::Once;
                #closure(#(#values),*)
            }
        }
    }
}

/// How the closure gets one argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Capture {
    /// As the body uses it: by reference where it borrows it, and not at all where it does not name it.
    AsUsed,
    /// Whole: it is `self`, which is a parameter where it may have [another name](Renamed).
    Whole,
    Parameter,
}

/// How a closure around these tokens gets each argument; `is_renamed`: `self` may be a parameter.
fn captures(sig: &Signature, tokens: &TokenStream, is_renamed: bool) -> Vec<Capture> {
    let body = Body { tokens, has_move: mentions(tokens.clone(), "move") };
    // Whether an argument may stay: none before it has to drop later.
    let mut stay = true;
    let mut next = |input: &FnArg| {
        let (pattern, ty) = match input {
            FnArg::Receiver(receiver) => (None, &receiver.ty),
            FnArg::Typed(argument) => (Some(&*argument.pat), &argument.ty),
        };
        let name = match pattern {
            None => "self".to_owned(),
            Some(Pat::Wild(_)) => String::new(),
            Some(pattern) => match (sole_name(pattern), pattern) {
                // The compiler warns in other words of one that is captured and changed.
                (_, Pat::Ident(PatIdent { mutability: Some(_), .. })) | (None, _) => {
                    stay &= drops_nothing(ty);
                    return Capture::Parameter;
                }
                (Some(name), _) => name.to_string(),
            },
        };
        if drops_nothing(ty) {
            return Capture::AsUsed;
        }
        let uses = body.uses(&name);
        // A method that takes `self` by value mostly has a call that moves it, which a capture does not do without a copy.
        let is_sure = pattern.is_none() && is_renamed;
        if stay && uses <= if is_sure { Use::Borrowed } else { Use::Called } {
            stay = uses <= Use::Borrowed;
            return Capture::AsUsed;
        }
        stay = false;
        if pattern.is_none() { Capture::Whole } else { Capture::Parameter }
    };
    sig.inputs.iter().map(&mut next).collect()
}

/// What a body does to an argument, the worst last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Use {
    None,
    /// It is borrowed by `&`, and read by an index.
    Borrowed,
    /// Its methods are called, which most borrow it.
    Called,
    /// It may be moved, or parts of it.
    Moved,
}

const PRIMITIVE: &[&str] = &[
    "bool", "char", "u8", "u16", "u32", "u64", "u128", "usize", "i8", "i16", "i32", "i64", "i128", "isize", "f32",
    "f64",
];

/// Whether values of a type have nothing to drop, by the way it is written.
fn drops_nothing(ty: &Type) -> bool {
    match ungrouped(ty) {
        Type::Reference(_) | Type::Ptr(_) | Type::BareFn(_) | Type::Never(_) => true,
        Type::Array(array) => drops_nothing(&array.elem),
        Type::Tuple(tuple) => tuple.elems.iter().all(drops_nothing),
        Type::Path(path) => {
            path.path.get_ident().is_some_and(|name| PRIMITIVE.iter().any(|primitive| name == primitive))
        }
        _ => false,
    }
}

struct Body<'a> {
    tokens: &'a TokenStream,
    /// A closure or a future in it may own what it borrows.
    has_move: bool,
}

impl Body<'_> {
    fn uses(&self, name: &str) -> Use {
        self.uses_in(self.tokens.clone(), name, false)
    }

    fn uses_in(&self, tokens: TokenStream, name: &str, in_macro: bool) -> Use {
        let tokens: Vec<_> = tokens.into_iter().collect();
        let mut most = Use::None;
        for (at, token) in tokens.iter().enumerate() {
            let (before, after) = (tokens.get(..at).unwrap_or_default(), tokens.get(at + 1..).unwrap_or_default());
            most = most.max(match token {
                TokenTree::Group(group) => {
                    let in_macro = in_macro || is_unknown_macro(before, &group.stream());
                    match self.uses_in(group.stream(), name, in_macro) {
                        Use::None => Use::None,
                        // What stands behind it is done to a part of what is in it.
                        _ if group.delimiter() == Delimiter::None => Use::Moved,
                        _ if is_parenthesised(before, group.delimiter()) && is_punct(after, '.') => Use::Moved,
                        inside => inside,
                    }
                }
                TokenTree::Ident(word) if word == name && !is_field(before) => self.one_use(before, after, in_macro),
                _ => Use::None,
            });
        }
        most
    }

    fn one_use(&self, before: &[TokenTree], mut after: &[TokenTree], in_macro: bool) -> Use {
        let mut has_part = false;
        while let [TokenTree::Punct(dot), TokenTree::Ident(_) | TokenTree::Literal(_), rest @ ..] = after {
            if dot.as_char() != '.' || is_group(rest, Delimiter::Parenthesis) || is_punct(rest, ':') {
                break;
            }
            (has_part, after) = (true, rest);
        }
        let is_indexed = is_group(after, Delimiter::Bracket);
        while is_group(after, Delimiter::Bracket) {
            after = after.get(1..).unwrap_or_default();
        }
        let goes_on = ['.', '?'].iter().any(|&punct| is_punct(after, punct)) || is_group(after, Delimiter::Parenthesis);
        if self.has_move || goes_on && (has_part || is_indexed) {
            return Use::Moved;
        }
        match after {
            // No element moves out of its place.
            _ if is_indexed => Use::Borrowed,
            _ if !goes_on && !in_macro && is_shared(before) => Use::Borrowed,
            [TokenTree::Punct(dot), TokenTree::Ident(method), ..]
                if dot.as_char() == '.' && !in_macro && !moves_receiver(&method.to_string()) =>
            {
                Use::Called
            }
            _ => Use::Moved,
        }
    }
}

/// Whether a method takes its receiver by value, by its name.
fn moves_receiver(method: &str) -> bool {
    ["into", "unwrap", "expect", "ok", "err", "map", "and", "or", "await"].contains(&method)
        || ["into_", "unwrap_", "map_", "and_", "or_", "with_"].iter().any(|begin| method.starts_with(begin))
}

fn is_punct(tokens: &[TokenTree], wanted: char) -> bool {
    matches!(tokens.first(), Some(TokenTree::Punct(punct)) if punct.as_char() == wanted)
}

fn is_group(tokens: &[TokenTree], wanted: Delimiter) -> bool {
    matches!(tokens.first(), Some(TokenTree::Group(group)) if group.delimiter() == wanted)
}

fn ends_in_punct(tokens: &[TokenTree], wanted: char) -> bool {
    matches!(tokens.last(), Some(TokenTree::Punct(punct)) if punct.as_char() == wanted)
}

/// Whether a name behind these tokens is that of a field; behind two dots it is the end of a range.
fn is_field(before: &[TokenTree]) -> bool {
    ends_in_punct(before, '.') && !before.split_last().is_some_and(|(_, before)| ends_in_punct(before, '.'))
}

/// Whether parentheses behind these tokens are those of an expression, and not of a call.
fn is_parenthesised(before: &[TokenTree], delimiter: Delimiter) -> bool {
    let is_call = match before.last() {
        Some(TokenTree::Ident(_) | TokenTree::Group(_)) => true,
        Some(TokenTree::Punct(punct)) => matches!(punct.as_char(), '>' | '!'),
        _ => false,
    };
    delimiter == Delimiter::Parenthesis && !is_call
}

/// Whether a group behind these tokens is given to a macro that may do anything with it.
fn is_unknown_macro(before: &[TokenTree], given: &TokenStream) -> bool {
    match before {
        [.., TokenTree::Ident(name), TokenTree::Punct(bang)] if bang.as_char() == '!' => {
            !exits::is_known(&name.to_string(), given)
        }
        _ => false,
    }
}

/// Whether these tokens end in a `&` that borrows, and is not an operator between two values.
fn is_shared(before: &[TokenTree]) -> bool {
    match before {
        [.., value, TokenTree::Punct(and)] if and.as_char() == '&' => match value {
            TokenTree::Punct(punct) => punct.as_char() != '?',
            TokenTree::Ident(word) => {
                ["return", "in", "match", "if", "while", "else"].iter().any(|begin| word == begin)
            }
            _ => false,
        },
        [TokenTree::Punct(and)] => and.as_char() == '&',
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::Capture::{AsUsed, Parameter, Whole};
    use super::*;

    fn of(signature: &str, body: &str) -> Vec<Capture> {
        captures(&syn::parse_str(signature).unwrap(), &body.parse().unwrap(), false)
    }

    #[test]
    fn one_that_is_borrowed_stays() {
        for body in [
            "f(&a)",
            "f(1, &a.b[1..])",
            "let x = &a.b; g(x)",
            "a.len()",
            "hidden!(Ok(a.b[1]))",
            "println!(\"{}\", &a)",
            "x.a",
            "",
        ] {
            assert_eq!(of("fn f(a: A)", body), [AsUsed], "{body}");
        }
    }

    #[test]
    fn one_that_may_move_is_a_parameter() {
        for body in [
            "f(a)",
            "let b = a;",
            "return a",
            "a.into()",
            "a.into_vec()",
            "a(1)",
            "a?.len()",
            "f(a.b)",
            "a.b.into()",
            "a.b[1].c()",
            "(a).b()",
            "(*a).b()",
            "match a { A { b, .. } => b }",
            "let A { b, .. } = a;",
            "hidden!(&a)",
            "move || &a.b",
            "x..a.b",
            "f(1 & a)",
            "f(b & a)",
            "&a.into()",
            "&a.b.into()",
            "&mut a",
        ] {
            assert_eq!(of("fn f(a: A)", body), [Parameter], "{body}");
            assert_eq!(of("fn f(self)", &body.replace('a', "self")), [Whole], "{body}");
        }
    }

    #[test]
    fn a_method_of_self_by_value_may_move_it() {
        let of = |body: &str, is_renamed| captures(&syn::parse_quote!(fn f(self)), &body.parse().unwrap(), is_renamed);
        assert_eq!((of("self.f()", true), of("self.f()", false)), (vec![Whole], vec![AsUsed]));
        assert_eq!((of("g(&self.a)", true), of("x", true)), (vec![AsUsed], vec![AsUsed]));
        let closure = |body: &str| {
            let sig = syn::parse_quote!(fn f(self, a: A));
            let tokens = body.parse().unwrap();
            let closure = Closure::around(&tokens, &sig, Readers::None, &quote!(library));
            closure.called(None, &quote!(library)).to_string()
        };
        let parameters = closure("hidden!(a); f(self, a)");
        assert!(
            parameters.contains("closure_of_2 (& self , & a , | __self , a |") && parameters.ends_with("(self , a) }")
        );
        let kept = closure("hidden!(self.a); f(self, a)");
        assert!(kept.contains("taken (self)") && kept.contains("closure_of_1 (& a , | a |"), "{kept}");
    }

    #[test]
    fn what_drops_nothing_stays() {
        for ty in ["u8", "&A", "&mut A", "[f32; 8]", "(u8, &A)", "*const A", "fn(A) -> A"] {
            assert_eq!(of(&format!("fn f(a: {ty})"), "f(a)"), [AsUsed], "{ty}");
            assert_eq!(of(&format!("fn f(mut a: {ty})"), "f(a)"), [Parameter], "{ty}");
        }
        assert_eq!(of("fn f(&mut self)", "f(self)"), [AsUsed]);
    }

    #[test]
    fn those_behind_one_that_may_move_are_parameters() {
        let of = |body: &str| of("fn f(a: A, n: u32, b: A, mut m: u8, c: A, _: A)", body);
        assert_eq!(of("f(&a, &b, &c, n)"), [AsUsed, AsUsed, AsUsed, Parameter, AsUsed, AsUsed]);
        assert_eq!(of("f(a, &b, &c)"), [Parameter, AsUsed, Parameter, Parameter, Parameter, Parameter]);
        assert_eq!(of("f(&a, b.c(), &c)"), [AsUsed, AsUsed, AsUsed, Parameter, Parameter, Parameter]);
        assert_eq!(of("f(&a, b, &c, n)"), [AsUsed, AsUsed, Parameter, Parameter, Parameter, Parameter]);
    }
}
