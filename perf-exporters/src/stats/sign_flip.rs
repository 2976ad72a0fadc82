//! Fisher's randomisation test of paired differences: which of two came first was drawn, and might have been drawn otherwise.
//!
//! The sum of the differences is compared with the sums that other draws would have given. Nothing is assumed about the
//! differences but that either sign was as likely; unlike ranks, a sum follows the few that are large.

use fastrand::Rng;

use super::dist::student_quantile_above;

/// The number of draws; p is at least 1 ÷ (draws + 1).
pub const DRAWS: u32 = 30_000;

/// As great a sum in so many draws shows that chance may well explain it.
const ENOUGH: u32 = 50;

/// Up to so many differences every sum is computed.
const EXACT: usize = 14;

/// The chance of a sum as great as these have, or greater, if either sign of each was as likely. 1 for none.
///
/// ```
/// # use perf_exporters::stats::sign_flip::p_greater;
/// assert_eq!(p_greater(&[1.0, 2.0, 3.0]), 1.0 / 8.0);
/// assert_eq!(p_greater(&[100.0, -1.0, -1.0]), 4.0 / 8.0);
/// ```
#[must_use]
pub fn p_greater(differences: &[f64]) -> f64 {
    let observed: f64 = differences.iter().sum();
    // Sums in another order differ in the last digits.
    let nearly = observed - 1e-9 * differences.iter().copied().map(f64::abs).sum::<f64>();
    let sum = |signs: u64| {
        let signed = |(at, d): (usize, &f64)| if signs >> (at % 64) & 1 == 0 { *d } else { -*d };
        differences.iter().enumerate().map(signed).sum::<f64>()
    };
    if differences.len() <= EXACT {
        let all = 1_u64 << differences.len();
        return (0..all).filter(|signs| sum(*signs) >= nearly).count() as f64 / all as f64;
    }
    let mut rng = Rng::with_seed(0x5eed);
    let mut reached = 1_u32;
    for draw in 1..=DRAWS {
        reached += u32::from(sum(rng.u64(..)) >= nearly);
        // The p-value of a sum that chance reaches so often need not be more exact (Besag and Clifford 1991).
        if reached > ENOUGH {
            return f64::from(reached) / f64::from(draw + 1);
        }
    }
    f64::from(reached) / f64::from(DRAWS + 1)
}

/// The mean of the differences is above this with a chance of at most `alpha`, by Student's t; infinite for fewer than two.
#[must_use]
pub fn upper(differences: &[f64], alpha: f64) -> f64 {
    let n = differences.len() as f64;
    if n < 2.0 {
        return f64::INFINITY;
    }
    let mean = differences.iter().sum::<f64>() / n;
    let squares: f64 = differences.iter().map(|d| (d - mean).powi(2)).sum();
    mean + student_quantile_above(alpha, n - 1.0) * (squares / (n - 1.0) / n).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::noise::normal;

    #[test]
    fn equal_sides_are_told_apart_as_often_as_they_may() {
        let mut rng = Rng::with_seed(5);
        for n in [12, 20] {
            let mut wrong = 0;
            for _ in 0..400 {
                // Heavy tails, symmetric.
                let d: Vec<f64> = (0..n).map(|_| (rng.f64() - 0.5) / (rng.f64() + 0.01)).collect();
                wrong += usize::from(p_greater(&d) <= 0.05);
            }
            assert!((8..36).contains(&wrong), "{wrong} of 400 with {n}, 20 expected");
        }
        assert!(p_greater(&[1.0; 20]) < 1e-4);
        assert!((p_greater(&[]) - 1.0).abs() < 1e-12);
    }

    #[test]
    fn the_bound_holds_as_often_as_it_says() {
        let mut rng = Rng::with_seed(6);
        let above = (0..2_000).filter(|_| {
            let d: Vec<f64> = (0..14).map(|_| normal(&mut rng)).collect();
            upper(&d, 0.05) < 0.0
        });
        let above = above.count();
        assert!((60..145).contains(&above), "{above} of 2,000, 100 expected");
        assert!(upper(&[1.0], 0.05).is_infinite());
    }
}
