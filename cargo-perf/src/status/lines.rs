//! A line for each budget: target and limit of one figure of one probe, together with the measured value.

use perf_exporters::gate_log::{Figure, Run};
use perf_exporters::judge::{Metric, Reason, Verdict};
use perf_exporters::report::{BudgetReport, BudgetVerdict};
use perf_exporters::{Report, human};
use serde::Serialize;

use crate::budgets::{Budgets, Row};

/// One figure of one probe.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Line {
    /// The probe, or `process`.
    pub(super) probe: String,
    /// The figure: `p99`, `allocs`.
    pub(super) metric: String,
    /// The target.
    pub(super) target: Option<String>,
    /// The limit.
    pub(super) limit: Option<String>,
    /// The measured value, with its unit.
    pub(super) current: Option<String>,
    /// How far the measured value is on the bad side of the target, or of the limit where there is no target: 0.12 is 12 %
    /// too much (of a throughput: too little), −0.4 is 40 % of room.
    pub(super) gap: Option<f64>,
    pub(super) status: Status,
    /// Why it is not met, in a sentence; empty where there is nothing to say.
    pub(super) reason: String,
}

/// The status of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Status {
    /// The target holds, or the limit where there is no target.
    Met,
    /// The limit holds, the target does not.
    WithinLimit,
    /// The limit does not hold.
    Broken,
    /// Too little was measured for a verdict on the limit, or on the target where the limit holds.
    Undecided,
}

impl Status {
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Met => "met",
            Self::WithinLimit => "within limit",
            Self::Broken => "MISSED",
            Self::Undecided => "undecided",
        }
    }
}

/// Lines of the budgets that the reports declare, then those of tests, then those of the file, each in its own order; of the file
/// only what was `measured`, where that is asked for.
pub(super) fn of(
    reports: &Report,
    runs: &[Report],
    tests: &[Run],
    file: Option<&Budgets>,
    measured: bool,
) -> Vec<Line> {
    let declared = reports.budgets.iter().map(Line::declared);
    let kept = file.map(|file| file.judge(runs).rows).unwrap_or_default();
    let kept = paired(&kept).filter(|line| !measured || line.current.is_some());
    declared.chain(latest(tests).flat_map(of_test)).chain(kept).collect()
}

/// The test of a run, or its budget where it ran in none.
fn name(run: &Run) -> &str {
    run.test.as_deref().unwrap_or(&run.budget)
}

/// The last run of each test, where each first stood.
fn latest(tests: &[Run]) -> impl Iterator<Item = &Run> {
    let firsts =
        tests.iter().enumerate().filter(|(at, run)| !tests[..*at].iter().any(|other| name(other) == name(run)));
    firsts.filter_map(|(_, first)| tests.iter().rev().find(|run| name(run) == name(first)))
}

/// The bounds of a test with a budget, as its log has them.
fn of_test(run: &Run) -> impl Iterator<Item = Line> + '_ {
    let mut metrics: Vec<&str> = Vec::new();
    for row in run.rows.iter().filter(|row| row.bound.is_some()) {
        if !metrics.contains(&row.metric.as_str()) {
            metrics.push(&row.metric);
        }
    }
    metrics.into_iter().map(|metric| {
        let of = |kind| run.rows.iter().find(|row| row.metric == metric && row.kind == kind);
        let (target, limit) = (of("target"), of("limit"));
        let unit = match limit.or(target).map(|row| row.unit.as_str()) {
            Some("nanoseconds") => "ns",
            Some("persecond") => "per_second",
            Some("ratio" | "share") => "ratio",
            Some("bytes") => "bytes",
            _ => "count",
        };
        let mut budget = BudgetReport::default();
        (budget.probe, budget.metric, budget.unit) = (name(run).to_owned(), metric.to_owned(), unit.to_owned());
        (budget.target, budget.limit) = (target.and_then(|row| row.bound), limit.and_then(|row| row.bound));
        budget.actual = limit.or(target).and_then(|row| row.actual);
        let known = |row: &Figure| Known::of(&row.verdict);
        let undecided = [limit, target].into_iter().flatten().find(|row| known(row) == Known::Undecided);
        Line {
            status: status(target.map(known), limit.map(known)),
            reason: undecided.map(|row| row.verdict.clone()).unwrap_or_default(),
            ..Line::declared(&budget)
        }
    })
}

