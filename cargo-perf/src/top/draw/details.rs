//! The details of one probe: figures, percentiles of the last interval and of all the time, the distribution, the
//! slowest calls and their waits, its budgets.
//!
//! They are drawn on a sheet as long as they need, of which the screen shows a part.

use perf_exporters::human;
use perf_exporters::label::{escaped, shown};
use perf_exporters::report::{Exemplar, ProbeReport};
use perf_exporters::table::{Shape, fitted};
use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Sparkline, Widget};

use super::{budgets, notice};
use crate::screen::joined;
use crate::screen::theme::{DIM, STRONG, Theme};
use crate::top::app::App;
use crate::top::figure::Figure;
use crate::top::rows::{self, Row};

/// Lines of the percentiles with their head, and so of the chart beside them.
const PERCENTILES: u16 = 9;
/// Columns of the percentiles, and those that the chart needs beside them.
const TABLE: u16 = 34;
const CHART: u16 = 24;

pub(super) fn draw(app: &App, name: &str, frame: &mut Frame, area: Rect, theme: Theme) {
    let Some(sheet) = sheet(app, name, area.width, theme) else {
        let gone = format!("{} was not called since the program was restarted", shown(name));
        notice(&gone, frame, area);
        return;
    };
    let most = usize::from(sheet.area.height.saturating_sub(area.height));
    let above = u16::try_from(app.scroll.min(most)).unwrap_or(0);
    let target = frame.buffer_mut();
    for y in 0..area.height.min(sheet.area.height - above) {
        for x in 0..area.width {
            target[(area.x + x, area.y + y)] = sheet[(x, above + y)].clone();
        }
    }
}

/// Lines that are below the screen when it is scrolled to the top.
pub(super) fn most_scroll(app: &App, name: &str, area: Rect) -> usize {
    let sheet = sheet(app, name, area.width, Theme::new(false));
    sheet.map_or(0, |sheet| usize::from(sheet.area.height.saturating_sub(area.height)))
}

fn sheet(app: &App, name: &str, width: u16, theme: Theme) -> Option<Buffer> {
    let report = app.report()?;
    let row = rows::row(report, app.interval(), name)?;
    let head = head(&row, width.into(), report.meta.alloc_tracking, theme);
    let notes = notes(app, row.total, width.into(), theme);
    // Few lines: as many as calls are kept and budgets declared.
    let heights = [head.len(), notes.len()].map(|lines| u16::try_from(lines).unwrap_or(u16::MAX / 4));
    let height = heights[0] + 2 + PERCENTILES + heights[1];
    let mut sheet = Buffer::empty(Rect { x: 0, y: 0, width, height });
    let lines_at = |y: u16, height: u16| Rect { x: 0, y, width, height };
    for (y, line) in (0..heights[0]).zip(head) {
        line.render(lines_at(y, 1), &mut sheet);
    }
    rate(app, name, lines_at(heights[0], 1), &mut sheet, theme);
    let middle = lines_at(heights[0] + 2, PERCENTILES);
    percentiles(app, &row, middle, &mut sheet);
    if width >= TABLE + CHART {
        let chart = Rect { x: TABLE, width: width - TABLE, ..middle };
        let title = match (app.interval(), row.probe) {
            (Some(interval), Some(_)) => format!("calls by duration, last {:.1} s", interval.seconds),
            _ => "calls by duration, all the time".to_owned(),
        };
        distribution(row.probe.unwrap_or(row.total), &title, chart, &mut sheet, theme);
    }
    for (y, line) in (middle.bottom()..).zip(notes) {
        line.render(lines_at(y, 1), &mut sheet);
    }
    Some(sheet)
}

