//! Calls in several stretches, to the tick: on several threads, inside each other, and where a session ends meanwhile.

use std::thread;
use std::time::Duration;

use perf_core::{MockClock, Probe, Session, set_timeline, snapshot};

fn ns(time: Duration) -> u128 {
    time.as_nanos()
}

#[test]
fn stretches_are_one_call() {
    static SPAN: Probe = Probe::at("span", "elsewhere.rs", 7);
    static INSIDE: Probe = Probe::new("inside");
    let clock = MockClock::install().expect("nothing else runs in this process");
    let spend = move |nanos| clock.advance(Duration::from_nanos(nanos));
    set_timeline(64);
    let mut span = SPAN.split();
    spend(1_000); // before the first stretch
    span.enter();
    spend(10);
    {
        let _inside = INSIDE.start();
        spend(20);
    }
    span.exit();
    spend(100);
    let mut span = thread::spawn(move || {
        span.enter();
        spend(1);
        span.exit();
        span.exit(); // nothing to end
        span
    })
    .join()
    .unwrap();
    span.fail();
    drop(span);
    let seen = snapshot();
    let stats = seen.get("span").unwrap();
    assert_eq!((stats.file(), stats.line()), ("elsewhere.rs", 7));
    assert_eq!((stats.calls(), stats.polls(), stats.errors(), stats.cancelled()), (1, 2, 1, 0));
    assert_eq!((ns(stats.total()), ns(stats.busy()), ns(stats.self_time())), (131, 31, 11));
    let [call] = stats.exemplars() else { panic!("one call") };
    assert_eq!((ns(call.self_time()), ns(call.waiting()), ns(call.other_callees())), (11, 100, 0));
    let callees: Vec<_> = call.callees().map(|(name, time)| (name, ns(time))).collect();
    assert_eq!(callees, [("inside", 20)]);

    // One that is never entered is no call; one that is dropped inside ends there.
    drop(SPAN.split());
    let mut inside = SPAN.split();
    inside.enter();
    spend(5);
    drop(inside);
    assert_eq!(snapshot().get("span").unwrap().calls(), 2);

    // A stretch that outlives its session is not counted in it, but by the process; so is the call, where it ends.
    let session = Session::new();
    let guard = session.enter();
    let mut late = SPAN.split();
    late.enter();
    spend(5);
    drop(guard);
    late.exit();
    drop(late);
    let seen = snapshot();
    assert_eq!((seen.get("span").unwrap().calls(), seen.get("span").unwrap().polls()), (3, 4));
    assert!(session.snapshot().get("span").is_none());
}
