//! Sums of snapshots: they stop at the greatest value and never turn back, and know every place of a name.

use perf_core::{Probe, Session, Snapshot};

fn seen(work: impl FnOnce()) -> Snapshot {
    let session = Session::new();
    session.run(work);
    session.snapshot()
}

#[test]
fn a_sum_that_is_full_stays_full() {
    static FULL: Probe = Probe::new("merges::full");
    let with = |units: u64| {
        seen(|| {
            let call = FULL.start();
            call.items(units);
            call.bytes(units);
        })
    };
    let mut sum = with(u64::MAX);
    sum.merge(&with(1));
    let full = sum.get("merges::full").unwrap();
    assert_eq!((full.calls(), full.items(), full.bytes()), (2, u64::MAX, u64::MAX));
}

#[test]
fn a_name_at_two_places_has_both_and_the_first_is_its_own() {
    static FIRST: Probe = Probe::new("merges::alike");
    static SECOND: Probe = Probe::new("merges::alike");
    let twice = || {
        drop(FIRST.start());
        drop(SECOND.start());
        drop(FIRST.start());
    };
    let mut snapshot = seen(twice);
    for _ in 0..2 {
        let alike = snapshot.get("merges::alike").unwrap();
        let places: Vec<_> = alike.places().collect();
        assert_eq!(places.len(), 2, "{places:?}");
        assert!(places[0] == (alike.file(), alike.line()) && places[0].1 + 1 == places[1].1, "{places:?}");
        snapshot.merge(&seen(twice));
    }
}
