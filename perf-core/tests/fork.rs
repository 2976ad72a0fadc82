//! `fork`: a child runs, counts and reads, regardless of what the other threads of its parent were doing; and its figures are its own.
#![cfg(unix)]
#![allow(clippy::incompatible_msrv, reason = "tests are built with the workspace's compiler")]

use std::ffi::c_int;
use std::io::{Read, Write};
use std::os::fd::FromRawFd;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use perf_core::{Probe, ProbeStats, Session, snapshot};

unsafe extern "C" {
    fn fork() -> c_int;
    fn waitpid(child: c_int, status: *mut c_int, options: c_int) -> c_int;
    fn kill(child: c_int, signal: c_int) -> c_int;
    fn pipe(ends: *mut c_int) -> c_int;
    fn _exit(status: c_int) -> !;
}

const NO_HANG: c_int = 1;
const SIGKILL: c_int = 9;
/// Far longer than a child takes on any machine.
const DEADLINE: Duration = Duration::from_mins(1);

/// The test harness runs tests on several threads, and what one of them counts is in another's child as well.
static ONE_BY_ONE: Mutex<()> = Mutex::new(());

/// Runs `work` in a child; what it returns, or none where it hung or died.
fn in_child(work: impl FnOnce() -> String) -> Option<String> {
    let mut ends = [0; 2];
    // SAFETY: room for two descriptors; each has one owner from here on, in either process.
    let (mut reader, mut writer) = unsafe {
        assert_eq!(pipe(ends.as_mut_ptr()), 0);
        (std::fs::File::from_raw_fd(ends[0]), std::fs::File::from_raw_fd(ends[1]))
    };
    // SAFETY: the child runs what the library promises to work there, and ends without returning.
    let child = unsafe { fork() };
    assert!(child >= 0);
    if child == 0 {
        let written = writer.write_all(work().as_bytes()).is_ok();
        // SAFETY: no destructor of the parent's is to run here.
        unsafe { _exit(c_int::from(!written)) };
    }
    drop(writer);
    let deadline = Instant::now() + DEADLINE;
    let mut status = 0;
    // SAFETY: the child from above, which is waited for once.
    while unsafe { waitpid(child, &raw mut status, NO_HANG) } == 0 {
        if Instant::now() > deadline {
            // SAFETY: as above.
            unsafe {
                kill(child, SIGKILL);
                waitpid(child, &raw mut status, 0);
            }
            return None;
        }
        thread::sleep(Duration::from_millis(1));
    }
    let mut said = String::new();
    (status == 0 && reader.read_to_string(&mut said).is_ok()).then_some(said)
}

fn calls(name: &str) -> u64 {
    snapshot().get(name).map_or(0, ProbeStats::calls)
}

fn call(probe: &'static Probe, times: u64) {
    for _ in 0..times {
        drop(probe.start());
    }
}

#[test]
fn a_childs_figures_are_its_own() {
    static COUNTED: Probe = Probe::new("fork::counted");
    let _alone = ONE_BY_ONE.lock().unwrap_or_else(PoisonError::into_inner);
    thread::spawn(|| call(&COUNTED, 400)).join().unwrap();
    call(&COUNTED, 600);
    let said = in_child(|| {
        call(&COUNTED, 7);
        thread::spawn(|| call(&COUNTED, 3)).join().unwrap();
        let grandchild = in_child(|| {
            call(&COUNTED, 5);
            calls("fork::counted").to_string()
        });
        let snapshot = snapshot();
        let counted = snapshot.get("fork::counted").unwrap();
        let (histogram, threads) = (counted.histogram().count(), snapshot.meta().threads);
        format!("{} {histogram} {} {threads} {grandchild:?}", counted.calls(), snapshot.meta().lost)
    });
    assert_eq!(said.as_deref(), Some("10 10 0 1 Some(\"5\")"));
    call(&COUNTED, 10);
    assert_eq!(calls("fork::counted"), 1010, "with the child's 10, the 1,020 that were made, each once");
}

