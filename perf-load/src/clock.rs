//! The time of a drive, and waiting for a moment of it.
//!
//! Deadlines are absolute: a wait that was too long does not delay the next. A wait sleeps until shortly before, as long as a
//! sleep was measured to be late here, and spins the rest; where as many threads spin as there are processors, it sleeps to the
//! end.

use std::hint;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::{Duration, Instant};

/// Nanoseconds since the beginning of a drive, by a clock that tests can turn.
pub(crate) trait Clock: Sync {
    fn now(&self) -> u64;

    /// Returns the time at `until`, or as soon as `give_up` returns `true`.
    fn wait(&self, until: u64, give_up: &dyn Fn() -> bool) -> u64;
}

impl<C: Clock + Send> Clock for Arc<C> {
    fn now(&self) -> u64 {
        (**self).now()
    }

    fn wait(&self, until: u64, give_up: &dyn Fn() -> bool) -> u64 {
        (**self).wait(until, give_up)
    }
}

/// A sleep is cut to this, so that a drive can be stopped meanwhile.
const NAP: Duration = Duration::from_millis(20);
/// Sleeps that are tried to see how late they are, and how long each is.
const TRIES: usize = 16;
const TRY: Duration = Duration::from_micros(50);
/// The shortest time to spin: where sleeps are later than this, so are starts.
const LEAST: Duration = Duration::from_micros(20);
const MOST: Duration = Duration::from_micros(200);

/// The system's monotonic clock.
#[derive(Debug)]
pub(crate) struct Monotonic {
    beginning: Instant,
    margin: Duration,
    spinning: AtomicUsize,
    processors: usize,
}

impl Monotonic {
    /// Begins now.
    pub(crate) fn new() -> Self {
        let processors = thread::available_parallelism().map_or(1, usize::from);
        Self { margin: margin(), spinning: AtomicUsize::new(0), processors, beginning: Instant::now() }
    }

    fn spin(&self, until: u64) -> u64 {
        let others = self.spinning.fetch_add(1, Ordering::Relaxed);
        let mut now = self.now();
        if others >= self.processors && now < until {
            thread::sleep(Duration::from_nanos(until - now));
            now = self.now();
        }
        while now < until {
            hint::spin_loop();
            now = self.now();
        }
        self.spinning.fetch_sub(1, Ordering::Relaxed);
        now
    }
}

impl Clock for Monotonic {
    #[inline]
    fn now(&self) -> u64 {
        // The time is below 584 years.
        u64::try_from(self.beginning.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }

    fn wait(&self, until: u64, give_up: &dyn Fn() -> bool) -> u64 {
        loop {
            let now = self.now();
            if now >= until || give_up() {
                return now;
            }
            match Duration::from_nanos(until - now).checked_sub(self.margin) {
                Some(sleep) if !sleep.is_zero() => thread::sleep(sleep.min(NAP)),
                _ => return self.spin(until),
            }
        }
    }
}

/// How late a short sleep is on this machine, without the worst of sixteen: measured once, on a thread that sleeps as exactly as
/// workers do.
fn margin() -> Duration {
    static MARGIN: OnceLock<Duration> = OnceLock::new();
    let measure = || {
        sleep_exactly();
        let mut late: Vec<Duration> = (0..TRIES)
            .map(|_| {
                let start = Instant::now();
                thread::sleep(TRY);
                start.elapsed().saturating_sub(TRY)
            })
            .collect();
        late.sort_unstable();
        late[TRIES - 2]
    };
    // Where no thread can be started, the drive itself reports it.
    *MARGIN.get_or_init(|| {
        let thread = thread::Builder::new().spawn(measure);
        thread.ok().and_then(|thread| thread.join().ok()).unwrap_or(MOST).clamp(LEAST, MOST)
    })
}

/// Asks the system for sleeps of this thread that are as exact as possible; by default Linux lets them be 50 µs late.
pub(crate) fn sleep_exactly() {
    #[cfg(target_os = "linux")]
    let _ = rustix::thread::set_current_timer_slack(std::num::NonZeroU64::new(1));
}

/// A clock that stands still until an operation or a wait turns it. Clones are the same clock.
#[cfg(test)]
#[derive(Clone, Debug, Default)]
pub(crate) struct Virtual(Arc<std::sync::atomic::AtomicU64>);

#[cfg(test)]
impl Virtual {
    pub(crate) fn pass(&self, time: Duration) {
        self.0.fetch_add(u64::try_from(time.as_nanos()).unwrap(), Ordering::Relaxed);
    }
}

#[cfg(test)]
impl Clock for Virtual {
    fn now(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    fn wait(&self, until: u64, give_up: &dyn Fn() -> bool) -> u64 {
        if !give_up() {
            self.0.fetch_max(until, Ordering::Relaxed);
        }
        self.now()
    }
}
