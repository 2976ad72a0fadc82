//! Processors: too few of them, or too little of their time.

use super::case::{Case, Watched};
use super::finding::{Confidence, Diagnosis, Finding};

/// The least number of periods of a quota for a finding.
const ENOUGH_PERIODS: f64 = 10.0;
/// The part of the periods that were cut short, from which on a quota matters.
const FELT: f64 = 0.05;
/// The part from which on it explains most of the slowness.
const MUCH: f64 = 0.25;
/// Threads that were stopped for this part of the time, on one processor or another, lost something.
const STOPPED: f64 = 0.01;

/// The part of all processors that threads had, or were ready for, from which on there are too few.
const FULL: f64 = 0.9;
/// Where the program itself had less than this part, its threads may have waited for each other's bursts: then the pressure of
/// the machine must show that some task waited this part of the time.
const HALF: f64 = 0.5;
/// The part of its time in which a single thread had or wanted a processor, from which on it is the limit.
const WHOLE_THREAD: f64 = 0.95;

/// A quota of the control group stops threads.
pub(super) fn throttled(case: &Case<'_>, findings: &mut Vec<Finding>) {
    for watched in &case.watched {
        let (Some(periods), Some(cut)) = (watched.growth("quota_periods"), watched.growth("throttled_periods")) else {
            continue;
        };
        let Some(stopped) = watched.mean("throttled_ns") else { continue };
        if periods < ENOUGH_PERIODS || cut / periods < FELT || stopped < STOPPED {
            continue;
        }
        let confidence = if cut / periods >= MUCH { Confidence::High } else { Confidence::Medium };
        let finding = Finding::new(Diagnosis::Throttled, case.subject(watched), confidence)
            .with("periods cut short", cut / periods, "ratio")
            .with("stopped for each second", stopped * 1e9, "ns")
            .with_known("quota in processors", watched.track.limits.quota(), "count")
            .with_known("processors busy", watched.mean("cpu_ns"), "count");
        findings.push(finding);
    }
}

/// Threads want more than there is.
pub(super) fn saturated(case: &Case<'_>, findings: &mut Vec<Finding>) {
    for watched in &case.watched {
        let subject = case.subject(watched);
        let throttled = |found: &Finding| found.diagnosis == Diagnosis::Throttled && found.subject == subject;
        if findings.iter().any(throttled) {
            continue;
        }
        let found = all_processors(case, watched).or_else(|| one_thread(watched));
        findings.extend(found);
    }
    if case.watched.is_empty() {
        findings.extend(by_totals(case));
    }
}

fn all_processors(case: &Case<'_>, watched: &Watched<'_>) -> Option<Finding> {
    let busy = watched.mean("cpu_ns")?;
    let there = processors(case, watched)?;
    let ready = watched.mean("ready_ns");
    let wanted = busy + ready.unwrap_or(0.0);
    let stalled = watched.mean("cpu_stalled_ns");
    if wanted < FULL * there || (busy < HALF * there && stalled.is_none_or(|stalled| stalled < HALF)) {
        return None;
    }
    let agreed = ready.is_some_and(|ready| ready >= 0.1 * busy) || stalled.is_some_and(|stalled| stalled >= HALF);
    let confidence = if agreed { Confidence::High } else { Confidence::Medium };
    Some(
        Finding::new(Diagnosis::ProcessorSaturated, case.subject(watched), confidence)
            .with("processors busy", busy, "count")
            .with("of", there, "count")
            .with_known("threads ready without one", ready, "count")
            .with_known("some task waiting for one", stalled, "ratio"),
    )
}

/// A thread that is always on a processor, or wants to be, is as fast as it can be: the others may be idle.
fn one_thread(watched: &Watched<'_>) -> Option<Finding> {
    let wanted = |thread: &&crate::report::ThreadTime| {
        thread.threads == 1
            && thread.watched_ns as f64 / 1e9 >= HALF * watched.seconds
            && (thread.cpu_ns + thread.ready_ns) as f64 >= WHOLE_THREAD * thread.watched_ns as f64
            // Threads of the instrument pace loads by spinning.
            && !thread.name.starts_with("perf-")
    };
    let thread = watched.track.threads.iter().filter(wanted).max_by_key(|thread| thread.cpu_ns)?;
    let of = |ns: u64| ns as f64 / thread.watched_ns as f64;
    Some(
        Finding::new(Diagnosis::ProcessorSaturated, format!("thread {}", thread.name), Confidence::Medium)
            .with("on a processor", of(thread.cpu_ns), "ratio")
            .with("ready without one", of(thread.ready_ns), "ratio"),
    )
}

/// Where no monitor ran, the totals of the process may suffice.
fn by_totals(case: &Case<'_>) -> Option<Finding> {
    let meta = &case.report.meta;
    let seconds = case.seconds().filter(|seconds| *seconds >= 1.0)?;
    let there = meta.machine.cores as f64;
    let busy = meta.processor_ns? as f64 / 1e9 / seconds;
    // Processor time counts from the start of the process, which is before that of the report.
    (meta.processes == 1 && there > 0.0 && busy >= FULL * there).then(|| {
        Finding::new(Diagnosis::ProcessorSaturated, "", Confidence::Low)
            .with("processors busy", busy, "count")
            .with("of", there, "count")
    })
}

/// Processors that the process may keep busy.
fn processors(case: &Case<'_>, watched: &Watched<'_>) -> Option<f64> {
    let cores = Some(case.report.meta.machine.cores).filter(|cores| *cores > 0);
    let there = watched.track.limits.processors.or(cores)? as f64;
    Some(watched.track.limits.quota().map_or(there, |quota| quota.min(there)))
}
