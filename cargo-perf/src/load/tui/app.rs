//! The state behind the screen, as a value.

use perf_load::Live;
use perf_load::http::Answers;

use crate::load::plan::Plan;
use crate::screen::series::Series;

/// Values that are kept of each chart.
const KEPT: usize = 500;

#[derive(Debug, Default)]
pub(super) struct App {
    /// The server under load, and the limits.
    pub(super) target: String,
    pub(super) limits: Vec<String>,
    /// The latest figures, and the shown ones while paused.
    latest: Option<Live>,
    held: Option<Live>,
    pub(super) answers: Answers,
    /// Completions a second, and microseconds of the p99, the oldest first.
    rates: Series<KEPT>,
    p99s: Series<KEPT>,
    /// Whether the run is being ended.
    pub(super) stopping: bool,
}

impl App {
    pub(super) fn new(plan: &Plan) -> Self {
        let first = plan.operations.first().map_or_else(String::new, |(_, request)| request.origin().to_string());
        let more = plan.operations.len().saturating_sub(1);
        let target = if more > 0 { format!("{first} and {more} more") } else { first };
        Self { target, limits: plan.keys.limit.clone(), ..Self::default() }
    }

    /// Takes the latest figures.
    pub(super) fn told(&mut self, live: Live) {
        // Saturates; nothing is negative.
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        self.rates.push(live.rate.round() as u64);
        if let Some(p99) = live.p99 {
            self.p99s.push(u64::try_from(p99.as_micros()).unwrap_or(u64::MAX));
        }
        self.latest = Some(live);
    }

    /// Pauses the figures, or goes on.
    pub(super) fn pause(&mut self) {
        self.held = if self.held.is_some() { None } else { self.latest.clone() };
    }

    pub(super) fn is_paused(&self) -> bool {
        self.held.is_some()
    }

    /// The figures that are shown.
    pub(super) fn live(&self) -> Option<&Live> {
        self.held.as_ref().or(self.latest.as_ref())
    }

    /// The last rates, at most so many.
    pub(super) fn rates(&self, most: usize) -> Vec<u64> {
        self.rates.last(most)
    }

    pub(super) fn p99s(&self, most: usize) -> Vec<u64> {
        self.p99s.last(most)
    }
}
