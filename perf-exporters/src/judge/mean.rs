//! Is the mean within its limit? Is the throughput?
//!
//! Call times are skewed and dependent, so single values do not obey Student's t. *Batch means* do, nearly: the values, in
//! the order of time, are cut into up to 60 batches of equal length, and the batches' means are judged (Law and Carson 1979;
//! Schmeiser 1982, who finds that 10 to 30 batches lose little: 60 leave room for the correction below).
//!
//! * FAIL iff P(T ≥ t) ≤ 10⁻⁶, for t = (mean − bound) ÷ (s ÷ √b),
//! * PASS iff the upper 95 % confidence bound is at most the bound,
//!
//! the levels of the quantile test. Batches that still depend on their neighbours with correlation r > 0 count for fewer: b
//! becomes b × (1 − r) ÷ (1 + r), with as many degrees of freedom less one (Wilks, *Statistical Methods in the Atmospheric
//! Sciences*, 5.2.4); r is taken with its bias of −1/b put right.
//!
//! One value of a second among a thousand of a millisecond doubles the mean and proves nothing: it blows up s as well, so it
//! ends as INCONCLUSIVE. The other way round, a mean that depends on events rarer than one per run cannot be seen by any
//! rule: where all batches are calm, the PASS is for these. At the limit itself 5 % pass wrongly under independent noise,
//! 7 to 12 % under short bursts, and up to 34 % where 600 calls see one or two bursts; no FAIL was seen in 30,000 epochs.

use super::verdict::{Reason, Verdict};
use super::{FAIL_LEVEL, PASS_LEVEL};
use crate::stats::dist::{student_above, student_quantile_above};
use crate::stats::order::floor;

/// Most batches.
pub const BATCHES: usize = 60;

/// Fewer values than this are not judged.
pub const LEAST: usize = 20;

/// The conclusion about the mean of the values.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Judgement {
    /// PASS, FAIL, or [`Reason::TooFewSamples`] / [`Reason::Undecided`] / [`Reason::Invalid`].
    pub verdict: Verdict,
    /// The measured mean, or throughput.
    pub actual: f64,
    /// The confidence bound on the side that matters: 95 % sure that the true value is not beyond.
    pub bound95: f64,
    /// The chance of such a mean, or one further beyond, although the promise holds.
    pub fail_p: f64,
    /// The chance of such a mean, or one further within, although the promise is (just) broken.
    pub pass_p: f64,
    /// Independent batches that the data amount to.
    pub batches: f64,
}

/// Judges "the mean is at most `bound`" by values in the order in which they were measured, all in one unit.
///
/// Fewer than [`LEAST`] values are [`Reason::TooFewSamples`], a value that is not finite [`Reason::Invalid`].
///
/// ```
/// # use perf_exporters::judge::mean;
/// let times: Vec<f64> = (0..1000).map(|i| 1.0 + f64::from(i % 7) / 10.0).collect();
/// assert!(mean::judge(&times, 2.0).verdict.is_pass());
/// assert!(mean::judge(&times, 1.2).verdict.is_fail());
/// ```
#[must_use]
pub fn judge(values: &[f64], bound: f64) -> Judgement {
    let n = values.len();
    if let Some(verdict) = unusable(n, values.iter().all(|v| v.is_finite()) && bound.is_finite()) {
        return undecided(verdict);
    }
    let count = if n < 2 * BATCHES { n / 2 } else { BATCHES };
    let batches: Vec<f64> = (0..count)
        .map(|b| &values[b * n / count..(b + 1) * n / count])
        .map(|batch| batch.iter().sum::<f64>() / batch.len() as f64)
        .collect();
    let mean = batches.iter().sum::<f64>() / count as f64;
    let deviations: Vec<f64> = batches.iter().map(|b| b - mean).collect();
    let squares: f64 = deviations.iter().map(|d| d * d).sum();
    let effective = count as f64 / inflation(&deviations, squares);
    let error = (squares / (count - 1) as f64 / effective).sqrt();
    let freedom = (effective - 1.0).max(1.0);
    let actual = values.iter().sum::<f64>() / n as f64;
    let (fail_p, pass_p, bound95) = if error > 0.0 {
        let t = (actual - bound) / error;
        let margin = student_quantile_above(PASS_LEVEL, freedom) * error;
        (student_above(t, freedom), student_above(-t, freedom), actual + margin)
    } else {
        (f64::from(u8::from(actual <= bound)), f64::from(u8::from(actual > bound)), actual)
    };
    let verdict = if fail_p <= FAIL_LEVEL {
        Verdict::Fail
    } else if bound95 <= bound {
        Verdict::Pass
    } else {
        Verdict::Inconclusive(Reason::Undecided)
    };
    Judgement { verdict, actual, bound95, fail_p, pass_p, batches: effective }
}

