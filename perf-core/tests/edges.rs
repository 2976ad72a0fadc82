//! What must not break a program: deep recursion, guards out of order or leaked, panics, the ends of threads.

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc;
use std::thread;

use perf_core::{Guard, Probe, Session, perf_probe, snapshot};

fn calls(name: &str) -> u64 {
    snapshot().get(name).map_or(0, perf_core::ProbeStats::calls)
}

#[test]
fn recursion_of_any_depth() {
    #[perf_probe(name = "edges::deep")]
    fn deep(levels: u32) -> u64 {
        if levels == 0 { 0 } else { 1 + deep(levels - 1) }
    }
    let session = Session::new();
    let handle = session.handle();
    perf_core::set_call_tree(true);
    thread::Builder::new()
        .stack_size(512 << 20)
        .spawn(move || {
            let _inside = handle.enter();
            assert_eq!(deep(100_000), 100_000);
        })
        .unwrap()
        .join()
        .unwrap();
    let snapshot = session.snapshot();
    let deep = snapshot.get("edges::deep").unwrap();
    assert_eq!(deep.calls(), 100_001);
    assert!(deep.total() >= deep.max(), "the outermost call is in the total");
    assert!(deep.total() < deep.max() * 2, "inner calls are not added again: {:?} {:?}", deep.total(), deep.max());
    assert!(deep.self_time() <= deep.total() + deep.total() / 10);
    assert_eq!(snapshot.tree().nodes().len(), 2, "one node below the root");
}

#[test]
fn guards_in_any_order() {
    static A: Probe = Probe::new("edges::order::a");
    static B: Probe = Probe::new("edges::order::b");
    let session = Session::new();
    session.run(|| {
        let (a, b, again) = (A.start(), B.start(), A.start());
        drop(a);
        drop(b);
        drop(again);
        let after = B.start();
        drop(after);
    });
    let snapshot = session.snapshot();
    assert_eq!(snapshot.get("edges::order::a").unwrap().calls(), 2);
    assert_eq!(snapshot.get("edges::order::b").unwrap().calls(), 2);
}

#[test]
fn leaked_guards_lose_only_themselves() {
    static LEAKED: Probe = Probe::new("edges::leaked");
    let session = Session::new();
    session.run(|| {
        for _ in 0..10 {
            std::mem::forget(LEAKED.start());
            drop(LEAKED.start());
        }
    });
    let snapshot = session.snapshot();
    let leaked = snapshot.get("edges::leaked").unwrap();
    assert_eq!(leaked.calls(), 10);
    assert!(leaked.total() >= leaked.max());
}

#[test]
fn panics_are_counted_where_they_pass() {
    static INNER: Probe = Probe::new("edges::panic::inner");
    static OUTER: Probe = Probe::new("edges::panic::outer");
    static CLEANUP: Probe = Probe::new("edges::panic::cleanup");
    struct Cleanup;
    impl Drop for Cleanup {
        fn drop(&mut self) {
            let _guard = CLEANUP.start();
            // A panic inside of a panic, caught inside: legal.
            let nested = catch_unwind(|| {
                let _guard = INNER.start();
                panic!("nested");
            });
            assert!(nested.is_err());
        }
    }
    let session = Session::new();
    session.run(|| {
        let caught = catch_unwind(AssertUnwindSafe(|| {
            let _outer = OUTER.start();
            let _cleanup = Cleanup;
            let _inner = INNER.start();
            panic!("outer");
        }));
        assert!(caught.is_err());
        drop(INNER.start());
    });
    let snapshot = session.snapshot();
    let of = |name: &str| {
        let probe = snapshot.get(name).unwrap();
        (probe.calls(), probe.panics())
    };
    assert_eq!(of("edges::panic::outer"), (1, 1));
    assert_eq!(of("edges::panic::cleanup"), (1, 0), "it ran to its end while its caller unwound");
    // The call that panicked and the one after; the nested one began while the thread was unwinding already.
    assert_eq!(of("edges::panic::inner"), (3, 1));
}

/// Whether some thread unwinds is known at once; which one takes a closer look, on a way of its own at both ends.
#[test]
fn calls_beside_a_thread_that_unwinds() {
    static SAMPLED: Probe = Probe::new("edges::beside::sampled").sample(3);
    #[perf_probe(name = "edges::beside")]
    fn beside(levels: u32) -> u32 {
        if levels == 0 { 0 } else { 1 + beside(levels - 1) }
    }
    #[perf_probe(name = "edges::beside::failed")]
    fn fails() -> Result<(), ()> {
        Err(())
    }
    struct Waits(mpsc::Sender<()>, mpsc::Receiver<()>);
    impl Drop for Waits {
        fn drop(&mut self) {
            self.0.send(()).unwrap();
            self.1.recv().unwrap();
        }
    }
    let ((unwinds, seen), (done, waits)) = (mpsc::channel(), mpsc::channel());
    let other = thread::spawn(move || {
        let _waits = Waits(unwinds, waits);
        panic!("on another thread");
    });
    seen.recv().unwrap();
    let session = Session::new();
    session.run(|| {
        for tree in [false, true] {
            perf_core::set_call_tree(tree);
            for _ in 0..100 {
                assert_eq!(beside(2), 2);
                fails().unwrap_err();
                drop(SAMPLED.start());
            }
        }
        assert!(
            catch_unwind(|| {
                let _guard = SAMPLED.start();
                panic!("on this one as well");
            })
            .is_err()
        );
    });
    done.send(()).unwrap();
    other.join().unwrap_err();
    let snapshot = session.snapshot();
    let of = |name: &str| {
        let probe = snapshot.get(name).unwrap();
        (probe.calls(), probe.errors(), probe.panics())
    };
    assert_eq!(of("edges::beside"), (600, 0, 0));
    assert_eq!(of("edges::beside::failed"), (200, 200, 0));
    assert_eq!(of("edges::beside::sampled"), (201, 0, 1));
}

