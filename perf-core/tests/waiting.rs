//! Time that a thread spends on no processor, to the tick: a mock clock, and calls whose waiting is known.

use std::time::Duration;

use perf_core::{MockClock, Probe, Session, Snapshot, set_call_tree};

const fn ms(time: u64) -> Duration {
    Duration::from_millis(time)
}

fn times(snapshot: &Snapshot, name: &str) -> (Duration, Duration, Duration) {
    let probe = snapshot.get(name).unwrap();
    (probe.total(), probe.self_time(), probe.waiting())
}

static OUTER: Probe = Probe::new("outer");
static INNER: Probe = Probe::new("inner");

fn outer(clock: MockClock) {
    let _outer = OUTER.start();
    clock.advance(ms(1));
    clock.wait(ms(10));
    for _ in 0..3 {
        let _inner = INNER.start();
        clock.advance(ms(2));
        clock.wait(ms(5));
    }
}

// One test, since a process has one clock.
#[test]
fn waiting_counts_once_and_for_the_probe_that_waited() {
    let clock = MockClock::install().unwrap();
    for tree in [false, true] {
        set_call_tree(tree);
        let session = Session::new();
        session.run(|| (0..4).for_each(|_| outer(clock)));
        let snapshot = session.snapshot();
        assert!(snapshot.meta().waiting_is_told);
        assert_eq!(times(&snapshot, "outer"), (ms(4 * 32), ms(4 * 11), ms(4 * 10)), "tree {tree}");
        assert_eq!(times(&snapshot, "inner"), (ms(12 * 7), ms(12 * 7), ms(12 * 5)), "tree {tree}");
    }
    set_call_tree(false);

    // A recursion: every level for itself.
    static DEEP: Probe = Probe::new("deep");
    fn deep(clock: MockClock, levels: u64) {
        let _call = DEEP.start();
        clock.wait(ms(levels));
        if levels > 1 {
            deep(clock, levels - 1);
        }
        clock.advance(ms(1));
    }
    let session = Session::new();
    session.run(|| deep(clock, 4));
    assert_eq!(times(&session.snapshot(), "deep"), (ms(14), ms(14), ms(10)));

    // Intervals and sums.
    let before = session.snapshot();
    session.run(|| deep(clock, 2));
    let mut both = session.snapshot().since(&before);
    assert_eq!(times(&both, "deep"), (ms(5), ms(5), ms(3)));
    both.merge(&before);
    assert_eq!(times(&both, "deep").2, ms(13));

    // A sampled probe's waiting is an estimate, and within its self time all the same.
    static SAMPLED: Probe = Probe::new("sampled").sample(4);
    let session = Session::new();
    session.run(|| {
        for _ in 0..4_000 {
            let _call = SAMPLED.start();
            clock.advance(ms(1));
            clock.wait(ms(1));
        }
    });
    let (_, own, waiting) = times(&session.snapshot(), "sampled");
    assert!(waiting <= own && waiting.abs_diff(own / 2) < own / 10, "{waiting:?} of {own:?}");

    // Polls: between them a future is on no thread, in them it may block one.
    static FUTURE: Probe = Probe::new("future");
    let session = Session::new();
    session.run(|| {
        let mut polls = 0;
        let future = FUTURE.wrap(std::future::poll_fn(|_| {
            clock.advance(ms(1));
            clock.wait(ms(3));
            polls += 1;
            if polls == 5 { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
        }));
        let mut future = std::pin::pin!(future);
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        while future.as_mut().poll(&mut context).is_pending() {
            clock.wait(ms(100));
        }
    });
    let snapshot = session.snapshot();
    assert_eq!(times(&snapshot, "future"), (ms(420), ms(20), ms(15)));
}
