//! `cargo perf trend`: when a history of reports changed.
//!
//! [`history`] reads and extends the history, [`states`] says of two levels that they are states of the machine, [`chart`] draws for the
//! terminal and [`svg`] for a browser; this module searches.

mod chart;
mod history;
mod states;
mod svg;

use std::fmt::Write;
use std::process::ExitCode;
use std::time::SystemTime;

use perf_exporters::Report;
use perf_exporters::baseline::{Baseline, Difference, Metric};
use perf_exporters::judge::Side;
use perf_exporters::label::shown;
use perf_exporters::markdown::code;
use perf_exporters::report::Machine;
use perf_exporters::stats::changepoint::{self, ChangePoint, Kind};
use serde::Serialize;

use crate::budgets::fits;
use crate::cli::{Format, TrendArgs};
use crate::failure::{Failure, Result};
use crate::out::{self, BOLD, DIM, painted};
use crate::{diff, input};
use states::TwoStates;

/// One probe's history.
#[derive(Serialize)]
struct Trend {
    probe: String,
    metric: Metric,
    points: Vec<Point>,
    changes: Vec<Change>,
    /// The two levels between which it goes to and fro, where that is all.
    states: Option<TwoStates>,
}

/// A value and when it was measured.
#[derive(Clone, Copy, Serialize)]
struct Point {
    #[serde(serialize_with = "rfc3339")]
    time: SystemTime,
    value: f64,
}

/// Where the values changed.
#[derive(Serialize)]
struct Change {
    /// Index of the first value after it.
    index: usize,
    #[serde(serialize_with = "rfc3339")]
    time: SystemTime,
    before: f64,
    after: f64,
    /// Share of shuffles with as great a distance by chance.
    p: f64,
    worse: bool,
    /// `level`, `drift` or `spread`.
    kind: &'static str,
    /// What else changed there: machine, compiler, build or allocator.
    beside: Vec<Difference>,
}

/// The name of a kind of change.
fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Drift => "drift",
        Kind::Spread => "spread",
        _ => "level",
    }
}

fn rfc3339<S: serde::Serializer>(time: &SystemTime, serializer: S) -> std::result::Result<S::Ok, S::Error> {
    serializer.collect_str(&humantime::format_rfc3339_seconds(*time))
}

/// Fewer values than this cannot show a credible change.
const LEAST: usize = 10;
/// So many charts are shown where no probes were chosen.
const CHARTS: usize = 6;

pub(crate) fn run(args: &TrendArgs) -> Result<ExitCode> {
    let metric = diff::metric(&args.metric)?;
    if !(args.least > 0.0 && args.least < 1e6) {
        return Err(Failure::new(format!("--least {}: must be a number of per cent above zero", args.least)));
    }
    if !args.add.is_empty() {
        let reports = input::reports(&args.add)?;
        history::append(&args.history, &reports)?;
        out::progress(&format!("{} reports added to {}", reports.len(), args.history.display()));
    }
    let reports = history::read(&args.history)?;
    let trends = search(&reports, metric, args);
    if trends.is_empty() {
        let names: Vec<&str> =
            reports.iter().flat_map(|report| &report.probes).map(|probe| probe.name.as_str()).collect();
        let example = names.first().map_or_else(String::new, |name| format!("; there is {name:?}, for one"));
        return Err(Failure::new(format!(
            "{}: no probe there has {metric}, or none fits --probe{example}",
            args.history.display()
        )));
    }
    if let Some(path) = &args.svg {
        svg::draw(path, &charted(&trends, args))?;
        out::progress(&format!("drawn into {}", path.display()));
    }
    match args.format {
        Format::Json => out::json(&trends)?,
        Format::Markdown => out::print(&markdown(&trends, reports.len()))?,
        Format::Table => out::print(&table(&trends, reports.len(), args))?,
    }
    Ok(ExitCode::SUCCESS)
}

