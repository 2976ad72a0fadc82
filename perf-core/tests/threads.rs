//! Many threads, many of them short: every call counted, memory bounded by the threads that live at once.

use std::thread;

use perf_core::{Probe, Session, snapshot};

static BUSY: Probe = Probe::new("threads::busy");
static BRIEF: Probe = Probe::new("threads::brief");

fn resident_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

fn calls(name: &str) -> u64 {
    snapshot().get(name).map_or(0, perf_core::ProbeStats::calls)
}

/// `examples/soak.rs` does the same a hundred million times.
#[test]
fn eight_threads_count_exactly_while_somebody_reads() {
    const CALLS: u64 = 100_000;
    let mut last = 0;
    thread::scope(|scope| {
        let workers: Vec<_> = (0..8)
            .map(|_| {
                scope.spawn(|| {
                    for _ in 0..CALLS {
                        drop(BUSY.start());
                    }
                })
            })
            .collect();
        while workers.iter().any(|worker| !worker.is_finished()) {
            let seen = calls("threads::busy");
            assert!(seen >= last, "counts never go back: {last} then {seen}");
            last = seen;
        }
    });
    let snapshot = snapshot();
    let busy = snapshot.get("threads::busy").unwrap();
    assert_eq!(busy.calls(), 8 * CALLS);
    assert_eq!(busy.histogram().count(), 8 * CALLS);
}

#[test]
fn a_hundred_thousand_short_lives() {
    const THREADS: u64 = 100_000;
    let spawn = |threads: u64| {
        for _ in 0..threads / 4 {
            thread::scope(|scope| {
                for _ in 0..4 {
                    scope.spawn(|| drop(BRIEF.start()));
                }
            });
        }
    };
    spawn(THREADS / 10);
    let before = resident_kib();
    spawn(THREADS - THREADS / 10);
    assert_eq!(calls("threads::brief"), THREADS);
    let grown = resident_kib().saturating_sub(before);
    assert!(grown < 4 << 10, "{grown} KiB for {THREADS} threads, four at a time");
    assert!(snapshot().meta().threads < 100);
}

#[test]
fn thousands_of_sessions_reuse_their_shards() {
    static IN: Probe = Probe::new("threads::in_session");
    let run = |sessions: u64| {
        for _ in 0..sessions {
            let session = Session::new();
            session.run(|| drop(IN.start()));
            assert_eq!(session.snapshot().get("threads::in_session").unwrap().calls(), 1);
        }
    };
    run(500);
    let before = resident_kib();
    run(4_500);
    assert_eq!(calls("threads::in_session"), 5_000, "the process totals keep what sessions saw");
    let grown = resident_kib().saturating_sub(before);
    assert!(grown < 4 << 10, "{grown} KiB for 5,000 sessions, one at a time");
}
