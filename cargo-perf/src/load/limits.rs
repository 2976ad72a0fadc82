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

/// The reason of what is undecided in a run whose generator was late.
const INVALID: &str = "the run is INVALID";

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
            let mut probe = with_dropped(probe.clone(), outcome.counts.dropped);
            if let Some(driven) = probe.driven.as_mut().filter(|driven| !driven.invalid.is_empty()) {
                // Why, with figures, stands above the table.
                INVALID.clone_into(&mut driven.invalid);
            }
            report.probes.push(probe);
        }
        self.budgets.judge(&[report])
    }
}

/// All limits together, and a run that is not valid proves nothing even where there are none.
pub(super) fn verdict(held: &Held, outcome: &Outcome) -> Verdict {
    let limits = if held.rows.is_empty() { Verdict::Pass } else { held.verdict() };
    if outcome.validity.is_valid() {
        return limits;
    }
    Verdict::Inconclusive(Reason::Invalid(INVALID.into())).and(limits)
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
