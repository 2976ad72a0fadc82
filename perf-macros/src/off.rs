//! The attributes switched off: items stay as they are.
//!
//! The one exception is `#[perf_budget]` on a test. Its body runs once, and says that nothing was enforced; where the
//! budget has `growth`, it runs at the first of the sizes. No parser is built for that: the tokens of a function are
//! attributes, words, `fn`, a name, arguments, perhaps a type, and the body last.

use proc_macro::{Delimiter, Group, Ident, TokenStream, TokenTree};

/// A test without its budget, or the item as it came.
pub(crate) fn budget(args: TokenStream, item: TokenStream) -> TokenStream {
    let tokens: Vec<TokenTree> = item.clone().into_iter().collect();
    let attributes = count_attributes(&tokens);
    let tests = tokens[..attributes].chunks(2).any(|attribute| attribute.last().is_some_and(is_test));
    match Function::of(&tokens[attributes..]) {
        Some(function) if tests => {
            let args: Vec<TokenTree> = args.into_iter().collect();
            let attributes = tokens[..attributes].iter().cloned();
            attributes.chain(function.unbudgeted(&args)).collect()
        }
        _ => item,
    }
}

/// Tokens that the outer attributes at the beginning take: `#` and `[…]` each.
fn count_attributes(tokens: &[TokenTree]) -> usize {
    let starts = |pair: &[TokenTree]| matches!(&pair[0], TokenTree::Punct(punct) if punct.as_char() == '#');
    2 * tokens.chunks_exact(2).take_while(|pair| starts(pair)).count()
}

/// Whether `[…]` is `test`, or a path that ends so, with or without arguments.
fn is_test(attribute: &TokenTree) -> bool {
    let TokenTree::Group(group) = attribute else {
        return false;
    };
    let path = group.stream().into_iter().take_while(|token| match token {
        TokenTree::Ident(_) => true,
        TokenTree::Punct(punct) => punct.as_char() == ':',
        _ => false,
    });
    path.last().is_some_and(|last| last.to_string() == "test")
}

/// A function, its tokens sorted out.
struct Function<'a> {
    /// Up to and with `fn`.
    before: &'a [TokenTree],
    name: &'a Ident,
    arguments: &'a Group,
    /// `-> …`.
    returns: &'a [TokenTree],
    body: &'a Group,
}

impl<'a> Function<'a> {
    fn of(tokens: &'a [TokenTree]) -> Option<Self> {
        let at = tokens.iter().position(|token| matches!(token, TokenTree::Ident(word) if word.to_string() == "fn"))?;
        let (before, rest) = tokens.split_at(at + 1);
        match rest {
            [TokenTree::Ident(name), TokenTree::Group(arguments), returns @ .., TokenTree::Group(body)]
                if arguments.delimiter() == Delimiter::Parenthesis && body.delimiter() == Delimiter::Brace =>
            {
                Some(Self { before, name, arguments, returns, body })
            }
            _ => None,
        }
    }

    fn unbudgeted(&self, args: &[TokenTree]) -> Vec<TokenTree> {
        let mut statements = inner_attributes(self.body);
        let skipped = statements.clone().into_iter().count();
        statements.extend(self.notice());
        statements.extend(reference(args));
        let rest = self.body.stream().into_iter().skip(skipped);
        let size = value(args, "sizes").first().and_then(first);
        let arguments = match size {
            Some(size) if !self.arguments.stream().is_empty() => {
                statements.extend(self.at(size, rest.collect()));
                Group::new(Delimiter::Parenthesis, TokenStream::new())
            }
            _ => {
                statements.extend(rest);
                self.arguments.clone()
            }
        };
        let mut body = Group::new(Delimiter::Brace, statements);
        body.set_span(self.body.span());
        let mut all = self.before.to_vec();
        all.push(TokenTree::Ident(self.name.clone()));
        all.push(TokenTree::Group(arguments));
        all.extend_from_slice(self.returns);
        all.push(TokenTree::Group(body));
        all
    }

    /// Statements that tell, past the test harness, which keeps to itself what a passing test prints; and that fail the test
    /// where `PERF_STRICT` asks for budgets that are enforced.
    fn notice(&self) -> TokenStream {
        let name = self.name.to_string();
        let text = format!(
            "::core::mem::drop(::std::io::Write::write_all(&mut ::std::io::stderr(), ::core::concat!(\
             \"performance budget of \", ::core::module_path!(), \"::{name}: budget not enforced, because \
             perf-core is built without its feature `enabled`\\n\").as_bytes()));\
             ::core::assert!(::std::env::var_os(\"PERF_STRICT\").is_none_or(|value| [\"\", \"0\", \"off\", \"false\", \"no\"]\
             .iter().any(|off| value == **off)), \"PERF_STRICT: a budget that is not enforced counts as \
             failed; add `perf-core = {{{{ .., features = [\\\"enabled\\\"] }}}}` to [dev-dependencies], or test with \
             `--features perf-core/enabled`\");",
            name = name.trim_start_matches("r#"),
        );
        text.parse().unwrap_or_default()
    }

    /// The body as a function of the size, called with the one given.
    fn at(&self, size: TokenTree, body: TokenStream) -> Vec<TokenTree> {
        let name = TokenTree::Ident(self.name.clone());
        let mut inner_body = Group::new(Delimiter::Brace, body);
        inner_body.set_span(self.body.span());
        let mut all = self.before.to_vec();
        all.push(name.clone());
        all.push(TokenTree::Group(self.arguments.clone()));
        all.extend_from_slice(self.returns);
        all.push(TokenTree::Group(inner_body));
        all.push(name);
        all.push(TokenTree::Group(Group::new(Delimiter::Parenthesis, size.into())));
        if self.before.iter().any(|word| word.to_string() == "async") {
            all.extend(".await".parse::<TokenStream>().unwrap_or_default());
        }
        all
    }
}

/// `#![…]` at the top of the body: they stay at the top.
fn inner_attributes(body: &Group) -> TokenStream {
    let tokens: Vec<TokenTree> = body.stream().into_iter().collect();
    let is = |token: &TokenTree, c: char| matches!(token, TokenTree::Punct(punct) if punct.as_char() == c);
    let inner = |three: &&[TokenTree]| is(&three[0], '#') && is(&three[1], '!');
    tokens.chunks_exact(3).take_while(inner).flatten().cloned().collect()
}

/// `let _ = path;` for `vs = path`, so that the reference counts as used.
fn reference(args: &[TokenTree]) -> Vec<TokenTree> {
    let path = value(args, "vs");
    if path.is_empty() {
        return Vec::new();
    }
    let start = "let _ =".parse::<TokenStream>().unwrap_or_default();
    let end = ";".parse::<TokenStream>().unwrap_or_default();
    start.into_iter().chain(path.iter().cloned()).chain(end).collect()
}

/// The tokens of `key = …` up to the next comma.
fn value<'a>(args: &'a [TokenTree], key: &str) -> &'a [TokenTree] {
    let comma = |token: &TokenTree| matches!(token, TokenTree::Punct(punct) if punct.as_char() == ',');
    args.split(comma)
        .find_map(|option| match option {
            [TokenTree::Ident(word), TokenTree::Punct(_), value @ ..] if word.to_string() == key => Some(value),
            _ => None,
        })
        .unwrap_or_default()
}

/// The first element of a list in brackets.
fn first(list: &TokenTree) -> Option<TokenTree> {
    match list {
        TokenTree::Group(group) => group.stream().into_iter().next(),
        _ => None,
    }
}
