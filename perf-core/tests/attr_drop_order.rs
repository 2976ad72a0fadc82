//! Arguments drop in the same order with the attribute and without it: generated functions of every shape that the
//! attribute accepts, left in every way, their futures dropped after every number of polls.
#![cfg(feature = "enabled")]

mod crates;

use std::fmt::Write;

/// Functions in each of the editions; a seed is a function.
const FUNCTIONS: u64 = 200;

/// What the generated crate is made of beside its functions.
const SUPPORT: &str = include_str!("crates/drop_order.rs");

#[test]
fn arguments_drop_as_in_the_plain_function() {
    let mut crates = crates::Crates::new("drop_order");
    for edition in ["2021", "2024"] {
        let source = source(edition.parse().unwrap());
        let name = format!("drop_order_{edition}");
        crates.add(&name, &format!("edition = {edition:?}"), "async-trait = \"0.1\"", "main.rs", &source);
    }
    // Both at once.
    crates.cargo(&["build", "--quiet", "--workspace"]);
    for edition in ["2021", "2024"] {
        let output = crates.cargo(&["run", "--quiet", "--package", &format!("drop_order_{edition}")]);
        let printed = crates::printed(&output);
        let compared: u64 = printed.trim().parse().expect("a number of runs");
        assert!(compared > 6 * FUNCTIONS, "{compared} runs are too few for {FUNCTIONS} functions");
    }
}

fn source(edition: u64) -> String {
    let mut functions = String::new();
    let mut runs = String::new();
    for seed in 0..FUNCTIONS {
        let mut case = Case { random: Random(edition << 32 | seed), seed, ..Case::default() };
        case.generate();
        functions.push_str(&case.item);
        runs.push_str(&case.run);
    }
    let plain = functions.replace("#[probe]", "");
    let probed = functions.replace("#[probe]", "#[perf_core::perf_probe]");
    format!(
        "{SUPPORT}\nmod plain {{ use super::*; {plain} }}\nmod probed {{ use super::*; {probed} }}\n\
         fn main() {{ quiet(); {runs} println!(\"{{}}\", compared()); }}\n"
    )
}

#[derive(Default)]
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        // SplitMix64: every seed is a good one.
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % limit as u64).unwrap()
    }

    fn one_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }
}

/// A function, and the code that compares it with its plain twin.
#[derive(Default)]
struct Case {
    random: Random,
    seed: u64,
    parameters: String,
    arguments: String,
    /// Variables to be used, and whether each may be moved.
    variables: Vec<(String, bool)>,
    item: String,
    run: String,
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Plain,
    Result,
    Async,
    AsyncResult,
    Opaque,
    Boxed,
    BoxedResult,
    AsyncTrait,
}

