//! Changes since an earlier report.

use std::fmt::Write;

use super::text::{code, row};
use crate::Report;
use crate::human;
use crate::report::ProbeReport;

/// Probes that are listed at most.
const MOST: usize = 15;
/// Changes of time below this, in per cent, are not worth a line: two runs of one program differ by as much.
const LEAST: f64 = 5.0;

/// The probes whose median, time or allocations a call changed most, and those that are new or gone.
pub(super) fn section(report: &Report, earlier: &Report) -> String {
    let mut changes: Vec<Change> = report
        .probes
        .iter()
        .filter_map(|now| {
            let before = earlier.probe(&now.name)?;
            let counted = |report: &Report, probe| report.meta.alloc_tracking.then(|| per_call(probe, probe.allocs));
            Some(Change { now, before, allocs: (counted(report, now), counted(earlier, before)) })
        })
        .filter(Change::is_worth_a_line)
        .collect();
    changes.sort_by(|a, b| b.cost().total_cmp(&a.cost()).then_with(|| a.now.name.cmp(&b.now.name)));
    let mut text = String::from("**Change since the earlier report**");
    if report.meta.machine != earlier.meta.machine {
        text += " (another machine or build: compare times with care)";
    }
    text += "\n\n";
    if changes.is_empty() {
        let _ = writeln!(text, "No probe changed by {LEAST} % or more.");
    } else {
        text += &table(&changes);
    }
    for (what, names) in [("New", missing(report, earlier)), ("Gone", missing(earlier, report))] {
        if !names.is_empty() {
            let _ = writeln!(text, "\n{what}: {}", names.join(", "));
        }
    }
    text
}

fn table(changes: &[Change]) -> String {
    let mut text = row(["probe", "p50", "", "self / call", "", "allocs / call", ""].map(str::to_owned));
    text += &row([":--", "--:", "--:", "--:", "--:", "--:", "--:"].map(str::to_owned));
    for change in changes.iter().take(MOST) {
        let (now, before) = (change.now, change.before);
        let own = per_call(now, now.self_ns);
        let times = [(now.quantiles.p50 as f64, before.quantiles.p50 as f64), (own, per_call(before, before.self_ns))];
        let mut cells = vec![code(&now.name)];
        for (value, earlier) in times {
            cells.extend([human::duration(rounded(value)).to_string(), percent(value, earlier)]);
        }
        let unknown = || "–".to_owned();
        cells.push(change.allocs.0.map_or_else(unknown, |now| format!("{now:.1}")));
        cells.push(change.known_allocs().map_or_else(unknown, |(now, before)| percent(now, before)));
        text += &row(cells);
    }
    if changes.len() > MOST {
        let _ = writeln!(text, "\n… and {} more", changes.len() - MOST);
    }
    text
}

struct Change<'a> {
    now: &'a ProbeReport,
    before: &'a ProbeReport,
    /// Allocations a call, now and before, where they were counted.
    allocs: (Option<f64>, Option<f64>),
}

impl Change<'_> {
    fn is_worth_a_line(&self) -> bool {
        let (now, before) = (self.now, self.before);
        let moved = |now: f64, before: f64| change(now, before).is_none_or(|change| change.abs() >= LEAST);
        moved(now.quantiles.p50 as f64, before.quantiles.p50 as f64)
            || moved(per_call(now, now.self_ns), per_call(before, before.self_ns))
            || self.known_allocs().is_some_and(|(now, before)| (now - before).abs() > 1e-9)
    }

    /// Allocations a call, where both reports counted them.
    fn known_allocs(&self) -> Option<(f64, f64)> {
        self.allocs.0.zip(self.allocs.1)
    }

    /// Nanoseconds that the change cost or saved, at today's number of calls.
    fn cost(&self) -> f64 {
        let (now, before) = (self.now, self.before);
        ((per_call(now, now.self_ns) - per_call(before, before.self_ns)) * now.calls as f64).abs()
    }
}

/// Names of the first that the second has not.
fn missing(first: &Report, second: &Report) -> Vec<String> {
    let gone = first.probes.iter().filter(|probe| second.probe(&probe.name).is_none());
    let mut names: Vec<_> = gone.clone().take(MOST).map(|probe| code(&probe.name)).collect();
    match gone.count() - names.len() {
        0 => {}
        more => names.push(format!("{more} more")),
    }
    names
}

fn per_call(probe: &ProbeReport, number: u64) -> f64 {
    if probe.calls == 0 { 0.0 } else { number as f64 / probe.calls as f64 }
}

/// Per cent from one value to another; nothing where there was none.
fn change(now: f64, before: f64) -> Option<f64> {
    match (now, before) {
        (0.0, 0.0) => Some(0.0),
        (_, 0.0) => None,
        _ => Some(100.0 * (now - before) / before),
    }
}

fn percent(now: f64, before: f64) -> String {
    match change(now, before) {
        None => "new".to_owned(),
        Some(change) if change.abs() < 0.05 => "=".to_owned(),
        Some(change) => format!("{} %", human::signed(change, 1)),
    }
}

/// To whole nanoseconds.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "times are positive, and rounded")]
fn rounded(value: f64) -> u64 {
    value.round() as u64
}
