//! How a report is shown.

use std::env;
use std::io::{IsTerminal, Stderr};

/// How a report is shown.
///
/// ```
/// use perf_exporters::table::Options;
///
/// let mut options = Options::default();
/// options.width = 120;
/// options.top = None; // every probe
/// # assert!(options.tree && !options.color);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Options {
    /// Columns of the terminal; fewer than [`Options::LEAST_WIDTH`] are taken as that many.
    pub width: usize,
    /// Whether to use colours.
    pub color: bool,
    /// How many probes to show; `None` for all.
    pub top: Option<usize>,
    /// How to see every probe, told where some are left out.
    pub all: &'static str,
    /// Whether to show the call tree, where one was recorded.
    pub tree: bool,
}

impl Default for Options {
    /// 80 columns, no colour, 30 probes, the call tree.
    fn default() -> Self {
        Self { width: 80, color: false, top: Some(Self::TOP), all: "PERF_TOP=all", tree: true }
    }
}

impl Options {
    /// Below this there is no room for a name and a number.
    pub const LEAST_WIDTH: usize = 40;
    /// How many probes are shown when nothing is said.
    pub const TOP: usize = 30;
    const MOST_WIDTH: usize = 1000;

    /// For standard error as it is now: its width if it is a terminal (`COLUMNS` or 80 if not), colour if it is a
    /// terminal and `NO_COLOR`, `CLICOLOR` and `CLICOLOR_FORCE` say nothing else.
    ///
    /// ```
    /// # use perf_exporters::table::Options;
    /// let mut options = Options::for_stderr();
    /// options.top = Some(10);
    /// ```
    #[must_use]
    pub fn for_stderr() -> Self {
        let stderr = std::io::stderr();
        let color = anstream::AutoStream::choice(&stderr) != anstream::ColorChoice::Never;
        Self { width: width_of(&stderr), color, ..Self::default() }
    }
}

fn width_of(stderr: &Stderr) -> usize {
    #[cfg(any(unix, windows))]
    let terminal = terminal_size::terminal_size_of(stderr).map(|(width, _)| usize::from(width.0));
    #[cfg(not(any(unix, windows)))]
    let terminal = None;
    let told = || env::var("COLUMNS").ok()?.trim().parse().ok();
    let width = terminal.filter(|_| stderr.is_terminal()).or_else(told).filter(|width| *width > 0);
    width.unwrap_or(80).min(Options::MOST_WIDTH)
}