impl Case {
    fn generate(&mut self) {
        use Kind::{Async, AsyncResult, AsyncTrait, Boxed, BoxedResult, Opaque, Plain, Result};
        let kinds = [Plain, Result, Result, Async, AsyncResult, AsyncResult, Opaque, Boxed, BoxedResult, AsyncTrait];
        let kind = kinds[self.random.below(kinds.len())];
        let is_result = matches!(kind, Result | AsyncResult | BoxedResult | AsyncTrait);
        let is_async = !matches!(kind, Plain | Result);
        let receiver = ["", "self", "&'static self", "mut self"][self.random.below(4)];
        let receiver = if kind == AsyncTrait && receiver.is_empty() { "&'static self" } else { receiver };
        for at in 0..self.random.below(6) {
            self.parameter(at, kind);
        }
        if receiver.ends_with("self") && !receiver.starts_with('&') && self.random.one_in(2) {
            let field = ["self", "self.0", "self.1"][self.random.below(3)];
            self.variables.push((field.to_owned(), field != "self"));
        }
        let body = self.body(kind, is_result);
        let n = self.seed;
        let output = if is_result { "Result<u8, String>" } else { "u8" };
        let inner = body.replace("@await", if is_async { "tick().await;" } else { "" });
        let (head, output, body) = match kind {
            Plain | Result => ("fn", output.to_owned(), inner),
            Async | AsyncResult | AsyncTrait => ("async fn", output.to_owned(), inner),
            Opaque => ("fn", format!("impl Future<Output = {output}>"), format!("async move {{ {inner} }}")),
            Boxed | BoxedResult => {
                let future = format!("Box::pin(async move {{ {inner} }})");
                let body = match self.random.below(4) {
                    0 => format!("if way == 9 {{ return Box::pin(never()); }} {future}"),
                    1 => format!("let _made = D(\"made\"); let future = {future}; future"),
                    2 => format!("hidden!(way == 9, Box::pin(never())); {future}"),
                    _ => future,
                };
                ("fn", format!("Pin<Box<dyn Future<Output = {output}>>>"), body)
            }
        };
        let comma = if receiver.is_empty() { "" } else { ", " };
        let signature = format!("{head} f{n}({receiver}{comma}way: u8, {}) -> {output}", self.parameters);
        let keep = if head == "async fn" && self.random.one_in(6) { "#[must_use]" } else { "" };
        let allow = "#[allow(unused, clippy::all)]";
        let function = format!("{allow} {keep} #[probe] pub {signature} {{ {body} }}\n");
        self.item = match (kind, receiver) {
            (AsyncTrait, _) => {
                let above = self.random.below(3);
                let (first, second, third) =
                    [("#[probe]", "", ""), ("", "#[probe]", ""), ("", "", "#[probe]")][above].to_owned();
                let declared = signature.replace("mut self", "self");
                let declared = plain_parameters(&declared);
                format!(
                    "#[async_trait::async_trait(?Send)] pub trait T{n} {{ {declared}; }}\n\
                     pub struct S{n}(D, D);\n\
                     {first} #[async_trait::async_trait(?Send)] {second} impl T{n} for S{n} {{ {allow} {third} {signature} {{ {body} }} }}\n\
                     pub fn s{n}() -> S{n} {{ S{n}(D(\"s.0\"), D(\"s.1\")) }}\n"
                )
            }
            (_, "") => function,
            _ => format!(
                "pub struct S{n}(D, D); impl S{n} {{ {function} }}\n\
                 pub fn s{n}() -> S{n} {{ S{n}(D(\"s.0\"), D(\"s.1\")) }}\n"
            ),
        };
        let call = |module: &str| {
            let arguments = &self.arguments;
            match receiver {
                "" => format!("{module}::f{n}(way, {arguments})"),
                "&'static self" => format!("Box::leak(Box::new({module}::s{n}())).f{n}(way, {arguments})"),
                _ => format!("{module}::s{n}().f{n}(way, {arguments})"),
            }
        };
        let uses =
            if kind == AsyncTrait { format!("use {{plain::T{n} as _, probed::T{n} as _}};") } else { String::new() };
        let compare = if is_async { "futures" } else { "calls" };
        let (plain, probed) = (call("plain"), call("probed"));
        self.run = format!("{{ {uses} {compare}(\"f{n}\", |way| {plain}, |way| {probed}); }}\n");
    }

