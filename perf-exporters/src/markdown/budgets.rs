//! Declared budgets: a row for each bound, the broken ones first.

use std::cmp::Reverse;
use std::fmt::Write;

use super::text::{code, row};
use crate::human;
use crate::report::{BudgetReport, BudgetVerdict, Report};
use crate::table::counted;

/// Rows at most; what is beyond would not fit into a comment.
const MOST: usize = 50;

/// The section; nothing where no budget is declared.
pub(super) fn section(report: &Report) -> Option<String> {
    if report.budgets.is_empty() {
        return None;
    }
    let mut budgets: Vec<&BudgetReport> = report.budgets.iter().collect();
    budgets.sort_by_key(|budget| Reverse(budget.verdict));
    let mut text = format!("**Budgets**: {}\n\n", summary(&budgets));
    text += &row(["probe", "what", "target", "limit", "measured", "verdict"].map(str::to_owned));
    text += &row([":--", ":--", "--:", "--:", "--:", ":--"].map(str::to_owned));
    for budget in budgets.iter().take(MOST) {
        let known = |value: Option<f64>| value.filter(|value| value.is_finite());
        let figure = |value| known(value).map_or_else(|| "-".to_owned(), |value| human::figure(value, &budget.unit));
        let verdict = match budget.verdict {
            verdict @ (BudgetVerdict::Fail | BudgetVerdict::Warn) => format!("**{}**", verdict.word()),
            verdict => verdict.word().to_owned(),
        };
        let [target, limit, actual] = [budget.target, budget.limit, budget.actual].map(figure);
        text += &row([code(&budget.probe), code(&budget.metric), target, limit, actual, verdict]);
    }
    if budgets.len() > MOST {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "\n… and {} more", budgets.len() - MOST);
    }
    Some(text)
}

/// How many of each verdict, without those that there are none of.
fn summary(budgets: &[&BudgetReport]) -> String {
    let of = |verdict| budgets.iter().filter(|budget| budget.verdict == verdict).count();
    let parts = [
        (of(BudgetVerdict::Fail), "over the limit"),
        (of(BudgetVerdict::Warn), "over the target"),
        (of(BudgetVerdict::Inconclusive), "inconclusive"),
        (of(BudgetVerdict::Pass), "kept"),
    ];
    let parts = parts.into_iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}"));
    format!("{} of {}", parts.collect::<Vec<_>>().join(", "), counted(budgets.len(), "bound"))
}
