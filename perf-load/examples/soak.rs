//! Endurance: does anything change over hours at the same rate?
//!
//! ```text
//! cargo run --release -p perf-load --features page --example soak            # code of this program that leaks, a minute
//! cargo run --release -p perf-load --features page --example soak -- quick   # eight simulated hours, at once
//! ```
//!
//! Checkpoints go into `target/soak.jsonl`, which `cargo perf trend target/soak.jsonl` reads, too; the run is drawn into
//! `target/soak.html`.

use std::error::Error;
use std::fs;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use perf_core::PerfAlloc;
use perf_core::budget::Metric;
use perf_load::endurance::Soak;
use perf_load::simulate::{Memory, Queue, Service};
use perf_load::{Limits, Load, page};

/// The allocator that counts live bytes: without it, only the resident set is known.
#[global_allocator]
static ALLOCATOR: PerfAlloc = PerfAlloc::new(std::alloc::System);

fn main() -> Result<(), Box<dyn Error>> {
    let file = "target/soak.jsonl";
    fs::create_dir_all("target")?;
    if fs::exists(file)? {
        fs::remove_file(file)?;
    }
    let limits = Limits::default().time(Metric::P99, Duration::from_millis(50))?;
    let endured = if std::env::args().any(|argument| argument == "quick") {
        let memory = Memory::at_first(200 << 20).cache(100 << 20, Duration::from_mins(20)).noise(300 << 10);
        let service = Service::lognormal(Duration::from_millis(2), 0.5)?;
        let mut queue = Queue::new("simulated", 1, service)?.slows(0.05)?.memory(memory).seed(1);
        let soak = Soak::at(100.0)?.duration(Duration::from_hours(8)).limits(limits).poisson(1).file(file);
        soak.run(&mut queue)?
    } else {
        // Every request leaves 20 KiB behind: 2 MiB a second.
        let kept = Mutex::new(Vec::new());
        let load = Load::new("leaks").max_in_flight(2);
        let mut driver =
            load.driver(|_| kept.lock().unwrap_or_else(PoisonError::into_inner).push(vec![1_u8; 20 << 10]));
        let soak =
            Soak::at(100.0)?.duration(Duration::from_mins(1)).every(Duration::from_secs(1)).limits(limits).file(file);
        soak.run_and_tell(&mut driver, |checkpoint| println!("{:?}: {:?} bytes", checkpoint.at, checkpoint.memory))?
    };
    print!("{endured}");
    fs::write("target/soak.html", page::render(&perf_exporters::Report::default(), &[page::endured(&endured)])?)?;
    println!("drawn into target/soak.html");
    Ok(())
}
