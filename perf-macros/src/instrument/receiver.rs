//! `self` under another name, so that it can be a parameter of a closure.
//!
//! Tokens are replaced, also those that are given to macros of which that is known to change nothing. Where the word may mean anything but the
//! value, or where it is seen by somebody, the body keeps it: in items of its own and in paths, in the text of an assertion,
//! a log's field or a format string, in quoted code, and in what is given to a macro that is not known, which may match the word itself.
//! There it is replaced where a `mut self` is assigned to: captured, that would have a warning of its own.

use proc_macro2::{Group, Ident, TokenStream, TokenTree};
use quote::quote;
use syn::Receiver;

use super::ast::mentions;
use super::exits;

/// A body in which `self` has another name.
pub(super) struct Renamed {
    /// The pattern that binds the name.
    pub(super) pattern: TokenStream,
    pub(super) body: TokenStream,
}

/// Words of items and imports, and of conditions on which a body uses `self` or not.
const KEEPING: &[&str] =
    &["fn", "impl", "trait", "mod", "struct", "enum", "union", "use", "pub", "macro", "macro_rules", "cfg", "cfg_attr"];

/// Of the [known](exits::is_known) macros, those that do not show the tokens they are given.
const SHOWING_NONE: &[&str] = &[
    "anyhow",
    "bail",
    "eprint",
    "eprintln",
    "format",
    "format_args",
    "matches",
    "panic",
    "pin",
    "print",
    "println",
    "smallvec",
    "todo",
    "try",
    "unimplemented",
    "unreachable",
    "vec",
    "write",
    "writeln",
];

