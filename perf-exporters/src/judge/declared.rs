//! Budgets declared on functions of the program, held against a snapshot.
//!
//! A snapshot holds sums and a histogram: the order of the calls is lost, and every time is known to a bucket. So
//! - a call within a bucket's width of the limit counts as over it for a PASS, and as within it for a FAIL;
//! - ten calls over the limit count as one for a FAIL, since they may have been one disturbance;
//! - of a sampled probe as many calls are known as were timed, whatever each of them stands for;
//! - counters are judged by their sum over all calls, a peak by the greatest of any call;
//! - how often another probe was called is judged by the call tree, where it was recorded. Without it all calls of that
//!   probe are known to be enough for a PASS only.

use perf_core::budget::{Bound, BudgetSpec, CallLimit, Clock, Limit, Metric};
use perf_core::{ProbeStats, Snapshot};

use super::budget::{amount, is_counter, unit};
use super::findings::{Findings, Row};
use super::quantile::minimal_samples;
use super::verdict::{Reason, Severity, Side, Unit, Verdict};
use super::{FAIL_LEVEL, PASS_LEVEL, max, mean};
use crate::stats::dist::{binomial_at_least, binomial_at_most, normal_above, normal_quantile_above};

/// So many calls over a limit may have been one disturbance.
const BURST: u64 = 10;

/// Holds every budget that functions of the program declare against what a snapshot says of them.
///
/// A missed limit on time in a build without optimisation is [`Reason::DebugBuild`], unless the budget says
/// `debug = true`. Every row's metric begins with the probe's name.
///
/// ```
/// use perf_core::{Session, perf_budget};
/// use perf_exporters::judge;
///
/// #[perf_budget(name = "double", p99 = "1s")]
/// fn double(n: u64) -> u64 {
///     2 * n
/// }
///
/// let session = Session::new();
/// session.run(|| (0..1_000).map(double).sum::<u64>());
/// let findings = judge::check(&session.snapshot());
/// if perf_core::is_enabled() {
///     assert_eq!(findings.rows[0].metric, "double: p99");
///     assert!(findings.verdict().is_pass());
/// }
/// ```
#[must_use]
pub fn check(snapshot: &Snapshot) -> Findings {
    check_as(snapshot, cfg!(debug_assertions))
}

/// [`check`] of code that was, or was not, built without optimisation.
#[must_use]
pub fn check_as(snapshot: &Snapshot, debug_build: bool) -> Findings {
    let named = |(probe, row): (String, Row)| Row { metric: format!("{probe}: {}", row.metric), ..row };
    rows(snapshot, debug_build).map(named).collect()
}

/// Every row with the name of its probe, in a build like this one.
pub(crate) fn declared_rows(snapshot: &Snapshot) -> impl Iterator<Item = (String, Row)> {
    rows(snapshot, cfg!(debug_assertions))
}

fn rows(snapshot: &Snapshot, debug_build: bool) -> impl Iterator<Item = (String, Row)> {
    let called = snapshot.probes().filter(|probe| probe.calls() > 0);
    let budgets = called.flat_map(|probe| probe.budgets().iter().map(move |spec| (probe, *spec)));
    budgets.flat_map(move |(probe, spec)| {
        let mut findings = check_one(probe, spec, snapshot);
        if debug_build && !spec.debug {
            findings.soften_time();
        }
        findings.rows.into_iter().map(|row| (probe.name().to_owned(), row))
    })
}

fn check_one(probe: &ProbeStats, spec: &BudgetSpec, snapshot: &Snapshot) -> Findings {
    let limits = spec.limits.iter().map(|limit| (limit, Severity::Limit));
    let targets = spec.targets.iter().map(|limit| (limit, Severity::Target));
    let bounds = limits.chain(targets).map(|(limit, severity)| {
        let row = Row { severity, ..Row::new(limit.metric.key(), unit(limit.metric), amount(limit.bound)) };
        judge(row, limit, probe, spec.clock, snapshot.meta().alloc_tracking)
    });
    bounds.chain(spec.calls.iter().map(|limit| calls(probe, limit, snapshot))).collect()
}

