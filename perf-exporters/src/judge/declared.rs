//! Budgets declared on functions of the program, checked against a snapshot.
//!
//! Bounds on a probe's own figures are judged by [`bound`](super::bound). How often another probe was called is judged by the
//! call tree, where it was recorded; without it all calls of that probe are known to be enough for a PASS only. A probe that
//! did not run at all proves nothing: its name may be wrong, and is INCONCLUSIVE, unless none of its calls is allowed.

use perf_core::budget::{BudgetSpec, CallLimit, Clock, Limit};
use perf_core::{ProbeStats, Snapshot};

use super::bound::{self, Quantity, is_counter, per_call};
use super::budget::{amount, never_ran};
use super::figures::Figures;
use super::findings::{Findings, Row};
use super::verdict::{Severity, Unit};

/// Checks every budget that functions of the program declare against their figures in a snapshot.
///
/// A missed limit on time in a build without optimisation is [`Reason::DebugBuild`](crate::judge::Reason::DebugBuild), unless the budget says
/// `debug = true`. Every row's metric begins with the probe's name.
///
/// ```
/// use perf_core::{Session, perf_budget};
/// use perf_exporters::judge;
///
/// #[perf_budget(name = "double", p99 = "1s")]
/// fn double(n: u64) -> u64 {
///     2 * n
/// }
///
/// let session = Session::new();
/// session.run(|| (0..1_000).map(double).sum::<u64>());
/// let findings = judge::check(&session.snapshot());
/// if perf_core::is_enabled() {
///     assert_eq!(findings.rows[0].metric, "double: p99");
///     assert!(findings.verdict().is_pass());
/// }
/// ```
#[must_use]
pub fn check(snapshot: &Snapshot) -> Findings {
    check_as(snapshot, cfg!(debug_assertions))
}

/// [`check`] of code that was, or was not, built without optimisation.
#[must_use]
pub fn check_as(snapshot: &Snapshot, debug_build: bool) -> Findings {
    let named = |(probe, row): (String, Row)| Row { metric: format!("{probe}: {}", row.metric), ..row };
    rows(snapshot, debug_build).map(named).collect()
}

/// Every row with the name of its probe, in a build like this one.
pub(crate) fn declared_rows(snapshot: &Snapshot) -> impl Iterator<Item = (String, Row)> {
    rows(snapshot, cfg!(debug_assertions))
}

fn rows(snapshot: &Snapshot, debug_build: bool) -> impl Iterator<Item = (String, Row)> {
    let called = snapshot.probes().filter(|probe| probe.calls() > 0);
    let budgets = called.flat_map(|probe| probe.budgets().iter().map(move |spec| (probe, *spec)));
    budgets.flat_map(move |(probe, spec)| {
        let mut findings = check_one(probe, spec, snapshot);
        if debug_build && !spec.debug {
            findings.soften_time();
        }
        findings.rows.into_iter().map(|row| (probe.name().to_owned(), row))
    })
}

fn check_one(probe: &ProbeStats, spec: &BudgetSpec, snapshot: &Snapshot) -> Findings {
    let limits = spec.limits.iter().map(|limit| (limit, Severity::Limit));
    let targets = spec.targets.iter().map(|limit| (limit, Severity::Target));
    let figures = Figures::of(probe, snapshot.meta().alloc_tracking);
    let bounds = limits.chain(targets).map(|(limit, severity)| Row { severity, ..judge(limit, &figures, spec.clock) });
    bounds.chain(spec.calls.iter().map(|limit| calls(probe, limit, snapshot))).collect()
}

fn judge(limit: &Limit, figures: &Figures, clock: Clock) -> Row {
    let quantity = Quantity::Metric(limit.metric);
    let row = bound::hold(quantity, amount(limit.bound), figures);
    let is_time = matches!(row.unit, Unit::Nanoseconds | Unit::PerSecond) && !is_counter(limit.metric);
    if is_time && clock == Clock::Cpu {
        return row.invalid("a probe measures passing time; processor time takes a test");
    }
    row
}

fn calls(probe: &ProbeStats, limit: &CallLimit, snapshot: &Snapshot) -> Row {
    let metric = format!("calls({:?})", limit.probe);
    let row = Row { exact: true, ..Row::new(metric, Unit::Count, limit.calls as f64) };
    if limit.calls > 0 && snapshot.get(limit.probe).is_none_or(|probe| probe.calls() == 0) {
        let called = snapshot.probes().filter(|probe| probe.calls() > 0);
        let others = called.map(ProbeStats::name).filter(|name| *name != probe.name());
        return never_ran(row, others);
    }
    if let Some((own, inside)) = in_tree(probe.name(), limit.probe, snapshot) {
        return per_call(row, i128::from(inside), own);
    }
    let all = snapshot.get(limit.probe).map_or(0, ProbeStats::calls);
    let row = per_call(row, i128::from(all), probe.calls());
    if row.verdict.is_pass() {
        return row;
    }
    row.invalid("others may have called it; the call tree would tell: `perf_core::set_call_tree(true)`")
}

/// Calls of the outermost nodes of one probe in the call tree, and of another below them.
fn in_tree(outer: &str, inner: &str, snapshot: &Snapshot) -> Option<(u64, u64)> {
    let nodes = snapshot.tree().nodes();
    let mut inside = vec![false; nodes.len()];
    let (mut own, mut below) = (0, 0);
    for (at, node) in nodes.iter().enumerate() {
        let under = inside[node.parent];
        if under && node.name == inner {
            below += node.calls;
        }
        if !under && node.name == outer {
            own += node.calls;
        }
        inside[at] = under || node.name == outer;
    }
    (own > 0).then_some((own, below))
}

#[cfg(test)]
#[path = "declared_tests.rs"]
mod tests;
