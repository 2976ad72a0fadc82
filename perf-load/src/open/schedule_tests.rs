//! The schedule against a queue that turns arrivals away at its door, and under many threads.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use proptest::prelude::*;

use super::schedule::{Next, Schedule};
use crate::Arrivals;

/// The fate of each arrival: its start, or none where it is dropped.
type Fates = Vec<Option<u64>>;

/// A naive queue: at each arrival, the waiting ones are counted.
fn naive(times: &[u64], services: &[u64], workers: usize, bound: usize) -> Fates {
    let mut free: BinaryHeap<Reverse<u64>> = (0..workers).map(|_| Reverse(0)).collect();
    let mut starts: Vec<u64> = Vec::new();
    let one = |(at, &time): (usize, &u64)| {
        let Reverse(soonest) = *free.peek().unwrap();
        let waiting = starts.iter().filter(|start| **start > time).count();
        if soonest > time && waiting >= bound {
            return None;
        }
        let start = soonest.max(time);
        free.pop();
        free.push(Reverse(start + services[at]));
        starts.push(start);
        Some(start)
    };
    times.iter().enumerate().map(one).collect()
}

/// Workers that ask the schedule in the order in which they become free.
fn scheduled(times: &[u64], services: &[u64], workers: usize, bound: u32) -> Fates {
    let arrivals = Arrivals::replay(times.iter().copied().map(Duration::from_nanos).collect()).unwrap();
    let schedule = Schedule::new(&arrivals, bound);
    let mut free: BinaryHeap<Reverse<u64>> = (0..workers).map(|_| Reverse(0)).collect();
    let mut fates = Fates::new();
    while let Some(Reverse(now)) = free.pop() {
        match schedule.next(now) {
            Next::Start { number, due } => {
                assert_eq!((usize::try_from(number).unwrap(), due), (fates.len(), times[fates.len()]));
                let start = due.max(now);
                free.push(Reverse(start + services[fates.len()]));
                fates.push(Some(start));
            }
            Next::Dropped { due } => {
                assert_eq!(due, times[fates.len()]);
                fates.push(None);
                free.push(Reverse(now));
            }
            Next::Later => unreachable!("was not asked for"),
            Next::End => {}
        }
    }
    fates
}

proptest! {
    #[test]
    fn arrivals_are_started_and_dropped_as_in_a_queue(
        gaps in prop::collection::vec(prop_oneof![0_u64..3, 0_u64..100], 1..300),
        services in prop::collection::vec(prop_oneof![1_u64..5, 1_u64..200], 300),
        workers in 1_usize..5,
        bound in 0_u32..9,
    ) {
        let times: Vec<u64> = gaps.iter().scan(0, |now, gap| { *now += gap; Some(*now) }).collect();
        let fates = scheduled(&times, &services, workers, bound);
        prop_assert_eq!(fates, naive(&times, &services, workers, bound as usize));
    }
}

#[test]
fn every_arrival_is_taken_once_whoever_takes_it() {
    let arrivals = Arrivals::constant(1e6, Duration::from_millis(300)).unwrap();
    // All of them are overdue, so that the threads do nothing else.
    let schedule = Schedule::new(&arrivals, 1 << 20);
    let times: Vec<u64> = arrivals.times().map(|time| u64::try_from(time.as_nanos()).unwrap()).collect();
    let taken: Vec<AtomicBool> = times.iter().map(|_| AtomicBool::new(false)).collect();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let mut last = None;
                loop {
                    let (number, due) = match schedule.next(u64::MAX / 2) {
                        Next::Start { number, due } => (usize::try_from(number).unwrap(), due),
                        Next::End => break,
                        other => panic!("{other:?}"),
                    };
                    assert!(last < Some(number), "in order");
                    assert_eq!(due, times[number]);
                    assert!(!taken[number].swap(true, Ordering::Relaxed), "{number} was taken twice");
                    last = Some(number);
                }
            });
        }
    });
    assert!(taken.iter().all(|taken| taken.load(Ordering::Relaxed)), "one was never taken");
}

#[test]
fn what_is_left_is_what_nobody_took() {
    let arrivals = Arrivals::constant(1e4, Duration::from_secs(1)).unwrap();
    let schedule = Schedule::new(&arrivals, 10);
    for expected in 0..7_000 {
        assert_eq!(schedule.next(0), Next::Start { number: expected, due: expected * 100_000 });
    }
    let left: Vec<u64> = schedule.left(900_000_000).collect();
    assert_eq!(left, (7_000..=9_000).map(|number| number * 100_000).collect::<Vec<u64>>());
}
