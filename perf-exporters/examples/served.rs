//! A program to point Prometheus, a collector or a browser at.
//!
//! ```text
//! cargo run -p perf-exporters --features enabled,full --example served
//! cargo run -p perf-exporters --features enabled,full --example served -- --replay times.json [FOLDER]
//! ```
//!
//! It works until its standard input ends. `--replay` records known durations instead of working, from a file
//! `{"probe": [nanoseconds, …], …}`, so that what a reader makes of them can be held against the truth: each in a trace
//! whose number is the duration, and under a budget of 5 ms for 95 % of the calls. At the end a `HdrHistogram` log and a
//! pprof profile of it go into the folder, if one is named. `PERF_SERVE` says where to serve (a free port of 127.0.0.1 by
//! default), `PERF_OTLP` where to send, `PERF_MONITOR` whether to watch.

use std::collections::BTreeMap;
use std::error::Error;
use std::io::Read;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use std::{env, fs, hint, io, thread};

use perf_core::budget::{Bound, BudgetSpec, Limit, Metric};
use perf_core::{PerfAlloc, Probe, Trace, perf_probe};
use perf_exporters::serve;

#[global_allocator]
static ALLOCATOR: PerfAlloc = PerfAlloc::new(std::alloc::System);

fn main() -> Result<(), Box<dyn Error>> {
    #[cfg(feature = "otlp")]
    let _exporter = perf_exporters::otlp::from_env().transpose()?;
    #[cfg(feature = "monitor")]
    let _monitor = perf_exporters::monitor::from_env().transpose()?;
    let server = match serve::from_env() {
        Some(server) => server?,
        None => serve::Options::from_env().serve("127.0.0.1:0")?,
    };
    let arguments: Vec<String> = env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["--replay", path, ..] => replay(path)?,
        [] => {
            thread::spawn(work);
        }
        _ => return Err("usage: served [--replay FILE [FOLDER]]".into()),
    }
    println!("http://{}/report", server.local_addr());
    io::stdin().read_to_end(&mut Vec::new())?;
    WORKING.store(false, Ordering::Relaxed);
    #[cfg(all(feature = "hdr", feature = "pprof"))]
    if let Some(folder) = arguments.get(2).map(std::path::Path::new) {
        let report = perf_exporters::Report::from(perf_core::snapshot()).of_this_process();
        fs::write(folder.join("perf.hlog"), perf_exporters::hdr::render(&report))?;
        fs::write(folder.join("perf.pb.gz"), perf_exporters::pprof::render(&report))?;
    }
    Ok(())
}

static BUDGET: BudgetSpec = BudgetSpec {
    limits: &[Limit { metric: Metric::P95, bound: Bound::Time(Duration::from_millis(5)) }],
    debug: true,
    ..BudgetSpec::EMPTY
};

fn replay(path: &str) -> Result<(), Box<dyn Error>> {
    let times: BTreeMap<String, Vec<u64>> = serde_json::from_slice(&fs::read(path)?)?;
    for (name, times) in times {
        let probe: &'static Probe = Box::leak(Box::new(Probe::new(name.leak()).budget(&BUDGET)));
        for nanos in times {
            let _trace = Trace::new(nanos.into()).enter();
            probe.record(Duration::from_nanos(nanos));
        }
    }
    Ok(())
}

static WORKING: AtomicBool = AtomicBool::new(true);

fn work() {
    for number in 0.. {
        if !WORKING.load(Ordering::Relaxed) {
            return;
        }
        round(number);
        thread::sleep(Duration::from_millis(1));
    }
}

#[perf_probe]
fn round(number: u64) {
    let found = (number..number + 400).filter(|number| collatz(*number + 1).is_multiple_of(2)).count();
    // What it finds does not matter.
    let _ = check(found);
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
