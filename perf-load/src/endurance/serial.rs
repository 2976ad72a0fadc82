//! Values that depend on their neighbours: how many independent values they are worth.

use perf_exporters::stats::order::doubled_ranks;

/// Correlation beyond which a series is a random walk to any test of its length.
const MOST: f64 = 0.95;

/// How many times the variance of a trend's statistic is that of independent values: (1 + r) ÷ (1 − r), for a series whose
/// neighbours correlate by r (first-order autoregression; Hamed and Rao 1998 sum all lags, which needs longer series).
///
/// r is the lag-1 correlation of the ranks of `rests`, which must have no trend, clamped to 0 … 0.95. An estimate from n values
/// is too small by about (1 + 4r) ÷ n (Kendall 1954): that is added, and one standard error, (1 − r²) ÷ n, too: a series that was
/// calm by chance must not prove anything.
pub(super) fn inflation(rests: &[f64]) -> f64 {
    let n = rests.len() as f64;
    if rests.len() < 4 {
        return 1.0;
    }
    let ranks: Vec<f64> = doubled_ranks(rests).into_iter().map(|rank| rank as f64 - (n + 1.0)).collect();
    let squares: f64 = ranks.iter().map(|rank| rank * rank).sum();
    if squares <= 0.0 {
        return 1.0;
    }
    let products: f64 = ranks.windows(2).map(|pair| pair[0] * pair[1]).sum();
    let seen = products / squares;
    let r = (seen + (1.0 + 4.0 * seen) / n).clamp(-1.0, 1.0);
    let sure = (r + ((1.0 - r * r) / n).sqrt()).clamp(0.0, MOST);
    (1.0 + sure) / (1.0 - sure)
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng as _;
    use rand::rngs::Xoshiro256PlusPlus;
    use rand_distr::{Distribution as _, StandardNormal};

    use super::*;

    fn series(n: usize, r: f64, seed: u64) -> Vec<f64> {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
        let mut state = 0.0;
        (0..n)
            .map(|_| {
                let fresh: f64 = StandardNormal.sample(&mut rng);
                state = r * state + fresh;
                state
            })
            .collect()
    }

    #[test]
    fn more_correlation_is_worth_fewer_values() {
        let mean = |r: f64| (0..40).map(|seed| inflation(&series(200, r, seed))).sum::<f64>() / 40.0;
        let (none, some, much) = (mean(0.0), mean(0.5), mean(0.8));
        assert!((1.0..1.5).contains(&none), "{none}");
        assert!((3.0..5.0).contains(&some), "{some}");
        assert!((9.0..17.0).contains(&much), "{much}");
        assert_eq!(inflation(&[1.0; 50]).to_bits(), 1.0_f64.to_bits(), "equal values have no correlation");
    }
}
