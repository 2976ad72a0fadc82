//! The bounds of a probe's budgets, before any call is checked against them.

use perf_core::ProbeStats;
use perf_core::budget::Metric;

use super::bound::unit;
use super::budget::amount;
use super::findings::Row;
use super::verdict::{Severity, Side, Unit};

/// An undecided row for every bound that the probe declares.
pub(crate) fn unjudged(probe: &ProbeStats) -> impl Iterator<Item = Row> {
    probe.budgets().iter().flat_map(|spec| {
        let limits = spec.limits.iter().map(|limit| (limit, Severity::Limit));
        let targets = spec.targets.iter().map(|limit| (limit, Severity::Target));
        let bounds = limits.chain(targets).map(|(limit, severity)| {
            let side = if limit.metric == Metric::Throughput { Side::AtLeast } else { Side::AtMost };
            Row { severity, side, ..Row::new(limit.metric.key(), unit(limit.metric), amount(limit.bound)) }
        });
        let calls = |limit: &perf_core::budget::CallLimit| {
            Row::new(format!("calls({:?})", limit.probe), Unit::Count, limit.calls as f64)
        };
        bounds.chain(spec.calls.iter().map(calls))
    })
}
