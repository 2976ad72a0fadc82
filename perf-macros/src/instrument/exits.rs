//! The ways out of a body, as far as its tokens tell.
//!
//! A body stays in its function's own frame only if its value is seen on every way out that could be a success: at its
//! end, and at each `return` of its own. `?` leaves with an error. A macro may hide a `return` of anything, and so may
//! code that is half typed or newer than the parser: such a body has [`Exits::Hidden`].

use proc_macro2::{Group, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote_spanned};
use syn::parse::Parser;
use syn::token::Paren;
use syn::visit_mut::{self, VisitMut};
use syn::{
    Block, Expr, ExprAsync, ExprBreak, ExprClosure, ExprConst, ExprParen, ExprReturn, Item, Lifetime, Macro, Stmt,
    Token, Type,
};

use crate::instrument::ast::mentions;

pub(crate) enum Exits {
    Known(Known),
    Hidden,
}

/// A body whose every way out is known.
pub(crate) struct Known {
    /// The body, with each `return` of a value that has to be looked at turned into a `break` from [`label`].
    pub(crate) body: TokenStream,
    /// Of a body that ends in a `return` of a call: the places of that word, and of the call's parentheses.
    pub(crate) last_return: Option<(Span, Span)>,
    pub(crate) leaves: Leaves,
}

/// How control leaves a body, unless it panics.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Leaves {
    /// At its end only.
    AtEnd,
    /// Also by a `return` or a `?`, or perhaps so.
    Early,
}

impl Leaves {
    pub(crate) fn of(body: &TokenStream) -> Self {
        // Few bodies have to be parsed for it: those with a word that may be in a closure of theirs.
        if !may_leave(body.clone()) {
            return Self::AtEnd;
        }
        let Ok(mut statements) = Block::parse_within.parse2(body.clone()) else {
            return Self::Early;
        };
        let mut returns = Returns { look_at_errors: false, hidden: false, turned: false, leaves: Leaves::AtEnd };
        for statement in &mut statements {
            returns.visit_stmt_mut(statement);
        }
        if returns.hidden || returns.turned { Self::Early } else { returns.leaves }
    }
}

/// The label of the block around a body.
pub(crate) fn label() -> Lifetime {
    Lifetime::new("'body", Span::mixed_site())
}

impl Exits {
    /// `look_at_errors`: a `return` of a plain `Err(..)` or `None` has to be looked at as well.
    pub(crate) fn of(body: &TokenStream, look_at_errors: bool) -> Self {
        let Ok(mut statements) = Block::parse_within.parse2(body.clone()) else {
            return Self::Hidden;
        };
        let last_return = match statements.last() {
            Some(Stmt::Expr(Expr::Return(ExprReturn { return_token, expr: Some(value), .. }), _)) => {
                match value.to_token_stream().into_iter().last() {
                    Some(TokenTree::Group(last)) if matches!(**value, Expr::Call(_) | Expr::MethodCall(_)) => {
                        Some((return_token.span, last.span()))
                    }
                    _ => None,
                }
            }
            _ => None,
        };
        let mut returns = Returns { look_at_errors, hidden: false, turned: false, leaves: Leaves::AtEnd };
        for statement in &mut statements {
            returns.visit_stmt_mut(statement);
        }
        let leaves = returns.leaves;
        match returns {
            Returns { hidden: true, .. } => Self::Hidden,
            // Untouched, a body stays token for token what it was.
            Returns { turned: false, .. } => Self::Known(Known { body: body.clone(), last_return: None, leaves }),
            Returns { turned: true, .. } => {
                let body = statements.iter().map(ToTokens::to_token_stream).collect();
                Self::Known(Known { body, last_return, leaves })
            }
        }
    }
}

/// Visits what belongs to one function, and turns its returns.
struct Returns {
    look_at_errors: bool,
    hidden: bool,
    turned: bool,
    /// By which other ways.
    leaves: Leaves,
}