/// The name, the place, and figures that are no percentiles.
fn head(row: &Row, width: usize, tracked: bool, theme: Theme) -> Vec<Line<'static>> {
    let total = row.total;
    let single = || if total.file.is_empty() { String::new() } else { format!("{}:{}", total.file, total.line) };
    let place = total.place_summary().unwrap_or_else(single);
    let name = Span::styled(fitted(&shown(&total.name), width), STRONG);
    let beside = width.saturating_sub(name.width() + 2);
    let place = Span::styled(format!("  {}", fitted(&escaped(&place), beside)), DIM);
    let mut lines = vec![Line::from(vec![name, place])];
    let Some(probe) = row.probe else {
        lines.push(Line::raw("not called in the last interval; below, all the time"));
        return lines;
    };
    let figure = |figure: Figure, what: &str| format!("{what} {}", figure.text(row));
    let calls = Figure::Calls.title(row.whole.seconds.is_some());
    let mut first = vec![Span::raw(format!("{} {calls}", Figure::Calls.text(row)))];
    let failures = [(probe.errors, "errors"), (probe.panics, "panics"), (probe.cancelled, "cancelled")];
    for (number, what) in failures.into_iter().filter(|(number, _)| *number > 0) {
        first.push(Span::styled(format!("{} {what}", human::count(number)), theme.bad()));
    }
    first.extend(probe.known_errors().is_none().then(|| Span::raw("? errors")));
    for (number, what) in [(probe.polls, "polls"), (probe.items, "items")].into_iter().filter(|(n, _)| *n > 0) {
        first.push(Span::raw(format!("{} {what}", human::count(number))));
    }
    first.extend((probe.bytes > 0).then(|| Span::raw(format!("{} processed", human::bytes(probe.bytes)))));
    first.extend(sampled(probe).map(Span::raw));
    let mut second = vec![
        Span::raw(figure(Figure::Total, "total")),
        Span::styled(figure(Figure::OwnTime, "self"), theme.heat(Figure::OwnTime.heat(row))),
        Span::raw(figure(Figure::Mean, "mean")),
    ];
    second.extend((probe.polls > 0).then(|| Span::raw(format!("in polls {:#}", human::duration(probe.busy_ns)))));
    lines.extend([joined(first, width), joined(second, width)]);
    if tracked {
        let parts = [
            (Figure::Allocs, "allocs/call"),
            (Figure::Bytes, "bytes/call"),
            (Figure::Peak, "peak"),
            (Figure::Net, "net"),
        ];
        lines.push(joined(parts.map(|(of, what)| Span::raw(figure(of, what))), width));
    }
    lines
}

/// How many calls of a sampled probe were timed.
fn sampled(probe: &ProbeReport) -> Option<String> {
    (0 < probe.timed_calls && probe.timed_calls < probe.calls)
        .then(|| format!("{} timed", human::count(probe.timed_calls)))
}

/// Calls a second, from the first interval that is kept until now.
fn rate(app: &App, name: &str, area: Rect, sheet: &mut Buffer, theme: Theme) {
    let title = Span::styled("calls/s, until now  ", STRONG);
    let used = u16::try_from(title.width()).unwrap_or(0).min(area.width);
    let rates = app.feed.history.calls(name, usize::from(area.width - used));
    title.render(area, sheet);
    let place = Rect { x: used, width: area.width - used, ..area };
    Sparkline::default().data(&rates).style(theme.shape()).render(place, sheet);
}

/// Percentiles of the last interval and of all the time.
fn percentiles(app: &App, row: &Row, area: Rect, sheet: &mut Buffer) {
    type Get = fn(&ProbeReport) -> u64;
    const ROWS: [(&str, Get); PERCENTILES as usize - 2] = [
        ("min", |probe| probe.min_ns),
        ("p50", |probe| probe.quantiles.p50),
        ("p90", |probe| probe.quantiles.p90),
        ("p95", |probe| probe.quantiles.p95),
        ("p99", |probe| probe.quantiles.p99),
        ("p99.9", |probe| probe.quantiles.p999),
        ("max", |probe| probe.max_ns),
    ];
    let interval = app.feed.interval();
    let lately = interval.and_then(|interval| interval.report.probe(&row.total.name));
    let column = interval.map_or_else(|| "-".to_owned(), |interval| format!("last {:.1} s", interval.seconds));
    let head = format!("{:7}{column:>12}{:>13}", "", "all the time");
    Line::styled(head, STRONG).render(Rect { height: 1, ..area }, sheet);
    for (y, (what, get)) in (area.y + 1..).zip(ROWS) {
        let time = |probe: Option<&ProbeReport>| {
            probe.map_or_else(|| "-".to_owned(), |p| format!("{:#}", human::duration(get(p))))
        };
        let line = format!("{what:7}{:>12}{:>13}", time(lately), time(Some(row.total)));
        Line::raw(line).render(Rect { y, height: 1, ..area }, sheet);
    }
}

