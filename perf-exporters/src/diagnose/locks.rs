//! Locks: threads that wait for each other inside probes.

use super::case::Case;
use super::finding::{Confidence, Diagnosis, Finding};
use crate::report::ProbeReport;

/// The part of a probe's own time that is waiting.
const MOSTLY: f64 = 0.5;
const NEARLY_ALL: f64 = 0.8;
/// Threads waiting in the probe, on average.
const FELT: f64 = 0.5;
/// The least number of calls for a finding.
const ENOUGH: u64 = 10;
/// Of the threads that wait in probes, the part that may be blocked in other calls than `futex` or be ready without a processor.
const ELSEWHERE: f64 = 0.5;

/// Probes wait, and it is no waiting for devices, timers or processors: as many threads are blocked in `futex` as wait in
/// probes, and too few elsewhere to be these.
pub(super) fn lock_waiting(case: &Case<'_>, findings: &mut Vec<Finding>) {
    let report = case.report;
    // The waiting times of several processes cannot be separated.
    let ([watched], Some(seconds)) = (&case.watched[..], case.seconds()) else { return };
    if !report.meta.waiting_told || report.monitor.len() > 1 {
        return;
    }
    let (Some(futex), Some(blocked)) = (watched.mean("futex_ns"), watched.mean("blocked_ns")) else { return };
    let waiting = |ns: u64| ns as f64 / 1e9 / seconds;
    let in_probes = waiting(report.probes.iter().map(|probe| probe.waiting_ns).fold(0, u64::saturating_add));
    let found = blocked + watched.mean("ready_ns").unwrap_or(0.0);
    // Short waits are often sampled at their ends, where no call is seen. Waiting that lasts is seen, so the time of all threads but
    // the monitor's that is neither processor time nor `futex` is spent elsewhere.
    let unseen = watched.mean("threads").zip(watched.mean("cpu_ns")).map_or(0.0, |(all, cpu)| all - 1.0 - cpu - futex);
    let elsewhere = found.max(unseen);
    if futex < (1.0 - ELSEWHERE) * in_probes || elsewhere > ELSEWHERE * in_probes {
        return;
    }
    let part = |probe: &ProbeReport| probe.waiting_ns as f64 / probe.self_ns.max(1) as f64;
    let waits =
        |probe: &&ProbeReport| probe.calls >= ENOUGH && part(probe) >= MOSTLY && waiting(probe.waiting_ns) >= FELT;
    let Some(probe) = report.probes.iter().filter(waits).max_by_key(|probe| probe.waiting_ns) else { return };
    let sure = part(probe) >= NEARLY_ALL && elsewhere <= ELSEWHERE / 2.0 * in_probes;
    let confidence = if sure { Confidence::High } else { Confidence::Medium };
    let finding = Finding::new(Diagnosis::LockWaiting, &probe.name, confidence)
        .with("waiting", part(probe), "ratio")
        .with("threads waiting in it", waiting(probe.waiting_ns), "count")
        .with("threads blocked in futex", futex, "count")
        .with("threads blocked elsewhere or ready", elsewhere, "count");
    findings.push(finding);
}