    fn parameter(&mut self, at: usize, kind: Kind) {
        // A method of a trait that is rewritten by `async_trait` takes fewer kinds of patterns.
        let kinds = if kind == Kind::AsyncTrait { 6 } else { 12 };
        let one = |name: &str| format!("D({:?})", format!("p{at}{name}"));
        let (pattern, ty, value, bound): (String, &str, String, &[&str]) = match self.random.below(kinds) {
            0 | 1 => (format!("a{at}"), "D", one(""), &["a"]),
            2 => (format!("mut m{at}"), "D", one(""), &["m"]),
            3 => (format!("_u{at}"), "D", one(""), &[]),
            4 => (format!("r{at}"), "&'static D", format!("Box::leak(Box::new({}))", one("")), &[]),
            5 => (format!("(x{at}, _)"), "(D, D)", format!("({}, {})", one(".0"), one(".1")), &["x"]),
            6 => ("_".to_owned(), "D", one(""), &[]),
            7 => (format!("(x{at}, mut y{at})"), "(D, D)", format!("({}, {})", one(".0"), one(".1")), &["x", "y"]),
            8 => (
                format!("Pair {{ left: l{at}, .. }}"),
                "Pair",
                format!("Pair {{ left: {}, right: {} }}", one(".l"), one(".r")),
                &["l"],
            ),
            9 => (
                format!("(_, ref z{at}, (_, w{at}))"),
                "(D, D, (D, D))",
                { format!("({}, {}, ({}, {}))", one(".0"), one(".1"), one(".2"), one(".3")) },
                &["w"],
            ),
            10 => (format!("q{at}"), "(D, D)", format!("({}, {})", one(".0"), one(".1")), &[]),
            _ => (format!("i{at}"), "impl Sized + 'static", one(""), &["i"]),
        };
        write!(self.parameters, "{pattern}: {ty}, ").unwrap();
        write!(self.arguments, "{value}, ").unwrap();
        self.variables.extend(bound.iter().map(|name| (format!("{name}{at}"), true)));
        if pattern.starts_with('q') {
            // In parts.
            self.variables.extend(["0", "1"].map(|field| (format!("{pattern}.{field}"), true)));
        }
    }

    /// Statements that use some variables, move some, and leave in the way that `way` says.
    fn body(&mut self, kind: Kind, is_result: bool) -> String {
        let mut body = String::from("let _first = D(\"first\"); ");
        // Half of these bodies have to be closures.
        if kind == Kind::Result && self.random.one_in(2) {
            body.push_str("hidden!(way == 9, Ok(0)); ");
        }
        let mut variables = std::mem::take(&mut self.variables);
        for step in 0..self.random.below(5) {
            let picked = self.random.below(variables.len().max(1));
            if let Some((name, movable)) = variables.get(picked).cloned() {
                let has_methods = movable && !name.starts_with('i');
                match self.random.below(6) {
                    0 if movable => {
                        variables.remove(picked);
                        write!(body, "let _moved{step} = {name}; ").unwrap();
                    }
                    1 if movable => {
                        variables.remove(picked);
                        write!(body, "if way == {} {{ drop({name}); }} ", step % 3).unwrap();
                    }
                    2 if has_methods => {
                        variables.remove(picked);
                        write!(body, "if way == {} {{ {name}.gone(); }} ", step % 3).unwrap();
                    }
                    3 if has_methods => write!(body, "{name}.seen(); ").unwrap(),
                    _ => write!(body, "touch(&{name}); ").unwrap(),
                }
            }
            let end = if is_result { "Ok(7)" } else { "7" };
            let exit = match self.random.below(7) {
                0 => format!("if way == 1 {{ return {end}; }} "),
                1 if is_result => "fails(way == 2)?; ".to_owned(),
                2 => "assert!(way != 3); ".to_owned(),
                3 if kind == Kind::Result => format!("hidden!(way == 1, {end}); "),
                4 if is_result => "if way == 2 { return Err(String::new()); } ".to_owned(),
                _ => "@await ".to_owned(),
            };
            body.push_str(&exit);
            write!(body, "let _local{step} = D(\"local{step}\"); ").unwrap();
        }
        body.push_str(match (is_result, self.random.below(3)) {
            (true, 0) => "@await Ok(touch(&D(\"temporary\")))",
            (false, 0) => "touch(&D(\"temporary\"))",
            (true, 1) => "if way == 2 { fails(true) } else { fails(false) }",
            (true, _) => "fails(way == 2)?; Ok(1)",
            (false, _) => "@await 1",
        });
        body
    }
}

/// A declaration takes names only.
fn plain_parameters(signature: &str) -> String {
    let mut plain = signature.replace("mut m", "m");
    while let Some(at) = plain.find(", _)") {
        let open = plain[..at].rfind('(').unwrap();
        plain.replace_range(open..at + 4, "pair");
    }
    let mut count = 0;
    while let Some(at) = plain.find("pair: (D, D)") {
        count += 1;
        plain.replace_range(at..at + 12, &format!("p{count}: (D,D)"));
    }
    plain
}
