//! Figures that no probe has, with target and limit: rates that were held, connections, memory, processor time.
//!
//! They are compared as they are. A row in the report is what `cargo perf status` shows.

use perf_exporters::report::{BudgetReport, BudgetVerdict};
use perf_load::Outcome;

/// A figure and its bounds.
struct Gauge {
    of: &'static str,
    metric: &'static str,
    unit: &'static str,
    actual: Option<f64>,
    target: Option<f64>,
    limit: f64,
    is_minimum: bool,
}

impl Gauge {
    fn judged(self) -> BudgetReport {
        let keeps = |actual: f64, bound: f64| if self.is_minimum { actual >= bound } else { actual <= bound };
        let mut row = BudgetReport::default();
        row.verdict = match self.actual {
            None => BudgetVerdict::Inconclusive,
            Some(actual) if !keeps(actual, self.limit) => BudgetVerdict::Fail,
            Some(actual) if self.target.is_some_and(|target| !keeps(actual, target)) => BudgetVerdict::Warn,
            Some(_) => BudgetVerdict::Pass,
        };
        (row.probe, row.metric, row.unit) = (self.of.to_owned(), self.metric.to_owned(), self.unit.to_owned());
        (row.actual, row.target, row.limit) = (self.actual, self.target, Some(self.limit));
        row
    }
}

/// Requests a second that were served well.
pub(super) fn rate(of: &'static str, outcome: &Outcome, target: f64, limit: f64) -> BudgetReport {
    let served = outcome.achieved() * (1.0 - outcome.error_rate());
    let gauge = Gauge {
        of,
        metric: "throughput",
        unit: "per_second",
        actual: Some(served),
        target: Some(target),
        limit,
        is_minimum: true,
    };
    gauge.judged()
}

/// A figure of the process that may be so much at most.
pub(super) fn at_most(metric: &'static str, unit: &'static str, actual: Option<f64>, limit: f64) -> BudgetReport {
    Gauge { of: "process", metric, unit, actual, target: None, limit, is_minimum: false }.judged()
}
