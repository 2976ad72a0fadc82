//! Comma-separated values, for spreadsheets and data frames: a row per probe, all figures, times in nanoseconds.

use crate::Report;
use crate::report::ProbeReport;

/// A column: its title, and what stands in it.
type Column = (&'static str, fn(&ProbeReport) -> String);

const COLUMNS: &[Column] = &[
    ("name", |probe| unexecuted(&probe.name)),
    ("file", |probe| unexecuted(&probe.file)),
    ("line", |probe| probe.line.to_string()),
    ("calls", |probe| probe.calls.to_string()),
    ("timed_calls", |probe| probe.timed_calls.to_string()),
    ("errors", |probe| probe.known_errors().map_or_else(String::new, |errors| errors.to_string())),
    ("panics", |probe| probe.panics.to_string()),
    ("cancelled", |probe| probe.cancelled.to_string()),
    ("polls", |probe| probe.polls.to_string()),
    ("items", |probe| probe.items.to_string()),
    ("bytes", |probe| probe.bytes.to_string()),
    ("total_ns", |probe| probe.total_ns.to_string()),
    ("self_ns", |probe| probe.self_ns.to_string()),
    ("busy_ns", |probe| probe.busy_ns.to_string()),
    ("mean_ns", |probe| probe.mean_ns.to_string()),
    ("min_ns", |probe| probe.min_ns.to_string()),
    ("p50_ns", |probe| probe.quantiles.p50.to_string()),
    ("p90_ns", |probe| probe.quantiles.p90.to_string()),
    ("p95_ns", |probe| probe.quantiles.p95.to_string()),
    ("p99_ns", |probe| probe.quantiles.p99.to_string()),
    ("p999_ns", |probe| probe.quantiles.p999.to_string()),
    ("max_ns", |probe| probe.max_ns.to_string()),
    ("allocs", |probe| probe.allocs.to_string()),
    ("alloc_bytes", |probe| probe.alloc_bytes.to_string()),
    ("self_allocs", |probe| probe.self_allocs.to_string()),
    ("self_alloc_bytes", |probe| probe.self_alloc_bytes.to_string()),
    ("peak_bytes", |probe| probe.peak_bytes.to_string()),
    ("net_bytes", |probe| probe.net_bytes.to_string()),
    ("waiting_ns", |probe| probe.waiting_ns.to_string()),
];

/// Columns that are empty where allocations were not counted: a 0 would say that there were none.
const ALLOCATIONS: [&str; 6] = ["allocs", "alloc_bytes", "self_allocs", "self_alloc_bytes", "peak_bytes", "net_bytes"];

/// The table, titles first, probes in the report's order, lines ended by `\n`. Allocations that were not counted, and errors that
/// nothing looked for, are empty.
///
/// Names are as they are, quoted where they must be. One that a spreadsheet would take for a formula (it begins with
/// `=`, `+`, `-`, `@`, a tab or a line end) gets `'` in front; no path of Rust begins so.
///
/// ```
/// use perf_exporters::report::{ProbeReport, Report};
///
/// let mut report = Report::default();
/// report.probes.push(ProbeReport::new("parse<A, B>"));
/// let text = perf_exporters::csv::render(&report);
/// assert!(text.starts_with("name,file,line,calls,"));
/// assert!(text.contains("\n\"parse<A, B>\",,0,0,"));
/// ```
#[must_use]
pub fn render(report: &Report) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let titles: Vec<String> = COLUMNS.iter().map(|(title, _)| (*title).to_owned()).collect();
    let known = |title: &str| report.meta.alloc_tracking || !ALLOCATIONS.contains(&title);
    let cells = |probe| COLUMNS.iter().map(move |(title, cell)| if known(title) { cell(probe) } else { String::new() });
    let rows = report.probes.iter().map(|probe| cells(probe).collect());
    for row in std::iter::once(titles).chain(rows) {
        // Writing to memory cannot fail, and all rows are of the same length.
        let _ = writer.write_record(&row);
    }
    let bytes = writer.into_inner().unwrap_or_default();
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Text that no spreadsheet computes.
fn unexecuted(text: &str) -> String {
    let mark = if text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']) { "'" } else { "" };
    format!("{mark}{text}")
}
