//! The line that shows the progress of a run, on standard error while that is a terminal.

use std::io::{self, IsTerminal, Write};

use perf_exporters::table::fitted;
use perf_load::Live;

use crate::out;

/// Clears the line when it is dropped.
pub(super) struct Line {
    shown: bool,
}

impl Line {
    pub(super) fn new() -> Self {
        Self { shown: io::stderr().is_terminal() }
    }

    pub(super) fn is_shown(&self) -> bool {
        self.shown
    }

    /// Overwrites the line. A closed standard error changes nothing.
    pub(super) fn show(live: &Live) {
        let width = terminal_size::terminal_size_of(io::stderr()).map_or(80, |(width, _)| usize::from(width.0));
        let text = fitted(&live.to_string(), width.saturating_sub(1).max(1));
        let dim = out::DIM;
        let _ = write!(anstream::stderr().lock(), "\r\x1b[K{dim}{text}{dim:#}");
        let _ = io::stderr().flush();
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        if self.shown {
            let _ = write!(io::stderr(), "\r\x1b[K");
        }
    }
}
