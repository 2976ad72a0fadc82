//! Memory and processor time while the program runs: live heap, resident set, time on processors, ten times a second.
//!
//! ```
//! use perf_exporters::monitor::{self, Monitor, Options};
//!
//! let _monitor = Monitor::start(&Options::default())?; // at the beginning of `main`
//! let track = monitor::track().expect("one is running");
//! assert!(!track.moments.is_empty());
//! # Ok::<(), std::io::Error>(())
//! ```
//!
//! `PERF_MONITOR=on` (or a time between two looks, such as `PERF_MONITOR=250ms`) starts one with the
//! [`Reporter`](crate::Reporter). Reports of a process that is watched carry a [`Track`]; the HTML page draws it.
//!
//! # What is read, and from where
//!
//! | figure | source | where |
//! |---|---|---|
//! | live heap | [`perf_core::live_bytes`] | where `PerfAlloc` is the allocator |
//! | resident set | `/proc/self/statm` | Linux |
//! | processor time | the process's clock | Unix |
//!
//! What cannot be had is left out. A look costs some microseconds, on a thread of its own.
//!
//! # Bounds
//!
//! A track has at most 513 moments: when it is full, every two of them become one and looks are gathered over twice the
//! time, so that a track of any length shows the whole run. Of memory the greatest value stays, so no peak that was
//! seen is lost; processor time adds up, so nothing is lost of it either.

mod course;
mod system;

use std::io;
use std::mem;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::Error;
use crate::env::{self, Choice};
use crate::process::Process;
use crate::report::{Moment, Track};
use course::Course;
use system::System;

/// Nobody can want to look more often.
const LEAST: Duration = Duration::from_millis(1);

/// How a process is watched.
///
/// ```
/// let mut options = perf_exporters::monitor::Options::default();
/// options.every = std::time::Duration::from_millis(250);
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Options {
    /// Time from one look to the next, at least a millisecond.
    pub every: Duration,
}

impl Default for Options {
    /// Ten looks a second.
    fn default() -> Self {
        Self { every: Duration::from_millis(100) }
    }
}

/// Watches the process until it is dropped. A process has one monitor: whoever starts another one shares the first, as
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
    system: System,
    course: Course,
}

static RUNNING: Mutex<Weak<Running>> = Mutex::new(Weak::new());

impl Monitor {
    /// Watches from now on, or shares the monitor that runs already. Fails where no thread can be started.
    ///
    /// # Errors
    /// No thread could be started.
    pub fn start(options: &Options) -> io::Result<Self> {
        let mut running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
        // In the child of a fork the parent's watches nothing.
        if let Some(shared) = running.upgrade().filter(|shared| shared.process.is_current()) {
            return Ok(Self(shared));
        }
        let started = Arc::new(Running::start(options.every.max(LEAST))?);
        *running = Arc::downgrade(&started);
        Ok(Self(started))
    }

    /// What was seen so far, and what is seen now.
    #[must_use]
    pub fn track(&self) -> Track {
        self.0.track()
    }
}

impl Running {
    fn start(every: Duration) -> io::Result<Self> {
        let system = System::new();
        let mut course = Course::new(Instant::now());
        course.add(system.look(course.started()));
        let watched = Arc::new(Mutex::new(Watched { system, course }));
        let (stop, stopped) = mpsc::channel();
        let shared = Arc::clone(&watched);
        let thread = thread::Builder::new().name("perf-monitor".to_owned());
        let thread = thread.spawn(move || watch(&shared, every, &stopped))?;
        Ok(Self { watched, stop: Some(stop), thread: Some(thread), process: Process::current() })
    }

    fn track(&self) -> Track {
        let watched = self.watched.lock().unwrap_or_else(PoisonError::into_inner);
        let now = watched.look();
        watched.course.track(now)
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
            // It panicked or it did not; either way it is over.
            let _ = thread.join();
        }
    }
}

impl Watched {
    fn look(&self) -> Moment {
        self.system.look(self.course.started())
    }
}

/// Looks at fixed times; one that was missed is left out.
fn watch(watched: &Mutex<Watched>, every: Duration, stopped: &Receiver<()>) {
    let mut next = Instant::now() + every;
    // Nothing is ever sent: the channel closes.
    while stopped.recv_timeout(next.saturating_duration_since(Instant::now())) == Err(RecvTimeoutError::Timeout) {
        let mut watched = watched.lock().unwrap_or_else(PoisonError::into_inner);
        let moment = watched.look();
        watched.course.add(moment);
        drop(watched);
        next = (next + every).max(Instant::now());
    }
}

/// What the process's monitor saw so far; nothing where none is running.
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
    Some(every.and_then(|every| Monitor::start(&Options { every }).map_err(failed)))
}
