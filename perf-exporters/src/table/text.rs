//! Styled text that knows how wide it is.

use anstyle::Style;
use unicode_width::UnicodeWidthStr;

/// The few styles in use.
pub(super) mod style {
    use anstyle::{AnsiColor, Style};

    pub(in crate::table) const PLAIN: Style = Style::new();
    pub(in crate::table) const TITLE: Style = Style::new().bold();
    pub(in crate::table) const HEAD: Style = Style::new().bold();
    pub(in crate::table) const STRONG: Style = Style::new().bold();
    pub(in crate::table) const DIM: Style = Style::new().dimmed();
    pub(in crate::table) const HOT: Style = AnsiColor::Red.on_default().bold();
    pub(in crate::table) const WARM: Style = AnsiColor::Yellow.on_default();
    pub(in crate::table) const BAD: Style = AnsiColor::Red.on_default();
    pub(in crate::table) const SHAPE: Style = AnsiColor::Cyan.on_default();
}

/// Pieces of text, each in one style.
#[derive(Clone, Debug, Default)]
pub(super) struct Text {
    spans: Vec<(Style, String)>,
}

/// Text without a style.
pub(super) fn plain(text: impl Into<String>) -> Text {
    Text::new(text, style::PLAIN)
}

impl Text {
    pub(super) fn new(text: impl Into<String>, style: Style) -> Self {
        Self { spans: vec![(style, text.into())] }
    }

    pub(super) fn push(&mut self, text: impl Into<String>, style: Style) {
        self.spans.push((style, text.into()));
    }

    pub(super) fn append(&mut self, other: Self) {
        self.spans.extend(other.spans);
    }

    /// Columns of a terminal that it takes.
    pub(super) fn width(&self) -> usize {
        self.spans.iter().map(|(_, text)| text.width()).sum()
    }

    /// Fills up to a width, on the right or on the left.
    pub(super) fn padded(mut self, width: usize, right_aligned: bool) -> Self {
        let fill = (style::PLAIN, " ".repeat(width.saturating_sub(self.width())));
        self.spans.insert(if right_aligned { 0 } else { self.spans.len() }, fill);
        self
    }

    /// One line, without blanks at its end.
    pub(super) fn render(&self, color: bool) -> String {
        let last = self.spans.iter().rposition(|(_, text)| !text.trim_end().is_empty());
        let mut line = String::new();
        for (at, (style, text)) in self.spans.iter().take(last.map_or(0, |last| last + 1)).enumerate() {
            let text = if Some(at) == last { text.trim_end() } else { text };
            if color && !text.is_empty() && *style != style::PLAIN {
                line.extend([&style.render().to_string(), text, &style.render_reset().to_string()]);
            } else {
                line.push_str(text);
            }
        }
        line
    }
}

/// Parts on as few lines as the width allows; a part is never broken.
pub(super) fn joined(parts: Vec<Text>, separator: &str, width: usize) -> Vec<Text> {
    let mut lines: Vec<Text> = Vec::new();
    for part in parts {
        match lines.last_mut() {
            Some(line) if line.width() + separator.width() + part.width() <= width => {
                line.push(separator, style::DIM);
                line.append(part);
            }
            _ => lines.push(part),
        }
    }
    lines
}

/// Words on as few lines as the width allows; lines after the first are indented. A word must fit into `width - 2`.
pub(super) fn wrapped(text: &str, style: Style, width: usize) -> Vec<Text> {
    wrap_words(text, width).into_iter().map(|line| Text::new(line, style)).collect()
}

/// Words on as few lines as the width allows, a number on the line of its unit; lines after the first are indented.
pub(crate) fn wrap_words(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in words(text) {
        match lines.last_mut() {
            Some(line) if line.width() + 1 + word.width() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            Some(_) => lines.push(format!("  {word}")),
            None => lines.push(word.to_owned()),
        }
    }
    lines
}

/// What may stand behind a number, after a space.
const UNITS: [&str; 12] = ["ns", "µs", "ms", "s", "%", "B", "KiB", "MiB", "GiB", "K", "M", "G"];

/// The words of a text, where a number and its unit are one.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let text = rest?;
        let (mut word, mut after) = text.split_once(' ').map_or((text, None), |(word, after)| (word, Some(after)));
        let unit = after.map(|after| after.split(' ').next().unwrap_or_default());
        if let Some(unit) = unit
            && word.trim_start_matches(['(', '+', '-', '−']).starts_with(|first: char| first.is_ascii_digit())
            && UNITS.contains(&unit.trim_end_matches([',', ';', ':', '.', ')']))
        {
            let (both, behind) = text.split_at(word.len() + 1 + unit.len());
            (word, after) = (both, behind.strip_prefix(' '));
        }
        rest = after;
        Some(word)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colour_is_closed_before_the_padding_and_the_line_end() {
        let mut line = Text::new("hot", style::BAD).padded(6, false);
        line.push("  ", style::HOT);
        assert_eq!(line.render(true), "\u{1b}[31mhot\u{1b}[0m");
        assert_eq!(line.render(false), "hot");
        assert_eq!(Text::new("x", style::BAD).padded(3, true).render(false), "  x");
    }

    #[test]
    fn wrapped_lines_are_indented() {
        let lines: Vec<_> = wrapped("one two three", style::PLAIN, 8).iter().map(|line| line.render(false)).collect();
        assert_eq!(lines, ["one two", "  three"]);
    }

    #[test]
    fn a_number_stays_on_the_line_of_its_unit() {
        assert_eq!(wrap_words("median (74.5 µs)", 12), ["median", "  (74.5 µs)"]);
        assert_eq!(wrap_words("at most 2 s, then 98 %", 9), ["at most", "  2 s,", "  then", "  98 %"]);
        assert_eq!(
            wrap_words("1 K calls  of p", 8),
            ["1 K", "  calls ", "  of p"],
            "other words, and empty ones, stand alone"
        );
    }
}
