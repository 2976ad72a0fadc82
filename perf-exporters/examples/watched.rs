//! A program that watches itself: what the monitor saw, and what watching cost.
//!
//! ```text
//! cargo run --release -p perf-exporters --example watched --features enabled,monitor            # some seconds of work
//! cargo run --release -p perf-exporters --example watched --features enabled,monitor -- idle 60 # the cost, over a minute
//! ```
//!
//! The cost is the difference of the system's own count (`getrusage`, of all threads) between two ends of a time in which the
//! program does nothing but being watched.

use std::error::Error;
use std::time::{Duration, Instant};
use std::{env, fs, thread};

use perf_exporters::human;
use perf_exporters::monitor::{Monitor, Options};
use perf_exporters::report::{Kind, Summary, Unit};

#[global_allocator]
static ALLOCATOR: perf_core::PerfAlloc = perf_core::PerfAlloc::new(std::alloc::System);

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = env::args().skip(1).collect();
    let monitor = Monitor::start(&Options::default())?;
    match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => work()?,
        ["idle", seconds] => return idle(&monitor, Duration::from_secs(seconds.parse()?)),
        _ => return Err("usage: watched [idle SECONDS]".into()),
    }
    let track = monitor.track();
    println!("{:<40} {:>12} {:>12} {:>12} {:>12}", "figure", "mean", "p95", "most", "growth");
    for figure in track.summary().iter().filter(|figure| figure.max > 0.0 || figure.growth > 0.0) {
        let shown = [figure.mean, figure.p95, figure.max].map(|value| value_of(figure, value));
        println!("{:<40} {:>12} {:>12} {:>12} {:>12}", figure.label, shown[0], shown[1], shown[2], growth_of(figure));
    }
    for thread in &track.threads {
        println!("thread {:<20} {} on a processor", thread.name, human::duration(thread.cpu_ns));
    }
    for absent in &track.absent {
        println!("missing: {}: {}", absent.source, absent.reason);
    }
    Ok(())
}

/// Reads, writes, computes and waits, each a little.
fn work() -> Result<(), Box<dyn Error>> {
    let begun = Instant::now();
    let path = env::temp_dir().join(format!("perf-watched-{}", std::process::id()));
    let block = vec![7_u8; 1 << 20];
    let mut sum = 0_u64;
    while begun.elapsed() < Duration::from_secs(4) {
        fs::write(&path, &block)?;
        sum += fs::read(&path)?.iter().map(|byte| u64::from(*byte)).sum::<u64>();
        thread::sleep(Duration::from_millis(20));
    }
    std::hint::black_box(sum);
    Ok(fs::remove_file(&path)?)
}

fn idle(monitor: &Monitor, time: Duration) -> Result<(), Box<dyn Error>> {
    let taken = || {
        let readings = monitor.track().readings;
        readings.last().and_then(|last| Some(last.user_ns? + last.system_ns?)).ok_or("getrusage tells nothing")
    };
    let before = taken()?;
    thread::sleep(time);
    let spent = taken()? - before;
    let share = 100.0 * spent as f64 / time.as_nanos() as f64;
    println!("getrusage: {} in {} s: {share:.4} % of a processor", human::duration(spent), time.as_secs());
    if let Some(own) = monitor.track().own_ns {
        println!("the monitor's own thread: {}", human::duration(own));
    }
    Ok(())
}

fn value_of(figure: &Summary, value: f64) -> String {
    match (figure.kind, figure.unit) {
        (Kind::Grows, Unit::Nanos) => format!("{:.1} %", 100.0 * value),
        (Kind::Grows, Unit::Bytes) => format!("{}/s", human::figure(value, "bytes")),
        (Kind::Grows, _) => format!("{value:.1}/s"),
        (_, Unit::Bytes) => human::figure(value, "bytes"),
        _ => format!("{value:.1}"),
    }
}

fn growth_of(figure: &Summary) -> String {
    let unit = match figure.unit {
        Unit::Nanos => "ns",
        Unit::Bytes => "bytes",
        _ => "count",
    };
    human::figure(figure.growth, unit)
}
