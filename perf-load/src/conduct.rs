//! The common part of open and closed loops: workers that begin together, and the thread that watches them.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{PoisonError, RwLock};
use std::thread;
use std::time::{Duration, Instant};

use crate::clock::{Clock, sleep_exactly};
use crate::observe::{EVERY, Observer};
use crate::settings::Settings;
use crate::{Error, Stop};

/// How a worker ended, or all of them.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct End {
    /// Its last completion, in nanoseconds since the beginning.
    pub(crate) last: u64,
    /// When it ended early; none where all its work was done.
    pub(crate) stopped: Option<u64>,
}

impl End {
    pub(crate) fn join(self, other: Self) -> Self {
        Self { last: self.last.max(other.last), stopped: self.stopped.max(other.stopped) }
    }
}

/// The two reasons to end early: the user's handle, and an operation that panicked.
#[derive(Debug)]
pub(crate) struct Halt {
    stop: Stop,
    panicked: AtomicBool,
    on_panic: bool,
}

impl Halt {
    pub(crate) fn new(settings: &Settings) -> Self {
        Self { stop: settings.stop.clone(), panicked: AtomicBool::new(false), on_panic: settings.stop_on_panic }
    }

    pub(crate) fn panicked(&self) {
        if self.on_panic {
            self.panicked.store(true, Ordering::Relaxed);
        }
    }

    #[inline]
    pub(crate) fn is_halted(&self) -> bool {
        self.stop.is_stopped() || self.panicked.load(Ordering::Relaxed)
    }
}

/// Runs the workers, each on a thread of its own, from one beginning; returns when all have ended.
pub(crate) fn conduct<C: Clock + Send>(
    workers: usize,
    begin: impl FnOnce() -> C,
    mut observer: Observer<'_>,
    work: impl Fn(usize, &C) -> End + Sync,
) -> Result<(End, C), Error> {
    // Workers read the clock, which is set once all threads exist; it stays empty where a thread could not be
    // started.
    let clock = RwLock::new(None);
    let mut beginning = clock.write().unwrap_or_else(PoisonError::into_inner);
    let (alive, all_ended) = mpsc::channel::<()>();
    let end = thread::scope(|scope| {
        let mut threads = Vec::with_capacity(workers);
        for worker in 0..workers {
            let (clock, work, alive) = (&clock, &work, alive.clone());
            let body = move || {
                sleep_exactly();
                let end =
                    clock.read().unwrap_or_else(PoisonError::into_inner).as_ref().map(|clock| work(worker, clock));
                drop(alive);
                end.unwrap_or_default()
            };
            match thread::Builder::new().name(format!("load {worker}")).spawn_scoped(scope, body) {
                Ok(thread) => threads.push(thread),
                Err(error) => {
                    drop(beginning);
                    let problem = format!("thread {worker} of {workers} could not be had: ask for fewer");
                    return Err(Error::invalid("max-in-flight", problem).because(error));
                }
            }
        }
        drop(alive);
        *beginning = Some(begin());
        drop(beginning);
        watch(&all_ended, &mut observer);
        // A worker's own code does not panic; if it did, this thread would report it.
        let ends =
            threads.into_iter().map(|thread| thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        Ok(ends.fold(End::default(), End::join))
    })?;
    match clock.into_inner().unwrap_or_else(PoisonError::into_inner) {
        Some(clock) => Ok((end, clock)),
        None => Err(Error::failed("the drive did not begin")),
    }
}

/// Calls the observer now and then, until all workers have ended.
fn watch(all_ended: &mpsc::Receiver<()>, observer: &mut Observer<'_>) {
    let beginning = Instant::now();
    while all_ended.recv_timeout(EVERY) == Err(RecvTimeoutError::Timeout) {
        observer.tell(beginning.elapsed());
    }
    observer.tell(beginning.elapsed().max(Duration::from_nanos(1)));
}
