//! Pieces of Markdown that keep what they are given as text.

use std::fmt::Write;

use crate::label;

/// A name as code, in a table or out of it: no mention, link or markup comes from it. What a code span cannot hold is
/// written as entities.
///
/// ```
/// # use perf_exporters::markdown::code;
/// assert_eq!(code("parse<B>"), "`parse<B>`");
/// assert_eq!(code("a|b"), "<code>a&#124;b</code>");
/// ```
#[must_use]
pub fn code(text: &str) -> String {
    let text = label::shown(text);
    let plain = |c: char| !c.is_ascii() || c.is_ascii_alphanumeric() || " _:<>,.()[]{}&*'\"!?=+-#/;@%$^~".contains(c);
    if text.chars().all(plain) {
        return format!("`{text}`");
    }
    let mut safe = String::from("<code>");
    for c in text.chars() {
        if c.is_ascii_alphanumeric() || !c.is_ascii() || c == ' ' {
            safe.push(c);
        } else {
            // Writing to a string cannot fail.
            let _ = write!(safe, "&#{};", u32::from(c));
        }
    }
    safe + "</code>"
}

/// A row of a table.
pub(super) fn row(cells: impl IntoIterator<Item = String>) -> String {
    let cells: Vec<_> = cells.into_iter().collect();
    format!("| {} |\n", cells.join(" | "))
}

/// A section that is closed until a reader opens it.
pub(super) fn folded(title: &str, body: &str) -> String {
    format!("<details>\n<summary>{title}</summary>\n\n{body}\n</details>\n")
}

/// Text as it is, between fences longer than any in it.
pub(super) fn fenced(text: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    format!("{fence}text\n{text}{fence}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stay_text() {
        assert_eq!(code("a::parse<B, &C>"), "`a::parse<B, &C>`");
        assert_eq!(code("a|b"), "<code>a&#124;b</code>");
        assert_eq!(code("`rm`\n"), "<code>&#96;rm&#96;&#92;n</code>");
        assert_eq!(code(""), "`(unnamed)`");
        assert_eq!(fenced("```\n"), "````text\n```\n````\n");
    }
}
