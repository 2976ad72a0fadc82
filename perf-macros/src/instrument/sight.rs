//! Whether a function may return errors that its expansion does not look at.
//!
//! Such a function has a probe that says so, and reports show no number of errors for it. What the written type does not
//! tell is asked where the function is compiled: a type parameter, an associated type and an alias are known there.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote_spanned};
use syn::{Path, Type, TypeParamBound};

use crate::instrument::ast::{mentions, ungrouped};
use crate::instrument::shape::{Errors, Output, Plan};

/// When errors go unseen.
pub(crate) enum Unseen {
    Never,
    Always,
    /// Where this type is a `Result`.
    Where(TokenStream),
    /// Where this type, which is asked whether it is an error, is a `Result` that cannot be asked: it stands behind a type
    /// parameter.
    WhereHidden(TokenStream),
}

/// Types of the language and the standard library that are no `Result`; so they need not be asked.
const PLAIN: &[&str] = &[
    "bool", "char", "str", "u8", "u16", "u32", "u64", "u128", "usize", "i8", "i16", "i32", "i64", "i128", "isize",
    "f32", "f64", "String", "Vec", "Option", "Box", "Rc", "Arc", "Cow", "VecDeque", "HashMap", "HashSet", "BTreeMap",
    "BTreeSet", "PathBuf", "OsString", "Duration", "Instant", "Ordering",
];

/// Traits that `Result` does not implement.
const NOT_OF_RESULTS: &[&str] = &[
    "Iterator",
    "DoubleEndedIterator",
    "ExactSizeIterator",
    "FusedIterator",
    "Future",
    "Stream",
    "Fn",
    "FnMut",
    "FnOnce",
    "AsyncFn",
    "AsyncFnMut",
    "AsyncFnOnce",
    "Display",
    "Error",
    "Read",
    "Write",
];

impl Unseen {
    pub(crate) fn of(plan: &Plan) -> Self {
        match (plan.errors, plan.output) {
            (Errors::Inferred, Output::Written(ty)) if is_associated(ty) => {
                plan.output.annotation().map_or(Self::Never, Self::WhereHidden)
            }
            (Errors::Ignored, Output::Unknown) => Self::Always,
            (Errors::Ignored, Output::Written(ty)) if !is_plain(ty) => match plan.output.annotation() {
                // What is left to inference cannot be asked.
                Some(annotation) if !mentions(ty.to_token_stream(), "impl") => Self::Where(annotation),
                _ => Self::Always,
            },
            _ => Self::Never,
        }
    }

    /// The condition, where there is one.
    pub(crate) fn condition(&self, library: &TokenStream) -> Option<TokenStream> {
        match self {
            Self::Never | Self::Always => None,
            Self::Where(ty) => Some(quote_spanned!(Span::mixed_site()=> #library::is_result::<#ty>())),
            Self::WhereHidden(ty) => Some(quote_spanned! {Span::mixed_site()=>
                {
                    use #library::NotAResult as _;
                    #library::is_result::<#ty>() && !#library::Written::<#ty>::FAILS
                }
            }),
        }
    }
}

/// Whether a type belongs to another one, which may be a type parameter.
fn is_associated(ty: &Type) -> bool {
    let Type::Path(path) = ungrouped(ty) else {
        return false;
    };
    let of_type = |path: &Path| {
        let first = path.segments.first().map(|first| first.ident.to_string());
        path.segments.len() > 1 && first.is_some_and(|first| first.starts_with(char::is_uppercase))
    };
    path.qself.is_some() || of_type(&path.path)
}

/// Whether a type is no `Result` by the way it is written.
fn is_plain(ty: &Type) -> bool {
    match ungrouped(ty) {
        Type::Path(path) => path.path.segments.last().is_some_and(|last| PLAIN.iter().any(|name| last.ident == name)),
        Type::ImplTrait(opaque) => opaque.bounds.iter().any(|bound| match bound {
            TypeParamBound::Trait(bound) => {
                bound.path.segments.last().is_some_and(|last| NOT_OF_RESULTS.iter().any(|name| last.ident == name))
            }
            _ => false,
        }),
        Type::Macro(_) | Type::Verbatim(_) | Type::Infer(_) => false,
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::instrument::arguments::Readers;
    use crate::instrument::ast::Function;
    use crate::instrument::ast::Member;
    use crate::instrument::options::Options;
    use syn::parse::Parser;

    fn function(text: &str) -> Function {
        match Member::parse_target.parse_str(text) {
            Ok(Member::Function(function)) => *function,
            _ => panic!("{text} is a function"),
        }
    }

    fn sight(signature: &str, options: &str) -> String {
        let function = function(&format!("{signature} {{ body() }}"));
        let options: Options = syn::parse_str(options).unwrap();
        match Unseen::of(&Plan::of(&function, &options, Readers::None)) {
            Unseen::Never => "never".to_owned(),
            Unseen::Always => "always".to_owned(),
            Unseen::Where(ty) => format!("where {ty}"),
            Unseen::WhereHidden(ty) => format!("where hidden {ty}"),
        }
    }

    #[test]
    fn what_is_written_plainly_costs_no_question() {
        for signature in [
            "fn f()",
            "fn f() -> !",
            "fn f() -> u64",
            "fn f(&self) -> &str",
            "fn f() -> (Checked<u8>, u8)",
            "fn f() -> Option<Checked<u8>>",
            "fn f() -> std::collections::HashMap<u8, u8>",
            "fn f() -> impl Iterator<Item = u8> + '_",
            "async fn f() -> Vec<u8>",
            "fn f() -> Result<u8, ()>",
            "fn f() -> std::io::Result<()>",
            "fn f() -> ParseResult<u8>",
            "async fn f() -> PyResult<u8>",
        ] {
            assert_eq!(sight(signature, ""), "never", "{signature}");
        }
    }

    #[test]
    fn what_may_be_a_result_is_asked() {
        for (signature, wanted) in [
            ("fn f() -> Checked<u8>", "where Checked < u8 >"),
            ("fn f<T>(t: T) -> T", "where T"),
            ("fn f() -> Self", "where Self"),
            ("fn f<F: Fn() -> T, T>(f: F) -> F::Output", "where F :: Output"),
            ("fn f<'a>(a: &'a u8) -> Checked<'a, u8>", "where Checked < '_ , u8 >"),
            ("async fn f() -> Checked<u8>", "where Checked < u8 >"),
            ("fn f() -> impl Future<Output = Checked<u8>>", "where Checked < u8 >"),
            ("fn f() -> Self::Result", "where hidden Self :: Result"),
            ("fn f() -> <T as Actor>::Result", "where hidden < T as Actor > :: Result"),
            ("fn f() -> impl IntoResponse", "always"),
            ("fn f() -> Checked<impl Copy>", "always"),
            ("fn f() -> impl Future", "always"),
        ] {
            assert_eq!(sight(signature, ""), wanted, "{signature}");
            assert_eq!(sight(signature, "errors"), "never", "{signature}");
        }
        assert_eq!(sight("fn f() -> Later<u8>", "future"), "always");
        assert_eq!(sight("fn f() -> BoxFuture<'static, Result<u8, ()>>", "future"), "never");
    }

    #[test]
    fn a_body_that_may_not_move_is_not_looked_at() {
        assert_eq!(sight("#[track_caller] fn f() -> Result<u8, ()>", ""), "never");
        let hidden = function("#[track_caller] fn f() -> Result<u8, ()> { complete!(x); Ok(1) }");
        let plan = Plan::of(&hidden, &Options::default(), Readers::None);
        assert!(matches!(Unseen::of(&plan), Unseen::Where(_)));
    }
}
