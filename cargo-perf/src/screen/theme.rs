//! The styles in use; without colour they are bold, dim and reversed.

use perf_exporters::report::BudgetVerdict;
use ratatui::style::{Color, Modifier, Style};

pub(crate) const STRONG: Style = Style::new().add_modifier(Modifier::BOLD);
pub(crate) const DIM: Style = Style::new().add_modifier(Modifier::DIM);
/// The row that is marked.
pub(crate) const MARKED: Style = Style::new().add_modifier(Modifier::REVERSED);

/// Styles that depend on whether there are colours.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Theme {
    color: bool,
}

impl Theme {
    pub(crate) fn new(color: bool) -> Self {
        Self { color }
    }

    fn in_color(self, color: Color) -> Style {
        if self.color { Style::new().fg(color) } else { Style::new() }
    }

    pub(crate) fn good(self) -> Style {
        self.in_color(Color::Green)
    }

    pub(crate) fn warm(self) -> Style {
        self.in_color(Color::Yellow)
    }

    pub(crate) fn bad(self) -> Style {
        self.in_color(Color::Red).add_modifier(Modifier::BOLD)
    }

    pub(crate) fn shape(self) -> Style {
        self.in_color(Color::Cyan)
    }

    /// The style of a share of the whole, in per cent.
    pub(crate) fn heat(self, percent: f64) -> Style {
        match percent {
            p if p >= 25.0 => self.bad(),
            p if p >= 10.0 => self.warm(),
            _ => Style::new(),
        }
    }

    pub(crate) fn verdict(self, verdict: BudgetVerdict) -> Style {
        match verdict {
            BudgetVerdict::Fail => self.bad(),
            BudgetVerdict::Warn => self.warm(),
            BudgetVerdict::Pass => self.good(),
            _ => DIM,
        }
    }
}