impl VisitMut for Returns {
    fn visit_expr_mut(&mut self, expr: &mut Expr) {
        visit_mut::visit_expr_mut(self, expr);
        match expr {
            Expr::Return(ExprReturn { attrs, return_token, expr: Some(value) })
                if self.look_at_errors || !is_error(value) =>
            {
                self.turned = true;
                *expr = Expr::Break(ExprBreak {
                    attrs: std::mem::take(attrs),
                    break_token: Token![break](return_token.span),
                    label: Some(label()),
                    expr: Some(after_label(value)),
                });
            }
            Expr::Return(_) | Expr::Try(_) => self.leaves = Leaves::Early,
            Expr::Verbatim(tokens) => {
                self.hidden |= hides_return(tokens.clone());
                self.leaves = Leaves::Early;
            }
            _ => {}
        }
    }

    fn visit_macro_mut(&mut self, invoked: &mut Macro) {
        let name = invoked.path.segments.last().map(|last| last.ident.to_string()).unwrap_or_default();
        self.hidden |= !is_known(&name, &invoked.tokens) || hides_return(invoked.tokens.clone());
        if leaves_by_name(&name) || may_leave(invoked.tokens.clone()) {
            self.leaves = Leaves::Early;
        }
    }

    // What returns in these returns from these.
    fn visit_expr_async_mut(&mut self, _: &mut ExprAsync) {}
    fn visit_expr_closure_mut(&mut self, _: &mut ExprClosure) {}
    fn visit_expr_const_mut(&mut self, _: &mut ExprConst) {}
    fn visit_item_mut(&mut self, item: &mut Item) {
        match item {
            Item::Macro(invoked) if invoked.ident.is_none() => self.visit_macro_mut(&mut invoked.mac),
            _ => {}
        }
    }
    fn visit_type_mut(&mut self, _: &mut Type) {}
}

/// A value behind a label. One that begins with `::` is in parentheses, since `syn`, with which other attributes read what
/// is emitted, takes `'label ::` for the beginning of a loop.
fn after_label(value: &Expr) -> Box<Expr> {
    let first = value.to_token_stream().into_iter().next();
    let begins_with_path = matches!(first, Some(TokenTree::Punct(punct)) if punct.as_char() == ':');
    Box::new(if begins_with_path {
        Expr::Paren(ExprParen {
            attrs: Vec::new(),
            paren_token: Paren(Span::mixed_site()),
            expr: Box::new(value.clone()),
        })
    } else {
        value.clone()
    })
}

/// Whether an expression is spelled as an error.
fn is_error(value: &Expr) -> bool {
    let spelled = |path: &Expr, word: &str| match path {
        Expr::Path(path) => path.path.segments.last().is_some_and(|last| last.ident == word),
        _ => false,
    };
    match value {
        Expr::Call(call) => spelled(&call.func, "Err"),
        Expr::Group(group) => is_error(&group.expr),
        other => spelled(other, "None"),
    }
}

/// Whether tokens have the word `return`, or a macro in them that may.
fn hides_return(tokens: TokenStream) -> bool {
    has_way_out(tokens, &|token, invoked| match (token, invoked) {
        (TokenTree::Ident(word), _) => word == "return",
        (TokenTree::Group(given), Some(name)) => !is_known(name, &given.stream()),
        _ => false,
    })
}

/// Whether tokens have a `return` or a `?`, or a macro in them that may.
fn may_leave(tokens: TokenStream) -> bool {
    has_way_out(tokens, &|token, invoked| match (token, invoked) {
        (TokenTree::Ident(word), _) => word == "return",
        (TokenTree::Punct(mark), _) => mark.as_char() == '?',
        (TokenTree::Group(given), Some(name)) => leaves_by_name(name) || !is_known(name, &given.stream()),
        _ => false,
    })
}

/// Whether one of the tokens is a way out; it is told the name of the macro that a group is given to.
fn has_way_out(tokens: TokenStream, is_one: &impl Fn(&TokenTree, Option<&str>) -> bool) -> bool {
    let mut before: [Option<TokenTree>; 2] = [None, None];
    for token in tokens {
        let invoked = match &before {
            [Some(TokenTree::Ident(name)), Some(TokenTree::Punct(bang))] if bang.as_char() == '!' => {
                Some(name.to_string())
            }
            _ => None,
        };
        let inside = |group: &Group| has_way_out(group.stream(), is_one);
        if is_one(&token, invoked.as_deref()) || matches!(&token, TokenTree::Group(group) if inside(group)) {
            return true;
        }
        let [_, last] = before;
        before = [last, Some(token)];
    }
    false
}