fn search(reports: &[Report], metric: Metric, args: &TrendArgs) -> Vec<Trend> {
    let mut names: Vec<&str> = reports
        .iter()
        .flat_map(|report| &report.probes)
        .map(|probe| probe.name.as_str())
        .filter(|name| args.probe.is_empty() || args.probe.iter().any(|pattern| fits(pattern, name)))
        .collect();
    names.sort_unstable();
    names.dedup();
    let baselines: Vec<(&Report, Baseline)> =
        reports.iter().map(|report| (report, Baseline::from_runs([report]))).collect();
    let value = |baseline: &Baseline, name: &str| {
        let entry = baseline.get(name)?;
        let sections = entry.times.values().chain([&entry.counts]);
        sections.filter_map(|section| section.get(metric)).map(perf_exporters::baseline::Figure::value).next()
    };
    let trend = |name: &str| {
        let measured = |(report, baseline): &(&Report, Baseline)| {
            Some((Point { time: report.meta.time, value: value(baseline, name)? }, report.meta.machine.clone()))
        };
        let (points, machines): (Vec<Point>, Vec<Machine>) = baselines.iter().filter_map(measured).unzip();
        (!points.is_empty()).then(|| Trend::of(name, metric, points, &machines, args.least / 100.0))
    };
    let mut trends: Vec<Trend> = names.into_iter().filter_map(trend).collect();
    // The trend that changed most comes first.
    trends.sort_by(|a, b| b.size().total_cmp(&a.size()));
    trends
}

impl Trend {
    fn of(probe: &str, metric: Metric, points: Vec<Point>, machines: &[Machine], least_change: f64) -> Self {
        let values: Vec<f64> = points.iter().map(|point| point.value).collect();
        let options = changepoint::Options { least_change, ..changepoint::Options::default() };
        let worse = |change: &ChangePoint| match metric.as_diff().side() {
            Side::AtMost => change.after > change.before,
            Side::AtLeast => change.after < change.before,
        };
        let changes: Vec<Change> = changepoint::find(&values, &options)
            .into_iter()
            .map(|found| Change {
                index: found.index,
                time: points[found.index].time,
                before: found.before,
                after: found.after,
                p: found.p,
                worse: found.kind != Kind::Spread && worse(&found),
                kind: kind(found.kind),
                beside: beside(machines, found.index),
            })
            .collect();
        let states = TwoStates::of(&values, &options).filter(|_| changes.is_empty());
        Self { probe: probe.to_owned(), metric, points, changes, states }
    }

    /// The greatest change in it, as a logarithm.
    fn size(&self) -> f64 {
        self.changes.iter().map(|change| (change.after / change.before).ln().abs()).fold(0.0, f64::max)
    }
}

/// What else changed at this report, or so near to it that a step of the values may lie on either side.
fn beside(machines: &[Machine], index: usize) -> Vec<Difference> {
    const NEAR: usize = 2;
    let (from, to) = (index.saturating_sub(NEAR).max(1), (index + NEAR).min(machines.len().saturating_sub(1)));
    let mut places: Vec<usize> = (from..=to).collect();
    places.sort_by_key(|at| at.abs_diff(index));
    let differences = places.into_iter().map(|at| Difference::between(&machines[at - 1], &machines[at]));
    differences.into_iter().find(|found| !found.is_empty()).unwrap_or_default()
}

/// `another rustc (1.94.0 → 1.95.0)`; empty where nothing else changed.
fn told_beside(change: &Change) -> String {
    if change.beside.is_empty() {
        return String::new();
    }
    let fields: Vec<String> = change
        .beside
        .iter()
        .map(|difference| format!("{} ({} → {})", difference.field, shown(&difference.old), shown(&difference.new)))
        .collect();
    format!("another {}", fields.join(", "))
}

