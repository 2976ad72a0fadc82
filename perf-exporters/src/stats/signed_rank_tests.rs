#![expect(clippy::float_cmp, reason = "these values are exact")]

use super::*;
use fastrand::Rng;

/// All 2ⁿ signs, one by one.
fn by_enumeration(differences: &[f64]) -> f64 {
    let sizes: Vec<f64> = differences.iter().map(|d| d.abs()).collect();
    let ranks = doubled_ranks(&sizes);
    let signed: Vec<(f64, usize)> = differences.iter().copied().zip(ranks).filter(|(d, _)| *d != 0.0).collect();
    let observed: usize = signed.iter().filter(|s| s.0 > 0.0).map(|s| s.1).sum();
    let reached = (0..1_u32 << signed.len())
        .filter(|signs| {
            let sum: usize = (0..signed.len()).filter(|i| signs >> i & 1 == 1).map(|i| signed[i].1).sum();
            sum >= observed
        })
        .count();
    reached as f64 / (1_u64 << signed.len()) as f64
}

#[test]
fn the_test_agrees_with_enumeration_ties_and_zeros_included() {
    let mut rng = Rng::with_seed(1);
    for _ in 0..150 {
        let n = rng.usize(1..10);
        let values: Vec<f64> = (0..n).map(|_| f64::from(rng.i8(-4..=6))).collect();
        assert!((p_greater(&values) - by_enumeration(&values)).abs() < 1e-12, "{values:?}");
    }
    assert_eq!([p_greater(&[]), p_greater(&[0.0, 0.0])], [1.0, 1.0]);
}

/// scipy 1.17.1: `wilcoxon(d, alternative='greater', method='exact')`, and for n = 150
/// `wilcoxon(d, alternative='greater', method='approx', correction=True)`.
#[test]
fn the_test_agrees_with_scipy() {
    let d14 = [0.12, -0.03, 0.08, 0.21, 0.05, -0.01, 0.17, 0.09, 0.14, 0.02, -0.06, 0.11, 0.19, 0.04];
    assert!((p_greater(&d14) - 0.002_624_511_718_75).abs() < 1e-12);
    let d20: Vec<f64> = (1..=20).map(|i| 0.01 * f64::from(if i % 4 == 0 { -i } else { i })).collect();
    assert!((p_greater(&d20) - 0.048_653_602_600_097_656).abs() < 1e-12);
    let d150: Vec<f64> = (1..=150).map(|i| f64::from(i * 37 % 151 - 60)).collect();
    assert!((p_greater(&d150) - 4.156_036_486_511_517_4e-5).abs() < 2e-6);
}

/// Hollander and Wolfe, table A.4: critical values of T⁺ are found as the numbers of passed-over averages.
#[test]
fn bounds_count_off_what_the_tables_say() {
    // P(T+ <= c) <= 0.05: 14 → 25, 20 → 60, 30 → 151; 5 → 0.
    assert_eq!([5, 14, 20, 30].map(|n| counted_off(n, 0.05)), [0, 25, 60, 151].map(Some));
    assert_eq!(counted_off(4, 0.05), None);
    assert_eq!(counted_off(0, 0.05), None);
    // The approximation continues the exact values.
    let (exact, near) = (counted_off(100, 0.05).unwrap(), counted_off(101, 0.05).unwrap());
    assert!((40..60).contains(&(near - exact)), "{exact} {near}");
}

#[test]
fn bounds_are_where_the_test_turns() {
    let mut rng = Rng::with_seed(2);
    for _ in 0..40 {
        let n = rng.usize(6..30);
        let values: Vec<f64> = (0..n).map(|_| rng.f64() - 0.4).collect();
        let estimate = HodgesLehmann::of(&values).unwrap();
        let moved = |by: f64| values.iter().map(|v| v - by).collect::<Vec<_>>();
        let lower = estimate.lower(0.05);
        assert!(p_greater(&moved(lower - 1e-9)) <= 0.05);
        assert!(p_greater(&moved(lower + 1e-9)) > 0.05);
        assert!(lower <= estimate.shift() && estimate.shift() <= estimate.upper(0.05));
        // Mirror images.
        let mirrored: Vec<f64> = values.iter().map(|v| -v).collect();
        let other = HodgesLehmann::of(&mirrored).unwrap();
        assert!((other.lower(0.05) + estimate.upper(0.05)).abs() < 1e-12);
    }
    assert_eq!(HodgesLehmann::of(&[1.0, f64::NAN]), None);
}

#[test]
fn the_bound_covers_as_often_as_it_says() {
    let mut rng = Rng::with_seed(3);
    let covered = (0..2000)
        .filter(|_| {
            let values: Vec<f64> = (0..14).map(|_| rng.f64() + rng.f64() - 1.0).collect();
            HodgesLehmann::of(&values).unwrap().upper(0.05) >= 0.0
        })
        .count();
    assert!((1870..=1945).contains(&covered), "{covered} of 2000");
}
