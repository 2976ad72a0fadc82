//! A history that goes to and fro between two levels: states of the machine, and no change.

use perf_exporters::baseline::Metric;
use perf_exporters::stats::changepoint::Options;
use perf_exporters::stats::states::States;
use serde::Serialize;

use super::chart;

/// Two levels between which the values go to and fro.
#[derive(Serialize)]
pub(super) struct TwoStates {
    low: f64,
    high: f64,
    /// How often they went from one to the other.
    turns: usize,
    /// Whether the last value is at the higher one.
    high_now: bool,
    /// Index of the first value at the other level and of the first one after it, where it was left for that once and came back.
    away: Option<(usize, usize)>,
}

impl TwoStates {
    /// The two states of these values, where they are as far apart as a change has to be.
    pub(super) fn of(values: &[f64], options: &Options) -> Option<Self> {
        let states = States::of(values, options.least_length)?;
        let away = if states.turns == 2 { states.stays().nth(1) } else { None };
        let States { low, high, turns, at_high, .. } = states;
        let matters = high - low >= options.least_change * low.abs();
        matters.then(|| Self { low, high, turns, high_now: at_high.last() == Some(&true), away })
    }

    /// For people.
    pub(super) fn told(&self, metric: Metric) -> String {
        let [now, other] = if self.high_now { ["higher", "lower"] } else { ["lower", "higher"] };
        let what = match self.away {
            Some((from, to)) => format!(
                "it was at the {other} one from report {} to {to} and came back, which is no change: a state of the machine that came \
                 once, or a change that was taken back",
                from + 1
            ),
            None => format!(
                "it went from one to the other {} times and is at the {now} one now, which is no change",
                self.turns
            ),
        };
        format!("two states, {} and {}: {what}", chart::value(metric, self.low), chart::value(metric, self.high))
    }
}