/// Judges "at least `bound` items per second" by pairs (items, seconds), one per call, in the order of time.
///
/// The throughput R is reached iff seconds − items ÷ R has a mean of at most zero, so it is judged as that mean (Fieller's
/// treatment of a ratio): calls may differ in their number of items. `bound` > 0.
///
/// ```
/// # use perf_exporters::judge::mean::judge_throughput;
/// let work: Vec<(f64, f64)> = (1..=200).map(|i| (f64::from(i % 9 + 1), f64::from(i % 9 + 1) * 0.001)).collect();
/// let judged = judge_throughput(&work, 500.0);
/// assert!(judged.verdict.is_pass());
/// assert!((judged.actual - 1000.0).abs() < 1e-9);
/// assert!(judge_throughput(&work, 2000.0).verdict.is_fail());
/// ```
#[must_use]
pub fn judge_throughput(work: &[(f64, f64)], bound: f64) -> Judgement {
    let items: f64 = work.iter().map(|w| w.0).sum();
    let seconds: f64 = work.iter().map(|w| w.1).sum();
    let usable = bound > 0.0 && bound.is_finite() && items.is_finite() && seconds > 0.0;
    if let Some(verdict) = unusable(work.len(), usable) {
        return undecided(verdict);
    }
    let lateness: Vec<f64> = work.iter().map(|(i, s)| s - i / bound).collect();
    let judged = judge(&lateness, 0.0);
    // Seconds per call that the upper bound of lateness allows, turned back into items per second.
    let slowest = items / bound + judged.bound95 * work.len() as f64;
    Judgement {
        actual: items / seconds,
        bound95: if slowest > 0.0 { items / slowest } else { f64::INFINITY },
        ..judged
    }
}

/// (1 + r) ÷ (1 − r) for the lag-1 correlation r of neighbouring batches, corrected for its bias, in 0 ..= 0.9.
fn inflation(deviations: &[f64], squares: f64) -> f64 {
    if squares <= 0.0 {
        return 1.0;
    }
    let products: f64 = deviations.windows(2).map(|w| w[0] * w[1]).sum();
    let r = (products / squares + 1.0 / deviations.len() as f64).clamp(0.0, 0.9);
    (1.0 + r) / (1.0 - r)
}

fn unusable(n: usize, finite: bool) -> Option<Verdict> {
    if !finite {
        return Some(Verdict::Inconclusive(Reason::Invalid("values and limit must be finite and above zero".into())));
    }
    let (have, need) = (n as u64, LEAST as u64);
    (n < LEAST).then_some(Verdict::Inconclusive(Reason::TooFewSamples { have, need }))
}

fn undecided(verdict: Verdict) -> Judgement {
    Judgement { verdict, actual: f64::NAN, bound95: f64::NAN, fail_p: 1.0, pass_p: 1.0, batches: 0.0 }
}

/// How many values would bring the 95 % bound within the limit, if mean and spread stay: samples in all, `None` when the
/// mean itself is beyond the limit. Grows with the square of the ratio of margin to distance.
#[must_use]
pub fn plan(judged: &Judgement, n: u64, bound: f64) -> Option<u64> {
    let margin = (judged.bound95 - judged.actual).abs();
    let room = (bound - judged.actual).abs();
    let within = (judged.bound95 > judged.actual && judged.actual < bound)
        || (judged.bound95 < judged.actual && judged.actual > bound);
    let factor = (margin / room).powi(2).max(1.0);
    (within && factor.is_finite()).then(|| floor((n as f64 * factor).ceil()) as u64)
}

#[cfg(test)]
#[path = "mean_tests.rs"]
mod tests;
