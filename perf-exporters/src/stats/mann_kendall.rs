//! Mann and Kendall's test of values in the order of time.

/// Mann–Kendall's test for a monotonic trend.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct MannKendall {
    /// Pairs that rise less pairs that fall.
    pub s: i64,
    /// Variance of `s` without a trend, corrected for ties.
    pub variance: f64,
    /// `s` in standard deviations, with continuity correction; 0 where all values are equal. Positive is rising.
    pub z: f64,
}

/// Mann–Kendall's test of values in the order of time (Mann 1945, Kendall 1975).
///
/// Var S = (n(n−1)(2n+5) − Σ t(t−1)(2t+5)) ÷ 18 over groups of t equal values; z = (S ∓ 1) ÷ √Var S.
///
/// ```
/// # use perf_exporters::stats::mann_kendall::mann_kendall;
/// let rising: Vec<f64> = (0..10).map(f64::from).collect();
/// let test = mann_kendall(&rising);
/// assert_eq!((test.s, test.variance), (45, 125.0));
/// assert!((test.z - 44.0 / 125.0_f64.sqrt()).abs() < 1e-12);
/// ```
#[must_use]
pub fn mann_kendall(values: &[f64]) -> MannKendall {
    let mut s = 0_i64;
    for (i, later) in values.iter().enumerate() {
        for earlier in &values[..i] {
            s += match later.total_cmp(earlier) {
                std::cmp::Ordering::Greater => 1,
                std::cmp::Ordering::Equal => 0,
                std::cmp::Ordering::Less => -1,
            };
        }
    }
    let weight = |n: usize| {
        let n = n as f64;
        n * (n - 1.0) * (2.0 * n + 5.0)
    };
    let ascending = super::order::sorted(values);
    let same = |a: &f64, b: &f64| a.total_cmp(b).is_eq();
    let ties: f64 = ascending.chunk_by(same).map(|group| weight(group.len())).sum();
    let variance = (weight(values.len()) - ties).max(0.0) / 18.0;
    let z = if variance > 0.0 { (s - s.signum()) as f64 / variance.sqrt() } else { 0.0 };
    MannKendall { s, variance, z }
}
