//! Makes modules of the Rust code on pages of documentation, so that `tests/before.rs` and `tests/after.rs` compile it and run its tests.
//!
//! A documentation test compiles no function under `#[test]`, and so nothing of a budget test. Code under `rust,ignore` is what
//! a reader has before; it needs crates that only this workspace takes.

use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs};

fn main() {
    let docs = Path::new("../../docs");
    let page = |name: &str| {
        let path = docs.join(name).with_extension("md");
        println!("cargo::rerun-if-changed={}", path.display());
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    };
    let (migrating, guide) = (page("migrating"), page("guide"));
    let write = |name: &str, code: String| {
        let to = Path::new(&env::var_os("OUT_DIR").expect("cargo sets it")).join(name);
        fs::write(&to, code).unwrap_or_else(|error| panic!("{}: {error}", to.display()));
    };
    write("before.rs", modules("migrating", &migrating, "```rust,ignore"));
    write("after.rs", modules("migrating", &migrating, "```rust") + &modules("guide", &guide, "```rust"));
}

/// A module for each block of the page that begins with that fence, named by its line.
fn modules(name: &str, page: &str, fence: &str) -> String {
    let mut code = String::new();
    let mut lines = page.lines().enumerate();
    while let Some((number, line)) = lines.next() {
        if line != fence {
            // Another block: its end is no beginning.
            if line.starts_with("```") {
                lines.find(|(_, line)| *line == "```");
            }
            continue;
        }
        let block: Vec<&str> = lines.by_ref().map(|(_, line)| line).take_while(|line| *line != "```").map(shown).collect();
        // Statements are the body of a function. Those of other crates run beside no test: dhat counts the whole process.
        let (begin, end) = match fence {
            _ if !block.iter().any(|line| line.starts_with("let ")) => ("", ""),
            "```rust" => ("#[test]\nfn statements() {\n", "\n}"),
            _ => ("fn statements() {\n", "\n}"),
        };
        let _ = writeln!(
            code,
            "#[allow(unused, clippy::all, clippy::pedantic)]\nmod {name}_line_{} {{\n{begin}{}{end}\n}}",
            number + 1,
            block.join("\n")
        );
    }
    assert!(!code.is_empty(), "{name}.md has no block {fence}");
    code
}

/// A line that documentation tests see and readers of the documentation do not begins with a mark.
fn shown(line: &str) -> &str {
    if line == "#" { "" } else { line.strip_prefix("# ").unwrap_or(line) }
}
