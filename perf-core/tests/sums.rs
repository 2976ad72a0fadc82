//! For any value that a program passes, sums do not wrap and nothing panics: see `live::sync`.
#![allow(clippy::incompatible_msrv, reason = "tests are built with the workspace's compiler")]

use std::time::Duration;

use perf_core::{Probe, Session, perf_probe, snapshot};

/// 2^62 ticks, at least of 5 GHz.
const LONG: Duration = Duration::from_hours(29 * 365 * 24);

#[test]
fn one_underflowed_number_turns_no_counter_back() {
    #[perf_probe(name = "sums::units", items = items, bytes = items)]
    fn units(items: u64) {}
    static PROBE: Probe = Probe::new("sums::by_hand");
    let session = Session::new();
    let seen = |name| {
        let snapshot = session.snapshot();
        let probe = snapshot.get(name).unwrap();
        (probe.items(), probe.bytes())
    };
    session.run(|| {
        units(0usize.wrapping_sub(1) as u64);
        assert_eq!(seen("sums::units"), (u64::MAX, u64::MAX));
        units(1);
        assert_eq!(seen("sums::units"), (u64::MAX, u64::MAX));
        let call = PROBE.start();
        call.items(1 << 63);
        call.items(1 << 63);
        call.bytes(u64::MAX);
        call.bytes(3);
    });
    assert_eq!(seen("sums::by_hand"), (u64::MAX, u64::MAX));
}

#[test]
fn durations_beyond_all_measure() {
    static USUAL: Probe = Probe::new("sums::durations");
    static SAMPLED: Probe = Probe::new("sums::durations::sampled").sample(2);
    let session = Session::new();
    session.run(|| {
        for probe in [&USUAL, &SAMPLED] {
            probe.record(Duration::MAX);
            let before = session.snapshot();
            probe.record(Duration::MAX);
            (0..100).for_each(|_| drop(probe.start()));
            let around = probe.start();
            probe.record(Duration::from_secs(1));
            drop(around); // it took less than the call in it
            let now = session.snapshot();
            for probe in before.probes() {
                let now = now.get(probe.name()).unwrap();
                assert!(probe.total() > LONG && probe.sum() > LONG && probe.max() > LONG, "{probe:?}");
                assert!(now.total() >= probe.total() && now.sum() >= probe.sum() && now.busy() >= probe.busy());
                assert!(now.self_time() >= probe.self_time());
            }
        }
    });
    let seen = session.snapshot();
    assert_eq!(seen.get("sums::durations").unwrap().calls(), 2 + 100 + 2);
    assert_eq!(seen.get("sums::durations::sampled").unwrap().calls(), 2 + 100 + 2);
    // The process takes over what the session has seen.
    drop(session);
    let mut all = snapshot();
    all.merge(&snapshot());
    all.merge(&seen);
    assert!(all.get("sums::durations").unwrap().total() > LONG);
}

#[test]
fn a_call_of_less_than_what_was_recorded_in_it() {
    static PROBE: Probe = Probe::new("sums::around");
    let session = Session::new();
    let total = || session.snapshot().get("sums::around").unwrap().total();
    session.run(|| {
        let around = PROBE.start();
        PROBE.record(Duration::from_secs(1000));
        let before = total();
        drop(around);
        assert!(total() >= before, "a total does not go back");
    });
}

#[test]
fn the_longest_gap_there_is() {
    static PROBE: Probe = Probe::new("sums::gap").sample(u32::MAX);
    let session = Session::new();
    session.run(|| (0..1000).for_each(|_| drop(PROBE.start())));
    assert_eq!(session.snapshot().get("sums::gap").unwrap().calls(), 1000);
}
