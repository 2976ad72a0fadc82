//! Did anything move between two sets of measurements, which way, and does it matter?
//!
//! Two questions are asked of every change, and a level needs both: is it *large* (by the thresholds of its kind), and is it
//! *real* (at 0.5 %, one-sided)? Large but not real is [`Level::Unproven`]; real but small is [`Level::Same`].
//!
//! * [`runs`]: one value per run, several runs of each. Mann–Whitney's rank-sum test, exact with ties up to 40 runs; the
//!   change is the median of all quotients new ÷ old, bounded by counting off (Hodges and Lehmann 1963; Hollander, Wolfe and
//!   Chicken, 4.1–4.3). At least five runs of each, or 4 and 6, or 3 and 9, can prove anything.
//! * [`samples`]: one run of each, as a histogram. This proves that the two *runs* differ; a machine that drifts between them
//!   makes any two runs differ, which no statistics of single calls can see. Prefer several runs, taken in turn.
//!
//! Unchanged code, five runs of each, 5,000 comparisons of means: no FAIL where runs scatter by 3 %, 4 by 10 %, 18 by 20 %. +30 % is
//! found in all, 60 % and 13 %: runs that scatter need to be many.
//!
//! | kind | warn | fail |
//! |---|---|---|
//! | mean | +10 % | +20 % |
//! | quantiles | +15 % | +25 % |
//! | memory | +20 % | +50 % |
//! | throughput | −5 % | −10 % |

use super::verdict::{Reason, Side, Verdict};
use crate::stats::dist::normal_quantile_above;
use crate::stats::order::{median, sorted};
use crate::stats::rank_sum::counted_off;
pub use crate::stats::rank_sum::{EXACT, p_greater};

/// A change is real if chance alone makes one like it at most this often.
pub const LEVEL: f64 = 0.005;

/// The quantity that is compared.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Metric {
    /// A mean time.
    Mean,
    /// The quantile p of the times, 0 < p < 1.
    Quantile(f64),
    /// Bytes or allocations.
    Memory,
    /// Items per second: less is worse.
    Throughput,
}

/// The changes from which to warn, and to fail, as shares of the old value: 0.1 is 10 %.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Thresholds {
    /// Warn from here on; an improvement from here on is named as one.
    pub warn: f64,
    /// Fail from here on.
    pub fail: f64,
}

impl Metric {
    /// The usual thresholds of this kind.
    #[must_use]
    pub const fn thresholds(self) -> Thresholds {
        match self {
            Self::Mean => Thresholds { warn: 0.10, fail: 0.20 },
            Self::Quantile(_) => Thresholds { warn: 0.15, fail: 0.25 },
            Self::Memory => Thresholds { warn: 0.20, fail: 0.50 },
            Self::Throughput => Thresholds { warn: 0.05, fail: 0.10 },
        }
    }

    /// The side on which the good values lie.
    #[must_use]
    pub const fn side(self) -> Side {
        match self {
            Self::Throughput => Side::AtLeast,
            _ => Side::AtMost,
        }
    }
}

/// The rating of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Level {
    /// Worse, real, and beyond the fail threshold.
    Fail,
    /// Worse, real, and beyond the warn threshold.
    Warn,
    /// Beyond a threshold, either way, and perhaps by chance.
    Unproven,
    /// Within the warn threshold.
    Same,
    /// Better, real, and beyond the warn threshold.
    Improved,
}

/// A change from old to new.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Change {
    /// The old value: median over runs, or the statistic of the histogram.
    pub old: f64,
    /// The new value.
    pub new: f64,
    /// new ÷ old; infinite from zero, 1 from zero to zero. NaN without values.
    pub ratio: f64,
    /// `ratio` is below this with a chance of at most [`LEVEL`].
    pub low: f64,
    /// `ratio` is above this with a chance of at most [`LEVEL`].
    pub high: f64,
    /// Its rating.
    pub level: Level,
    /// So few values that nothing could be proven.
    pub too_few: bool,
}

impl Change {
    /// [`Level::Fail`] fails, [`Level::Unproven`] is inconclusive, all else passes.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        match self.level {
            Level::Fail => Verdict::Fail,
            Level::Unproven if self.too_few => {
                Verdict::Inconclusive(Reason::Invalid("too few runs to tell: five of each can".into()))
            }
            Level::Unproven => Verdict::Inconclusive(Reason::Undecided),
            _ => Verdict::Pass,
        }
    }
}

/// Compares several runs of each, one value per run, not below zero.
///
/// ```
/// # use perf_exporters::judge::diff::{runs, Level, Metric};
/// let old = [100.0, 101.0, 99.0, 102.0, 100.5];
/// let new = old.map(|v| v * 1.3);
/// let change = runs(&old, &new, Metric::Mean, Metric::Mean.thresholds());
/// assert_eq!(change.level, Level::Fail);
/// assert!((change.ratio - 1.3).abs() < 0.01);
/// let back = runs(&new, &old, Metric::Mean, Metric::Mean.thresholds());
/// assert_eq!(back.level, Level::Improved);
/// let few = runs(&old[..2], &new[..2], Metric::Mean, Metric::Mean.thresholds());
/// assert_eq!(few.level, Level::Unproven);
/// ```
#[must_use]
pub fn runs(old: &[f64], new: &[f64], metric: Metric, thresholds: Thresholds) -> Change {
    let quotients: Vec<f64> = old.iter().flat_map(|o| new.iter().map(|n| quotient(*o, *n))).collect();
    let quotients = sorted(&quotients);
    let passed_over = counted_off(old.len(), new.len(), LEVEL);
    let (low, high) = match passed_over {
        Some(c) => (quotients[c], quotients[quotients.len() - 1 - c]),
        None => (0.0, f64::INFINITY),
    };
    let too_few = passed_over.is_none();
    let up = !too_few && p_greater(old, new) <= LEVEL;
    let down = !too_few && p_greater(new, old) <= LEVEL;
    let values = (median(old), median(new));
    let (Some(before), Some(after), Some(ratio)) = (values.0, values.1, middle(&quotients)) else {
        return change((f64::NAN, f64::NAN), (f64::NAN, low, high), Level::Unproven, true);
    };
    let level = level(ratio, up, down, metric.side(), thresholds);
    change((before, after), (ratio, low, high), level, too_few)
}

