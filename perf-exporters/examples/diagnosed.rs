//! Programs that are slow for a known reason, and what the report says of them.
//!
//! ```text
//! cargo run --release -p perf-exporters --example diagnosed --features enabled,monitor -- spin
//! cargo run --release -p perf-exporters --example diagnosed --features enabled,monitor -- lock
//! cargo run --release -p perf-exporters --example diagnosed --features enabled,monitor -- tail
//! ```
//!
//! The table, which has the findings as well, follows at the end; or what `PERF_REPORT` asks for.

use std::hint::black_box;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use std::{env, thread};

use perf_core::perf_probe;
use perf_exporters::diagnose;
use perf_exporters::monitor::{Monitor, Options};

const TIME: Duration = Duration::from_secs(3);

fn main() {
    let _monitor = Monitor::start(&Options::default());
    let reporter = perf_exporters::init();
    match env::args().nth(1).as_deref() {
        Some("spin") => on_all_threads(4 * thread::available_parallelism().map_or(1, usize::from), |_| spin()),
        Some("lock") => {
            let shared = Arc::new(Mutex::new(0_u64));
            on_all_threads(8, move |_| change(&shared));
        }
        Some("tail") => on_all_threads(1, request),
        _ => eprintln!("usage: diagnosed spin|lock|tail"),
    }
    for finding in diagnose(&reporter.report()) {
        println!("{finding}\n  {}", finding.remedy);
    }
}

/// Calls it on so many threads until the time is over, with the number of the call.
fn on_all_threads(threads: usize, call: impl Fn(u64) + Send + Clone + 'static) {
    let until = Instant::now() + TIME;
    let run = |call: Box<dyn Fn(u64) + Send>| {
        thread::spawn(move || (0..u64::MAX).take_while(|_| Instant::now() < until).for_each(call))
    };
    let threads: Vec<_> = (0..threads).map(|_| run(Box::new(call.clone()))).collect();
    for thread in threads {
        // It ran to its end, or said why not.
        let _ = thread.join();
    }
}

#[perf_probe(name = "spin")]
fn spin() {
    black_box((0..100_000_u64).map(black_box).sum::<u64>());
}

/// Holds the lock for far longer than it has to.
#[perf_probe(name = "change")]
fn change(shared: &Mutex<u64>) {
    let mut held = shared.lock().unwrap_or_else(PoisonError::into_inner);
    *held += 1;
    thread::sleep(Duration::from_millis(2));
}

#[perf_probe(name = "request")]
fn request(number: u64) {
    lookup(number);
    black_box((0..1_000_u64).map(black_box).sum::<u64>());
}

/// One of fifty misses.
#[perf_probe(name = "lookup")]
fn lookup(number: u64) {
    if number.is_multiple_of(50) {
        thread::sleep(Duration::from_millis(10));
    } else {
        thread::sleep(Duration::from_micros(200));
    }
}
