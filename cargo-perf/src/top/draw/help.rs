//! The help: keys and their actions.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use crate::screen::theme::{DIM, STRONG};

/// Keys and their actions, in two columns where there is room for them.
const KEYS: [&[(&str, &str)]; 2] = [
    &[
        ("↑ ↓ k j", "one row"),
        ("PgUp PgDn", "one page"),
        ("Home End g G", "first and last"),
        ("Enter", "details of the probe"),
        ("/", "filter by name"),
        ("space", "pause"),
        ("t", "totals, or the last interval"),
        ("Esc", "back; from the list out"),
        ("q Ctrl-C", "quit"),
    ],
    &[
        ("1 … 9", "sort by that column"),
        ("0", "sort by name"),
        ("← →", "by the column beside it"),
        ("r", "the other way round"),
        ("b", "budgets"),
        ("m", "memory"),
        ("p", "probes"),
        ("?", "this"),
    ],
];
const NOTES: &[&str] = &[
    "calls/s, p50, p99, …  of the last interval; with t of all the time",
    "total, self %         time in the probe with and without the probes it called",
    "max                   of an interval known to 1.6 %, of all the time exactly",
    "observer              how much longer the program takes with its probes",
    "lost                  calls that no probe could be told of",
];
/// Columns of the first half, and of a key.
const HALF: u16 = 43;
const KEY: usize = 13;

pub(super) fn draw(frame: &mut Frame, area: Rect) {
    let lines = |keys: &[(&'static str, &'static str)]| -> Vec<Line<'static>> {
        keys.iter()
            .map(|(key, what)| Line::from(vec![Span::styled(format!("{key:KEY$}"), STRONG), Span::raw(*what)]))
            .collect()
    };
    let notes: Vec<Line> = NOTES.iter().map(|note| Line::styled(*note, DIM)).collect();
    let is_wide = area.width >= 2 * HALF - 6;
    let [left, right] = KEYS.map(lines);
    let rows = u16::try_from(if is_wide { left.len() } else { left.len() + right.len() }).unwrap_or(0);
    let [keys, below] = Layout::vertical([Constraint::Length(rows + 1), Constraint::Min(0)]).areas(area);
    if is_wide {
        let [first, second] = Layout::horizontal([Constraint::Length(HALF), Constraint::Min(0)]).areas(keys);
        frame.render_widget(Paragraph::new(left), first);
        frame.render_widget(Paragraph::new(right), second);
    } else {
        frame.render_widget(Paragraph::new([left, right].concat()), keys);
    }
    frame.render_widget(Paragraph::new(notes), below);
}
