//! A [`RegressionReport`] as text for a terminal.

use anstyle::{AnsiColor, Style};
use unicode_width::UnicodeWidthStr;

use super::{Change, Level, RegressionReport, show};
use crate::judge::Verdict;
use crate::label::{escaped, shown};
use crate::table::wrap_words;

/// How the text looks.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Options {
    /// Columns of the terminal.
    pub width: usize,
    /// Whether to use colours.
    pub color: bool,
    /// Whether to show figures that did not move as well.
    pub all: bool,
}

impl Default for Options {
    /// 100 columns, no colour, only figures that moved.
    fn default() -> Self {
        Self { width: 100, color: false, all: false }
    }
}

const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();

/// A table of the figures that moved, the verdict, and advice.
#[must_use]
pub fn render(found: &RegressionReport, options: &Options) -> String {
    let paint = Paint { color: options.color };
    let mut out = format!("{} · {}\n", paint.with(BOLD, "perf diff"), show::summary(found));
    let mut rows = found.moved();
    if options.all {
        let moved = rows.clone();
        let is_new = |change: &&Change| !moved.iter().any(|other| std::ptr::eq(*other, *change));
        rows.extend(found.changes.iter().filter(is_new));
    }
    if !rows.is_empty() {
        out.push('\n');
        out.push_str(&table(&rows, options.width.max(60), &paint));
    }
    let advice = found.recommendations();
    if !advice.is_empty() {
        out.push('\n');
    }
    for line in advice {
        out.push_str(&wrapped(&escaped(&line), options.width.max(60)));
    }
    out.push('\n');
    let verdict = found.verdict();
    out.push_str(&paint.with(style_of(&verdict), &wrapped(&format!("verdict: {verdict}"), options.width.max(60))));
    out
}

fn style_of(verdict: &Verdict) -> Style {
    match verdict {
        Verdict::Pass => AnsiColor::Green.on_default().bold(),
        Verdict::Fail => AnsiColor::Red.on_default().bold(),
        Verdict::Inconclusive(_) => AnsiColor::Yellow.on_default().bold(),
    }
}

fn style_of_level(change: &Change) -> Style {
    match change.level {
        _ if !change.gates => DIM,
        Level::Fail => AnsiColor::Red.on_default().bold(),
        Level::Warn | Level::Unproven => AnsiColor::Yellow.on_default(),
        Level::Improved => AnsiColor::Green.on_default(),
        Level::Same => Style::new(),
    }
}

/// One cell per column; those right-aligned are figures.
const HEADS: [(&str, bool); 8] = [
    ("", false),
    ("probe", false),
    ("figure", false),
    ("before", true),
    ("after", true),
    ("change", true),
    ("surely", false),
    ("from", false),
];

/// The column of the probe's name, which is shortened where there is no room.
const NAME: usize = 1;
/// Columns that are left out first where there is no room, the last first.
const OPTIONAL: [usize; 2] = [7, 6];

fn table(rows: &[&Change], width: usize, paint: &Paint) -> String {
    let cells: Vec<[String; 8]> = rows.iter().map(|change| cells(change)).collect();
    let wide = |column: usize| {
        let cells = cells.iter().map(|row| row[column].width());
        cells.chain([HEADS[column].0.width()]).max().unwrap_or(0)
    };
    let mut shown: Vec<usize> = (0..HEADS.len()).collect();
    let taken = |shown: &[usize]| shown.iter().map(|column| wide(*column) + 2).sum::<usize>() - 2;
    for column in OPTIONAL {
        let without_name = taken(&shown) - wide(NAME);
        if without_name + wide(NAME).min(24) > width {
            shown.retain(|other| *other != column);
        }
    }
    let name_width = (width.saturating_sub(taken(&shown) - wide(NAME))).min(wide(NAME)).max(8);
    let width_of = |column: usize| if column == NAME { name_width } else { wide(column) };
    let mut out = String::new();
    let head: Vec<String> =
        shown.iter().map(|column| padded(HEADS[*column].0, width_of(*column), HEADS[*column].1)).collect();
    out.push_str(&paint.with(BOLD, head.join("  ").trim_end()));
    out.push('\n');
    for (change, row) in rows.iter().zip(&cells) {
        let mut line = Vec::new();
        for column in &shown {
            let text = if *column == NAME { tail(&row[*column], name_width) } else { row[*column].clone() };
            let text = padded(&text, width_of(*column), HEADS[*column].1);
            let style = match column {
                0 | 5 => style_of_level(change),
                6 | 7 => DIM,
                _ if change.gates => Style::new(),
                _ => DIM,
            };
            line.push(paint.with(style, &text));
        }
        out.push_str(line.join("  ").trim_end());
        out.push('\n');
    }
    out
}

fn cells(change: &Change) -> [String; 8] {
    [
        if change.gates { change.level.to_string() } else { format!("({})", change.level) },
        shown(&change.probe),
        change.metric.to_string(),
        change.metric.figure(change.old),
        change.metric.figure(change.new),
        show::moved(change),
        show::surely(change),
        show::basis(change),
    ]
}

/// The end of a name, which identifies a probe better than its beginning.
fn tail(name: &str, width: usize) -> String {
    if name.width() <= width {
        return name.to_owned();
    }
    let mut kept = name;
    while kept.width() + 1 > width {
        let mut rest = kept.chars();
        rest.next();
        kept = rest.as_str();
    }
    format!("…{kept}")
}

fn padded(text: &str, width: usize, right: bool) -> String {
    let fill = " ".repeat(width.saturating_sub(text.width()));
    if right { fill + text } else { text.to_owned() + &fill }
}

/// Words on as few lines as the width allows, those after the first indented; with its line end.
fn wrapped(text: &str, width: usize) -> String {
    wrap_words(text, width).join("\n") + "\n"
}

struct Paint {
    color: bool,
}

impl Paint {
    fn with(&self, style: Style, text: &str) -> String {
        if self.color && style != Style::new() && !text.trim().is_empty() {
            // The style ends before the line does.
            let end = text.len() - text.trim_end_matches('\n').len();
            let (text, line_end) = text.split_at(text.len() - end);
            format!("{}{text}{}{line_end}", style.render(), style.render_reset())
        } else {
            text.to_owned()
        }
    }
}
