//! How often are verdicts wrong, by condition?
//!
//! Seeded noise goes through the project's own verdict code, so the same table comes out on every machine, also on a busy one:
//! `cargo run --release -p experiments --features simulated --bin budget_conditions [quick|TIMES [PARTS]]`. It ends with 1 where a
//! rate leaves its bound. `quick` is a tenth of the runs, for CI; a number is so many times as many. PARTS are parts of the conditions'
//! names, `,` between them.

#[path = "../simulated/mod.rs"]
mod simulated;

use fastrand::Rng;
use perf_exporters::judge::caches::shows_with_empty_caches;
use perf_exporters::judge::fill::{self, Fill};
use perf_exporters::judge::growth::{self, Class, Cost};
use perf_exporters::judge::relative::{self, Order};
use perf_exporters::judge::versus::{Blocks, MOST};
use perf_exporters::judge::{Reason, Verdict, trend as memory};
use perf_exporters::stats::changepoint::Kind;
use perf_load::endurance::drift;
use simulated::histories::{dependent, drifting, scattering, states, stepped, taken_back, told, trend, trend_from};
use simulated::reports::{Program, diff};
use simulated::{Dependent, Machine, mean_epoch, normal, p99_epoch};

/// Of the verdicts on a condition so many may be wrong, as a share.
struct Condition {
    what: &'static str,
    runs: u32,
    /// The verdict that is wrong.
    wrong: Wrong,
    most: f64,
    judge: Box<dyn FnMut(&mut Rng) -> Verdict>,
}

#[derive(Clone, Copy, PartialEq)]
enum Wrong {
    Fail,
    Pass,
    NoFail,
}

/// A row of the table.
fn row(
    what: &'static str,
    runs: u32,
    wrong: Wrong,
    most: f64,
    judge: Box<dyn FnMut(&mut Rng) -> Verdict>,
) -> Condition {
    Condition { what, runs, wrong, most, judge }
}

fn vs(machine: Machine, slower: fn(u64) -> f64) -> Box<dyn FnMut(&mut Rng) -> Verdict> {
    const PER_SLOT: usize = 500;
    Box::new(move |rng| {
        let (mut blocks, mut calls) = (Blocks::default(), rng.u64(0..1_000));
        let seed = rng.u64(..);
        loop {
            let order = Order::drawn(seed, blocks.len());
            let mut times = machine.take(4 * PER_SLOT, rng).into_iter();
            blocks.add_drawn(order, PER_SLOT, |runs_b| {
                let time = times.next().unwrap_or(f64::NAN);
                calls += u64::from(runs_b);
                if runs_b { time * slower(calls) } else { time }
            });
            if blocks.are_looked_at() {
                let verdict = blocks.judge(1.10).verdict;
                if blocks.len() >= MOST || !matches!(verdict, Verdict::Inconclusive(Reason::TooFewSamples { .. })) {
                    return verdict;
                }
            }
        }
    })
}

/// A comparison of two programs of so many probes, of each four figures: runs scatter together by so much, each figure by itself by half
/// of it, and one run in five makes a mean up to twenty times as long. The new program's third probe is slower.
fn compared(probes: usize, scatter: f64, slower: f64, most: usize) -> Box<dyn FnMut(&mut Rng) -> Verdict> {
    const FIGURES: usize = 4;
    Box::new(move |rng| {
        let seed = rng.u64(..);
        let mut series = vec![Vec::with_capacity(most); probes * FIGURES];
        for block in 0..most {
            let order = Order::drawn(seed, block);
            let together = [0, 1, 2, 3].map(|_| scatter * normal(rng));
            let disturbed = [0, 1, 2, 3].map(|_| if rng.u8(0..5) == 0 { 3.0 * rng.f64() } else { 0.0 });
            for (at, d) in series.iter_mut().enumerate() {
                let slots = [0, 1, 2, 3].map(|slot| {
                    let mean = if at % FIGURES == 0 { disturbed[slot] } else { 0.0 };
                    let code = if order.runs_b(slot) && at / FIGURES == 2 { slower } else { 1.0 };
                    code * (together[slot] + mean + 0.5 * scatter * normal(rng)).exp()
                });
                d.extend(relative::block(order, slots));
            }
        }
        let series: Vec<&[f64]> = series.iter().map(Vec::as_slice).collect();
        let judged = relative::judge_comparison(&series, 1.0, most);
        judged.into_iter().map(|judgement| judgement.verdict).fold(Verdict::Pass, Verdict::and)
    })
}

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

