#![expect(clippy::float_cmp, reason = "these values are exact")]

use super::*;
use fastrand::Rng;

/// All n! orders, one by one (Heap's algorithm), by their number of inversions.
fn by_enumeration(n: usize) -> Vec<f64> {
    fn visit(order: &mut Vec<usize>, k: usize, tally: &mut Vec<f64>) {
        if k <= 1 {
            let pairs = (0..order.len()).flat_map(|i| (0..i).map(move |j| (j, i)));
            let inverted = pairs.filter(|&(j, i)| order[j] > order[i]).count();
            tally[inverted] += 1.0;
            return;
        }
        for i in 0..k {
            visit(order, k - 1, tally);
            order.swap(if k.is_multiple_of(2) { i } else { 0 }, k - 1);
        }
    }
    let mut tally = vec![0.0; n * (n - 1) / 2 + 1];
    visit(&mut (0..n).collect(), n, &mut tally);
    let all: f64 = tally.iter().sum();
    tally.iter().map(|t| t / all).collect()
}

#[test]
fn inversions_agree_with_enumeration() {
    for n in 2..=8 {
        for (fast, slow) in inversions(n).iter().zip(by_enumeration(n)) {
            assert!((fast - slow).abs() < 1e-14);
        }
    }
    // scipy 1.17.1: kendalltau([1, 3, 2, 5, 4, 7, 9, 6, 10, 8]) has 6 inversions of 45, one-sided exact p.
    let p: f64 = inversions(10)[..=6].iter().sum();
    assert!((p - 0.001_106_426_366_843_033_6).abs() < 1e-15);
}

/// scipy 1.17.1: `theilslopes(y, x, 0.9)`, whose bounds are the normal approximation's; the exact ones count off one slope less
/// or as many.
#[test]
fn lines_agree_with_scipy() {
    let x: Vec<f64> = (0..12).map(f64::from).collect();
    let y = [12.0, 11.0, 15.0, 14.0, 19.0, 18.0, 25.0, 21.0, 30.0, 29.0, 31.0, 36.0];
    let line = TheilSen::fit(&x, &y).unwrap();
    assert!((line.slope() - 2.190_909_090_909_091).abs() < 1e-12);
    assert!((line.lower(0.05) - 1.75).abs() < 0.06, "{}", line.lower(0.05));
    assert!((line.upper(0.05) - 2.6).abs() < 0.06, "{}", line.upper(0.05));
}

#[test]
fn the_line_does_not_depend_on_order_and_follows_units() {
    let mut rng = Rng::with_seed(1);
    for _ in 0..100 {
        let n = rng.usize(3..15);
        let x: Vec<f64> = (0..n).map(|i| i as f64 + 0.5 * rng.f64()).collect();
        let y: Vec<f64> = (0..n).map(|_| rng.f64()).collect();
        let line = TheilSen::fit(&x, &y).unwrap();
        let mut order: Vec<usize> = (0..n).collect();
        rng.shuffle(&mut order);
        let take = |v: &[f64]| order.iter().map(|&i| v[i]).collect::<Vec<_>>();
        let shuffled = TheilSen::fit(&take(&x), &take(&y)).unwrap();
        assert!((shuffled.slope() - line.slope()).abs() < 1e-12);
        let stretched: Vec<f64> = y.iter().zip(&x).map(|(y, x)| 3.0 * y + 2.0 * x - 7.0).collect();
        let other = TheilSen::fit(&x, &stretched).unwrap();
        assert!((other.slope() - (3.0 * line.slope() + 2.0)).abs() < 1e-9);
        if n > 4 {
            assert!((other.lower(0.05) - (3.0 * line.lower(0.05) + 2.0)).abs() < 1e-9);
            assert!(line.lower(0.05) <= line.slope() && line.slope() <= line.upper(0.05));
        }
    }
}

#[test]
fn useless_points_are_refused() {
    assert_eq!(TheilSen::fit(&[1.0], &[1.0]), None);
    assert_eq!(TheilSen::fit(&[1.0, 1.0], &[1.0, 2.0]), None);
    assert_eq!(TheilSen::fit(&[1.0, 2.0], &[1.0]), None);
    assert_eq!(TheilSen::fit(&[1.0, f64::NAN], &[1.0, 2.0]), None);
    let short = TheilSen::fit(&[1.0, 2.0, 3.0], &[1.0, 2.0, 3.0]).unwrap();
    assert_eq!([short.lower(0.05), short.upper(0.05)], [f64::NEG_INFINITY, f64::INFINITY]);
}

#[test]
fn bounds_cover_as_often_as_they_say() {
    let mut rng = Rng::with_seed(2);
    for (n, alpha, least, most) in
        [(6, 0.05, 0.0, 0.045), (11, 0.05, 0.025, 0.065), (11, 0.01, 0.0, 0.016), (70, 0.05, 0.025, 0.07)]
    {
        let x: Vec<f64> = (0..n).map(f64::from).collect();
        let missed = (0..1000)
            .filter(|_| {
                let y: Vec<f64> = x.iter().map(|x| 2.0 * x + 5.0 * rng.f64()).collect();
                TheilSen::fit(&x, &y).unwrap().upper(alpha) < 2.0
            })
            .count();
        let share = missed as f64 / 1000.0;
        assert!((least..=most).contains(&share), "n {n}: {share}");
    }
    let (exact, near) = (counted_off(60, 0.05).unwrap(), counted_off(61, 0.05).unwrap());
    assert!((10..40).contains(&(near - exact)), "{exact} {near}");
}