/// The trends to draw: the requested ones, or those that changed, or at least some.
fn charted<'a>(trends: &'a [Trend], args: &TrendArgs) -> Vec<&'a Trend> {
    let changed = trends.iter().filter(|trend| !trend.changes.is_empty()).count();
    let most = if args.probe.is_empty() { changed.clamp(1, CHARTS) } else { trends.len() };
    trends.iter().take(most).collect()
}

fn percent(change: &Change) -> String {
    let value = 100.0 * (change.after / change.before - 1.0);
    if value.is_finite() { format!("{value:+.1} %").replace('-', "−") } else { "from 0".to_owned() }
}

fn date(time: SystemTime) -> String {
    humantime::format_rfc3339_seconds(time).to_string().replace('T', " ").trim_end_matches('Z').to_owned()
}

fn summary(trends: &[Trend], reports: usize) -> String {
    let found: usize = trends.iter().map(|trend| trend.changes.len()).sum();
    let changed = trends.iter().filter(|trend| !trend.changes.is_empty()).count();
    let metric = trends[0].metric;
    let short =
        if reports < LEAST { format!(" (a change needs {LEAST} reports to be believed)") } else { String::new() };
    format!("{reports} reports · {} of {} probes · {found} changes in {changed} of them{short}", metric, trends.len())
}

fn table(trends: &[Trend], reports: usize, args: &TrendArgs) -> String {
    let color = out::color();
    let mut text = format!("{} · {}\n", painted("perf trend", BOLD, color), summary(trends, reports));
    for trend in charted(trends, args) {
        let name = painted(&shown(&trend.probe), BOLD, color);
        let _ = write!(text, "\n{name} {}\n", painted(trend.metric.label(), DIM, color));
        text.push_str(&chart::draw(trend, out::width(), color));
        for change in &trend.changes {
            let (sign, style) = match (change.kind, change.worse) {
                // Of values that scatter differently neither is better.
                ("spread", _) => ("◆", BOLD),
                (_, true) => ("▲", chart::WORSE),
                (_, false) => ("▼", chart::BETTER),
            };
            let _ = writeln!(
                text,
                "  {} {}  {} → {}  {} {} of {}, {}  p = {:.3}",
                painted(sign, style, color),
                painted(&percent(change), style, color),
                chart::value(trend.metric, change.before),
                chart::value(trend.metric, change.after),
                match change.kind {
                    "drift" => "slowly, halfway at report",
                    "spread" => "values scatter differently from report",
                    _ => "from report",
                },
                change.index + 1,
                trend.points.len(),
                date(change.time),
                change.p,
            );
            let beside = told_beside(change);
            if !beside.is_empty() {
                let _ = writeln!(text, "      there, too: {}", painted(&beside, DIM, color));
            }
        }
        if trend.changes.is_empty() {
            let told = match &trend.states {
                Some(states) => states.told(trend.metric),
                None if trend.points.len() < LEAST => "too few reports to tell a change".to_owned(),
                None => "no change".to_owned(),
            };
            let _ = writeln!(text, "  {}", painted(&told, DIM, color));
        }
    }
    text
}

