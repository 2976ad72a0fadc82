//! What time a budget means, read for one call.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use perf_core::budget::Clock;

/// Readings that tell what a reading costs.
const READINGS: usize = 200;

/// The moment that readings of passing time count from.
static ORIGIN: LazyLock<Instant> = LazyLock::new(Instant::now);
/// What an empty measurement reads, nanoseconds: of passing time, and of processor time.
static EMPTY: LazyLock<[u64; 2]> = LazyLock::new(|| [cost(wall), cost(|| cpu().unwrap_or(0))]);

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
            Clock::Cpu => cpu().map(|_| Self { cpu: true, empty: EMPTY[1] }),
        }
    }

    /// Of time that passes.
    pub(crate) fn wall() -> Self {
        Self { cpu: false, empty: EMPTY[0] }
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
    pub(super) async fn time_async<F: Future>(self, future: F) -> (F::Output, u64) {
        let mut future = pin!(future);
        let mut spent = 0;
        let mut first = None;
        let output = poll_fn(|context| {
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

/// How often something came between a thread and its work, since some moment.
#[cfg(feature = "baseline")]
#[derive(Clone, Copy, Debug)]
pub(super) struct Interruptions {
    switches: Option<u64>,
    wall: u64,
    cpu: Option<u64>,
}

#[cfg(feature = "baseline")]
impl Interruptions {
    pub(super) fn start() -> Self {
        Self { switches: switches(), wall: wall(), cpu: cpu() }
    }

    /// The share of so many calls since then that may have been interrupted: each switch to another thread spoils one, be
    /// it that the call waits or that the machine keeps it waiting. Where the system does not count switches, all may
    /// have been if the thread was away for a tenth of the time, and none if it was not.
    pub(super) fn share_of(self, calls: usize) -> f64 {
        if let Some((before, now)) = self.switches.zip(switches()) {
            return now.saturating_sub(before) as f64 / calls.max(1) as f64;
        }
        let passed = wall().saturating_sub(self.wall);
        let present = self.cpu.zip(cpu()).map_or(passed, |(before, now)| now.saturating_sub(before));
        f64::from(u8::from(passed.saturating_sub(present) > passed / 10))
    }
}

/// Switches of this thread to others so far, of its own will or not. Linux tells.
#[cfg(feature = "baseline")]
fn switches() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/thread-self/status").ok()?;
    let counted = status.lines().filter_map(|line| line.split_once("ctxt_switches:")?.1.trim().parse::<u64>().ok());
    counted.reduce(|voluntary, forced| voluntary + forced)
}

#[inline]
fn wall() -> u64 {
    nanos(ORIGIN.elapsed())
}

pub(super) fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(all(unix, not(any(target_os = "solaris", target_os = "illumos", target_os = "netbsd", target_os = "redox"))))]
fn cpu() -> Option<u64> {
    use rustix::time::{ClockId, clock_gettime};

    let time = clock_gettime(ClockId::ThreadCPUTime);
    let seconds = u64::try_from(time.tv_sec).ok()?;
    let nanoseconds = u64::try_from(time.tv_nsec).ok()?;
    Some(seconds * 1_000_000_000 + nanoseconds)
}

#[cfg(not(all(
    unix,
    not(any(target_os = "solaris", target_os = "illumos", target_os = "netbsd", target_os = "redox"))
)))]
fn cpu() -> Option<u64> {
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
    use super::*;

    fn spin(time: Duration) {
        let start = Instant::now();
        while start.elapsed() < time {
            std::hint::spin_loop();
        }
    }

    #[cfg(feature = "baseline")]
    #[test]
    fn sleeping_is_an_interruption() {
        let watched = Interruptions::start();
        std::thread::sleep(Duration::from_millis(20));
        assert!(cpu().is_none() || watched.share_of(1) >= 1.0, "{watched:?}");
        // What others do to a call they do not do to each of a thousand.
        let watched = Interruptions::start();
        assert!(switches().is_none() || watched.share_of(1_000) < 0.5, "{watched:?}");
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
