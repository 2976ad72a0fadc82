//! Medians, quantiles and ranks of small slices.

/// A sorted copy; NaN sorts last (`f64::total_cmp`).
#[must_use]
pub fn sorted(values: &[f64]) -> Vec<f64> {
    let mut copy = values.to_vec();
    copy.sort_unstable_by(f64::total_cmp);
    copy
}

/// The median of values already sorted ascending: the middle one, or the mean of the middle two. `None` when empty.
#[must_use]
pub fn median_of_sorted(sorted: &[f64]) -> Option<f64> {
    let middle = sorted.len() / 2;
    let upper = *sorted.get(middle)?;
    if sorted.len() % 2 == 1 {
        return Some(upper);
    }
    Some(sorted[middle - 1].midpoint(upper))
}

/// The median: the middle value, or the mean of the middle two. `None` when empty.
///
/// ```
/// # use perf_exporters::stats::order::median;
/// assert_eq!(median(&[3.0, 1.0, 2.0]), Some(2.0));
/// assert_eq!(median(&[4.0, 1.0, 2.0, 3.0]), Some(2.5));
/// assert_eq!(median(&[]), None);
/// ```
#[must_use]
pub fn median(values: &[f64]) -> Option<f64> {
    median_of_sorted(&sorted(values))
}

/// The least value with at least the share `p` of all values at or below it (type 1 of Hyndman and Fan 1996, the inverse
/// of the empirical distribution). `p` is clamped to 0 ..= 1; `None` when empty.
///
/// ```
/// # use perf_exporters::stats::order::quantile;
/// let values: Vec<f64> = (1..=100).map(f64::from).collect();
/// assert_eq!(quantile(&values, 0.95), Some(95.0));
/// assert_eq!(quantile(&values, 0.0), Some(1.0));
/// ```
#[must_use]
pub fn quantile(values: &[f64], p: f64) -> Option<f64> {
    let ascending = sorted(values);
    let rank = rank_of(p, ascending.len());
    ascending.get(rank).copied()
}

/// Index of the type 1 quantile in `n` ascending values; 0 when `n` is 0.
#[must_use]
pub fn rank_of(p: f64, n: usize) -> usize {
    // A product such as 0.95 * 100 must not land above the whole number that is meant.
    let position = (p.clamp(0.0, 1.0) * n as f64 * (1.0 - f64::EPSILON)).ceil();
    floor(position).clamp(1, n.max(1)) - 1
}

/// The whole part of a number as an index; negative and NaN become 0, too large saturates.
#[must_use]
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
pub fn floor(value: f64) -> usize {
    // A float-to-integer cast saturates and maps NaN to 0, as promised.
    value as usize
}

/// Ranks doubled, so that ties get whole numbers: the rank of a tie group is the mean of its positions (1-based).
///
/// ```
/// # use perf_exporters::stats::order::doubled_ranks;
/// assert_eq!(doubled_ranks(&[5.0, 1.0, 5.0]), [5, 2, 5]);
/// ```
#[must_use]
pub fn doubled_ranks(values: &[f64]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_unstable_by(|&a, &b| values[a].total_cmp(&values[b]));
    let mut ranks = vec![0; values.len()];
    let same = |a: &usize, b: &usize| values[*a].total_cmp(&values[*b]).is_eq();
    let mut before = 0;
    for group in order.chunk_by(same) {
        // Positions before+1 ..= before+len: twice their mean.
        let doubled = 2 * before + group.len() + 1;
        for &index in group {
            ranks[index] = doubled;
        }
        before += group.len();
    }
    ranks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_splits_any_slice_in_halves() {
        let mut rng = fastrand::Rng::with_seed(1);
        for _ in 0..500 {
            let values: Vec<f64> = (0..rng.usize(1..40)).map(|_| f64::from(rng.u8(0..20))).collect();
            let m = median(&values).unwrap();
            let below = values.iter().filter(|&&v| v < m).count();
            let above = values.iter().filter(|&&v| v > m).count();
            assert!(2 * below <= values.len() && 2 * above <= values.len());
        }
    }

    #[test]
    fn a_quantile_is_the_least_value_that_covers_its_share() {
        let mut rng = fastrand::Rng::with_seed(2);
        for _ in 0..300 {
            let values: Vec<f64> = (0..rng.usize(1..200)).map(|_| f64::from(rng.u8(0..50))).collect();
            for per_mille in [0_u32, 10, 500, 900, 950, 990, 999, 1000] {
                let q = quantile(&values, f64::from(per_mille) / 1000.0).unwrap();
                let covers =
                    |x: f64| 1000 * values.iter().filter(|&&v| v <= x).count() >= per_mille as usize * values.len();
                assert!(covers(q));
                let naive = sorted(&values).into_iter().find(|&v| covers(v)).unwrap();
                assert!((q - naive).abs() < 1e-12, "{per_mille} of {values:?}");
            }
        }
    }

    #[test]
    fn ranks_agree_with_counting() {
        let mut rng = fastrand::Rng::with_seed(3);
        for _ in 0..200 {
            let values: Vec<f64> = (0..rng.usize(0..30)).map(|_| f64::from(rng.u8(0..8))).collect();
            for (value, rank) in values.iter().zip(doubled_ranks(&values)) {
                let below = values.iter().filter(|v| *v < value).count();
                let equal = values.iter().filter(|v| *v <= value).count() - below;
                assert_eq!(rank, 2 * below + equal + 1);
            }
        }
    }
}
