//! Whether the program keeps the budgets that its functions declare, judged by the last minute or two alone: a
//! program that was slow while it started is not ill for ever.

use crate::report::{BudgetReport, BudgetVerdict};

#[derive(Debug)]
pub(super) struct Health<'a> {
    /// Bounds of functions that were called lately.
    pub(super) judged: usize,
    /// Those that too few calls, or too noisy ones, decide neither way.
    pub(super) inconclusive: usize,
    pub(super) breached: Vec<&'a BudgetReport>,
    pub(super) missed_targets: Vec<&'a BudgetReport>,
}

impl<'a> Health<'a> {
    /// Of what was judged by recent calls.
    pub(super) fn of(budgets: &'a [BudgetReport]) -> Self {
        let with = |verdict| budgets.iter().filter(move |budget| budget.verdict == verdict);
        Self {
            judged: budgets.len(),
            inconclusive: with(BudgetVerdict::Inconclusive).count(),
            breached: with(BudgetVerdict::Fail).collect(),
            missed_targets: with(BudgetVerdict::Warn).collect(),
        }
    }

    pub(super) fn is_good(&self) -> bool {
        self.breached.is_empty()
    }
}
