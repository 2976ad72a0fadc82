//! The resources that the process uses while it runs: memory and processor time ten times a second, all others once a second.
//!
//! ```
//! use perf_exporters::monitor::{self, Monitor, Options};
//!
//! let monitor = Monitor::start(&Options::default())?; // at the beginning of `main`
//! let track = monitor::track().expect("one is running");
//! assert!(!track.moments.is_empty());
//! for figure in track.summary() {
//!     println!("{}: {} on average, {} at most", figure.label, figure.mean, figure.max);
//! }
//! # Ok::<(), std::io::Error>(())
//! ```
//!
//! `PERF_MONITOR=on` (or a time between two looks, such as `PERF_MONITOR=250ms`) starts one with the
//! [`Reporter`](crate::Reporter). Reports of a process that is watched carry a [`Track`]; JSON and the HTML page have all of
//! it, the endpoint's `/metrics` its last values, and [`diagnose`](crate::diagnose()) draws conclusions from it.
//!
//! # What is read, and from where
//!
//! | figures | source | where |
//! |---|---|---|
//! | live heap | [`perf_core::live_bytes`] | where `PerfAlloc` is the allocator |
//! | resident set | `/proc/self/statm` | Linux; elsewhere with the details |
//! | processor time | the process's clock | Unix |
//! | user and system time, faults, context switches, peak | `getrusage` | Unix |
//! | threads, their processor time and what they are blocked in | `/proc/self/task` | Linux |
//! | disk and other I/O | `/proc/self/io`; elsewhere the crate `sysinfo` | Linux; disks elsewhere |
//! | network | `/proc/self/net/dev` | Linux |
//! | file descriptors | `/proc/self/fd` | Linux |
//! | pressure stall | the cgroup's `*.pressure`, or `/proc/pressure` | Linux |
//! | limits, throttling, memory of the cgroup | cgroup version 1 or 2 | Linux |
//! | jemalloc | a closure of the program: [`watch_jemalloc`] | where the program runs it |
//!
//! [`Reading`] documents each of them. Figures that are not available are left out, and [`Track::absent`] says why.
//!
//! # Bounds
//!
//! A track has at most 513 moments and 129 readings: when one of them is full, every two of it become one and looks are
//! gathered over twice the time, so that a track of any length shows the whole run. Of levels the greatest value stays, so
//! no peak that was seen is lost; sums go on, so nothing is lost of them either.
//!
//! The monitor measures its looks. After a detailed look it waits for at least two thousand times as long as that took, and
//! after a sample of what threads are blocked in for five hundred times as long on average, so that details cost a twentieth
//! and samples a fifth of a per cent of one processor at most, regardless of the number of threads.

mod absent;
mod course;
#[cfg(not(target_os = "linux"))]
#[path = "elsewhere.rs"]
mod details;
#[cfg(target_os = "linux")]
#[path = "linux/mod.rs"]
mod details;
mod jemalloc;
mod system;
mod usage;

use std::io;
use std::mem;
use std::path::Path;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant, SystemTime};

use fastrand::Rng;

use crate::Error;
use crate::env::{self, Choice};
use crate::process::Process;
use crate::report::{Limits, Moment, Reading, Summary, Track, nanos};
use absent::Reasons;
use course::Course;
use details::Details;
pub use jemalloc::{Jemalloc, watch_jemalloc};
use system::System;

/// The shortest time between two looks.
const LEAST: Duration = Duration::from_millis(1);
/// Details are not read for so many times as long as they took, and no sample is taken, on average.
const PATIENCE: u32 = 2_000;
const PATIENCE_OF_SAMPLES: u32 = 500;
/// Half of the moments and readings that a track has, but for the first.
const MOMENTS: usize = 256;
const READINGS: usize = 64;

/// How a process is watched.
///
/// ```
/// let mut options = perf_exporters::monitor::Options::default();
/// options.every = std::time::Duration::from_millis(250);
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Options {
    /// Time from one look at memory and processor time to the next, at least a millisecond; on average from one sample of what
    /// threads are blocked in to the next, or more where that would cost too much.
    pub every: Duration,
    /// Time from one look at everything else to the next; more where that would cost too much.
    pub details_every: Duration,
}

impl Default for Options {
    /// Ten looks and ten samples a second, one of the looks with details.
    fn default() -> Self {
        Self { every: Duration::from_millis(100), details_every: Duration::from_secs(1) }
    }
}

/// Watches the process until it is dropped. A process has one monitor: a caller that starts another one shares the first, as
/// it is, and it goes on until the last of them is dropped.
#[must_use = "watching ends when this is dropped: keep it with `let _monitor = …`"]
#[derive(Clone, Debug)]
pub struct Monitor(Arc<Running>);

#[derive(Debug)]
struct Running {
    watched: Arc<Mutex<Watched>>,
    /// Closes when this is dropped, which ends the thread.
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
    process: Process,
}

