//! The lines for a terminal, and as Markdown.

use std::fmt::Write;

use anstyle::{AnsiColor, Style};
use perf_exporters::label::shown;
use perf_exporters::markdown::code;

use super::why::{Because, reasons};
use super::{Line, Status, Told};
use crate::columns::{self, Cell, Left, Right};
use crate::out::{BOLD, DIM, painted};

/// Heads of the columns.
pub(super) const HEAD: [&str; 7] = ["probe", "metric", "target", "limit", "current", "gap", "status"];
/// The columns with numbers.
pub(super) const NUMBERS: std::ops::Range<usize> = 2..6;

/// The text of each column; `–` where there is none.
pub(super) fn cells(line: &Line) -> [String; 7] {
    let or_none = |cell: &Option<String>| cell.clone().unwrap_or_else(|| "–".to_owned());
    [
        line.probe.clone(),
        line.metric.clone(),
        or_none(&line.target),
        or_none(&line.limit),
        or_none(&line.current),
        line.gap.map_or_else(|| "–".to_owned(), gap),
        line.status.word().to_owned(),
    ]
}

/// A multiple where per cent would have too many digits.
fn gap(gap: f64) -> String {
    if gap >= 9.0 { format!("{:.0} ×", gap + 1.0) } else { format!("{:+.0} %", 100.0 * gap).replace('-', "−") }
}

/// How many lines are met, within their limit, missed, undecided.
pub(super) fn summary(lines: &[Line]) -> String {
    let count = |status| lines.iter().filter(|line| line.status == status).count();
    let all = [Status::Met, Status::WithinLimit, Status::Broken, Status::Undecided];
    let told = all.iter().filter(|status| **status == Status::Met || count(**status) > 0);
    told.map(|status| format!("{} {}", count(*status), status.word().to_lowercase())).collect::<Vec<_>>().join(", ")
}

fn style(status: Status) -> Style {
    match status {
        Status::Met => AnsiColor::Green.on_default(),
        Status::WithinLimit => AnsiColor::Yellow.on_default(),
        Status::Broken => AnsiColor::Red.on_default().bold(),
        Status::Undecided => DIM,
    }
}

pub(super) fn table(told: &Told, color: bool) -> String {
    let lines = &told.lines;
    let cells = lines.iter().map(|line| {
        let [before @ .., status] = cells(line).map(|cell| shown(&cell));
        let [probe, metric, target, limit, current, gap] = before.map(Cell::from);
        [probe, metric, target, limit, current, gap, Cell::styled(status, style(line.status))]
    });
    let rows: Vec<_> = std::iter::once(columns::row(HEAD, BOLD)).chain(cells).collect();
    let sides = std::array::from_fn(|at| if NUMBERS.contains(&at) { Right } else { Left });
    let mut out = format!("{} · {}\n\n", painted("perf status", BOLD, color), summary(lines));
    out += &columns::aligned(&rows, sides, color);
    let mut notes: Vec<String> = reasons(lines)
        .iter()
        .map(|because| {
            let Because { probe, metrics, reason } = because;
            format!("{} {}: {}", shown(probe), shown(&metrics.join(", ")), shown(reason))
        })
        .collect();
    notes.extend(told.causes.iter().map(|cause| shown(cause)));
    if !notes.is_empty() {
        let _ = write!(out, "\n{}\n", notes.join("\n"));
    }
    out
}

pub(super) fn markdown(told: &Told) -> String {
    let lines = &told.lines;
    let mut out = format!("| {} |\n|---|---|--:|--:|--:|--:|---|\n", HEAD.join(" | "));
    for line in lines {
        let [probe, metric, rest @ ..] = cells(line);
        let _ = writeln!(out, "| {} | {} | {} |", code(&probe), code(&metric), rest.join(" | "));
    }
    let _ = write!(out, "\n{}.\n", summary(lines));
    let mut notes: Vec<String> = reasons(lines)
        .iter()
        .map(|because| {
            let metrics: Vec<String> = because.metrics.iter().map(|metric| code(metric)).collect();
            format!("- {} {}: {}", code(because.probe), metrics.join(", "), code(because.reason))
        })
        .collect();
    notes.extend(told.causes.iter().map(|cause| format!("- {}", code(cause))));
    if !notes.is_empty() {
        let _ = write!(out, "\n{}\n", notes.join("\n"));
    }
    out
}
