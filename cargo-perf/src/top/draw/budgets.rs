//! The view of budgets: those that the program declares, judged by its measurements since it started.

use perf_exporters::human;
use perf_exporters::label::{escaped, shown};
use perf_exporters::report::BudgetReport;
use perf_exporters::table::fitted;
use ratatui::Frame;
use ratatui::layout::{Constraint, Rect};
use ratatui::text::Line;
use ratatui::widgets::{Cell, Row, Table};

use super::notice;
use crate::screen::theme::{DIM, MARKED, STRONG, Theme};
use crate::top::app::App;
use crate::top::rows::used;

const NONE: &str =
    "This program declares no budgets. A function does so with #[perf_budget(p99 = \"5ms\", allocs = 0)].";
const TITLES: [&str; 5] = ["target", "limit", "actual", "used", "verdict"];
/// Widths of the columns after the name; the first four have numbers in them.
const WIDTHS: [u16; 5] = [9, 9, 9, 7, 14];
/// The reason is shown where so many columns are left beside the name.
const REASON: u16 = 30;
const NAME: u16 = 30;

pub(super) fn draw(app: &App, frame: &mut Frame, area: Rect, theme: Theme) {
    let budgets = app.budgets();
    if budgets.is_empty() {
        let none = app.report().is_some_and(|report| report.budgets.is_empty());
        notice(if none { NONE } else { "no budget of a probe with that in its name" }, frame, area);
        return;
    }
    let left = area.width.saturating_sub(WIDTHS.iter().sum());
    let reason = if left >= NAME + REASON { left - NAME.max(left / 2) } else { 0 };
    let name = left - reason;
    let page = usize::from(area.height.saturating_sub(1)).max(1);
    let first = app.at() / page * page;
    let rows = budgets.iter().enumerate().skip(first).take(page).map(|(at, budget)| {
        let marked = if at == app.at() { MARKED } else { ratatui::style::Style::new() };
        row(budget, name.into(), reason.into(), theme).style(marked)
    });
    let titles = TITLES.iter().enumerate().map(|(at, title)| cell(title, at));
    let head = [Cell::from("budget")].into_iter().chain(titles).chain([Cell::from("why")]);
    let widths = [name].into_iter().chain(WIDTHS).chain([reason]).map(Constraint::Length);
    let table = Table::new(rows, widths).column_spacing(0).header(Row::new(head).style(STRONG));
    frame.render_widget(table, area);
}

fn row(budget: &BudgetReport, name: usize, reason: usize, theme: Theme) -> Row<'static> {
    let cells = cells(budget);
    let verdict = theme.verdict(budget.verdict);
    let cells = cells.iter().enumerate().map(|(at, text)| match at {
        4 => cell(text, at).style(verdict),
        _ => cell(text, at),
    });
    let first = [Cell::from(fitted(&title(budget), name))];
    let why = [Cell::from(fitted(&escaped(&budget.reason), reason)).style(DIM)];
    Row::new(first.into_iter().chain(cells).chain(why))
}

/// The probe and the bounded metric.
pub(super) fn title(budget: &BudgetReport) -> String {
    format!("{} {}", shown(&budget.probe), escaped(&budget.metric))
}

/// Target, limit, actual, how much of it is used, verdict.
pub(super) fn cells(budget: &BudgetReport) -> [String; 5] {
    let number = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), |value| human::figure(value, &budget.unit));
    let used = match used(budget) {
        share if share > 0.0 => format!("{:#}", human::percent(100.0 * share)),
        _ => "-".to_owned(),
    };
    [number(budget.target), number(budget.limit), number(budget.actual), used, budget.verdict.word().to_owned()]
}

/// A cell: numbers at the right of their column, the verdict after two blanks.
fn cell(text: &str, at: usize) -> Cell<'static> {
    match at {
        4 => Cell::from(format!("  {text}")),
        _ => Cell::from(Line::from(text.to_owned()).right_aligned()),
    }
}
