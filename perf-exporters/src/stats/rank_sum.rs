//! Mann and Whitney's rank-sum test of two samples, exact with ties where they are small.
//!
//! Under one distribution of both, each draw of ranks without replacement is as likely as any other (Wilcoxon 1945, Mann and
//! Whitney 1947). Counting off the sorted differences of all pairs from either end bounds the shift between the two (Hodges
//! and Lehmann 1963; Hollander, Wolfe and Chicken, *Nonparametric Statistical Methods*, 4.1–4.3).

use super::dist::{last_within, normal_above, normal_quantile_above};
use super::order::{doubled_ranks, floor};

/// Up to so many values of both sides together, the rank-sum distribution is exact.
pub const EXACT: usize = 40;

/// The chance of `high` ranking so far over `low` when both come from one distribution, one-sided.
///
/// ```
/// # use perf_exporters::stats::rank_sum::p_greater;
/// assert!((p_greater(&[1.0, 2.0], &[3.0, 4.0]) - 1.0 / 6.0).abs() < 1e-12);
/// ```
#[must_use]
pub fn p_greater(low: &[f64], high: &[f64]) -> f64 {
    let together: Vec<f64> = high.iter().chain(low).copied().collect();
    let ranks = doubled_ranks(&together);
    let observed: usize = ranks[..high.len()].iter().sum();
    if together.len() <= EXACT {
        return rank_sums(&ranks, high.len()).get(observed..).map_or(1.0, |tail| tail.iter().sum::<f64>().min(1.0));
    }
    let (m, all) = (high.len() as f64, together.len() as f64);
    let mean = m * (all + 1.0);
    let squares: f64 = ranks.iter().map(|&r| (r as f64 - all - 1.0).powi(2)).sum();
    let variance = m * (all - m) / (all * (all - 1.0)) * squares;
    if variance > 0.0 { normal_above((observed as f64 - 1.0 - mean) / variance.sqrt()) } else { 1.0 }
}

/// P(sum = s) for the sum of `m` of these ranks, drawn without replacement.
fn rank_sums(ranks: &[usize], m: usize) -> Vec<f64> {
    let reach: usize = ranks.iter().sum();
    // chance[j][s]: of the ranks seen so far j were drawn and make s. Drawn one by one, so nothing overflows.
    let mut chance = vec![vec![0.0; reach + 1]; m + 1];
    chance[0][0] = 1.0;
    for (seen, &rank) in ranks.iter().enumerate() {
        let left = (ranks.len() - seen) as f64;
        for j in (0..=m.min(seen + 1)).rev() {
            for s in (0..=reach).rev() {
                let stay = chance[j][s] * (1.0 - (m - j) as f64 / left);
                let draw = match (j.checked_sub(1), s.checked_sub(rank)) {
                    (Some(i), Some(rest)) => chance[i][rest] * (m - i) as f64 / left,
                    _ => 0.0,
                };
                chance[j][s] = stay.max(0.0) + draw;
            }
        }
    }
    chance.pop().unwrap_or_default()
}

/// How many of the sorted differences, or quotients, of all pairs are passed over at either end, for bounds that are wrong with a
/// chance of `level` each; `None` where so few values prove nothing.
#[must_use]
pub fn counted_off(old: usize, new: usize, level: f64) -> Option<usize> {
    if old == 0 || new == 0 {
        return None;
    }
    let (m, n) = (old as f64, new as f64);
    if old + new > EXACT {
        let spread = (m * n * (m + n + 1.0) / 12.0).sqrt();
        return Some(floor(m * n / 2.0 - 0.5 - normal_quantile_above(level) * spread));
    }
    let ranks: Vec<usize> = (1..=old + new).collect();
    let least = new * (new + 1) / 2;
    last_within(&rank_sums(&ranks, new)[least..], level)
}
