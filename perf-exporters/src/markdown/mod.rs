//! The report as Markdown: a summary for a pull request.
//!
//! Budgets stand first, where the program declares any, then what costs most. Everything else folds away: all probes, the call tree, how it was measured. With an
//! earlier report beside it ([`Options::compare`]), what changed stands before all. Names are shown as code, whatever
//! they contain: no mention, link or markup comes from them.
//!
//! ```text
//! PERF_REPORT=markdown=/dev/stdout ./program >> "$GITHUB_STEP_SUMMARY"
//! ```

mod budgets;
mod change;
mod findings;
mod text;

use crate::human::{self, Scaled};
use crate::report::{ProbeReport, Report};
use crate::table::{self, counted, ranked, share};
pub use text::code;
use text::{folded, row};

/// How much is shown.
///
/// ```
/// let mut options = perf_exporters::markdown::Options::default();
/// options.top = 5;
/// ```
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Options<'a> {
    /// Probes in the table that is always open.
    pub top: usize,
    /// An earlier report to compare with.
    pub compare: Option<&'a Report>,
}

impl Default for Options<'_> {
    /// Ten probes, no comparison.
    fn default() -> Self {
        Self { top: 10, compare: None }
    }
}

/// Probes in the table that folds away; what is beyond would not fit into a comment.
const MOST: usize = 200;
/// Names that a fact lists.
const LISTED: usize = 8;

/// The summary.
///
/// ```
/// use perf_exporters::markdown::{Options, render};
/// use perf_exporters::report::{ProbeReport, Report};
///
/// let mut report = Report::default();
/// let mut probe = ProbeReport::new("index::insert");
/// (probe.calls, probe.self_ns) = (1_200, 2_500_000);
/// report.probes.push(probe);
/// assert!(render(&report, &Options::default()).contains("| `index::insert` | 1.20 K |"));
/// ```
#[must_use]
pub fn render(report: &Report, options: &Options) -> String {
    let ranked = ranked(report);
    let top = &ranked[..options.top.min(ranked.len())];
    let mut parts = vec![head(report)];
    parts.extend(budgets::section(report));
    if let Some(earlier) = options.compare {
        parts.push(change::section(report, earlier));
    }
    if ranked.is_empty() {
        parts.push("No probe was called.\n".to_owned());
    } else {
        parts.push(probes(report, top));
    }
    parts.extend(findings::section(report));
    parts.extend(repeated(report));
    if ranked.len() > top.len() {
        let all = &ranked[..ranked.len().min(MOST)];
        let title = match ranked.len() - all.len() {
            0 => format!("All {}", counted(all.len(), "probe")),
            more => format!("{} of {}", counted(all.len(), "probe"), all.len() + more),
        };
        parts.push(folded(&title, &probes(report, all)));
    }
    if report.tree.nodes().len() > 1 {
        parts.push(folded("Call tree", &text::fenced(&tree(report))));
    }
    parts.push(folded("How it was measured", &measurement(report)));
    parts.join("\n")
}

fn head(report: &Report) -> String {
    let meta = &report.meta;
    let program = if meta.program.is_empty() { String::new() } else { format!(" · {}", code(&meta.program)) };
    let mut facts = vec![format!("**{}** of measured time", human::duration(report.measured_ns()))];
    if meta.duration_ns > 0 {
        facts.push(format!("{} wall time", human::duration(meta.duration_ns)));
    }
    facts.push(counted(report.probes.len(), "probe"));
    let calls: u64 = report.probes.iter().fold(0, |sum, probe| sum.saturating_add(probe.calls));
    facts.push(format!("{} calls", human::count(calls)));
    let errors: u64 = report.probes.iter().fold(0, |sum, probe| sum.saturating_add(probe.errors));
    if errors > 0 {
        facts.push(format!("**{} errors**", human::count(errors)));
    }
    if meta.threads > 1 {
        facts.push(format!("{} threads", meta.threads));
    }
    facts.push(format!("observer effect: {}", human::longer(report.observer_effect())));
    format!("### Performance{program}\n\n{}\n", facts.join(" · "))
}

/// A table; columns of which no probe has anything are left out.
fn probes(report: &Report, probes: &[&ProbeReport]) -> String {
    let columns: Vec<&Column> = COLUMNS
        .iter()
        .filter(|column| {
            column.always || probes.iter().any(|probe| (column.number)(probe) > 0 || (column.is_unknown)(probe))
        })
        .collect();
    let titles = ["probe"].into_iter().chain(columns.iter().map(|column| column.title));
    let rules = [":--"].into_iter().chain(columns.iter().map(|_| "--:"));
    let mut table = row(titles.map(str::to_owned)) + &row(rules.map(str::to_owned));
    for probe in probes {
        let cells = columns.iter().map(|column| match ((column.number)(probe), column.share) {
            _ if (column.is_unknown)(probe) => table::UNKNOWN.to_owned(),
            (0, _) => "-".to_owned(),
            (number, true) => human::percent(share(number, report.working_ns())).to_string(),
            (number, false) => (column.show)(number).to_string(),
        });
        let cells = cells.zip(&columns).map(|(cell, column)| {
            let marked = column.title == "self" && probe.is_below(report.meta.probe_resolution_ns);
            if marked { format!("{}{cell}", table::BELOW) } else { cell }
        });
        table += &row([code(&probe.name)].into_iter().chain(cells));
    }
    table
}

