//! Threads, sessions, futures, rings and snapshots beside each other, in programs so small that an interpreter runs them:
//! `tests/sanitize/run.sh` does, to see that nothing is read or written that may not be.

use std::future::Future;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};
use std::thread;

use perf_core::{PerfAlloc, Probe, ProbeStats, Session, perf_probe, set_timeline, snapshot, timeline};

#[global_allocator]
static ALLOC: PerfAlloc = PerfAlloc::new(std::alloc::System);

fn calls(snapshot: &perf_core::Snapshot, name: &str) -> u64 {
    snapshot.get(name).map_or(0, ProbeStats::calls)
}

/// Waits so many times.
struct Later(u32);

impl Future for Later {
    type Output = Result<(), u32>;

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Self::Output> {
        let left = self.0.checked_sub(1);
        left.map_or(Poll::Ready(Err(7)), |left| {
            self.0 = left;
            Poll::Pending
        })
    }
}

#[test]
fn interpreted_sessions() {
    static CALL: Probe = Probe::new("interpreted::session");
    let outer = Session::new();
    outer.run(|| {
        let inner = Session::new();
        let (one, other) = (inner.enter(), outer.enter());
        let outlives = CALL.start();
        let handle = inner.handle();
        thread::spawn(move || {
            let _inside = handle.enter();
            drop(CALL.start());
        })
        .join()
        .unwrap();
        drop(CALL.start());
        drop(one);
        drop(other);
        drop(outlives);
        assert_eq!(calls(&inner.snapshot(), "interpreted::session"), 2);
    });
    for _ in 0..3 {
        let next = Session::new();
        next.run(|| drop(CALL.start()));
        assert_eq!(calls(&next.snapshot(), "interpreted::session"), 1);
    }
    Session::new().run(|| ());
    assert_eq!(calls(&outer.snapshot(), "interpreted::session"), 1, "the other thread was in the inner one alone");
}

#[test]
fn interpreted_threads_and_snapshots() {
    static CALL: Probe = Probe::new("interpreted::thread");
    #[perf_probe(name = "interpreted::recursion", items = 1)]
    fn descend(levels: u32) -> Result<Vec<u8>, u32> {
        if levels == 0 { Err(levels) } else { descend(levels - 1).or(Ok(vec![0; 10])) }
    }
    set_timeline(8);
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                for level in 0..6 {
                    let call = CALL.start();
                    call.bytes(level);
                    let _ = descend(3);
                }
            });
        }
        let mut last = 0;
        for _ in 0..4 {
            let now = calls(&snapshot(), "interpreted::thread");
            assert!(now >= last);
            last = now;
            assert!(timeline().events().len() < 1000);
        }
    });
    // Their shards go on.
    thread::spawn(|| drop(CALL.start())).join().unwrap();
    set_timeline(0);
    let seen = snapshot();
    assert_eq!((calls(&seen, "interpreted::thread"), calls(&seen, "interpreted::recursion")), (19, 72));
    let mut twice = seen.clone();
    twice.merge(&seen);
    assert_eq!(calls(&twice.since(&seen), "interpreted::thread"), 19);
}

#[test]
fn interpreted_futures() {
    static FUTURE: Probe = Probe::new("interpreted::future");
    let session = Session::new();
    let mut context = Context::from_waker(Waker::noop());
    {
        let mut cancelled = pin!(FUTURE.wrap(Later(1)));
        assert!(cancelled.as_mut().poll(&mut context).is_pending());
    }
    let mut moving = Box::pin(session.wrap(FUTURE.wrap(Later(2)).errors_when(Result::is_err)));
    assert!(moving.as_mut().poll(&mut context).is_pending());
    let mut moving = thread::spawn(|| {
        assert!(moving.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
        moving
    })
    .join()
    .unwrap();
    assert!(moving.as_mut().poll(&mut context).is_ready());
    let mut split = FUTURE.split();
    split.enter();
    split.exit();
    drop(split);
    let seen = session.snapshot();
    let future = seen.get("interpreted::future").unwrap();
    assert_eq!((future.calls(), future.polls(), future.errors()), (1, 3, 1));
    let all = snapshot();
    let future = all.get("interpreted::future").unwrap();
    assert_eq!((future.calls(), future.cancelled()), (3, 1));
}
