//! A million trivial operations a second from one process: exact counts, flat memory, and how late the starts were.
//!
//! ```sh
//! cargo run --release -p perf-load --example million -- 10 1000000 2 # seconds, rate, threads
//! ```

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use perf_load::Load;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut numbers = std::env::args().skip(1);
    let mut number = |usual: u64| numbers.next().map_or(Ok(usual), |text| text.parse());
    let (seconds, rate, threads) = (number(10)?, number(1_000_000)?, number(2)?);
    let calls = AtomicU64::new(0);
    let resident = || std::fs::read_to_string("/proc/self/statm").ok()?.split(' ').nth(1)?.parse::<u64>().ok();
    let before = resident();
    let outcome = Load::new("million")
        .rate(rate as f64)
        .duration(Duration::from_secs(seconds))
        .max_in_flight(usize::try_from(threads)?)
        .watch(move |live| eprintln!("{live}  resident pages {:?}", resident()))
        .run(|_| {
            calls.fetch_add(1, Ordering::Relaxed);
        })?;
    let counts = outcome.counts;
    println!("{counts:?}, called {}", calls.load(Ordering::Relaxed));
    println!("offered {:.0}/s, achieved {:.0}/s", outcome.offered(), outcome.achieved());
    for (name, times) in
        [("lateness", &outcome.lateness), ("response", &outcome.response), ("service", &outcome.service)]
    {
        let quantile = |q| Duration::from_nanos(times.quantile(q).unwrap_or(0));
        println!(
            "{name}: p50 {:?}, p90 {:?}, p99 {:?}, p99.9 {:?}",
            quantile(0.5),
            quantile(0.9),
            quantile(0.99),
            quantile(0.999)
        );
    }
    println!("resident pages before {before:?}, after {:?}; {:?}", resident(), outcome.validity);
    assert_eq!(counts.due, seconds * rate);
    assert_eq!(counts.due, counts.started + counts.dropped);
    assert_eq!(counts.started, calls.load(Ordering::Relaxed));
    Ok(())
}
