//! Slow calls that no rule explains, and what would be needed to explain them.

use super::case::Case;
use super::finding::{Confidence, Diagnosis, Finding};
use crate::report::{Cause, ProbeReport};

/// The least number of calls for a useful 99th percentile.
const ENOUGH: u64 = 1_000;
/// How many times the median the 99th percentile is of calls that are slow.
const SLOW: u64 = 10;
/// Calls of which 99 % take less are not slow.
const LEAST_NS: u64 = 1_000_000;

/// Reports that something is slow and nothing was found: of load runs and of processes that were watched, since the reader of an
/// ordinary profile did not ask, and calls of one probe may differ for many good reasons.
pub(super) fn unknown(case: &Case<'_>, findings: &mut Vec<Finding>) {
    if !findings.is_empty() {
        return;
    }
    let watched = !case.watched.is_empty();
    let slow = |probe: &&ProbeReport| {
        let quantiles = probe.quantiles;
        (watched || probe.name.ends_with("::response"))
            && probe.evidence() >= ENOUGH
            && quantiles.p99 >= LEAST_NS
            && quantiles.p99 / SLOW >= quantiles.p50.max(1)
    };
    let Some(probe) = case.report.probes.iter().filter(slow).max_by_key(|probe| probe.quantiles.p99) else { return };
    let mut finding = Finding::new(Diagnosis::Unknown, &probe.name, Confidence::Low)
        .with("p99", probe.quantiles.p99 as f64, "ns")
        .with("median", probe.quantiles.p50 as f64, "ns");
    finding.missing = missing(case, probe);
    findings.push(finding);
}

fn missing(case: &Case<'_>, probe: &ProbeReport) -> Vec<&'static str> {
    let mut missing = Vec::new();
    match case.watched.first() {
        None => missing.push("what the system tells of the process (PERF_MONITOR=on)"),
        Some(watched) => {
            if watched.mean("cpu_stalled_ns").is_none() {
                missing.push("pressure stall information");
            }
            if watched.mean("futex_ns").is_none() {
                missing.push("what threads are blocked in");
            }
        }
    }
    if !case.report.meta.waiting_told {
        missing.push("how long threads wait in probes");
    }
    match probe.tail().map(|tail| tail.cause) {
        None => missing.push("the slowest calls"),
        Some(Cause::Callees) => missing.push("the callees of slow calls by name (PERF_TIMELINE=on)"),
        Some(_) => {}
    }
    if missing.is_empty() {
        missing.push("probes on the functions that slow calls pass through");
    }
    missing
}
