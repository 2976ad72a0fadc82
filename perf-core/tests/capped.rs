//! A probe under an overhead cap, by the real clock: it times fewer calls of a short function than of a long one, and
//! counts them all.

use perf_core::{Probe, Session};

static SHORT: Probe = Probe::new("capped::short").overhead(10_000);
static LONG: Probe = Probe::new("capped::long").overhead(10_000);

#[test]
fn the_rate_follows_the_duration() {
    const SHORT_CALLS: u64 = 200_000;
    const LONG_CALLS: u64 = 20;
    let session = Session::new();
    session.run(|| {
        for call in 0..SHORT_CALLS {
            let _guard = SHORT.start();
            std::hint::black_box(call);
        }
        for _ in 0..LONG_CALLS {
            let _guard = LONG.start();
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
    });
    let snapshot = session.snapshot();
    let (short, long) = (snapshot.get("capped::short").unwrap(), snapshot.get("capped::long").unwrap());
    assert_eq!((short.calls(), long.calls()), (SHORT_CALLS, LONG_CALLS));
    // A probe costs far less than 1 % of twenty milliseconds, on an emulated processor too, so nearly all of the long calls are timed: not
    // all, since a thread that loses its processor beside a reading of the counter makes the probe look dear for a moment. The buckets of
    // the short one hold weights: where every call is timed, none is greater than what one value adds.
    assert!(long.histogram().count() >= LONG_CALLS * 3 / 4, "{}", long.histogram().count());
    assert!(short.histogram().count() <= SHORT_CALLS);
    assert!(long.min() >= std::time::Duration::from_millis(20));
}
