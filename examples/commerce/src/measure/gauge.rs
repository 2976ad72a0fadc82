//! Figures that no probe has, with target and limit: rates that were held, connections, memory, processor time.
//!
//! They are compared as they are. A row in the report is what `cargo perf status` shows.

use perf_exporters::judge::Unit;
use perf_exporters::report::BudgetReport;
use perf_load::Outcome;

/// Requests a second that were served well; of a late generator it decides nothing.
pub(super) fn rate(of: &str, outcome: &Outcome, target: f64, limit: f64) -> BudgetReport {
    let served = outcome.achieved() * (1.0 - outcome.error_rate());
    let row = BudgetReport::of(of, "throughput", Unit::PerSecond, served).at_least(Some(target), Some(limit));
    row.doubted(outcome.validity.reason())
}

/// A figure of the process that may be so much at most.
pub(super) fn at_most(metric: &str, unit: Unit, actual: Option<f64>, limit: f64) -> BudgetReport {
    BudgetReport::of("process", metric, unit, actual.unwrap_or(f64::NAN)).at_most(None, Some(limit))
}
