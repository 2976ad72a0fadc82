//! What probes take on threads: stated per probe and thread, bounded for any number of calls, and given back when a peak
//! of threads is over.
#![cfg(target_os = "linux")]

use std::sync::{Barrier, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use perf_core::{Probe, Session, snapshot};

/// Resident memory is the whole process's.
static ONE_BY_ONE: Mutex<()> = Mutex::new(());

fn resident_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

fn probes(prefix: &str, count: usize) -> Vec<&'static Probe> {
    (0..count).map(|index| &*Box::leak(Box::new(Probe::new(format!("{prefix} {index}").leak())))).collect()
}

/// Calls of all probes whose names begin like this.
fn calls(prefix: &str) -> u64 {
    snapshot().probes().filter(|probe| probe.name().starts_with(prefix)).map(perf_core::ProbeStats::calls).sum()
}

/// What shards keep of a peak of so many threads: the table of slots, a word for each probe that the program has called.
fn tables_kib(threads: usize) -> u64 {
    (threads * snapshot().probes().count().next_power_of_two() * size_of::<usize>()) as u64 >> 10
}

/// Runs `work` on so many threads, which are all alive at once, and returns the resident memory then.
fn on_threads(threads: usize, work: impl Fn() + Sync) -> u64 {
    let (worked, end) = (Barrier::new(threads + 1), Barrier::new(threads + 1));
    thread::scope(|scope| {
        let spawn = || {
            let builder = thread::Builder::new().stack_size(128 << 10);
            let body = || {
                work();
                worked.wait();
                end.wait();
            };
            builder.spawn_scoped(scope, body).unwrap()
        };
        let handles: Vec<_> = (0..threads).map(|_| spawn()).collect();
        worked.wait();
        let peak = resident_kib();
        end.wait();
        // The end of the scope does not wait for what threads do last.
        for handle in handles {
            handle.join().unwrap();
        }
        peak
    })
}

#[test]
fn a_peak_of_threads_goes_back_to_the_system() {
    const THREADS: usize = 512;
    const PROBES: usize = 300;
    let _alone = ONE_BY_ONE.lock().unwrap_or_else(PoisonError::into_inner);
    let probes = probes("peak", PROBES);
    let before = resident_kib();
    let call_each = || probes.iter().for_each(|probe| drop(probe.start()));
    let peak = on_threads(THREADS, call_each) - before;
    assert_eq!(calls("peak "), (THREADS * PROBES) as u64, "nothing that they counted is lost");
    let after = resident_kib().saturating_sub(before);
    println!("{THREADS} threads x {PROBES} probes: {peak} KiB while they live, {after} KiB after they have ended");
    // Tests that ran before have called thousands of probes.
    let tables = tables_kib(THREADS);
    assert!(after < (32 << 10) + tables, "{after} KiB stay of {peak}");
    // The same again: what was given back is used again, and counts again from nothing.
    let again = on_threads(THREADS, call_each).saturating_sub(before);
    assert_eq!(calls("peak "), 2 * (THREADS * PROBES) as u64);
    let after = resident_kib().saturating_sub(before);
    assert!(after < (48 << 10) + tables, "{after} KiB stay of {again}");
}

#[test]
fn threads_that_have_ended_leave_nothing() {
    const ROUNDS: usize = 10;
    const THREADS: usize = 100;
    let _alone = ONE_BY_ONE.lock().unwrap_or_else(PoisonError::into_inner);
    let probes = probes("ended", 300);
    let call_each = || probes.iter().for_each(|probe| drop(probe.start()));
    let before = resident_kib();
    for _ in 0..ROUNDS {
        on_threads(THREADS, call_each);
    }
    assert_eq!(calls("ended "), (ROUNDS * THREADS * probes.len()) as u64);
    let after = resident_kib().saturating_sub(before);
    println!("{} threads, {THREADS} at once: {after} KiB after they have ended", ROUNDS * THREADS);
    assert!(after < (32 << 10) + tables_kib(THREADS), "{after} KiB stay");
}

#[test]
fn a_peak_of_sessions_goes_back_to_the_system() {
    let _alone = ONE_BY_ONE.lock().unwrap_or_else(PoisonError::into_inner);
    let probes = probes("session", 300);
    let call_each = || probes.iter().for_each(|probe| drop(probe.start()));
    call_each();
    let before = resident_kib();
    let sessions: Vec<_> = (0..200).map(|_| Session::new()).collect();
    for session in &sessions {
        session.run(call_each);
    }
    let peak = resident_kib() - before;
    drop(sessions);
    let after = resident_kib().saturating_sub(before);
    println!("200 sessions x 300 probes: {peak} KiB while they live, {after} KiB after");
    assert_eq!(calls("session "), 201 * 300);
    assert!(after < peak / 4, "{after} KiB stay of {peak}");
}

/// The promise of `docs/performance.md`: at most 2 KiB for a probe on a thread, and 256 bytes more for every octave of
/// durations, for any number of calls.
#[test]
fn a_probe_on_a_thread_takes_what_is_stated() {
    const PROBES: usize = 1000;
    let _alone = ONE_BY_ONE.lock().unwrap_or_else(PoisonError::into_inner);
    let each = |octaves: u32, calls: u64| {
        let probes = probes(&format!("bound {octaves} {calls}"), PROBES);
        // Registered by this thread: what the other one takes is then what it counts in.
        for probe in &probes {
            drop(probe.start());
        }
        let before = resident_kib();
        let peak = on_threads(1, || {
            for probe in &probes {
                for call in 0..calls {
                    // 100 ns to 200 ns lie in two octaves of any clock's ticks, and every doubling in one more.
                    let nanos = 100 + (call * 7 + u64::from(octaves)) % 100;
                    probe.record(Duration::from_nanos(nanos << (call % u64::from(octaves))));
                }
            }
        });
        peak.saturating_sub(before) * 1024 / PROBES as u64
    };
    for (octaves, calls) in [(1, 1), (1, 1000), (8, 1000), (30, 30), (30, 1000)] {
        let bytes = each(octaves, calls);
        println!("bytes of a probe on a thread over {octaves} octaves, after {calls} calls: {bytes}");
        // Pages are whole, and so is the table, which is as long as the next power of two.
        let stated = 2048 + 256 * u64::from(octaves + 1);
        assert!(bytes <= stated + 128, "{bytes} bytes where {stated} are stated");
    }
}
