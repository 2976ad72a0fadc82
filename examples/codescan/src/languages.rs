//! The table of languages. Data only; how it is used is in [`crate::language`].

use crate::keywords::{C, GO, JAVA, NONE, PYTHON, RUBY, RUST, SCRIPT, SHELL};
use crate::language::Role::{self, Code, Data, Prose};
use crate::language::{Language, Quote, Syntax};

const fn quote(open: &'static str, close: &'static str) -> Quote {
    Quote { open, close, escapes: true, multiline: false }
}

const fn raw(open: &'static str, close: &'static str) -> Quote {
    Quote { open, close, escapes: false, multiline: true }
}

const fn long(open: &'static str, close: &'static str) -> Quote {
    Quote { open, close, escapes: true, multiline: true }
}

const BARE: Syntax = Syntax { line: &[], block: &[], nested: false, strings: &[] };
const SLASHES: &[(&str, &str)] = &[("/*", "*/")];
const MARKUP: &[(&str, &str)] = &[("<!--", "-->")];

const C_LIKE: Syntax = Syntax { line: &["//"], block: SLASHES, strings: &[quote("\"", "\""), quote("'", "'")], ..BARE };
const RUST_LIKE: Syntax = Syntax {
    nested: true,
    // A lone `'` may begin a lifetime, so only the characters that would mislead are named.
    strings: &[
        raw("r###\"", "\"###"),
        raw("r##\"", "\"##"),
        raw("r#\"", "\"#"),
        raw("r\"", "\""),
        quote("'\\\"", "'"),
        quote("'\"", "'"),
        long("\"", "\""),
    ],
    ..C_LIKE
};
const SCRIPT_LIKE: Syntax = Syntax { strings: &[long("`", "`"), quote("\"", "\""), quote("'", "'")], ..C_LIKE };
const GO_LIKE: Syntax = Syntax { strings: &[raw("`", "`"), quote("\"", "\""), quote("'", "'")], ..C_LIKE };
const PYTHON_LIKE: Syntax = Syntax {
    line: &["#"],
    strings: &[long("\"\"\"", "\"\"\""), long("'''", "'''"), quote("\"", "\""), quote("'", "'")],
    ..BARE
};
const HASH: Syntax = Syntax { line: &["#"], ..BARE };
const CSS_LIKE: Syntax = Syntax { block: SLASHES, strings: C_LIKE.strings, ..BARE };
const MARKUP_LIKE: Syntax = Syntax { block: MARKUP, ..BARE };
const SQL_LIKE: Syntax = Syntax { line: &["--"], block: SLASHES, strings: &[quote("'", "'")], ..BARE };
const LUA_LIKE: Syntax = Syntax { line: &["--"], block: &[("--[[", "]]")], strings: C_LIKE.strings, ..BARE };
const HASKELL_LIKE: Syntax =
    Syntax { line: &["--"], block: &[("{-", "-}")], nested: true, strings: &[quote("\"", "\"")] };

const fn of(
    name: &'static str,
    role: Role,
    extensions: &'static [&'static str],
    syntax: Syntax,
    keywords: &'static [&'static str],
) -> Language {
    Language { name, role, extensions, file_names: &[], interpreters: &[], syntax, keywords }
}

/// A program that may also be known by its whole name or by its `#!` line.
const fn with(
    language: Language,
    file_names: &'static [&'static str],
    interpreters: &'static [&'static str],
) -> Language {
    Language { file_names, interpreters, ..language }
}

/// What a file is when nothing else is known.
pub(crate) static PLAIN: Language = of("Text", Prose, &["txt", "text", "log"], BARE, NONE);

