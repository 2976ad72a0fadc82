//! Stopwatches for calls: of passing time, and of the processor time of a thread.
//!
//! Only readings live here; what they mean for a budget or an endpoint is said elsewhere.

use std::sync::LazyLock;
use std::time::Instant;

use perf_core::budget::Clock;

use crate::nanos::nanos;

/// Readings that tell what a reading costs.
const READINGS: usize = 200;

/// The moment that readings of passing time count from.
static ORIGIN: LazyLock<Instant> = LazyLock::new(Instant::now);
/// The time that an empty measurement reads, nanoseconds. A clock is read only where it is asked for: valgrind does not bear
/// every way of reading that of the processor.
static EMPTY: LazyLock<u64> = LazyLock::new(|| cost(wall));
/// The same of processor time.
static EMPTY_CPU: LazyLock<u64> = LazyLock::new(|| cost(|| cpu().unwrap_or(0)));

/// Times calls by one of the two clocks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stopwatch {
    cpu: bool,
    empty: u64,
}

impl Stopwatch {
    /// `None` where the platform cannot tell a thread's processor time.
    pub(crate) fn new(clock: Clock) -> Option<Self> {
        match clock {
            Clock::Wall => Some(Self::wall()),
            Clock::Cpu => cpu().map(|_| Self { cpu: true, empty: *EMPTY_CPU }),
            _ => None,
        }
    }

    /// Of time that passes.
    pub(crate) fn wall() -> Self {
        Self { cpu: false, empty: *EMPTY }
    }

    /// A reading, in nanoseconds since some moment.
    #[inline]
    pub(crate) fn now(self) -> u64 {
        if self.cpu { cpu().unwrap_or(0) } else { wall() }
    }

    /// Nanoseconds since a reading, less what reading costs.
    #[inline]
    pub(crate) fn since(self, start: u64) -> u64 {
        self.now().saturating_sub(start).saturating_sub(self.empty)
    }

    /// Runs a future and times it: by the wall from its first poll to its end, by the processor in its polls.
    #[cfg(feature = "gate")]
    pub(crate) async fn time_async<F: Future>(self, future: F) -> (F::Output, u64) {
        let mut future = std::pin::pin!(future);
        let mut spent = 0;
        let mut first = None;
        let output = std::future::poll_fn(|context| {
            let start = self.now();
            let began = *first.get_or_insert(start);
            let polled = future.as_mut().poll(context);
            if self.cpu {
                spent += self.since(start);
            } else {
                spent = self.since(began);
            }
            polled
        })
        .await;
        (output, spent)
    }
}

#[inline]
pub(crate) fn wall() -> u64 {
    nanos(ORIGIN.elapsed())
}

/// Processor time of the calling thread, nanoseconds.
#[inline]
pub(crate) fn cpu() -> Option<u64> {
    spent(false)
}

/// Processor time of all threads of the process.
#[cfg(feature = "gate")]
#[inline]
pub(crate) fn cpu_of_process() -> Option<u64> {
    spent(true)
}

#[cfg(all(unix, not(any(target_os = "solaris", target_os = "illumos", target_os = "netbsd", target_os = "redox"))))]
#[inline]
fn spent(by_all: bool) -> Option<u64> {
    use rustix::time::{ClockId, clock_gettime};

    let time = clock_gettime(if by_all { ClockId::ProcessCPUTime } else { ClockId::ThreadCPUTime });
    let seconds = u64::try_from(time.tv_sec).ok()?;
    let nanoseconds = u64::try_from(time.tv_nsec).ok()?;
    Some(seconds * 1_000_000_000 + nanoseconds)
}

#[cfg(not(all(
    unix,
    not(any(target_os = "solaris", target_os = "illumos", target_os = "netbsd", target_os = "redox"))
)))]
fn spent(_by_all: bool) -> Option<u64> {
    None
}

/// The least difference between two readings in a row.
fn cost(read: impl Fn() -> u64) -> u64 {
    (0..READINGS)
        .map(|_| {
            let start = read();
            read().saturating_sub(start)
        })
        .min()
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn spin(time: Duration) {
        let start = Instant::now();
        while start.elapsed() < time {
            std::hint::spin_loop();
        }
    }

    #[test]
    fn sleeping_takes_time_but_no_processor() {
        let wall = Stopwatch::wall();
        let started = wall.now();
        let timed = Stopwatch::new(Clock::Cpu).map(|watch| (watch, watch.now()));
        std::thread::sleep(Duration::from_millis(20));
        assert!(wall.since(started) >= 20_000_000);
        if let Some((watch, start)) = timed {
            assert!(watch.since(start) < 10_000_000);
            let start = watch.now();
            spin(Duration::from_millis(20));
            assert!(watch.since(start) > 0);
        }
    }
}
