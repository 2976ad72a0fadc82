//! How surely do budgets fail when something has changed?
//!
//! Each of nine regressions is put before its budget again and again, on the machine as it is. `cargo run --release
//! -p experiments --features budgets --bin budget_power [RUNS [default-pace]]`; 100 runs each by default, in short
//! epochs unless they shall take the time that real ones take.

#[path = "../budgets/mod.rs"]
mod budgets;

use std::hint::black_box;
use std::time::{Duration, Instant};

use budgets::{Table, leaked, pace, spec, work};
use perf_core::budget::{Bound, BudgetSpec, CallLimit, Figure, Growth, GrowthClass, Metric, Relative};
use perf_core::{PerfAlloc, perf_probe};
use perf_exporters::gate::{Pace, Run, Verdict, leak_check, measure, order};

#[global_allocator]
static ALLOC: PerfAlloc = PerfAlloc::new(std::alloc::System);

const SIZES: &[usize] = &[16, 64, 256, 1_024, 4_096, 16_384];

#[perf_probe(name = "query")]
fn query() {
    black_box(work(10));
}

/// As in a real run but for the pause; the effect is small, so the slots are not shortened either.
fn patient() -> Pace {
    let mut pace = Pace::default();
    if !budgets::is_default_pace() {
        pace.slot = Duration::from_millis(1);
    }
    pace
}

fn grows(class: GrowthClass) -> &'static BudgetSpec {
    leaked(BudgetSpec { growth: Some(Growth { class, sizes: SIZES, by: Figure::Time }), ..BudgetSpec::EMPTY })
}

/// Writes to all of some memory, so many times.
fn sweep(memory: &mut [u64], times: usize) {
    for _ in 0..times {
        for word in &mut *memory {
            *word = word.wrapping_add(1);
        }
        black_box(&mut *memory);
    }
}

type Regression = (&'static str, &'static str, Box<dyn FnMut() -> Verdict>);

/// Three times the work in the nearest caches.
fn more_sweeps(pace: Pace) -> Regression {
    let mut memory = vec![0_u64; 4 << 10];
    let times: Vec<f64> = (0..2_000)
        .map(|_| {
            let start = Instant::now();
            sweep(&mut memory, 5);
            start.elapsed().as_secs_f64() * 1e9
        })
        .collect();
    // The processor may be half as fast at times: what is usual is the fast state, or three times that is within the limit.
    let usual = order::quantile(&times, 0.1).unwrap_or(1.0);
    let mean = spec(Metric::Mean, Bound::Time(Duration::from_secs_f64(2.0 * usual / 1e9)));
    let judge = move || Run::new(mean).pace(pace).test(|| sweep(&mut memory, 15)).findings.verdict();
    ("3 × mean over 32 KiB, limit at 2 ×", "mean", Box::new(judge))
}

fn regressions() -> Vec<Regression> {
    let pace = pace();
    let times: Vec<f64> = (0..20_000)
        .map(|_| {
            let start = Instant::now();
            black_box(work(10_000));
            start.elapsed().as_secs_f64() * 1e9
        })
        .collect();
    let usual = order::quantile(&times, 0.99).unwrap_or(1.0);
    // Three times the usual p99 in every call that was at it, and three times everything else.
    let p99 = spec(Metric::P99, Bound::Time(Duration::from_secs_f64(2.0 * usual / 1e9)));
    let one = spec(Metric::Allocs, Bound::Count(1));
    let calls = leaked(BudgetSpec { calls: &[CallLimit { probe: "query", calls: 1 }], ..BudgetSpec::EMPTY });
    let vs = leaked(BudgetSpec {
        relative: Some(Relative { reference: "before", ratio: 1.02, by: Figure::Time }),
        ..BudgetSpec::EMPTY
    });
    let (linear, constant) = (grows(GrowthClass::Linear), grows(GrowthClass::Constant));
    let quadratic = |n: usize| (0..n / 8).for_each(|_| _ = black_box(work(n as u64 / 8)));
    let scan = |n: usize| {
        let values: Vec<usize> = (0..n).collect();
        measure(|| _ = black_box(values.iter().position(|value| black_box(*value) == n - 1)));
    };
    vec![
        (
            "one allocation more",
            "allocs",
            Box::new(move || {
                Run::new(one).pace(pace).test(|| _ = black_box((vec![1_u8], vec![2_u8]))).findings.verdict()
            }),
        ),
        (
            "one query more",
            "calls",
            Box::new(move || {
                let twice = || {
                    query();
                    query();
                };
                Run::new(calls).pace(pace).test(twice).findings.verdict()
            }),
        ),
        (
            "3 × p99, limit at 2 ×",
            "p99",
            Box::new(move || Run::new(p99).pace(pace).test(|| _ = black_box(work(30_000))).findings.verdict()),
        ),
        more_sweeps(pace),
        (
            "10 % slower, 1 µs",
            "vs, ratio 1.02",
            Box::new(move || {
                let (after, before) = (|| _ = black_box(work(1_100)), || _ = black_box(work(1_000)));
                Run::new(vs).pace(patient()).versus(after, before).findings.verdict()
            }),
        ),
        (
            "10 % slower, 20 µs",
            "vs, ratio 1.02",
            Box::new(move || {
                let (after, before) = (|| _ = black_box(work(22_000)), || _ = black_box(work(20_000)));
                Run::new(vs).pace(patient()).versus(after, before).findings.verdict()
            }),
        ),
        (
            "O(n) becomes O(n²)",
            "growth n",
            Box::new(move || Run::new(linear).pace(pace).growth(quadratic).findings.verdict()),
        ),
        (
            "hash lookup becomes linear scan",
            "growth 1",
            Box::new(move || Run::new(constant).pace(pace).growth(scan).findings.verdict()),
        ),
        (
            "leak of 3 % per run",
            "leak",
            Box::new(|| {
                let base = vec![vec![0_u8; 10_000]; 1_000];
                let mut leaked = Vec::with_capacity(100);
                let checked = leak_check(20, || {
                    drop(black_box(vec![0_u8; 100_000]));
                    leaked.push(vec![1_u8; 15_000]);
                });
                black_box(base);
                checked.verdict
            }),
        ),
    ]
}

fn main() {
    let start = Instant::now();
    let runs = budgets::rounds(100);
    let mut table = Table::new();
    for (what, budget, mut judge) in regressions() {
        let tally = table.entry((what.to_owned(), budget.to_owned())).or_default();
        (0..runs).for_each(|_| tally.add(&judge()));
    }
    budgets::print(["regression", "budget"], &table);
    let caught = table.values().map(|tally| tally.fail).min().unwrap_or(0);
    println!("\nthe least caught: {caught} of {runs} runs, {:.0} s", start.elapsed().as_secs_f64());
    std::process::exit(i32::from(f64::from(caught) < 0.99 * f64::from(runs)));
}
