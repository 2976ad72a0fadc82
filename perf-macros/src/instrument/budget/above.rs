//! The attributes above `#[perf_budget]` in the source: they were expanded before, and are gone from the tokens.
//!
//! A plain `#[test]` leaves the function as it was, without itself; so a budget below it would not know that it is on a
//! test, and gate nothing. The source tells. Where it cannot be read (a half-typed file in an editor, code that a macro
//! made up) nothing is known.

use std::fs;
use std::path::PathBuf;

/// The path of the attribute above that makes the function a test: `test`, `tokio::test`.
pub(crate) fn test() -> Option<String> {
    if !proc_macro::is_available() {
        return None;
    }
    let (file, line, column) = place()?;
    let source = fs::read_to_string(file).ok()?;
    let (before, at) = split(&source, line, column)?;
    // Anything else there means that this is not the file that was compiled.
    let is_ours = ["perf_budget", "perf_probe"].iter().any(|name| {
        let rest = at.trim_start_matches(['#', '[', ' ']);
        rest.split(['(', ']']).next().is_some_and(|path| path.trim_end().ends_with(name))
    });
    if is_ours { paths_before(before).find(|path| path.rsplit("::").next() == Some("test")) } else { None }
}

/// File, line and column of the attribute.
#[rustversion::since(1.88)]
fn place() -> Option<(PathBuf, usize, usize)> {
    let span = proc_macro::Span::call_site();
    Some((span.local_file()?, span.line(), span.column()))
}

/// Compilers before 1.88 do not tell it: as where the source cannot be read.
#[rustversion::before(1.88)]
fn place() -> Option<(PathBuf, usize, usize)> {
    None
}

/// The text before and from a place: line and column count from 1, the column in characters.
fn split(source: &str, line: usize, column: usize) -> Option<(&str, &str)> {
    let start: usize = source.split_inclusive('\n').take(line.checked_sub(1)?).map(str::len).sum();
    let within = source.get(start..)?.char_indices().nth(column.checked_sub(1)?)?.0;
    source.split_at_checked(start + within)
}

/// Paths of the attributes that end a text, the last first, with nothing but comments between them.
fn paths_before(text: &str) -> impl Iterator<Item = String> {
    // The `#[` of the attribute itself, where the place is behind it.
    let mut rest = text.trim_end().strip_suffix("#[").unwrap_or(text);
    std::iter::from_fn(move || {
        loop {
            rest = rest.trim_end();
            let line = rest.rfind('\n').map_or(0, |end| end + 1);
            let comment =
                rest[line..].find("//").filter(|at| !rest.ends_with(']') || rest[line..][..*at].trim().is_empty());
            match comment {
                Some(at) => rest = &rest[..line + at],
                None => break,
            }
        }
        let inside = rest.strip_suffix(']')?;
        let start = opening(inside)?;
        rest = inside[..start].trim_end().strip_suffix('#')?;
        let path = inside[start + 1..].split(['(', '=', '{']).next()?;
        Some(path.chars().filter(|c| !c.is_whitespace()).collect())
    })
}

/// Where the bracket was opened that would be closed after this text.
fn opening(inside: &str) -> Option<usize> {
    let mut depth = 0;
    inside.char_indices().rev().find_map(|(at, c)| {
        depth += match c {
            ']' => 1,
            '[' => -1,
            _ => 0,
        };
        (depth < 0).then_some(at)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_end_a_text() {
        let paths = |text| paths_before(text).collect::<Vec<_>>();
        assert_eq!(paths("fn a() {}\n\n#[test]\n"), ["test"]);
        assert_eq!(
            paths("}\n    /// Text.\n    #[tokio :: test(flavor = \"x\")] // why\n    #[allow(a, b)]\n    #["),
            ["allow", "tokio::test"]
        );
        assert_eq!(paths("#[test]\n/// A doc comment with #[other] in it.\n#[a(sizes = [1, [2]])] "), ["a", "test"]);
        assert_eq!(paths("let x = y[0]"), Vec::<String>::new());
        assert_eq!(paths("#![test]"), Vec::<String>::new());
        assert_eq!(paths("// #[test]\n"), Vec::<String>::new());
        assert_eq!(paths(""), Vec::<String>::new());
    }

    #[test]
    fn places_count_characters() {
        assert_eq!(split("a\nµs #[x]\n", 2, 4), Some(("a\nµs ", "#[x]\n")));
        assert_eq!(split("a\n", 7, 1), None);
    }
}
