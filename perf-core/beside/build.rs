//! Makes modules of the Rust code on pages of documentation, so that the tests compile it and run what it asserts: `tests/before.rs`
//! and `tests/after.rs` that of the page on migrating, the others that of the page of their name.
//!
//! A documentation test compiles no function under `#[test]`, and so nothing of a budget test. Code under `rust,ignore` is what
//! a reader has before, or needs crates that only this workspace takes.

use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs};

/// What a page's code is about, where the page does not show it.
const SHOP: &str = "use crate::shop::*;";

fn main() {
    let all: &[&str] = &["```rust", "```rust,ignore"];
    write("before.rs", &[modules("docs/migrating.md", &["```rust,ignore"], "")]);
    write("after.rs", &[modules("docs/migrating.md", &["```rust"], "")]);
    write("budgets.rs", &[modules("docs/budgets.md", all, SHOP)]);
    write("guide.rs", &[modules("docs/guide.md", all, SHOP)]);
    write(
        "readme.rs",
        &[
            modules("README.md", all, SHOP),
            modules("docs/load/capacity.md", all, SHOP),
            modules("perf-macros/docs/perf_budget.md", &["```"], ""),
        ],
    );
}

fn write(name: &str, code: &[String]) {
    let to = Path::new(&env::var_os("OUT_DIR").expect("cargo sets it")).join(name);
    fs::write(&to, code.concat()).unwrap_or_else(|error| panic!("{}: {error}", to.display()));
}

/// A module for each block of the page that begins with one of these fences, named by its line.
fn modules(page: &str, fences: &[&str], before: &str) -> String {
    let path = Path::new("../..").join(page);
    println!("cargo::rerun-if-changed={}", path.display());
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let name = path.file_stem().and_then(|stem| stem.to_str()).expect("a page has a name").to_lowercase();
    let mut code = String::new();
    let mut lines = text.lines().enumerate();
    while let Some((number, line)) = lines.next() {
        if !line.starts_with("```") {
            continue;
        }
        let block: Vec<&str> =
            lines.by_ref().map(|(_, line)| line).take_while(|line| *line != "```").map(shown).collect();
        if !fences.contains(&line) {
            continue;
        }
        let any = |sign: &str| block.iter().any(|line| line.trim_start().starts_with(sign));
        // Statements are the body of a function. It is a test where it asserts something of this library: dhat counts the whole
        // process, and a load runs for long.
        let (begin, end) = match (block.iter().any(|line| line.starts_with("let ")), any("assert")) {
            (false, _) => ("", ""),
            (true, true) => ("#[test]\nfn statements() -> Result<(), Box<dyn std::error::Error>> {\n", "\nOk(())\n}"),
            (true, false) => ("fn statements() -> Result<(), Box<dyn std::error::Error>> {\n", "\nOk(())\n}"),
        };
        let _ = writeln!(
            code,
            "#[allow(unused, clippy::all, clippy::pedantic)]\nmod {name}_line_{} {{\n{before}\n{begin}{}{end}\n}}",
            number + 1,
            block.join("\n")
        );
    }
    assert!(!code.is_empty(), "{page} has no block {fences:?}");
    code
}

/// A line that documentation tests see and readers of the documentation do not begins with a mark.
fn shown(line: &str) -> &str {
    if line == "#" { "" } else { line.strip_prefix("# ").unwrap_or(line) }
}
