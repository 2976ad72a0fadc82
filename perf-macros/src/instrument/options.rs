//! The options of `#[perf_probe(..)]`.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use syn::parse::{Parse, ParseStream, Result};
use syn::spanned::Spanned;
use syn::{Error, Expr, ExprLit, ExprMacro, ExprPath, Lit, LitStr, Path, Token};

use crate::instrument::ast::opened;
use crate::instrument::{keys, units};

const KEYS: &[&str] = &["name", "items", "bytes", "errors", "sample", "overhead", "future", "skip", "crate"];

/// The options between the parentheses, as written.
#[derive(Clone, Default)]
pub(crate) struct Options {
    pub(crate) name: Option<Name>,
    pub(crate) items: Option<Expr>,
    pub(crate) bytes: Option<Expr>,
    pub(crate) errors: Option<Ident>,
    pub(crate) sample: Option<(u32, Span)>,
    /// In parts per million.
    pub(crate) overhead: Option<(u32, Span)>,
    pub(crate) future: Option<Ident>,
    pub(crate) skip: Option<Ident>,
    pub(crate) krate: Option<Path>,
}

#[derive(Clone)]
pub(crate) enum Name {
    Literal(LitStr),
    /// A path to a constant, or a macro such as `concat!`.
    Constant(TokenStream),
}

impl Parse for Options {
    fn parse(input: ParseStream) -> Result<Self> {
        let mut options = Self::default();
        keys::parse_keys(input, "perf_probe", KEYS, |key, input| options.read(key, input))?;
        Ok(options)
    }
}

impl Options {
    fn read(&mut self, key: &Ident, input: ParseStream) -> Result<()> {
        match key.to_string().as_str() {
            "name" => self.name = Some(name(key, input)?),
            "items" => self.items = Some(expression(key, input, "rows.len()")?),
            "bytes" => self.bytes = Some(expression(key, input, "buffer.len()")?),
            "errors" => self.errors = Some(keys::flag(key, input)?),
            "sample" => self.sample = Some(sample(key, input)?),
            "overhead" => self.overhead = Some(overhead(key, input)?),
            "future" => self.future = Some(keys::flag(key, input)?),
            "skip" => self.skip = Some(keys::flag(key, input)?),
            "crate" => self.krate = Some(krate(key, input, "perf_core")?),
            _ => {}
        }
        Ok(())
    }

    /// These options, with those of the block around them where they say nothing themselves.
    pub(crate) fn within(mut self, block: &Self) -> Self {
        if self.sample.is_none() && self.overhead.is_none() {
            self.sample = block.sample;
            self.overhead = block.overhead;
        }
        self.krate = self.krate.or_else(|| block.krate.clone());
        self
    }

    /// The path under which the expansion finds all that it uses of the library: the one module that is made for it.
    pub(crate) fn library(&self) -> TokenStream {
        let named = self.krate.as_ref().map(ToTokens::to_token_stream);
        let named = named.unwrap_or_else(|| quote!(::perf_core));
        quote_spanned!(Span::mixed_site()=> #named::__private)
    }

    /// The same, for a call that says of itself to be made at `place`, in code of the user's own.
    pub(crate) fn library_at(&self, place: Span) -> TokenStream {
        let moved = |mut token: TokenTree| {
            token.set_span(token.span().located_at(place));
            token
        };
        let named = self.krate.as_ref().map(|path| path.to_token_stream().into_iter().map(moved).collect());
        let named = named.unwrap_or_else(|| quote_spanned!(place=> ::perf_core));
        quote_spanned!(place=> #named::__private)
    }
}

/// `name = "…"`, or a constant expression that yields the name.
pub(crate) fn name(key: &Ident, input: ParseStream) -> Result<Name> {
    keys::equals(key, input, "\"parse\"")?;
    let value: Expr = input.parse()?;
    let wanted = "a name is a string in quotes, a constant, or a macro such as `concat!`";
    match syn::parse2::<Expr>(opened(value.to_token_stream()))? {
        Expr::Lit(ExprLit { lit: Lit::Str(literal), .. }) => Ok(Name::Literal(literal)),
        Expr::Path(ExprPath { .. }) | Expr::Macro(ExprMacro { .. }) => Ok(Name::Constant(value.into_token_stream())),
        other => Err(Error::new(other.span(), wanted)),
    }
}

/// `crate = path`, and `gate = path`: where a crate is found that goes by another name here.
pub(crate) fn krate(key: &Ident, input: ParseStream, name: &str) -> Result<Path> {
    keys::equals(key, input, &format!("path::to::{name}"))?;
    input.call(Path::parse_mod_style).map_err(|error| {
        Error::new(error.span(), format!("expected the path of the library, such as `my_app::{name}`"))
    })
}

fn expression(key: &Ident, input: ParseStream, example: &str) -> Result<Expr> {
    keys::equals(key, input, example)?;
    let value: Expr = input.parse()?;
    if !(input.is_empty() || input.peek(Token![,])) {
        return Err(input.error("expected the end of this expression, or a comma"));
    }
    Ok(value)
}

fn sample(key: &Ident, input: ParseStream) -> Result<(u32, Span)> {
    keys::equals(key, input, "100")?;
    let span = input.span();
    Ok((units::integer(input, "one call in how many is timed")?, span))
}

fn overhead(key: &Ident, input: ParseStream) -> Result<(u32, Span)> {
    keys::equals(key, input, "\"1%\"")?;
    let (ppm, literal) = units::percent(input)?;
    Ok((ppm, literal.span()))
}