fn judge(row: Row, limit: &Limit, probe: &ProbeStats, clock: Clock, alloc_tracking: bool) -> Row {
    let calls = probe.calls();
    match limit.metric {
        metric if is_counter(metric) && !alloc_tracking => Row { exact: true, ..row }
            .invalid("allocations are not counted: make `perf_core::PerfAlloc` the global allocator"),
        Metric::Allocs => per_call(row, i128::from(probe.allocs()), calls),
        Metric::AllocBytes => per_call(row, i128::from(probe.alloc_bytes()), calls),
        Metric::NetBytes => per_call(row, i128::from(probe.net_bytes()), calls),
        Metric::PeakBytes => per_call(row, i128::from(probe.peak_bytes()), 1),
        Metric::Errors => {
            let row = share(row, amount(limit.bound), (probe.errors(), probe.errors()), calls);
            let actual = probe.errors() as f64 / calls.max(1) as f64;
            Row { actual, reason: format!("{} of {calls} calls returned an error", probe.errors()), ..row }
        }
        _ if clock == Clock::Cpu => row.invalid("a probe measures passing time; processor time takes a test"),
        Metric::Max => longest(row, limit.bound, probe),
        Metric::Mean => average(row, probe, 1.0),
        Metric::Throughput => {
            let per_call = if probe.items() > 0 { probe.items() as f64 / calls.max(1) as f64 } else { 1.0 };
            average(Row { side: Side::AtLeast, ..row }, probe, per_call)
        }
        metric => match metric.quantile() {
            Some(p) => {
                let (least, most) = over(probe, limit.bound);
                let timed = probe.timed_calls();
                let row = share(row, 1.0 - p, (least, most), timed);
                let actual = crate::nanos::nanos(probe.quantile(p)) as f64;
                Row { actual, reason: format!("{least} to {most} of {timed} calls took longer"), ..row }
            }
            None => row.invalid("this version cannot judge it"),
        },
    }
}

/// Calls that took longer for certain, and at most, of those that were timed: where a probe is sampled, each of these stands
/// for several in the histogram.
///
/// The probe counted in buckets of ticks, which were then split into buckets of nanoseconds: a value may lie one bucket's
/// width, a 64th, away from where it stands.
fn over(probe: &ProbeStats, bound: Bound) -> (u64, u64) {
    let limit = crate::stats::order::floor(amount(bound)) as u64;
    let wider = |value: u64| value.saturating_add(value.div_ceil(64));
    // Times are at most the greatest, which is known exactly: nothing above it straddles.
    let greatest = crate::nanos::nanos(probe.max());
    let (least, most) = probe.histogram().buckets().fold((0, 0), |(least, most), bucket| {
        let surely = if bucket.low > wider(limit) { bucket.count } else { 0 };
        let perhaps = if wider(bucket.high).min(greatest) > limit { bucket.count } else { 0 };
        (least + surely, most + perhaps)
    });
    let (timed, stood_for) = (u128::from(probe.timed_calls()), u128::from(probe.histogram().count().max(1)));
    let of_timed = |scaled: u128| u64::try_from(scaled).unwrap_or(u64::MAX);
    let (least, most) = (u128::from(least) * timed / stood_for, (u128::from(most) * timed).div_ceil(stood_for));
    (of_timed(least), of_timed(most))
}

fn share(row: Row, allowed: f64, (least, most): (u64, u64), calls: u64) -> Row {
    let fail_p = binomial_at_least(calls / BURST, least / BURST, allowed);
    let pass_p = binomial_at_most(calls, most, allowed);
    let verdict = if allowed <= 0.0 && least > 0 || calls > 0 && fail_p <= FAIL_LEVEL {
        Verdict::Fail
    } else if calls > 0 && (pass_p <= PASS_LEVEL || most == 0 && allowed <= 0.0) {
        Verdict::Pass
    } else {
        undecided(calls, minimal_samples(1.0 - allowed))
    };
    row.evidence(f64::NAN, calls, fail_p).verdict(verdict, "")
}

fn undecided(have: u64, need: u64) -> Verdict {
    Verdict::Inconclusive(if have < need && need < u64::MAX {
        Reason::TooFewSamples { have, need }
    } else {
        Reason::Undecided
    })
}