/// Macros that return nothing but errors from the function they are used in. What they are given is looked at apart.
const KNOWN: &[&str] = &[
    // The standard library's, and what is like them.
    "addr_of",
    "addr_of_mut",
    "asm",
    "assert",
    "assert_eq",
    "assert_ne",
    "assert_matches",
    "cfg",
    "column",
    "compile_error",
    "concat",
    "const_format_args",
    "dbg",
    "debug_assert",
    "debug_assert_eq",
    "debug_assert_ne",
    "debug_assert_matches",
    "env",
    "eprint",
    "eprintln",
    "file",
    "format",
    "format_args",
    "include",
    "include_bytes",
    "include_str",
    "is_x86_feature_detected",
    "line",
    "matches",
    "module_path",
    "offset_of",
    "option_env",
    "panic",
    "pin",
    "print",
    "println",
    "stringify",
    "thread_local",
    "todo",
    "try",
    "unimplemented",
    "unreachable",
    "vec",
    "write",
    "writeln",
    "macro_rules",
    // Logs, events, spans, metrics, and what their attributes emit.
    "file_location",
    "full_name",
    "func_name",
    "func_path",
    "debug",
    "debug_span",
    "enabled",
    "error",
    "error_span",
    "event",
    "info",
    "info_span",
    "log",
    "log_enabled",
    "span",
    "trace",
    "trace_span",
    "warn",
    "warn_span",
    "counter",
    "gauge",
    "histogram",
    // Values.
    "arrayvec",
    "btreemap",
    "btreeset",
    "format_ident",
    "formatcp",
    "hashmap",
    "hashset",
    "indexmap",
    "indexset",
    "json",
    "lazy_static",
    "parse_quote",
    "quote",
    "quote_spanned",
    "smallvec",
    "Token",
    // Errors.
    "anyhow",
    "bail",
    "ensure",
    "ensure_whatever",
    "err",
    "eyre",
    "format_err",
    "miette",
    "whatever",
];

/// Of the known ones, those that may leave the function all the same: with an error, or by code that is elsewhere.
const LEAVING: &[&str] = &["bail", "ensure", "ensure_whatever", "err", "include", "try", "whatever"];

/// Macros that return early with what they are given, where that may be a success as well.
const EARLY: &[&str] = &["bail", "ensure", "err", "whatever", "ensure_whatever"];

fn leaves_by_name(name: &str) -> bool {
    LEAVING.contains(&name.trim_start_matches("r#"))
}

/// Whether a macro is one of these, given this.
pub(crate) fn is_known(name: &str, given: &TokenStream) -> bool {
    KNOWN.contains(&name.trim_start_matches("r#")) && !(EARLY.contains(&name) && mentions(given.clone(), "Ok"))
}

