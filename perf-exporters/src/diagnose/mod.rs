//! Why a program is slow, as far as a report shows it: high latency, low throughput, and the evidence for either.
//!
//! ```
//! use perf_exporters::diagnose::{Confidence, Diagnosis, diagnose};
//! use perf_exporters::report::{ProbeReport, Report};
//!
//! let mut report = Report::default();
//! for (name, ns) in [("checkout::response", 60_000_000), ("checkout::service", 4_000_000)] {
//!     let mut probe = ProbeReport::new(name);
//!     probe.calls = 2_000;
//!     (probe.histogram, probe.mean_ns) = ([ns; 2_000].into_iter().collect(), ns);
//!     probe.quantiles.p99 = ns;
//!     report.probes.push(probe);
//! }
//! let found = &diagnose(&report)[0];
//! assert_eq!((found.diagnosis, found.confidence), (Diagnosis::QueueBackingUp, Confidence::High));
//! assert!(found.to_string().starts_with("queue backing up: checkout, waiting before service 56.0ms"));
//! println!("{found}\n{}", found.remedy);
//! ```
//!
//! A finding is a rule that the figures of the report fulfil; `docs/diagnosis.md` has all of them in a table. Each needs
//! evidence of its own: the system's figures come from module `monitor`, queues and lateness from a load run's probes
//! `NAME::response`, `NAME::service` and `NAME::lateness`, waiting and slow calls from any probe. Where calls are slow and
//! no rule applies, the answer is [`Diagnosis::Unknown`], with the figures that were missing to know more.
//!
//! Here live rules on a report's figures. They measure nothing, judge no budget, and print nothing.

mod batches;
mod case;
mod finding;
mod load;
mod locks;
mod memory;
mod processors;
mod tail;
mod unknown;

use std::cmp::Reverse;

use crate::Report;
use case::Case;
pub use finding::{Confidence, Diagnosis, Evidence, Finding};

/// Every rule; a later one sees what the earlier ones found.
const RULES: [fn(&Case<'_>, &mut Vec<Finding>); 10] = [
    load::generator_too_slow,
    load::queue_backing_up,
    processors::throttled,
    processors::saturated,
    memory::pressure,
    memory::disk_wait,
    locks::lock_waiting,
    batches::too_small,
    tail::dominated,
    unknown::unknown,
];

/// The causes of high latency and low throughput in the report, the surest first. Empty where nothing is wrong that a rule
/// knows, and calls are not slow.
///
/// ```
/// use perf_exporters::{Report, diagnose};
///
/// let report = Report::from(perf_core::snapshot());
/// for finding in diagnose(&report) {
///     println!("{finding}");
/// }
/// ```
#[must_use]
pub fn diagnose(report: &Report) -> Vec<Finding> {
    let case = Case::of(report);
    let mut findings = Vec::new();
    for rule in RULES {
        rule(&case, &mut findings);
    }
    findings.sort_by_key(|finding| (Reverse(finding.confidence), finding.diagnosis));
    findings
}