#[derive(Debug)]
struct Watched {
    started: Instant,
    start: SystemTime,
    system: System,
    moments: Course<Moment>,
    details: Details,
    readings: Course<Reading>,
    reasons: Reasons,
    /// The monitor's own thread, once it runs, and its processor time.
    thread: u32,
    own_ns: Option<u64>,
}

static RUNNING: Mutex<Weak<Running>> = Mutex::new(Weak::new());

impl Monitor {
    /// Watches from now on, or shares the monitor that runs already. Fails where no thread can be started.
    ///
    /// # Errors
    /// No thread could be started.
    pub fn start(options: &Options) -> io::Result<Self> {
        let mut running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
        // In the child of a fork the parent's monitor watches nothing.
        if let Some(shared) = running.upgrade().filter(|shared| shared.process.is_current()) {
            return Ok(Self(shared));
        }
        let started = Arc::new(Running::start(options)?);
        *running = Arc::downgrade(&started);
        Ok(Self(started))
    }

    /// The track so far, with a look of now.
    #[must_use]
    pub fn track(&self) -> Track {
        self.0.track()
    }

    /// Mean, 95th percentile, greatest value and growth of every figure so far: [`Track::summary`].
    ///
    /// ```
    /// use perf_exporters::monitor::{Monitor, Options};
    ///
    /// let monitor = Monitor::start(&Options::default())?;
    /// std::hint::black_box((0..1_000_000_u64).sum::<u64>());
    /// if let Some(cpu) = monitor.summary().iter().find(|figure| figure.name == "cpu_ns") {
    ///     println!("{:.2} processors busy on average, {:.2} at most", cpu.mean, cpu.max);
    /// }
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[must_use]
    pub fn summary(&self) -> Vec<Summary> {
        self.track().summary()
    }
}

impl Running {
    fn start(options: &Options) -> io::Result<Self> {
        let every = options.every.max(LEAST);
        let pace = Pace { every, details_every: options.details_every.max(every) };
        let watched = Arc::new(Mutex::new(Watched::new()));
        let (stop, stopped) = mpsc::channel();
        let shared = Arc::clone(&watched);
        let thread = thread::Builder::new().name("perf-monitor".to_owned());
        let thread = thread.spawn(move || pace.watch(&shared, &stopped))?;
        Ok(Self { watched, stop: Some(stop), thread: Some(thread), process: Process::current() })
    }

    fn track(&self) -> Track {
        self.watched.lock().unwrap_or_else(PoisonError::into_inner).track()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if !self.process.is_current() {
            mem::forget((self.stop.take(), self.thread.take()));
            return;
        }
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // Whether it panicked or not, it has ended.
            let _ = thread.join();
        }
    }
}

impl Watched {
    fn new() -> Self {
        let mut watched = Self {
            started: Instant::now(),
            start: SystemTime::now(),
            system: System::new(),
            moments: Course::new(MOMENTS),
            details: Details::new(Path::new("/")),
            readings: Course::new(READINGS),
            reasons: Reasons::default(),
            thread: system::thread_id(),
            own_ns: None,
        };
        watched.sample();
        // The memory figures of the details are part of the first moment.
        let reading = watched.reading();
        watched.readings.add(reading);
        let moment = watched.moment();
        watched.moments.add(moment);
        watched
    }

    fn moment(&mut self) -> Moment {
        let moment = self.system.look(self.started);
        let known = [
            ("live_bytes", moment.live_bytes.is_some(), "PerfAlloc is not the allocator, or probes are off"),
            ("rss_bytes", moment.rss_bytes.is_some(), "the system does not tell it"),
            ("cpu_ns", moment.cpu_ns.is_some(), "this platform has no clock of processor time"),
        ];
        for (source, known, reason) in known {
            self.reasons.note_known(source, known, reason);
        }
        moment
    }

    /// Looks at what threads are blocked in.
    fn sample(&mut self) {
        self.details.sample(nanos(self.started.elapsed()), self.thread);
    }

    fn reading(&mut self) -> Reading {
        let mut reading = Reading { at_ns: nanos(self.started.elapsed()), ..Reading::default() };
        self.reasons.note("getrusage", usage::read(&mut reading));
        self.reasons.note("jemalloc", jemalloc::read(&mut reading));
        self.details.look(&mut reading, &mut self.reasons);
        #[cfg(not(target_os = "linux"))]
        {
            self.system.resident = self.details.resident();
        }
        reading
    }

    /// The track so far and a look of now.
    fn track(&mut self) -> Track {
        let reading = self.reading();
        let moment = self.moment();
        let processors = thread::available_parallelism().ok().map(|processors| processors.get() as u64);
        Track {
            pid: std::process::id(),
            start: self.start,
            moments: self.moments.so_far(moment),
            readings: self.readings.so_far(reading),
            threads: self.details.threads(),
            limits: Limits { processors, ..self.details.limits() },
            absent: self.reasons.list(),
            pressure_of: self.details.pressure_of(),
            own_ns: self.own_ns,
        }
    }
}

/// When to look.
#[derive(Clone, Copy, Debug)]
struct Pace {
    every: Duration,
    details_every: Duration,
}

