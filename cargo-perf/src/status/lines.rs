//! A line for each budget: target and limit of one figure of one probe, together with the measured value.

use perf_exporters::report::{BudgetReport, BudgetVerdict};
use perf_exporters::{Report, human};
use serde::Serialize;

use crate::budgets::{Budgets, Row};
use perf_exporters::judge::Verdict;

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
    /// Too little was measured for a verdict.
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

/// Lines of the budgets that the reports declare, then those of the file, each in its own order.
pub(super) fn of(runs: &[Report], file: Option<&Budgets>) -> Vec<Line> {
    let declared: Report = runs.iter().cloned().collect();
    let declared = declared.budgets.iter().map(Line::declared);
    let kept = file.map(|file| file.judge(runs).rows).unwrap_or_default();
    declared.chain(paired(&kept)).collect()
}

/// Target and limit of a figure stand one after the other.
fn paired(rows: &[Row]) -> impl Iterator<Item = Line> + '_ {
    rows.chunk_by(|a, b| (&a.probe, &a.figure) == (&b.probe, &b.figure)).map(|both| {
        let target = both.iter().find(|row| row.target);
        let limit = both.iter().find(|row| !row.target);
        let of = |row: Option<&Row>| row.map(|row| row.verdict.clone());
        Line {
            probe: both[0].probe.clone(),
            metric: both[0].figure.clone(),
            target: target.map(|row| row.bound.clone()),
            limit: limit.map(|row| row.bound.clone()),
            current: both[0].actual.clone(),
            gap: target.or(limit).and_then(|row| row.used).map(|used| used - 1.0),
            status: status(of(target), of(limit)),
        }
    })
}

fn status(target: Option<Verdict>, limit: Option<Verdict>) -> Status {
    // Where there is no limit, an undecided target makes the line undecided.
    match (target, limit) {
        (_, Some(Verdict::Fail)) => Status::Broken,
        (Some(Verdict::Inconclusive(_)) | None, None) | (_, Some(Verdict::Inconclusive(_))) => Status::Undecided,
        (Some(Verdict::Fail | Verdict::Inconclusive(_)), _) => Status::WithinLimit,
        (Some(Verdict::Pass) | None, _) => Status::Met,
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
        }
    }
}

#[cfg(test)]
mod tests {
    use perf_exporters::judge::Reason;

    use super::*;

    #[test]
    fn a_line_is_as_good_as_its_worst_bound() {
        let unsure = || Verdict::Inconclusive(Reason::Invalid("few".into()));
        for (target, limit, expected) in [
            (Some(Verdict::Pass), Some(Verdict::Pass), Status::Met),
            (None, Some(Verdict::Pass), Status::Met),
            (Some(Verdict::Fail), Some(Verdict::Pass), Status::WithinLimit),
            (Some(unsure()), Some(Verdict::Pass), Status::WithinLimit),
            (Some(Verdict::Fail), None, Status::WithinLimit),
            (Some(Verdict::Fail), Some(Verdict::Fail), Status::Broken),
            (Some(Verdict::Pass), Some(unsure()), Status::Undecided),
            (Some(unsure()), None, Status::Undecided),
        ] {
            assert_eq!(status(target.clone(), limit.clone()), expected, "{target:?} {limit:?}");
        }
    }
}
