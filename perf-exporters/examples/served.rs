//! A program to point Prometheus, a collector or a browser at.
//!
//! ```text
//! cargo run -p perf-exporters --features enabled,serve,otlp --example served
//! cargo run -p perf-exporters --features enabled,serve,otlp --example served -- --replay times.json
//! ```
//!
//! It works until its standard input ends. `--replay` records known durations instead of working, from a file
//! `{"probe": [nanoseconds, …], …}`, so that what a reader makes of them can be held against the truth. `PERF_SERVE` says
//! where to serve (a free port of 127.0.0.1 by default), `PERF_OTLP` where to send.

use std::collections::BTreeMap;
use std::error::Error;
use std::io::Read;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use std::{env, fs, hint, io, thread};

use perf_core::{PerfAlloc, Probe, perf_probe};
use perf_exporters::serve;

#[global_allocator]
static ALLOCATOR: PerfAlloc = PerfAlloc::new(std::alloc::System);

fn main() -> Result<(), Box<dyn Error>> {
    #[cfg(feature = "otlp")]
    let _exporter = perf_exporters::otlp::from_env().transpose()?;
    let server = match serve::from_env() {
        Some(server) => server?,
        None => serve::Options::from_env().serve("127.0.0.1:0")?,
    };
    let arguments: Vec<String> = env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["--replay", path] => replay(path)?,
        [] => {
            thread::spawn(work);
        }
        _ => return Err("usage: served [--replay FILE]".into()),
    }
    println!("http://{}/report", server.local_addr());
    io::stdin().read_to_end(&mut Vec::new())?;
    WORKING.store(false, Ordering::Relaxed);
    Ok(())
}

fn replay(path: &str) -> Result<(), Box<dyn Error>> {
    let times: BTreeMap<String, Vec<u64>> = serde_json::from_slice(&fs::read(path)?)?;
    for (name, times) in times {
        let probe: &'static Probe = Box::leak(Box::new(Probe::new(name.leak())));
        for nanos in times {
            probe.record(Duration::from_nanos(nanos));
        }
    }
    Ok(())
}

static WORKING: AtomicBool = AtomicBool::new(true);

fn work() {
    for round in 0.. {
        if !WORKING.load(Ordering::Relaxed) {
            return;
        }
        let found = (round..round + 400).filter(|number| collatz(*number + 1).is_multiple_of(2)).count();
        let _ = check(found);
        thread::sleep(Duration::from_millis(1));
    }
}

#[perf_probe]
fn collatz(mut number: u64) -> u64 {
    let mut steps = 0;
    while number > 1 {
        number = if number.is_multiple_of(2) { number / 2 } else { 3 * number + 1 };
        steps += 1;
    }
    hint::black_box(steps)
}

#[perf_probe]
fn check(found: usize) -> Result<String, String> {
    if found.is_multiple_of(7) { Err("divisible".to_owned()) } else { Ok(found.to_string()) }
}
