//! Processor time, memory and waiting of the system under load: from its own report, or else of this process.

use std::time::Duration;

use perf_exporters::Report;
use perf_exporters::monitor::{Monitor, Options};
use perf_exporters::report::{Moment, Reading, Track};

use crate::Outcome;

/// Watches this process during drives.
#[derive(Debug)]
pub(crate) struct Resources(Option<Monitor>);

/// The state of this process at one time.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Seen {
    pub(crate) moment: Option<Moment>,
    pub(crate) reading: Option<Reading>,
    /// Moments that the track had.
    pub(crate) moments: usize,
}

/// The resources that a drive used.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Used {
    /// Processors kept busy, on average.
    pub(crate) processors: Option<f64>,
    /// Live bytes at its end, where allocations are tracked.
    pub(crate) live: Option<u64>,
    /// Resident bytes at its end.
    pub(crate) resident: Option<u64>,
}

impl Used {
    /// Live bytes where they are known, or else resident ones.
    pub(crate) fn memory(&self) -> Option<u64> {
        self.live.or(self.resident)
    }
}

impl Resources {
    /// For drives that last seconds.
    pub(crate) fn start() -> Self {
        let mut options = Options::default();
        options.every = Duration::from_secs(1);
        Self::with(&options)
    }

    /// For drives that may last tenths of a second, with the waiting of threads.
    pub(crate) fn start_closely() -> Self {
        let mut options = Options::default();
        (options.every, options.details_every) = (Duration::from_millis(20), Duration::from_millis(50));
        Self::with(&options)
    }

    /// Where no thread can be started, nothing is known of this process.
    fn with(options: &Options) -> Self {
        Self(Monitor::start(options).ok())
    }

    /// What is known of this process so far.
    pub(crate) fn track(&self) -> Track {
        self.0.as_ref().map(Monitor::track).unwrap_or_default()
    }

    /// The state of this process now.
    pub(crate) fn now(&self) -> Seen {
        let track = self.track();
        Seen {
            moment: track.moments.last().copied(),
            reading: track.readings.last().copied(),
            moments: track.moments.len(),
        }
    }

    /// The resources of a drive that began when this process was at `before`. An outcome with a track of the system under load
    /// is taken as it is: the resources of this process are then the generator's.
    pub(crate) fn used(&self, before: &Seen, outcome: &Outcome) -> Used {
        let own = || Some((before.moment?, self.now().moment?));
        brought(&outcome.report).or_else(own).map(|(from, to)| between(&from, &to)).unwrap_or_default()
    }
}

/// The resources of the process that the report is of.
pub(crate) fn of_report(report: &Report) -> Used {
    brought(report).map(|(from, to)| between(&from, &to)).unwrap_or_default()
}

fn brought(report: &Report) -> Option<(Moment, Moment)> {
    let moments = &report.monitor.first()?.moments;
    Some((*moments.first()?, *moments.last()?))
}

fn between(from: &Moment, to: &Moment) -> Used {
    let processors = growth(from.cpu_ns, to.cpu_ns, to.at_ns.saturating_sub(from.at_ns));
    let live = to.live_bytes.and_then(|bytes| u64::try_from(bytes).ok());
    Used { processors, live, resident: to.rss_bytes }
}

/// By how much a sum of nanoseconds grew a nanosecond, over so many of them.
pub(crate) fn growth(from: Option<u64>, to: Option<u64>, took: u64) -> Option<f64> {
    (took > 0).then_some(())?;
    Some(to?.saturating_sub(from?) as f64 / took as f64)
}
