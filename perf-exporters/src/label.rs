//! Names of probes as people see them: nothing hidden, nothing that acts.

use unicode_width::UnicodeWidthChar;

/// The name with everything escaped that moves the cursor, changes the direction of writing, or cannot be seen.
///
/// ```
/// # use perf_exporters::label::escaped;
/// assert_eq!(escaped("parse\x1b[2J\u{202e}"), r"parse\u{1b}[2J\u{202e}");
/// ```
#[must_use]
pub fn escaped(name: &str) -> String {
    let mut safe = String::with_capacity(name.len());
    for c in name.chars() {
        let unseen = c != ' ' && (c.is_control() || c.is_whitespace() || c.width().is_none_or(|width| width == 0));
        // Marks that turn the direction of writing; some of them have a width of their own.
        let turns =
            matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        if unseen || turns {
            safe.extend(c.escape_default());
        } else {
            safe.push(c);
        }
    }
    safe
}

/// The same, and something to see where there is no name.
///
/// ```
/// assert_eq!(perf_exporters::label::shown(" "), "(unnamed)");
/// ```
#[must_use]
pub fn shown(name: &str) -> String {
    if name.trim().is_empty() { "(unnamed)".to_owned() } else { escaped(name) }
}
