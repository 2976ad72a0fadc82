//! Splits a text into lines and lines into tokens, and counts the words per file.

use perf_core::perf_probe;
use rustc_hash::FxHashMap;

use crate::language::Language;
use crate::lines::{LineCounts, LineKind, LineScanner};

/// A piece of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Token<'t> {
    /// Letters, digits and underscores that do not begin with a digit, in any script.
    Word(&'t str),
    /// Digits and what sticks to them, such as `0xff_u8`.
    Number(&'t str),
    /// Any other character that is not white space.
    Sign(char),
}

/// The tokens of a line.
#[derive(Clone, Debug)]
pub struct Tokens<'t> {
    rest: &'t str,
}

impl<'t> Tokens<'t> {
    /// Begins a line.
    #[must_use]
    pub fn new(line: &'t str) -> Self {
        Self { rest: line }
    }

    /// Takes characters as long as they belong to a word.
    fn take_word(&mut self) -> &'t str {
        let bytes = self.rest.as_bytes();
        let ascii = bytes.iter().position(|&b| !(b.is_ascii_alphanumeric() || b == b'_')).unwrap_or(bytes.len());
        let end = if bytes.get(ascii).is_some_and(|b| !b.is_ascii()) {
            self.rest.find(|c: char| !is_word(c)).unwrap_or(bytes.len())
        } else {
            ascii
        };
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        word
    }
}

impl<'t> Iterator for Tokens<'t> {
    type Item = Token<'t>;

    fn next(&mut self) -> Option<Token<'t>> {
        self.rest = self.rest.trim_start();
        let first = self.rest.chars().next()?;
        Some(if first.is_numeric() {
            Token::Number(self.take_word())
        } else if is_word(first) {
            Token::Word(self.take_word())
        } else {
            self.rest = &self.rest[first.len_utf8()..];
            Token::Sign(first)
        })
    }
}

fn is_word(c: char) -> bool {
    c == '_' || c.is_alphanumeric()
}

/// Where and how often a word stands in one file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Occurrences {
    /// In the whole file.
    pub all: u64,
    /// In lines of code, strings and comments at their ends included.
    pub in_code: u64,
    /// The first line with it, from 1.
    pub first_line: u64,
}

/// Words of a file.
pub type Words<'t> = FxHashMap<&'t str, Occurrences>;

/// What a text consists of.
#[derive(Debug, Default)]
pub struct Parsed<'t> {
    /// Its lines by kind.
    pub lines: LineCounts,
    /// All its tokens.
    pub tokens: u64,
    /// Its words.
    pub words: Words<'t>,
}

/// Counts the lines, tokens and words of a text.
#[must_use]
#[perf_probe(bytes = text.len())]
pub fn tokenize<'t>(text: &'t str, language: &Language) -> Parsed<'t> {
    let mut parsed = Parsed::default();
    let mut scanner = LineScanner::new(language.syntax);
    for line in text.lines() {
        let kind = scanner.next(line);
        parsed.lines.add(kind);
        let number = parsed.lines.total();
        let in_code = u64::from(kind == LineKind::Code);
        for token in Tokens::new(line) {
            parsed.tokens += 1;
            if let Token::Word(word) = token {
                let found = parsed.words.entry(word).or_insert(Occurrences { all: 0, in_code: 0, first_line: number });
                found.all += 1;
                found.in_code += in_code;
            }
        }
    }
    parsed
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::Token::{Number, Sign, Word};
    use super::*;
    use crate::language::classify;

    fn tokens(line: &str) -> Vec<Token<'_>> {
        Tokens::new(line).collect()
    }

    #[test]
    fn words_numbers_and_signs() {
        assert_eq!(
            tokens("let _x1 = 0xff_u8+y;"),
            [Word("let"), Word("_x1"), Sign('='), Number("0xff_u8"), Sign('+'), Word("y"), Sign(';')]
        );
        assert_eq!(tokens("a.b"), [Word("a"), Sign('.'), Word("b")]);
        assert_eq!(tokens("  \t "), []);
        assert_eq!(tokens(""), []);
    }

    #[test]
    fn any_script() {
        assert_eq!(tokens("größe→naïve 数量 é"), [Word("größe"), Sign('→'), Word("naïve"), Word("数量"), Word("é")]);
        assert_eq!(tokens("½x a\u{301}"), [Number("½x"), Word("a"), Sign('\u{301}')]);
    }

    #[test]
    fn no_character_is_lost_or_counted_twice() {
        let line = "fn f<'a>(x: &'a str) -> Ärger { x·3.5e-7 } // 終";
        let text = |token: Token<'_>| match token {
            Word(text) | Number(text) => text.to_owned(),
            Sign(sign) => sign.to_string(),
        };
        let joined: String = Tokens::new(line).map(text).collect();
        assert_eq!(joined, line.replace(char::is_whitespace, ""));
    }

    #[test]
    fn a_text_is_counted_by_line_and_word() {
        let parsed = tokenize("// alpha\nlet alpha = beta;\n\nalpha\n", classify(Path::new("a.rs"), ""));
        assert_eq!(parsed.lines, LineCounts { blank: 1, comment: 1, code: 2 });
        assert_eq!(parsed.tokens, 9);
        assert_eq!(parsed.words["alpha"], Occurrences { all: 3, in_code: 2, first_line: 1 });
        assert_eq!(parsed.words["beta"], Occurrences { all: 1, in_code: 1, first_line: 2 });
    }
}
