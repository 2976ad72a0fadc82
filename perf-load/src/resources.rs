//! Processor time and memory of the system under load: from its own report, or else of this process.

use std::time::Duration;

use perf_exporters::Report;
use perf_exporters::monitor::{Monitor, Options};
use perf_exporters::report::Moment;

use crate::Outcome;

/// Watches this process during a drive.
#[derive(Debug)]
pub(crate) struct Resources(Option<Monitor>);

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
    /// Where no thread can be started, nothing is known of this process.
    pub(crate) fn start() -> Self {
        let mut options = Options::default();
        options.every = Duration::from_secs(1);
        Self(Monitor::start(&options).ok())
    }

    /// The state of this process now.
    pub(crate) fn now(&self) -> Option<Moment> {
        self.0.as_ref().and_then(|monitor| monitor.track().moments.last().copied())
    }

    /// The resources of a drive that began when this process was at `before`. An outcome with a track of the system under load
    /// is taken as it is: the resources of this process are then the generator's.
    pub(crate) fn used(&self, before: Option<Moment>, outcome: &Outcome) -> Used {
        let own = || Some((before?, self.now()?));
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
    let took = to.at_ns.saturating_sub(from.at_ns);
    let processors = match (from.cpu_ns, to.cpu_ns) {
        (Some(earlier), Some(later)) if took > 0 => Some(later.saturating_sub(earlier) as f64 / took as f64),
        _ => None,
    };
    let live = to.live_bytes.and_then(|bytes| u64::try_from(bytes).ok());
    Used { processors, live, resident: to.rss_bytes }
}
