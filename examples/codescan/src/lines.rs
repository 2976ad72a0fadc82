//! Blank, comment or code: one decision per line, with the memory of what the lines before have left open.

use std::ops::AddAssign;

use perf_core::perf_probe;
use serde::Serialize;

use crate::language::{Quote, Syntax};

/// Lines by kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct LineCounts {
    /// White space only, inside comments too.
    pub blank: u64,
    /// Nothing but comment.
    pub comment: u64,
    /// Everything else.
    pub code: u64,
}

impl LineCounts {
    /// All lines.
    #[must_use]
    pub fn total(self) -> u64 {
        self.blank + self.comment + self.code
    }

    /// Counts one line.
    pub fn add(&mut self, kind: LineKind) {
        match kind {
            LineKind::Blank => self.blank += 1,
            LineKind::Comment => self.comment += 1,
            LineKind::Code => self.code += 1,
        }
    }
}

impl AddAssign for LineCounts {
    fn add_assign(&mut self, other: Self) {
        self.blank += other.blank;
        self.comment += other.comment;
        self.code += other.code;
    }
}

/// What a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineKind {
    /// White space only.
    Blank,
    /// Nothing but comment.
    Comment,
    /// Something else than comment.
    Code,
}

/// What is open at a point of the text.
#[derive(Clone, Copy, Debug)]
enum State {
    Code,
    Comment { open: &'static str, close: &'static str, depth: u32 },
    Text(Quote),
}

/// Goes through a file line by line.
#[derive(Debug)]
pub struct LineScanner {
    syntax: Syntax,
    /// Bytes that a comment or string may begin with; all others are passed over.
    starts: [bool; 256],
    state: State,
}

impl LineScanner {
    /// Begins a file.
    #[must_use]
    pub fn new(syntax: Syntax) -> Self {
        let mut starts = [false; 256];
        let blocks = syntax.block.iter().map(|(open, _)| *open);
        let strings = syntax.strings.iter().map(|quote| quote.open);
        for open in syntax.line.iter().copied().chain(blocks).chain(strings) {
            starts[usize::from(open.as_bytes()[0])] = true;
        }
        Self { syntax, starts, state: State::Code }
    }

    /// The kind of the next line.
    ///
    /// The hottest function of the program, a few dozen nanoseconds at a time: of 64 calls one is timed, all are counted.
    #[perf_probe(sample = 64)]
    pub fn next(&mut self, line: &str) -> LineKind {
        let mut rest = line.as_bytes().trim_ascii();
        if rest.is_empty() {
            return LineKind::Blank;
        }
        let mut kind = LineKind::Comment;
        while !rest.is_empty() {
            let step = match self.state {
                State::Comment { open, close, depth } => self.in_comment(rest, open, close, depth),
                State::Text(quote) => {
                    kind = LineKind::Code;
                    self.in_string(rest, quote)
                }
                State::Code => {
                    let (step, code) = self.in_code(rest);
                    if code {
                        kind = LineKind::Code;
                    }
                    step
                }
            };
            rest = &rest[step..];
        }
        if let State::Text(Quote { multiline: false, .. }) = self.state {
            self.state = State::Code;
        }
        kind
    }

    /// How far the comment reaches in `rest`.
    fn in_comment(&mut self, rest: &[u8], open: &'static str, close: &'static str, depth: u32) -> usize {
        for at in 0..rest.len() {
            if rest[at..].starts_with(close.as_bytes()) {
                self.state = if depth > 1 { State::Comment { open, close, depth: depth - 1 } } else { State::Code };
                return at + close.len();
            }
            if self.syntax.nested && rest[at..].starts_with(open.as_bytes()) {
                self.state = State::Comment { open, close, depth: depth + 1 };
                return at + open.len();
            }
        }
        rest.len()
    }

    /// How far the string reaches in `rest`.
    fn in_string(&mut self, rest: &[u8], quote: Quote) -> usize {
        let mut at = 0;
        while at < rest.len() {
            if quote.escapes && rest[at] == b'\\' {
                at += 2;
            } else if rest[at..].starts_with(quote.close.as_bytes()) {
                self.state = State::Code;
                return at + quote.close.len();
            } else {
                at += 1;
            }
        }
        rest.len()
    }