/// Calls by their durations on a logarithmic axis, with the median and p99 marked.
fn distribution(probe: &ProbeReport, title: &str, area: Rect, sheet: &mut Buffer, theme: Theme) {
    let line = |y: u16| Rect { y: area.y + y, height: 1, ..area };
    Line::styled(title, STRONG).render(line(0), sheet);
    let Some(shape) = Shape::of(&probe.histogram, area.width.into()) else {
        let all = if probe.timed() == 0 { "none was timed" } else { "all of them alike" };
        Line::styled(all, DIM).render(line(1), sheet);
        return;
    };
    let highest = shape.heights().iter().copied().fold(0.0, f64::max);
    let bars = area.height - 4;
    let scale = f64::from(bars) * 8.0;
    // 0 to 8 steps for each line; a bucket with any call is visible.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let steps = |height: &f64| if *height < 1e-3 { 0 } else { ((height / highest * scale) as u64).max(1) };
    let data: Vec<u64> = shape.heights().iter().map(steps).collect();
    let place = Rect { y: area.y + 1, height: bars, ..area };
    // The value fits in 64 bits.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    Sparkline::default().data(&data).max(scale as u64).style(theme.shape()).render(place, sheet);
    let (least, greatest) =
        (format!("{:#}", human::duration(probe.min_ns)), format!("{:#}", human::duration(probe.max_ns)));
    let axis =
        format!("{least}{greatest:>width$}", width = usize::from(area.width).saturating_sub(least.chars().count()));
    Line::styled(marks(probe, &shape, area.width), STRONG).render(line(bars + 1), sheet);
    Line::styled(axis, DIM).render(line(bars + 2), sheet);
}

/// `^p50` and `^p99` where they are on the axis, the second only where it does not touch the first.
fn marks(probe: &ProbeReport, shape: &Shape, width: u16) -> String {
    let mut line = String::new();
    for (text, value) in [("^p50", probe.quantiles.p50), ("^p99", probe.quantiles.p99)] {
        let at = shape.column(value).min(usize::from(width).saturating_sub(text.len()));
        let used = line.chars().count();
        if used == 0 || at > used {
            line += &" ".repeat(at - used);
            line += text;
        }
    }
    line
}

/// Why the slowest calls are slow, these calls, and the budgets.
fn notes(app: &App, probe: &ProbeReport, width: usize, theme: Theme) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    if let Some(tail) = probe.tail() {
        let text = fitted(&escaped(&tail.to_string()), width);
        lines.push(Line::styled(text, STRONG));
        lines.extend(probe.exemplars.iter().map(|call| slow(app, call, width)));
    }
    let Some(report) = app.report() else { return lines };
    for budget in report.budgets.iter().filter(|budget| budget.probe == probe.name) {
        let [target, limit, actual, used, verdict] = budgets::cells(budget);
        let parts = [
            Span::styled(format!("budget {}", escaped(&budget.metric)), STRONG),
            Span::styled(verdict, theme.verdict(budget.verdict)),
            Span::raw(format!("actual {actual}")),
            Span::raw(format!("limit {limit}")),
            Span::raw(format!("target {target}")),
            Span::raw(format!("{used} used")),
        ];
        lines.push(joined(parts, width));
    }
    lines
}

/// One of the slowest calls, and where its time went.
fn slow(app: &App, call: &Exemplar, width: usize) -> Line<'static> {
    let taken = app.report().map_or(call.start, |report| report.meta.time);
    let age = taken.duration_since(call.start).unwrap_or_default();
    let ago = human::duration(u64::try_from(age.as_nanos()).unwrap_or(u64::MAX));
    let share = |ns: u64| human::percent(100.0 * ns as f64 / call.duration_ns.max(1) as f64);
    let mut parts = vec![
        Span::styled(format!("{:>8}", format!("{:#}", human::duration(call.duration_ns))), Style::new()),
        Span::styled(format!("{ago} ago"), DIM),
        Span::styled(format!("thread {}", call.thread), DIM),
    ];
    let named = call.callees.iter().map(|callee| (shown(&callee.name), callee.ns));
    let rest = [("itself", call.self_ns), ("waiting", call.waiting_ns), ("callees", call.callees_ns)];
    let rest = rest.map(|(what, ns)| (what.to_owned(), ns));
    let mut causes: Vec<(String, u64)> = named.chain(rest).filter(|(_, ns)| *ns > 0).collect();
    causes.sort_by_key(|(_, ns)| std::cmp::Reverse(*ns));
    parts.extend(causes.into_iter().map(|(what, ns)| Span::raw(format!("{} {what}", share(ns)))));
    parts.extend(call.trace.as_ref().map(|trace| Span::styled(format!("trace {}", escaped(trace)), DIM)));
    joined(parts, width)
}
