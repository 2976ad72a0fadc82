//! What destructors of thread-local values do after the library's own has run: calls, allocations and polls count all the
//! same.

use std::alloc::System;
use std::cell::Cell;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::thread;

use perf_core::{PerfAlloc, Probe, live_bytes, snapshot};

#[global_allocator]
static ALLOC: PerfAlloc = PerfAlloc::new(System);

static OUTER: Probe = Probe::new("ends::outer");
static INNER: Probe = Probe::new("ends::inner");
static FUTURE: Probe = Probe::new("ends::future");
static SPLIT: Probe = Probe::new("ends::split");

/// Runs its work when its thread ends.
struct AtEnd(Cell<Option<fn()>>);

impl Drop for AtEnd {
    fn drop(&mut self) {
        if let Some(work) = self.0.take() {
            work();
        }
    }
}

thread_local! {
    static AT_END: AtEnd = const { AtEnd(Cell::new(None)) };
}

/// Ends a thread in which `work` is done when the library has given back the thread's shard: destructors run in the reverse
/// of the order in which their values were first used.
fn after_the_end(work: fn()) {
    static FIRST: Probe = Probe::new("ends::first");
    thread::spawn(move || {
        AT_END.with(|at_end| at_end.0.set(Some(work)));
        drop(FIRST.start());
    })
    .join()
    .unwrap();
}

#[test]
fn what_happens_after_a_threads_end_counts() {
    after_the_end(|| {
        for _ in 0..10 {
            let _outer = OUTER.start();
            drop(vec![0u8; 100]);
            let _inner = INNER.start();
            drop(vec![0u8; 1000]);
        }
    });
    after_the_end(|| {
        let mut polls = 0;
        let mut future = pin!(FUTURE.wrap(std::future::poll_fn(|_| {
            drop(vec![0u8; 10]);
            polls += 1;
            if polls < 3 { Poll::Pending } else { Poll::Ready(()) }
        })));
        let mut context = Context::from_waker(Waker::noop());
        while future.as_mut().poll(&mut context).is_pending() {}
        let mut split = SPLIT.split();
        split.enter();
        drop(vec![0u8; 7]);
        split.exit();
    });
    let seen = snapshot();
    let figures = |name| {
        let probe = seen.get(name).unwrap();
        (
            probe.calls(),
            probe.polls(),
            probe.allocs(),
            probe.alloc_bytes(),
            probe.self_alloc_bytes(),
            probe.peak_bytes(),
        )
    };
    assert_eq!(figures("ends::outer"), (10, 0, 20, 11_000, 1000, 1000));
    assert_eq!(figures("ends::inner"), (10, 0, 10, 10_000, 10_000, 1000));
    assert_eq!(figures("ends::future"), (1, 3, 3, 30, 30, 10));
    assert_eq!(figures("ends::split"), (1, 1, 1, 7, 7, 7));
    assert_eq!(seen.meta().lost, 0);
    let (outer, inner) = (seen.get("ends::outer").unwrap(), seen.get("ends::inner").unwrap());
    assert!(outer.self_time() + inner.total() <= outer.total(), "a callee's time is not its caller's own");
    live_bytes_are_exact();
}

/// Less than what a thread otherwise keeps to itself.
fn live_bytes_are_exact() {
    const LEFT: u16 = 12_000;
    const ENDS: i64 = if cfg!(miri) { 10 } else { 100 };
    let live = || live_bytes().unwrap();
    let before = live();
    for _ in 0..ENDS {
        after_the_end(|| std::mem::forget(vec![0u8; usize::from(LEFT)]));
    }
    let grown = live() - before;
    let left = ENDS * i64::from(LEFT);
    assert!((left..left + left / 10).contains(&grown), "{grown}");
}
