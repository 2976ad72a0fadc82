//! Does memory leak over a run, or does a cache warm?
//!
//! The gate's method ([`trend`]) judges the memory of all checkpoints, and that of their second half. A leak shows in both, and
//! does not slow down: where the last quarter's slope is under 80 % of the one before, it is [`Reason::Converging`]. A cache that
//! fills exponentially slows down by more than that from quarter to quarter where it is 60 % full at the end of the run; noise in
//! the readings asks for more (`docs/load/endurance.md`). One that fills slower looks like a leak to any test of that length.
//!
//! A leak beside a cache that warms is found, too: the whole then slows down, but the second half, by itself, does not.

use perf_exporters::judge::trend::{self, Judgement};
use perf_exporters::judge::{Reason, Verdict};

/// The least ratio of the last quarter's slope to that of the one before, where growth does not slow down.
const STEADY: f64 = 0.8;
/// The same ratio for a verdict that ends a run early.
pub(super) const CERTAIN: f64 = 0.95;

/// Judges "memory does not grow without end" by the memory at checkpoints after equal loads, in the order of time, in bytes.
///
/// The figures are those of the whole, but for [`Judgement::first`] and [`Judgement::second`] of a leak, which are those of the third
/// and the last quarter.
///
/// ```
/// use perf_load::endurance::leak;
///
/// let mib = f64::from(1 << 20);
/// let warming = |minute: i32| 50.0 * mib * (1.0 - (-f64::from(minute) / 10.0).exp());
/// let leaks: Vec<f64> = (0..60).map(|minute| 100.0 * mib + warming(minute) + mib * f64::from(minute)).collect();
/// assert!(leak::judge(&leaks).verdict.is_fail());
/// let warms: Vec<f64> = (0..60).map(|minute| 100.0 * mib + warming(minute)).collect();
/// assert!(!leak::judge(&warms).verdict.is_fail());
/// ```
#[must_use]
pub fn judge(memory: &[f64]) -> Judgement {
    steady(memory, STEADY)
}

pub(super) fn steady(memory: &[f64], steady: f64) -> Judgement {
    let mut whole = trend::judge(memory);
    let converging = Verdict::Inconclusive(Reason::Converging);
    if !(whole.verdict.is_fail() || whole.verdict == converging) {
        return whole;
    }
    let late = trend::judge(&memory[memory.len() / 2..]);
    whole.verdict = match late.verdict {
        Verdict::Fail if late.second >= steady * late.first => {
            (whole.first, whole.second) = (late.first, late.second);
            Verdict::Fail
        }
        // It rose, and now rises no longer, or less and less.
        Verdict::Fail | Verdict::Pass => converging,
        undecided @ Verdict::Inconclusive(_) => undecided,
    };
    whole
}
