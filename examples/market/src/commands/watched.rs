//! A phase with the monitor beside it.

use std::error::Error;
use std::io;
use std::thread;
use std::time::Duration;

use perf_exporters::monitor::{Monitor, Options};
use perf_exporters::report::Track;

use super::book::Book;

/// Runs a phase, and returns what the process used meanwhile.
pub(crate) fn watched<T>(work: impl FnOnce() -> Result<T, Box<dyn Error>>) -> Result<(T, Track), Box<dyn Error>> {
    let mut options = Options::default();
    options.details_every = Duration::from_millis(200);
    let monitor = Monitor::start(&options)?;
    let done = work()?;
    Ok((done, monitor.track()))
}

/// Notes memory and processors of a phase under its name.
pub(crate) fn note(book: &mut Book, phase: &str, track: Track) {
    if let Some(memory) = track.figure("rss_bytes") {
        book.explained(phase, "memory", memory.max, None, track.memory_in_words().as_deref());
    }
    if let Some(busy) = busy(&track) {
        book.explained(phase, "processors", busy, None, track.threads_in_words().as_deref());
    }
    book.track(track);
}

/// The share of all processors that the process kept busy.
pub(crate) fn busy(track: &Track) -> Option<f64> {
    let processors = thread::available_parallelism().map_or(1.0, |number| number.get() as f64);
    Some(track.figure("cpu_ns")?.mean / processors)
}

/// Bytes a second that the process wrote and read by calls.
pub(crate) fn disk(track: &Track) -> io::Result<(f64, f64)> {
    let of = |name: &str| track.figure(name).map(|figure| figure.mean);
    let missing = || io::Error::other("the monitor could not read what the process reads and writes");
    Ok((of("written_bytes").ok_or_else(missing)?, of("read_bytes").ok_or_else(missing)?))
}
