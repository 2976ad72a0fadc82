//! Names as a terminal can show them: harmless, and short enough.

use unicode_width::UnicodeWidthStr;

use super::text::{Text, style};
pub(super) use crate::label::escaped;

/// The mark of what was left out.
const CUT: &str = "…";

/// Where the last segment of a path begins: after the last `::` that is not inside `<…>`.
fn function_start(name: &str) -> usize {
    let mut depth = 0_u32;
    let mut start = 0;
    let mut previous = '\0';
    for (at, c) in name.char_indices() {
        match c {
            '<' => depth += 1,
            '>' if previous != '-' => depth = depth.saturating_sub(1),
            ':' if previous == ':' && depth == 0 => start = at + 1,
            _ => {}
        }
        previous = c;
    }
    start
}

/// The name within so many columns of a terminal. Leading modules go first, then the middle of what is left. What is
/// [harmful](crate::label::escaped) in it stays.
///
/// ```
/// # use perf_exporters::table::fitted;
/// assert_eq!(fitted("codescan::index::Index::insert", 16), "…::Index::insert");
/// assert_eq!(fitted("codescan::index::Index::insert", 5), "in…rt");
/// ```
#[must_use]
pub fn fitted(name: &str, width: usize) -> String {
    if name.width() <= width {
        return name.to_owned();
    }
    let function = function_start(name);
    // The longest ending that starts at a module and leaves the function whole.
    let starts = name.match_indices("::").map(|(at, _)| at).filter(|at| *at < function);
    let shorter = starts.map(|at| format!("{CUT}{}", &name[at..])).find(|short| short.width() <= width);
    shorter.unwrap_or_else(|| without_middle(&name[function..], width))
}

/// Beginning and end, with a mark between; both as long as fits.
fn without_middle(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let Some(room) = width.checked_sub(CUT.width()) else {
        return String::new();
    };
    let head = longest(text.char_indices().map(|(at, c)| &text[..at + c.len_utf8()]), room - room / 2);
    let tail = longest(text.char_indices().rev().map(|(at, _)| &text[at..]), room - head.width());
    format!("{head}{CUT}{tail}")
}

/// The last of growing pieces that fits.
fn longest<'a>(growing: impl Iterator<Item = &'a str>, width: usize) -> &'a str {
    growing.take_while(|piece| piece.width() <= width).last().unwrap_or("")
}

/// The shortened name: the function bold, its modules and type arguments dimmed.
pub(super) fn styled(name: &str, width: usize) -> Text {
    let name = fitted(&escaped(name), width);
    let (modules, function) = name.split_at(function_start(&name));
    let (function, arguments) = function.split_at(function.find('<').unwrap_or(function.len()));
    let mut text = Text::new(modules, style::DIM);
    text.push(function, style::STRONG);
    text.push(arguments, style::DIM);
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn modules_go_first_and_the_function_last() {
        let name = "codescan::index::Index::insert";
        assert_eq!(fitted(name, 30), name);
        assert_eq!(fitted(name, 29), "…::index::Index::insert");
        assert_eq!(fitted(name, 16), "…::Index::insert");
        assert_eq!(fitted(name, 15), "…::insert");
        assert_eq!(fitted(name, 8), "insert");
        assert_eq!(fitted(name, 5), "in…rt");
        assert_eq!(fitted(name, 1), "…");
        assert_eq!(fitted(name, 0), "");
    }

    #[test]
    fn the_type_arguments_belong_to_the_function() {
        assert_eq!(fitted("module::parse<b::C, d::E>", 24), "…::parse<b::C, d::E>");
        assert_eq!(fitted("module::parse<b::C, d::E>", 12), "parse<…d::E>");
        assert_eq!(function_start("a::b<fn() -> x::Y>::c"), 20);
    }

    #[test]
    fn hostile_names_are_harmless() {
        assert_eq!(escaped("a\u{1b}[31mb\n\t\u{202e}\u{200b}é"), "a\\u{1b}[31mb\\n\\t\\u{202e}\\u{200b}é");
        assert_eq!(escaped("数え上げ ok"), "数え上げ ok");
    }

    proptest! {
        #[test]
        fn it_always_fits(name in "\\PC{0,20}(::\\PC{0,12}){0,3}", width in 0..40_usize) {
            let short = fitted(&escaped(&name), width);
            prop_assert!(short.width() <= width, "{short:?} in {width}");
            prop_assert!(!short.chars().any(char::is_control));
        }

        #[test]
        fn any_string_becomes_harmless(name: String) {
            let harmful = |c: char| c.is_control() || c == '\u{202e}';
            prop_assert!(!escaped(&name).contains(harmful));
        }
    }
}
