//! Other attributes of this library on the same item.

use proc_macro2::TokenStream;
use syn::parse::Result;
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{Attribute, Error, Meta, Token};

use crate::instrument::arguments::Readers;
use crate::instrument::ast::mentions;
use crate::instrument::options::Options;
use crate::instrument::valid;

/// The options of an item's own inside an annotated block.
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
    let (found, others): (Vec<_>, Vec<_>) = attrs.drain(..).partition(|attr| is(attr, name));
    *attrs = others;
    let mut found = found.into_iter();
    let first = found.next()?;
    Some(match found.next() {
        Some(second) => Err(valid::twice(&second, name)),
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

/// Attributes of the language and its tools that never rewrite what they stand on.
const INERT: &[&str] = &[
    "allow",
    "automatically_derived",
    "cfg",
    "cold",
    "coverage",
    "deny",
    "deprecated",
    "doc",
    "expect",
    "export_name",
    "forbid",
    "inline",
    "link_section",
    "must_use",
    "no_mangle",
    "no_sanitize",
    "optimize",
    "sanitize",
    "target_feature",
    "track_caller",
    "unsafe",
    "used",
    "warn",
];

/// Whether another attribute is still to be expanded here, which may look for a shape that it knows: an `async fn`, or a
/// function that ends in `Box::pin(async move { .. })`.
pub(crate) fn readers(attrs: &[Attribute]) -> Readers {
    if attrs.iter().all(|attr| is_inert(&attr.meta)) { Readers::None } else { Readers::Attributes }
}

fn is_inert(meta: &Meta) -> bool {
    let path = meta.path();
    if path.is_ident("cfg_attr") {
        // The condition comes first.
        return meta.require_list().is_ok_and(|list| {
            list.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated)
                .is_ok_and(|metas| metas.iter().skip(1).all(is_inert))
        });
    }
    match path.segments.first() {
        Some(tool) if path.segments.len() > 1 => {
            ["clippy", "diagnostic", "rustfmt", "miri"].iter().any(|t| tool.ident == t)
        }
        _ => INERT.iter().any(|name| path.is_ident(name)),
    }
}
