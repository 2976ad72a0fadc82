//! Until it breaks: which rate does a system hold, and what limits it?
//!
//! ```text
//! cargo run --release -p perf-load --features page --example until_it_breaks            # code of this program, two minutes or so
//! cargo run --release -p perf-load --features page --example until_it_breaks -- quick   # a simulated queue, at once
//! ```
//!
//! The curve is drawn into `target/until_it_breaks.html`.

use std::error::Error;
use std::hint::black_box;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use perf_core::budget::Metric;
use perf_load::breaking::Search;
use perf_load::simulate::{Queue, Service};
use perf_load::{Limits, Load, page};

fn main() -> Result<(), Box<dyn Error>> {
    let limits = Limits::default().time(Metric::P99, Duration::from_millis(50))?;
    let search = Search::from(100.0)?.limits(limits).poisson(1);
    let found = if std::env::args().any(|argument| argument == "quick") {
        let service = Service::lognormal(Duration::from_millis(1), 0.5)?;
        search.run(&mut Queue::new("simulated", 1, service)?.seed(1))?
    } else {
        // One at a time: a millisecond of work behind a lock.
        let lock = Mutex::new(0_u64);
        let load = Load::new("locked").max_in_flight(64);
        let mut driver = load.driver(|_| {
            let mut sum = lock.lock().unwrap_or_else(PoisonError::into_inner);
            let begun = Instant::now();
            while begun.elapsed() < Duration::from_millis(1) {
                *sum = black_box(sum.wrapping_mul(31).wrapping_add(7));
            }
        });
        search.patience(16).hold(Duration::from_secs(10)).run(&mut driver)?
    };
    print!("{found}");
    let page = page::render(&perf_exporters::Report::default(), &[page::curve(&found)])?;
    std::fs::create_dir_all("target")?;
    std::fs::write("target/until_it_breaks.html", page)?;
    println!("drawn into target/until_it_breaks.html");
    Ok(())
}