struct Column {
    title: &'static str,
    number: fn(&ProbeReport) -> u64,
    show: fn(u64) -> Scaled,
    /// Where nothing is known, which is not zero.
    is_unknown: fn(&ProbeReport) -> bool,
    always: bool,
    /// Shown as a part of the measured time.
    share: bool,
}

impl Column {
    const fn new(title: &'static str, number: fn(&ProbeReport) -> u64, show: fn(u64) -> Scaled) -> Self {
        Self { title, number, show, is_unknown: |_| false, always: true, share: false }
    }

    const fn where_there_is_any(self) -> Self {
        Self { always: false, ..self }
    }

    const fn unknown_where(self, is_unknown: fn(&ProbeReport) -> bool) -> Self {
        Self { is_unknown, ..self }
    }

    const fn in_share(self) -> Self {
        Self { share: true, ..self }
    }
}

const COLUMNS: &[Column] = &[
    Column::new("calls", |probe| probe.calls, human::count),
    Column::new("errors", |probe| probe.errors, human::count)
        .where_there_is_any()
        .unknown_where(|probe| probe.known_errors().is_none()),
    Column::new("panics", |probe| probe.panics, human::count).where_there_is_any(),
    Column::new("total", |probe| probe.total_ns, human::duration),
    Column::new("self", |probe| probe.self_ns, human::duration),
    Column::new("waiting", |probe| probe.waiting_ns, human::duration).where_there_is_any(),
    Column::new("share", ProbeReport::working_ns, human::duration).in_share(),
    Column::new("p50", |probe| probe.quantiles.p50, human::duration),
    Column::new("p99", |probe| probe.quantiles.p99, human::duration),
    Column::new("max", |probe| probe.max_ns, human::duration),
    Column::new("allocs", |probe| probe.allocs, human::count).where_there_is_any(),
    Column::new("allocated", |probe| probe.alloc_bytes, human::bytes).where_there_is_any(),
];

/// Probes that are called many times for each call of their caller, three at most.
fn repeated(report: &Report) -> Option<String> {
    let found = report.repeated();
    let lines: Vec<String> =
        found.iter().take(3).map(|found| format!("- **Repeated**: {}\n", found.sentence(code))).collect();
    (!lines.is_empty()).then(|| lines.concat())
}

/// The call tree as the terminal shows it.
fn tree(report: &Report) -> String {
    let mut options = table::Options::default();
    (options.width, options.top) = (100, Some(0));
    let text = table::render(report, &options);
    let lines: Vec<_> = text.lines().skip_while(|line| !line.starts_with("call tree")).collect();
    lines.iter().take_while(|line| !line.is_empty()).flat_map(|line| [*line, "\n"]).collect()
}

/// With what the mark means, where there is one.
fn clock(report: &Report) -> String {
    let resolution = report.meta.probe_resolution_ns;
    let marked = report.probes.iter().any(|probe| probe.is_below(resolution));
    let mark = if marked { format!("; {}: less self time a call than that", table::BELOW) } else { String::new() };
    format!("{}, resolves {}{mark}", code(&report.meta.clock), human::duration(resolution))
}

fn measurement(report: &Report) -> String {
    let meta = &report.meta;
    let machine = &meta.machine;
    let mut facts = vec![
        ("clock", clock(report)),
        (
            "observer effect",
            format!(
                "about {} with probes: {} a call, {} in all",
                human::longer(report.observer_effect()),
                human::duration(meta.probe_cost_ns),
                human::duration(meta.observer_ns)
            ),
        ),
        ("machine", format!("{}, {} cores, {}", code(&machine.cpu_model), machine.cores, code(&machine.os))),
        ("build", format!("{}, {}", code(&machine.rustc), code(&machine.profile))),
        ("allocator", code(&machine.allocator)),
    ];
    if meta.alloc_tracking {
        facts.push(("live heap at the end", human::signed_bytes(meta.live_bytes).to_string()));
    }
    for (what, number) in [
        ("calls not attributed to a probe", meta.lost),
        ("backward steps of the clock", meta.backward_steps),
        ("nodes the call tree had no room for", meta.dropped_nodes),
    ] {
        if number > 0 {
            facts.push((what, format!("**{}**", human::count(number))));
        }
    }
    let unseen: Vec<String> =
        report.probes.iter().filter(|probe| probe.known_errors().is_none()).map(|probe| code(&probe.name)).collect();
    facts.extend(listed("errors not looked for, since `#[perf_probe(errors)]` is missing", unseen));
    let told = |probe: &ProbeReport| Some(format!("{} ({})", code(&probe.name), code(&probe.place_summary()?)));
    let alike: Vec<String> = report.probes.iter().filter_map(told).collect();
    facts.extend(listed("one name at several places, which count together", alike));
    facts.iter().flat_map(|(what, value)| ["- ", *what, ": ", value.as_str(), "\n"]).collect()
}

/// The first names of a list, and how many more there are; no fact where there is none.
fn listed(what: &'static str, mut names: Vec<String>) -> Option<(&'static str, String)> {
    let more = names.len().saturating_sub(LISTED);
    names.truncate(LISTED);
    names.extend((more > 0).then(|| format!("{more} more")));
    (!names.is_empty()).then(|| (what, names.join(", ")))
}
