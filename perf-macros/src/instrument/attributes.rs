//! Other attributes of this library on the same item.

use proc_macro2::TokenStream;
use syn::parse::Result;
use syn::spanned::Spanned;
use syn::{Attribute, Error, Meta};

use crate::instrument::ast::mentions;
use crate::instrument::options::Options;

/// What an item inside an annotated block says about its own measuring.
pub(crate) enum Sibling {
    None,
    Here(Result<Box<Options>>),
    /// It has an attribute that will be expanded on its own: `#[perf_budget]`, or one behind `#[cfg_attr]`.
    Elsewhere,
}

impl Sibling {
    pub(crate) fn options(self) -> Options {
        match self {
            Self::Here(Ok(options)) => *options,
            _ => Options::default(),
        }
    }
}

/// Takes `#[perf_probe(..)]` away from an item inside an annotated block.
pub(crate) fn take_probe(attrs: &mut Vec<Attribute>) -> Sibling {
    let conditional = |attr: &Attribute| {
        attr.path().is_ident("cfg_attr")
            && attr
                .meta
                .require_list()
                .is_ok_and(|list| ["perf_probe", "perf_budget"].iter().any(|name| mentions(list.tokens.clone(), name)))
    };
    if attrs.iter().any(|attr| is(attr, "perf_budget") || conditional(attr)) {
        return Sibling::Elsewhere;
    }
    match take(attrs, "perf_probe") {
        None => Sibling::None,
        Some(own) => Sibling::Here(own.and_then(syn::parse2).map(Box::new)),
    }
}

/// Takes the attribute of this name away, and gives what stands between its parentheses. Twice is a mistake.
pub(crate) fn take(attrs: &mut Vec<Attribute>, name: &str) -> Option<Result<TokenStream>> {
    let mut found = attrs.extract_if(.., |attr| is(attr, name));
    let first = found.next()?;
    Some(match found.next() {
        Some(second) => Err(Error::new(second.span(), format!("`{name}` is given twice: put all options into one"))),
        None => match first.meta {
            Meta::Path(_) => Ok(TokenStream::new()),
            Meta::List(list) => Ok(list.tokens),
            Meta::NameValue(pair) => {
                Err(Error::new(pair.span(), format!("options stand in parentheses: `{name}(..)`")))
            }
        },
    })
}

/// Whether an attribute is ours, by the last word of its path.
pub(crate) fn is(attr: &Attribute, name: &str) -> bool {
    attr.path().segments.last().is_some_and(|last| last.ident == name)
}