impl Pace {
    /// Looks at fixed times, of which a missed one is left out; samples what threads are blocked in at random ones.
    fn watch(self, watched: &Mutex<Watched>, stopped: &Receiver<()>) {
        watched.lock().unwrap_or_else(PoisonError::into_inner).thread = system::thread_id();
        let mut random = Rng::with_seed(nanos(SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default()));
        let mut sample = Instant::now() + self.gap(Duration::ZERO, &mut random);
        let mut next = Instant::now() + self.every;
        let mut details = Instant::now() + self.details_every;
        let until = |next: Instant| next.saturating_duration_since(Instant::now());
        // Nothing is ever sent: the channel closes.
        while stopped.recv_timeout(until(next.min(sample))) == Err(RecvTimeoutError::Timeout) {
            let mut watched = watched.lock().unwrap_or_else(PoisonError::into_inner);
            if until(sample).is_zero() {
                let took = timed(|| watched.sample());
                sample = Instant::now() + self.gap(took, &mut random);
            }
            if until(next).is_zero() {
                if next >= details {
                    let took = timed(|| {
                        let reading = watched.reading();
                        watched.readings.add(reading);
                    });
                    details = (details + self.details_every).max(next + self.rest(took));
                }
                let moment = watched.moment();
                watched.moments.add(moment);
                next = (next + self.every).max(Instant::now());
            }
            watched.own_ns = system::thread_time().map(nanos);
        }
    }

    /// The time from one sample to the next, of which half to one and a half of its mean are equally likely.
    fn gap(self, took: Duration, random: &mut Rng) -> Duration {
        let mean = self.every.max(took.saturating_mul(PATIENCE_OF_SAMPLES));
        mean / 2 + Duration::from_nanos(random.u64(0..=nanos(mean)))
    }

    /// How long details are not read after they took so long.
    fn rest(self, took: Duration) -> Duration {
        took.saturating_mul(PATIENCE).max(self.details_every.saturating_sub(self.every))
    }
}

/// The thread's processor time that `work` takes; none where the platform does not tell it.
fn timed(work: impl FnOnce()) -> Duration {
    let before = system::thread_time();
    work();
    system::thread_time().zip(before).map(|(now, before)| now.saturating_sub(before)).unwrap_or_default()
}

/// The track of the process's monitor so far; `None` where none is running.
///
/// ```
/// if let Some(track) = perf_exporters::monitor::track() {
///     println!("{} moments", track.moments.len());
/// }
/// ```
#[must_use]
pub fn track() -> Option<Track> {
    let running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner).upgrade();
    running.filter(|running| running.process.is_current()).map(|running| running.track())
}

/// The monitor that `PERF_MONITOR` asks for, if it does: `on`, or the time between two looks. Empty or `off` asks for none.
///
/// The [`Reporter`](crate::Reporter) calls this; only programs without one need it.
///
/// # Errors
/// Those of [`Monitor::start`], and a value that is not understood ([`Error::is_setting`]).
///
/// ```
/// let _monitor = perf_exporters::monitor::from_env().transpose()?;
/// # Ok::<(), perf_exporters::Error>(())
/// ```
#[must_use]
pub fn from_env() -> Option<Result<Monitor, Error>> {
    let every = match env::MONITOR.read().transpose()? {
        Ok(Choice::Off) => return None,
        Ok(Choice::On) => Ok(Options::default().every),
        Ok(Choice::Value(every)) => Ok(every),
        Err(error) => Err(error),
    };
    let failed = |error| Error::io("cannot start", "perf-monitor".as_ref(), error);
    Some(every.and_then(|every| Monitor::start(&Options { every, ..Options::default() }).map_err(failed)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn details_that_cost_more_come_less_often() {
        let pace = Pace { every: Duration::from_millis(100), details_every: Duration::from_secs(1) };
        assert_eq!(pace.rest(Duration::from_micros(100)), Duration::from_millis(900));
        // Ten thousand threads, say.
        assert_eq!(pace.rest(Duration::from_millis(80)), Duration::from_secs(160));
        assert_eq!(pace.rest(Duration::MAX), Duration::MAX);
    }

    #[test]
    fn samples_come_at_random_and_less_often_where_they_cost_more() {
        let pace = Pace { every: Duration::from_millis(100), details_every: Duration::from_secs(1) };
        let mut random = Rng::with_seed(1);
        for (took, mean) in [(Duration::from_micros(10), 0.1), (Duration::from_millis(1), 0.5)] {
            let gaps: Vec<f64> = (0..1_000).map(|_| pace.gap(took, &mut random).as_secs_f64() / mean).collect();
            let (least, most) = gaps.iter().fold((f64::MAX, 0.0_f64), |(a, b), gap| (a.min(*gap), b.max(*gap)));
            assert!((0.5..0.51).contains(&least) && (1.49..=1.5).contains(&most), "{least} to {most}");
            assert!((0.97..1.03).contains(&(gaps.iter().sum::<f64>() / 1_000.0)), "{took:?}");
        }
        assert!(pace.gap(Duration::MAX, &mut random) >= Duration::MAX / 2);
    }
}
