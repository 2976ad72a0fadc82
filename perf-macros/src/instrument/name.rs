//! A probe's name as the expansion needs it: fixed, put together from types, or found by the compiler.

use proc_macro2::{Ident, Span};
use syn::ext::IdentExt;
use syn::{GenericParam, LitStr, Signature};

/// A name in quotes, cut at its placeholders.
pub(crate) struct Template {
    /// One more than there are types.
    pub(crate) pieces: Vec<String>,
    pub(crate) types: Vec<Ident>,
}

impl Template {
    /// Cuts `"parse<{T}>"` at `{T}`. A placeholder is a type parameter or `Self` and so begins with a capital letter;
    /// other braces stand for themselves, and `{{T}}` is `{T}`.
    pub(crate) fn of(literal: &LitStr) -> Self {
        let text = literal.value();
        let mut template = Self { pieces: Vec::new(), types: Vec::new() };
        let mut piece = String::new();
        let mut rest = text.as_str();
        while let Some(open) = rest.find('{') {
            piece.push_str(&rest[..open]);
            rest = &rest[open..];
            if let Some((word, after)) = rest.strip_prefix("{{").and_then(|inner| placeholder(inner, "}}")) {
                piece.push('{');
                piece.push_str(word);
                piece.push('}');
                rest = after;
            } else if let Some((word, after)) = rest.strip_prefix('{').and_then(|inner| placeholder(inner, "}")) {
                template.pieces.push(std::mem::take(&mut piece));
                template.types.push(Ident::new(word, Span::mixed_site().located_at(literal.span())));
                rest = after;
            } else {
                piece.push('{');
                rest = &rest[1..];
            }
        }
        piece.push_str(rest);
        template.pieces.push(piece);
        template
    }

    /// The first placeholder that is a constant of this signature, which has no type to put in its place.
    pub(crate) fn constant_of(&self, sig: &Signature) -> Option<&Ident> {
        self.types.iter().find(|name| {
            sig.generics
                .params
                .iter()
                .any(|param| matches!(param, GenericParam::Const(constant) if constant.ident == **name))
        })
    }
}

/// An identifier in capitals or camel case that `close` follows.
fn placeholder<'a>(inner: &'a str, close: &str) -> Option<(&'a str, &'a str)> {
    let (word, after) = inner.split_once(close)?;
    let is_identifier = word.starts_with(|c: char| c.is_ascii_uppercase())
        && word.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    is_identifier.then_some((word, after))
}

/// An identifier as people read it.
pub(crate) fn plain(ident: &Ident) -> String {
    ident.unraw().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(text: &str) -> (Vec<String>, Vec<String>) {
        let template = Template::of(&LitStr::new(text, Span::call_site()));
        (template.pieces, template.types.iter().map(Ident::to_string).collect())
    }

    fn owned(words: &[&str]) -> Vec<String> {
        words.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn types_are_cut_out() {
        assert_eq!(cut("plain"), (owned(&["plain"]), vec![]));
        assert_eq!(cut("parse<{T}>"), (owned(&["parse<", ">"]), owned(&["T"])));
        assert_eq!(cut("{Self}::get<{K}, {V}>"), (owned(&["", "::get<", ", ", ">"]), owned(&["Self", "K", "V"])));
    }

    #[test]
    fn other_braces_stand_for_themselves() {
        for text in ["GET /users/{id}", "{", "}", "{}", "{ T }", "a{1}", "{T-U}", "{t}{", "{{id}}"] {
            assert_eq!(cut(text), (owned(&[text]), vec![]), "{text}");
        }
    }

    #[test]
    fn doubled_braces_escape_a_placeholder() {
        assert_eq!(cut("{{T}}"), (owned(&["{T}"]), vec![]));
        assert_eq!(cut("{{T}} {T}"), (owned(&["{T} ", ""]), owned(&["T"])));
    }
}
