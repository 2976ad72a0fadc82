//! Writes a summary for people or for programs.

use std::env;
use std::io::{self, Write};

use crate::summary::{LanguageCounts, SearchResult, Summary};

/// Copies of a duplicate that the tables name; the JSON names all.
const COPIES: usize = 4;

/// Whether headings stand out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// With escape sequences.
    Terminal,
    /// Nothing but text.
    Plain,
}

impl Style {
    /// The style for standard output: escape sequences on a terminal that has them, unless `NO_COLOR` is set.
    #[must_use]
    pub fn detect(terminal: bool) -> Self {
        let no_color = env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let dumb = env::var_os("TERM").is_some_and(|value| value == "dumb");
        if terminal && !no_color && !dumb { Self::Terminal } else { Self::Plain }
    }

    fn heading(self, text: &str) -> String {
        match self {
            Self::Terminal => format!("\x1b[1m{text}\x1b[0m"),
            Self::Plain => text.to_owned(),
        }
    }
}

/// Writes the summary as JSON, with a line end.
///
/// # Errors
/// What the writer says.
pub fn json(out: &mut impl Write, summary: &Summary) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, summary)?;
    writeln!(out)
}

/// Writes the files that contain a word, as `path:line`, with the number of times.
///
/// # Errors
/// What the writer says.
pub fn search(out: &mut impl Write, found: &SearchResult, style: Style) -> io::Result<()> {
    let heading = format!("{} × '{}' in {}", found.count, printable(&found.word), counted(found.files.len(), "file"));
    writeln!(out, "{}", style.heading(&heading))?;
    for hit in &found.files {
        writeln!(out, "{:>7}  {}:{}", hit.count, printable(&hit.path), hit.first_line)?;
    }
    Ok(())
}

/// Writes the whole summary as tables.
///
/// # Errors
/// What the writer says.
pub fn tables(out: &mut impl Write, summary: &Summary, style: Style) -> io::Result<()> {
    languages(out, summary, style)?;
    identifiers(out, summary, style)?;
    duplicates(out, summary, style)?;
    let compression = summary.compression;
    writeln!(
        out,
        "\n{} tokens, {} different words; {} compress to {} ({:.0} %)",
        summary.tokens,
        summary.distinct_words,
        size(compression.bytes),
        size(compression.compressed),
        compression.ratio * 100.0
    )?;
    skipped(out, summary, style)
}

fn languages(out: &mut impl Write, summary: &Summary, style: Style) -> io::Result<()> {
    let header = format!(
        "{:<18}{:>8}{:>10}{:>10}{:>10}{:>10}{:>11}",
        "Language", "Files", "Lines", "Code", "Comment", "Blank", "Size"
    );
    writeln!(out, "{}", style.heading(&header))?;
    let mut row = |name: &str, counts: &LanguageCounts| {
        let LanguageCounts { files, lines, bytes, .. } = counts;
        let (total, code, comment, blank) = (lines.total(), lines.code, lines.comment, lines.blank);
        writeln!(out, "{name:<18}{files:>8}{total:>10}{code:>10}{comment:>10}{blank:>10}{:>11}", size(*bytes))
    };
    for language in &summary.languages {
        row(language.name, language)?;
    }
    row("Total", &summary.total)
}

fn identifiers(out: &mut impl Write, summary: &Summary, style: Style) -> io::Result<()> {
    if summary.identifiers.is_empty() {
        return Ok(());
    }
    let width = summary.identifiers.iter().map(|used| used.name.chars().count()).max().unwrap_or(0).max(18);
    let header = format!("{:<width$}{:>8}{:>10}", "Identifier", "Uses", "Files");
    writeln!(out, "\n{}", style.heading(&header))?;
    for used in &summary.identifiers {
        writeln!(out, "{:<width$}{:>8}{:>10}", used.name, used.count, used.files)?;
    }
    Ok(())
}

fn duplicates(out: &mut impl Write, summary: &Summary, style: Style) -> io::Result<()> {
    let duplicates = &summary.duplicates;
    if duplicates.groups == 0 {
        return Ok(());
    }
    let groups = counted(duplicates.groups, "group");
    writeln!(
        out,
        "\n{}",
        style.heading(&format!("Duplicates: {} to save in {groups}", size(duplicates.wasted_bytes)))
    )?;
    for group in &duplicates.largest {
        writeln!(out, "{:>11}  {}", size(group.bytes), printable(&group.files[0]))?;
        let (shown, hidden) = group.files[1..].split_at(COPIES.min(group.files.len() - 1));
        for file in shown {
            writeln!(out, "{:>11}  {}", "=", printable(file))?;
        }
        if !hidden.is_empty() {
            writeln!(out, "{:>11}  {} more", "=", hidden.len())?;
        }
    }
    match duplicates.groups - duplicates.largest.len() {
        0 => Ok(()),
        hidden => writeln!(out, "{:>11}  {hidden} more", "…"),
    }
}

fn skipped(out: &mut impl Write, summary: &Summary, style: Style) -> io::Result<()> {
    if summary.skipped.is_empty() {
        return Ok(());
    }
    let kinds: Vec<String> = summary.skipped.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
    writeln!(out, "{}: {}", style.heading("Skipped"), kinds.join(", "))?;
    for file in summary.skipped_files.iter().flatten() {
        let detail = if file.detail.is_empty() { String::new() } else { format!(" ({})", printable(&file.detail)) };
        writeln!(out, "{:>22}  {}{detail}", file.kind, printable(&file.path))?;
    }
    Ok(())
}

fn counted(count: usize, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}

/// A name as it may be written to a terminal: control characters in it are shown, not obeyed.
fn printable(name: &str) -> String {
    if !name.contains(char::is_control) {
        return name.to_owned();
    }
    let shown = |c: char| if c.is_control() { c.escape_default().to_string() } else { c.to_string() };
    name.chars().map(shown).collect()
}

/// Bytes in a unit that leaves one to four digits.
fn size(bytes: u64) -> String {
    let mut value = bytes as f64;
    for unit in ["B", "KiB", "MiB", "GiB"] {
        if value < 1023.95 {
            let decimals = usize::from(unit != "B");
            return format!("{value:.decimals$} {unit}");
        }
        value /= 1024.0;
    }
    format!("{value:.1} TiB")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_short() {
        for (bytes, expected) in [
            (0, "0 B"),
            (1023, "1023 B"),
            (1024, "1.0 KiB"),
            (1024 * 1024 - 1, "1.0 MiB"),
            (5 << 30, "5.0 GiB"),
            (u64::MAX, "16777216.0 TiB"),
        ] {
            assert_eq!(size(bytes), expected);
        }
    }

    #[test]
    fn control_characters_are_not_obeyed() {
        assert_eq!(printable("a\x1b[31mb\n"), "a\\u{1b}[31mb\\n");
        assert_eq!(printable("plain ü"), "plain ü");
    }

    #[test]
    fn only_a_terminal_gets_escape_sequences() {
        assert_eq!(Style::detect(false), Style::Plain);
        assert_eq!(Style::Plain.heading("x"), "x");
    }
}