/// Compares one run of each by the values of its calls with their numbers: the buckets of a histogram, at their middles.
///
/// A quantile's interval comes from the ranks n p ± z √(n p (1−p)); a mean's and a throughput's from the central limit theorem
/// for ln(new ÷ old). [`Metric::Memory`] and [`Metric::Throughput`] compare means of the given values.
///
/// ```
/// # use perf_exporters::judge::diff::{samples, Level, Metric};
/// let old: Vec<(f64, u64)> = (0..50).map(|i| (100.0 + f64::from(i), 40)).collect();
/// let new: Vec<(f64, u64)> = old.iter().map(|(v, c)| (v * 1.4, *c)).collect();
/// let p95 = Metric::Quantile(0.95);
/// assert_eq!(samples(&old, &new, p95, p95.thresholds()).level, Level::Fail);
/// assert_eq!(samples(&old, &old, p95, p95.thresholds()).level, Level::Same);
/// ```
#[must_use]
pub fn samples(old: &[(f64, u64)], new: &[(f64, u64)], metric: Metric, thresholds: Thresholds) -> Change {
    let nothing = |side: &[(f64, u64)]| side.iter().all(|s| s.1 == 0);
    if nothing(old) || nothing(new) {
        let unknown = (f64::NAN, 0.0, f64::INFINITY);
        return change((f64::NAN, f64::NAN), unknown, Level::Unproven, true);
    }
    let z = normal_quantile_above(LEVEL);
    let (before, after, (low, high)) = if let Metric::Quantile(p) = metric {
        let (o, n) = (rank_interval(old, p, z), rank_interval(new, p, z));
        (o.1, n.1, (quotient(o.2, n.0), quotient(o.0, n.2)))
    } else {
        let ((o, o_error), (n, n_error)) = (mean(old), mean(new));
        let spread = (z * o_error.hypot(n_error)).exp();
        (o, n, (quotient(o, n) / spread, quotient(o, n) * spread))
    };
    let ratio = quotient(before, after);
    let level = level(ratio, low > 1.0, high < 1.0, metric.side(), thresholds);
    change((before, after), (ratio, low, high), level, false)
}

fn change((old, new): (f64, f64), (ratio, low, high): (f64, f64, f64), level: Level, too_few: bool) -> Change {
    Change { old, new, ratio, low, high, level, too_few }
}

fn level(ratio: f64, up: bool, down: bool, good: Side, thresholds: Thresholds) -> Level {
    let (worse_by, worse, better) = match good {
        Side::AtMost => (ratio - 1.0, up, down),
        Side::AtLeast => (1.0 - ratio, down, up),
    };
    if worse_by.abs() < thresholds.warn {
        Level::Same
    } else if worse && worse_by >= thresholds.fail {
        Level::Fail
    } else if worse && worse_by >= thresholds.warn {
        Level::Warn
    } else if better && -worse_by >= thresholds.warn {
        Level::Improved
    } else {
        Level::Unproven
    }
}

fn quotient(old: f64, new: f64) -> f64 {
    if old == 0.0 && new == 0.0 { 1.0 } else { new / old }
}

/// The median of sorted quotients; of two middle ones the geometric mean, as is right for quotients.
fn middle(sorted: &[f64]) -> Option<f64> {
    let upper = *sorted.get(sorted.len() / 2)?;
    let lower = sorted[(sorted.len() - 1) / 2];
    // Equal middles stay as they are: also where both are infinite, or zero.
    Some(if lower < upper { lower.sqrt() * upper.sqrt() } else { upper })
}

/// Mean of weighted values, and its relative standard error.
fn mean(values: &[(f64, u64)]) -> (f64, f64) {
    let n: f64 = values.iter().map(|v| v.1 as f64).sum();
    let mean = values.iter().map(|(v, c)| v * *c as f64).sum::<f64>() / n;
    let squares: f64 = values.iter().map(|(v, c)| (v - mean).powi(2) * *c as f64).sum();
    let error = (squares / (n - 1.0).max(1.0) / n).sqrt();
    (mean, if mean > 0.0 { error / mean } else { 0.0 })
}

/// Lower bound, value and upper bound of the quantile p of weighted values.
fn rank_interval(values: &[(f64, u64)], p: f64, z: f64) -> (f64, f64, f64) {
    let mut ascending = values.to_vec();
    ascending.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
    let n: f64 = values.iter().map(|v| v.1 as f64).sum();
    let at = |rank: f64| {
        let mut seen = 0.0;
        let reaches = |&&(_, count): &&(f64, u64)| {
            seen += count as f64;
            seen >= rank
        };
        let found = ascending.iter().find(reaches).or(ascending.last());
        found.map_or(f64::NAN, |v| v.0)
    };
    let rank = (n * p).max(1.0);
    let margin = z * (n * p * (1.0 - p)).max(0.0).sqrt() + 1.0;
    // A rank beyond the last value has no upper bound.
    let high = if rank + margin > n { f64::INFINITY } else { at(rank + margin) };
    let low = if rank - margin < 1.0 { 0.0 } else { at(rank - margin) };
    (low, at(rank), high)
}

#[cfg(test)]
#[path = "diff_tests.rs"]
mod tests;
