//! The screen, drawn from the state: the run, its figures, its progress, two charts, the answers, the keys.

use std::time::Duration;

use perf_exporters::{human, label, table};
use perf_load::{Live, Model};
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect, Size};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Gauge, Paragraph, Sparkline, Wrap};

use super::app::App;
use crate::screen::joined;
use crate::screen::theme::{DIM, STRONG, Theme};

/// The least size: a smaller terminal has no room for the figures.
const LEAST: Size = Size { width: 40, height: 10 };

/// Draws the screen.
pub(super) fn screen(app: &App, frame: &mut Frame, theme: Theme) {
    let area = frame.area();
    if area.width < LEAST.width || area.height < LEAST.height {
        let text =
            format!("perf load needs {} × {}; this is {} × {}", LEAST.width, LEAST.height, area.width, area.height);
        frame.render_widget(Paragraph::new(text).wrap(Wrap { trim: true }), area);
        return;
    }
    let [head, figures, progress, rates, p99s, answers, keys] = Layout::vertical([
        Constraint::Length(1),
        Constraint::Length(2),
        Constraint::Length(1),
        Constraint::Min(2),
        Constraint::Min(2),
        Constraint::Length(1),
        Constraint::Length(1),
    ])
    .areas(area);
    let state = state(app, theme);
    let room = usize::from(head.width).saturating_sub(state.width() + 1);
    frame.render_widget(title(app, room), head);
    frame.render_widget(Line::from(state).right_aligned(), head);
    if let Some(live) = app.live() {
        frame.render_widget(Paragraph::new(self::figures(live, figures.width.into(), theme)), figures);
        frame.render_widget(self::progress(live, theme), progress);
    } else {
        frame.render_widget(Line::styled("waiting for the first answers", DIM), figures);
    }
    let values = app.rates(rates.width.into());
    let greatest = values.iter().max().copied().unwrap_or(0);
    course(frame, rates, &format!("completed a second, at most {}/s", human::count(greatest)), &values, theme);
    let values = app.p99s(p99s.width.into());
    let greatest = values.iter().max().copied().unwrap_or(0).saturating_mul(1000);
    course(frame, p99s, &format!("p99 of the response time, at most {}", human::duration(greatest)), &values, theme);
    frame.render_widget(self::answers(app, answers.width.into(), theme), answers);
    frame.render_widget(self::keys(app), keys);
}

fn state(app: &App, theme: Theme) -> Span<'static> {
    match (app.stopping, app.is_paused(), app.live()) {
        (true, ..) => Span::styled("ending", theme.warm()),
        (_, true, _) => Span::styled("paused", theme.warm()),
        (.., None) => Span::styled("starting", DIM),
        _ => Span::styled("running", theme.good()),
    }
}

fn title(app: &App, width: usize) -> Line<'static> {
    let mut parts = vec![Span::styled("perf load", STRONG)];
    if let Some(live) = app.live() {
        parts.push(Span::raw(table::fitted(&label::shown(&live.name), 32)));
        parts.push(Span::raw(match live.model {
            Model::Closed { workers, .. } => format!("closed loop of {workers} workers"),
            _ => "open loop".to_owned(),
        }));
    }
    parts.push(Span::raw(label::escaped(&app.target)));
    joined(parts, width)
}

fn time(duration: Duration) -> String {
    human::duration(u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)).to_string()
}

fn figures(live: &Live, width: usize, theme: Theme) -> Vec<Line<'static>> {
    let counts = live.counts;
    let bad = |count: u64| if count > 0 { theme.bad() } else { ratatui::style::Style::new() };
    let now = [
        Span::styled(format!("{}/s", human::rate(live.rate)), STRONG),
        Span::styled(format!("p99 {}", live.p99.map_or_else(|| "–".to_owned(), time)), STRONG),
        Span::raw(format!("in flight {}", human::count(live.in_flight))),
        Span::raw(format!("{} left", live.time_left())),
    ];
    let so_far = [
        Span::raw(format!("completed {}", human::count(counts.completed))),
        Span::styled(format!("errors {}", human::count(counts.failed)), bad(counts.failed)),
        Span::styled(format!("dropped {}", human::count(counts.dropped)), bad(counts.dropped)),
    ];
    vec![joined(now, width), joined(so_far, width)]
}

