//! Breaking points and response quantiles of simulated M/M/1 and M/D/1 queues against queueing theory.
//!
//! `cargo run --release -p perf-load --example breaking_theory` searches with twenty seeds for each of eight cases and takes
//! minutes; `-- quick` takes two seeds.

#[path = "../tests/it/theory.rs"]
mod theory;

use std::error::Error;
use std::time::Duration;

use perf_core::budget::Metric;
use perf_load::breaking::Search;
use perf_load::simulate::{Queue, Service};
use perf_load::{Arrivals, Drive, Limits};

const MEAN: Duration = Duration::from_millis(1);
const CAPACITY: f64 = 1000.0;
const LOADS: [f64; 3] = [0.5, 0.8, 0.9];

fn main() -> Result<(), Box<dyn Error>> {
    let quick = std::env::args().any(|argument| argument == "quick");
    quantiles(if quick { 600 } else { 4000 })?;
    breaking(if quick { 2 } else { 20 })
}

fn queue(random: bool, seed: u64) -> Result<Queue, perf_load::Error> {
    let service = if random { Service::exponential(MEAN)? } else { Service::deterministic(MEAN)? };
    Ok(Queue::new(if random { "M/M/1" } else { "M/D/1" }, 1, service)?.seed(seed))
}

fn theory_of(random: bool, rate: f64, q: f64) -> f64 {
    if random { theory::mm1_quantile(rate, CAPACITY, q) } else { theory::md1_quantile(rate, MEAN.as_secs_f64(), q) }
}

fn quantiles(seconds: u64) -> Result<(), Box<dyn Error>> {
    println!("response quantiles, {seconds} s at 1,000 requests a second × load, seed 1\n");
    println!("| queue | load | quantile | measured | theory | difference |");
    println!("|---|--:|--:|--:|--:|--:|");
    for random in [true, false] {
        for load in LOADS {
            let rate = CAPACITY * load;
            let arrivals = Arrivals::constant(rate, Duration::from_secs(seconds))?.poisson(1);
            let mut queue = queue(random, 1)?;
            let outcome = queue.drive(&arrivals)?;
            for q in [0.5, 0.9, 0.99] {
                let measured = outcome.response.quantile(q).unwrap_or(0) as f64 / 1e6;
                let expected = theory_of(random, rate, q) * 1e3;
                let difference = 100.0 * (measured / expected - 1.0);
                let name = &outcome.name;
                println!("| {name} | {load} | {q} | {measured:.2} ms | {expected:.2} ms | {difference:+.1} % |");
            }
        }
    }
    Ok(())
}

fn breaking(seeds: u64) -> Result<(), Box<dyn Error>> {
    println!("\nbreaking points, {seeds} seeds each\n");
    println!("| queue | limit | theory | found: least … greatest | within 5 % | confirmed | interval | requests |");
    println!("|---|--:|--:|--:|--:|--:|--:|--:|");
    for random in [true, false] {
        for load in LOADS {
            let limit = theory_of(random, CAPACITY * load, 0.99);
            let limits = Limits::default().time(Metric::P99, Duration::from_secs_f64(limit))?;
            case(random, &format!("p99 ≤ {:.1} ms", limit * 1e3), CAPACITY * load, &limits, seeds)?;
        }
        case(random, "none", CAPACITY, &Limits::default(), seeds)?;
    }
    Ok(())
}

fn case(random: bool, limit: &str, theory: f64, limits: &Limits, seeds: u64) -> Result<(), Box<dyn Error>> {
    let (mut points, mut widths, mut confirmed, mut requests) = (Vec::new(), Vec::new(), 0, 0);
    let mut name = String::new();
    for seed in 0..seeds {
        let search = Search::from(100.0)?.patience(1024).limits(limits.clone()).poisson(1000 * seed);
        let found = search.run(&mut queue(random, seed)?)?;
        name.clone_from(&found.name);
        let (Some(good), Some(bad)) = (found.good, found.bad) else {
            return Err(format!("seed {seed}:\n{found}").into());
        };
        points.push((good * bad).sqrt());
        widths.push(bad / good - 1.0);
        confirmed += u64::from(found.confirmed);
        requests += found.steps.iter().map(|step| step.due).sum::<u64>();
    }
    points.sort_by(f64::total_cmp);
    let within = points.iter().filter(|point| (*point / theory - 1.0).abs() <= 0.05).count();
    let widest = widths.iter().copied().fold(0.0, f64::max);
    println!(
        "| {name} | {limit} | {theory:.0}/s | {:.0} … {:.0}/s | {within} of {seeds} | {confirmed} of {seeds} | ≤ {:.1} % | {:.1} M each |",
        points[0],
        points[points.len() - 1],
        100.0 * widest,
        requests as f64 / 1e6 / seeds as f64,
    );
    Ok(())
}
