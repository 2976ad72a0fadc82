//! A finished run as text for people. Nothing here prints.

use std::fmt::Write as _;

use perf_core::{ProbeStats, Snapshot};

use super::run::Finished;
use crate::judge::verdict::{Severity, Unit, Verdict};
use crate::judge::{Row, Shown};
use crate::stats::order::{floor, rank_of, sorted};

/// Lines of the histogram, and characters of its longest bar.
const BINS: usize = 9;
const BAR: f64 = 40.0;

/// Probes in each list.
const TOP: usize = 3;

/// The whole report: promises and measurements, how sure these are, the distribution, the probes that cost most, and
/// how to look deeper.
///
/// ```
/// # use perf_core::budget::{Bound, BudgetSpec, Limit, Metric};
/// # use perf_exporters::gate::{Run, render};
/// # use std::time::Duration;
/// # const SPEC: BudgetSpec = BudgetSpec {
/// #     limits: &[Limit { metric: Metric::P50, bound: Bound::Time(Duration::from_secs(1)) }],
/// #     iterations: Some(60),
/// #     ..BudgetSpec::EMPTY
/// # };
/// let finished = Run::new(&SPEC).named("search").test(|| 6 * 7);
/// let text = render::report(&finished);
/// assert!(text.starts_with("performance budget of search: PASS"));
/// assert!(text.contains("p50 ≤ 1.00 s"));
/// ```
#[must_use]
pub fn report<R>(finished: &Finished<R>) -> String {
    let mut text = String::new();
    let run = &finished.run;
    let _ = writeln!(text, "performance budget of {}: {}", run.name, finished.findings.verdict());
    let _ = writeln!(text, "  at {}:{}", run.place.0, run.place.1);
    rows(&mut text, &finished.findings.rows);
    if finished.epochs > 1 {
        let _ = writeln!(text, "  measured in {} epochs; the last is shown", finished.epochs);
    }
    if let Some(advice) = &finished.advice {
        let _ = writeln!(text, "  {advice}");
    }
    if !finished.times.is_empty() {
        histogram(&mut text, &finished.times);
    }
    curve(&mut text, &finished.curve);
    probes(&mut text, &finished.snapshot);
    if let Some(test) = run.test {
        let _ = writeln!(text, "\n  look deeper: {}", command(test));
    }
    text
}

/// One line: the verdict and every promise that is not kept.
#[must_use]
pub fn line<R>(finished: &Finished<R>) -> String {
    let mut text = format!("performance budget of {}: {}", finished.run.name, word(&finished.findings.verdict()));
    let mut mark = ':';
    for row in worst_first(&finished.findings.rows).filter(|row| !row.verdict.is_pass()) {
        if row.severity == Severity::Target && !row.verdict.is_fail() {
            continue;
        }
        let missed = if row.severity == Severity::Target { "target missed" } else { "not shown" };
        let _ = write!(text, "{mark} {}, measured {}, {missed}", row.promise(), row.measured());
        match &row.verdict {
            Verdict::Inconclusive(reason) if row.reason.is_empty() => _ = write!(text, " ({reason})"),
            Verdict::Inconclusive(reason) => _ = write!(text, " ({reason}: {})", row.reason),
            _ if row.reason.is_empty() => {}
            _ => _ = write!(text, " ({})", row.reason),
        }
        mark = ';';
    }
    if let Some(advice) = &finished.advice {
        let _ = write!(text, "; {advice}");
    }
    text
}

fn word(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "PASS",
        Verdict::Fail => "FAIL",
        Verdict::Inconclusive(_) => "INCONCLUSIVE",
    }
}

/// A table of promises, each with its measurement, its verdict, and how sure that is.
pub(super) fn rows(text: &mut String, rows: &[Row]) {
    let width = |of: fn(&Row) -> String| rows.iter().map(|row| of(row).chars().count()).max().unwrap_or(0);
    let (first, second) = (width(Row::promise).max(8), width(Row::measured).max(8));
    let _ = writeln!(text, "\n  {:first$}  {:>second$}  verdict", "promised", "measured");
    for row in worst_first(rows) {
        let verdict = match (&row.verdict, row.severity) {
            (Verdict::Fail, Severity::Target) => "WARN (target missed)".to_owned(),
            (verdict, _) => verdict.to_string(),
        };
        let _ = writeln!(text, "  {:first$}  {:>second$}  {verdict}", row.promise(), row.measured());
        for part in [row.reason.clone(), certainty(row)].into_iter().filter(|part| !part.is_empty()) {
            let _ = writeln!(text, "  {:first$}  {:>second$}    {part}", "", "");
        }
    }
}

/// Broken limits, then undecided ones, then missed targets, then kept promises; each in the order of the budget.
fn worst_first(rows: &[Row]) -> impl Iterator<Item = &Row> {
    let rank = |row: &&Row| match (&row.verdict, row.severity) {
        (Verdict::Fail, Severity::Limit) => 0,
        (Verdict::Inconclusive(_), Severity::Limit) => 1,
        (Verdict::Fail, Severity::Target) => 2,
        (Verdict::Inconclusive(_), Severity::Target) => 3,
        (Verdict::Pass, _) => 4,
    };
    let mut sorted: Vec<&Row> = rows.iter().collect();
    sorted.sort_by_key(rank);
    sorted.into_iter()
}

