//! The list of probes: the name, as many figures as there is room for, and the course of the rate.

use perf_exporters::label::shown;
use perf_exporters::table::fitted;
use ratatui::Frame;
use ratatui::layout::{Constraint, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Cell, Row as TableRow, Sparkline, Table};
use unicode_width::UnicodeWidthStr;

use super::notice;
use crate::screen::theme::{DIM, MARKED, STRONG, Theme};
use crate::top::app::{App, View};
use crate::top::figure::{Column, Figure};
use crate::top::rows::{Order, Row};

/// Blanks before a column; one more is for the mark of the order.
const GAP: u16 = 2;
/// The chart of the rate: columns that it has at least and at most, and those that it leaves to names.
const CHART: std::ops::RangeInclusive<u16> = 12..=60;
const CHART_LEAVES: u16 = 30;

/// The columns that there is room for.
struct Plan {
    name: u16,
    columns: Vec<&'static Column>,
    chart: u16,
}

/// The head and a page of rows, the one with the marked row.
pub(super) fn list(app: &App, frame: &mut Frame, area: Rect, theme: Theme, marked: Option<usize>) {
    let rows = app.rows();
    if rows.is_empty() {
        let why = match app.report() {
            None => "",
            Some(report) if report.probes.is_empty() => "no probe was called yet",
            Some(_) => "no probe has that in its name",
        };
        notice(why, frame, area);
        return;
    }
    let page = usize::from(area.height.saturating_sub(1)).max(1);
    let first = marked.map_or(0, |marked| marked / page * page);
    let visible = &rows[first..rows.len().min(first + page)];
    let plan = Plan::new(app, &rows, area.width);
    let order = app.order();
    let table_rows = visible.iter().enumerate().map(|(at, row)| {
        let style = if Some(first + at) == marked { MARKED } else { ratatui::style::Style::new() };
        table_row(row, &plan, theme).style(style)
    });
    let widths = [plan.name].into_iter().chain(plan.columns.iter().map(|column| column.width + GAP));
    let table = Table::new(table_rows, widths.map(Constraint::Length))
        .column_spacing(0)
        .header(head(&plan, order, app.interval().is_some()).style(STRONG));
    frame.render_widget(table, Rect { width: area.width - plan.chart, ..area });
    charts(app, frame, area, theme, &plan, visible);
}

impl Plan {
    fn new(app: &App, rows: &[Row], width: u16) -> Self {
        let tracked = app.report().is_some_and(|report| report.meta.alloc_tracking);
        let mut columns: Vec<(usize, &Column)> = app.columns().iter().enumerate().collect();
        columns.retain(|(_, column)| tracked || column.figure != Figure::Allocs);
        columns.sort_by_key(|(at, column)| (column.leave, *at));
        let mut taken = 0;
        columns.retain(|(_, column)| {
            let with_it = taken + column.width + GAP;
            let fits = with_it + column.leave <= width;
            if fits {
                taken = with_it;
            }
            fits
        });
        columns.sort_by_key(|(at, _)| *at);
        let left = width - taken;
        let longest = rows.iter().map(|row| shown(&row.total.name).width()).max().unwrap_or(0);
        let spare = left.saturating_sub(u16::try_from(longest).unwrap_or(left).max(CHART_LEAVES) + GAP);
        let chart = if app.view == View::Probes && spare >= *CHART.start() { spare.min(*CHART.end()) + GAP } else { 0 };
        Self { name: left - chart, columns: columns.into_iter().map(|(_, column)| column).collect(), chart }
    }
}

fn head(plan: &Plan, order: Option<Order>, of_interval: bool) -> TableRow<'static> {
    let mark = |figure: Figure| match order {
        Some(order) if order.by == figure && order.reversed => "▲",
        Some(order) if order.by == figure => "▼",
        _ => "",
    };
    let name = format!("{}{}", Figure::Name.title(of_interval), mark(Figure::Name));
    let titles = plan.columns.iter().map(|column| {
        let title = format!("{}{}", mark(column.figure), column.figure.title(of_interval));
        Cell::from(Line::from(title).right_aligned())
    });
    TableRow::new([Cell::from(name)].into_iter().chain(titles))
}

fn table_row(row: &Row, plan: &Plan, theme: Theme) -> TableRow<'static> {
    let cells = plan.columns.iter().map(|column| {
        let text = column.figure.text(row);
        let style = if text == "-" { DIM } else { theme.heat(column.figure.heat(row)) };
        Cell::from(Line::styled(text, style).right_aligned())
    });
    TableRow::new([Cell::from(name(&row.total.name, plan.name.into()))].into_iter().chain(cells))
}

/// The name within a width, its modules dimmed.
fn name(name: &str, width: usize) -> Line<'static> {
    let name = fitted(&shown(name), width);
    let path = &name[..name.find('<').unwrap_or(name.len())];
    let (modules, function) = name.split_at(path.rfind("::").map_or(0, |at| at + 2));
    Line::from(vec![Span::styled(modules.to_owned(), DIM), Span::styled(function.to_owned(), STRONG)])
}

/// Calls a second of the last minutes, each probe's on a scale of its own.
fn charts(app: &App, frame: &mut Frame, area: Rect, theme: Theme, plan: &Plan, rows: &[Row]) {
    let Some(width) = plan.chart.checked_sub(GAP).filter(|width| *width > 0) else { return };
    let left = area.right() - width;
    let title = Line::styled("calls/s, until now", STRONG).right_aligned();
    frame.render_widget(title, Rect { x: left, width, height: 1, ..area });
    for (y, row) in (area.y + 1..).zip(rows) {
        let rates = app.feed.history.calls(&row.total.name, width.into());
        // The latest is at the right.
        let used = u16::try_from(rates.len()).unwrap_or(width).min(width);
        let place = Rect { x: left + width - used, y, width: used, height: 1 };
        frame.render_widget(Sparkline::default().data(&rates).style(theme.shape()), place);
    }
}
