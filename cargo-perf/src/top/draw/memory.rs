//! The view of memory: live bytes, their course, and the probes that allocate.

use perf_exporters::human;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::Sparkline;

use super::{notice, probes};
use crate::screen::joined;
use crate::screen::theme::{STRONG, Theme};
use crate::top::app::App;

const NOT_COUNTED: &str =
    "This program does not count allocations. It would with perf_core::PerfAlloc for its allocator:

#[global_allocator]
static ALLOC: perf_core::PerfAlloc = perf_core::PerfAlloc::new(std::alloc::System);";

/// The areas of the summary and of the list.
pub(super) fn areas(area: Rect) -> [Rect; 2] {
    Layout::vertical([Constraint::Length(4), Constraint::Min(0)]).areas(area)
}

pub(super) fn draw(app: &App, frame: &mut Frame, area: Rect, theme: Theme) {
    let Some(report) = app.report() else { return };
    if !report.meta.alloc_tracking {
        notice(NOT_COUNTED, frame, area);
        return;
    }
    let [summary, list] = areas(area);
    let [text, chart] = Layout::vertical([Constraint::Length(1), Constraint::Length(2)]).areas(summary);
    frame.render_widget(sums(app, text.width.into()), text);
    let live = app.feed.history.live_bytes(chart.width.into());
    frame.render_widget(Sparkline::default().data(&live).style(theme.shape()), chart);
    probes::list(app, frame, list, theme, Some(app.at()));
}

/// Live bytes, and the bytes that the probes allocated.
fn sums(app: &App, width: usize) -> Line<'static> {
    let Some(report) = app.report() else { return Line::default() };
    let mut parts = vec![Span::styled(format!("live heap {}", human::signed_bytes(report.meta.live_bytes)), STRONG)];
    let of = app.interval().map_or(report, |interval| &interval.report);
    let (allocs, bytes) = of.probes.iter().fold((0_u64, 0_u64), |(allocs, bytes), probe| {
        (allocs.saturating_add(probe.self_allocs), bytes.saturating_add(probe.self_alloc_bytes))
    });
    parts.push(Span::raw(match app.interval() {
        Some(interval) => format!("{} allocations/s in probes", human::rate(allocs as f64 / interval.seconds)),
        None => format!("{} allocations in probes", human::count(allocs)),
    }));
    // Saturates; nothing is negative.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let bytes_a_second = |seconds: f64| human::bytes((bytes as f64 / seconds).round() as u64);
    parts.push(Span::raw(match app.interval() {
        Some(interval) => format!("{}/s", bytes_a_second(interval.seconds)),
        None => human::bytes(bytes).to_string(),
    }));
    joined(parts, width)
}
