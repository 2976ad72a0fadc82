//! Growth, and memory and latency that grow.

use fastrand::Rng;
use perf_exporters::judge::caches::shows_with_empty_caches;
use perf_exporters::judge::fill::{self, Fill};
use perf_exporters::judge::growth::{self, Class, Cost};
use perf_exporters::judge::{Reason, Verdict, trend as memory};
use perf_load::endurance::drift;

use super::condition::{Condition, Wrong, row};
use super::{Dependent, normal};

fn class(claim: &str) -> Class {
    claim.parse().unwrap_or(Class { degree: 0, log: false })
}

/// Sizes, and the cost of a call at each, which scatters.
fn points(cost: fn(f64) -> f64, noise: f64, rng: &mut Rng) -> [(u64, f64); 6] {
    [16, 64, 256, 1_024, 4_096, 16_384].map(|n| (n, cost(n as f64) * (noise * normal(rng)).exp()))
}

fn grows(cost: fn(f64) -> f64, claim: &'static str, kind: Cost, noise: f64) -> Box<dyn FnMut(&mut Rng) -> Verdict> {
    let class = class(claim);
    Box::new(move |rng| growth::judge(&points(cost, noise, rng), class, kind).verdict)
}

/// The same as the gate decides it: where caches may explain growth, by the costs of the same calls with empty caches, and a FAIL in two
/// epochs.
fn grows_by_caches(
    full: fn(f64) -> f64,
    empty: fn(f64) -> f64,
    claim: &'static str,
    noise: f64,
) -> Box<dyn FnMut(&mut Rng) -> Verdict> {
    let class = class(claim);
    Box::new(move |rng| {
        let mut epoch = || {
            let (full, empty) = (points(full, noise, rng), points(empty, noise, rng));
            let verdict = growth::judge(&full, class, Cost::Time).verdict;
            let cached = verdict == Verdict::Inconclusive(Reason::Cached);
            if cached && shows_with_empty_caches(&full, &empty, class) { Verdict::Fail } else { verdict }
        };
        let first = epoch();
        if first.is_fail() { Verdict::of_runs(&[first, epoch()]) } else { first }
    })
}

/// How many times as long an access takes in a table of so many elements, by the caches that it fits into.
fn latency(n: f64) -> f64 {
    match n {
        n if n < 2_000.0 => 1.0,
        n if n < 8_000.0 => 2.5,
        _ => 3.2,
    }
}

/// The same where accesses leave one cache after the other, so that each step is greater than the one before.
fn steep(n: f64) -> f64 {
    match n {
        n if n < 500.0 => 1.0,
        n if n < 2_000.0 => 1.1,
        n if n < 8_000.0 => 1.5,
        _ => 2.7,
    }
}

fn leaks(level: fn(usize, &mut Rng) -> f64) -> Box<dyn FnMut(&mut Rng) -> Verdict> {
    Box::new(move |rng| {
        let levels: Vec<f64> = (0..240).map(|batch| level(batch, rng)).collect();
        let told = [20, 40, 80, 160, 240].map(|n| fill::judge(&levels[..n], 65_536.0));
        match told[4] {
            _ if told.contains(&Fill::Full) => Verdict::Pass,
            Fill::Grows => Verdict::Fail,
            _ => Verdict::Inconclusive(Reason::Converging),
        }
    })
}

/// Checkpoints of live bytes that rise in all by exactly what is allowed: the bound of 5 % is exact there, and of 10,000 verdicts the
/// number scatters around 500 by 22.
fn leaking_what_is_allowed() -> Box<dyn FnMut(&mut Rng) -> Verdict> {
    Box::new(|rng| {
        let by = memory::LEAST_SHARE / 39.0;
        let bytes: Vec<f64> =
            (0..40).map(|at| 5e7 * (1.0 + by * (f64::from(at) - 19.5) + 5e-4 * normal(rng))).collect();
        memory::judge(&bytes).verdict
    })
}

/// Latencies at the checkpoints of an hour that rise in all by exactly the share that matters; each depends on the one before.
fn drifting_by_what_matters(rho: f64) -> Box<dyn FnMut(&mut Rng) -> Verdict> {
    let rules = drift::Rules::default();
    Box::new(move |rng| {
        let mut noise = Dependent::begin(rho, rng);
        let mut next = |at: u32| 5e6 * (rules.matters.ln_1p() * f64::from(at) / 59.0 + 0.03 * noise.next(rng)).exp();
        let latencies: Vec<f64> = (0..60).map(&mut next).collect();
        drift::judge(&latencies, &rules).verdict
    })
}

/// Doublings from the least size to the greatest.
const LADDER: u32 = 15;

/// Costs at exactly this exponent above the claim `n`, at so many sizes: a bound that is right 95 times in a hundred lets as many say
/// that it is less, or more.
fn at_exponent(excess: f64, sizes: u32, kind: Cost, noise: f64) -> Box<dyn FnMut(&mut Rng) -> Verdict> {
    let class = Class { degree: 1, log: false };
    Box::new(move |rng| {
        let mut point = |at: u32| {
            let n = 16_u64 << (at * LADDER / (sizes - 1));
            (n, 1e3 * (n as f64).powf(1.0 + excess) * (noise * normal(rng)).exp())
        };
        let points: Vec<(u64, f64)> = (0..sizes).map(&mut point).collect();
        growth::judge(&points, class, kind).verdict
    })
}

