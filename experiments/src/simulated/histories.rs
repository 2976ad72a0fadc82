//! Histories of sixty reports, and what `trend` finds in them.

use fastrand::Rng;
use perf_exporters::judge::Verdict;
use perf_exporters::stats::changepoint::{self, Kind};
use perf_exporters::stats::states::States;

use super::condition::{Condition, Wrong, row};
use super::{Dependent, normal};

const REPORTS: usize = 60;

/// FAIL where changes of one of these kinds are found.
fn trend(
    kinds: &'static [Kind],
    history: impl FnMut(&mut Rng) -> Vec<f64> + 'static,
) -> Box<dyn FnMut(&mut Rng) -> Verdict> {
    trend_from(changepoint::Options::default().least_change, kinds, history)
}

/// FAIL where changes of one of these kinds are found, by at least this share.
fn trend_from(
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
fn dependent(rho: f64) -> impl Fn(&mut Rng) -> Vec<f64> {
    move |rng| {
        let mut noise = Dependent::begin(rho, rng);
        (0..REPORTS).map(|_| 100.0 * (1.0 + 0.1 * noise.next(rng))).collect()
    }
}

/// A machine that changes its state every so many reports on average, and in all at least so often; calls take so much longer in the
/// one, in the other not.
fn states(every: u8, longer: f64, noise: f64, turns: usize) -> impl Fn(&mut Rng) -> Vec<f64> {
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
fn scattering(before: f64, after: f64) -> impl Fn(&mut Rng) -> Vec<f64> {
    move |rng| {
        let noise = |at| if at < REPORTS / 2 { before } else { after };
        (0..REPORTS).map(|at| 100.0 * (1.0 + noise(at) * normal(rng))).collect()
    }
}

/// A rise by this share in all, the same from report to report.
fn drifting(rise: f64, noise: f64) -> impl Fn(&mut Rng) -> Vec<f64> {
    move |rng| {
        let level = |at: usize| 100.0 * (1.0 + rise * at as f64 / REPORTS as f64);
        (0..REPORTS).map(|at| level(at) * (1.0 + noise * normal(rng))).collect()
    }
}

/// FAIL where changes are found, or two states.
fn told(mut history: impl FnMut(&mut Rng) -> Vec<f64> + 'static) -> Box<dyn FnMut(&mut Rng) -> Verdict> {
    let options = changepoint::Options { shuffles: 199, ..changepoint::Options::default() };
    Box::new(move |rng| {
        let history = history(rng);
        let told =
            States::of(&history, options.least_length).is_some() || !changepoint::find(&history, &options).is_empty();
        if told { Verdict::Fail } else { Verdict::Pass }
    })
}

/// A step after a third of the reports, taken back after two thirds.
fn taken_back(step: f64, noise: f64) -> impl Fn(&mut Rng) -> Vec<f64> {
    move |rng| {
        let level = |at| if (REPORTS / 3..2 * REPORTS / 3).contains(&at) { 1.0 + step } else { 1.0 };
        (0..REPORTS).map(|at| 100.0 * level(at) * (1.0 + noise * normal(rng))).collect()
    }
}

/// A step in the middle; of the reports before it, this share is as high by chance.
fn stepped(step: f64, noise: f64, outliers: f64) -> impl Fn(&mut Rng) -> Vec<f64> {
    move |rng| {
        let next = |at| {
            let high = at >= REPORTS / 2 || rng.f64() < outliers;
            100.0 * if high { 1.0 + step } else { 1.0 } * (1.0 + noise * normal(rng))
        };
        (0..REPORTS).map(next).collect()
    }
}

const ANY: &[Kind] = &[Kind::Level, Kind::Drift, Kind::Spread];

pub(crate) fn conditions() -> Vec<Condition> {
    use Wrong::{Fail, NoFail};
    vec![
        row("trend, no change, independent", 10_000, Fail, 0.05, trend(ANY, dependent(0.0))),
        row("trend, no change, correlation 0.3", 10_000, Fail, 0.05, trend(ANY, dependent(0.3))),
        row("trend, no change, correlation 0.6", 10_000, Fail, 0.05, trend(ANY, dependent(0.6))),
        row("trend, no change, correlation 0.9", 10_000, Fail, 0.05, trend(ANY, dependent(0.9))),
        row("trend, two states every 10, +15 %, noise 2 %", 10_000, Fail, 0.05, trend(ANY, states(10, 1.15, 0.02, 0))),
        row("trend, two states every 10, +10 %, noise 3 %", 10_000, Fail, 0.05, trend(ANY, states(10, 1.1, 0.03, 0))),
        row(
            "trend, the same, turning thrice or more: +15 %, noise 2 %",
            10_000,
            Fail,
            0.05,
            trend(ANY, states(10, 1.15, 0.02, 3)),
        ),
        row(
            "trend, the same, turning thrice or more: +10 %, noise 3 %",
            10_000,
            Fail,
            0.05,
            trend(ANY, states(10, 1.1, 0.03, 3)),
        ),
        row("trend, two states every 5, +15 %, noise 2 %", 10_000, Fail, 0.05, trend(ANY, states(5, 1.15, 0.02, 0))),
        row(
            "trend, noise of 2 %, then 12 %",
            10_000,
            Fail,
            0.05,
            trend(&[Kind::Level, Kind::Drift], scattering(0.02, 0.12)),
        ),
        row(
            "trend, noise of 3 %, then 6 %",
            10_000,
            Fail,
            0.05,
            trend(&[Kind::Level, Kind::Drift], scattering(0.03, 0.06)),
        ),
        row(
            "trend, the same, told as spread: 2 %, then 12 %",
            1_000,
            NoFail,
            0.15,
            trend(&[Kind::Spread], scattering(0.02, 0.12)),
        ),
        row(
            "trend, the same, told as spread: 3 %, then 6 %",
            1_000,
            NoFail,
            0.9,
            trend(&[Kind::Spread], scattering(0.03, 0.06)),
        ),
        row(
            "trend, a slow rise by 30 %, noise 2 %",
            10_000,
            Fail,
            0.05,
            trend(&[Kind::Level, Kind::Spread], drifting(0.3, 0.02)),
        ),
        row(
            "trend, a slow rise by 15 %, noise 3 %",
            10_000,
            Fail,
            0.05,
            trend(&[Kind::Level, Kind::Spread], drifting(0.15, 0.03)),
        ),
        row(
            "trend, the same, told as a drift: 30 %, noise 2 %",
            1_000,
            NoFail,
            0.05,
            trend(&[Kind::Drift], drifting(0.3, 0.02)),
        ),
        row(
            "trend, the same, told as a drift: 15 %, noise 3 %",
            1_000,
            NoFail,
            0.12,
            trend(&[Kind::Drift], drifting(0.15, 0.03)),
        ),
        row(
            "trend, a step of 5 %, noise 1.5 %, --least 2",
            1_000,
            NoFail,
            0.1,
            trend_from(0.02, &[Kind::Level], stepped(0.05, 0.015, 0.0)),
        ),
        row("trend, a step of 20 %, noise 3 %", 1_000, NoFail, 0.05, trend(&[Kind::Level], stepped(0.2, 0.03, 0.0))),
        row("trend, a step of 20 %, noise 6 %", 1_000, NoFail, 0.12, trend(&[Kind::Level], stepped(0.2, 0.06, 0.0))),
        row("trend, +15 % taken back, noise 2 %, told at all", 1_000, NoFail, 0.05, told(taken_back(0.15, 0.02))),
        row("trend, a step of 10 %, noise 3 %", 1_000, NoFail, 0.1, trend(&[Kind::Level], stepped(0.1, 0.03, 0.0))),
        row("trend, a step of 15 %, noise 2 %", 1_000, NoFail, 0.1, trend(&[Kind::Level], stepped(0.15, 0.02, 0.0))),
        row(
            "trend, a step of 15 %, noise 2 %, 5 % before as high",
            1_000,
            NoFail,
            0.1,
            trend(&[Kind::Level], stepped(0.15, 0.02, 0.05)),
        ),
    ]
}
