//! How often do budgets fail although nothing has changed?
//!
//! Unchanged code against limits at twice its usual value, and against itself with a ratio of 1.10: on an idle machine, and
//! beside 2 and 5 threads that take what they can get; 400 rounds are 12,000 verdicts. `cargo run --release -p
//! experiments --features budgets --bin budget_false_alarms [ROUNDS [default-pace]]`

#[path = "../budgets/mod.rs"]
mod budgets;

use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread::JoinHandle;
use std::time::Instant;

use budgets::{Table, leaked, pace, spec, work};
use perf_core::budget::{Bound, BudgetSpec, CallLimit, Figure, Growth, GrowthClass, Limit, Metric, Relative};
use perf_core::{PerfAlloc, perf_probe};
use perf_exporters::gate::{Run, Verdict, leak_check, order};

#[global_allocator]
static ALLOC: PerfAlloc = PerfAlloc::new(std::alloc::System);

/// About ten microseconds, two allocations.
fn body() {
    black_box((vec![work(5_000); 10], vec![work(5_000); 20]));
}

#[perf_probe(name = "query")]
fn query() {
    black_box(work(10));
}

/// Twice the usual value, on the machine as it is before the noise begins.
fn doubled(quantile: f64, times: &[f64]) -> Bound {
    let usual = order::quantile(times, quantile).unwrap_or(1.0);
    Bound::Time(std::time::Duration::from_secs_f64(2.0 * usual / 1e9))
}

/// Threads that compute and allocate as much as they can.
struct Noise {
    stop: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
}

impl Noise {
    fn start(threads: usize) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let noisy = |stop: Arc<AtomicBool>| {
            let mut kept = Vec::new();
            while !stop.load(Relaxed) {
                kept.push(vec![work(300); 200]);
                kept.truncate(100);
            }
        };
        let threads = (0..threads).map(|_| {
            let stop = Arc::clone(&stop);
            std::thread::spawn(move || noisy(stop))
        });
        Self { threads: threads.collect(), stop }
    }
}

impl Drop for Noise {
    fn drop(&mut self) {
        self.stop.store(true, Relaxed);
        for thread in self.threads.drain(..) {
            // A thread of noise has nothing to say.
            let _ = thread.join();
        }
    }
}

type Kind = (&'static str, Box<dyn FnMut() -> Verdict>);

fn kinds() -> Vec<Kind> {
    let times: Vec<f64> = (0..20_000)
        .map(|_| {
            let start = Instant::now();
            body();
            start.elapsed().as_secs_f64() * 1e9
        })
        .collect();
    let mean = times.iter().sum::<f64>() / times.len() as f64;
    let mean_bound = Bound::Time(std::time::Duration::from_secs_f64(2.0 * mean / 1e9));
    // Half of the usual throughput.
    let rate = order::floor(1e12 / mean / 2.0) as u64;
    let pace = pace();
    let absolute = move |metric, bound| -> Box<dyn FnMut() -> Verdict> {
        let spec = spec(metric, bound);
        Box::new(move || Run::new(spec).pace(pace).test(body).findings.verdict())
    };
    let counters = leaked(BudgetSpec {
        limits: &[
            Limit { metric: Metric::Allocs, bound: Bound::Count(2) },
            Limit { metric: Metric::NetBytes, bound: Bound::Bytes(0) },
        ],
        calls: &[CallLimit { probe: "query", calls: 1 }],
        ..BudgetSpec::EMPTY
    });
    let relative = leaked(BudgetSpec {
        relative: Some(Relative { reference: "itself", ratio: 1.10, by: Figure::Time }),
        ..BudgetSpec::EMPTY
    });
    let growth = leaked(BudgetSpec {
        growth: Some(Growth {
            class: GrowthClass::Linear,
            sizes: &[16, 64, 256, 1_024, 4_096, 16_384],
            by: Figure::Time,
        }),
        ..BudgetSpec::EMPTY
    });
    let counted = || {
        body();
        query();
    };
    vec![
        ("counters", Box::new(move || Run::new(counters).pace(pace).test(counted).findings.verdict())),
        ("p50", absolute(Metric::P50, doubled(0.5, &times))),
        ("p95", absolute(Metric::P95, doubled(0.95, &times))),
        ("p99", absolute(Metric::P99, doubled(0.99, &times))),
        ("max", absolute(Metric::Max, doubled(1.0, &times))),
        ("mean", absolute(Metric::Mean, mean_bound)),
        ("throughput", absolute(Metric::Throughput, Bound::PerThousandSeconds(rate))),
        ("vs", Box::new(move || Run::new(relative).pace(pace).versus(body, body).findings.verdict())),
        (
            "growth",
            Box::new(move || {
                let linear = |n| _ = black_box(work(n as u64));
                Run::new(growth).pace(pace).growth(linear).findings.verdict()
            }),
        ),
        ("leak", Box::new(|| leak_check(20, || (0..10).for_each(|_| body())).verdict)),
    ]
}

fn main() {
    let start = Instant::now();
    let rounds = budgets::rounds(400);
    let mut kinds = kinds();
    let mut table = Table::new();
    for threads in [0, 2, 5] {
        let _noise = Noise::start(threads);
        for _ in 0..rounds {
            for (kind, judge) in &mut kinds {
                table.entry(((*kind).to_owned(), format!("{threads} threads"))).or_default().add(&judge());
            }
        }
    }
    budgets::print(["kind", "noise"], &table);
    let verdicts: u32 = table.values().map(|tally| tally.runs()).sum();
    let alarms: u32 = table.values().map(|tally| tally.fail).sum();
    println!("\n{alarms} false alarms in {verdicts} verdicts, {:.0} s", start.elapsed().as_secs_f64());
    std::process::exit(i32::from(f64::from(alarms) > f64::from(verdicts) / 1_000.0));
}
