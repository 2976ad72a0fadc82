//! Many figures of the same runs, compared together: which runs were the old ones might have been otherwise.
//!
//! Of ten runs of unchanged code any five might have been the old ones. So every other division of the runs is tried, and a figure
//! has moved for sure only if its distance is greater than that of *any* figure in nearly all other divisions (Westfall and Young
//! 1993). All figures together then err as often as one would alone, whatever their number and however they depend on each other:
//! five runs of each side suffice where a correction by number alone, such as Holm's, takes eight for fifty figures.
//!
//! The distance is the difference of mean logarithms by the scatter within both sides, with two per cent added to the scatter, so
//! that a figure that hardly scatters has no great distance by a tiny difference (Tusher, Tibshirani and Chu 2001).

use fastrand::Rng;

/// Up to so many divisions all are tried; of more, so many by lot.
const MOST: usize = 2_000;

/// Added to the scatter of logarithms.
const LEAST_SCATTER: f64 = 0.02;

/// The values of one figure in the old runs and in the new ones, each in the order of the runs; above zero.
#[derive(Clone, Debug)]
pub struct Series {
    /// The runs of the one side.
    pub old: Vec<f64>,
    /// The runs of the other.
    pub new: Vec<f64>,
}

/// For each figure the chance that one of all is as much greater in the new runs although nothing differs. Figures that
/// do not have a value above zero in as many runs as the first have the chance 1.
///
/// ```
/// # use perf_exporters::stats::relabel::{p_greater, Series};
/// let of = |by: f64| Series { old: vec![100.0, 101.0, 99.0, 102.0, 98.0], new: [99.0, 100.0, 103.0, 98.0, 101.0].map(|v| v * by).into() };
/// let p = p_greater(&[of(1.0), of(1.3)]);
/// assert!(p[0] > 0.1);
/// assert_eq!(p[1], 1.0 / 252.0);
/// ```
#[must_use]
pub fn p_greater(series: &[Series]) -> Vec<f64> {
    let Some((m, n)) = series.first().map(|first| (first.old.len(), first.new.len())) else { return Vec::new() };
    let logarithms = |one: &Series| {
        let all: Vec<f64> = one.old.iter().chain(&one.new).map(|value| value.ln()).collect();
        let complete = one.old.len() == m && one.new.len() == n && all.iter().all(|value| value.is_finite());
        complete.then_some(all)
    };
    let values: Vec<Option<Vec<f64>>> = series.iter().map(logarithms).collect();
    let as_it_is: Vec<bool> = (0..m + n).map(|run| run >= m).collect();
    let distances: Vec<Option<f64>> = values.iter().map(|of| of.as_ref().map(|of| distance(of, &as_it_is))).collect();
    let mut reached = vec![0_usize; series.len()];
    let divisions = divisions(m, n);
    for division in &divisions {
        let most = values.iter().flatten().map(|of| distance(of, division)).fold(f64::NEG_INFINITY, f64::max);
        for (reached, own) in reached.iter_mut().zip(&distances) {
            // Sums in another order differ in the last digits.
            *reached += usize::from(own.is_some_and(|own| most >= own - 1e-9 * own.abs()));
        }
    }
    let share = |(reached, own): (usize, &Option<f64>)| match own {
        Some(_) => reached.max(1) as f64 / divisions.len().max(1) as f64,
        None => 1.0,
    };
    reached.into_iter().zip(&distances).map(share).collect()
}

/// How far the new runs lie above the old ones.
fn distance(values: &[f64], is_new: &[bool]) -> f64 {
    let side = |new: bool| {
        let own = || values.iter().zip(is_new).filter(move |(_, is_new)| **is_new == new).map(|(value, _)| *value);
        let count = own().count() as f64;
        let mean = own().sum::<f64>() / count;
        (mean, own().map(|value| (value - mean).powi(2)).sum::<f64>())
    };
    let ((old, old_squares), (new, new_squares)) = (side(false), side(true));
    let freedom = (values.len() as f64 - 2.0).max(1.0);
    (new - old) / (((old_squares + new_squares) / freedom).sqrt() + LEAST_SCATTER)
}