/// All languages but [`PLAIN`], which stands at the end to be found by its endings.
#[rustfmt::skip]
pub(crate) static LANGUAGES: &[Language] = &[
    of("Rust", Code, &["rs"], RUST_LIKE, RUST),
    of("C", Code, &["c", "h"], C_LIKE, C),
    of("C++", Code, &["cc", "cpp", "cxx", "hh", "hpp", "hxx"], C_LIKE, C),
    of("Java", Code, &["java"], C_LIKE, JAVA),
    of("Kotlin", Code, &["kt", "kts"], C_LIKE, JAVA),
    of("Scala", Code, &["scala"], C_LIKE, JAVA),
    of("C#", Code, &["cs"], C_LIKE, JAVA),
    of("Swift", Code, &["swift"], C_LIKE, JAVA),
    of("Go", Code, &["go"], GO_LIKE, GO),
    with(of("JavaScript", Code, &["js", "mjs", "cjs", "jsx"], SCRIPT_LIKE, SCRIPT), &[], &["node", "deno", "bun"]),
    of("TypeScript", Code, &["ts", "mts", "cts", "tsx"], SCRIPT_LIKE, SCRIPT),
    with(of("Python", Code, &["py", "pyi"], PYTHON_LIKE, PYTHON), &[], &["python", "pypy"]),
    with(of("Ruby", Code, &["rb"], HASH, RUBY), &["Rakefile", "Gemfile"], &["ruby"]),
    with(of("Perl", Code, &["pl", "pm"], HASH, RUBY), &[], &["perl"]),
    with(of("Lua", Code, &["lua"], LUA_LIKE, RUBY), &[], &["lua"]),
    with(of("PHP", Code, &["php"], C_LIKE, SCRIPT), &[], &["php"]),
    with(of("Shell", Code, &["sh", "bash", "zsh"], HASH, SHELL), &[], &["sh", "bash", "zsh", "dash", "ksh"]),
    of("Haskell", Code, &["hs"], HASKELL_LIKE, NONE),
    of("SQL", Code, &["sql"], SQL_LIKE, NONE),
    of("Protocol Buffers", Code, &["proto"], C_LIKE, NONE),
    with(of("Makefile", Code, &["mk"], HASH, NONE), &["Makefile", "makefile", "GNUmakefile"], &["make"]),
    with(of("CMake", Code, &["cmake"], HASH, NONE), &["CMakeLists.txt"], &[]),
    with(of("Dockerfile", Code, &["dockerfile"], HASH, NONE), &["Dockerfile", "Containerfile"], &[]),
    of("CSS", Data, &["css", "scss", "less"], CSS_LIKE, NONE),
    of("HTML", Data, &["html", "htm"], MARKUP_LIKE, NONE),
    of("XML", Data, &["xml", "xsd"], MARKUP_LIKE, NONE),
    of("SVG", Data, &["svg"], MARKUP_LIKE, NONE),
    of("JSON", Data, &["json", "jsonl"], BARE, NONE),
    with(of("TOML", Data, &["toml"], HASH, NONE), &["Cargo.lock"], &[]),
    of("YAML", Data, &["yml", "yaml"], HASH, NONE),
    with(of("INI", Data, &["ini", "cfg", "conf"], Syntax { line: &["#", ";"], ..BARE }, NONE), &[".gitconfig"], &[]),
    with(of("Ignore list", Data, &[], HASH, NONE), &[".gitignore", ".ignore", ".dockerignore"], &[]),
    of("CSV", Data, &["csv", "tsv"], BARE, NONE),
    of("Markdown", Prose, &["md", "markdown"], MARKUP_LIKE, NONE),
    of("reStructuredText", Prose, &["rst"], BARE, NONE),
    of("TeX", Prose, &["tex", "sty"], Syntax { line: &["%"], ..BARE }, NONE),
    of("Text", Prose, &["txt", "text", "log"], BARE, NONE),
];

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn keywords_are_sorted_so_that_they_can_be_searched() {
        for language in LANGUAGES {
            assert!(language.keywords.is_sorted(), "{}", language.name);
        }
    }

    #[test]
    fn names_and_endings_belong_to_one_language() {
        let mut seen = HashSet::new();
        for language in LANGUAGES {
            assert!(seen.insert(language.name), "{}", language.name);
            for ending in language.extensions {
                assert!(seen.insert(ending), "{ending}");
                assert_eq!(*ending, ending.to_lowercase());
            }
        }
    }

    #[test]
    fn the_plain_language_is_the_one_in_the_table() {
        assert!(LANGUAGES.last() == Some(&PLAIN));
    }
}
