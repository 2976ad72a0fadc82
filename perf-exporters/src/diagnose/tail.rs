//! Tails: slow calls that are slow in one probe.

use std::collections::BTreeMap;

use super::case::{Case, ENOUGH_CALLS};
use super::finding::{Confidence, Diagnosis, Finding};
use crate::report::{Cause, ProbeReport, Tail};

/// How many times the median the 99th percentile is, and the fastest of the slowest calls, where a tail stands out.
const STANDS_OUT: u64 = 3;
/// Slow calls shorter than this are interruptions of the thread.
const LEAST_NS: u64 = 100_000;
/// Slow calls that were kept, at least.
const ENOUGH_KEPT: usize = 3;
/// The part of their time that is in one probe.
const MOST: f64 = 0.6;
const NEARLY_ALL: f64 = 0.8;
/// Findings of this kind.
const SHOWN: usize = 2;

/// Most of the time of the slowest calls is in one probe: in the probe itself, or in a callee, or in a callee of that.
pub(super) fn dominated(case: &Case<'_>, findings: &mut Vec<Finding>) {
    let tails: BTreeMap<&str, (&ProbeReport, Tail)> = case
        .report
        .probes
        .iter()
        .filter_map(|probe| {
            Some((probe.name.as_str(), (probe, stands_out(probe, case.report.meta.probe_resolution_ns)?)))
        })
        .collect();
    // For each probe that dominates, the caller with the slowest calls is kept.
    let mut found: BTreeMap<&str, (&ProbeReport, &Tail)> = BTreeMap::new();
    for (probe, tail) in tails.values() {
        let end = match &tail.cause {
            Cause::Callee(callee) => innermost(&tails, callee),
            Cause::Itself => probe.name.as_str(),
            Cause::Waiting | Cause::Callees => continue,
        };
        // Its calls are slow because they wait, which is found already.
        if findings.iter().any(|found| found.diagnosis == Diagnosis::LockWaiting && found.subject == end) {
            continue;
        }
        let best = found.entry(end).or_insert((probe, tail));
        if tail.least_ns > best.1.least_ns {
            *best = (probe, tail);
        }
    }
    let mut found: Vec<_> = found.into_iter().collect();
    found.sort_by(|(a, (_, one)), (b, (_, other))| other.least_ns.cmp(&one.least_ns).then(a.cmp(b)));
    for (end, (probe, tail)) in found.into_iter().take(SHOWN) {
        let sure = tail.share >= NEARLY_ALL && tail.calls >= perf_core::Exemplar::KEPT;
        let confidence = if sure { Confidence::High } else { Confidence::Medium };
        let finding = Finding::new(Diagnosis::TailDominated, end, confidence);
        let finding = if end == probe.name {
            finding.with(format!("of its {} slowest calls", tail.calls), tail.share, "ratio")
        } else {
            finding.with_of(format!("of the {} slowest calls of", tail.calls), &probe.name, tail.share, "ratio")
        };
        let finding = finding
            .with("which take at least", tail.least_ns as f64, "ns")
            .with("median", probe.quantiles.p50 as f64, "ns")
            .with("p99", probe.quantiles.p99 as f64, "ns");
        findings.push(finding);
    }
}

fn stands_out(probe: &ProbeReport, resolution_ns: u64) -> Option<Tail> {
    let tail = probe.tail()?;
    let median = probe.quantiles.p50.max(resolution_ns);
    let slow = tail.least_ns / STANDS_OUT >= median && probe.quantiles.p99 / STANDS_OUT >= median;
    let known = probe.evidence() >= ENOUGH_CALLS && tail.calls >= ENOUGH_KEPT && tail.share >= MOST;
    (slow && known && tail.least_ns >= LEAST_NS).then_some(tail)
}

/// The callee whose own slow calls are slow in no further callee.
fn innermost<'a>(tails: &'a BTreeMap<&str, (&ProbeReport, Tail)>, callee: &'a str) -> &'a str {
    let mut end = callee;
    // At most as many steps as there are probes, should they name each other.
    for _ in 0..tails.len() {
        match tails.get(end).map(|(_, tail)| &tail.cause) {
            Some(Cause::Callee(next)) if next != end => end = next,
            _ => break,
        }
    }
    end
}
