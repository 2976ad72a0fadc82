//! Sessions side by side and inside each other, over the same probes.

use std::sync::Barrier;
use std::thread;

use perf_core::{Session, SessionGuard, Snapshot, perf_probe, snapshot};

#[perf_probe(name = "sessions::step")]
fn step() {}

fn steps(snapshot: &Snapshot) -> u64 {
    snapshot.get("sessions::step").map_or(0, perf_core::ProbeStats::calls)
}

macro_rules! parallel_tests {
    ($($name:ident $calls:literal)*) => {$(
        /// One of 32 that run at once, each with counts of its own.
        #[test]
        fn $name() {
            let session = Session::new();
            for round in 1..=if cfg!(miri) { 1 } else { 20 } {
                session.run(|| (0..$calls).for_each(|_| step()));
                thread::scope(|scope| {
                    let handle = session.handle();
                    scope.spawn(move || {
                        let _inside = handle.enter();
                        step();
                    });
                    scope.spawn(step); // outside
                });
                step(); // outside
                assert_eq!(steps(&session.snapshot()), round * ($calls + 1));
            }
        }
    )*};
}

parallel_tests! {
    t01 1 t02 2 t03 3 t04 4 t05 5 t06 6 t07 7 t08 8 t09 9 t10 10 t11 11 t12 12 t13 13 t14 14 t15 15 t16 16
    t17 17 t18 18 t19 19 t20 20 t21 21 t22 22 t23 23 t24 24 t25 25 t26 26 t27 27 t28 28 t29 29 t30 30 t31 31 t32 32
}

#[test]
fn an_outer_session_sees_its_inner_ones() {
    let (outer, inner) = (Session::new(), Session::new());
    let before = steps(&snapshot());
    outer.run(|| {
        step();
        inner.run(|| {
            step();
            outer.run(step); // inside both already
        });
        step();
    });
    inner.run(step);
    assert_eq!((steps(&outer.snapshot()), steps(&inner.snapshot())), (4, 3));
    drop(inner);
    assert_eq!(steps(&outer.snapshot()), 4, "what the inner one saw stays");
    drop(outer);
    assert!(steps(&snapshot()) >= before + 5);
}

#[test]
fn guards_may_leave_in_any_order() {
    let (a, b, c) = (Session::new(), Session::new(), Session::new());
    let (in_a, in_b, in_c) = (a.enter(), b.enter(), c.enter());
    step();
    drop(in_b);
    step(); // still in c, which was entered inside of b
    drop(in_a);
    drop(in_c);
    step();
    assert_eq!(steps(&a.snapshot()), 2);
    assert_eq!(steps(&b.snapshot()), 2);
    assert_eq!(steps(&c.snapshot()), 2);
}

#[test]
fn one_session_on_many_threads() {
    const ENTRIES: u64 = if cfg!(miri) { 3 } else { 200 };
    let session = Session::new();
    let together = Barrier::new(8);
    thread::scope(|scope| {
        for _ in 0..8 {
            let (handle, together) = (session.handle(), &together);
            scope.spawn(move || {
                together.wait();
                for _ in 0..ENTRIES {
                    let _inside = handle.enter();
                    step();
                }
            });
        }
    });
    assert_eq!(steps(&session.snapshot()), 8 * ENTRIES);
}

#[test]
fn a_leaked_guard_hurts_nobody_else() {
    thread::spawn(|| {
        let session = Session::new();
        std::mem::forget::<SessionGuard>(session.enter());
        step();
        assert_eq!(steps(&session.snapshot()), 1);
    })
    .join()
    .unwrap();
    let session = Session::new();
    session.run(step);
    assert_eq!(steps(&session.snapshot()), 1);
}

#[test]
fn intervals_and_sums() {
    let session = Session::new();
    session.run(|| (0..3).for_each(|_| step()));
    let early = session.snapshot();
    session.run(|| (0..4).for_each(|_| step()));
    let late = session.snapshot();
    assert_eq!(steps(&late.since(&early)), 4);
    assert_eq!(steps(&early.since(&late)), 0, "nothing came before");
    let mut both = early.clone();
    both.merge(&late.since(&early));
    assert_eq!(steps(&both), steps(&late));
    let (both, late) = (both.get("sessions::step").unwrap(), late.get("sessions::step").unwrap());
    assert_eq!(both.histogram(), late.histogram());
    assert_eq!(both.total(), late.total());
}
