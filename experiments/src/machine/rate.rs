//! Rates, and what so many runs can say about them.

use perf_exporters::stats::dist::binomial_at_most;

#[path = "../tally.rs"]
mod tally;

pub(crate) use tally::Tally;

/// The rate is at most this, 95 % sure, where so many of so many runs showed it (Clopper and Pearson 1934).
pub(crate) fn at_most(seen: u32, runs: u32) -> f64 {
    let (mut low, mut high) = (0.0, 1.0);
    if seen >= runs {
        return high;
    }
    for _ in 0..60 {
        let middle: f64 = f64::midpoint(low, high);
        if binomial_at_most(runs.into(), seen.into(), middle) > 0.05 {
            low = middle;
        } else {
            high = middle;
        }
    }
    high
}
