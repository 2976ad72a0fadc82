//! Seeded noise, and an epoch of sampling as a budget test takes it.

pub(crate) mod calls;
pub(crate) mod condition;
pub(crate) mod growing;
pub(crate) mod histories;
pub(crate) mod reports;

use std::time::Duration;

use fastrand::Rng;
use perf_exporters::judge::mean;
use perf_exporters::judge::plan::{Floor, calls_for_runs, spent_at};
use perf_exporters::judge::quantile::{Exceedances, judge_share, minimal_samples};
use perf_exporters::judge::{Reason, Verdict};

/// A standard normal value (Box and Muller).
pub(crate) fn normal(rng: &mut Rng) -> f64 {
    let radius = (-2.0 * (1.0 - rng.f64()).ln()).sqrt();
    radius * (std::f64::consts::TAU * rng.f64()).cos()
}

/// Standard normal values, each of which has this correlation with the one before: a first-order autoregression.
pub(crate) struct Dependent {
    rho: f64,
    state: f64,
}

impl Dependent {
    pub(crate) fn begin(rho: f64, rng: &mut Rng) -> Self {
        Self { rho, state: normal(rng) }
    }

    pub(crate) fn next(&mut self, rng: &mut Rng) -> f64 {
        self.state = self.rho * self.state + (1.0 - self.rho * self.rho).sqrt() * normal(rng);
        self.state
    }
}

/// Call times with the median 1: log-normal, autoregressive, and a share of calls in bursts, four times slower.
#[derive(Clone, Copy)]
pub(crate) struct Machine {
    sigma: f64,
    rho: f64,
    stolen: f64,
    burst: f64,
}

impl Machine {
    pub(crate) const CALM: Self = Self { sigma: 0.1, rho: 0.0, stolen: 0.0, burst: 1.0 };
    pub(crate) const SOME: Self = Self { sigma: 0.3, rho: 0.5, stolen: 0.005, burst: 5.0 };
    pub(crate) const BURSTS: Self = Self { sigma: 0.2, rho: 0.95, stolen: 0.02, burst: 20.0 };
    pub(crate) const BAD: Self = Self { sigma: 0.4, rho: 0.9, stolen: 0.05, burst: 50.0 };

    pub(crate) fn take(self, calls: usize, rng: &mut Rng) -> Vec<f64> {
        let slow = slow(self.stolen, self.burst, calls, rng);
        let mut noise = Dependent::begin(self.rho, rng);
        let mut call = |slow: bool| (self.sigma * noise.next(rng)).exp() * if slow { 4.0 } else { 1.0 };
        slow.into_iter().map(&mut call).collect()
    }
}

/// Which of so many calls are slow: a share of them, in runs of this mean length.
fn slow(share: f64, run: f64, calls: usize, rng: &mut Rng) -> Vec<bool> {
    let leave = 1.0 / run;
    let enter = leave * share / (1.0 - share);
    let mut slow = rng.f64() < share;
    let mut next = || {
        let turn = rng.f64();
        slow = if slow { turn >= leave } else { turn < enter };
        slow
    };
    (0..calls).map(|_| next()).collect()
}

/// A call takes so long, seconds, where the simulation says 1.
const CALL: f64 = 10e-6;

/// One epoch of calls of 10 µs against a p99 at twice the usual, for 2 s at most; a share of the calls takes five times as long, in
/// runs.
pub(crate) fn p99_epoch(machine: Machine, share: f64, run: f64) -> Box<dyn FnMut(&mut Rng) -> Verdict> {
    let mut usual = machine.take(100_000, &mut Rng::with_seed(99));
    usual.sort_unstable_by(f64::total_cmp);
    let bound = 2.0 * usual[99_000];
    Box::new(move |rng| {
        let slow = slow(share, run, 50_000, rng);
        let calls = machine.take(50_000, rng).into_iter().zip(slow);
        let times: Vec<f64> = calls.map(|(time, slow)| if slow { 5.0 * bound * time } else { time }).collect();
        epoch(&times, minimal_samples(0.99), |seen| {
            let judged = judge_share(Exceedances::of(seen, bound), 0.01);
            (judged.verdict, judged.pass_p)
        })
    })
}

/// One epoch of such calls against a mean at so many times the usual; one call in a thousand, by lot, takes so many times as long.
pub(crate) fn mean_epoch(machine: Machine, limit: f64, thousandth: f64) -> Box<dyn FnMut(&mut Rng) -> Verdict> {
    let usual = machine.take(100_000, &mut Rng::with_seed(99));
    let bound = limit * usual.iter().sum::<f64>() / usual.len() as f64;
    Box::new(move |rng| {
        let mut times = machine.take(200_000, rng);
        for time in &mut times {
            *time *= if rng.u16(0..1_000) == 0 { thousandth } else { 1.0 };
        }
        epoch(&times, 60, |seen| {
            let judged = mean::judge(seen, bound);
            (judged.verdict, judged.pass_p)
        })
    })
}

/// The verdict on an epoch of these calls, looked at first after so many: `judge` gives that of the calls so far, and the chance of a
/// wrong PASS.
fn epoch(times: &[f64], first: u64, judge: impl Fn(&[f64]) -> (Verdict, f64)) -> Verdict {
    let most = Duration::from_secs(2);
    let floor = Floor::of(Duration::from_millis(100), most, calls_for_runs(0.01));
    let (mut look, mut looks) = (usize::try_from(first).unwrap_or(usize::MAX), 0);
    loop {
        let seen = &times[..look.min(times.len())];
        let elapsed = Duration::from_secs_f64(seen.iter().sum::<f64>() * CALL);
        let (verdict, pass_p) = judge(seen);
        let over = seen.len() == times.len() || elapsed >= most;
        let may_pass = floor.allows(seen.len() as u64, elapsed);
        let passes = verdict.is_pass() && pass_p <= spent_at(looks, over);
        let fails = verdict.is_fail() && elapsed >= floor.least;
        if over || fails || (passes && may_pass) {
            let early = verdict.is_pass() && !passes;
            return if early { Verdict::Inconclusive(Reason::Undecided) } else { verdict };
        }
        looks += u32::from(may_pass);
        // As soon as a PASS may be said it is looked for.
        let early = !may_pass && !verdict.is_fail();
        look = if early { usize::try_from(floor.calls).unwrap_or(look).max(look + 1) } else { look * 2 };
    }
}
