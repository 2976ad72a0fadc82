//! Tail probabilities, by the `statrs` crate, with the edges filled in.
//!
//! This is the one place that knows which crate computes them. The binomial tails agree with scipy 1.17 to a relative error of
//! 1e-8 up to 10⁷ trials, down to tails of 1e-58; see the tests.

use statrs::distribution::{Binomial, ContinuousCDF, DiscreteCDF, Normal, StudentsT};

/// P(X ≥ k) for X ~ Bin(n, q): the chance of `k` or more exceedances in `n` calls when each exceeds with chance `q`.
///
/// `q` is clamped to 0 ..= 1, NaN counts as 0. NIST/SEMATECH e-Handbook, 1.3.6.6.18.
///
/// ```
/// # use perf_exporters::stats::dist::binomial_at_least;
/// assert!((binomial_at_least(2, 1, 0.5) - 0.75).abs() < 1e-12);
/// assert_eq!(binomial_at_least(10, 0, 0.3), 1.0);
/// assert_eq!(binomial_at_least(10, 11, 0.3), 0.0);
/// ```
#[must_use]
pub fn binomial_at_least(n: u64, k: u64, q: f64) -> f64 {
    match k {
        0 => 1.0,
        _ if k > n => 0.0,
        _ => match proper(n, q) {
            Ok(distribution) => distribution.sf(k - 1).clamp(0.0, 1.0),
            Err(all) => f64::from(u8::from(all)),
        },
    }
}

/// P(X ≤ k) for X ~ Bin(n, q); the other tail of [`binomial_at_least`].
///
/// ```
/// # use perf_exporters::stats::dist::binomial_at_most;
/// assert!((binomial_at_most(59, 0, 0.05) - 0.95_f64.powi(59)).abs() < 1e-12);
/// ```
#[must_use]
pub fn binomial_at_most(n: u64, k: u64, q: f64) -> f64 {
    if k >= n {
        return 1.0;
    }
    match proper(n, q) {
        Ok(distribution) => distribution.cdf(k).clamp(0.0, 1.0),
        Err(all) => f64::from(u8::from(!all)),
    }
}

/// The distribution, or, where it is a single point, whether every trial counts.
fn proper(n: u64, q: f64) -> Result<Binomial, bool> {
    if q >= 1.0 {
        return Err(true);
    }
    if q > 0.0 { Binomial::new(q, n).map_err(|_| false) } else { Err(false) }
}

/// P(T > t) for Student's t with `freedom` > 0 degrees of freedom, not necessarily whole.
///
/// NaN where `freedom` is not positive.
#[must_use]
pub fn student_above(t: f64, freedom: f64) -> f64 {
    StudentsT::new(0.0, 1.0, freedom).map_or(f64::NAN, |d| d.sf(t))
}

/// The t with P(T > t) = `tail`, for `tail` in 0 < tail < 1 and `freedom` > 0; NaN elsewhere.
#[must_use]
pub fn student_quantile_above(tail: f64, freedom: f64) -> f64 {
    if !(tail > 0.0 && tail < 1.0) {
        return f64::NAN;
    }
    // The distribution is symmetric: the lower tail keeps its digits where 1 - tail would lose them.
    StudentsT::new(0.0, 1.0, freedom).map_or(f64::NAN, |d| -d.inverse_cdf(tail))
}

/// P(Z > z) for the standard normal distribution.
#[must_use]
pub fn normal_above(z: f64) -> f64 {
    Normal::standard().sf(z)
}

/// The z with P(Z > z) = `tail`, for 0 < tail < 1; NaN elsewhere.
///
/// ```
/// # use perf_exporters::stats::dist::normal_quantile_above;
/// assert!((normal_quantile_above(0.001) - 3.0902).abs() < 1e-4);
/// ```
#[must_use]
pub fn normal_quantile_above(tail: f64) -> f64 {
    if tail > 0.0 && tail < 1.0 { -Normal::standard().inverse_cdf(tail) } else { f64::NAN }
}

/// The largest c with P(X ≤ c) ≤ `alpha`, where `chances` are those of X = 0, 1, 2 …: so many of the sorted estimates a bound
/// that is counted off passes over. `None` where even 0 is likelier.
pub(crate) fn last_within(chances: &[f64], alpha: f64) -> Option<usize> {
    let mut below = 0.0;
    let within = chances.iter().take_while(|&&chance| {
        below += chance;
        below <= alpha
    });
    within.count().checked_sub(1)
}

#[cfg(test)]
#[path = "dist_tests.rs"]
mod tests;