/// A call that is under way ends in both processes, and each counts its own end.
#[test]
fn a_call_under_way_ends_in_both() {
    static OUTER: Probe = Probe::new("fork::outer");
    static INNER: Probe = Probe::new("fork::inner");
    let _alone = ONE_BY_ONE.lock().unwrap_or_else(PoisonError::into_inner);
    let outer = OUTER.start();
    let said = in_child(|| {
        drop(INNER.start());
        drop(outer);
        drop(OUTER.start());
        format!("{} {} {}", calls("fork::outer"), calls("fork::inner"), snapshot().meta().lost)
    });
    assert_eq!(said.as_deref(), Some("2 1 0"));
    assert_eq!((calls("fork::outer"), calls("fork::inner")), (1, 0), "`outer` was moved into the child's closure");
}

#[test]
fn sessions_go_on_in_the_child_from_nothing() {
    static SEEN: Probe = Probe::new("fork::seen");
    let _alone = ONE_BY_ONE.lock().unwrap_or_else(PoisonError::into_inner);
    let (outer, inner) = (Session::new(), Session::new());
    let seen = |session: &Session| session.snapshot().get("fork::seen").map_or(0, ProbeStats::calls);
    let in_outer = outer.enter();
    call(&SEEN, 2);
    let in_inner = inner.enter();
    let again = inner.enter();
    call(&SEEN, 30);
    let said = in_child(|| {
        let before = (seen(&outer), seen(&inner));
        call(&SEEN, 1);
        drop(again);
        call(&SEEN, 1);
        drop(in_inner);
        call(&SEEN, 4);
        let handle = inner.handle();
        thread::spawn(move || {
            let _inside = handle.enter();
            call(&SEEN, 8);
        })
        .join()
        .unwrap();
        drop(in_outer);
        call(&SEEN, 100);
        let of_a_new_one = Session::new();
        of_a_new_one.run(|| call(&SEEN, 1000));
        format!("{before:?} {} {} {} {}", seen(&outer), seen(&inner), seen(&of_a_new_one), calls("fork::seen"))
    });
    assert_eq!(said.as_deref(), Some("(0, 0) 6 10 1000 1114"));
    assert_eq!((seen(&outer), seen(&inner), calls("fork::seen")), (32, 30, 32));
}

/// Locks that other threads hold at the moment of a fork: probes being registered, threads and sessions coming and going,
/// snapshots and timelines being read.
#[test]
fn no_child_of_a_storm_hangs() {
    const CHILDREN: u64 = 40;
    static HERE: Probe = Probe::new("fork::here");
    static THERE: Probe = Probe::new("fork::there");
    let _alone = ONE_BY_ONE.lock().unwrap_or_else(PoisonError::into_inner);
    perf_core::set_timeline(64);
    perf_core::set_call_tree(true);
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        let storm = |step: fn(u64)| {
            let over = &over;
            scope.spawn(move || {
                for round in 0.. {
                    if over.load(Relaxed) {
                        break;
                    }
                    step(round);
                }
            });
        };
        storm(|_| drop(snapshot()));
        storm(|_| drop(perf_core::timeline()));
        storm(|_| thread::spawn(|| call(&THERE, 3)).join().unwrap());
        storm(|_| Session::new().run(|| call(&THERE, 3)));
        storm(|round| {
            // Some for each child; not so many that reading them is all that happens.
            if round < 2000 {
                call(Box::leak(Box::new(Probe::new(format!("fork::new {round}").leak()))), 1);
            }
            thread::sleep(Duration::from_micros(100));
        });
        for round in 0..CHILDREN {
            let session = Session::new();
            let said = in_child(|| {
                session.run(|| call(&HERE, 2));
                thread::spawn(|| call(&HERE, 1)).join().unwrap();
                let new: &'static Probe = Box::leak(Box::new(Probe::new("fork::of a child")));
                call(new, 4);
                perf_core::set_timeline(128);
                let timeline = perf_core::timeline();
                let of_child = timeline.events().iter().filter(|event| event.name == "fork::of a child").count();
                format!("{} {} {} {of_child}", calls("fork::here"), calls("fork::of a child"), calls("fork::there"))
            });
            assert_eq!(said.as_deref(), Some("3 4 0 4"), "child {round}");
        }
        over.store(true, Relaxed);
    });
    assert_eq!(calls("fork::here"), 0, "none of them ran here");
}
