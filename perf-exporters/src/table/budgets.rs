//! Declared budgets: a line for each bound.

use super::name;
use super::text::{Text, plain, style};
use crate::human;
use crate::report::{BudgetReport, BudgetVerdict, Report};

const HEAD: [&str; 5] = ["budget", "target", "limit", "actual", "verdict"];
/// Widths of the columns after the first.
const WIDTHS: [usize; 4] = [9, 9, 9, 12];

/// The section, after a blank line; nothing where no budget is declared.
pub(super) fn section(report: &Report, width: usize) -> Vec<Text> {
    if report.budgets.is_empty() {
        return Vec::new();
    }
    let fixed: usize = WIDTHS.iter().map(|width| width + 2).sum();
    let room = width.saturating_sub(fixed).max(12);
    let longest = report.budgets.iter().map(|budget| title(budget).chars().count()).max().unwrap_or(0);
    let first = longest.clamp(HEAD[0].len(), room);
    let mut lines = vec![Text::default(), line(HEAD.map(str::to_owned), [style::HEAD; 2], first)];
    for budget in &report.budgets {
        let number =
            |value: Option<f64>| value.map_or_else(|| "–".to_owned(), |value| human::figure(value, &budget.unit));
        let verdict = match budget.verdict {
            BudgetVerdict::Pass => style::PLAIN,
            BudgetVerdict::Inconclusive => style::DIM,
            BudgetVerdict::Warn => style::WARM,
            BudgetVerdict::Fail => style::BAD,
        };
        let cells = [
            name::fitted(&title(budget), first),
            number(budget.target),
            number(budget.limit),
            number(budget.actual),
            budget.verdict.word().to_owned(),
        ];
        lines.push(line(cells, [style::PLAIN, verdict], first));
    }
    lines
}

fn title(budget: &BudgetReport) -> String {
    format!("{} {}", name::escaped(&budget.probe), name::escaped(&budget.metric))
}

fn line(cells: [String; 5], styles: [anstyle::Style; 2], first: usize) -> Text {
    let mut line = Text::default();
    for (at, cell) in cells.into_iter().enumerate() {
        let style = styles[usize::from(at == 4)];
        let (width, right) = if at == 0 { (first, false) } else { (WIDTHS[at - 1], at < 4) };
        if at > 0 {
            line.append(plain("  "));
        }
        line.append(Text::new(cell, style).padded(width, right));
    }
    line
}
