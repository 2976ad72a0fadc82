//! How the main figures of the probes went from report to report, and where they changed.

use serde::Serialize;

use super::millis;
use super::names::Names;
use crate::report::{ProbeReport, Report};
use crate::stats::changepoint::{self, find};

/// Reports of a page, the latest ones.
const MOST_REPORTS: usize = 150;
/// Probes of a page.
const MOST_PROBES: usize = 40;

/// The figures that are followed, with their words on the page.
type Figure = (&'static str, fn(&ProbeReport) -> f64);

const FIGURES: [Figure; 4] = [
    ("p50", |probe| probe.quantiles.p50 as f64),
    ("p99", |probe| probe.quantiles.p99 as f64),
    ("self", |probe| probe.self_ns as f64 / probe.calls as f64),
    ("allocs", |probe| probe.allocs as f64 / probe.calls as f64),
];

#[derive(Serialize)]
pub(super) struct Trend {
    /// When each report ended, in milliseconds since 1970.
    times: Vec<u64>,
    /// Those that changed most come first.
    probes: Vec<Course>,
}

#[derive(Serialize)]
struct Course {
    name: u64,
    figures: Vec<Line>,
}

#[derive(Serialize)]
struct Line {
    figure: &'static str,
    /// A value for every report; none where the probe was not called.
    values: Vec<Option<f64>>,
    /// The first report after a change, and the medians before and after.
    changes: Vec<(usize, f64, f64)>,
}

impl Trend {
    /// Of a history and the report that the page is of, unless that is in it already. Nothing without a history.
    pub(super) fn of<'a>(report: &'a Report, history: &'a [Report], names: &mut Names<'a>) -> Option<Self> {
        if history.is_empty() {
            return None;
        }
        let is_new = history.iter().all(|earlier| earlier.meta.time != report.meta.time);
        let mut runs: Vec<&Report> = history.iter().chain(is_new.then_some(report)).collect();
        runs.sort_by_key(|run| run.meta.time);
        let runs = &runs[runs.len().saturating_sub(MOST_REPORTS)..];
        let mut probes: Vec<_> = busiest(report)
            .into_iter()
            .map(|probe| {
                let calls: Vec<_> = runs.iter().map(|run| run.probe(&probe.name).filter(|p| p.calls > 0)).collect();
                let lines: Vec<_> = FIGURES.iter().filter_map(|figure| Line::of(&calls, figure)).collect();
                (probe.name.as_str(), lines)
            })
            .filter(|(_, lines)| !lines.is_empty())
            .collect();
        // A stable sort: probes without a change stay in the order of what they cost.
        probes.sort_by(|(_, a), (_, b)| greatest(b).total_cmp(&greatest(a)));
        let course = |(name, figures): (&'a str, Vec<Line>)| Course { name: names.place(name), figures };
        Some(Self {
            times: runs.iter().map(|run| millis(run.meta.time)).collect(),
            probes: probes.into_iter().map(course).collect(),
        })
    }
}

/// The probes that cost most.
fn busiest(report: &Report) -> Vec<&ProbeReport> {
    let mut probes: Vec<_> = report.probes.iter().collect();
    probes.sort_by(|a, b| b.self_ns.cmp(&a.self_ns).then_with(|| a.name.cmp(&b.name)));
    probes.truncate(MOST_PROBES);
    probes
}

/// The greatest change among some figures, as a logarithm.
fn greatest(lines: &[Line]) -> f64 {
    let changes = lines.iter().flat_map(|line| &line.changes);
    changes.map(|(_, before, after)| (after.max(1e-9) / before.max(1e-9)).ln().abs()).fold(0.0, f64::max)
}

impl Line {
    /// A figure over the reports; nothing where it is always 0.
    fn of(calls: &[Option<&ProbeReport>], (figure, of): &Figure) -> Option<Self> {
        let values: Vec<Option<f64>> = calls.iter().map(|probe| probe.map(|probe| rounded(of(probe)))).collect();
        if values.iter().flatten().all(|value| *value == 0.0) {
            return None;
        }
        let known: Vec<(usize, f64)> =
            values.iter().enumerate().filter_map(|(at, value)| value.map(|value| (at, value))).collect();
        let history: Vec<f64> = known.iter().map(|(_, value)| *value).collect();
        let found = find(&history, &changepoint::Options::default());
        let changes = found.iter().map(|change| (known[change.index].0, change.before, change.after)).collect();
        Some(Self { figure, values, changes })
    }
}

/// To four digits: more could not be drawn.
fn rounded(value: f64) -> f64 {
    format!("{value:.3e}").parse().ok().filter(|value: &f64| value.is_finite()).unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use super::*;

    fn run(at: u64, medians: &[(&str, u64)]) -> Report {
        let mut report = Report::default();
        report.meta.time = SystemTime::UNIX_EPOCH + Duration::from_secs(at);
        for (name, median) in medians {
            let mut probe = ProbeReport::new(*name);
            (probe.calls, probe.self_ns, probe.quantiles.p50) = (10, 10 * median, *median);
            report.probes.push(probe);
        }
        report
    }

    #[test]
    fn what_changed_comes_first_and_says_where() {
        let median = |at: u64| if at < 12 { 1_000 } else { 1_500 } + at * 7 % 5;
        let history: Vec<Report> =
            (0..24).map(|at| run(at, &[("big", 9_000 + at % 3), ("moved", median(at))])).collect();
        let mut names = Names::default();
        let trend = Trend::of(&history[23], &history[..20], &mut names).unwrap();
        assert_eq!(trend.times.len(), 21, "the report itself is the last");
        assert_eq!(trend.probes.len(), 2);
        let [p50, own] = &trend.probes[0].figures[..] else { panic!("what is always 0 is left out") };
        assert_eq!((p50.figure, own.figure), ("p50", "self"));
        assert_eq!(p50.changes.len(), 1);
        assert_eq!(p50.changes[0].0, 12);
        assert!(trend.probes[1].figures[0].changes.is_empty());
        assert!(Trend::of(&history[23], &[], &mut names).is_none());
        let known = Trend::of(&history[19], &history[..20], &mut names).unwrap();
        assert_eq!(known.times.len(), 20, "it is in the history already");
    }

    #[test]
    fn reports_without_the_probe_are_gaps() {
        let mut history: Vec<Report> = (0..20).map(|at| run(at, &[("p", if at < 10 { 100 } else { 300 })])).collect();
        history[3].probes.clear();
        let trend = Trend::of(&history[19], &history, &mut Names::default()).unwrap();
        let line = &trend.probes[0].figures[0];
        assert_eq!((line.values[3], line.values[4]), (None, Some(100.0)));
        assert_eq!(line.changes.iter().map(|change| change.0).collect::<Vec<_>>(), [10]);
    }

    #[test]
    fn four_digits() {
        for (value, shown) in [(0.0, 0.0), (123_456.0, 123_500.0), (0.012_345_6, 0.012_35), (f64::NAN, 0.0)] {
            assert!((rounded(value) - shown).abs() < 1e-9, "{value}");
        }
    }
}
