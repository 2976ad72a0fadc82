//! The report as text for a terminal.
//!
//! [`render`] is a function of a report and [`Options`]; it reads nothing else and prints nothing. Which columns are
//! shown depends on the width: they come by importance as long as there is room for them beside the names.
//!
//! The last column sketches the distribution of each probe's durations, from its shortest to its longest call on a
//! logarithmic axis; the height of a step is the number of calls, and a step with a single call is visible.
//!
//! Laying out is done here and not by a table crate: what is needed of one is padding, and what such a crate does not
//! do is the rest: choosing columns by room, and shortening names so that the function stays readable.

mod budgets;
mod calltree;
mod columns;
mod findings;
mod layout;
mod name;
mod notes;
mod options;
mod repeats;
mod spark;
mod tails;
mod text;

#[cfg(feature = "markdown")]
pub(crate) use columns::{BELOW, UNKNOWN};
pub use name::fitted;
pub use options::Options;
pub use spark::Shape;
#[cfg(feature = "baseline")]
pub(crate) use text::wrap_words;

use std::cmp::Reverse;

use crate::human;
use crate::report::{ProbeReport, Report};
use text::{Text, plain, style};

/// The report as text: header, table, call tree, notes.
///
/// No line is wider than `options.width` columns of a terminal.
///
/// ```
/// use perf_exporters::report::{ProbeReport, Report};
/// use perf_exporters::table::{Options, render};
///
/// let mut report = Report::default();
/// let mut probe = ProbeReport::new("index::insert");
/// (probe.calls, probe.total_ns, probe.self_ns) = (1_200, 3_000_000, 2_500_000);
/// report.probes.push(probe);
///
/// let text = render(&report, &Options::default());
/// assert!(text.contains("index::insert"));
/// assert!(text.contains("2.50ms"));
/// ```
#[must_use]
pub fn render(report: &Report, options: &Options) -> String {
    let width = options.width.max(Options::LEAST_WIDTH);
    let ranked = ranked(report);
    let shown = &ranked[..options.top.map_or(ranked.len(), |top| top.min(ranked.len()))];

    let mut lines = header(report, width);
    lines.push(Text::default());
    lines.extend(layout::table(report, shown, width));
    lines.extend(remainder(report, &ranked[shown.len()..], options.all, width));
    if options.tree {
        lines.extend(calltree::section(&report.tree, width));
    }
    lines.extend(budgets::section(report, width));
    lines.extend(findings::section(report, width));
    lines.extend(repeats::section(report, width));
    lines.extend(tails::section(report, width));
    lines.extend(notes::section(report, width));
    lines.iter().map(|line| line.render(options.color) + "\n").collect()
}

/// Most self time first, what is known to be waiting left out; by name where that is equal.
pub(crate) fn ranked(report: &Report) -> Vec<&ProbeReport> {
    let mut ranked: Vec<_> = report.probes.iter().collect();
    let key = |probe: &ProbeReport| (Reverse(probe.working_ns()), Reverse(probe.self_ns));
    ranked.sort_by(|a, b| (key(a), &a.name, a.line).cmp(&(key(b), &b.name, b.line)));
    ranked
}

fn header(report: &Report, width: usize) -> Vec<Text> {
    let meta = &report.meta;
    let mut parts = vec![Text::new("perf report", style::TITLE)];
    if !meta.program.is_empty() {
        parts.push(plain(fitted(&name::escaped(&meta.program), width)));
    }
    if meta.processes > 1 {
        parts.push(plain(format!("{} processes", human::count(meta.processes))));
    }
    if meta.duration_ns > 0 {
        parts.push(plain(format!("{} wall time", human::duration(meta.duration_ns))));
    }
    parts.push(plain(counted(report.probes.len(), "probe")));
    if meta.threads > 1 {
        parts.push(plain(format!("{} threads", meta.threads)));
    }
    if !meta.clock.is_empty() {
        parts.push(plain(format!("{} clock", fitted(&name::escaped(&meta.clock), 16))));
    }
    text::joined(parts, " · ", width)
}

/// The note about probes that are left out.
fn remainder(report: &Report, left_out: &[&ProbeReport], all: &str, width: usize) -> Vec<Text> {
    if left_out.is_empty() {
        return Vec::new();
    }
    let rest: u64 = left_out.iter().fold(0, |sum, probe| sum.saturating_add(probe.working_ns()));
    let share = human::percent(share(rest, report.working_ns()));
    let line = format!("… and {} more with {share} of the self time ({all} shows them)", left_out.len());
    text::wrapped(&line, style::DIM, width)
}

pub(crate) fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { 100.0 * part as f64 / whole as f64 }
}

pub(crate) fn counted(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}
