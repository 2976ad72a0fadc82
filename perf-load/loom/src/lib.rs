//! Loom models of perf-load's schedule, compiled from the library's own file with loom's atomics in place of the standard
//! library's, and a ring of four places. Run with
//!
//! ```text
//! RUSTFLAGS="--cfg loom" cargo test --release --manifest-path perf-load/loom/Cargo.toml
//! ```
//!
//! Loom tries every order in which the workers can run, up to the preemption bound of each model, and every value that the
//! memory model lets a load return.
#![cfg(all(loom, test))]
#![allow(dead_code, reason = "the models use a part of what the file holds")]

#[path = "../../src/open"]
mod open {
    pub(crate) mod schedule;
    mod sync;
}

/// Arrivals as the schedule asks for them: a list of times.
#[derive(Debug)]
pub(crate) struct Arrivals(Vec<u64>);

impl Arrivals {
    fn times(&self) -> arrivals::Times {
        arrivals::Times(self.0.clone().into_iter())
    }
}

mod arrivals {
    #[derive(Clone, Debug)]
    pub(crate) struct Times(pub(super) std::vec::IntoIter<u64>);

    impl Times {
        pub(crate) fn next_nanos(&mut self) -> Option<u64> {
            self.0.next()
        }
    }
}

mod record {
    #[derive(Debug, Default)]
    pub(crate) struct Apart<T>(pub(crate) T);
}

use loom::sync::Arc;
use loom::thread;
use open::schedule::{Next, Schedule};

/// What one worker did, until the end: the numbers and times of the arrivals that it started, and the times of those dropped.
fn drain(schedule: &Schedule, now: u64) -> (Vec<(u64, u64)>, Vec<u64>) {
    let (mut started, mut dropped) = (Vec::new(), Vec::new());
    loop {
        match schedule.next(now) {
            Next::Start { number, due } => started.push((number, due)),
            Next::Dropped { due } => dropped.push(due),
            Next::Later => unreachable!("asked for any time"),
            Next::End => return (started, dropped),
        }
    }
}

/// Two workers on a schedule of these times, at a time at which all are due.
fn two_workers(times: &'static [u64], bound: u32, preemptions: usize, check: fn(Vec<(u64, u64)>, Vec<u64>)) {
    let mut model = loom::model::Builder::new();
    model.preemption_bound = Some(preemptions);
    model.check(move || {
        let schedule = Arc::new(Schedule::new(&Arrivals(times.to_vec()), bound));
        let other = Arc::clone(&schedule);
        let worker = thread::spawn(move || drain(&other, 100));
        let (mut started, mut dropped) = drain(&schedule, 100);
        let (theirs, also) = worker.join().unwrap();
        started.extend(theirs);
        dropped.extend(also);
        started.sort_unstable();
        dropped.sort_unstable();
        check(started, dropped);
    });
}

/// Each arrival is started once, with its own time, though the ring of four goes round.
#[test]
fn each_arrival_is_taken_once() {
    two_workers(&[10, 11, 12, 13, 14, 15], 100, 2, |started, dropped| {
        let right: Vec<(u64, u64)> = (0..6).map(|at| (at, 10 + at)).collect();
        assert_eq!((started, dropped), (right, Vec::new()));
    });
}

#[test]
fn the_end_is_not_seen_before_the_last_arrival() {
    two_workers(&[1, 2, 3], 100, 3, |started, _| assert_eq!(started, [(0, 1), (1, 2), (2, 3)]));
}

/// Without a backlog, what finds no worker at its time is dropped; nothing is lost and nothing counted twice.
#[test]
fn an_arrival_is_started_or_dropped() {
    two_workers(&[10, 20, 30, 40, 50], 0, 2, |started, dropped| {
        let mut all: Vec<u64> = started.into_iter().map(|(_, due)| due).chain(dropped).collect();
        all.sort_unstable();
        assert_eq!(all, [10, 20, 30, 40, 50]);
    });
}

/// A worker that takes only what is due hands nothing out too early, beside one that takes all.
#[test]
fn a_time_read_from_the_ring_is_that_of_the_arrival() {
    let mut model = loom::model::Builder::new();
    model.preemption_bound = Some(2);
    model.check(|| {
        let schedule = Arc::new(Schedule::new(&Arrivals(vec![1, 2, 3, 4, 5]), 100));
        let other = Arc::clone(&schedule);
        let worker = thread::spawn(move || drain(&other, 100).0);
        let early = match schedule.next(0) {
            Next::Start { number, due } => vec![(number, due)],
            _ => Vec::new(),
        };
        let mut all = worker.join().unwrap();
        all.extend(early);
        assert!(all.iter().all(|(number, due)| *due == number + 1), "{all:?}");
        assert_eq!(all.len(), 5);
    });
}
