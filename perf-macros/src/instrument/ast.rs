//! Items that an attribute may stand on, parsed no deeper than needed.
//!
//! A function keeps its body as tokens: code that is half typed, or newer than the parser, passes through. Impl and
//! trait blocks and modules are a header in tokens and a list of members.

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::ext::IdentExt;
use syn::parse::discouraged::Speculative;
use syn::parse::{Parse, ParseStream, Result};
use syn::token::Brace;
use syn::{Attribute, Ident, ImplItem, Item, ItemImpl, Lit, Signature, Token, TraitItem, Type, Visibility, braced};

/// A function with a body.
pub(crate) struct Function {
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) vis: Visibility,
    /// `default` of a specialised method.
    pub(crate) defaultness: Option<Ident>,
    pub(crate) sig: Signature,
    pub(crate) brace: Brace,
    /// `#![..]` at the top of the body.
    pub(crate) inner_attrs: Vec<Attribute>,
    pub(crate) body: TokenStream,
}

/// A block of functions: an impl, a trait or an inline module.
pub(crate) struct Container {
    pub(crate) attrs: Vec<Attribute>,
    /// Everything between the attributes and the brace.
    pub(crate) header: TokenStream,
    pub(crate) scope: Scope,
    pub(crate) brace: Brace,
    pub(crate) inner_attrs: Vec<Attribute>,
    pub(crate) members: Vec<Member>,
}

/// Where functions stand, as far as the tokens tell.
#[derive(Clone)]
pub(crate) enum Scope {
    /// A function with an attribute of its own: it may stand anywhere.
    Unknown,
    Module,
    /// In an impl block of a type, or a trait, of this name.
    Named(Ident),
    /// In an impl block of a type that its path does not name: a reference, a slice, a type parameter.
    Unnamed,
}

pub(crate) enum Member {
    Function(Box<Function>),
    Container(Container),
    /// Left as it is: constants, types, nested macros, functions without a body.
    Other(TokenStream),
}

impl Member {
    /// Parses what an attribute stands on; anything that is no function and no block of functions is `Other`.
    pub(crate) fn parse_target(input: ParseStream) -> Result<Self> {
        parse_member(input, TokenStream::parse)
    }
}

