//! A phase with the monitor beside it.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::error::Error;
use std::io;
use std::thread;
use std::time::Duration;

use perf_exporters::human;
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
        let live = track.figure("live_bytes").map_or_else(String::new, |live| {
            format!(", of which the program had {} allocated at most", human::figure(live.max, "bytes"))
        });
        let seen = format!("{} resident on average{live}", human::figure(memory.mean, "bytes"));
        book.explained(phase, "memory", memory.max, None, Some(&seen));
    }
    if let Some(busy) = busy(&track) {
        book.explained(phase, "processors", busy, None, Some(&busiest(&track)));
    }
    book.track(track);
}

/// The threads with most processor time. Those of one name are one entry.
fn busiest(track: &Track) -> String {
    let mut of: BTreeMap<&str, u64> = BTreeMap::new();
    for thread in &track.threads {
        *of.entry(&thread.name).or_default() += thread.cpu_ns;
    }
    let all: u64 = of.values().sum();
    let mut of: Vec<_> = of.into_iter().collect();
    of.sort_by_key(|(_, time)| Reverse(*time));
    let share = |time: u64| 100.0 * time as f64 / all.max(1) as f64;
    let told: Vec<_> = of.iter().take(3).map(|(name, time)| format!("{name} {:.0} %", share(*time))).collect();
    if told.is_empty() {
        "no thread was seen".to_owned()
    } else {
        format!("of the processor time: {}", told.join(", "))
    }
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

#[cfg(test)]
mod tests {
    use perf_exporters::report::ThreadTime;

    use super::*;

    #[test]
    fn threads_of_one_name_are_told_together() {
        let thread = |name: &str, cpu_ns| {
            let mut thread = ThreadTime::default();
            (thread.name, thread.cpu_ns) = (name.to_owned(), cpu_ns);
            thread
        };
        let mut track = Track::default();
        track.threads = vec![
            thread("main", 400),
            thread("worker", 300),
            thread("worker", 250),
            thread("idle", 0),
            thread("io", 50),
        ];
        assert_eq!(busiest(&track), "of the processor time: worker 55 %, main 40 %, io 5 %");
        assert_eq!(busiest(&Track::default()), "no thread was seen");
    }
}
