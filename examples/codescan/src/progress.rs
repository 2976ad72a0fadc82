//! A progress bar on standard error, and only where that is a terminal.

use std::env;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

/// Counts files found and files done.
#[derive(Debug)]
pub struct Progress {
    bar: ProgressBar,
}

impl Progress {
    /// A bar that is hidden unless standard error is a terminal.
    #[must_use]
    pub fn new() -> Self {
        let bar = ProgressBar::new(0);
        let bare = env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let shape = if bare { "{wide_bar}" } else { "{wide_bar:.cyan/blue}" };
        if let Ok(style) = ProgressStyle::with_template(&format!("{shape} {{pos}}/{{len}} files {{elapsed}}")) {
            bar.set_style(style);
        }
        if !bar.is_hidden() {
            bar.enable_steady_tick(Duration::from_millis(100));
        }
        Self { bar }
    }

    /// A bar that is never shown.
    #[must_use]
    pub fn hidden() -> Self {
        Self { bar: ProgressBar::hidden() }
    }

    /// One more file to do.
    pub fn found(&self) {
        self.bar.inc_length(1);
    }

    /// One more file done.
    pub fn done(&self) {
        self.bar.inc(1);
    }

    /// Takes the bar away, so that the summary stands on a clean line.
    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

impl Default for Progress {
    fn default() -> Self {
        Self::new()
    }
}
