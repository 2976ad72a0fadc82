//! How a closure around a body gets the arguments of the function.
//!
//! A move takes a place in the frame of a build without optimisations, and often in that of one with them. So what the
//! body is seen to borrow stays in the function, and one argument that the body may move is left to the compiler. The
//! arguments after it go into the closure whole: otherwise they would drop after it where it is moved on some ways only.
//! What drops nothing has no place in this order.

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{FnArg, Pat, PatIdent, ReturnType, Signature, Type};

use super::arguments::sole_name;
use super::ast::{mentions, ungrouped};
use super::exits;

/// How the closure gets one argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Capture {
    /// As the body uses it: by reference where it borrows it, and not at all where it does not name it.
    AsUsed,
    /// Whole: by value, or by reference if it is `Copy`.
    Whole,
    /// By a statement that moves it into a variable of the closure: one that is `mut` or unused, of which the compiler
    /// warns in other words where a closure captures it, and what is taken apart by a pattern.
    Moved,
}

/// How a closure around these tokens gets each argument.
pub(crate) fn captures(sig: &Signature, tokens: &TokenStream) -> Vec<Capture> {
    let body = Body { tokens, returned: Returned::of(&sig.output), has_move: mentions(tokens.clone(), "move") };
    // What the arguments from here on may be, so that those before them drop later.
    let mut first = Capture::AsUsed;
    let mut next = |input: &FnArg| {
        let (name, is_mut, ty) = match input {
            FnArg::Receiver(receiver) => ("self".to_owned(), false, &receiver.ty),
            FnArg::Typed(argument) => match &*argument.pat {
                Pat::Wild(_) if first == Capture::AsUsed => return Capture::AsUsed,
                Pat::Ident(PatIdent { mutability, .. }) if sole_name(&argument.pat).is_some() => {
                    let name = sole_name(&argument.pat).map(ToString::to_string).unwrap_or_default();
                    (name, mutability.is_some(), &argument.ty)
                }
                _ => (String::new(), true, &argument.ty),
            },
        };
        let uses = body.uses(&name);
        if drops_nothing(ty) {
            return match uses {
                _ if is_mut => Capture::Moved,
                Use::None => Capture::AsUsed,
                _ => Capture::Whole,
            };
        }
        let is_mut_receiver = matches!(input, FnArg::Receiver(receiver) if receiver.mutability.is_some());
        let capture = match uses {
            _ if is_mut => Capture::Moved,
            Use::None | Use::Borrowed if first == Capture::AsUsed => return Capture::AsUsed,
            Use::Whole if first == Capture::AsUsed && !is_mut_receiver => {
                first = Capture::Whole;
                return Capture::AsUsed;
            }
            Use::None if !name.starts_with('_') => Capture::Moved,
            _ => Capture::Whole,
        };
        first = if first == Capture::Moved { Capture::Moved } else { capture };
        first
    };
    sig.inputs.iter().map(&mut next).collect()
}

/// What a body does to an argument, the worst last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Use {
    None,
    /// It is borrowed by `&`, and read by an index.
    Borrowed,
    /// It may be moved, not in parts.
    Whole,
    /// Parts of it may be moved, or a unique reborrow of one returned, which a closure may do to what it owns only.
    Parts,
}

/// Whether a value of the written type may borrow from an argument.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Returned {
    Nothing,
    /// A type of the program's own may hide its lifetimes.
    Hidden,
    Written,
}

impl Returned {
    /// Types that borrow nothing but what their parameters do.
    const OWNED: &[&str] =
        &["std", "core", "alloc", "result", "Result", "option", "Option", "string", "String", "vec", "Vec"];

    fn of(output: &ReturnType) -> Self {
        let ReturnType::Type(_, ty) = output else {
            return Self::Nothing;
        };
        Self::in_tokens(ty.to_token_stream())
    }

    fn in_tokens(tokens: TokenStream) -> Self {
        let mut found = Self::Nothing;
        for token in tokens {
            let here = match token {
                TokenTree::Group(group) => Self::in_tokens(group.stream()),
                TokenTree::Punct(punct) if matches!(punct.as_char(), '&' | '\'') => Self::Written,
                TokenTree::Ident(word) if ["impl", "dyn", "Self"].iter().any(|hides| word == hides) => Self::Written,
                TokenTree::Ident(word) if !Self::OWNED.iter().chain(PRIMITIVE).any(|owned| word == owned) => {
                    Self::Hidden
                }
                _ => Self::Nothing,
            };
            found = match (found, here) {
                (Self::Written, _) | (_, Self::Written) => Self::Written,
                (Self::Hidden, _) | (_, Self::Hidden) => Self::Hidden,
                _ => Self::Nothing,
            };
        }
        found
    }
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
    returned: Returned,
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
                        _ if group.delimiter() == Delimiter::None => Use::Parts,
                        _ if group.delimiter() == Delimiter::Parenthesis
                            && is_punct(after, '.')
                            && !is_call(before) =>
                        {
                            Use::Parts
                        }
                        inside => inside,
                    }
                }
                TokenTree::Ident(word) if word == name && !is_field(before) => {
                    self.one_use(name, before, after, in_macro)
                }
                _ => Use::None,
            });
        }
        most
    }

    fn one_use(&self, name: &str, before: &[TokenTree], mut after: &[TokenTree], in_macro: bool) -> Use {
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
        if !goes_on && is_shared(before) {
            return match (in_macro || self.has_move, has_part) {
                (false, _) => Use::Borrowed,
                (true, false) => Use::Whole,
                (true, true) => Use::Parts,
            };
        }
        if is_indexed && !goes_on && self.returned == Returned::Nothing && !self.has_move {
            return Use::Borrowed;
        }
        let may_return_part = match self.returned {
            Returned::Nothing => false,
            // It may be a reference, as `Self`.
            Returned::Hidden => name == "self",
            Returned::Written => true,
        };
        let is_taken_apart = is_group(after, Delimiter::Brace) || is_bound(before);
        if has_part || is_indexed || in_macro || may_return_part || is_taken_apart { Use::Parts } else { Use::Whole }
    }
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

