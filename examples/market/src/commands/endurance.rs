//! Endurance: the same rate for long, memory at each checkpoint, and whether a leak would be seen.

use std::error::Error;
use std::fs;
use std::time::Duration;

use perf_exporters::human;
use perf_load::endurance::Soak;
use perf_load::page;
use perf_load::simulate::{Memory, Queue, Service};

use super::book::{Book, say};
use super::curve::{driver, limits};
use super::scale::Mode;
use super::world::{SEED, World};

const RATE: f64 = 500.0;

/// Drives the platform, then a simulated hour of a program that leaks 10 MB a minute: the verdict must find it.
pub(crate) fn run(book: &mut Book, world: &World, mode: Mode) -> Result<(), Box<dyn Error>> {
    let [duration, every] = mode.endurance();
    fs::create_dir_all(book.folder())?;
    let file = book.folder().join("endurance.jsonl");
    if file.exists() {
        fs::remove_file(&file)?;
    }
    let soak = Soak::at(RATE)?.duration(duration).every(every).limits(limits()?).poisson(SEED).file(&file);
    let endured = soak.run_and_tell(&mut driver("endurance", world), |checkpoint| {
        say(&format!("endurance: {checkpoint}\n"));
    })?;
    say(&endured.to_string());
    let memory: Vec<f64> = endured.checkpoints.iter().filter_map(|point| Some(point.memory? as f64)).collect();
    if let (Some(first), Some(last)) = (memory.first(), memory.last()) {
        let [began, ended] = [first, last].map(|bytes| human::figure(*bytes, "bytes"));
        let seen = format!("live heap, first and last of {} checkpoints: {began}, {ended}", memory.len());
        book.explained("endurance", "growth", last - first, None, Some(&seen));
        book.explained("endurance", "memory", memory.iter().copied().fold(0.0, f64::max), None, Some(&seen));
    }
    book.plot(page::endured(&endured));
    let leaks = Memory::at_first(200 << 20).leak_per_minute(10_000_000).noise(300 << 10);
    let mut queue = Queue::new("leaks", 1, Service::exponential(Duration::from_millis(1))?)?.memory(leaks).seed(SEED);
    let found = Soak::at(50.0)?.poisson(SEED).run(&mut queue)?;
    book.figure("endurance", "leaks of 10 MB a minute missed", f64::from(u8::from(!found.leak.verdict.is_fail())));
    Ok(world.drain()?)
}
