//! An outcome in the form in which budgets judge it.

use perf_core::budget::{Bound, BudgetSpec, Limit, Metric};
use perf_exporters::judge::{Budget, Findings, Measurements, Reason, Row, Severity, Side, Unit, Verdict};
use rand::SeedableRng;
use rand::rngs::Xoshiro256PlusPlus;
use rand::seq::SliceRandom;

use crate::Outcome;

/// The share of the throughput that the end of a drive costs: its last operations end after the schedule.
const ITS_END: f64 = 0.02;

/// Response times in the order of time, in nanoseconds, from the course: within a window, where the order is not known, in a
/// random one. Arrivals that were dropped, or not reached when the drive was given up, count with all its time. `edge` chooses
/// a value of a bucket.
fn responses(outcome: &Outcome, edge: impl Fn(u64, u64) -> u64) -> Vec<f64> {
    let mut times = Vec::new();
    let mut random = Xoshiro256PlusPlus::seed_from_u64(0);
    for window in &outcome.course {
        let begins = times.len();
        for bucket in window.response.buckets() {
            let value = edge(bucket.low, bucket.high) as f64;
            times.extend((0..bucket.count).map(|_| value));
        }
        times.extend((0..window.counts.dropped).map(|_| never(outcome)));
        times[begins..].shuffle(&mut random);
    }
    let counts = &outcome.counts;
    let unreached = counts.due.saturating_sub(counts.started + counts.dropped);
    times.extend((0..unreached).map(|_| never(outcome)));
    times
}

fn never(outcome: &Outcome) -> f64 {
    outcome.elapsed.as_secs_f64() * 1e9
}

/// Calls that failed, by window.
fn errors(outcome: &Outcome) -> Vec<(u64, u64)> {
    let windows = outcome.course.iter().map(|window| (window.counts.completed, window.counts.failed));
    windows.filter(|window| window.0 > 0).collect()
}

/// Response times by the middles of their buckets, for the table.
pub(super) fn shown(outcome: &Outcome) -> Vec<f64> {
    responses(outcome, u64::midpoint)
}

/// Judges every bound by the response times of an outcome. A time near a limit is known to a bucket: it counts as within it
/// for a FAIL, and as over it for a PASS.
pub(super) fn judge(spec: &'static BudgetSpec, debug_build: bool, outcome: &Outcome) -> Findings {
    let budget = Budget::new(spec).debug_build(debug_build);
    let held = |edge: fn(u64, u64) -> u64| {
        let mut measured = Measurements::default();
        measured.times = responses(outcome, edge);
        measured.errors = errors(outcome);
        budget.judge(&measured)
    };
    let (least, most) = (held(|low, _| low), held(|_, high| high));
    let mut findings: Findings =
        least.rows.into_iter().zip(most.rows).map(|(least, most)| certain(least, most)).collect();
    let rates = |limits: &'static [Limit], severity| {
        limits.iter().filter_map(move |limit| match (limit.metric, limit.bound) {
            (Metric::Throughput, Bound::PerThousandSeconds(bound)) => Some((bound as f64 / 1e3, severity)),
            _ => None,
        })
    };
    for (bound, severity) in rates(spec.limits, Severity::Limit).chain(rates(spec.targets, Severity::Target)) {
        let mut row = throughput(bound, outcome);
        row.severity = severity;
        match findings.rows.iter_mut().find(|old| old.metric == row.metric && old.severity == severity) {
            Some(old) => *old = row,
            None => findings.rows.push(row),
        }
    }
    if !budget.gates_time() {
        findings.soften_time();
    }
    findings
}

fn certain(least: Row, most: Row) -> Row {
    if least.verdict.is_fail() {
        return least;
    }
    match most.verdict {
        Verdict::Fail => {
            most.verdict(Verdict::Inconclusive(Reason::Undecided), "the limit lies within a bucket's width")
        }
        _ => most,
    }
}

/// Successful completions as a share of the arrivals: an equality, since the schedule is fixed.
fn throughput(bound: f64, outcome: &Outcome) -> Row {
    let counts = &outcome.counts;
    let well = counts.completed - counts.failed;
    let mut row = Row::new(Metric::Throughput.key(), Unit::PerSecond, bound);
    row.side = Side::AtLeast;
    if counts.due == 0 {
        return row.invalid("no arrival was due");
    }
    // A share of the due arrivals is taken, so that a schedule that came out a little thinner than its rate does not count
    // against it.
    let share = well as f64 / counts.due as f64 * (outcome.scheduled.as_secs_f64() / outcome.elapsed.as_secs_f64());
    let actual = share * outcome.offered();
    let verdict = if actual >= bound * (1.0 - ITS_END) { Verdict::Pass } else { Verdict::Fail };
    let reason = format!("{well} of {} arrivals were served well, in {:.2?}", counts.due, outcome.elapsed);
    row.evidence(actual, counts.due, 0.0).verdict(verdict, reason)
}
