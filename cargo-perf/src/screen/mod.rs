//! The terminal as a screen: taking it, restoring it, its keys, and the drawing functions of all screens.

pub(crate) mod goodbye;
pub(crate) mod keys;
pub(crate) mod series;
pub(crate) mod theme;

use std::io::{self, IsTerminal};

use ratatui::DefaultTerminal;
use ratatui::buffer::Buffer;
use ratatui::text::{Line, Span};
use unicode_width::UnicodeWidthStr;

use crate::failure::{Failure, Result};
use theme::DIM;

/// Refuses where there is no terminal, with what to do instead.
pub(crate) fn check(remedy: &str) -> Result<()> {
    let streams = [("standard input", io::stdin().is_terminal()), ("standard output", io::stdout().is_terminal())];
    match streams.iter().find(|(_, is_terminal)| !is_terminal) {
        Some((stream, _)) => Err(Failure::new(format!("{stream} is no terminal: {remedy}"))),
        None => Ok(()),
    }
}

/// The terminal as a screen, until this value is dropped: that restores it.
pub(crate) struct Screen {
    pub(crate) terminal: DefaultTerminal,
}

impl Screen {
    pub(crate) fn open() -> io::Result<Self> {
        // A screen that was opened halfway is closed again.
        ratatui::try_init().map(|terminal| Self { terminal }).inspect_err(|_| ratatui::restore())
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        // After a panic it was restored before the message, which a second time would overwrite. A terminal that is gone
        // cannot be restored, and need not be.
        if !std::thread::panicking() {
            let _ = ratatui::try_restore();
        }
    }
}

/// As many of these parts as fit, with a dot between.
pub(crate) fn joined<'a>(parts: impl IntoIterator<Item = Span<'a>>, width: usize) -> Line<'a> {
    const DOT: &str = " · ";
    let mut line = Line::default();
    for part in parts {
        let gap = if line.spans.is_empty() { "" } else { DOT };
        if line.width() + gap.width() + part.width() > width {
            break;
        }
        if !gap.is_empty() {
            line.push_span(Span::styled(gap, DIM));
        }
        line.push_span(part);
    }
    line
}

/// The text of a screen, without blanks at the ends of its lines.
pub(crate) fn text_of(buffer: &Buffer) -> String {
    let mut text = String::new();
    for y in 0..buffer.area.height {
        let mut x = 0;
        let mut line = String::new();
        while x < buffer.area.width {
            let symbol = buffer[(x, y)].symbol();
            line.push_str(symbol);
            // A wide character takes two cells, the second of which is only a placeholder.
            x += u16::try_from(symbol.width()).unwrap_or(1).max(1);
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}
