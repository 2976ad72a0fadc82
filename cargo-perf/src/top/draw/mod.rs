//! The screen, drawn from the state: two lines of head, one for the list, the list or the details of a row, and the keys.
//!
//! Names come from the program that is watched, and errors from the server that answers: they pass through
//! [`label`](perf_exporters::label) before they are passed to this module or while they are drawn.

mod budgets;
mod details;
mod head;
mod help;
mod memory;
mod probes;
#[cfg(test)]
mod tests;

use std::time::Instant;

use ratatui::backend::TestBackend;
use ratatui::layout::{Constraint, Layout, Rect, Size};
use ratatui::widgets::{Paragraph, Wrap};
use ratatui::{Frame, Terminal};

use super::app::{App, Mode, View};
use crate::screen::text_of;
use crate::screen::theme::{DIM, Theme};

/// The least size: a smaller terminal has no room for a name and a number.
const LEAST: Size = Size { width: 40, height: 10 };
/// Lines above the list.
const HEAD: u16 = 3;
const FOOT: u16 = 1;

/// Draws the screen.
pub(super) fn screen(app: &App, frame: &mut Frame, theme: Theme, now: Instant) {
    let area = frame.area();
    if area.width < LEAST.width || area.height < LEAST.height {
        let text =
            format!("perf top needs {} × {}; this is {} × {}", LEAST.width, LEAST.height, area.width, area.height);
        frame.render_widget(Paragraph::new(text).wrap(Wrap { trim: true }), area);
        return;
    }
    let [top, middle, foot] = areas(area);
    head::draw(app, frame, top, theme, now);
    if app.mode == Mode::Help {
        help::draw(frame, middle);
    } else {
        body(app, frame, middle, theme);
    }
    frame.render_widget(head::keys(app, foot.width), foot);
}

/// How many rows a page has, and how far the details can be scrolled.
pub(super) fn room(app: &App, size: Size) -> (usize, usize) {
    let [_, middle, _] = areas(Rect::from(size));
    let most_scroll = app.open.as_ref().map_or(0, |name| details::most_scroll(app, name, middle));
    let list = if app.view == View::Memory { memory::areas(middle)[1] } else { middle };
    (usize::from(list.height.saturating_sub(1)).max(1), most_scroll)
}

/// The head and the list as text: no keys, no colours, and so many rows at most.
pub(super) fn plain(app: &App, width: usize, top: usize) -> String {
    let rows = app.rows().len();
    let shown = rows.min(top).min(usize::from(u16::MAX - HEAD) - 1);
    // Both values are bounded.
    #[allow(clippy::cast_possible_truncation)]
    let size = Size { width: width.clamp(LEAST.width.into(), 1000) as u16, height: HEAD + 1 + shown as u16 };
    let Ok(mut terminal) = Terminal::new(TestBackend::new(size.width, size.height));
    let Ok(drawn) = terminal.draw(|frame| {
        let [top, list] = Layout::vertical([Constraint::Length(HEAD), Constraint::Min(0)]).areas(frame.area());
        let theme = Theme::new(false);
        head::draw(app, frame, top, theme, Instant::now());
        probes::list(app, frame, list, theme, None);
    });
    let text = text_of(drawn.buffer);
    match rows - shown {
        0 => text,
        more => format!("{text}… and {more} more (--top 0 shows them)\n"),
    }
}

fn areas(area: Rect) -> [Rect; 3] {
    Layout::vertical([Constraint::Length(HEAD), Constraint::Min(0), Constraint::Length(FOOT)]).areas(area)
}

fn body(app: &App, frame: &mut Frame, area: Rect, theme: Theme) {
    match (&app.open, app.view) {
        (Some(name), _) => details::draw(app, name, frame, area, theme),
        (None, View::Probes) => probes::list(app, frame, area, theme, Some(app.at())),
        (None, View::Memory) => memory::draw(app, frame, area, theme),
        (None, View::Budgets) => budgets::draw(app, frame, area, theme),
    }
}

/// A notice where there is nothing to list.
fn notice(text: &str, frame: &mut Frame, area: Rect) {
    frame.render_widget(Paragraph::new(text.to_owned()).style(DIM).wrap(Wrap { trim: true }), area);
}
