//! The measurements of one drive, as a plain value.

use std::time::Duration;

use perf_core::Histogram;
use perf_exporters::Report;

/// The measurements of one drive.
///
/// *Response time* is from the intended start to the completion: the wait of a caller that comes at that time, whether or
/// not the driver was free. *Service time* is from the actual start to the completion. *Lateness* is the delay of a start
/// while capacity was free: the generator's own fault.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Outcome {
    /// The load's name: the first part of its probes' names.
    pub name: String,
    /// Whether operations start by a schedule, or when earlier operations end.
    pub model: Model,
    /// How long arrivals came, or workers began operations.
    pub scheduled: Duration,
    /// The same, or until the last completion where that was later; with [`drained`](Self::drained).
    pub elapsed: Duration,
    /// How long the system went on after the drive with what it had accepted. Zero unless the drive waits for that:
    /// [`Drained`](crate::Drained).
    pub drained: Duration,
    /// Counts of the arrivals.
    pub counts: Counts,
    /// Response times of all completed operations, in nanoseconds.
    pub response: Histogram,
    /// Service times of all completed operations, in nanoseconds.
    pub service: Histogram,
    /// Lateness of all started operations, in nanoseconds. Empty in a closed loop.
    pub lateness: Histogram,
    /// The same over time, ascending. The number of windows is bounded, their width doubles when there are too many.
    pub course: Vec<Window>,
    /// Whether the figures can be relied on.
    pub validity: Validity,
    /// Whether it ended before its time: by a [`Stop`](crate::Stop) handle (Ctrl-C), or by an operation that panicked.
    pub interrupted: bool,
    /// Failures by class, the most frequent first; panics are class `panic`.
    pub classes: Vec<(String, u64)>,
    /// The seed of everything random: arrivals, the choice among operations, sizes. `None` where nothing was random.
    pub seed: Option<u64>,
    /// The latency that the load is to stay within, where one was stated.
    pub limit: Option<Duration>,
    /// The same for all readers of reports: probes `NAME::response`, `NAME::service`, `NAME::lateness`, and
    /// `NAME::OPERATION::response` and `…::service` for each operation of a mix.
    pub report: Report,
}

impl Outcome {
    /// An outcome without measurements.
    ///
    /// ```
    /// use perf_load::{Model, Outcome};
    ///
    /// let outcome = Outcome::new("checkout", Model::open(8));
    /// assert_eq!(outcome.counts.completed, 0);
    /// ```
    #[must_use]
    pub fn new(name: impl Into<String>, model: Model) -> Self {
        Self {
            name: name.into(),
            model,
            scheduled: Duration::ZERO,
            elapsed: Duration::ZERO,
            drained: Duration::ZERO,
            counts: Counts::default(),
            response: Histogram::default(),
            service: Histogram::default(),
            lateness: Histogram::default(),
            course: Vec::new(),
            validity: Validity::Valid,
            interrupted: false,
            classes: Vec::new(),
            seed: None,
            limit: None,
            report: Report::default(),
        }
    }

    /// The outcome of a system that went on for so long after the drive with what it had accepted.
    #[must_use]
    pub fn drained_in(mut self, time: Duration) -> Self {
        let nanos = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        self.drained += time;
        self.elapsed += time;
        let driven = self.report.probes.iter_mut().filter_map(|probe| probe.driven.as_mut());
        let spans = driven.map(|driven| &mut driven.elapsed_ns).chain([&mut self.report.meta.duration_ns]);
        spans.for_each(|span| *span = span.saturating_add(nanos));
        self
    }

    /// Completions a second of the time [`elapsed`](Self::elapsed).
    #[must_use]
    pub fn achieved(&self) -> f64 {
        per_second(self.counts.completed, self.elapsed)
    }

    /// Arrivals a second, as the schedule had them; in a closed loop, the operations that were started.
    #[must_use]
    pub fn offered(&self) -> f64 {
        per_second(self.counts.due, if self.scheduled.is_zero() { self.elapsed } else { self.scheduled })
    }

    /// The share of completed operations that failed; 0 where none completed.
    #[must_use]
    pub fn error_rate(&self) -> f64 {
        self.counts.failed as f64 / self.counts.completed.max(1) as f64
    }
}

/// The rule by which an operation starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Model {
    /// A schedule of arrivals, whether or not earlier operations are done.
    #[non_exhaustive]
    Open {
        /// Operations at one time, at most. Arrivals beyond it wait.
        max_in_flight: usize,
    },
    /// Workers that each start an operation when their last one is done. A slow system is asked less often, so its
    /// quantiles say nothing about callers that come independently.
    #[non_exhaustive]
    Closed {
        /// Operations at one time.
        workers: usize,
        /// How long a worker waits between two operations.
        think: Duration,
    },
}

impl Model {
    /// An open loop.
    #[must_use]
    pub const fn open(max_in_flight: usize) -> Self {
        Self::Open { max_in_flight }
    }

    /// A closed loop.
    #[must_use]
    pub const fn closed(workers: usize, think: Duration) -> Self {
        Self::Closed { workers, think }
    }
}

/// Counts of the arrivals. `due = started + dropped`, and those that were not reached where a drive was interrupted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counts {
    /// Arrivals whose intended start has passed.
    pub due: u64,
    /// Operations that began.
    pub started: u64,
    /// Operations that ended, those that failed among them.
    pub completed: u64,
    /// Operations that failed or panicked.
    pub failed: u64,
    /// Arrivals that found the backlog full, and were never started.
    pub dropped: u64,
}

impl Counts {
    /// Adds those of another part of the drive.
    pub fn add(&mut self, other: &Self) {
        for (sum, part) in [
            (&mut self.due, other.due),
            (&mut self.started, other.started),
            (&mut self.completed, other.completed),
            (&mut self.failed, other.failed),
            (&mut self.dropped, other.dropped),
        ] {
            *sum = sum.saturating_add(part);
        }
    }
}

/// Part of a drive: the counts of a stretch of time. Arrivals count where they were due (dropped ones, too), starts and
/// completions where they happened; times belong to completions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Window {
    /// Its beginning, since that of the drive.
    pub at: Duration,
    /// Its length.
    pub width: Duration,
    /// Counts of the arrivals meanwhile.
    pub counts: Counts,
    /// Arrivals that were due, and neither completed nor dropped, at its end.
    pub backlog: u64,
    /// Response times of the operations that completed meanwhile, in nanoseconds.
    pub response: Histogram,
    /// Service times of the operations that completed meanwhile, in nanoseconds.
    pub service: Histogram,
}

/// Whether the figures of a drive can be relied on.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Validity {
    /// The figures can be relied on.
    Valid,
    /// They cannot: the generator itself was late, or no operation was completed.
    #[non_exhaustive]
    Invalid {
        /// Why, with figures.
        reason: String,
    },
}

impl Validity {
    /// Figures that cannot be relied on.
    #[must_use]
    pub fn invalid(reason: impl Into<String>) -> Self {
        Self::Invalid { reason: reason.into() }
    }

    /// Whether the figures can be relied on.
    #[must_use]
    pub const fn is_valid(&self) -> bool {
        matches!(self, Self::Valid)
    }

    /// Why they cannot be relied on, where that is so.
    #[must_use]
    pub fn reason(&self) -> Option<&str> {
        match self {
            Self::Valid => None,
            Self::Invalid { reason } => Some(reason),
        }
    }
}

fn per_second(count: u64, time: Duration) -> f64 {
    if time.is_zero() { 0.0 } else { count as f64 / time.as_secs_f64() }
}
