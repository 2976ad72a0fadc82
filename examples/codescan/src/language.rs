//! What a file is written in, by its name, its ending or its first line.

use std::fmt;
use std::path::Path;

use perf_core::perf_budget;

use crate::languages::{LANGUAGES, PLAIN};

/// A language as far as counting needs it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Language {
    /// What people call it; unique.
    pub name: &'static str,
    /// Whether its words are identifiers. They are not in prose and in data.
    pub role: Role,
    /// File name endings without the dot, in lower case.
    pub extensions: &'static [&'static str],
    /// Whole file names.
    pub file_names: &'static [&'static str],
    /// Programs in a `#!` line, without version.
    pub interpreters: &'static [&'static str],
    /// How lines and comments are told apart.
    pub syntax: Syntax,
    /// Words that are part of the language, sorted.
    pub keywords: &'static [&'static str],
}

/// What the text of a language is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Statements and declarations.
    Code,
    /// Structure around values.
    Data,
    /// Sentences.
    Prose,
}

/// Where comments and strings begin and end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Syntax {
    /// What makes the rest of a line a comment.
    pub line: &'static [&'static str],
    /// What begins and ends a comment.
    pub block: &'static [(&'static str, &'static str)],
    /// Whether comments nest.
    pub nested: bool,
    /// What begins and ends a string: a comment does not begin inside one. Longer beginnings come first.
    pub strings: &'static [Quote],
}

/// A kind of string.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quote {
    /// Begins it.
    pub open: &'static str,
    /// Ends it.
    pub close: &'static str,
    /// Whether a backslash takes the meaning from the next character.
    pub escapes: bool,
    /// Whether it goes on after the end of the line.
    pub multiline: bool,
}

impl Language {
    /// Whether `word` is an identifier here, given that it stands in a line of code. Single letters and `_` are not: they
    /// are everywhere and say nothing.
    #[must_use]
    pub fn names(&self, word: &str) -> bool {
        self.role == Role::Code && word.len() > 1 && self.keywords.binary_search(&word).is_err()
    }
}

impl fmt::Debug for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

/// The language of a file. A known name counts most, then the ending, then the `#!` line; a file without any of them is
/// plain text.
///
/// It runs once per file and decides by comparing alone: the budget says that it never allocates.
#[must_use]
#[perf_budget(p99 = "50us", allocs = 0)]
pub fn classify(path: &Path, text: &str) -> &'static Language {
    by_name(path).or_else(|| by_interpreter(text)).unwrap_or(&PLAIN)
}

fn by_name(path: &Path) -> Option<&'static Language> {
    let name = path.file_name()?;
    let exact = LANGUAGES.iter().find(|language| language.file_names.iter().any(|known| name == *known));
    exact.or_else(|| {
        let extension = path.extension()?;
        LANGUAGES.iter().find(|language| language.extensions.iter().any(|known| extension.eq_ignore_ascii_case(known)))
    })
}

fn by_interpreter(text: &str) -> Option<&'static Language> {
    let line = text.strip_prefix("#!")?.lines().next()?;
    let mut words = line.split_ascii_whitespace().map(|word| word.rsplit('/').next().unwrap_or(word));
    let program = match words.next()? {
        // `env` takes options and assignments before the program.
        "env" => words.find(|word| !word.starts_with('-') && !word.contains('='))?,
        program => program,
    };
    let program = program.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
    LANGUAGES.iter().find(|language| language.interpreters.contains(&program))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(path: &str, text: &str) -> &'static str {
        classify(Path::new(path), text).name
    }

    #[test]
    fn by_file_name_then_ending_then_first_line() {
        for (path, text, expected) in [
            ("src/main.rs", "", "Rust"),
            ("A.PY", "", "Python"),
            ("dir.rs/Makefile", "", "Makefile"),
            ("CMakeLists.txt", "", "CMake"),
            ("notes.txt", "#!/bin/sh", "Text"),
            ("run", "#!/bin/sh\necho", "Shell"),
            ("run", "#!/usr/bin/env -S LANG=C python3.12 -u\n", "Python"),
            ("run", "#!/usr/local/bin/node --test", "JavaScript"),
            ("run", "#! /usr/bin/unheard-of", "Text"),
            ("run", "#!", "Text"),
            ("LICENSE", "Permission is hereby", "Text"),
            (".hidden", "", "Text"),
        ] {
            assert_eq!(name(path, text), expected, "{path} {text:?}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_name_that_is_not_utf8_still_has_an_ending() {
        use std::ffi::OsStr;
        use std::os::unix::ffi::OsStrExt;
        let path = Path::new(OsStr::from_bytes(b"caf\xe9.rs"));
        assert_eq!(classify(path, "").name, "Rust");
    }

    #[test]
    fn keywords_letters_and_prose_are_not_identifiers() {
        let rust = classify(Path::new("a.rs"), "");
        assert!(rust.names("snapshot") && rust.names("id"));
        assert!(!rust.names("match") && !rust.names("_") && !rust.names("n"));
        assert!(!PLAIN.names("snapshot"));
    }
}
