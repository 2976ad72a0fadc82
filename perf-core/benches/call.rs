//! What a call costs, in every state a probe can be in: `cargo bench -p perf-core --bench call`.

mod common;

use std::cell::Cell;
use std::hint::black_box;
use std::pin::pin;
use std::sync::Barrier;
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::{Duration, Instant};

use common::{Way, compare, time, work};
use perf_core::{Histogram, Probe, Session, perf_probe, set_call_tree, set_recording, set_timeline};

#[inline(never)]
fn plain(x: u64) -> u64 {
    work(x)
}

#[cfg(target_arch = "x86_64")]
fn counter() -> u64 {
    // SAFETY: every x86-64 has it.
    unsafe { core::arch::x86_64::_rdtsc() }
}

#[cfg(not(target_arch = "x86_64"))]
fn counter() -> u64 {
    thread_local!(static START: Instant = Instant::now());
    u64::try_from(START.with(Instant::elapsed).as_nanos()).unwrap_or(0)
}

/// The floor: two raw readings and an uncontended thread-local log-linear histogram with 32 steps for each octave.
#[inline(never)]
fn floor(x: u64) -> u64 {
    thread_local!(static CELLS: [Cell<u64>; 60 * 32] = const { [const { Cell::new(0) }; 60 * 32] });
    let start = counter();
    let result = work(x);
    let ticks = counter().wrapping_sub(start);
    let shift = 58 - (ticks | 32).leading_zeros();
    let index = ((shift as usize) << 5) + usize::try_from(ticks >> shift).unwrap_or(0);
    CELLS.with(|cells| cells[index % cells.len()].set(cells[index % cells.len()].get() + 1));
    result
}

#[inline(never)]
fn two_readings(x: u64) -> u64 {
    let start = counter();
    let result = work(x);
    black_box(counter().wrapping_sub(start));
    result
}

#[inline(never)]
#[perf_probe]
fn probed(x: u64) -> u64 {
    work(x)
}

#[inline(never)]
#[perf_probe]
fn probed_result(x: u64) -> Result<u64, ()> {
    if x == u64::MAX { Err(()) } else { Ok(work(x)) }
}

#[inline(never)]
#[perf_probe(sample = 100)]
fn sampled(x: u64) -> u64 {
    work(x)
}

/// A few nanoseconds of work.
#[inline(always)]
fn some_nanoseconds(x: u64) -> u64 {
    (0..8).fold(x, |x, _| work(x))
}

#[inline(never)]
fn longer(x: u64) -> u64 {
    some_nanoseconds(x)
}

#[inline(never)]
#[perf_probe(overhead = "1%")]
fn capped(x: u64) -> u64 {
    some_nanoseconds(x)
}

#[inline(never)]
#[perf_probe]
fn nested(x: u64) -> u64 {
    probed(x)
}

fn recorded(on: bool) {
    set_timeline(if on { 1 << 14 } else { 0 });
}

fn states() {
    let switched = |name, switch: fn(bool), on: bool, function: fn(u64) -> u64| {
        Way::new(name, move |calls| {
            switch(on);
            let took = time(calls, function);
            switch(!on);
            took
        })
    };
    compare(
        "States of a probe",
        "floor",
        1_000_000,
        &[
            Way::new("not annotated", |calls| time(calls, plain)),
            Way::new("two counter readings", |calls| time(calls, two_readings)),
            Way::new("floor", |calls| time(calls, floor)),
            switched("switched off", set_recording, false, probed),
            Way::new("on", |calls| time(calls, probed)),
            Way::new("on, returning Result", |calls| time(calls, |x| probed_result(x).unwrap_or(0))),
            switched("on, with call tree", set_call_tree, true, probed),
            switched("on, with timeline", recorded, true, probed),
            Way::new("sample = 100", |calls| time(calls, sampled)),
            Way::new("two, one in the other", |calls| time(calls, nested)),
            switched("the same with call tree", set_call_tree, true, nested),
            switched("the same with timeline", recorded, true, nested),
            Way::new("in a session", |calls| {
                let session = Session::new();
                session.run(|| time(calls, probed))
            }),
        ],
    );
    compare(
        "Overhead cap of 1 %, function of about 5 ns",
        "not annotated",
        1_000_000,
        &[
            Way::new("not annotated", |calls| time(calls, longer)),
            Way::new("overhead = \"1%\"", |calls| time(calls, capped)),
        ],
    );
}

/// A future that is pending as often as it is told.
struct Polls(u64);

impl Future for Polls {
    type Output = ();

    fn poll(mut self: std::pin::Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        self.0 = self.0.saturating_sub(1);
        if black_box(self.0) == 0 { Poll::Ready(()) } else { Poll::Pending }
    }
}

fn polls() {
    static FUTURE: Probe = Probe::new("future");
    fn drive(future: impl Future<Output = ()>) -> Duration {
        let start = Instant::now();
        let mut future = pin!(future);
        while future.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending() {}
        start.elapsed()
    }
    compare(
        "A poll of a future",
        "not measured",
        1_000_000,
        &[
            Way::new("not measured", |polls| drive(Polls(polls))),
            Way::new("measured", |polls| drive(FUTURE.wrap(Polls(polls)))),
        ],
    );
}

/// Mean time of a call while so many threads are at it.
fn together(threads: usize, calls: u64, function: fn(u64) -> u64) -> Duration {
    let barrier = Barrier::new(threads);
    let times: Vec<Duration> = thread::scope(|scope| {
        let running: Vec<_> = (0..threads)
            .map(|_| {
                scope.spawn(|| {
                    barrier.wait();
                    time(calls, function)
                })
            })
            .collect();
        running.into_iter().map(|thread| thread.join().expect("it does not panic")).collect()
    });
    times.iter().sum::<Duration>() / u32::try_from(threads).unwrap_or(1)
}

fn threads() {
    let most = thread::available_parallelism().map_or(1, usize::from);
    let mut ways = Vec::new();
    for threads in (0..).map(|power| 1 << power).take_while(|&threads| threads <= most) {
        let name = |what: &str| &*format!("{what}, {threads} threads").leak();
        ways.push(Way::new(name("floor"), move |calls| together(threads, calls, floor)));
        ways.push(Way::new(name("on"), move |calls| together(threads, calls, probed)));
    }
    compare("Threads, no more than there are processors", "floor, 1 threads", 1_000_000, &ways);
}

fn histogram() {
    compare(
        "The histogram as a value",
        "counter",
        100_000,
        &[
            Way::new("counter", |calls| time(calls, |x| x + 1)),
            Way::new("add a value", |calls| {
                let start = Instant::now();
                let histogram: Histogram = (0..calls).map(|x| work(x) >> 40).collect();
                black_box(histogram.quantile(0.99));
                start.elapsed()
            }),
        ],
    );
}

fn main() {
    states();
    polls();
    threads();
    histogram();
}
