//! Reading 1,000 probes that 16 threads count in, while none and while all of them write:
//! `cargo bench -p perf-core --bench snapshot`. It also says how much memory a probe takes on a thread.

use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

use perf_core::{Probe, snapshot};

const PROBES: usize = 1000;
const THREADS: usize = 16;

fn resident_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

fn probes() -> Vec<&'static Probe> {
    (0..PROBES).map(|index| &*Box::leak(Box::new(Probe::new(format!("probe {index}").leak())))).collect()
}

fn median_snapshot(rounds: u32) -> Duration {
    let mut times: Vec<_> = (0..rounds)
        .map(|_| {
            let start = Instant::now();
            std::hint::black_box(snapshot());
            start.elapsed()
        })
        .collect();
    times.sort();
    times[times.len() / 2]
}

fn main() {
    let measured = std::env::args().any(|argument| argument == "--bench");
    let (rounds, calls) = if measured { (31, 1000) } else { (1, 3) };
    let probes = probes();
    let before = resident_kib();
    let (filled, go_on, done) = (Barrier::new(THREADS + 1), Barrier::new(THREADS + 1), AtomicBool::new(false));
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                for _ in 0..calls {
                    for probe in &probes {
                        drop(probe.start());
                    }
                }
                filled.wait();
                go_on.wait();
                while !done.load(Relaxed) {
                    for probe in &probes {
                        drop(probe.start());
                    }
                }
            });
        }
        filled.wait();
        let memory = resident_kib().saturating_sub(before);
        let at_rest = median_snapshot(rounds);
        go_on.wait();
        let busy = median_snapshot(rounds);
        done.store(true, Relaxed);
        if measured {
            println!("\n### {PROBES} probes on {THREADS} threads, {calls} calls each\n");
            println!("| what | |\n|---|--:|");
            println!("| snapshot, threads at rest | {:.2} ms |", at_rest.as_secs_f64() * 1e3);
            println!("| snapshot, threads writing (waits for a processor too) | {:.2} ms |", busy.as_secs_f64() * 1e3);
            let each = memory as f64 * 1024.0 / (PROBES * THREADS) as f64;
            println!("| memory of a probe on a thread | {each:.0} bytes |");
        }
    });
}