/// Code that makes the end of a labelled block reachable to the compiler: it would otherwise call code behind
/// a body that never ends unreachable. No such way exists in the program, since the second arm never matches, and
/// lints that follow the ways of a function know that.
pub(crate) fn reachable_end(library: &TokenStream) -> TokenStream {
    let label = label();
    quote_spanned! {Span::mixed_site()=>
        match () {
            () => {}
            () => break #label (#library::absent()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(body: &str, look_at_errors: bool) -> Option<String> {
        match Exits::of(&body.parse().unwrap(), look_at_errors) {
            Exits::Known(known) => Some(known.body.to_string()),
            Exits::Hidden => None,
        }
    }

    #[test]
    fn own_returns_become_breaks() {
        for (body, turned) in [
            ("if x { return Ok(1); } Ok(2)", "if x { break 'body Ok (1) ; } Ok (2)"),
            ("loop { match x { 1 => return f(), _ => {} } }", "loop { match x { 1 => break 'body f () , _ => { } } }"),
            ("let Some(x) = y else { return Ok(z) }; x", "let Some (x) = y else { break 'body Ok (z) } ; x"),
            ("#[cfg(a)] return f(return g()); h()", "# [cfg (a)] break 'body f (break 'body g ()) ; h ()"),
            ("return S { a: 1 }.run()", "break 'body S { a : 1 } . run ()"),
            ("a || return b", "a || break 'body b"),
            ("return ::std::f()", "break 'body (:: std :: f ())"),
        ] {
            assert_eq!(known(body, false).as_deref(), Some(turned), "{body}");
        }
    }

    #[test]
    fn other_returns_and_plain_errors_stay() {
        for body in [
            "x.map(|x| { return x + 1 }); Ok(1)",
            "let f = async { return 1 }; Ok(1)",
            "fn f() -> u8 { return 1 } struct S; impl S { fn g() { return } } Ok(1)",
            "const { return 1 }",
            "if x { return Err(e); } Ok(x?)",
            "if x { return core::result::Result::Err(e.into()) } Ok(1)",
            "return None",
            "macro_rules! m { () => { return Ok(1) } } Ok(1)",
        ] {
            let spelled = body.parse::<TokenStream>().unwrap().to_string();
            assert_eq!(known(body, false), Some(spelled), "{body}");
        }
        assert_eq!(known("return Err(e)", true).as_deref(), Some("break 'body Err (e)"));
        assert_eq!(known("return None", true).as_deref(), Some("break 'body None"));
    }

    #[test]
    fn macros_that_may_return_hide_it() {
        for body in [
            "complete!(x); Ok(1)",
            "let x = next!(bytes); Ok(x)",
            "println!(\"{}\", { return Ok(1) }); Ok(2)",
            "println!(\"{}\", complete!(x)); Ok(2)",
            "vec![1, some::path::next!(x)]; Ok(2)",
            "ensure!(x, Ok(1)); Ok(2)",
            "match x { pattern!(y) => Ok(1) }",
            "let x = self. ; match",
        ] {
            assert_eq!(known(body, false), None, "{body}");
        }
        for body in [
            "println!(\"{x}\"); assert!(a == b, \"return\"); Ok(vec![format!(\"{}\", x?)])",
            "ensure!(x, \"no\"); anyhow::bail!(\"{}\", y)",
            "tracing::info!(?x); if !(a) {} Ok(1)",
            "x.map(|x| unknown!(x)); Ok(1)",
            "matches!(x, Some(!))",
        ] {
            assert!(known(body, false).is_some(), "{body}");
        }
    }

    #[test]
    fn a_way_out_before_the_end_is_seen() {
        let leaves = |body: &str| Leaves::of(&body.parse().unwrap()) == Leaves::AtEnd;
        for body in [
            "",
            "f(x) + 1",
            "if !(a) { loop { break; } } panic!(\"{x}\")",
            "x.iter().filter_map(|x| x.parse().ok()?).map(|x| { if x { return 1; } 2 }).sum()",
            "fn f() -> u8 { return g()? } f()",
            "let later = async { f().await?; return Ok(1) }; later",
            "fn f<T: ?Sized>(x: &T) {} f(x)",
            "vec![1, format!(\"{}\", x)]",
        ] {
            assert!(leaves(body), "{body}");
        }
        for body in [
            "return 1",
            "if x { return; }",
            "let x = x?; Some(x)",
            "println!(\"{}\", x?)",
            "vec![{ return 1 }]",
            "unknown!(x)",
            "some::path::unknown!(x)",
            "vec![unknown!(x)]",
            "bail!(x)",
            "include!(\"body.rs\")",
            "try!(x)",
            "r#try!(x)",
            "f(r#try!(x))",
            "let x = self. ; match y?",
        ] {
            assert!(!leaves(body), "{body}");
        }
        let known = |body: &str| match Exits::of(&body.parse().unwrap(), false) {
            Exits::Known(known) => Some(known.leaves == Leaves::AtEnd),
            Exits::Hidden => None,
        };
        for (body, at_end) in [
            ("Ok(1)", true),
            ("if x { return Ok(1) } Ok(2)", true),
            ("x.map(|x| Ok(x?))", true),
            ("Ok(x?)", false),
            ("if x { return Err(1) } Ok(2)", false),
            ("ensure!(x, \"no\"); Ok(1)", false),
            ("Ok(format!(\"{}\", x?))", false),
        ] {
            assert_eq!(known(body), Some(at_end), "{body}");
        }
    }

    #[test]
    fn a_last_return_is_remembered() {
        let last = |body: &str| match Exits::of(&body.parse().unwrap(), false) {
            Exits::Known(known) => known.last_return.is_some(),
            Exits::Hidden => false,
        };
        assert!(last("f(); return Ok(1);") && last("return Ok(1)") && last("return a.f()") && !last("return a"));
        assert!(!last("if x { return Ok(1) } Ok(2)") && !last("return Err(1)"));
    }
}
