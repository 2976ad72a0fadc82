//! The Theil–Sen line: the median slope of all pairs, with confidence bounds from Kendall's statistic.
//!
//! A slope β is believable iff the residuals y − βx show no trend. Their number of discordant pairs D under "no trend" is the
//! number of inversions of a random permutation, whose distribution is exactly known (Kendall 1938); β has as many discordant
//! pairs as there are pair slopes below it. So bounds are found by counting off the sorted slopes from either end
//! (Theil 1950; Sen 1968; Hollander, Wolfe and Chicken, 9.3). Up to 29 % of the points may be arbitrarily wrong.

use super::dist::{last_within, normal_quantile_above};
use super::order::{floor, median, median_of_sorted, sorted};

/// Up to so many points Kendall's distribution is computed exactly; beyond, by the normal approximation.
pub const EXACT: usize = 60;

/// A line through points, robustly.
#[derive(Debug, Clone, PartialEq)]
pub struct TheilSen {
    slopes: Vec<f64>,
    n: usize,
    intercept: f64,
}

impl TheilSen {
    /// Fits y = intercept + slope × x; time and memory grow with n².
    ///
    /// `None` for fewer than two points, slices of unequal length, values that are not finite, or two equal x (counting
    /// off would no longer be exact).
    ///
    /// ```
    /// # use perf_exporters::stats::theil_sen::TheilSen;
    /// let x = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
    /// let line = TheilSen::fit(&x, &[3.0, 5.0, 7.0, 9.0, 11.0, 1000.0]).unwrap();
    /// assert_eq!((line.slope(), line.intercept()), (2.0, 1.0));
    /// assert_eq!(line.lower(0.05), 2.0);
    /// ```
    #[must_use]
    pub fn fit(x: &[f64], y: &[f64]) -> Option<Self> {
        let finite = x.iter().chain(y).all(|v| v.is_finite());
        if x.len() != y.len() || x.len() < 2 || !finite {
            return None;
        }
        let mut slopes = Vec::with_capacity(x.len() * (x.len() - 1) / 2);
        for i in 0..x.len() {
            for j in 0..i {
                if x[i].total_cmp(&x[j]).is_eq() {
                    return None;
                }
                slopes.push((y[i] - y[j]) / (x[i] - x[j]));
            }
        }
        let slopes = sorted(&slopes);
        let slope = median_of_sorted(&slopes)?;
        let rests: Vec<f64> = x.iter().zip(y).map(|(x, y)| y - slope * x).collect();
        Some(Self { slopes, n: x.len(), intercept: median(&rests)? })
    }

    /// The median slope, in units of y per unit of x.
    #[must_use]
    pub fn slope(&self) -> f64 {
        median_of_sorted(&self.slopes).unwrap_or(f64::NAN)
    }

    /// The median of y − slope × x.
    #[must_use]
    pub fn intercept(&self) -> f64 {
        self.intercept
    }

    /// The slope is below this with a chance of at most `alpha`; negative infinite where so few points bound nothing.
    #[must_use]
    pub fn lower(&self, alpha: f64) -> f64 {
        counted_off(self.n, alpha).map_or(f64::NEG_INFINITY, |c| self.slopes[c])
    }

    /// The slope is above this with a chance of at most `alpha`; infinite where so few points bound nothing.
    #[must_use]
    pub fn upper(&self, alpha: f64) -> f64 {
        match counted_off(self.n, alpha) {
            Some(c) => self.slopes[self.slopes.len() - 1 - c],
            None => f64::INFINITY,
        }
    }
}

/// P(D = d) for the number of inversions D of a random permutation of n (the Mahonian numbers ÷ n!).
#[must_use]
pub fn inversions(n: usize) -> Vec<f64> {
    let mut chance = vec![1.0];
    for size in 2..=n {
        // The next element inverts 0 ..= size-1 pairs, equally likely: a running sum over a window.
        let mut wider = vec![0.0; chance.len() + size - 1];
        for (d, c) in chance.iter().enumerate() {
            for slot in &mut wider[d..d + size] {
                *slot += c / size as f64;
            }
        }
        chance = wider;
    }
    chance
}

/// The largest c with P(D ≤ c) ≤ alpha: so many slopes are passed over.
fn counted_off(n: usize, alpha: f64) -> Option<usize> {
    if n > EXACT {
        let size = n as f64;
        let pairs = size * (size - 1.0) / 2.0;
        let spread = (size * (size - 1.0) * (2.0 * size + 5.0) / 18.0).sqrt() / 2.0;
        return Some(floor(pairs / 2.0 - 0.5 - normal_quantile_above(alpha) * spread));
    }
    last_within(&inversions(n), alpha)
}

#[cfg(test)]
#[path = "theil_sen_tests.rs"]
mod tests;
