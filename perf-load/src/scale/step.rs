//! The measurements with one number of workers, and the resources of the process meanwhile.

use std::time::Duration;

use perf_exporters::report::Track;
use serde::Serialize;

use super::Point;
use crate::resources::{Seen, growth};
use crate::{Outcome, serial};

/// One step: so many workers for some time.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Step {
    /// Workers at one time.
    pub workers: u32,
    /// Operations a second that did not fail.
    pub throughput: f64,
    /// Operations that were completed.
    pub completed: u64,
    /// Operations that failed.
    pub failed: u64,
    /// How long the step took.
    #[serde(rename = "elapsed_ns", serialize_with = "serial::nanos")]
    pub elapsed: Duration,
    /// Median service time in nanoseconds.
    pub p50_ns: u64,
    /// 99th percentile of the service time in nanoseconds.
    pub p99_ns: u64,
    /// The resources of the process.
    pub used: Used,
}

/// The resources that the process used during a step; none where the system does not report them.
///
/// Times are threads (or processors) on average: 1.5 is one and a half of them all the time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Used {
    /// Processors kept busy.
    pub processors: Option<f64>,
    /// Threads that were ready and had no processor.
    pub ready: Option<f64>,
    /// Threads blocked in locks, condition variables and channels.
    pub locks: Option<f64>,
    /// Threads blocked in other system calls: reads, sleeps, polls.
    pub blocked: Option<f64>,
    /// Share of the time in which some task of the machine or the control group waited for memory.
    pub memory_stalled: Option<f64>,
    /// Resident memory at most, in bytes.
    pub resident: Option<u64>,
    /// Live bytes of the heap at most, where allocations are tracked.
    pub live: Option<u64>,
}

impl Step {
    pub(super) fn of(workers: u32, outcome: &Outcome, used: Used) -> Self {
        let counts = outcome.counts;
        let quantile = |q| outcome.service.quantile(q).unwrap_or(0);
        let seconds = outcome.elapsed.as_secs_f64();
        let good = counts.completed.saturating_sub(counts.failed) as f64;
        Self {
            workers,
            throughput: if seconds > 0.0 { good / seconds } else { 0.0 },
            completed: counts.completed,
            failed: counts.failed,
            elapsed: outcome.elapsed,
            p50_ns: quantile(0.5),
            p99_ns: quantile(0.99),
            used,
        }
    }

    /// Median service time in nanoseconds; none where nothing was completed.
    #[cfg(feature = "page")]
    pub(crate) fn p50(&self) -> Option<f64> {
        (self.completed > 0).then_some(self.p50_ns as f64)
    }

    /// 99th percentile of the service time in nanoseconds; none where nothing was completed.
    #[cfg(feature = "page")]
    pub(crate) fn p99(&self) -> Option<f64> {
        (self.completed > 0).then_some(self.p99_ns as f64)
    }

    pub(super) fn point(&self) -> Point {
        Point { workers: self.workers, throughput: self.throughput }
    }

    /// Processor time of an operation, in seconds.
    pub(super) fn processor_time(&self) -> Option<f64> {
        let busy = self.used.processors? * self.elapsed.as_secs_f64();
        (self.completed > 0).then(|| busy / self.completed as f64)
    }
}

impl Used {
    /// The resources used since `before`, by a step that took `elapsed`. Where that differs from the observed time,
    /// the step was driven in virtual time, or was so short that most of the observation lies before and after it; then
    /// nothing is known of it.
    pub(super) fn since(before: &Seen, track: &Track, elapsed: Duration) -> Self {
        let mut used = Self::default();
        let began = before.moment.map_or(0, |moment| moment.at_ns);
        let watched = track.moments.last().map_or(0, |moment| moment.at_ns.saturating_sub(began)) as f64;
        let elapsed = elapsed.as_nanos() as f64;
        if watched < elapsed / 2.0 || elapsed < watched / 2.0 {
            return used;
        }
        if let (Some(from), Some(to)) = (before.moment, track.moments.last()) {
            used.processors = growth(from.cpu_ns, to.cpu_ns, to.at_ns.saturating_sub(from.at_ns));
            // Where the track was thinned meanwhile, its second half is the nearest approximation to this step.
            let first = if before.moments < track.moments.len() { before.moments } else { track.moments.len() / 2 };
            let own = &track.moments[first.min(track.moments.len() - 1)..];
            used.resident = own.iter().filter_map(|moment| moment.rss_bytes).max();
            used.live = own.iter().filter_map(|m| m.live_bytes).max().and_then(|bytes| u64::try_from(bytes).ok());
        }
        if let (Some(from), Some(to)) = (before.reading, track.readings.last()) {
            let took = to.at_ns.saturating_sub(from.at_ns);
            used.ready = growth(from.ready_ns, to.ready_ns, took);
            used.locks = growth(from.futex_ns, to.futex_ns, took);
            used.blocked = growth(from.blocked_ns, to.blocked_ns, took);
            used.memory_stalled = growth(from.memory_stalled_ns, to.memory_stalled_ns, took);
        }
        used
    }
}
