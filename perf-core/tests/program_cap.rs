//! The cap of the whole program: probes that say nothing are under it, those that do are not, and counts stay exact.
//! One test, since the cap is of the process.
#![allow(clippy::incompatible_msrv, reason = "tests are built with the workspace's compiler")]

use std::hint::black_box;

use perf_core::{Probe, Session, Snapshot, perf_probe, set_overhead};

#[perf_probe(name = "cap::short", items = 3)]
fn short(x: u64) -> Result<u64, ()> {
    if x % 10 == 0 { Err(()) } else { Ok(black_box(x)) }
}

#[perf_probe(name = "cap::every", sample = 1)]
fn every(x: u64) -> u64 {
    black_box(x)
}

#[perf_probe(name = "cap::own", overhead = "100%")]
fn own(x: u64) -> u64 {
    black_box((0..40).fold(x, |sum, y| sum ^ black_box(y)))
}

/// Work of a fixed length, since time in which the thread waits for a processor is no part of what a cap is a share of. One per
/// cent of it is more than a probe takes, in any build.
#[perf_probe(name = "cap::long")]
fn long() {
    for step in 0..4_000_000_u64 {
        black_box(step);
    }
}

static BY_HAND: Probe = Probe::new("cap::by hand");
static NOT_CAPPED: Probe = Probe::new("cap::not capped").overhead(0);

/// Calls and timed calls.
fn counts(snapshot: &Snapshot, name: &str) -> (u64, u64) {
    snapshot.get(name).map_or((0, 0), |probe| (probe.calls(), probe.timed_calls()))
}

fn work(calls: u64) {
    for x in 0..calls {
        let _ = short(x);
        every(x);
        own(x);
        drop(BY_HAND.start());
        drop(NOT_CAPPED.start());
    }
}

#[test]
fn every_probe_that_says_nothing_is_under_the_cap() {
    const CALLS: u64 = 50_000;
    let uncapped = Session::new();
    uncapped.run(|| work(100));
    assert_eq!(counts(&uncapped.snapshot(), "cap::short"), (100, 100), "no cap is set");

    set_overhead(10_000);
    let capped = Session::new();
    capped.run(|| work(CALLS));
    let snapshot = capped.snapshot();
    for name in ["cap::short", "cap::by hand"] {
        let (calls, timed) = counts(&snapshot, name);
        assert_eq!(calls, CALLS, "{name}");
        assert!((3..CALLS / 10).contains(&timed), "{name}: {timed} timed");
    }
    for name in ["cap::every", "cap::not capped"] {
        assert_eq!(counts(&snapshot, name), (CALLS, CALLS), "{name} has said that every call is timed");
    }
    let (calls, timed) = counts(&snapshot, "cap::own");
    assert!(calls == CALLS && timed > CALLS / 5, "a cap of its own holds for it: {timed} timed");
    let short = snapshot.get("cap::short").unwrap();
    assert_eq!((short.errors(), short.items()), (CALLS / 10, 3 * CALLS));

    on_a_thread_that_began_without_a_cap();
    rare_calls_are_all_timed();
    no_cap_again();
}

/// The thread's own shard has counted uncapped calls already.
fn on_a_thread_that_began_without_a_cap() {
    set_overhead(0);
    work(1_000);
    let before = perf_core::snapshot();
    set_overhead(10_000);
    work(50_000);
    let since = perf_core::snapshot().since(&before);
    let (calls, timed) = counts(&since, "cap::short");
    assert_eq!(calls, 50_000);
    assert!(timed < 5_000, "{timed} timed");
}

/// The budget is the program's: few calls of a short function are no burden to it.
fn rare_calls_are_all_timed() {
    const CALLS: u64 = 10;
    static RARE: Probe = Probe::new("cap::rare");
    let session = Session::new();
    session.run(|| {
        for _ in 0..CALLS {
            long();
            drop(RARE.start());
        }
    });
    let snapshot = session.snapshot();
    assert_eq!(counts(&snapshot, "cap::rare"), (CALLS, CALLS), "by its own time it would be timed a few times");
    assert_eq!(counts(&snapshot, "cap::long"), (CALLS, CALLS), "a probe of long calls costs next to nothing");
}

fn no_cap_again() {
    set_overhead(0);
    let session = Session::new();
    session.run(|| work(1_000));
    assert_eq!(counts(&session.snapshot(), "cap::short"), (1_000, 1_000));
    let before = perf_core::snapshot();
    work(1_000);
    let since = perf_core::snapshot().since(&before);
    assert_eq!(counts(&since, "cap::short"), (1_000, 1_000), "gaps that were drawn under the cap are over");
}
