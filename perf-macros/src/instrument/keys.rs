//! The grammar that both attributes share: keys with values, in any order, each at most once.

use proc_macro2::Ident;
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Result};
use syn::{Error, Token};

/// Reads `key`, `key = value` and `key(..)` separated by commas, and gives each key to `read`, which consumes the rest.
///
/// A key that is not in `valid` is an error on the key, and lists those that are.
pub(crate) fn parse_keys(
    input: ParseStream,
    attribute: &str,
    valid: &[&str],
    mut read: impl FnMut(&Ident, ParseStream) -> Result<()>,
) -> Result<()> {
    let mut seen: Vec<Ident> = Vec::new();
    while !input.is_empty() {
        if !input.peek(Ident::peek_any) {
            return Err(input.error(format!("expected an option of `{attribute}`: {}", listed(valid))));
        }
        let key = input.call(Ident::parse_any)?;
        if seen.contains(&key) {
            return Err(Error::new(key.span(), format!("`{key}` is given twice")));
        }
        if !valid.iter().any(|known| key == known) {
            return Err(Error::new(
                key.span(),
                format!("unknown option `{key}`; `{attribute}` knows {}", listed(valid)),
            ));
        }
        read(&key, input)?;
        seen.push(key);
        if input.is_empty() {
            break;
        }
        if !input.peek(Token![,]) {
            return Err(input.error("expected a comma between options"));
        }
        input.parse::<Token![,]>()?;
    }
    Ok(())
}

/// The `=` of `key = value`.
pub(crate) fn equals(key: &Ident, input: ParseStream, example: &str) -> Result<()> {
    if input.peek(Token![=]) && !input.peek(Token![==]) {
        input.parse::<Token![=]>()?;
        if input.is_empty() || input.peek(Token![,]) {
            return Err(needs(key, example));
        }
        return Ok(());
    }
    Err(needs(key, example))
}

fn needs(key: &Ident, example: &str) -> Error {
    Error::new(key.span(), format!("`{key}` needs a value: `{key} = {example}`"))
}

/// Makes sure that a key stands alone.
pub(crate) fn flag(key: &Ident, input: ParseStream) -> Result<Ident> {
    if input.is_empty() || input.peek(Token![,]) {
        return Ok(key.clone());
    }
    Err(input.error(format!("`{key}` takes no value: it is on where it is written")))
}

pub(crate) fn listed(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}
