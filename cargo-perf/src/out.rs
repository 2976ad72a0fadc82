//! The terminal: what it can show, and writing to it.

use std::fmt::Display;
use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;

use anstyle::{AnsiColor, Style};
use perf_exporters::judge::Verdict;
use serde::Serialize;

use crate::failure::{Failure, Result};

/// Inconclusive, where `--strict` asks for certainty.
const INCONCLUSIVE: u8 = 3;

/// Whether standard output takes colours: a terminal, and `NO_COLOR` and its like say nothing else.
pub(crate) fn color() -> bool {
    anstream::AutoStream::choice(&io::stdout()) != anstream::ColorChoice::Never
}

/// Columns where nothing says how many there are.
pub(crate) const USUAL_WIDTH: usize = 100;

/// Columns of the terminal; `COLUMNS` or [`USUAL_WIDTH`] where there is none.
pub(crate) fn width() -> usize {
    let terminal = terminal_size::terminal_size_of(io::stdout()).map(|(width, _)| usize::from(width.0));
    let told = || std::env::var("COLUMNS").ok()?.trim().parse().ok();
    let width = terminal.filter(|_| io::stdout().is_terminal()).or_else(told);
    width.filter(|width| *width > 0).unwrap_or(USUAL_WIDTH).min(1000)
}

/// Writes to standard output.
pub(crate) fn print(text: &str) -> Result<()> {
    bytes(text.as_bytes())
}

/// The same with what may be no text.
pub(crate) fn bytes(bytes: &[u8]) -> Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(bytes).and_then(|()| out.flush()).map_err(|error| Failure::output(&error))
}

/// Writes a value as JSON to standard output.
pub(crate) fn json(value: &impl Serialize) -> Result<()> {
    let text = serde_json::to_string_pretty(value).map_err(|error| Failure::new(error.to_string()))?;
    print(&(text + "\n"))
}

/// One line to standard error about how the work goes on. A closed standard error changes nothing.
pub(crate) fn progress(what: &dyn Display) {
    let _ = writeln!(anstream::stderr(), "{DIM}perf: {what}{DIM:#}");
}

/// The error, to standard error.
pub(crate) fn complain(what: &dyn Display) {
    let _ = writeln!(anstream::stderr(), "{BAD}error{BAD:#}: {what}");
}

/// A warning, to standard error.
pub(crate) fn warn(what: &dyn Display) {
    let _ = writeln!(anstream::stderr(), "{WARM}warning{WARM:#}: {what}");
}

/// The exit code of a verdict.
pub(crate) fn code(verdict: &Verdict, strict: bool) -> ExitCode {
    match verdict {
        Verdict::Fail => ExitCode::FAILURE,
        Verdict::Inconclusive(_) if strict => ExitCode::from(INCONCLUSIVE),
        Verdict::Pass | Verdict::Inconclusive(_) => ExitCode::SUCCESS,
    }
}

/// The style of a verdict.
pub(crate) fn style_of(verdict: &Verdict) -> Style {
    match verdict {
        Verdict::Pass => AnsiColor::Green.on_default().bold(),
        Verdict::Fail => BAD,
        Verdict::Inconclusive(_) => AnsiColor::Yellow.on_default().bold(),
    }
}

/// A verdict as a sign, for a heading.
pub(crate) fn mark(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "✅",
        Verdict::Fail => "❌",
        Verdict::Inconclusive(_) => "❔",
    }
}

/// Text in a style, or plain.
pub(crate) fn painted(text: &str, style: Style, color: bool) -> String {
    if color && style != Style::new() && !text.is_empty() {
        format!("{}{text}{}", style.render(), style.render_reset())
    } else {
        text.to_owned()
    }
}

pub(crate) const BOLD: Style = Style::new().bold();
pub(crate) const DIM: Style = Style::new().dimmed();
const BAD: Style = AnsiColor::Red.on_default().bold();
const WARM: Style = AnsiColor::Yellow.on_default().bold();
