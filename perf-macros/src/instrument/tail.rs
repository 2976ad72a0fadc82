//! Bodies that end in a future at the place where other attributes look for one: `Box::pin(..)`, and `async move { .. }`.

use proc_macro2::{Delimiter, Span, TokenStream, TokenTree};

use crate::instrument::ast::mentions;

/// A function body taken apart that ends in `Box::pin(future)`, or in a future.
pub(crate) struct Tail {
    pub(crate) before: TokenStream,
    /// `Box::pin`, and the parentheses.
    pub(crate) boxed: Option<(TokenStream, Span)>,
    pub(crate) future: TokenStream,
    /// It is an `async move` block, and other attributes, which are expanded later, look for one here.
    pub(crate) kept: bool,
}

/// Takes `..; async move { .. }` apart, which others look for.
pub(crate) fn future(body: &TokenStream) -> Option<Tail> {
    let mut before: Vec<TokenTree> = body.clone().into_iter().collect();
    let future = before.split_off(before.len().checked_sub(3)?);
    let is_whole = is_async_move(&future) && ends_statement(before.last());
    let before: TokenStream = before.into_iter().collect();
    let is_only = is_whole && !mentions(before.clone(), "return");
    is_only.then(|| Tail { before, boxed: None, future: future.into_iter().collect(), kept: true })
}

/// Takes `..; Box::pin(future)` apart. Not where the body may leave by an earlier `return`: that future would go
/// unmeasured.
pub(crate) fn boxed(body: &TokenStream, watched: bool) -> Option<Tail> {
    let mut tokens: Vec<TokenTree> = body.clone().into_iter().collect();
    let Some(TokenTree::Group(argument)) = tokens.pop() else {
        return None;
    };
    let [.., boxed, colon, colon2, pin] = tokens.as_slice() else {
        return None;
    };
    let calls_pin = argument.delimiter() == Delimiter::Parenthesis
        && is_ident(boxed, "Box")
        && is_punct(colon, ':')
        && is_punct(colon2, ':')
        && is_ident(pin, "pin");
    let mut start = tokens.len() - 4;
    // The path may be longer: `std::boxed::Box::pin`.
    while start >= 2 && is_punct(&tokens[start - 1], ':') && is_punct(&tokens[start - 2], ':') {
        start -= 2;
        if start >= 1 && matches!(&tokens[start - 1], TokenTree::Ident(_)) {
            start -= 1;
        }
    }
    let path: TokenStream = tokens.split_off(start).into_iter().collect();
    let is_whole = calls_pin && ends_statement(tokens.last());
    let before: TokenStream = tokens.into_iter().collect();
    let future = argument.stream();
    let kept = watched && is_async_move(&future.clone().into_iter().collect::<Vec<_>>());
    let is_only = is_whole && !mentions(before.clone(), "return");
    is_only.then(|| Tail { before, boxed: Some((path, argument.span())), future, kept })
}

fn is_async_move(tokens: &[TokenTree]) -> bool {
    matches!(tokens, [word, capture, TokenTree::Group(block)]
        if is_ident(word, "async") && is_ident(capture, "move") && block.delimiter() == Delimiter::Brace)
}

/// Whether a statement, or nothing, ends in this token.
fn ends_statement(last: Option<&TokenTree>) -> bool {
    match last {
        None => true,
        Some(TokenTree::Punct(punct)) => punct.as_char() == ';',
        Some(TokenTree::Group(group)) => group.delimiter() == Delimiter::Brace,
        Some(TokenTree::Ident(_) | TokenTree::Literal(_)) => false,
    }
}

fn is_ident(token: &TokenTree, name: &str) -> bool {
    matches!(token, TokenTree::Ident(ident) if ident == name)
}

fn is_punct(token: &TokenTree, c: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == c)
}