fn parse_member(input: ParseStream, other: fn(ParseStream) -> Result<TokenStream>) -> Result<Member> {
    let ahead = input.fork();
    let attrs = ahead.call(Attribute::parse_outer)?;
    let vis: Visibility = ahead.parse()?;
    if is_function(&ahead)? {
        input.advance_to(&ahead);
        return parse_function(input, attrs, vis);
    }
    match parse_header(&ahead)? {
        Some((header, scope)) => {
            input.advance_to(&ahead);
            parse_container(input, attrs, quote!(#vis #header), scope).map(Member::Container)
        }
        None => other(input).map(Member::Other),
    }
}

/// Whether the tokens ahead are the qualifiers and the keyword of a function.
fn is_function(input: ParseStream) -> Result<bool> {
    let ahead = input.fork();
    loop {
        if ahead.peek(Token![fn]) {
            return Ok(true);
        } else if ahead.peek(Ident::peek_any) {
            let word = ahead.call(Ident::parse_any)?;
            if !["default", "const", "async", "unsafe", "extern"].iter().any(|qualifier| word == qualifier) {
                return Ok(false);
            }
        } else if ahead.peek(Lit) {
            ahead.parse::<Lit>()?;
        } else {
            return Ok(false);
        }
    }
}

fn parse_function(input: ParseStream, attrs: Vec<Attribute>, vis: Visibility) -> Result<Member> {
    let defaultness = if input.peek(Token![fn]) || !input.peek(Ident) { None } else { Some(input.parse()?) };
    let sig: Signature = input.parse()?;
    if let Some(semi) = input.parse::<Option<Token![;]>>()? {
        return Ok(Member::Other(quote!(#(#attrs)* #vis #sig #semi)));
    }
    let content;
    let brace = braced!(content in input);
    let inner_attrs = content.call(Attribute::parse_inner)?;
    let body = content.parse()?;
    Ok(Member::Function(Box::new(Function { attrs, vis, defaultness, sig, brace, inner_attrs, body })))
}

/// The tokens up to the opening brace of an impl, a trait or a module; nothing for any other item.
fn parse_header(input: ParseStream) -> Result<Option<(TokenStream, Scope)>> {
    let mut tokens = TokenStream::new();
    let keyword = loop {
        if !input.peek(Ident::peek_any) {
            return Ok(None);
        }
        let word = input.call(Ident::parse_any)?;
        word.to_tokens(&mut tokens);
        match word.to_string().as_str() {
            "unsafe" | "auto" | "default" | "const" => {}
            keyword @ ("impl" | "trait" | "mod") => break keyword.to_owned(),
            _ => return Ok(None),
        }
    };
    let name = if keyword == "impl" { None } else { Some(input.fork().call(Ident::parse_any)?) };
    let mut depth = 0_usize;
    let mut arrow = false;
    while !(input.is_empty() || input.peek(Token![;]) || depth == 0 && input.peek(Brace)) {
        let token: TokenTree = input.parse()?;
        if let TokenTree::Punct(punct) = &token {
            match punct.as_char() {
                '<' => depth += 1,
                '>' if !arrow => depth = depth.saturating_sub(1),
                _ => {}
            }
            arrow = punct.as_char() == '-';
        } else {
            arrow = false;
        }
        token.to_tokens(&mut tokens);
    }
    if !input.peek(Brace) {
        return Ok(None);
    }
    let scope = match name {
        Some(_) if keyword == "mod" => Scope::Module,
        Some(name) => Scope::Named(name),
        None => impl_scope(&syn::parse2(quote!(#tokens {}))?),
    };
    Ok(Some((tokens, scope)))
}

fn impl_scope(block: &ItemImpl) -> Scope {
    let is_parameter = |name: &Ident| block.generics.type_params().any(|parameter| parameter.ident == *name);
    match ungrouped(&block.self_ty) {
        Type::Path(path) => match path.path.segments.last() {
            Some(last) if !is_parameter(&last.ident) => Scope::Named(last.ident.clone()),
            _ => Scope::Unnamed,
        },
        _ => Scope::Unnamed,
    }
}

fn parse_container(input: ParseStream, attrs: Vec<Attribute>, header: TokenStream, scope: Scope) -> Result<Container> {
    let is_impl = header.clone().into_iter().any(|token| matches!(token, TokenTree::Ident(word) if word == "impl"));
    let other: fn(ParseStream) -> Result<TokenStream> = match scope {
        Scope::Module => |input| Ok(input.parse::<Item>()?.into_token_stream()),
        _ if is_impl => |input| Ok(input.parse::<ImplItem>()?.into_token_stream()),
        _ => |input| Ok(input.parse::<TraitItem>()?.into_token_stream()),
    };
    let content;
    let brace = braced!(content in input);
    let inner_attrs = content.call(Attribute::parse_inner)?;
    let mut members = Vec::new();
    while !content.is_empty() {
        members.push(parse_member(&content, other)?);
    }
    Ok(Container { attrs, header, scope, brace, inner_attrs, members })
}

/// The type inside parentheses and inside the invisible groups that `macro_rules` puts around what it was given.
pub(crate) fn ungrouped(mut ty: &Type) -> &Type {
    loop {
        ty = match ty {
            Type::Group(group) => &group.elem,
            Type::Paren(paren) => &paren.elem,
            _ => return ty,
        };
    }
}

/// Whether a word occurs anywhere in the tokens, at any depth.
pub(crate) fn mentions(tokens: TokenStream, word: &str) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(ident) => ident == word,
        TokenTree::Group(group) => mentions(group.stream(), word),
        _ => false,
    })
}

/// The stream of a sole invisible group, or the stream itself.
pub(crate) fn opened(tokens: TokenStream) -> TokenStream {
    let mut iter = tokens.clone().into_iter();
    match (iter.next(), iter.next()) {
        (Some(TokenTree::Group(group)), None) if group.delimiter() == Delimiter::None => opened(group.stream()),
        _ => tokens,
    }
}