fn progress(live: &Live, theme: Theme) -> Gauge<'static> {
    let whole = live.elapsed.saturating_add(live.left).as_secs_f64();
    let ratio = if whole > 0.0 { (live.elapsed.as_secs_f64() / whole).clamp(0.0, 1.0) } else { 0.0 };
    Gauge::default().ratio(ratio).gauge_style(theme.shape()).use_unicode(true)
}

/// A chart under its title.
fn course(frame: &mut Frame, area: Rect, title: &str, values: &[u64], theme: Theme) {
    let [head, chart] = Layout::vertical([Constraint::Length(1), Constraint::Min(0)]).areas(area);
    frame.render_widget(Line::styled(title.to_owned(), DIM), head);
    frame.render_widget(Sparkline::default().data(values).style(theme.shape()), chart);
}

/// The answers, and the limits.
fn answers(app: &App, width: usize, theme: Theme) -> Line<'static> {
    let style = |class: &str| match class {
        "2xx" => theme.good(),
        "1xx" | "3xx" => ratatui::style::Style::new(),
        _ => theme.bad(),
    };
    let classes = app.answers.classes().into_iter();
    let mut parts: Vec<Span> =
        classes.map(|(class, count)| Span::styled(format!("{class} {}", human::count(count)), style(class))).collect();
    parts.push(Span::raw(format!("{} connections", human::count(app.answers.connections))));
    parts.extend(app.limits.iter().map(|limit| Span::styled(format!("limit {}", label::escaped(limit)), DIM)));
    joined(parts, width)
}

fn keys(app: &App) -> Line<'static> {
    let quit = if app.stopping { " end at once  " } else { " end it now, with a report  " };
    let pause = if app.is_paused() { " go on" } else { " pause" };
    Line::from(vec![
        Span::styled("q", STRONG),
        Span::styled(quit, DIM),
        Span::styled("space", STRONG),
        Span::styled(pause, DIM),
    ])
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use perf_load::Load;
    use ratatui::Terminal;
    use ratatui::backend::TestBackend;

    use super::*;
    use crate::screen::text_of;

    /// The state after a real run.
    fn app() -> App {
        let told = Arc::new(Mutex::new(Vec::new()));
        let watched = Arc::clone(&told);
        let load = Load::new("shop").rate(200.0).duration(Duration::from_millis(700));
        let load = load.watch(move |live| watched.lock().unwrap().push(live.clone()));
        load.run(|ctx| if ctx.number() % 2 == 0 { Ok(()) } else { Err("odd") }).unwrap();
        let mut app = App::default();
        app.target = "127.0.0.1:3000".into();
        app.limits = vec!["p99=50ms".into()];
        told.lock().unwrap().drain(..).for_each(|live| app.told(live));
        app
    }

    fn drawn(app: &App, width: u16, height: u16) -> String {
        let Ok(mut terminal) = Terminal::new(TestBackend::new(width, height));
        let Ok(drawn) = terminal.draw(|frame| screen(app, frame, Theme::new(true)));
        text_of(drawn.buffer)
    }

    #[test]
    fn every_part_is_there_and_nothing_is_wider_than_the_screen() {
        let mut app = app();
        for (width, height) in [(80, 24), (200, 50), (40, 10)] {
            let text = drawn(&app, width, height);
            for part in
                ["perf load", "running", "p99", "completed a second, at most", "p99 of the response", "q end it now"]
            {
                assert!(text.contains(part), "{width} × {height}, {part}:\n{text}");
            }
        }
        let text = drawn(&app, 80, 24);
        for part in
            ["shop · open loop · 127.0.0.1:3000", "in flight", "left", "errors ", "dropped 0", "limit p99=50ms", "%"]
        {
            assert!(text.contains(part), "{part}:\n{text}");
        }
        app.pause();
        assert!(drawn(&app, 80, 24).contains("paused"));
        app.stopping = true;
        let text = drawn(&app, 80, 24);
        assert!(text.contains("ending") && text.contains("q end at once"), "{text}");
        assert!(drawn(&app, 30, 6).contains("needs 40 × 10"));
    }

    #[test]
    fn before_anything_is_known() {
        let text = drawn(&App::default(), 80, 24);
        assert!(text.contains("starting") && text.contains("waiting for the first answers"), "{text}");
    }
}
