//! Recovery times of simulated queues against arithmetic: a backlog of (r − μ)T drains at μ − λ.
//!
//! `cargo run --release -p perf-load --example recovery_theory` takes a hundred seeds for each case; `-- quick` takes five.

use std::error::Error;
use std::time::Duration;

use perf_load::recovery::{Took, Trial};
use perf_load::simulate::{Queue, Service};

const CAPACITY: f64 = 1000.0;

fn main() -> Result<(), Box<dyn Error>> {
    let seeds = if std::env::args().any(|argument| argument == "quick") { 5 } else { 100 };
    println!("recovery of M/M/1 with 1,000 requests a second, Poisson, {seeds} seeds each\n");
    println!("| usual rate | disturbance | arithmetic | found: least … median … greatest | censored |");
    println!("|--:|---|--:|--:|--:|");
    for rate in [500.0, 700.0, 800.0] {
        let overload = Trial::at(rate)?.overload(2.0 * CAPACITY, Duration::from_secs(10))?;
        case(rate, "2,000/s for 10 s", 10.0 * CAPACITY / (CAPACITY - rate), &overload, &queue()?, seeds)?;
        let stall = Trial::at(rate)?.injected(Duration::from_secs(3))?;
        let stalled = queue()?.stall(Duration::from_secs(30), Duration::from_secs(3));
        case(rate, "a stall of 3 s", 3.0 * rate / (CAPACITY - rate), &stall, &stalled, seeds)?;
    }
    let storm = queue()?.retries(Duration::from_millis(100), 3);
    let overload = Trial::at(700.0)?.overload(2.0 * CAPACITY, Duration::from_secs(10))?;
    case(
        700.0,
        "2,000/s for 10 s, clients ask again after 100 ms, three times",
        f64::INFINITY,
        &overload,
        &storm,
        seeds,
    )?;
    Ok(())
}

fn queue() -> Result<Queue, perf_load::Error> {
    Queue::new("M/M/1", 1, Service::exponential(Duration::from_secs_f64(1.0 / CAPACITY))?)
}

fn case(rate: f64, what: &str, expected: f64, trial: &Trial, queue: &Queue, seeds: u64) -> Result<(), Box<dyn Error>> {
    let (mut times, mut censored) = (Vec::new(), 0);
    for seed in 0..seeds {
        match trial.clone().poisson(seed).run(&mut queue.clone().seed(seed))?.took {
            Took::Time(time) => times.push(time.as_secs_f64()),
            Took::Longer(_) => censored += 1,
            unknown => return Err(unknown.to_string().into()),
        }
    }
    times.sort_by(f64::total_cmp);
    let expected = if expected.is_finite() { format!("{expected:.1} s") } else { "never".into() };
    let at = |place: usize| times.get(place).map_or_else(|| "–".into(), |time| format!("{time:.0}"));
    let (least, middle, most) = (at(0), at(times.len() / 2), at(times.len().saturating_sub(1)));
    println!("| {rate}/s | {what} | {expected} | {least} … {middle} … {most} s | {censored} of {seeds} |");
    Ok(())
}
