//! Load runs: response time, which begins when a request should have started, beside service time and the generator's lateness.

use super::case::Case;
use super::finding::{Confidence, Diagnosis, Finding};
use crate::report::{BudgetReport, ProbeReport};

/// How many times the mean service time requests wait for their turn, from which on a queue backs up. A single server
/// with random arrivals and random service reaches this at 80 % of its capacity, the next at 91 %.
const WAITS: f64 = 4.0;
const WAITS_LONG: f64 = 10.0;
/// The same of the 99th percentiles, where means hide a stall.
const TAIL_WAITS: f64 = 10.0;
/// The part of the limit, or of the response time where there is no limit, that the generator may be late.
const LATE: f64 = 0.1;
/// The part from which on its lateness is most of what was measured.
const VERY_LATE: f64 = 0.5;

/// Requests wait for their turn, for longer than the generator was late.
pub(super) fn queue_backing_up(case: &Case<'_>, findings: &mut Vec<Finding>) {
    for (name, response) in case.of_load("response") {
        let Some(service) = case.beside(name, "service") else { continue };
        let lateness = case.beside(name, "lateness");
        let late = |of: fn(&ProbeReport) -> u64| lateness.map_or(0.0, |lateness| of(lateness) as f64);
        let (mean, own) = (response.mean_ns as f64, service.mean_ns as f64);
        let waited = (mean - own - late(|probe| probe.mean_ns)).max(0.0);
        let (tail, own_tail) = (response.quantiles.p99 as f64, service.quantiles.p99 as f64);
        let tail_waited = tail - late(|probe| probe.quantiles.p99);
        let long = own > 0.0 && waited >= WAITS_LONG * own;
        let waits = own > 0.0 && waited >= WAITS * own;
        let in_tail = own_tail > 0.0 && tail_waited >= TAIL_WAITS * own_tail;
        if !(waits || in_tail) {
            continue;
        }
        let confidence = if long { Confidence::High } else { Confidence::Medium };
        let finding = Finding::new(Diagnosis::QueueBackingUp, name, confidence)
            .with("waiting before service", waited, "ns")
            .with("service", own, "ns")
            .with("p99 of the response", tail, "ns")
            .with("p99 of the service", own_tail, "ns");
        findings.push(finding);
    }
}

/// The generator started requests late although there was room for them.
pub(super) fn generator_too_slow(case: &Case<'_>, findings: &mut Vec<Finding>) {
    for (name, lateness) in case.of_load("lateness") {
        let Some(response) = case.beside(name, "response") else { continue };
        let limit = limit_of(&case.report.budgets, &response.name);
        let (late, tail) = (lateness.quantiles.p99 as f64, response.quantiles.p99 as f64);
        let allowed = limit.unwrap_or(tail);
        let by_figures = allowed > 0.0 && late >= LATE * allowed;
        // A drive has judged itself by the limit that it was given. Only a limit of a budget says more.
        let invalid = response.driven.as_ref().map(|driven| !driven.invalid.is_empty());
        let too_slow = match invalid {
            Some(true) => late > 0.0,
            Some(false) => limit.is_some() && by_figures,
            None => by_figures,
        };
        if !too_slow {
            continue;
        }
        let sure = invalid == Some(true) || limit.is_some() || late >= VERY_LATE * tail;
        let confidence = if sure { Confidence::High } else { Confidence::Medium };
        let finding = Finding::new(Diagnosis::GeneratorTooSlow, name, confidence)
            .with("p99 of the lateness", late, "ns")
            .with("p99 of the response", tail, "ns")
            .with_known("limit", limit, "ns");
        findings.push(finding);
    }
}

/// The least limit on a latency of the probe.
fn limit_of(budgets: &[BudgetReport], probe: &str) -> Option<f64> {
    let limits = budgets.iter().filter(|budget| budget.probe == probe && budget.unit == "ns");
    limits.filter_map(|budget| budget.limit).filter(|limit| *limit > 0.0).min_by(f64::total_cmp)
}
