//! The lines that are always shown: the program, its state, the list, and the keys.

use std::time::Instant;

use perf_exporters::label::{escaped, shown};
use perf_exporters::report::Meta;
use perf_exporters::{Report, human, table};
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};

use crate::screen::joined;
use crate::screen::theme::{DIM, MARKED, STRONG, Theme};
use crate::top::app::{App, Mode, View};
use crate::top::feed::Link;
use crate::top::interval::Interval;

/// Columns of a program's name at most.
const NAME: usize = 32;
/// The least observer effect in per cent that is coloured, as in a report.
const EFFECT: f64 = 5.0;

pub(super) fn draw(app: &App, frame: &mut Frame, area: Rect, theme: Theme, now: Instant) {
    let [first, second, third] = Layout::vertical([Constraint::Length(1); 3]).areas(area);
    let state = state(app, theme);
    // A blank before the state at the right.
    let room = usize::from(first.width).saturating_sub(state.width() + 1);
    frame.render_widget(program(app, room), first);
    frame.render_widget(Line::from(state).right_aligned(), first);
    frame.render_widget(figures(app, second.width.into(), theme), second);
    let place = app.place().map_or_else(String::new, |(at, all)| format!("{at} of {all}"));
    let room = usize::from(third.width).saturating_sub(place.len() + 1);
    frame.render_widget(status(app, room, theme, now), third);
    frame.render_widget(Line::styled(place, DIM).right_aligned(), third);
}

fn state(app: &App, theme: Theme) -> Span<'static> {
    match app.feed.link {
        Link::Away { .. } => Span::styled("away", theme.bad()),
        _ if app.feed.is_paused() => Span::styled("paused", theme.warm()),
        Link::Asking => Span::styled("asking", DIM),
        Link::Live => Span::styled("live", theme.good()),
    }
}

fn program(app: &App, width: usize) -> Line<'static> {
    let mut parts = vec![Span::styled("perf top", STRONG)];
    if let Some(Report { meta, .. }) = app.report() {
        parts.push(Span::raw(table::fitted(&shown(&meta.program), NAME)));
        parts.extend(meta.pid.map(|pid| Span::raw(format!("pid {pid}"))));
        parts.extend((meta.processes > 1).then(|| Span::raw(format!("{} processes", meta.processes))));
        parts.push(Span::raw(format!("up {}", human::duration(meta.duration_ns))));
        parts.push(Span::raw(format!("{} thread{}", meta.threads, if meta.threads == 1 { "" } else { "s" })));
    }
    joined(parts, width)
}

fn figures(app: &App, width: usize, theme: Theme) -> Line<'static> {
    let Some(report) = app.report() else { return Line::default() };
    let meta = &report.meta;
    let mut parts = vec![Span::styled(rate(app.feed.interval()), STRONG)];
    parts.push(Span::raw(format!("{} probes", human::count(report.probes.len() as u64))));
    if meta.alloc_tracking {
        parts.push(Span::raw(format!("live {}", human::signed_bytes(meta.live_bytes))));
    }
    let effect = app.interval().map_or(report, |interval| &interval.report).observer_effect();
    let style = if effect >= EFFECT { theme.warm() } else { ratatui::style::Style::new() };
    parts.push(Span::styled(format!("observer {}", human::percent(effect)), style));
    parts.extend(losses(meta).map(|text| Span::styled(text, theme.bad())));
    if meta.lost + meta.backward_steps + meta.dropped_nodes == 0 {
        parts.push(Span::raw("lost 0"));
    }
    joined(parts, width)
}

fn rate(interval: Option<&Interval>) -> String {
    let Some(interval) = interval else { return "– calls/s".to_owned() };
    let calls = interval.report.probes.iter().fold(0_u64, |sum, probe| sum.saturating_add(probe.calls));
    format!("{} calls/s", human::rate(calls as f64 / interval.seconds))
}

/// The warning about incomplete figures.
fn losses(meta: &Meta) -> impl Iterator<Item = String> {
    [(meta.lost, "lost"), (meta.backward_steps, "clock back"), (meta.dropped_nodes, "tree full")]
        .into_iter()
        .filter(|(number, _)| *number > 0)
        .map(|(number, what)| format!("{what} {}", human::count(number)))
}

/// The error, the filter that is typed, or the title of the list.
fn status(app: &App, width: usize, theme: Theme, now: Instant) -> Line<'static> {
    if app.mode == Mode::Typing {
        return Line::from(vec![Span::raw(format!("filter: {}", escaped(&app.filter))), Span::styled(" ", MARKED)]);
    }
    if let Link::Away { why, again } = &app.feed.link {
        return away(app, why, *again, width, theme, now);
    }
    let mut parts = vec![Span::raw(match (app.report(), app.interval()) {
        (None, _) => "waiting for the first report".to_owned(),
        (Some(_), Some(interval)) if app.view != View::Budgets => format!("last {:.1} s", interval.seconds),
        (Some(_), _) => "since the program started".to_owned(),
    })];
    if app.feed.restarted {
        parts.push(Span::styled("the program was restarted", theme.warm()));
    }
    if let Some(order) = app.order() {
        let reversed = if order.reversed { ", reversed" } else { "" };
        parts.push(Span::raw(format!("by {}{reversed}", order.by.title(app.interval().is_some()))));
    } else {
        parts.push(Span::raw("the worst first"));
    }
    if !app.filter.is_empty() {
        parts.push(Span::styled(format!("with \"{}\"", escaped(&app.filter)), theme.warm()));
    }
    joined(parts, width)
}

fn away(app: &App, why: &str, again: Instant, width: usize, theme: Theme, now: Instant) -> Line<'static> {
    let seconds = |from: Instant, to: Instant| to.saturating_duration_since(from).as_secs_f64().ceil();
    let age = app.feed.came.map_or_else(String::new, |came| format!(" · figures are {} s old", seconds(came, now)));
    let rest = format!(" · again in {} s{age}", seconds(now, again));
    let why = table::fitted(why, width.saturating_sub(rest.chars().count()));
    Line::from(vec![Span::styled(why, theme.bad()), Span::styled(rest, DIM)])
}

/// The keys that fit, the most needed first.
pub(super) fn keys(app: &App, width: u16) -> Line<'static> {
    let keys: &[(&str, &str)] = if app.mode == Mode::Help {
        &[("any key", "closes this")]
    } else if app.mode == Mode::Typing {
        &[("Enter", "keeps it"), ("Esc", "clears it")]
    } else if app.open.is_some() {
        &[("Esc", "back"), ("q", "quit"), ("↑↓", "scroll"), ("t", "totals"), ("space", "pause"), ("?", "help")]
    } else {
        &[
            ("q", "quit"),
            ("?", "help"),
            ("Enter", "details"),
            ("/", "filter"),
            ("←→", "sort"),
            ("t", "totals"),
            ("b", "budgets"),
            ("m", "memory"),
            ("space", "pause"),
        ]
    };
    let mut line = Line::default();
    for (key, what) in keys {
        let part = [Span::styled(*key, STRONG), Span::styled(format!(" {what}  "), DIM)];
        // The blanks at the very end need no room.
        if line.width() + part[0].width() + part[1].width() > usize::from(width) + 2 {
            break;
        }
        line.spans.extend(part);
    }
    line
}
