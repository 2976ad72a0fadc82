//! Memory and snapshots of many probes on many threads: `cargo run --release -p experiments --features probes --bin scale
//! [THREADS]` (5,000 threads take some 4 GB for a moment). Each measurement is a process of its own.

use std::hint::black_box;
use std::process::Command;
use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

use perf_core::{Probe, snapshot};

fn resident_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

fn probes(count: usize) -> Vec<&'static Probe> {
    (0..count).map(|index| &*Box::leak(Box::new(Probe::new(format!("probe {index}").leak())))).collect()
}

/// Runs `work` on so many threads that are all alive at once, and `look` meanwhile; the threads have ended afterwards.
fn on_threads<R>(threads: usize, work: impl Fn() + Sync, look: impl FnOnce() -> R) -> R {
    let (worked, end) = (Barrier::new(threads + 1), Barrier::new(threads + 1));
    thread::scope(|scope| {
        let body = || {
            work();
            worked.wait();
            end.wait();
        };
        let spawn = |_| thread::Builder::new().stack_size(128 << 10).spawn_scoped(scope, body).expect("a thread");
        let handles: Vec<_> = (0..threads).map(spawn).collect();
        worked.wait();
        let seen = look();
        end.wait();
        for handle in handles {
            handle.join().expect("it does not panic");
        }
        seen
    })
}

/// Bytes of a probe on a thread, each called so often with durations of one octave or two.
fn memory(calls: u64) {
    let probes = probes(300);
    for probe in &probes {
        drop(probe.start());
    }
    let before = resident_kib();
    let work = || {
        for probe in &probes {
            (0..calls).for_each(|call| probe.record(Duration::from_nanos(100 + call % 100)));
        }
    };
    let more = on_threads(1, work, resident_kib).saturating_sub(before);
    println!("| {calls} calls of each of 300 probes on a thread | {} bytes each | |", more * 1024 / 300);
}

/// Resident memory of threads that each call 300 probes, so many of them at once.
fn peak(threads: usize, at_once: usize) {
    let probes = probes(300);
    let call = || probes.iter().for_each(|probe| drop(probe.start()));
    // What the threads themselves take, without probes.
    on_threads(at_once, || (), || ());
    let before = resident_kib();
    let mut most = 0;
    for _ in 0..threads / at_once {
        most = most.max(on_threads(at_once, call, resident_kib));
    }
    let calls: u64 = snapshot().probes().map(perf_core::ProbeStats::calls).sum();
    assert_eq!(calls, 300 * (threads / at_once * at_once) as u64, "nothing is lost");
    let mib = |kib: u64| kib.saturating_sub(before) / 1024;
    println!(
        "| {threads} threads x 300 probes, {at_once} at once | {} MiB at most | {} MiB after they have ended |",
        mib(most),
        mib(resident_kib())
    );
}

fn snapshots(names: usize, threads: usize) {
    let probes = probes(names);
    let call = || (0..3).for_each(|_| probes.iter().for_each(|probe| drop(probe.start())));
    let look = || {
        let mut times: Vec<_> = (0..11)
            .map(|_| {
                let began = Instant::now();
                black_box(snapshot());
                began.elapsed()
            })
            .collect();
        times.sort();
        (times[0].as_secs_f64() * 1e3, times[5].as_secs_f64() * 1e3)
    };
    let (least, median) = on_threads(threads, call, look);
    println!("| snapshot of {names} probes x {threads} threads | {median:.2} ms | {least:.2} ms at least |");
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |at: usize| arguments.get(at).map_or(0, |text| text.parse().expect("a number"));
    match arguments.first().map(String::as_str) {
        Some("--memory") => return memory(number(1) as u64),
        Some("--peak") => return peak(number(1), number(2)),
        Some("--snapshot") => return snapshots(number(1), number(2)),
        _ => {}
    }
    let threads = arguments.first().map_or_else(|| "5000".to_owned(), Clone::clone);
    println!("| what | | |\n|---|--:|--:|");
    let processes: [&[&str]; 7] = [
        &["--memory", "1"],
        &["--memory", "1000"],
        &["--memory", "1000000"],
        &["--peak", &threads, "100"],
        &["--peak", &threads, &threads],
        &["--snapshot", "1000", "16"],
        &["--snapshot", "5000", "200"],
    ];
    for process in processes {
        let me = std::env::current_exe().expect("the path of this program");
        let ended = Command::new(me).args(process).status().expect("it starts");
        assert!(ended.success(), "{process:?}");
    }
}
