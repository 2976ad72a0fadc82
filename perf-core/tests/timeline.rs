//! The timeline of real threads: rings that wrap around, threads that come after others, readers beside writers.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread;

use perf_core::{Probe, Timeline, set_timeline, timeline};

static OUTER: Probe = Probe::new("outer");
static INNER: Probe = Probe::new("inner");

const KEPT: usize = if cfg!(miri) { 32 } else { 64 };
/// Calls of a thread that fill its ring several times.
const MANY: usize = if cfg!(miri) { 50 } else { 1_000 };

fn nested(times: usize) {
    for _ in 0..times {
        let _outer = OUTER.start();
        drop(INNER.start());
    }
}

fn named(name: &str, work: impl FnOnce() + Send + 'static) {
    thread::Builder::new().name(name.to_owned()).spawn(work).unwrap().join().unwrap();
}

fn of<'a>(timeline: &'a Timeline, name: &str) -> Vec<&'a perf_core::TimelineEvent> {
    let number = timeline.threads().iter().find(|thread| thread.1 == name).expect(name).0;
    timeline.events().iter().filter(|event| event.thread == number).collect()
}

/// Every inner call lies in an outer one.
fn check_nesting(events: &[&perf_core::TimelineEvent]) {
    for pair in events.windows(2) {
        if (pair[0].name, pair[1].name) == ("outer", "inner") {
            assert!(pair[1].start + pair[1].duration <= pair[0].start + pair[0].duration, "{pair:?}");
        }
    }
}

#[test]
fn every_thread_keeps_its_last_calls() {
    nested(1);
    assert!(timeline().events().is_empty(), "it is off");
    set_timeline(KEPT);
    named("short", || nested(10));
    let first = timeline();
    assert_eq!(of(&first, "short").len(), 20);
    check_nesting(&of(&first, "short"));

    // The next thread goes on with the ring of the one before, whose events stay until they are overwritten.
    named("second", || nested(5));
    let second = timeline();
    assert_eq!((of(&second, "short").len(), of(&second, "second").len(), second.overwritten()), (20, 10, 0));
    named("long", || nested(MANY));
    let third = timeline();
    assert_eq!(third.events().len() as u64 + third.overwritten(), 20 + 10 + 2 * MANY as u64);
    assert!((KEPT - 1..=KEPT).contains(&of(&third, "long").len()));
    check_nesting(&of(&third, "long"));

    // Readers beside writers see whole events.
    static DONE: AtomicBool = AtomicBool::new(false);
    let writers: Vec<_> = (0..3)
        .map(|_| {
            thread::spawn(|| {
                while !DONE.load(Relaxed) {
                    nested(100);
                }
            })
        })
        .collect();
    for _ in 0..if cfg!(miri) { 3 } else { 2_000 } {
        let read = timeline();
        assert!(read.events().len() <= 4 * KEPT);
        assert!(read.events().iter().all(|event| ["outer", "inner"].contains(&event.name) && event.thread > 0));
        assert!(read.events().is_sorted_by_key(|event| (event.thread, event.start)));
    }
    DONE.store(true, Relaxed);
    for writer in writers {
        writer.join().unwrap();
    }

    let kept = timeline().events().len();
    set_timeline(0);
    nested(100);
    assert_eq!(timeline().events().len(), kept, "it is off again, and what was seen stays");
}
