//! Three workloads that scale differently, measured with 1 … 16 workers: work on the processor, work under a lock, sleep.
//!
//! `cargo run --release -p perf-load --features page --example scalability [MILLISECONDS] [FOLDER FOR PLOTS]`

use std::hint::black_box;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use perf_load::scale::{Scalability, Scaling};
use perf_load::{Error, Load};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let step = Duration::from_millis(arguments.next().map_or(Ok(1_000), |text| text.parse())?);
    let folder = arguments.next();
    let shared = Mutex::new(0_u64);
    let found = [
        measure("cpu", &[1, 2, 4], step, || {
            black_box(work(20_000));
        })?,
        measure("mutex", &[1, 2, 3, 4, 6, 8, 12, 16], step, || {
            // The work is done under the lock, as in a cache with one lock.
            let mut held = shared.lock().unwrap_or_else(PoisonError::into_inner);
            std::thread::sleep(Duration::from_micros(500));
            *held += work(1_000);
        })?,
        measure("sleep", &[1, 2, 3, 4, 6, 8, 12, 16], step, || std::thread::sleep(Duration::from_millis(2)))?,
    ];
    for found in &found {
        println!("{}", found.markdown());
        if let Some(folder) = &folder {
            draw(folder, found)?;
        }
    }
    Ok(())
}

fn measure(name: &str, workers: &[u32], step: Duration, operation: impl Fn() + Sync) -> Result<Scalability, Error> {
    Scaling::new(name)
        .workers(workers.iter().copied())
        .rounds(3)
        .seed(1)
        .measure(|workers| Load::new(name).workers(workers as usize).duration(step).run(|_| operation()))
}

fn work(rounds: u64) -> u64 {
    (0..rounds).fold(7, |sum, round| black_box(sum.wrapping_mul(6_364_136_223_846_793_005) ^ round))
}

#[cfg(feature = "page")]
fn draw(folder: &str, found: &Scalability) -> Result<(), Box<dyn std::error::Error>> {
    use perf_load::page::{self, Ground};
    for (ground, suffix) in [(Ground::Light, "light"), (Ground::Dark, "dark")] {
        std::fs::write(format!("{folder}/scale-{}-{suffix}.svg", found.name), page::scaled(found).svg(ground)?)?;
    }
    Ok(())
}

#[cfg(not(feature = "page"))]
fn draw(_: &str, _: &Scalability) -> Result<(), Box<dyn std::error::Error>> {
    Err("plots come with feature page".into())
}
