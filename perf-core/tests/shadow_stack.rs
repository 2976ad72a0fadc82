//! Guards that do not end in the reverse of the order in which they began: each has a frame on its thread's shadow stack, which
//! is not the top one then. And more of them than the array has room for.
#![cfg(feature = "enabled")]

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;

use perf_core::{Guard, Probe, Session, Snapshot};

/// Under an interpreter, which has a smaller array, fewer do.
const MANY: usize = if cfg!(miri) { 300 } else { 20_000 };

fn calls(snapshot: &Snapshot, name: &str) -> (u64, u64, u64) {
    snapshot.get(name).map_or((0, 0, 0), |probe| (probe.calls(), probe.errors(), probe.panics()))
}

/// Runs `work` in a session on a thread of its own, whose stack is empty.
fn alone(work: impl FnOnce() + Send) -> Snapshot {
    let session = Session::new();
    let handle = session.handle();
    thread::scope(|scope| {
        scope.spawn(move || {
            let _inside = handle.enter();
            work();
        });
    });
    let snapshot = session.snapshot();
    assert_eq!(snapshot.meta().lost, 0);
    snapshot
}

/// Each takes its frame with it, and keeps that of the call around it; calls go on all the same.
#[test]
fn a_million_leaked_guards() {
    static AROUND: Probe = Probe::new("shadow::around");
    static LEAKED: Probe = Probe::new("shadow::leaked");
    static AFTER: Probe = Probe::new("shadow::after");
    const LEAKS: usize = if cfg!(miri) { 400 } else { 1_000_000 };
    let snapshot = alone(|| {
        for _ in 0..LEAKS {
            let _around = AROUND.start();
            std::mem::forget(LEAKED.start());
            let after = AFTER.start();
            after.fail();
        }
    });
    assert_eq!(calls(&snapshot, "shadow::around"), (LEAKS as u64, 0, 0));
    assert_eq!(calls(&snapshot, "shadow::after"), (LEAKS as u64, LEAKS as u64, 0));
    assert_eq!(calls(&snapshot, "shadow::leaked").0, 0);
}

/// One call is open at any moment, and another begins before it ends: no frame is ever the top one when its call ends.
#[test]
fn calls_that_overlap_without_end() {
    static TURNS: Probe = Probe::new("shadow::turns");
    static INSIDE: Probe = Probe::new("shadow::turns::inside");
    let snapshot = alone(|| {
        let mut last = TURNS.start();
        for _ in 1..MANY {
            let next = TURNS.start();
            drop(INSIDE.start());
            last = next;
        }
        drop(last);
    });
    assert_eq!(calls(&snapshot, "shadow::turns"), (MANY as u64, 0, 0));
    assert_eq!(calls(&snapshot, "shadow::turns::inside").0, MANY as u64 - 1);
}

/// More calls are open than the array has frames, in every order of ends.
#[test]
fn deeper_than_the_array() {
    static DEEP: Probe = Probe::new("shadow::deep");
    static SAMPLED: Probe = Probe::new("shadow::deep::sampled").sample(3);
    for order in 0..3 {
        let snapshot = alone(move || {
            for _ in 0..2 {
                let mut open: Vec<Guard> = (0..MANY).flat_map(|_| [DEEP.start(), SAMPLED.start()]).collect();
                match order {
                    0 => open.reverse(),
                    1 => {}
                    _ => {
                        let odd = (0..open.len()).rev().filter(|at| at % 2 == 1).collect::<Vec<_>>();
                        for at in odd {
                            drop(open.swap_remove(at));
                        }
                    }
                }
                drop(open);
            }
        });
        assert_eq!(calls(&snapshot, "shadow::deep"), (2 * MANY as u64, 0, 0), "order {order}");
        assert_eq!(calls(&snapshot, "shadow::deep::sampled"), (2 * MANY as u64, 0, 0), "order {order}");
    }
}

/// A vector of guards is dropped from its first element on, also where a panic does it.
#[test]
fn panics_in_guards_out_of_order() {
    static UNWOUND: Probe = Probe::new("shadow::unwound");
    static CAPPED: Probe = Probe::new("shadow::unwound::capped").overhead(1_000);
    let snapshot = alone(|| {
        for _ in 0..10 {
            let caught = catch_unwind(AssertUnwindSafe(|| {
                let open: Vec<Guard> = (0..5).flat_map(|_| [UNWOUND.start(), CAPPED.start()]).collect();
                open[2].fail();
                panic!("with {} open calls", open.len());
            }));
            assert!(caught.is_err());
            drop((UNWOUND.start(), CAPPED.start()));
        }
    });
    assert_eq!(calls(&snapshot, "shadow::unwound"), (60, 10, 50));
    assert_eq!(calls(&snapshot, "shadow::unwound::capped"), (60, 0, 50));
}

/// Guards that other thread-locals hold, with calls in their destructors: some are dropped before and some after the thread has
/// given back what it has of the library; the next threads begin with what it gave.
#[test]
fn guards_that_outlive_what_the_thread_had() {
    static KEPT: Probe = Probe::new("shadow::kept");
    static LATE: Probe = Probe::new("shadow::late");
    struct Keeps(Vec<Guard>);
    impl Drop for Keeps {
        fn drop(&mut self) {
            let around = LATE.start();
            // From the first on, so none but the last is the top one.
            self.0.clear();
            self.0.extend([LATE.start(), LATE.start()]);
            drop(around);
        }
    }
    thread_local! {
        static BEFORE: RefCell<Keeps> = const { RefCell::new(Keeps(Vec::new())) };
        static AFTER: RefCell<Keeps> = const { RefCell::new(Keeps(Vec::new())) };
    }
    const THREADS: u64 = if cfg!(miri) { 4 } else { 50 };
    for _ in 0..THREADS {
        let thread = thread::spawn(|| {
            BEFORE.with_borrow_mut(|keeps| keeps.0.reserve(4));
            drop(KEPT.start());
            AFTER.with_borrow_mut(|keeps| keeps.0.extend([KEPT.start(), KEPT.start()]));
            BEFORE.with_borrow_mut(|keeps| keeps.0.extend([KEPT.start(), KEPT.start()]));
        });
        thread.join().unwrap();
    }
    let all = perf_core::snapshot();
    assert_eq!(calls(&all, "shadow::kept").0, 5 * THREADS);
    // Two in each destructor are in the vector when that is dropped, after the destructor.
    assert_eq!(calls(&all, "shadow::late").0, 6 * THREADS);
    assert_eq!(all.meta().lost, 0);
}

/// A boxed guard that a call below outlives, and one that outlives all calls of its function.
#[test]
fn boxed_guards() {
    static BOXED: Probe = Probe::new("shadow::boxed");
    static BELOW: Probe = Probe::new("shadow::boxed::below");
    #[allow(clippy::unnecessary_box_returns, reason = "a box is what it is about")]
    fn begun() -> Box<Guard> {
        let _below = BELOW.start();
        Box::new(BOXED.start())
    }
    let snapshot = alone(|| {
        let kept: Vec<Box<Guard>> = (0..100).map(|_| begun()).collect();
        for guard in &kept {
            guard.items(2);
        }
        drop(kept);
        drop(begun());
    });
    assert_eq!(calls(&snapshot, "shadow::boxed").0, 101);
    assert_eq!(snapshot.get("shadow::boxed").unwrap().items(), 200);
    assert_eq!(calls(&snapshot, "shadow::boxed::below").0, 101);
}

/// A guard is a word, wherever it goes.
#[test]
fn a_guard_is_one_word() {
    assert_eq!(size_of::<Guard>(), size_of::<usize>());
}
