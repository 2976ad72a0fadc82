#![expect(clippy::float_cmp, reason = "these values are exact")]

use super::*;

fn close(got: f64, want: f64, relative: f64) {
    let error = (got - want).abs() / want.abs().max(f64::MIN_POSITIVE);
    assert!(error <= relative, "{got:e} instead of {want:e}: {error:e}");
}

/// scipy 1.17.1: `binom.sf(k - 1, n, p)` and `binom.cdf(k, n, p)` for (n, p, k).
#[test]
fn binomial_tails_agree_with_scipy() {
    let table: [(u64, f64, u64, f64, f64); 13] = [
        (59, 0.05, 0, 1.000_000_000_000e+00, 4.849_452_524_942e-02),
        (299, 0.01, 0, 1.000_000_000_000e+00, 4.953_625_663_766e-02),
        (2995, 0.001, 0, 1.000_000_000_000e+00, 4.996_170_339_736e-02),
        (1000, 0.05, 90, 9.743_965_305_004e-08, 9.999_999_493_501e-01),
        (10_000, 0.01, 160, 1.706_423_206_656e-08, 9.999_999_895_652e-01),
        (100_000, 0.01, 1150, 1.691_685_724_306e-06, 9.999_985_402_249e-01),
        (1_000_000, 0.001, 1200, 4.589_638_606_101e-10, 9.999_999_996_194e-01),
        (10_000_000, 0.001, 10_500, 3.553_266_742_524e-07, 9.999_996_622_407e-01),
        (20_000, 0.05, 1200, 1.598_139_327_833e-10, 9.999_999_998_689e-01),
        (100_000, 0.001, 300, 1.489_304_388_153e-58, 1.000_000_000_000e+00),
        (500, 0.05, 60, 5.712_717_167_998e-10, 9.999_999_997_854e-01),
        (3000, 0.01, 70, 2.570_922_427_490e-10, 9.999_999_998_939e-01),
        (100, 0.5, 80, 5.579_544_528_626e-10, 9.999_999_998_649e-01),
    ];
    for (n, q, k, above, below) in table {
        close(binomial_at_least(n, k, q), above, 1e-8);
        close(binomial_at_most(n, k, q), below, 1e-8);
    }
}

/// P(X = i) by the recurrence over trials: only sums of positive terms, so nothing cancels.
fn naive(n: u64, q: f64) -> Vec<f64> {
    let mut chance = vec![1.0];
    for _ in 0..n {
        let mut next = vec![0.0; chance.len() + 1];
        for (i, c) in chance.iter().enumerate() {
            next[i] += c * (1.0 - q);
            next[i + 1] += c * q;
        }
        chance = next;
    }
    chance
}

#[test]
fn binomial_tails_agree_with_adding_up() {
    for n in [1, 2, 7, 40, 150] {
        for q in [0.001, 0.01, 0.05, 0.3, 0.5, 0.9] {
            let chance = naive(n, q);
            for k in 0..=n {
                let at = usize::try_from(k).unwrap();
                let above: f64 = chance[at..].iter().sum();
                let below: f64 = chance[..=at].iter().sum();
                // Probabilities below 1e-250 do not matter.
                close(binomial_at_least(n, k, q).max(1e-250), above.max(1e-250), 1e-10);
                close(binomial_at_most(n, k, q).max(1e-250), below.max(1e-250), 1e-10);
            }
        }
    }
}

#[test]
fn edges_are_filled_in() {
    assert_eq!(
        [binomial_at_least(5, 1, 0.0), binomial_at_least(5, 5, 1.0), binomial_at_least(0, 0, 0.5)],
        [0.0, 1.0, 1.0]
    );
    assert_eq!(
        [binomial_at_most(5, 0, 0.0), binomial_at_most(5, 4, 1.0), binomial_at_most(0, 0, 0.5)],
        [1.0, 0.0, 1.0]
    );
    assert_eq!(binomial_at_least(5, 1, f64::NAN), 0.0);
    assert!(student_above(1.0, 0.0).is_nan() && student_quantile_above(0.0, 5.0).is_nan());
    assert!(normal_quantile_above(1.0).is_nan());
}

/// scipy 1.17.1: `t.sf(t, df)`, `t.isf(tail, df)`, `norm.sf(z)`.
#[test]
fn other_tails_agree_with_scipy() {
    for (t, freedom, want) in [
        (1.0, 1.0, 2.500_000_000_000e-01),
        (5.0, 19.0, 3.974_987_499_209e-05),
        (5.27, 59.0, 1.011_121_919_290e-06),
        (12.0, 59.0, 9.002_032_693_392e-18),
        (6.0, 7.5, 2.079_912_035_027e-04),
    ] {
        close(student_above(t, freedom), want, 1e-10);
    }
    for (tail, freedom, want) in [
        (0.05, 59.0, 1.671_093_032_104),
        (0.05, 4.5, 2.065_575_888_879),
        (1e-6, 59.0, 5.272_988_377_770),
        (1e-6, 19.0, 6.723_394_282_200),
    ] {
        close(student_quantile_above(tail, freedom), want, 1e-9);
    }
    for (z, want) in [
        (0.0, 0.5),
        (1.0, 1.586_552_539_315e-01),
        (3.09, 1.000_782_476_614e-03),
        (6.0, 9.865_876_450_377e-10),
        (12.0, 1.776_482_112_078e-33),
    ] {
        close(normal_above(z), want, 1e-9);
    }
}