/// Divisions of the runs, as which of them are the new ones; the real one is among them.
fn divisions(m: usize, n: usize) -> Vec<Vec<bool>> {
    let mut division: Vec<bool> = (0..m + n).map(|run| run >= m).collect();
    let number = (1..=m).fold(1.0, |number: f64, at| number * (n + at) as f64 / at as f64);
    if number > MOST as f64 {
        let mut rng = Rng::with_seed(0x5eed);
        let mut drawn = vec![division.clone()];
        drawn.extend((1..MOST).map(|_| {
            rng.shuffle(&mut division);
            division.clone()
        }));
        return drawn;
    }
    let mut all = vec![division.clone()];
    while next(&mut division) {
        all.push(division.clone());
    }
    all
}

/// The next arrangement in ascending order, if there is one; it begins with all old runs first.
fn next(division: &mut [bool]) -> bool {
    let Some(at) = (1..division.len()).rfind(|at| !division[at - 1] & division[*at]) else { return false };
    let at = at - 1;
    division.swap(at, at + 1);
    // What follows is in descending order but for the swapped one; ascending is its least arrangement.
    division[at + 2..].sort_unstable();
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::noise::normal;

    fn runs(count: usize, scatter: f64, state: &[f64], rng: &mut Rng) -> Vec<f64> {
        (0..count).map(|run| (scatter * normal(rng) + 0.1 * state[run]).exp()).collect()
    }

    #[test]
    fn every_division_is_tried_once() {
        for (m, n, number) in [(5, 5, 252), (4, 6, 210), (1, 1, 2), (6, 7, 1_716)] {
            let mut all = divisions(m, n);
            assert!(all.iter().all(|division| division.iter().filter(|new| **new).count() == n));
            all.sort_unstable();
            all.dedup();
            assert_eq!(all.len(), number, "{m} {n}");
        }
        assert_eq!(divisions(10, 10).len(), MOST);
    }

    #[test]
    fn fifty_figures_together_err_as_often_as_one() {
        let mut rng = Rng::with_seed(9);
        let mut wrong = 0;
        for _ in 0..300 {
            // All figures share the machine's state in each run.
            let state: Vec<f64> = (0..10).map(|_| normal(&mut rng)).collect();
            let series: Vec<Series> = (0..50)
                .map(|_| Series { old: runs(5, 0.1, &state[..5], &mut rng), new: runs(5, 0.1, &state[5..], &mut rng) })
                .collect();
            wrong += usize::from(p_greater(&series).iter().any(|p| *p <= 0.05));
        }
        assert!((5..=27).contains(&wrong), "{wrong} of 300, 15 expected");
    }

    #[test]
    fn five_runs_of_each_find_one_of_fifty() {
        let mut rng = Rng::with_seed(10);
        let steady = [0.0; 5];
        let mut found = 0;
        for _ in 0..40 {
            let mut series: Vec<Series> = (0..50)
                .map(|_| Series { old: runs(5, 0.03, &steady, &mut rng), new: runs(5, 0.03, &steady, &mut rng) })
                .collect();
            series[7].new.iter_mut().for_each(|value| *value *= 1.3);
            let p = p_greater(&series);
            found += usize::from(p[7] <= 0.005);
            assert!(p.iter().enumerate().all(|(at, p)| at == 7 || *p > 0.005));
        }
        assert!(found >= 38, "{found} of 40");
    }

    #[test]
    fn figures_of_other_runs_prove_nothing() {
        let whole = Series { old: vec![1.0; 5], new: vec![2.0; 5] };
        let part = Series { new: vec![2.0; 4], ..whole.clone() };
        let zero = Series { old: vec![0.0; 5], ..whole.clone() };
        assert_eq!(p_greater(&[whole, part, zero]), [1.0 / 252.0, 1.0, 1.0]);
        assert!(p_greater(&[]).is_empty());
    }
}
