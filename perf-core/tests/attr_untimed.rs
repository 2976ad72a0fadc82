//! Calls that another one is timed for, where allocations are not counted: they have no state but what callees had taken before.
#![cfg(feature = "enabled")]

use std::hint::black_box;
use std::panic::catch_unwind;
use std::time::{Duration, Instant};

use perf_core::{ProbeStats, Session, SessionGuard, perf_probe};

/// Calls, errors, panics and items of a probe.
fn counted(session: &Session, name: &str) -> (u64, u64, u64, u64) {
    let snapshot = session.snapshot();
    snapshot.get(name).map_or((0, 0, 0, 0), |probe| (probe.calls(), probe.errors(), probe.panics(), probe.items()))
}

/// The self time of a caller of untimed calls lacks nothing but what an empty probe measures.
fn assert_has_time_of_callees(caller: &ProbeStats) {
    let lacks = caller.total().saturating_sub(caller.self_time());
    assert!(lacks < caller.total() / 2, "{lacks:?} of {:?}", caller.total());
}

const SPIN: Duration = Duration::from_micros(20);

#[perf_probe(name = "untimed::callee")]
fn callee() {
    let began = Instant::now();
    while began.elapsed() < SPIN {}
}

// The first call is timed, and none of the next thousands.
#[perf_probe(name = "untimed::between", sample = 1_000_000_000)]
fn between(depth: u64) -> u64 {
    callee();
    if depth > 0 { between(black_box(depth - 1)) + 1 } else { 0 }
}

#[perf_probe(name = "untimed::caller")]
fn caller() -> u64 {
    between(0) + between(2)
}

#[test]
fn callees_are_in_the_time_of_the_caller() {
    let session = Session::new();
    session.run(|| {
        between(0);
        for _ in 0..50 {
            assert_eq!(caller(), 2);
        }
    });
    let snapshot = session.snapshot();
    let [outer, untimed, inner] =
        ["caller", "between", "callee"].map(|name| snapshot.get(&format!("untimed::{name}")).unwrap());
    assert_eq!((outer.calls(), untimed.calls(), inner.calls()), (50, 201, 201));
    assert!(inner.total() >= SPIN * 201);
    assert_has_time_of_callees(outer);
}

#[perf_probe(name = "untimed::failing", sample = 1_000_000_000, items = 3)]
fn failing(x: u64) -> Result<u64, u64> {
    callee();
    if x == 7 {
        std::panic::resume_unwind(Box::new("expected"));
    }
    if x % 2 == 0 { Err(x) } else { Ok(x) }
}

#[test]
fn outcomes_and_items_are_counted() {
    let session = Session::new();
    session.run(|| {
        for x in 0..20 {
            match catch_unwind(|| failing(x)) {
                Ok(result) => assert_eq!(result.is_err(), x % 2 == 0),
                Err(_) => assert_eq!(x, 7),
            }
        }
    });
    assert_eq!(counted(&session, "untimed::failing"), (20, 10, 1, 60));
}

#[perf_probe(name = "untimed::switching", sample = 1_000_000_000)]
fn switching(other: &Session) -> Result<(), ()> {
    other.run(|| {
        callee();
        assert_eq!(failing(2), Err(2));
    });
    callee();
    Err(())
}

#[perf_probe(name = "untimed::caller of it")]
fn caller_of_switching(other: &Session) {
    assert_eq!(switching(other), Err(()));
}

/// Its end is in another session than its start.
#[perf_probe(name = "untimed::leaving", sample = 1_000_000_000)]
fn leaving(other: &Session) -> Result<(), SessionGuard> {
    Err(other.enter())
}

#[test]
fn sessions_begin_and_end_inside() {
    let (outer, inner) = (Session::new(), Session::new());
    outer.run(|| {
        assert_eq!(switching(&inner), Err(()));
        for _ in 0..10 {
            caller_of_switching(&inner);
        }
    });
    assert_eq!(counted(&outer, "untimed::switching"), (11, 11, 0, 0));
    assert_eq!(counted(&inner, "untimed::switching"), (0, 0, 0, 0));
    assert_eq!(counted(&inner, "untimed::failing"), (11, 11, 0, 33));
    let snapshot = outer.snapshot();
    assert_has_time_of_callees(snapshot.get("untimed::caller of it").unwrap());

    let whole =
        || perf_core::snapshot().get("untimed::leaving").map_or((0, 0), |it: &ProbeStats| (it.calls(), it.errors()));
    outer.run(|| {
        for _ in 0..10 {
            assert!(leaving(&inner).is_err());
        }
    });
    assert_eq!(counted(&outer, "untimed::leaving").0, 9, "the first one is timed, and counted when it ends");
    assert_eq!(whole(), (10, 10), "such an error is counted all the same");
}
