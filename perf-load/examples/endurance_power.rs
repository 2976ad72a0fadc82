//! How often endurance runs report a false leak or drift, and how often they find a real one: simulated.
//!
//! `cargo run --release -p perf-load --example endurance_power` takes minutes; `-- quick` takes a tenth of the runs or fewer, and
//! `memory`, `queue` or `series` only that part.

use std::error::Error;
use std::time::Duration;

use perf_load::endurance::drift::{Rules, judge};
use perf_load::endurance::{Ended, Figure, Soak};
use perf_load::simulate::{Memory, Queue, Service};
use rand::SeedableRng as _;
use rand::rngs::Xoshiro256PlusPlus;
use rand_distr::{Distribution as _, StandardNormal};

const MINUTE: Duration = Duration::from_mins(1);
const MIB: u64 = 1 << 20;

fn main() -> Result<(), Box<dyn Error>> {
    let asked: Vec<String> = std::env::args().skip(1).collect();
    let quick = asked.iter().any(|word| word == "quick");
    let part = |name: &str| asked.iter().all(|word| word == "quick") || asked.iter().any(|word| word == name);
    if part("memory") {
        leaks(if quick { 10 } else { 100 })?;
    }
    if part("queue") {
        drifts(if quick { 20 } else { 1000 })?;
    }
    if part("series") {
        correlated(if quick { 100 } else { 1000 });
    }
    Ok(())
}

fn queue(seed: u64) -> Result<Queue, perf_load::Error> {
    Ok(Queue::new("queue", 1, Service::exponential(Duration::from_millis(50))?)?.seed(seed))
}

/// FAIL, PASS, neither; runs that ended early among them.
#[derive(Default)]
struct Verdicts([u64; 3], u64);

impl Verdicts {
    fn add(&mut self, verdict: &perf_exporters::judge::Verdict, ended: &Ended) {
        let place = if verdict.is_fail() { 0 } else { usize::from(!verdict.is_pass()) + 1 };
        self.0[place] += 1;
        self.1 += u64::from(matches!(ended, Ended::Certain(_)));
    }
}

fn leaks(runs: u64) -> Result<(), Box<dyn Error>> {
    println!("memory: an hour with a checkpoint a minute, 100 MiB at first, readings ± 0.2 MiB; {runs} runs each\n");
    println!("| memory | FAIL | PASS | converging | ended early |");
    println!("|---|--:|--:|--:|--:|");
    let first = || Memory::at_first(100 * MIB).noise(MIB / 5);
    let cases: Vec<(String, Memory)> = [
        ("steady".to_owned(), first()),
        ("leaks 1 MiB a minute".to_owned(), first().leak_per_minute(MIB)),
        ("the same, beside a cache of 50 MiB that warms with 5 min".to_owned(), {
            first().leak_per_minute(MIB).cache(50 * MIB, 5 * MINUTE)
        }),
        ("leaks 100 KiB a minute".to_owned(), first().leak_per_minute(100 << 10)),
    ]
    .into_iter()
    .chain([2_u32, 5, 10, 20, 40, 60].map(|minutes| {
        (format!("cache of 50 MiB that warms with {minutes} min"), first().cache(50 * MIB, minutes * MINUTE))
    }))
    .collect();
    for (name, memory) in cases {
        let mut seen = Verdicts::default();
        for seed in 0..runs {
            let endured = Soak::at(2.0)?.poisson(1000 * seed).run(&mut queue(seed)?.memory(memory))?;
            seen.add(&endured.leak.verdict, &endured.ended);
        }
        let Verdicts([fail, pass, neither], early) = seen;
        println!("| {name} | {fail} | {pass} | {neither} | {early} |");
    }
    Ok(())
}

fn drifts(runs: u64) -> Result<(), Box<dyn Error>> {
    println!(
        "\nresponse times of M/M/1 at half its capacity: an hour with a checkpoint a minute of 600 requests; {runs} runs each\n"
    );
    println!("| service | weather | p50 FAIL | p50 converging | p99 FAIL | p99 converging |");
    println!("|---|---|--:|--:|--:|--:|");
    let weathers = [("none", None), ("± 5 %, 1 min", Some((0.05, 1))), ("± 5 %, 5 min", Some((0.05, 5)))];
    for slows in [0.0, 0.1, 0.25, 0.5] {
        for (weather, wanders) in weathers {
            let mut seen = [Verdicts::default(), Verdicts::default()];
            for seed in 0..runs {
                let mut queue = queue(seed)?.slows(slows)?;
                if let Some((sigma, minutes)) = wanders {
                    queue = queue.weather(sigma, minutes * MINUTE)?;
                }
                let endured = Soak::at(10.0)?.poisson(1000 * seed).run(&mut queue)?;
                for (figure, verdicts) in [Figure::P50, Figure::P99].into_iter().zip(&mut seen) {
                    let judged = endured.drifts.iter().find(|drift| drift.figure == figure);
                    verdicts.add(&judged.ok_or("a figure is missing")?.judged.verdict, &endured.ended);
                }
            }
            let [Verdicts([p50, _, p50_slower], _), Verdicts([p99, _, p99_slower], _)] = seen;
            let rise = slows * 100.0;
            println!("| slows by {rise} % | {weather} | {p50} | {p50_slower} | {p99} | {p99_slower} |");
        }
    }
    Ok(())
}

/// First-order autoregressive figures without the queue: many more runs, and correlations that a queue does not have.
fn correlated(runs: u64) {
    println!(
        "\nfigures with a standard deviation of 10 %, correlation r from one checkpoint to the next; {runs} runs each\n"
    );
    println!("| checkpoints | r | FAIL without a rise | FAIL with a rise of 25 % | of 50 % | of 100 % |");
    println!("|--:|--:|--:|--:|--:|--:|");
    for count in [20, 60, 240] {
        for r in [0.0, 0.3, 0.6, 0.8, 0.9_f64] {
            let fails = [0.0, 0.25, 0.5, 1.0].map(|rise: f64| {
                let fails =
                    (0..runs).filter(|seed| judge(&series(count, r, rise, *seed), &Rules::default()).verdict.is_fail());
                fails.count()
            });
            println!("| {count} | {r} | {} | {} | {} | {} |", fails[0], fails[1], fails[2], fails[3]);
        }
    }
}

fn series(count: u32, r: f64, rise: f64, seed: u64) -> Vec<f64> {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
    let mut normal = || -> f64 { StandardNormal.sample(&mut rng) };
    let mut state = normal();
    let slope = rise.ln_1p() / f64::from(count - 1);
    (0..count)
        .map(|at| {
            let value = 5e6 * (0.1 * state + slope * f64::from(at)).exp();
            state = r * state + (1.0 - r * r).sqrt() * normal();
            value
        })
        .collect()
}
