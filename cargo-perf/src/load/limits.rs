//! The limits of a run, and whether it stayed within them.
//!
//! Limits are judged as every budget is. An arrival that was dropped is a caller without an answer: it counts as over
//! every limit of time, and as an error. A run whose generator was late proves nothing about times.

use perf_exporters::Report;
use perf_exporters::judge::{Metric, Reason, Verdict};
use perf_exporters::report::{Histogram, ProbeReport};
use perf_load::Outcome;
use std::time::Duration;

use crate::budgets::{Budgets, Held};
use crate::failure::{Failure, Result};

/// Limits on the response time and the errors of a run.
#[derive(Debug)]
pub(super) struct Limits {
    budgets: Budgets,
}

/// Figures that can be limited, in the order in which messages list them.
const FIGURES: [Metric; 8] =
    [Metric::P50, Metric::P90, Metric::P95, Metric::P99, Metric::P999, Metric::Mean, Metric::Max, Metric::Errors];

impl Limits {
    /// Parses limits such as `p99=50ms`, for the run of this name.
    pub(super) fn new(name: &str, limits: &[String]) -> Result<Self> {
        let budgets = Budgets::of_flags(&response(name), limits, &FIGURES);
        Ok(Self { budgets: budgets.map_err(|error| Failure::new(format!("limit: {error}")))? })
    }

    /// The shortest time that is a limit: lateness of the generator is judged against it.
    pub(super) fn shortest(&self) -> Option<Duration> {
        self.budgets.shortest_time()
    }

    /// The verdict on each limit.
    pub(super) fn hold(&self, outcome: &Outcome) -> Held {
        let mut report = Report::default();
        if let Some(probe) = outcome.report.probe(&response(&outcome.name)) {
            report.probes.push(with_dropped(probe.clone(), outcome.counts.dropped));
        }
        let mut held = self.budgets.judge(&[report]);
        if !outcome.validity.is_valid() {
            for row in held.rows.iter_mut().filter(|row| row.figure != Metric::Errors.key()) {
                row.verdict = unsure();
            }
        }
        held
    }
}

/// All limits together, and a run that is not valid proves nothing even where there are none.
pub(super) fn verdict(held: &Held, outcome: &Outcome) -> Verdict {
    let limits = if held.rows.is_empty() { Verdict::Pass } else { held.verdict() };
    if outcome.validity.is_valid() { limits } else { limits.and(unsure()) }
}

fn unsure() -> Verdict {
    Verdict::Inconclusive(Reason::Invalid("the run is INVALID".into()))
}

fn response(name: &str) -> String {
    format!("{name}::response")
}

/// Adds the dropped arrivals, as if they had waited for ever.
fn with_dropped(mut probe: ProbeReport, dropped: u64) -> ProbeReport {
    if dropped == 0 {
        return probe;
    }
    let timed = probe.evidence();
    let mut histogram = Histogram::from_pairs([(Histogram::bucket_of(u64::MAX), dropped)]).unwrap_or_default();
    histogram.merge(&probe.histogram);
    probe.histogram = histogram;
    probe.timed_calls = timed.saturating_add(dropped);
    probe.calls = probe.calls.saturating_add(dropped);
    probe.errors = probe.errors.saturating_add(dropped);
    probe.max_ns = u64::MAX;
    probe
}
