//! A [`RegressionReport`] for a pull request.

use std::fmt::Write;

use super::{Change, Level, RegressionReport, show};
use crate::judge::Verdict;

/// So many rows are shown at once; the others can be unfolded.
const OPEN: usize = 20;

/// The verdict, a table of the figures that moved, and advice, as GitHub-flavoured markdown.
///
/// ```
/// use perf_exporters::{Report, baseline::{Baseline, compare, markdown}};
///
/// let report = Report::from(perf_core::snapshot()).of_this_process();
/// let found = compare(&Baseline::from_runs([&report]), &report);
/// assert!(markdown::render(&found).starts_with("### "));
/// ```
#[must_use]
pub fn render(found: &RegressionReport) -> String {
    let mut out = heading(found);
    let moved = found.moved();
    let (open, folded) = moved.split_at(moved.len().min(OPEN));
    out.push_str(&table(open));
    for line in found.recommendations() {
        // Writing to a string cannot fail.
        let _ = writeln!(out, "- {}", escaped(&line));
    }
    let shown = |change: &&Change| moved.iter().any(|other| std::ptr::eq(*other, *change));
    let rest: Vec<&Change> =
        folded.iter().copied().chain(found.changes.iter().filter(|change| !shown(change))).collect();
    if !rest.is_empty() {
        let _ = writeln!(out, "\n<details><summary>{} more figures</summary>\n", rest.len());
        out.push_str(&table(&rest));
        out.push_str("</details>\n");
    }
    out
}

fn heading(found: &RegressionReport) -> String {
    let verdict = found.verdict();
    let (mark, word) = match &verdict {
        Verdict::Pass => ("✅", "PASS"),
        Verdict::Fail => ("❌", "FAIL"),
        Verdict::Inconclusive(_) => ("❔", "INCONCLUSIVE"),
    };
    let why = match &verdict {
        Verdict::Inconclusive(why) => format!("\n{}\n", escaped(&why.to_string())),
        _ => String::new(),
    };
    format!("### {mark} perf: {word} · {}\n{why}\n", show::summary(found))
}

fn table(rows: &[&Change]) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let mut out = String::from("| | probe | figure | before | after | change | surely | from |\n");
    out.push_str("|---|---|---|--:|--:|--:|---|---|\n");
    for change in rows {
        let level = match (change.gates, change.level) {
            (true, Level::Fail) => "❌ **FAIL**".to_owned(),
            (true, Level::Warn) => "⚠️ warn".to_owned(),
            (true, Level::Improved) => "🚀 better".to_owned(),
            (true, level) => level.to_string(),
            (false, level) => format!("_({level})_"),
        };
        let _ = writeln!(
            out,
            "| {level} | {} | {} | {} | {} | {} | {} | {} |",
            code(&change.probe),
            change.metric,
            change.metric.figure(change.old),
            change.metric.figure(change.new),
            show::moved(change),
            show::surely(change),
            show::basis(change),
        );
    }
    out + "\n"
}

/// A name as code in a cell: no bar may end the cell, no backtick the code, no line the row.
fn code(name: &str) -> String {
    let name: String = name.chars().map(|c| if c.is_control() || c == '`' { '\u{fffd}' } else { c }).collect();
    format!("`{}`", name.replace('|', "\\|"))
}

/// Text in which nothing is markup.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut in_code = false;
    for c in text.chars() {
        in_code ^= c == '`';
        match c {
            '<' if !in_code => out.push_str("&lt;"),
            '>' if !in_code => out.push_str("&gt;"),
            '*' | '_' | '|' | '[' | ']' | '\\' if !in_code => out.extend(['\\', c]),
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out
}
