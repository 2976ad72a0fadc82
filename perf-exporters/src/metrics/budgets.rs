//! The figures of declared budgets.

use super::{Head, Unit, gauge};
use crate::report::{BudgetReport, BudgetVerdict};

/// A figure of a declared budget; in seconds, bytes or what else the label [`UNIT_LABEL`] says.
pub(crate) struct OfBudget {
    pub(crate) head: Head,
    pub(crate) value: fn(&BudgetReport) -> Option<f64>,
}

/// The metric that is bounded: `p99`, `allocs`, `calls("db")`.
pub(crate) const METRIC_LABEL: &str = "metric";
/// The unit of a budget's figures, since one metric holds those of all.
pub(crate) const UNIT_LABEL: &str = "unit";
/// The verdict that a series of [`VERDICT`] is about.
pub(crate) const VERDICT_LABEL: &str = "verdict";

/// The figures of a budget.
pub(crate) const OF_BUDGET: &[OfBudget] = &[
    OfBudget {
        head: gauge("budget.limit", Unit::Of("1"), "What must hold of the probe, in the unit that the label names."),
        value: |budget| budget.limit,
    },
    OfBudget {
        head: gauge("budget.target", Unit::Of("1"), "What should hold of the probe, in the unit that the label names."),
        value: |budget| budget.target,
    },
    OfBudget {
        head: gauge("budget.actual", Unit::Of("1"), "What was measured, in the unit that the label names."),
        value: |budget| budget.actual,
    },
];

/// What the measurement proves of a bound: 1 for the verdict that holds, 0 for each of the others.
pub(crate) const VERDICT: Head =
    gauge("budget.verdict", Unit::Of("1"), "1 for the verdict on the bound, 0 for the others.");

/// All verdicts and their words, from best to worst.
pub(crate) const VERDICTS: [(BudgetVerdict, &str); 4] = [
    (BudgetVerdict::Pass, "pass"),
    (BudgetVerdict::Inconclusive, "inconclusive"),
    (BudgetVerdict::Warn, "warn"),
    (BudgetVerdict::Fail, "fail"),
];

/// A figure of a budget in base units, and which that is. Nothing where there is no such figure.
pub(crate) fn in_base_unit<'a>(budget: &'a BudgetReport, of: &OfBudget) -> Option<(f64, &'a str)> {
    let value = (of.value)(budget).filter(|value| value.is_finite())?;
    match budget.unit.as_str() {
        "ns" => Some((value / 1e9, "seconds")),
        unit => Some((value, unit)),
    }
}