fn markdown(trends: &[Trend], reports: usize) -> String {
    let mut out = format!("### perf trend: {}\n\n", summary(trends, reports));
    if trends.iter().any(|trend| !trend.changes.is_empty()) {
        out.push_str(
            "| probe | figure | when | report | before | after | change | what | p | there, too |\n|---|---|---|--:|--:|--:|--:|---|--:|---|\n",
        );
    }
    for trend in trends {
        for change in &trend.changes {
            let _ = writeln!(
                out,
                "| {} | {} | {} | {} | {} | {} | {} {} | {} | {:.3} | {} |",
                code(&trend.probe),
                trend.metric,
                date(change.time),
                change.index + 1,
                chart::value(trend.metric, change.before),
                chart::value(trend.metric, change.after),
                match (change.kind, change.worse) {
                    ("spread", _) => "◆",
                    (_, true) => "⚠️",
                    (_, false) => "🚀",
                },
                percent(change),
                change.kind,
                change.p,
                told_beside(change).replace('|', "\\|"),
            );
        }
    }
    for trend in trends {
        if let Some(states) = &trend.states {
            // An empty line ends the table, or the heading's line.
            let end = if out.ends_with("\n\n") { "" } else { "\n" };
            let _ = writeln!(out, "{end}{} {}: {}.", code(&trend.probe), trend.metric, states.told(trend.metric));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at_levels(levels: [f64; 4]) -> Trend {
        let value = |run: usize| levels[run / 10] + (run * 7 % 5) as f64;
        let points = (0..40).map(|run| Point { time: SystemTime::UNIX_EPOCH, value: value(run) }).collect();
        Trend::of("probe", Metric::MeanNs, points, &vec![Machine::default(); 40], 0.05)
    }

    #[test]
    fn a_level_that_goes_to_and_fro_is_two_states() {
        let found = at_levels([1_000.0, 1_150.0, 1_000.0, 1_150.0]);
        assert!(found.changes.is_empty());
        let told = found.states.unwrap().told(Metric::MeanNs);
        assert!(told.starts_with("two states, 1.00 µs and 1.15 µs: it went from one to the other 3 times"), "{told}");
        assert!(told.contains("at the higher one now"), "{told}");
        let step = at_levels([1_000.0, 1_000.0, 1_150.0, 1_150.0]);
        assert!(step.changes.len() == 1 && step.states.is_none());
    }

    /// The whole of the Markdown form, with a table only where something changed.
    #[test]
    fn markdown_has_a_table_only_where_something_changed() {
        let [back, step] = [[1_000.0, 1_150.0, 1_150.0, 1_000.0], [1_000.0, 1_000.0, 1_150.0, 1_150.0]].map(at_levels);
        let states = "`probe` mean: two states, 1.00 µs and 1.15 µs: it was at the higher one from report 11 to 30 and came back, which is \
            no change: a state of the machine that came once, or a change that was taken back.\n";
        let alone = markdown(&[back], 40);
        assert_eq!(
            alone,
            format!("### perf trend: 40 reports · mean of 1 probes · 0 changes in 0 of them\n\n{states}")
        );
        let back = at_levels([1_000.0, 1_150.0, 1_150.0, 1_000.0]);
        let table = "| probe | figure | when | report | before | after | change | what | p | there, too |\n\
            |---|---|---|--:|--:|--:|--:|---|--:|---|\n\
            | `probe` | mean | 1970-01-01 00:00:00 | 21 | 1.00 µs | 1.15 µs | ⚠️ +15.0 % | level | 0.002 |  |\n";
        assert_eq!(
            markdown(&[step, back], 40),
            format!("### perf trend: 40 reports · mean of 2 probes · 1 changes in 1 of them\n\n{table}\n{states}")
        );
    }

    #[test]
    fn a_step_beside_another_compiler_or_allocator_is_said_to_be() {
        let machine = |run: usize| {
            let mut machine = Machine::default();
            (machine.rustc, machine.allocator) = ("1.94.0".into(), "system".into());
            if run >= 15 {
                machine.rustc = "1.95.0".into();
            }
            machine
        };
        let machines: Vec<Machine> = (0..30).map(machine).collect();
        let points = |step: usize| -> Vec<Point> {
            let value = |run: usize| 100.0 + (run % 3) as f64 + if run >= step { 40.0 } else { 0.0 };
            (0..30).map(|run| Point { time: SystemTime::UNIX_EPOCH, value: value(run) }).collect()
        };
        let at = |step| Trend::of("probe", Metric::MeanNs, points(step), &machines, 0.05).changes;
        for step in [14, 15, 16] {
            let found = at(step);
            assert_eq!(found.len(), 1);
            assert_eq!(told_beside(&found[0]), "another rustc (1.94.0 → 1.95.0)");
        }
        assert!(at(22)[0].beside.is_empty());
    }
}
