//! When may sampling end?
//!
//! A PASS excludes only slowness that would have been seen. Slow calls come in runs: of calls that are slow 3 % of the time in
//! runs of 300, 299 in a row see none 19 times in 20. So a PASS waits, for a least time ([`Floor`]), and for so many calls
//! that runs of [`RUN`] calls would have been seen ([`calls_for_runs`]), or for a quarter of the time that sampling may take.
//! The report says which slowness it excludes: [`longest_run`], [`rarest`].
//!
//! Looks are taken at every doubling, and the chance of a wrong PASS is spent over them, half of what is left on each
//! ([`spent_at`]; Lan and `DeMets` 1983): all together err as often as one.
//!
//! Simulated calls of 10 µs, 2 s at most, p99 at twice the usual, 30 runs each (`cargo test -p perf-exporters --lib judge::plan`):
//!
//! | slow calls | PASS by the first look that passes | PASS so |
//! |---|---|---|
//! | 3 % in runs of 30 | 24 | 0 |
//! | 3 % in runs of 300 | 29 | 1 |
//! | 5 % in runs of 250 | 27 | 0 |
//! | none | 30 | 30 |

use std::time::Duration;

use super::PASS_LEVEL;
use crate::stats::order::floor;

/// Slow calls in a row that a PASS is to exclude, where time allows.
pub const RUN: u64 = 300;

/// So many times the calls that see a run at all, 95 % sure: the only one seen may be a short one, by which the share seems small.
const SPARE: f64 = 1.25;

/// Calls that see runs of [`RUN`] slow ones with a chance of more than 95 % where three times the share that may be is slow.
#[must_use]
pub fn calls_for_runs(share: f64) -> u64 {
    if share > 0.0 { floor(SPARE * RUN as f64 / share) as u64 } else { 0 }
}

/// The longest run of slow calls that so many would have seen, 95 % sure, where three times the share that may be is slow.
#[must_use]
pub fn longest_run(calls: u64, share: f64) -> u64 {
    floor(calls as f64 * share / SPARE) as u64
}

/// The rarest event, as one in so many calls, that `calls` calls have seen with a chance of 95 % (Hanley and Lippman-Hand 1983).
#[must_use]
pub fn rarest(calls: u64) -> u64 {
    calls / 3
}

/// The chance of a wrong PASS that look number `look` may spend, from 0 on; the last look spends the rest.
#[must_use]
pub fn spent_at(look: u32, is_last: bool) -> f64 {
    let left = PASS_LEVEL * 0.5_f64.powi(i32::try_from(look).unwrap_or(i32::MAX));
    if is_last { left } else { left / 2.0 }
}

/// The least time and the least calls before a PASS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Floor {
    /// No PASS before.
    pub least: Duration,
    /// From here on fewer calls suffice.
    pub enough: Duration,
    /// Before that, so many calls are needed.
    pub calls: u64,
}

impl Floor {
    /// The floor of sampling that takes `most` at the longest: `least` of it, or a tenth of it if that is more.
    #[must_use]
    pub fn of(least: Duration, most: Duration, calls: u64) -> Self {
        let least = least.max(most / 10).min(most);
        Self { least, enough: (most / 4).max(least), calls }
    }

    /// Whether a PASS may be said after so many calls, and so much time.
    #[must_use]
    pub fn allows(self, calls: u64, elapsed: Duration) -> bool {
        elapsed >= self.enough || (elapsed >= self.least && calls >= self.calls)
    }
}

#[cfg(test)]
#[path = "plan_tests.rs"]
mod tests;