    /// How far plain code reaches in `rest`, including the beginning of what ends it, and whether there was any.
    fn in_code(&mut self, rest: &[u8]) -> (usize, bool) {
        let mut code = false;
        for (at, &byte) in rest.iter().enumerate() {
            if self.starts[usize::from(byte)] {
                let here = &rest[at..];
                // Before line comments: in Lua, `--[[` begins with `--`.
                if let Some((open, close)) = find(self.syntax.block, here, |(open, _)| open) {
                    self.state = State::Comment { open, close, depth: 1 };
                    return (at + open.len(), code);
                }
                if find(self.syntax.line, here, |open| open).is_some() {
                    return (rest.len(), code);
                }
                if let Some(quote) = find(self.syntax.strings, here, |quote| quote.open) {
                    self.state = State::Text(quote);
                    return (at + quote.open.len(), true);
                }
            }
            code |= !byte.is_ascii_whitespace();
        }
        (rest.len(), code)
    }
}

/// The first of `table` whose beginning stands at the beginning of `here`.
fn find<T: Copy>(table: &[T], here: &[u8], open: impl Fn(T) -> &'static str) -> Option<T> {
    table.iter().copied().find(|entry| here.starts_with(open(*entry).as_bytes()))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::language::classify;

    /// One letter per line: `b`lank, `c`omment, or `x` for code.
    fn kinds(file: &str, text: &str) -> String {
        let mut scanner = LineScanner::new(classify(Path::new(file), text).syntax);
        let letter = |kind| match kind {
            LineKind::Blank => 'b',
            LineKind::Comment => 'c',
            LineKind::Code => 'x',
        };
        text.lines().map(|line| letter(scanner.next(line))).collect()
    }

    #[test]
    fn rust() {
        let text = "//! doc\n\nfn f() {} // trailing\n/* one /* nested */\n   \nstill */\n/* a */ let x;\n";
        assert_eq!(kinds("a.rs", text), "cbxcbcx");
    }

    #[test]
    fn comments_do_not_begin_in_strings() {
        assert_eq!(kinds("a.rs", "let glob = \"src/*\";\n// c\n"), "xc");
        assert_eq!(kinds("a.rs", "let s = \"first\n// inside\n\";\n// c"), "xxxc");
        assert_eq!(kinds("a.rs", "let s = r#\"a\"/*\"#;\n// c"), "xc");
        assert_eq!(kinds("a.rs", "let q = '\"'; let l: &'a str;\n// c"), "xc");
        assert_eq!(kinds("a.rs", "let q = '\\\"';\n// c"), "xc");
        assert_eq!(kinds("a.rs", "let s = \"\\\"/*\";\n// c"), "xc");
        assert_eq!(kinds("a.c", "char *open = \"not closed\n// c"), "xc");
    }

    #[test]
    fn other_families() {
        assert_eq!(kinds("a.py", "# c\nx = 1 # t\n'''\n# text\n'''\n"), "cxxxx");
        assert_eq!(kinds("a.html", "<p>\n<!-- c\nc -->\n<!-- c --> x\n"), "xccx");
        assert_eq!(kinds("a.lua", "--[[ c\nc ]]\n-- c\nx = 1\n"), "cccx");
        assert_eq!(kinds("a.js", "x = `\n// text ${1}\n`;\n// c\n"), "xxxc");
        assert_eq!(kinds("a.txt", "words\n\n// words\n"), "xbx");
    }

    #[test]
    fn an_escape_at_the_end_of_a_line_stays_inside_the_line() {
        assert_eq!(kinds("a.rs", "let s = \"one \\\n  two\";\n// c"), "xxc");
    }

    #[test]
    fn counts_add_up() {
        let mut counts = LineCounts::default();
        for kind in [LineKind::Blank, LineKind::Comment, LineKind::Code, LineKind::Code] {
            counts.add(kind);
        }
        counts += counts;
        assert_eq!(counts, LineCounts { blank: 2, comment: 2, code: 4 });
        assert_eq!(counts.total(), 8);
    }
}
