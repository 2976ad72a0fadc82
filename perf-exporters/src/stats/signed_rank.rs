//! Wilcoxon's signed-rank test and the Hodges–Lehmann estimate, exact for small samples.
//!
//! For differences that are symmetric about their median the sum T⁺ of the ranks of the positive ones (ranked by absolute
//! value) has a known distribution, regardless of the differences' own (Wilcoxon 1945). The median of all Walsh averages
//! (dᵢ + dⱼ) ÷ 2, i ≤ j, estimates the centre, and counting off the sorted averages from either end gives its confidence
//! bounds (Hodges and Lehmann 1963; Hollander, Wolfe and Chicken, *Nonparametric Statistical Methods*, 3.1–3.3).
//!
//! Ties get mean ranks and the permutation distribution of just those ranks; zeros are ranked and then dropped (Pratt 1959).
//! So the test is exact with ties and zeros too; the bounds are then conservative.

use super::dist::{last_within, normal_above, normal_quantile_above};
use super::order::{doubled_ranks, floor, median_of_sorted, sorted};

/// Up to so many differences the distribution is computed exactly; beyond, by the normal approximation.
pub const EXACT: usize = 100;

/// The chance of a T⁺ as large as observed, or larger, when the differences' centre is zero (or below).
///
/// 1 for no differences, or none but zeros. Differences must be finite.
///
/// ```
/// # use perf_exporters::stats::signed_rank::p_greater;
/// assert!((p_greater(&[1.0, 2.0, 3.0]) - 1.0 / 8.0).abs() < 1e-12);
/// assert!((p_greater(&[-1.0, 2.0, 3.0]) - 2.0 / 8.0).abs() < 1e-12);
/// ```
#[must_use]
pub fn p_greater(differences: &[f64]) -> f64 {
    let sizes: Vec<f64> = differences.iter().map(|d| d.abs()).collect();
    let ranks = doubled_ranks(&sizes);
    let signed = || differences.iter().zip(&ranks).filter(|(d, _)| **d != 0.0);
    let used: Vec<usize> = signed().map(|(_, &rank)| rank).collect();
    let observed: usize = signed().filter(|(d, _)| **d > 0.0).map(|(_, &rank)| rank).sum();
    if used.is_empty() {
        return 1.0;
    }
    if used.len() <= EXACT {
        let tail: f64 = null(&used)[observed..].iter().sum();
        return tail.min(1.0);
    }
    let mean = used.iter().sum::<usize>() as f64 / 2.0;
    let spread = used.iter().map(|&r| (r as f64).powi(2)).sum::<f64>().sqrt() / 2.0;
    // Half a step of continuity: doubled ranks move in steps of two.
    normal_above((observed as f64 - 1.0 - mean) / spread)
}

/// P(T⁺ = t) for every t, when each rank is positive with chance one half, by adding one rank after the other.
fn null(ranks: &[usize]) -> Vec<f64> {
    let mut chance = vec![0.0; ranks.iter().sum::<usize>() + 1];
    chance[0] = 1.0;
    let mut reach = 0;
    for &rank in ranks {
        reach += rank;
        for t in (0..=reach).rev() {
            let with = if t >= rank { chance[t - rank] } else { 0.0 };
            chance[t] = 0.5 * (chance[t] + with);
        }
    }
    chance
}

/// The estimate of the centre, with what its confidence bounds need.
#[derive(Debug, Clone, PartialEq)]
pub struct HodgesLehmann {
    walsh: Vec<f64>,
    n: usize,
}

impl HodgesLehmann {
    /// Takes all Walsh averages; time and memory grow with n². `None` for no differences, or one that is not finite.
    ///
    /// ```
    /// # use perf_exporters::stats::signed_rank::HodgesLehmann;
    /// let estimate = HodgesLehmann::of(&[1.0, 2.0, 9.0]).unwrap();
    /// assert_eq!(estimate.shift(), 3.5); // of 1, 1.5, 2, 5, 5.5, 9
    /// assert_eq!(estimate.upper(0.05), f64::INFINITY); // three differences bound nothing
    /// ```
    #[must_use]
    pub fn of(differences: &[f64]) -> Option<Self> {
        if differences.is_empty() || differences.iter().any(|d| !d.is_finite()) {
            return None;
        }
        let from = |i: usize| differences[i..].iter().map(move |d| differences[i].midpoint(*d));
        let walsh: Vec<f64> = (0..differences.len()).flat_map(from).collect();
        Some(Self { walsh: sorted(&walsh), n: differences.len() })
    }

    /// The Hodges–Lehmann estimate: the median of the Walsh averages.
    #[must_use]
    pub fn shift(&self) -> f64 {
        median_of_sorted(&self.walsh).unwrap_or(f64::NAN)
    }

    /// The centre is above this with a chance of at most `alpha`; infinite where so few differences bound nothing.
    #[must_use]
    pub fn upper(&self, alpha: f64) -> f64 {
        match counted_off(self.n, alpha) {
            Some(c) => self.walsh[self.walsh.len() - 1 - c],
            None => f64::INFINITY,
        }
    }

    /// The centre is below this with a chance of at most `alpha`; negative infinite where so few differences bound nothing.
    #[must_use]
    pub fn lower(&self, alpha: f64) -> f64 {
        counted_off(self.n, alpha).map_or(f64::NEG_INFINITY, |c| self.walsh[c])
    }
}

/// The largest c with P(T⁺ ≤ c) ≤ alpha among n untied differences: so many Walsh averages are passed over.
fn counted_off(n: usize, alpha: f64) -> Option<usize> {
    if n > EXACT {
        let size = n as f64;
        let mean = size * (size + 1.0) / 4.0;
        let spread = (size * (size + 1.0) * (2.0 * size + 1.0) / 24.0).sqrt();
        return Some(floor(mean - 0.5 - normal_quantile_above(alpha) * spread));
    }
    let ranks: Vec<usize> = (1..=n).collect();
    last_within(&null(&ranks), alpha)
}

#[cfg(test)]
#[path = "signed_rank_tests.rs"]
mod tests;
