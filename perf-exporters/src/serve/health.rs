//! Whether the program keeps the budgets that its functions declare, judged as a report judges them but by the last minute
//! or two alone: a program that was slow while it started is not ill for ever.

use serde::Serialize;

use crate::Report;
use crate::report::{BudgetReport, BudgetVerdict};

#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(super) struct Health {
    /// Bounds of functions that were called lately.
    pub(super) judged: usize,
    /// Those that too few calls, or too noisy ones, decide neither way.
    pub(super) inconclusive: usize,
    pub(super) breached: Vec<BudgetReport>,
    pub(super) missed_targets: Vec<BudgetReport>,
}

impl Health {
    pub(super) fn of(recent: Report) -> Self {
        let mut health = Self { judged: recent.budgets.len(), ..Self::default() };
        for budget in recent.budgets {
            match budget.verdict {
                BudgetVerdict::Pass => {}
                BudgetVerdict::Inconclusive => health.inconclusive += 1,
                BudgetVerdict::Warn => health.missed_targets.push(budget),
                BudgetVerdict::Fail => health.breached.push(budget),
            }
        }
        health
    }

    pub(super) fn is_good(&self) -> bool {
        self.breached.is_empty()
    }
}
