//! A track in a sentence: what is told beside a figure of the process that missed its limit.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::Track;
use crate::human;

/// Names in the sentence about threads.
const NAMED: usize = 3;

impl Track {
    /// How much memory the process had on average, and how much of that the program had allocated at most, where
    /// [`PerfAlloc`](perf_core::PerfAlloc) counted it; none where the system did not tell.
    ///
    /// ```
    /// use perf_exporters::report::{Moment, Track};
    ///
    /// let mut track = Track::default();
    /// for (at_ns, rss_bytes) in [(0, 20_u64 << 20), (100_000_000, 30 << 20)] {
    ///     let mut moment = Moment::default();
    ///     (moment.at_ns, moment.rss_bytes) = (at_ns, Some(rss_bytes));
    ///     track.moments.push(moment);
    /// }
    /// assert_eq!(track.memory_in_words().as_deref(), Some("30.0MiB resident on average"));
    /// ```
    #[must_use]
    pub fn memory_in_words(&self) -> Option<String> {
        let resident = self.figure("rss_bytes")?;
        let live = self.figure("live_bytes").map_or_else(String::new, |live| {
            format!(", of which the program had {} allocated at most", human::figure(live.max, "bytes"))
        });
        Some(format!("{} resident on average{live}", human::figure(resident.mean, "bytes")))
    }

    /// The threads with the most processor time, and their shares of the time of all threads. Threads of one name count as one.
    /// None where no thread was seen.
    ///
    /// ```
    /// use perf_exporters::report::{ThreadTime, Track};
    ///
    /// let mut track = Track::default();
    /// for (name, cpu_ns) in [("main", 400), ("worker", 300), ("worker", 250), ("io", 50)] {
    ///     let mut thread = ThreadTime::default();
    ///     (thread.name, thread.cpu_ns) = (name.to_owned(), cpu_ns);
    ///     track.threads.push(thread);
    /// }
    /// let expected = "of the processor time: worker 55 %, main 40 %, io 5 %";
    /// assert_eq!(track.threads_in_words().as_deref(), Some(expected));
    /// ```
    #[must_use]
    pub fn threads_in_words(&self) -> Option<String> {
        let mut of: BTreeMap<&str, u64> = BTreeMap::new();
        for thread in &self.threads {
            *of.entry(&thread.name).or_default() += thread.cpu_ns;
        }
        let all: u64 = of.values().sum();
        let mut of: Vec<_> = of.into_iter().collect();
        of.sort_by_key(|(_, time)| Reverse(*time));
        let share = |time: u64| 100.0 * time as f64 / all.max(1) as f64;
        let told: Vec<_> = of.iter().take(NAMED).map(|(name, time)| format!("{name} {:.0} %", share(*time))).collect();
        (!told.is_empty()).then(|| format!("of the processor time: {}", told.join(", ")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_seen_is_no_sentence() {
        assert_eq!((Track::default().memory_in_words(), Track::default().threads_in_words()), (None, None));
    }
}