fn per_call(row: Row, sum: i128, calls: u64) -> Row {
    let allowed = crate::stats::order::floor(row.bound) as i128 * i128::from(calls);
    let verdict = if sum > allowed { Verdict::Fail } else { Verdict::Pass };
    let row = row.evidence(sum as f64 / calls.max(1) as f64, calls, 0.0);
    Row { exact: true, ..row }.verdict(verdict, "on average over all calls")
}

fn longest(row: Row, bound: Bound, probe: &ProbeStats) -> Row {
    let (least, _) = over(probe, bound);
    let calls = probe.timed_calls();
    let actual = crate::nanos::nanos(probe.max()) as f64;
    let fail_p = binomial_at_least(calls / BURST, least / BURST, max::DISTURBED);
    let verdict = if actual <= row.bound {
        Verdict::Pass
    } else if fail_p <= FAIL_LEVEL {
        Verdict::Fail
    } else {
        Verdict::Inconclusive(Reason::Environment)
    };
    row.evidence(actual, calls, fail_p).verdict(verdict, format!("{least} of {calls} calls took longer"))
}

/// Judges the mean time of a call; with [`Side::AtLeast`] as the rate that it makes for so many items per call.
fn average(row: Row, probe: &ProbeStats, items: f64) -> Row {
    let histogram = probe.histogram();
    let n = probe.timed_calls();
    if n < mean::LEAST as u64 {
        return row.verdict(undecided(n, mean::LEAST as u64), "");
    }
    let actual = probe.mean().as_secs_f64() * 1e9;
    let at_least = row.side == Side::AtLeast;
    let bound = if at_least { items / row.bound * 1e9 } else { row.bound };
    let squares: f64 = histogram
        .buckets()
        .map(|bucket| (bucket.low.midpoint(bucket.high) as f64 - actual).powi(2) * bucket.count as f64)
        .sum();
    let deviation = (squares / histogram.count() as f64).sqrt();
    let error = |calls: f64| (deviation / calls.sqrt()).max(f64::MIN_POSITIVE);
    let fail_p = normal_above((actual - bound) / error(n as f64 / BURST as f64));
    let upper = actual + normal_quantile_above(PASS_LEVEL) * error(n as f64);
    let verdict = if fail_p <= FAIL_LEVEL {
        Verdict::Fail
    } else if upper <= bound {
        Verdict::Pass
    } else {
        Verdict::Inconclusive(Reason::Undecided)
    };
    let shown = if at_least { items * 1e9 / actual.max(f64::MIN_POSITIVE) } else { actual };
    row.evidence(shown, n, fail_p).verdict(verdict, "")
}

fn calls(probe: &ProbeStats, limit: &CallLimit, snapshot: &Snapshot) -> Row {
    let metric = format!("calls({:?})", limit.probe);
    let row = Row { exact: true, ..Row::new(metric, Unit::Count, limit.calls as f64) };
    if let Some((own, inside)) = in_tree(probe.name(), limit.probe, snapshot) {
        return per_call(row, i128::from(inside), own);
    }
    let all = snapshot.get(limit.probe).map_or(0, ProbeStats::calls);
    let row = per_call(row, i128::from(all), probe.calls());
    if row.verdict.is_pass() {
        return row;
    }
    row.invalid("others may have called it; the call tree would tell: `perf_core::set_call_tree(true)`")
}

/// Calls of the outermost nodes of one probe in the call tree, and of another below them.
fn in_tree(outer: &str, inner: &str, snapshot: &Snapshot) -> Option<(u64, u64)> {
    let nodes = snapshot.tree().nodes();
    let mut inside = vec![false; nodes.len()];
    let (mut own, mut below) = (0, 0);
    for (at, node) in nodes.iter().enumerate() {
        let under = inside[node.parent];
        if under && node.name == inner {
            below += node.calls;
        }
        if !under && node.name == outer {
            own += node.calls;
        }
        inside[at] = under || node.name == outer;
    }
    (own > 0).then_some((own, below))
}

#[cfg(test)]
#[path = "declared_tests.rs"]
mod tests;
