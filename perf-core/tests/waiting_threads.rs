//! Waiting of real threads: what holds on any machine, however busy.

use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use perf_core::{Probe, Session, snapshot};

fn told() -> bool {
    snapshot().meta().waiting_is_told
}

#[test]
fn a_call_that_sleeps_waits() {
    static SLEEPS: Probe = Probe::new("sleeps");
    let session = Session::new();
    session.run(|| {
        let _call = SLEEPS.start();
        thread::sleep(Duration::from_millis(50));
    });
    let snapshot = session.snapshot();
    let probe = snapshot.get("sleeps").unwrap();
    if told() {
        assert!(probe.waiting() >= Duration::from_millis(40), "{:?}", probe.waiting());
    }
    assert!(probe.waiting() <= probe.self_time());
}

/// The fault that led here: the thread that waits for the others had most self time of all.
#[test]
fn waiting_for_other_threads_is_the_callers_and_not_the_callees() {
    static WAITS: Probe = Probe::new("waits for others");
    static SHORT: Probe = Probe::new("short");
    let session = Session::new();
    session.run(|| {
        let _call = WAITS.start();
        for _ in 0..1_000 {
            drop(SHORT.start());
        }
        let (send, receive) = mpsc::channel();
        thread::spawn(move || {
            thread::sleep(Duration::from_millis(50));
            send.send(()).unwrap();
        });
        receive.recv().unwrap();
    });
    let snapshot = session.snapshot();
    let (waits, short) = (snapshot.get("waits for others").unwrap(), snapshot.get("short").unwrap());
    if told() {
        assert!(waits.waiting() >= Duration::from_millis(40), "{:?}", waits.waiting());
    }
    assert!(short.waiting() <= short.self_time());
}

/// Later calls on a thread are no first ones: their probe must have been found to be long.
#[test]
fn every_long_call_is_watched() {
    static LONG: Probe = Probe::new("long");
    let session = Session::new();
    session.run(|| {
        for call in 0..6 {
            let _call = LONG.start();
            if call > 0 {
                thread::sleep(Duration::from_millis(10));
            }
        }
    });
    let snapshot = session.snapshot();
    let long = snapshot.get("long").unwrap();
    if told() {
        // The second call shows that they are long; those after it are watched.
        assert!(long.waiting() >= Duration::from_millis(35), "{:?} of {:?}", long.waiting(), long.self_time());
    }
}

#[test]
fn short_calls_keep_to_the_short_way() {
    static SHORT: Probe = Probe::new("never long");
    let session = Session::new();
    session.run(|| (0..10_000).for_each(|_| drop(SHORT.start())));
    let snapshot = session.snapshot();
    let short = snapshot.get("never long").unwrap();
    // An empty probe measures nothing but itself, and that is subtracted: its self time is next to nothing.
    assert!(short.self_time() < short.sum(), "{:?} of {:?}", short.self_time(), short.sum());
    assert!(short.waiting() <= short.self_time());
}