const ANY: &[Kind] = &[Kind::Level, Kind::Drift, Kind::Spread];

const SLOWER: Program = Program { slower: 1.5, ..Program::CALM };
const RARE: Program = Program { rare: 0.08, ..Program::CALM };
/// Requests that take a sixth longer lose the processor more often, each of them.
const COLD: Program = Program { cold: 0.048, ..Program::CALM };
const COLDER: Program = Program { cold: 0.056, ..SLOWER };

/// Calls against calls, programs against programs, and calls against limits.
fn calls() -> Vec<Condition> {
    use Wrong::{Fail, NoFail, Pass};
    fn third(call: u64) -> f64 {
        if call.is_multiple_of(3) { 10.0 } else { 1.0 }
    }
    fn fifth(call: u64) -> f64 {
        if call.is_multiple_of(5) { 10.0 } else { 1.0 }
    }
    fn sixteenth(call: u64) -> f64 {
        if call.is_multiple_of(16) { 6.0 } else { 1.0 }
    }
    fn sixty_fourth(call: u64) -> f64 {
        if call.is_multiple_of(64) { 20.0 } else { 1.0 }
    }
    fn thousandth(call: u64) -> f64 {
        if call.is_multiple_of(1_000) { 1_000.0 } else { 1.0 }
    }
    vec![
        row("vs 1.10, unchanged, calm", 1_000, Fail, 0.001, vs(Machine::CALM, |_| 1.0)),
        row("vs 1.10, unchanged, bursts of 20", 1_000, Fail, 0.001, vs(Machine::BURSTS, |_| 1.0)),
        row("vs 1.10, unchanged, bursts of 50, wandering", 1_000, Fail, 0.001, vs(Machine::BAD, |_| 1.0)),
        row("vs 1.10, bursts of 50, wandering, 1.3 times", 200, Pass, 0.05, vs(Machine::BAD, |_| 1.3)),
        row("vs 1.10, bursts of 50, wandering, every 16th call 6 times", 200, Pass, 0.05, vs(Machine::BAD, sixteenth)),
        row("vs 1.10, every 3rd call 10 times", 200, NoFail, 0.05, vs(Machine::CALM, third)),
        row("vs 1.10, every 5th call 10 times", 200, NoFail, 0.05, vs(Machine::CALM, fifth)),
        row("vs 1.10, every 64th call 20 times", 200, NoFail, 0.05, vs(Machine::CALM, sixty_fourth)),
        row("vs 1.10, every 1,000th call 1,000 times", 200, NoFail, 0.05, vs(Machine::CALM, thousandth)),
        row("compare, six probes, unchanged, runs scatter by 10 %", 10_000, Fail, 0.000_1, compared(6, 0.1, 1.0, 30)),
        row(
            "compare, forty probes, unchanged, runs scatter by 10 %",
            10_000,
            Fail,
            0.000_1,
            compared(40, 0.1, 1.0, 30),
        ),
        row("compare, +10 % in one of six, runs scatter by 6 %", 200, NoFail, 0.1, compared(6, 0.06, 1.1, 30)),
        row("compare, +20 % in one of six, runs scatter by 12 %", 200, NoFail, 0.1, compared(6, 0.12, 1.2, 30)),
        row(
            "compare, +20 % in one of six, runs scatter by 20 %, 100 blocks",
            200,
            NoFail,
            0.1,
            compared(6, 0.2, 1.2, 100),
        ),
        row("p99 at twice the usual, unchanged, calm", 1_000, Fail, 0.001, p99_epoch(Machine::CALM, 0.0, 1.0)),
        row("p99 at twice the usual, unchanged, bursts of 5", 1_000, Fail, 0.001, p99_epoch(Machine::SOME, 0.0, 1.0)),
        row("p99, 3 % slow in runs of 30", 1_000, Pass, 0.05, p99_epoch(Machine::CALM, 0.03, 30.0)),
        row("p99, 3 % slow in runs of 300", 1_000, Pass, 0.05, p99_epoch(Machine::CALM, 0.03, 300.0)),
        row("p99, 5 % slow in runs of 250", 1_000, Pass, 0.05, p99_epoch(Machine::CALM, 0.05, 250.0)),
        row("mean at 1.2 times, unchanged, calm", 1_000, Fail, 0.001, mean_epoch(Machine::CALM, 1.2, 1.0)),
        row("mean at 1.2 times, unchanged, bursts of 5", 1_000, Fail, 0.001, mean_epoch(Machine::SOME, 1.2, 1.0)),
        row(
            "mean at 1.2 times, one call in 1,000 1,000 times",
            200,
            NoFail,
            0.05,
            mean_epoch(Machine::CALM, 1.2, 1_000.0),
        ),
    ]
}