fn is_call(before: &[TokenTree]) -> bool {
    match before.last() {
        Some(TokenTree::Ident(_) | TokenTree::Group(_)) => true,
        Some(TokenTree::Punct(punct)) => matches!(punct.as_char(), '>' | '!'),
        _ => false,
    }
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

/// Whether what comes behind these tokens is bound to a pattern that is more than a name, borrowed for changes, or assigned.
fn is_bound(before: &[TokenTree]) -> bool {
    match before {
        [.., TokenTree::Ident(word), TokenTree::Ident(_), TokenTree::Punct(equals)] if equals.as_char() == '=' => {
            word != "let" && word != "mut"
        }
        [.., TokenTree::Punct(equals)] => equals.as_char() == '=',
        [.., TokenTree::Ident(word)] => word == "mut",
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::Capture::{AsUsed, Moved, Whole};
    use super::*;

    fn of(signature: &str, body: &str) -> Vec<Capture> {
        captures(&syn::parse_str(signature).unwrap(), &body.parse().unwrap())
    }

    #[test]
    fn one_that_is_borrowed_stays() {
        for body in [
            "f(&a)",
            "f(1, &a.b[1..])",
            "let x = &a.b; g(x)",
            "a.len()",
            "a.into()",
            "f(a)?",
            "if x { drop(a) }",
            "let b = a;",
            "println!(\"{}\", a)",
            "hidden!(Ok(a.b[1]))",
            "return a",
            "x.a",
            "",
        ] {
            assert_eq!(of("fn f(a: A) -> Result<u8, String>", body), [AsUsed], "{body}");
        }
    }

    #[test]
    fn one_that_may_move_in_parts_is_whole() {
        for body in [
            "f(a.b)",
            "a.b.into()",
            "a.b[1].c()",
            "(a).b()",
            "(*a).b()",
            "match a { A { b, .. } => b }",
            "let A { b, .. } = a;",
            "hidden!(a)",
            "move || &a.b",
            "x..a.b",
            "f(1 & a.b)",
            "&a.into().b; &mut a",
        ] {
            assert_eq!(of("fn f(a: A) -> Result<u8, String>", body), [Whole], "{body}");
        }
    }

    #[test]
    fn what_may_be_returned_is_owned() {
        for (output, name, borrowed, moved) in [
            ("Result<u8, String>", "a: A", AsUsed, AsUsed),
            ("Result<A, String>", "a: A", AsUsed, AsUsed),
            ("Result<&'a A, String>", "a: A", AsUsed, Whole),
            ("Result<impl Copy, String>", "a: A", AsUsed, Whole),
            ("Result<u8, String>", "self", AsUsed, AsUsed),
            ("Result<A, String>", "self", AsUsed, Whole),
            ("Result<Self, String>", "self", AsUsed, Whole),
            ("Result<u8, String>", "a: &mut A", Whole, Whole),
            ("Result<u8, String>", "&mut self", Whole, Whole),
            ("Result<u8, String>", "mut a: A", Moved, Moved),
            ("Result<u8, String>", "(a, b): (A, A)", Moved, Moved),
        ] {
            let signature = format!("fn f({name}) -> {output}");
            let variable = if name.ends_with("self") { "self" } else { "a" };
            assert_eq!(of(&signature, &format!("f(&{variable}.b)")), [borrowed], "{signature}");
            assert_eq!(of(&signature, &format!("{variable}.b()")), [moved], "{signature}");
        }
    }

    #[test]
    fn those_behind_one_that_may_move_are_in_the_closure() {
        let of = |body: &str| of("fn f(a: A, n: u32, b: A, mut m: u8, c: A, _d: A) -> Result<u8, String>", body);
        assert_eq!(of("f(&a, &b, &c, n)"), [AsUsed, Whole, AsUsed, Moved, AsUsed, AsUsed]);
        assert_eq!(of("f(a, &b, &c)"), [AsUsed, AsUsed, Whole, Moved, Whole, Whole]);
        assert_eq!(of("f(&a, b, &c, n)"), [AsUsed, Whole, AsUsed, Moved, Whole, Whole]);
        assert_eq!(of("f(a.x, b)"), [Whole, AsUsed, Whole, Moved, Moved, Moved]);
    }
}
