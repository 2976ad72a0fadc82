//! Histories of sixty reports, and what `trend` finds in them.

use fastrand::Rng;
use perf_exporters::judge::Verdict;
use perf_exporters::stats::changepoint::{self, Kind};
use perf_exporters::stats::states::States;

use super::{Dependent, normal};

const REPORTS: usize = 60;

/// FAIL where changes of one of these kinds are found.
pub(crate) fn trend(
    kinds: &'static [Kind],
    history: impl FnMut(&mut Rng) -> Vec<f64> + 'static,
) -> Box<dyn FnMut(&mut Rng) -> Verdict> {
    trend_from(changepoint::Options::default().least_change, kinds, history)
}

/// FAIL where changes of one of these kinds are found, by at least this share.
pub(crate) fn trend_from(
    least_change: f64,
    kinds: &'static [Kind],
    mut history: impl FnMut(&mut Rng) -> Vec<f64> + 'static,
) -> Box<dyn FnMut(&mut Rng) -> Verdict> {
    let options = changepoint::Options { shuffles: 199, least_change, ..changepoint::Options::default() };
    Box::new(move |rng| {
        let found = changepoint::find(&history(rng), &options);
        if found.iter().any(|change| kinds.contains(&change.kind)) { Verdict::Fail } else { Verdict::Pass }
    })
}

/// Each report depends on the one before.
pub(crate) fn dependent(rho: f64) -> impl Fn(&mut Rng) -> Vec<f64> {
    move |rng| {
        let mut noise = Dependent::begin(rho, rng);
        (0..REPORTS).map(|_| 100.0 * (1.0 + 0.1 * noise.next(rng))).collect()
    }
}

/// A machine that changes its state every so many reports on average, and in all at least so often; calls take so much longer in the
/// one, in the other not.
pub(crate) fn states(every: u8, longer: f64, noise: f64, turns: usize) -> impl Fn(&mut Rng) -> Vec<f64> {
    move |rng| {
        let mut state = rng.bool();
        let mut next = || {
            state ^= rng.u8(0..every) == 0;
            state
        };
        let mut slow: Vec<bool> = (0..REPORTS).map(|_| next()).collect();
        while slow.windows(2).filter(|two| two[0] != two[1]).count() < turns {
            slow = (0..REPORTS).map(|_| next()).collect();
        }
        slow.iter().map(|slow| 100.0 * if *slow { longer } else { 1.0 } * (1.0 + noise * normal(rng))).collect()
    }
}

/// Nothing changes but the noise, in the middle.
pub(crate) fn scattering(before: f64, after: f64) -> impl Fn(&mut Rng) -> Vec<f64> {
    move |rng| {
        let noise = |at| if at < REPORTS / 2 { before } else { after };
        (0..REPORTS).map(|at| 100.0 * (1.0 + noise(at) * normal(rng))).collect()
    }
}

/// A rise by this share in all, the same from report to report.
pub(crate) fn drifting(rise: f64, noise: f64) -> impl Fn(&mut Rng) -> Vec<f64> {
    move |rng| {
        let level = |at: usize| 100.0 * (1.0 + rise * at as f64 / REPORTS as f64);
        (0..REPORTS).map(|at| level(at) * (1.0 + noise * normal(rng))).collect()
    }
}

/// FAIL where changes are found, or two states.
pub(crate) fn told(mut history: impl FnMut(&mut Rng) -> Vec<f64> + 'static) -> Box<dyn FnMut(&mut Rng) -> Verdict> {
    let options = changepoint::Options { shuffles: 199, ..changepoint::Options::default() };
    Box::new(move |rng| {
        let history = history(rng);
        let told =
            States::of(&history, options.least_length).is_some() || !changepoint::find(&history, &options).is_empty();
        if told { Verdict::Fail } else { Verdict::Pass }
    })
}

/// A step after a third of the reports, taken back after two thirds.
pub(crate) fn taken_back(step: f64, noise: f64) -> impl Fn(&mut Rng) -> Vec<f64> {
    move |rng| {
        let level = |at| if (REPORTS / 3..2 * REPORTS / 3).contains(&at) { 1.0 + step } else { 1.0 };
        (0..REPORTS).map(|at| 100.0 * level(at) * (1.0 + noise * normal(rng))).collect()
    }
}

/// A step in the middle; of the reports before it, this share is as high by chance.
pub(crate) fn stepped(step: f64, noise: f64, outliers: f64) -> impl Fn(&mut Rng) -> Vec<f64> {
    move |rng| {
        let next = |at| {
            let high = at >= REPORTS / 2 || rng.f64() < outliers;
            100.0 * if high { 1.0 + step } else { 1.0 } * (1.0 + noise * normal(rng))
        };
        (0..REPORTS).map(next).collect()
    }
}
