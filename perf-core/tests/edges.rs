//! What must not break a program: deep recursion, guards out of order or leaked, panics, the ends of threads.

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
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
