//! The verdicts on budgets, for people.

use std::fmt::Write;

use anstyle::{AnsiColor, Style};
use perf_exporters::judge::Verdict;
use perf_exporters::label::shown;
use perf_exporters::markdown::code;

use super::{Held, Row};
use crate::cli::Format;
use crate::columns::{self, Cell, Left, Right};
use crate::failure::Result;
use crate::out::{self, BOLD, DIM, painted};

/// Writes the budgets to standard output.
pub(crate) fn show(held: &Held, format: Format) -> Result<()> {
    match format {
        Format::Table => out::print(&table(held, out::color())),
        Format::Markdown => out::print(&markdown(held)),
        Format::Json => out::json(held),
    }
}

/// Failures first, then what is not known, then targets that were missed.
fn ranked(held: &Held) -> Vec<&Row> {
    let mut rows: Vec<&Row> = held.rows.iter().collect();
    rows.sort_by_key(|row| match (&row.verdict, row.target) {
        (Verdict::Fail, false) => 0,
        (Verdict::Inconclusive(_), false) => 1,
        (Verdict::Fail, true) => 2,
        (Verdict::Inconclusive(_), true) => 3,
        (Verdict::Pass, _) => 4,
    });
    rows
}

fn word(row: &Row) -> (&'static str, Style) {
    match (&row.verdict, row.target) {
        (Verdict::Pass, _) => ("pass", AnsiColor::Green.on_default()),
        (Verdict::Fail, false) => ("FAIL", AnsiColor::Red.on_default().bold()),
        (Verdict::Fail, true) => ("warn", AnsiColor::Yellow.on_default()),
        (Verdict::Inconclusive(_), _) => ("unsure", AnsiColor::Yellow.on_default()),
    }
}

fn summary(held: &Held) -> String {
    let limits = held.rows.iter().filter(|row| !row.target);
    let failed = limits.clone().filter(|row| row.verdict.is_fail()).count();
    let unsure = limits.clone().filter(|row| matches!(row.verdict, Verdict::Inconclusive(_))).count();
    let all = limits.count();
    let mut text = format!("{} of {all} limits kept", all - failed - unsure);
    let missed = held.missed_targets();
    let targets = if missed == 1 { "target missed" } else { "targets missed" };
    for (count, what) in [(failed, "broken"), (unsure, "unsure"), (missed, targets)] {
        if count > 0 {
            let _ = write!(text, ", {count} {what}");
        }
    }
    text
}

fn bound(row: &Row) -> String {
    let sign = if row.figure == "throughput" { "≥" } else { "≤" };
    format!("{} {} {sign} {}", row.figure, if row.target { "target" } else { "limit" }, row.bound)
}

fn why(row: &Row) -> String {
    match &row.verdict {
        Verdict::Inconclusive(why) => why.to_string(),
        _ if row.calls > 0 => format!("{} calls", row.calls),
        _ => String::new(),
    }
}

fn used(row: &Row) -> String {
    row.used.map_or_else(String::new, |used| format!("{:.0} %", 100.0 * used))
}

fn table(held: &Held, color: bool) -> String {
    let mut out = format!("{} · {}\n\n", painted("perf budgets", BOLD, color), summary(held));
    out.push_str(&lines(held, color));
    let verdict = held.verdict();
    let _ = writeln!(out, "\n{}\n", painted(&format!("verdict: {verdict}"), out::style_of(&verdict), color));
    out
}

/// A line for each bound.
pub(crate) fn lines(held: &Held, color: bool) -> String {
    let cells = |row: &Row| {
        let (word, style) = word(row);
        let actual = row.actual.clone().unwrap_or_else(|| "—".to_owned());
        let [name, bound, actual, used] = [shown(&row.probe), bound(row), actual, used(row)].map(Cell::from);
        [Cell::styled(word, style), name, bound, actual, used, Cell::styled(why(row), DIM)]
    };
    let rows: Vec<_> = ranked(held).into_iter().map(cells).collect();
    columns::aligned(&rows, [Left, Left, Left, Right, Right, Left], color)
}

fn markdown(held: &Held) -> String {
    let mark = out::mark(&held.verdict());
    let mut out = format!("### {mark} perf budgets: {}\n\n", summary(held));
    out.push_str("| | probe | budget | measured | used | |\n|---|---|---|--:|--:|---|\n");
    for row in ranked(held) {
        let _ = writeln!(
            out,
            "| {} | {} | {} | {} | {} | {} |",
            word(row).0,
            code(&row.probe),
            bound(row),
            row.actual.as_deref().unwrap_or("—"),
            used(row),
            why(row),
        );
    }
    out + "\n"
}
