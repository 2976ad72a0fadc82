use super::*;
use crate::stats::noise::normal;
use crate::stats::order::{doubled_ranks, floor};
use fastrand::Rng;

fn judged(old: &[f64], new: &[f64], metric: Metric) -> Level {
    runs(old, new, metric, metric.thresholds()).level
}

/// All ways to choose which of the values are the high ones.
fn by_enumeration(low: &[f64], high: &[f64]) -> f64 {
    let together: Vec<f64> = high.iter().chain(low).copied().collect();
    let ranks = doubled_ranks(&together);
    let observed: usize = ranks[..high.len()].iter().sum();
    let (mut reached, mut all) = (0.0, 0.0);
    for chosen in 0..1_u32 << ranks.len() {
        if chosen.count_ones() as usize == high.len() {
            let sum: usize = (0..ranks.len()).filter(|i| chosen >> i & 1 == 1).map(|i| ranks[i]).sum();
            all += 1.0;
            reached += f64::from(u8::from(sum >= observed));
        }
    }
    reached / all
}

#[test]
fn the_rank_sum_test_agrees_with_enumeration() {
    let mut rng = Rng::with_seed(1);
    for _ in 0..60 {
        let mut take = || (0..rng.usize(1..6)).map(|_| f64::from(rng.u8(0..8))).collect::<Vec<_>>();
        let (low, high) = (take(), take());
        assert!((p_greater(&low, &high) - by_enumeration(&low, &high)).abs() < 1e-12);
    }
}

/// scipy 1.17.1: `mannwhitneyu(high, low, alternative='greater', method='exact')`, and `method='asymptotic'` for 30 and 30.
#[test]
fn the_rank_sum_test_agrees_with_scipy() {
    let p = p_greater(&[100.0, 101.0, 99.0, 102.0, 100.5], &[103.0, 101.5, 105.0, 104.0, 102.5]);
    assert!((p - 0.007_936_507_936_507_936).abs() < 1e-12);
    assert!((p_greater(&[1.0, 2.0, 2.0, 3.0, 5.0, 8.0], &[2.0, 3.0, 6.0, 7.0, 9.0]) - 63.0 / 462.0).abs() < 1e-12);
    let from = |a: i32| (a..a + 30).map(f64::from).collect::<Vec<_>>();
    assert!((p_greater(&from(20), &from(30)) - 0.000_112_241_902_978_878_02).abs() < 1e-10);
}

#[test]
fn five_runs_of_each_can_prove_something_and_four_cannot() {
    for (m, n, proves) in
        [(5, 5, true), (4, 4, false), (4, 6, true), (3, 8, false), (3, 9, true), (1, 30, false), (0, 5, false)]
    {
        assert_eq!(counted_off(m, n, LEVEL).is_some(), proves, "{m} and {n}");
        assert_eq!(counted_off(n, m, LEVEL), counted_off(m, n, LEVEL));
    }
    let old = [10.0; 4];
    let change = runs(&old, &[20.0; 4], Metric::Mean, Metric::Mean.thresholds());
    assert!(change.too_few && change.level == Level::Unproven);
    assert!(matches!(change.verdict(), Verdict::Inconclusive(Reason::Invalid(_))));
}

#[test]
fn levels_follow_direction_and_thresholds() {
    let old = [99.0, 100.0, 101.0, 100.2, 99.7, 100.4];
    for (metric, factor, level) in [
        (Metric::Mean, 1.05, Level::Same),
        (Metric::Mean, 1.15, Level::Warn),
        (Metric::Mean, 1.25, Level::Fail),
        (Metric::Mean, 0.85, Level::Improved),
        (Metric::Quantile(0.95), 1.12, Level::Same),
        (Metric::Quantile(0.95), 1.2, Level::Warn),
        (Metric::Quantile(0.95), 1.3, Level::Fail),
        (Metric::Memory, 1.3, Level::Warn),
        (Metric::Memory, 1.6, Level::Fail),
        (Metric::Throughput, 0.96, Level::Same),
        (Metric::Throughput, 0.93, Level::Warn),
        (Metric::Throughput, 0.85, Level::Fail),
        (Metric::Throughput, 1.2, Level::Improved),
    ] {
        let new = old.map(|v| v * factor);
        assert_eq!(judged(&old, &new, metric), level, "{metric:?} × {factor}");
        let change = runs(&old, &new, metric, metric.thresholds());
        assert!(change.low <= change.ratio && change.ratio <= change.high);
        assert_eq!(change.verdict().is_fail(), level == Level::Fail);
    }
}

#[test]
fn zeros_have_quotients() {
    assert_eq!(judged(&[0.0; 5], &[0.0; 5], Metric::Memory), Level::Same);
    assert_eq!(judged(&[0.0; 5], &[64.0; 5], Metric::Memory), Level::Fail);
    assert_eq!(judged(&[64.0; 5], &[0.0; 5], Metric::Memory), Level::Improved);
    let none = runs(&[], &[1.0], Metric::Mean, Metric::Mean.thresholds());
    assert!(none.ratio.is_nan() && none.level == Level::Unproven);
}

#[test]
fn unchanged_runs_do_not_fail_and_large_changes_do() {
    let mut rng = Rng::with_seed(2);
    let mut take =
        |centre: f64, noise: f64| (0..6).map(|_| centre * (noise * normal(&mut rng)).exp()).collect::<Vec<_>>();
    let alarms = (0..600).filter(|_| judged(&take(1.0, 0.15), &take(1.0, 0.15), Metric::Mean) == Level::Fail).count();
    // Real at 0.5 %, and then also beyond a fifth.
    assert!(alarms <= 6, "{alarms} of 600");
    let caught = (0..100).filter(|_| judged(&take(1.0, 0.05), &take(1.4, 0.05), Metric::Mean) == Level::Fail).count();
    assert!(caught >= 99, "{caught} of 100");
}

#[test]
fn histograms_are_compared_by_what_they_hold() {
    let mut rng = Rng::with_seed(3);
    let mut take = |n: usize, factor: f64| {
        let mut buckets = vec![0_u64; 400];
        for _ in 0..n {
            let value = 50.0 * factor * (0.3 * normal(&mut rng)).exp();
            buckets[floor(value).min(399)] += 1;
        }
        (0_u32..).map(|i| f64::from(i) + 0.5).zip(buckets).collect::<Vec<(f64, u64)>>()
    };
    for metric in [Metric::Mean, Metric::Quantile(0.5), Metric::Quantile(0.95), Metric::Quantile(0.99)] {
        let mut alarms = 0;
        for _ in 0..20 {
            let (old, new) = (take(2000, 1.0), take(2000, 1.0));
            alarms += u32::from(samples(&old, &new, metric, metric.thresholds()).level != Level::Same);
        }
        assert_eq!(alarms, 0, "{metric:?}");
        let slower = samples(&take(2000, 1.0), &take(2000, 1.5), metric, metric.thresholds());
        assert_eq!(slower.level, Level::Fail, "{slower:?}");
        assert!(slower.low > 1.2 && (slower.ratio - 1.5).abs() < 0.2);
        let few = samples(&take(12, 1.0), &take(12, 1.3), Metric::Quantile(0.99), metric.thresholds());
        assert_ne!(few.level, Level::Fail);
    }
    let empty = samples(&[], &take(5, 1.0), Metric::Mean, Metric::Mean.thresholds());
    assert!(empty.too_few);
}