impl Renamed {
    /// The body of a method with such a receiver; nothing where `self` has to keep its name.
    pub(super) fn of(receiver: &Receiver, body: &TokenStream) -> Option<Self> {
        // A lint points at the `mut` of a receiver with a type.
        if !receiver.attrs.is_empty() || receiver.mutability.is_some() && receiver.colon_token.is_some() {
            return None;
        }
        // The compiler says of no name that begins with `_` that its `mut` is not needed, and of `self` not that what is
        // assigned to it is never read.
        let assigned = receiver.mutability.is_some() && is_assigned(body.clone());
        let name = if receiver.mutability.is_some() && !assigned { "self_" } else { "__self" };
        if mentions(body.clone(), name) {
            return None;
        }
        let body = renamed(body.clone(), name, assigned)?;
        // The place is that of the user's word: of code that a macro has written, lints say nothing.
        let name = Ident::new(name, receiver.self_token.span);
        let mutability = &receiver.mutability;
        Some(Self { pattern: quote!(#mutability #name), body })
    }
}

/// `everywhere`: also in what is given to macros that are not known.
fn renamed(tokens: TokenStream, name: &str, everywhere: bool) -> Option<TokenStream> {
    let tokens: Vec<_> = tokens.into_iter().collect();
    let one = |(at, token): (usize, &TokenTree)| {
        let (before, after) = (tokens.get(..at).unwrap_or_default(), tokens.get(at + 1..).unwrap_or_default());
        Some(match token {
            TokenTree::Ident(word) if word == "self" => {
                if starts_with(after, "::") {
                    return None;
                }
                TokenTree::Ident(Ident::new(name, word.span()))
            }
            TokenTree::Ident(word) if KEEPING.iter().any(|keeping| word == keeping) => return None,
            TokenTree::Literal(text) if text.to_string().contains("{self") => return None,
            TokenTree::Group(group) => {
                let inner = renamed(group.stream(), name, everywhere)?;
                if !mentions(group.stream(), "self") {
                    return Some(token.clone());
                }
                if shows(before, &group.stream(), everywhere) {
                    return None;
                }
                let mut replaced = Group::new(group.delimiter(), inner);
                replaced.set_span(group.span());
                TokenTree::Group(replaced)
            }
            other => other.clone(),
        })
    };
    tokens.iter().enumerate().map(one).collect()
}

/// Whether `self`, or a part of it, is assigned to.
fn is_assigned(tokens: TokenStream) -> bool {
    let operators = ["+=", "-=", "*=", "/=", "%=", "^=", "&=", "|=", "<<=", ">>="];
    let tokens: Vec<_> = tokens.into_iter().collect();
    tokens.iter().enumerate().any(|(at, token)| match token {
        TokenTree::Group(group) => is_assigned(group.stream()),
        TokenTree::Ident(word) if word == "self" => {
            let mut after = tokens.get(at + 1..).unwrap_or_default();
            while let [TokenTree::Punct(dot), TokenTree::Ident(_) | TokenTree::Literal(_), rest @ ..] = after {
                if dot.as_char() != '.' {
                    break;
                }
                after = rest;
            }
            let is_plain = starts_with(after, "=") && !starts_with(after, "==") && !starts_with(after, "=>");
            is_plain || operators.iter().any(|operator| starts_with(after, operator))
        }
        _ => false,
    })
}

/// Whether tokens begin with these marks.
fn starts_with(tokens: &[TokenTree], marks: &str) -> bool {
    let is = |token: Option<&TokenTree>, mark| matches!(token, Some(TokenTree::Punct(is)) if is.as_char() == mark);
    marks.chars().enumerate().all(|(at, mark)| is(tokens.get(at), mark))
}

/// Whether a group behind these tokens is given to a macro that is known and may show it, or to one that is not `trusted` to show and match nothing.
fn shows(before: &[TokenTree], given: &TokenStream, trusted: bool) -> bool {
    match before {
        [.., TokenTree::Ident(name), TokenTree::Punct(bang)] if bang.as_char() == '!' => {
            let name = name.to_string();
            if exits::is_known(&name, given) {
                !SHOWING_NONE.contains(&name.trim_start_matches("r#"))
            } else {
                !trusted
            }
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use syn::{FnArg, parse_quote};

    fn of(receiver: &FnArg, body: &str) -> Option<(String, String)> {
        let FnArg::Receiver(receiver) = receiver else { panic!("a receiver") };
        let renamed = Renamed::of(receiver, &body.parse().unwrap())?;
        Some((renamed.pattern.to_string(), renamed.body.to_string()))
    }

    #[test]
    fn a_value_has_another_name() {
        for (body, wanted) in [
            ("self", "__self"),
            ("hidden!(a); f(self)", "hidden ! (a) ; f (__self)"),
            ("match self { Self::A => self.b(), _ => x }", "match __self { Self :: A => __self . b () , _ => x }"),
            ("println!(\"{} {{}}\", self.a); vec![self]", "println ! (\"{} {{}}\" , __self . a) ; vec ! [__self]"),
            ("self == x; assert!(x); self.a", "__self == x ; assert ! (x) ; __self . a"),
            ("self = x; self >>= y", "__self = x ; __self >>= y"),
        ] {
            assert_eq!(of(&parse_quote!(self), body), Some(("__self".to_owned(), wanted.to_owned())), "{body}");
        }
        assert_eq!(of(&parse_quote!(mut self), "self.a()"), Some(("mut self_".to_owned(), "self_ . a ()".to_owned())));
        assert!(of(&parse_quote!(self: Box<Self>), "f(self)").is_some());
    }

    #[test]
    fn a_word_that_is_seen_or_means_more_is_kept() {
        for body in [
            "fn g(self) {} self",
            "impl A { } self",
            "macro_rules! m { () => {} } self",
            "self::f(self)",
            "use a::{self}; self",
            "println!(\"{self:?}\")",
            "assert!(self.a); self",
            "tracing::info!(self.a); self",
            "quote!(self); self",
            "hidden!(self.a); self",
            "a::hidden! { f(self) }",
            "let __self = 1; self",
            "#[cfg(a)] f(self); x",
        ] {
            assert_eq!(of(&parse_quote!(self), body), None, "{body}");
        }
        assert_eq!(
            of(
                &parse_quote!(
                    #[cfg(a)]
                    self
                ),
                "f(self)"
            ),
            None
        );
    }
}
