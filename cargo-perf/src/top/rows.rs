//! The rows of a list: probes and budgets, filtered and sorted.

use std::cmp::Ordering;

use perf_exporters::Report;
use perf_exporters::label::shown;
use perf_exporters::report::{BudgetReport, BudgetVerdict, ProbeReport};

use super::figure::Figure;
use super::interval::{Interval, by_name};

/// The order of rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Order {
    pub(super) by: Figure,
    /// The least first, and names from Z to A.
    pub(super) reversed: bool,
}

/// A probe in a list.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row<'a> {
    /// Figures since the program started.
    pub(super) total: &'a ProbeReport,
    /// Figures of the shown interval; none where the probe was not called in it.
    pub(super) probe: Option<&'a ProbeReport>,
    pub(super) whole: Whole,
}

/// The totals that shares refer to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Whole {
    /// The length of the shown interval; none for totals.
    pub(super) seconds: Option<f64>,
    pub(super) working_ns: u64,
    pub(super) self_bytes: u64,
}

impl Whole {
    fn of(report: &Report, seconds: Option<f64>) -> Self {
        let self_bytes = report.probes.iter().fold(0_u64, |sum, probe| sum.saturating_add(probe.self_alloc_bytes));
        Self { seconds, working_ns: report.working_ns(), self_bytes }
    }
}

/// The probe, with the figures that are shown.
pub(super) fn row<'a>(report: &'a Report, interval: Option<&'a Interval>, name: &str) -> Option<Row<'a>> {
    let total = report.probe(name)?;
    let (probe, whole) = match interval {
        Some(interval) => (interval.report.probe(name), Whole::of(&interval.report, Some(interval.seconds))),
        None => (Some(total), Whole::of(report, None)),
    };
    Some(Row { total, probe, whole })
}

/// All probes that the filter lets through, sorted.
pub(super) fn probes<'a>(
    report: &'a Report,
    interval: Option<&'a Interval>,
    filter: &str,
    order: Order,
) -> Vec<Row<'a>> {
    let lately = interval.map(|interval| by_name(&interval.report));
    let whole = match interval {
        Some(interval) => Whole::of(&interval.report, Some(interval.seconds)),
        None => Whole::of(report, None),
    };
    let row = |total: &'a ProbeReport| {
        let probe = match &lately {
            Some(lately) => lately.get(total.name.as_str()).copied(),
            None => Some(total),
        };
        Row { total, probe, whole }
    };
    let fits = |row: &Row| passes(filter, &row.total.name);
    let mut rows: Vec<(f64, Row)> =
        report.probes.iter().map(row).filter(fits).map(|row| (order.by.value(&row), row)).collect();
    rows.sort_by(|(a, of_a), (b, of_b)| {
        let names = of_a.total.name.cmp(&of_b.total.name);
        let order_of = |by: Ordering| if order.reversed { by.reverse() } else { by };
        match order.by {
            Figure::Name => order_of(names),
            // Probes that were not called stay below, in either order.
            _ => (of_a.probe.is_none().cmp(&of_b.probe.is_none())).then(order_of(b.total_cmp(a))).then(names),
        }
    });
    rows.into_iter().map(|(_, row)| row).collect()
}

/// All budgets that the filter lets through, the worst first.
pub(super) fn budgets<'a>(report: &'a Report, filter: &str) -> Vec<&'a BudgetReport> {
    let mut budgets: Vec<_> = report.budgets.iter().filter(|budget| passes(filter, &budget.probe)).collect();
    budgets.sort_by(|a, b| {
        let worst_first = urgency(b.verdict).cmp(&urgency(a.verdict));
        worst_first
            .then_with(|| used(b).total_cmp(&used(a)))
            .then_with(|| (&a.probe, &a.metric).cmp(&(&b.probe, &b.metric)))
    });
    budgets
}

/// Most urgent first. An undecided budget is less urgent than a missed target.
fn urgency(verdict: BudgetVerdict) -> u8 {
    match verdict {
        BudgetVerdict::Fail => 3,
        BudgetVerdict::Warn => 2,
        BudgetVerdict::Inconclusive => 1,
        _ => 0,
    }
}

/// How much of the limit, or else of the target, is used up.
pub(super) fn used(budget: &BudgetReport) -> f64 {
    let bound = budget.limit.or(budget.target).filter(|bound| *bound > 0.0);
    match (budget.actual, bound) {
        // More is better.
        (Some(actual), Some(bound)) if budget.is_minimum() && actual > 0.0 => bound / actual,
        (Some(actual), Some(bound)) if !budget.is_minimum() => actual / bound,
        _ => 0.0,
    }
}

/// Whether a name contains the text, in capitals or not.
fn passes(filter: &str, name: &str) -> bool {
    filter.is_empty() || shown(name).to_lowercase().contains(&filter.to_lowercase())
}