/// Growth, and memory that grows.
fn growing() -> Vec<Condition> {
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
fn at_a_bound() -> Vec<Condition> {
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

/// Histories of reports.
fn of_histories() -> Vec<Condition> {
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

/// Five reports of one program and five of another.
fn of_reports() -> Vec<Condition> {
    use Wrong::{Fail, NoFail};
    vec![
        row("diff, nothing changed", 10_000, Fail, 0.005, diff(Program::CALM, Program::CALM, false)),
        row("diff, one function 1.5 times, the others", 10_000, Fail, 0.005, diff(Program::CALM, SLOWER, false)),
        row("diff, one 1.5 times, 4.8 % of calls cold, then 5.6 %", 10_000, Fail, 0.005, diff(COLD, COLDER, false)),
        row("diff, one function 1.5 times, itself", 200, NoFail, 0.05, diff(Program::CALM, SLOWER, true)),
        row("diff, 8 % of its calls three times", 200, NoFail, 0.05, diff(Program::CALM, RARE, true)),
    ]
}

/// Growth that caches may explain, decided as the gate does.
fn with_empty_caches() -> Vec<Condition> {
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

fn main() {
    let argument = |at| std::env::args().nth(at).unwrap_or_default();
    let (quick, parts) = (argument(1) == "quick", argument(2));
    let times = argument(1).parse().unwrap_or(1_u32);
    println!("| condition | runs | PASS | FAIL | INCONCLUSIVE | wrong is | at most |\n|---|---|---|---|---|---|---|");
    let mut beyond = 0;
    let table = [calls, growing, at_a_bound, of_histories, of_reports, with_empty_caches];
    for mut condition in table.iter().flat_map(|part| part()) {
        if !parts.split(',').any(|part| condition.what.contains(part)) {
            continue;
        }
        let runs = if quick { condition.runs / 10 } else { condition.runs * times };
        let mut rng = Rng::with_seed(2_026);
        let (mut passed, mut failed) = (0, 0);
        for _ in 0..runs {
            let verdict = (condition.judge)(&mut rng);
            passed += u32::from(verdict.is_pass());
            failed += u32::from(verdict.is_fail());
        }
        let (wrong, name) = match condition.wrong {
            Wrong::Fail => (failed, "FAIL"),
            Wrong::Pass => (passed, "PASS"),
            Wrong::NoFail => (runs - failed, "not FAIL"),
        };
        let share = f64::from(runs) * condition.most;
        // Of few runs, what exceeds the share by one, or by the deviation that chance gives to it, proves nothing.
        let chance = if quick { (share * (1.0 - condition.most)).sqrt().max(1.0) } else { 0.0 };
        beyond += u32::from(f64::from(wrong) > share.ceil() + chance);
        let undecided = runs - passed - failed;
        let share = 100.0 * condition.most;
        println!("| {} | {runs} | {passed} | {failed} | {undecided} | {name} | {share} % |", condition.what);
    }
    println!("\n{beyond} conditions beyond their bounds");
    std::process::exit(i32::from(beyond > 0));
}