#[test]
fn thread_local_destructors() {
    static LATE: Probe = Probe::new("edges::late");
    struct Late(Option<Guard>);
    impl Drop for Late {
        fn drop(&mut self) {
            drop(self.0.take());
            for _ in 0..3 {
                drop(LATE.start());
            }
        }
    }
    thread_local! {
        static BEFORE: RefCell<Late> = const { RefCell::new(Late(None)) };
        static AFTER: RefCell<Late> = const { RefCell::new(Late(None)) };
    }
    for _ in 0..10 {
        thread::spawn(|| {
            // Destructors run in one order or the other: one of the two runs after the shard is given back.
            BEFORE.with(|late| late.borrow_mut().0.take());
            drop(LATE.start());
            AFTER.with(|late| late.borrow_mut().0 = Some(LATE.start()));
            BEFORE.with(|late| late.borrow_mut().0 = Some(LATE.start()));
        })
        .join()
        .unwrap();
    }
    assert_eq!(calls("edges::late"), 10 * (1 + 2 + 2 * 3));
}

#[test]
fn a_guard_that_outlives_its_session() {
    static STRAY: Probe = Probe::new("edges::stray");
    let session = Session::new();
    let inside = session.enter();
    let call = STRAY.start();
    drop(inside);
    call.items(5);
    call.fail();
    drop(call);
    assert!(session.snapshot().get("edges::stray").is_none_or(|stray| stray.calls() == 0));
    let snapshot = snapshot();
    let stray = snapshot.get("edges::stray").unwrap();
    assert_eq!((stray.calls(), stray.items(), stray.errors()), (1, 5, 1));
}

/// Its session is over, and the shard it began in serves the next session.
#[test]
fn a_guard_that_outlives_its_session_into_the_next_one() {
    static USUAL: Probe = Probe::new("edges::outlives");
    static UNTIMED: Probe = Probe::new("edges::outlives::untimed").sample(1_000_000);
    thread::spawn(|| {
        let session = Session::new();
        let inside = session.enter();
        drop(UNTIMED.start()); // the first is timed, the next is not
        let (call, untimed) = (USUAL.start(), UNTIMED.start());
        drop(inside);
        drop(session);
        let next = Session::new();
        let inside = next.enter();
        untimed.fail();
        drop((call, untimed));
        drop(inside);
        let seen = next.snapshot();
        assert!(seen.probes().next().is_none(), "nothing began in it: {seen:?}");
        let all = snapshot();
        assert_eq!(all.get("edges::outlives").unwrap().calls(), 1);
        let untimed = all.get("edges::outlives::untimed").unwrap();
        assert_eq!((untimed.calls(), untimed.errors()), (2, 1));
    })
    .join()
    .unwrap();
}

/// A stretch of a call, and a future's poll, that the session they began in ends inside of.
#[test]
fn stretches_that_outlive_their_session() {
    static SPLIT: Probe = Probe::new("edges::split");
    static POLLED: Probe = Probe::new("edges::polled");
    thread::spawn(|| {
        let session = Session::new();
        let mut split = SPLIT.split();
        let inside = session.enter();
        split.enter();
        let mut inside = Some(inside);
        let mut future = std::pin::pin!(POLLED.wrap(std::future::poll_fn(|_| {
            drop(inside.take());
            std::task::Poll::Ready(())
        })));
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        assert!(future.as_mut().poll(&mut context).is_ready());
        let _again = session.enter();
        split.exit();
        drop(split);
        // What outlived an earlier stay is around nothing of this one.
        let mut other = SPLIT.split();
        other.enter();
        other.exit();
        drop(other);
        let calls = |snapshot: &perf_core::Snapshot, name| {
            snapshot.get(name).map_or((0, 0), |probe| (probe.calls(), probe.polls()))
        };
        let seen = session.snapshot();
        assert_eq!(calls(&seen, "edges::polled"), (0, 0));
        // The call ended here; its stretch had begun in an earlier stay.
        assert_eq!(calls(&seen, "edges::split"), (2, 1));
        let split = seen.get("edges::split").unwrap();
        assert_eq!(split.total(), split.sum(), "both were outermost");
        assert_eq!((calls(&snapshot(), "edges::polled"), calls(&snapshot(), "edges::split")), ((1, 1), (2, 2)));
    })
    .join()
    .unwrap();
}

#[test]
fn switching_off_and_on() {
    // In a process of its own: the switch is global.
    if std::env::var_os("EDGES_SWITCH").is_none() {
        let me = std::env::current_exe().unwrap();
        let status = std::process::Command::new(me)
            .args(["--exact", "switching_off_and_on"])
            .env("EDGES_SWITCH", "1")
            .status()
            .unwrap();
        assert!(status.success());
        return;
    }
    static SEEN: Probe = Probe::new("edges::seen");
    static UNSEEN: Probe = Probe::new("edges::unseen");
    drop(SEEN.start());
    perf_core::set_recording(false);
    drop((SEEN.start(), UNSEEN.start()));
    SEEN.record(std::time::Duration::from_secs(1));
    assert_eq!(calls("edges::seen"), 1);
    perf_core::set_recording(true);
    drop((SEEN.start(), UNSEEN.start()));
    assert_eq!((calls("edges::seen"), calls("edges::unseen")), (2, 1));
}

#[test]
fn probes_of_one_name_count_together() {
    static ONE: Probe = Probe::new("edges::shared");
    static OTHER: Probe = Probe::new("edges::shared");
    drop((ONE.start(), OTHER.start()));
    assert_eq!(calls("edges::shared"), 2);
}