fn certainty(row: &Row) -> String {
    // Growth says in its reason how sure it is.
    if row.exact || row.samples == 0 || !row.verdict.is_fail() || row.unit == Unit::Exponent {
        return String::new();
    }
    let chance = if row.error < 1e-12 { "below 1e-12".to_owned() } else { format!("{:.1e}", row.error) };
    format!("{} values; the chance of this by accident: {chance} in one epoch", row.samples)
}

/// Bins of equal width in logarithms, from the least value to the greatest.
fn histogram(text: &mut String, times: &[f64]) {
    let ascending = sorted(times);
    let at = |p: f64| Shown(ascending[rank_of(p, ascending.len())], Unit::Nanoseconds);
    let _ = writeln!(
        text,
        "\n  {} calls: median {}, p95 {}, p99 {}, greatest {}",
        times.len(),
        at(0.5),
        at(0.95),
        at(0.99),
        at(1.0)
    );
    let (least, greatest) = (ascending[0].max(1.0), ascending[ascending.len() - 1].max(1.0));
    let step = (greatest / least).powf(1.0 / BINS as f64);
    if step < 1.001 {
        return;
    }
    let mut from = 0;
    let mut edges = Vec::new();
    for bin in 1..=BINS {
        let edge = least * step.powi(i32::try_from(bin).unwrap_or(0));
        let to = if bin == BINS { ascending.len() } else { ascending.partition_point(|time| *time < edge) };
        edges.push((edge, to - from));
        from = to;
    }
    let most = edges.iter().map(|bin| bin.1).max().unwrap_or(1).max(1);
    for (edge, count) in edges {
        let length = (count as f64 / most as f64 * BAR).ceil();
        let bar = "█".repeat(floor(length));
        let edge = Shown(edge, Unit::Nanoseconds).to_string();
        let _ = writeln!(text, "  {:>10} {bar} {count}", format!("< {edge}"));
    }
}

fn curve(text: &mut String, curve: &[(u64, f64)]) {
    if curve.is_empty() {
        return;
    }
    let _ = writeln!(text, "\n  {:>12}  {:>10}  {:>12}", "size", "time", "per element");
    for (size, time) in curve {
        let each = Shown(time / (*size as f64).max(1.0), Unit::Nanoseconds).to_string();
        let _ = writeln!(text, "  {size:>12}  {:>10}  {each:>12}", Shown(*time, Unit::Nanoseconds).to_string());
    }
}

/// The probes inside that cost most, and that allocated most, by their self time and own allocations.
fn probes(text: &mut String, snapshot: &Snapshot) {
    let inside: Vec<&ProbeStats> = super::scope::inside(snapshot).collect();
    let time = |probe: &ProbeStats| crate::nanos::nanos(probe.self_time());
    let whole: u64 = inside.iter().map(|probe| time(probe)).sum();
    if whole > 0 {
        let _ = writeln!(text, "\n  cost most inside (own time):");
        for probe in top(&inside, time) {
            let share = 100.0 * time(probe) as f64 / whole as f64;
            let each = time(probe) as f64 / probe.calls().max(1) as f64;
            let each = Shown(each, Unit::Nanoseconds);
            let _ = writeln!(text, "    {share:>3.0} %  {}  {each} × {} calls", probe.name(), probe.calls());
        }
    }
    let allocating: Vec<_> = top(&inside, ProbeStats::self_allocs);
    if !allocating.is_empty() {
        let _ = writeln!(text, "  allocated most inside (own allocations):");
        for probe in allocating {
            let calls = probe.calls().max(1) as f64;
            let allocs = Shown(probe.self_allocs() as f64 / calls, Unit::Count).to_string();
            let bytes = Shown(probe.self_alloc_bytes() as f64 / calls, Unit::Bytes);
            let s = if allocs == "1" { "" } else { "s" };
            let _ = writeln!(text, "    {}  {allocs} allocation{s}, {bytes} per call", probe.name());
        }
    }
}

fn top<'a>(probes: &[&'a ProbeStats], by: impl Fn(&ProbeStats) -> u64) -> Vec<&'a ProbeStats> {
    let mut some: Vec<&ProbeStats> = probes.iter().copied().filter(|probe| by(probe) > 0).collect();
    some.sort_by_key(|probe| std::cmp::Reverse(by(probe)));
    some.truncate(TOP);
    some
}

/// The command that runs this test again with everything that its probes record.
fn command(test: &str) -> String {
    let package = std::env::var("CARGO_PKG_NAME").map_or_else(|_| String::new(), |package| format!(" -p {package}"));
    format!("PERF_GATE_DETAIL=1 cargo test --release{package} {test} -- --exact --nocapture")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::Reason;

    #[test]
    fn broken_limits_come_first() {
        let row = |metric: &str, severity, verdict| Row {
            severity,
            ..Row::new(metric, Unit::Count, 1.0).verdict(verdict, "")
        };
        let unsure = || Verdict::Inconclusive(Reason::Undecided);
        let mixed = [
            row("kept", Severity::Limit, Verdict::Pass),
            row("missed", Severity::Target, Verdict::Fail),
            row("unsure", Severity::Limit, unsure()),
            row("broken", Severity::Limit, Verdict::Fail),
            row("broken too", Severity::Limit, Verdict::Fail),
        ];
        let order: Vec<&str> = worst_first(&mixed).map(|row| row.metric.as_str()).collect();
        assert_eq!(order, ["broken", "broken too", "unsure", "missed", "kept"]);
    }
}
