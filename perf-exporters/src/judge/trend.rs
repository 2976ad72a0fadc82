//! Does memory leak, or does it only warm up?
//!
//! Live bytes are read at quiescent checkpoints after equal batches of work. A straight-line fit calls every cache that fills a
//! leak; so a leak must show in three ways (Gilbert, *Statistical Methods for Environmental Pollution Monitoring*, ch. 16):
//!
//! 1. the values rise: Mann–Kendall z > 3.09, one-sided 0.1 %, variance corrected for ties;
//! 2. they rise by something that matters: the lower 95 % bound of Sen's slope × the length of the run is above
//!    max(64 KiB, 0.5 % of the median);
//! 3. they go on rising: where the second half's slope is under half of the first half's, it is [`Reason::Converging`], and the
//!    run should be made longer.
//!
//! The checkpoints must be quiescent: the first two assume that they do not depend on each other beyond the trend. Twenty that
//! wander (correlation 0.6 from one to the next, 0.2 % of 50 MB) fail 15 times in 10,000, independent ones 3 times; strong wandering
//! (0.9, 2 %) fails 9 times in 100, and a random walk *is* a leak to any test of twenty values. Where that may be, confirm by a second run.
//! A leak of 3 % over 20 checkpoints is found 1,999 times in 2,000 under noise of 0.2 %; under 0.5 % one in eight is said to converge.

use super::verdict::{Reason, Verdict};
pub use crate::stats::mann_kendall::{MannKendall, mann_kendall};
use crate::stats::order::median;
use crate::stats::theil_sen::TheilSen;

/// Mann–Kendall z beyond which values rise.
pub const RISES: f64 = 3.09;

/// A rise of less than this over the whole run is no leak, bytes.
pub const LEAST_BYTES: f64 = 65_536.0;

/// A rise of less than this share of the median over the whole run is no leak.
pub const LEAST_SHARE: f64 = 0.005;

/// Fewest checkpoints: below 8 z cannot exceed 3.09, and the halves need some.
pub const LEAST: usize = 10;

/// The conclusion from the checkpoints.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Judgement {
    /// PASS: no leak; FAIL: a leak; [`Reason::Converging`], [`Reason::TooFewSamples`] or [`Reason::Invalid`].
    pub verdict: Verdict,
    /// Mann–Kendall z.
    pub z: f64,
    /// Sen's slope, bytes per batch.
    pub slope: f64,
    /// With 95 % confidence the slope is at least this.
    pub lower: f64,
    /// Slope of the first half, bytes per batch.
    pub first: f64,
    /// Slope of the second half.
    pub second: f64,
    /// The rise over the whole run that is allowed, bytes.
    pub allowed: f64,
}

/// Judges "memory does not grow" by live bytes at checkpoints after equal batches, in the order of time.
///
/// Fewer than [`LEAST`] checkpoints are [`Reason::TooFewSamples`].
///
/// ```
/// # use perf_exporters::judge::{trend, Reason, Verdict};
/// let leak: Vec<f64> = (0..20).map(|i| 1e6 + 2e4 * f64::from(i)).collect();
/// assert!(trend::judge(&leak).verdict.is_fail());
/// let warm_up: Vec<f64> = (0..20).map(|i| 2e6 - 1e6 * 0.7_f64.powi(i)).collect();
/// assert_eq!(trend::judge(&warm_up).verdict, Verdict::Inconclusive(Reason::Converging));
/// assert!(trend::judge(&[1e6; 20]).verdict.is_pass());
/// ```
#[must_use]
pub fn judge(live_bytes: &[f64]) -> Judgement {
    let n = live_bytes.len();
    let test = mann_kendall(live_bytes);
    let typical = median(live_bytes).unwrap_or(0.0);
    let mut judged = Judgement {
        verdict: Verdict::Pass,
        z: test.z,
        slope: f64::NAN,
        lower: f64::NAN,
        first: f64::NAN,
        second: f64::NAN,
        allowed: LEAST_BYTES.max(LEAST_SHARE * typical.abs()),
    };
    if n < LEAST {
        let (have, need) = (n as u64, LEAST as u64);
        judged.verdict = Verdict::Inconclusive(Reason::TooFewSamples { have, need });
        return judged;
    }
    let batches: Vec<f64> = (0..n).map(|i| i as f64).collect();
    let fit = |from: usize, to: usize| TheilSen::fit(&batches[from..to], &live_bytes[from..to]);
    let half = n / 2;
    let (Some(whole), Some(first), Some(second)) = (fit(0, n), fit(0, half), fit(n - half, n)) else {
        judged.verdict = Verdict::Inconclusive(Reason::Invalid("live bytes must be finite".into()));
        return judged;
    };
    judged.slope = whole.slope();
    judged.lower = whole.lower(super::PASS_LEVEL);
    judged.first = first.slope();
    judged.second = second.slope();
    let grows = test.z > RISES && judged.lower * (n - 1) as f64 > judged.allowed;
    if grows {
        judged.verdict =
            if judged.second < judged.first / 2.0 { Verdict::Inconclusive(Reason::Converging) } else { Verdict::Fail };
    }
    judged
}

#[cfg(test)]
#[path = "trend_tests.rs"]
mod tests;