/// Growth, and memory that grows.
pub(crate) fn growing() -> Vec<Condition> {
    use Wrong::{Fail, NoFail, Pass};
    vec![
        row("growth n by time, linear, noise 20 %", 10_000, Fail, 0.001, grows(|n| n, "n", Cost::Time, 0.2)),
        row("growth 1 by time, constant, noise 20 %", 10_000, Fail, 0.001, grows(|_| 9.0, "1", Cost::Time, 0.2)),
        row("growth n by time, n^1.5, noise 5 %", 1_000, NoFail, 0.05, grows(|n| n.powf(1.5), "n", Cost::Time, 0.05)),
        row("growth 1 by time, n^0.5, noise 5 %", 1_000, NoFail, 0.05, grows(f64::sqrt, "1", Cost::Time, 0.05)),
        row(
            "growth 1 by time, 1,000 + 0.1 n, noise 5 %",
            1_000,
            Pass,
            0.05,
            grows(|n| 1e3 + 0.1 * n, "1", Cost::Time, 0.05),
        ),
        row("leaks, a cache full after 90 batches", 1_000, Fail, 0.0, leaks(|batch, _| 2e4 * batch.min(90) as f64)),
        row("leaks, a pool cleared every 50", 1_000, Fail, 0.0, leaks(|batch, _| 2e4 * (batch % 50) as f64)),
        row("leaks, noise of 100 KB", 10_000, Fail, 0.001, leaks(|_, rng| 1e6 + 1e5 * normal(rng))),
        row("leaks, 512 KiB every 10th batch", 100, NoFail, 0.0, leaks(|batch, _| 524_288.0 * (batch / 10) as f64)),
    ]
}

/// The truth is just where a verdict changes.
pub(crate) fn at_a_bound() -> Vec<Condition> {
    use Wrong::{Fail, Pass};
    vec![
        row(
            "growth n by time, n^1.15, 6 sizes: the tolerance",
            10_000,
            Pass,
            0.05,
            at_exponent(0.15, 6, Cost::Time, 0.1),
        ),
        row("growth n by time, n^1.15, 16 sizes", 10_000, Pass, 0.05, at_exponent(0.15, 16, Cost::Time, 0.1)),
        row(
            "growth n by calls, n^1.02, 6 sizes: the tolerance",
            10_000,
            Pass,
            0.05,
            at_exponent(0.02, 6, Cost::Counts, 0.05),
        ),
        row("growth n by calls, n^1.02, 16 sizes", 10_000, Pass, 0.05, at_exponent(0.02, 16, Cost::Counts, 0.05)),
        row(
            "growth n by calls, n^1.02, 6 sizes: the proof",
            10_000,
            Fail,
            0.05,
            at_exponent(0.02, 6, Cost::Counts, 0.05),
        ),
        row("growth n by calls, n^1.02, 16 sizes", 10_000, Fail, 0.05, at_exponent(0.02, 16, Cost::Counts, 0.05)),
        row(
            "growth n by time, n^1.25, 6 sizes: the near proof",
            10_000,
            Fail,
            0.05,
            at_exponent(0.25, 6, Cost::Time, 0.1),
        ),
        row("growth n by time, n^1.25, 16 sizes", 10_000, Fail, 0.05, at_exponent(0.25, 16, Cost::Time, 0.1)),
        row("leaks, a rise by what is allowed", 10_000, Fail, 0.055, leaking_what_is_allowed()),
        row("endurance, a rise by what matters", 10_000, Fail, 0.05, drifting_by_what_matters(0.0)),
        row("endurance, a rise by what matters, correlation 0.6", 10_000, Fail, 0.05, drifting_by_what_matters(0.6)),
    ]
}

/// Growth that caches may explain, decided as the gate does.
pub(crate) fn with_empty_caches() -> Vec<Condition> {
    use Wrong::{Fail, NoFail};
    vec![
        row(
            "growth 1 by time, 1,000 + 0.1 n, noise 5 %, and with empty caches",
            1_000,
            NoFail,
            0.05,
            grows_by_caches(|n| 1e3 + 0.1 * n, |n| 1.8e3 + 0.15 * n, "1", 0.05),
        ),
        row(
            "growth 1 by time, a scan behind 100 times its least, noise 5 %, and with empty caches",
            1_000,
            NoFail,
            0.05,
            grows_by_caches(|n| 160.0 + 0.1 * n, |n| 960.0 + 0.15 * n, "1", 0.05),
        ),
        row(
            "growth n by time, n + n²/1,000, noise 5 %, and with empty caches",
            1_000,
            NoFail,
            0.05,
            grows_by_caches(|n| n + n * n / 1e3, |n| 800.0 + 2.0 * n + n * n / 1e3, "n", 0.05),
        ),
        row(
            "growth 1 by time, constant code that leaves caches, noise 5 %, and with empty caches",
            10_000,
            Fail,
            0.001,
            grows_by_caches(|n| 1e3 * latency(n), |_| 1.2e4, "1", 0.05),
        ),
        row(
            "growth 1 by time, constant code that leaves caches steeply, noise 5 %, and with empty caches",
            10_000,
            Fail,
            0.001,
            grows_by_caches(|n| 1e3 * steep(n), |_| 1.2e4, "1", 0.05),
        ),
        row(
            "growth n by time, linear code that leaves caches, noise 5 %, and with empty caches",
            10_000,
            Fail,
            0.001,
            grows_by_caches(|n| n * steep(n), |n| 800.0 + 3.0 * n, "n", 0.05),
        ),
    ]
}
