//! A hundred million calls on eight threads: `cargo run --release -p experiments --features probes --bin soak [CALLS]`.
//!
//! Every call is counted, and the memory of the process stays what it was after the first thousandth of them.

use std::process::ExitCode;
use std::thread;

use perf_core::{Probe, snapshot};

static CALL: Probe = Probe::new("soak::call");
const THREADS: u64 = 8;

fn resident_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

fn run(calls: u64) {
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(move || {
                for _ in 0..calls / THREADS {
                    drop(CALL.start());
                }
            });
        }
    });
}

fn main() -> ExitCode {
    let calls: u64 = std::env::args().nth(1).and_then(|calls| calls.parse().ok()).unwrap_or(100_000_000);
    let calls = calls / (1000 * THREADS) * (1000 * THREADS);
    run(calls / 1000);
    let before = resident_kib();
    run(calls - calls / 1000);
    let (grown, snapshot) = (resident_kib().saturating_sub(before), snapshot());
    let counted = snapshot.get("soak::call").map_or(0, perf_core::ProbeStats::calls);
    println!("{counted} of {calls} calls counted, {} lost, {grown} KiB grown", snapshot.meta().lost);
    let exact = counted == calls && snapshot.meta().lost == 0 && grown < 1024;
    if exact || !perf_core::is_enabled() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
