//! Does memory grow without end, or only until something is full?
//!
//! A pool, a bounded cache, a set of keys that all come once: they grow as steadily as a leak, and then no more. And memory that
//! leaks in a `Vec` or a `HashMap` grows in steps, ever rarer and ever larger, which neither ranks of twenty values nor a median
//! slope sees. They differ in the time at which the present level was reached: nine tenths of the rise are there
//!
//! * at nine tenths of the time where it goes on evenly,
//! * in its second half where a table doubles, since the next doubling comes after as long again,
//! * and ever earlier in it where something is full.
//!
//! So a level that stood still for longer than it had grown is full, and only running on shows it: [`Fill::Grows`] still rises.

use super::trend::{RISES, mann_kendall};
use crate::stats::order::{floor, median};

/// The share of the rise that counts as all of it.
const NEARLY: f64 = 0.9;

/// A level that has not risen until so many times as long as it had is full.
const FULL: f64 = 2.2;

/// The conclusion from the levels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fill {
    /// No rise that matters, or one that ended long ago.
    Full,
    /// It rises, evenly or in steps, and goes on.
    Grows,
    /// It rose, and too slowly or too lately to decide; so many values would.
    Fills {
        /// Values in all.
        need: u64,
    },
}

/// Judges levels in the order of time, of which a rise by `allowed` does not matter.
///
/// ```
/// # use perf_exporters::judge::fill::{judge, Fill};
/// let leak: Vec<f64> = (0..200).map(|batch| 1e4 * f64::from(batch)).collect();
/// assert_eq!(judge(&leak, 65_536.0), Fill::Grows);
/// let cache: Vec<f64> = (0..200).map(|batch| 1e4 * f64::from(batch.min(80))).collect();
/// assert_eq!(judge(&cache, 65_536.0), Fill::Full);
/// ```
#[must_use]
pub fn judge(levels: &[f64], allowed: f64) -> Fill {
    let (Some(&start), n) = (levels.first(), levels.len()) else { return Fill::Full };
    let greatest = levels.iter().copied().fold(start, f64::max);
    if greatest - start <= allowed {
        return Fill::Full;
    }
    let nearly = start + NEARLY * (greatest - start);
    let reached = levels.iter().position(|level| *level >= nearly).unwrap_or(n);
    let need = floor((FULL * reached as f64).ceil()) + 2;
    if need <= n {
        return Fill::Full;
    }
    let third = (n / 3).max(1);
    let typical = |part: &[f64]| median(part).unwrap_or(0.0);
    let risen = typical(&levels[n - third..]) - typical(&levels[..third]);
    let half = levels[n / 2];
    let slows = levels[n - 1] - half < (half - start) / 2.0;
    if mann_kendall(levels).z > RISES && risen > allowed && !slows {
        Fill::Grows
    } else {
        Fill::Fills { need: need as u64 }
    }
}

#[cfg(test)]
mod tests {
    use fastrand::Rng;

    use super::*;
    use crate::stats::noise::normal;

    const ALLOWED: f64 = 65_536.0;

    /// The answer for the first 20 batches, and so on to twelve times as many, until it is decided.
    fn in_the_end(level: impl Fn(usize) -> f64) -> Fill {
        let levels: Vec<f64> = (0..240).map(level).collect();
        [20, 40, 80, 160, 240]
            .map(|n| judge(&levels[..n], ALLOWED))
            .into_iter()
            .find(|fill| *fill == Fill::Full)
            .unwrap_or_else(|| judge(&levels, ALLOWED))
    }

    #[test]
    fn what_has_a_bound_is_no_leak() {
        for full in [45, 60, 75, 90] {
            assert_eq!(in_the_end(|batch| 20_000.0 * batch.min(full) as f64), Fill::Full, "full after {full}");
        }
        assert_eq!(in_the_end(|batch| 20_000.0 * (batch % 50) as f64), Fill::Full, "cleared every 50");
        let keys = |batch: usize| 400.0 * 5_000.0 * (1.0 - (1.0 - 1.0 / 400.0_f64).powf(10.0 * batch as f64));
        assert_eq!(in_the_end(keys), Fill::Full, "400 keys, ten drawn in a batch");
        assert!(matches!(judge(&(0..20).map(keys).collect::<Vec<_>>(), ALLOWED), Fill::Fills { .. } | Fill::Grows));
        assert_eq!(in_the_end(|batch| if batch > 0 { 1e6 } else { 0.0 }), Fill::Full, "allocated once");
    }

    #[test]
    fn what_grows_in_steps_for_ever_is_a_leak() {
        for each in [300, 700, 1_000, 1_700] {
            let table = |batch: usize| 32.0 * (each * (batch + 1)).next_power_of_two() as f64;
            assert_eq!(in_the_end(table), Fill::Grows, "a table that doubles, {each} in a batch");
        }
        assert_eq!(in_the_end(|batch| 524_288.0 * (batch / 10) as f64), Fill::Grows, "512 KiB every tenth batch");
        assert_eq!(in_the_end(|batch| 20_000.0 * batch as f64), Fill::Grows);
        assert_eq!(in_the_end(|batch| 200.0 * batch as f64), Fill::Full, "47 KiB do not matter");
    }

    #[test]
    fn noise_is_no_leak() {
        let mut rng = Rng::with_seed(6);
        let mut wrong = 0;
        for _ in 0..1_000 {
            let levels: Vec<f64> = (0..240).map(|_| 5e7 * (1.0 + 0.01 * normal(&mut rng))).collect();
            wrong += usize::from(judge(&levels, 250_000.0) == Fill::Grows);
        }
        assert_eq!(wrong, 0);
    }
}