/// Target and limit of a figure stand one after the other.
fn paired(rows: &[Row]) -> impl Iterator<Item = Line> + '_ {
    rows.chunk_by(|a, b| (&a.probe, &a.figure) == (&b.probe, &b.figure)).map(|both| {
        let target = both.iter().find(|row| row.target);
        let limit = both.iter().find(|row| !row.target);
        let of = |row: Option<&Row>| row.map(|row| Known::from(&row.verdict));
        Line {
            probe: both[0].probe.clone(),
            metric: both[0].figure.clone(),
            target: target.map(|row| row.bound.clone()),
            limit: limit.map(|row| row.bound.clone()),
            current: both[0].actual.clone(),
            gap: target.or(limit).and_then(|row| row.used).map(|used| used - 1.0),
            status: status(of(target), of(limit)),
            reason: reason([limit, target]),
        }
    })
}

/// Why the first of two bounds that is undecided is so.
fn reason(rows: [Option<&Row>; 2]) -> String {
    let undecided = rows.into_iter().flatten().find_map(|row| match &row.verdict {
        Verdict::Inconclusive(reason) => Some((row, why(&row.figure, reason))),
        _ => None,
    });
    match undecided {
        Some((row, why)) if row.target => format!("the target of {} is not proven: {why}", row.bound),
        Some((_, why)) => why,
        None => String::new(),
    }
}

/// The reason with the remedy, where that is more calls.
fn why(figure: &str, reason: &Reason) -> String {
    match reason {
        Reason::TooFewSamples { have, need } if figure == Metric::Errors.key() => {
            format!("{have} calls are too few to tell, {need} without an error would prove it")
        }
        Reason::TooFewSamples { have, need } => format!("{have} calls are too few to tell, it takes {need} or more"),
        other => other.to_string(),
    }
}

/// A verdict without its reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Known {
    Pass,
    Fail,
    Undecided,
}

impl Known {
    /// Of the word that a log has.
    fn of(word: &str) -> Self {
        match word {
            "PASS" => Self::Pass,
            "FAIL" => Self::Fail,
            _ => Self::Undecided,
        }
    }
}

impl From<&Verdict> for Known {
    fn from(verdict: &Verdict) -> Self {
        match verdict {
            Verdict::Pass => Self::Pass,
            Verdict::Fail => Self::Fail,
            Verdict::Inconclusive(_) => Self::Undecided,
        }
    }
}

fn status(target: Option<Known>, limit: Option<Known>) -> Status {
    match (target, limit) {
        (_, Some(Known::Fail)) => Status::Broken,
        (Some(Known::Fail), Some(Known::Pass) | None) => Status::WithinLimit,
        (Some(Known::Undecided), _) | (_, Some(Known::Undecided)) | (None, None) => Status::Undecided,
        (Some(Known::Pass), _) | (None, Some(Known::Pass)) => Status::Met,
    }
}

impl Line {
    fn declared(budget: &BudgetReport) -> Self {
        let text = |value: f64| human::figure(value, &budget.unit);
        Self {
            probe: budget.probe.clone(),
            metric: budget.metric.clone(),
            target: budget.target.map(text),
            limit: budget.limit.map(text),
            current: budget.actual.map(text),
            gap: budget.gap(),
            status: match budget.verdict {
                BudgetVerdict::Pass => Status::Met,
                BudgetVerdict::Warn => Status::WithinLimit,
                BudgetVerdict::Fail => Status::Broken,
                _ => Status::Undecided,
            },
            reason: if budget.verdict == BudgetVerdict::Pass { String::new() } else { budget.reason.clone() },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_as_good_as_its_worst_bound() {
        for (target, limit, expected) in [
            (Some(Known::Pass), Some(Known::Pass), Status::Met),
            (None, Some(Known::Pass), Status::Met),
            (Some(Known::Fail), Some(Known::Pass), Status::WithinLimit),
            (Some(Known::Undecided), Some(Known::Pass), Status::Undecided),
            (Some(Known::Fail), None, Status::WithinLimit),
            (Some(Known::Fail), Some(Known::Fail), Status::Broken),
            (Some(Known::Pass), Some(Known::Undecided), Status::Undecided),
            (Some(Known::Undecided), None, Status::Undecided),
        ] {
            assert_eq!(status(target, limit), expected, "{target:?} {limit:?}");
        }
    }
}
