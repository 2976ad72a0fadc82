//! Sampled probes: exact counts, times that are right on average.
#![allow(clippy::incompatible_msrv, reason = "tests are built with the workspace's compiler")]

use std::time::Duration;

use perf_core::{MockClock, Probe, Session, perf_probe};

/// A call of `mean` nanoseconds on average, whose duration has a period that a fixed rhythm would fall in step with.
fn duration(call: u64, mean: u64) -> Duration {
    Duration::from_nanos(if call.is_multiple_of(10) { mean * 10 } else { 0 })
}

static ONE_IN_TEN: Probe = Probe::new("sampling::ten").sample(10);
static ONE_IN_HUNDRED: Probe = Probe::new("sampling::hundred").sample(100);
static ONE_IN_THOUSAND: Probe = Probe::new("sampling::thousand").sample(1000);
static OUTLIVING: Probe = Probe::new("sampling::outliving").sample(1000);
static EVERY: Probe = Probe::new("sampling::every").sample(1);
static CAPPED: Probe = Probe::new("sampling::capped").overhead(10_000);
static CALLER: Probe = Probe::new("sampling::caller");
static CALLEE: Probe = Probe::new("sampling::callee");
static FAILING: Probe = Probe::new("sampling::failing").sample(50);

#[perf_probe(name = "sampling::attribute", sample = 8, items = 3)]
fn attribute() {}

#[test]
fn counts_are_exact_and_times_unbiased() {
    const CALLS: u64 = 200_000;
    let clock = MockClock::install().unwrap();
    let session = Session::new();
    session.run(|| {
        for call in 0..CALLS {
            for probe in [&ONE_IN_TEN, &ONE_IN_HUNDRED, &ONE_IN_THOUSAND, &EVERY] {
                let guard = probe.start();
                guard.items(2);
                clock.advance(duration(call, 100));
                drop(guard);
            }
        }
    });
    let snapshot = session.snapshot();
    let exact = Duration::from_nanos(100 * CALLS);
    // A timed call stands for g others, uniform in 1..2N, and takes ten times the mean once in ten: the variance of a
    // weighted duration is 4/3 * 10 squared means, so that of the sum is 13.3 * N / CALLS. Six deviations are allowed; a
    // rhythm that falls in step with the durations would be off by 1 or by 9.
    let tolerance = |n: f64| 6.0 * (13.3 * n / CALLS as f64).sqrt();
    for (name, tolerance) in [
        ("sampling::every", 0.0),
        ("sampling::ten", tolerance(10.0)),
        ("sampling::hundred", tolerance(100.0)),
        ("sampling::thousand", tolerance(1000.0)),
    ] {
        let probe = snapshot.get(name).unwrap();
        assert_eq!((probe.calls(), probe.items()), (CALLS, 2 * CALLS), "{name}");
        for time in [probe.total(), probe.self_time(), probe.mean().mul_f64(CALLS as f64)] {
            let off = time.as_secs_f64() / exact.as_secs_f64() - 1.0;
            assert!(off.abs() <= tolerance, "{name}: {off:+.3}");
        }
        let timed = probe.histogram().count();
        assert!(timed <= CALLS && timed > CALLS - 3000, "{name}: the weights add up to the calls: {timed}");
    }
    self_time_of_a_sampled_caller(clock);
    outcomes_are_counted_every_time();
    the_first_call_is_timed(clock);
    capped_probes(clock);
    calls_that_outlive_their_session_are_counted_once();
}

/// Whether a call is timed or not, its callees belong to it and not to its caller.
fn self_time_of_a_sampled_caller(clock: MockClock) {
    const CALLS: u64 = 50_000;
    let session = Session::new();
    session.run(|| {
        let _outer = CALLER.start();
        for _ in 0..CALLS {
            let _middle = ONE_IN_TEN.start();
            clock.advance(Duration::from_nanos(30));
            let _inner = CALLEE.start();
            clock.advance(Duration::from_nanos(70));
        }
    });
    let snapshot = session.snapshot();
    let own = |name: &str| snapshot.get(name).unwrap().self_time().as_secs_f64() / (CALLS as f64 * 1e-9);
    assert!((own("sampling::callee") - 70.0).abs() < 0.01);
    assert!((own("sampling::ten") - 30.0).abs() < 1.5, "{}", own("sampling::ten"));
    assert!(own("sampling::caller") < 1.5, "{}", own("sampling::caller"));
}

fn outcomes_are_counted_every_time() {
    let session = Session::new();
    session.run(|| {
        for call in 0..1000 {
            let guard = FAILING.start();
            if call % 4 == 0 {
                guard.fail();
            }
            attribute();
        }
        for _ in 0..10 {
            let panicked = std::panic::catch_unwind(|| {
                let _guard = FAILING.start();
                std::panic::resume_unwind(Box::new(()));
            });
            assert!(panicked.is_err());
        }
    });
    let snapshot = session.snapshot();
    let failing = snapshot.get("sampling::failing").unwrap();
    assert_eq!((failing.calls(), failing.errors(), failing.panics()), (1010, 250, 10));
    let attribute = snapshot.get("sampling::attribute").unwrap();
    assert_eq!((attribute.calls(), attribute.items()), (1000, 3000));
}

/// A probe that is called only a few times shows a time all the same.
fn the_first_call_is_timed(clock: MockClock) {
    let session = Session::new();
    session.run(|| {
        let _guard = ONE_IN_HUNDRED.start();
        clock.advance(Duration::from_micros(5));
    });
    let snapshot = session.snapshot();
    assert_eq!(snapshot.get("sampling::hundred").unwrap().max(), Duration::from_micros(5));
}

/// Under a mock clock a probe costs nothing, so a cap never leaves a call out.
fn capped_probes(clock: MockClock) {
    let session = Session::new();
    session.run(|| {
        for _ in 0..100 {
            let _guard = CAPPED.start();
            clock.advance(Duration::from_nanos(10));
        }
    });
    let snapshot = session.snapshot();
    let capped = snapshot.get("sampling::capped").unwrap();
    assert_eq!((capped.calls(), capped.histogram().count()), (100, 100));
    assert_eq!(capped.total(), Duration::from_micros(1));
}

/// Among them are calls that are timed and stood for by another one: these are counted where they began.
fn calls_that_outlive_their_session_are_counted_once() {
    const CALLS: usize = 5_000;
    let session = Session::new();
    let mut open = Vec::new();
    session.run(|| (0..CALLS).for_each(|_| open.push(OUTLIVING.start())));
    open.into_iter().rev().for_each(drop);
    assert_eq!(perf_core::snapshot().get("sampling::outliving").unwrap().calls(), CALLS as u64);
}
