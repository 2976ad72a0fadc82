//! One bound checked against the figures of one probe: the rules of every budget that is judged by sums and a histogram.
//!
//! Declared budgets, `perf-budgets.toml`, the endpoint, `gate::Watch` and `cargo perf gate` all use it. A test
//! that times call by call knows the order of its calls too, and is judged by [`Budget`](super::Budget), at the same levels.
//!
//! With a snapshot or a report the order of the calls is lost, and every time is known to a bucket. The consequences:
//!
//! | what | rule | why |
//! |---|---|---|
//! | a call near the limit | within a bucket's width of it, a call counts as over the limit for a PASS and as within it for a FAIL | its side is not known, and a claim may not rest on it |
//! | slow calls, for a FAIL | [`BURST`] calls count as one, the number of calls rounded up and that of the slow ones down | one disturbance of the machine slows neighbours together; without the order nothing shows how many there were. Both roundings weaken the claim |
//! | slow calls, for a PASS | each counts | bursts only add slow calls: code that passes with all of them passes without |
//! | errors | each counts, for PASS and FAIL | a busy machine makes calls slow, it does not make them return an error; and an outage that fails two hundred neighbours is what a budget of errors is for |
//! | an allowance of nothing | one call over it is a FAIL | chance cannot explain it |
//! | the mean | by the normal distribution; ten calls count as one on both sides, the variance divided by n − 1 | neighbours that are slow together scatter the mean in both directions: a PASS that took them for independent would be too sure |
//! | the greatest | no call over the limit is a PASS, more than [`max::DISTURBED`] explains are a FAIL | as [`max`] |
//! | counters | the sum over all calls against the bound for as many calls, in whole numbers | they are exact; a peak is that of one call |
//! | nothing timed | INCONCLUSIVE | a greatest of no calls is no evidence |
//! | the throughput of a load's probe | calls that returned no error ÷ the time of the drive, as it is | its calls overlap: their times add up to no time in which they were made |
//! | times and throughput of a drive that was INVALID | INCONCLUSIVE, with its reason | the generator was late, so they are its own; errors and counters are not |
//!
//! The levels are those of every absolute test: FAIL at 10⁻⁶, PASS at 5 %.

use perf_core::budget::Metric;

use super::figures::Figures;
use super::findings::Row;
use super::quantile::minimal_samples;
use super::verdict::{Reason, Side, Unit, Verdict};
use super::{FAIL_LEVEL, PASS_LEVEL, max, mean};
use crate::stats::dist::{binomial_at_least, binomial_at_most, normal_above, normal_quantile_above};
use crate::stats::order::floor;

/// So many slow calls may have been one disturbance.
pub const BURST: u64 = 10;

/// The quantity that is bounded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Quantity {
    /// A metric that a budget can declare.
    Metric(Metric),
    /// Bytes that the calls said they processed, per second of time in calls.
    BytesPerSecond,
}

impl Quantity {
    /// Whether the value must be at least the bound, and not at most.
    #[must_use]
    pub const fn is_minimum(self) -> bool {
        match self {
            Self::Metric(metric) => metric.is_minimum(),
            Self::BytesPerSecond => true,
        }
    }

    /// The key as budgets spell it.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Metric(metric) => metric.key(),
            Self::BytesPerSecond => Metric::Throughput.key(),
        }
    }

    /// Whether it is about times, which a late generator spoils.
    const fn is_timed(self) -> bool {
        match self {
            Self::Metric(metric) => is_sampled(metric) && !matches!(metric, Metric::Errors),
            Self::BytesPerSecond => true,
        }
    }

    const fn unit(self) -> Unit {
        match self {
            Self::Metric(metric) => unit(metric),
            Self::BytesPerSecond => Unit::PerSecond,
        }
    }
}

/// The unit in which a metric is bounded.
pub(super) const fn unit(metric: Metric) -> Unit {
    match metric {
        Metric::Allocs => Unit::Count,
        Metric::Instructions => Unit::Instructions,
        Metric::AllocBytes | Metric::PeakBytes | Metric::NetBytes => Unit::Bytes,
        Metric::Errors => Unit::Share,
        Metric::Throughput => Unit::PerSecond,
        _ => Unit::Nanoseconds,
    }
}

/// Counters are exact; everything else needs many calls.
pub(super) const fn is_counter(metric: Metric) -> bool {
    matches!(metric, Metric::Allocs | Metric::AllocBytes | Metric::PeakBytes | Metric::NetBytes)
}

/// Whether calls are timed for it, or looked at for errors: neither counters nor instructions need that.
pub(super) const fn is_sampled(metric: Metric) -> bool {
    !is_counter(metric) && !matches!(metric, Metric::Instructions)
}

/// Checks one bound, in the unit of its quantity (nanoseconds, bytes, a count, a share, events per second), against figures.
///
/// ```
/// use perf_core::budget::Metric;
/// use perf_exporters::judge::{Figures, Quantity, hold};
///
/// let mut figures = Figures::default();
/// (figures.calls, figures.errors) = (10_000, 200);
/// assert!(hold(Quantity::Metric(Metric::Errors), 0.01, &figures).verdict.is_fail());
/// assert!(hold(Quantity::Metric(Metric::Errors), 0.03, &figures).verdict.is_pass());
/// ```
#[must_use]
pub fn hold(quantity: Quantity, bound: f64, figures: &Figures) -> Row {
    let row = held(quantity, bound, figures);
    if quantity.is_timed() && !figures.invalid.is_empty() && row.samples > 0 {
        return row.verdict(Verdict::Inconclusive(Reason::Invalid(figures.invalid.clone().into())), "");
    }
    row
}

fn held(quantity: Quantity, bound: f64, figures: &Figures) -> Row {
    let side = if quantity.is_minimum() { Side::AtLeast } else { Side::AtMost };
    let row = Row { side, ..Row::new(quantity.key(), quantity.unit(), bound) };
    let metric = match quantity {
        Quantity::Metric(metric) => metric,
        Quantity::BytesPerSecond if figures.bytes == 0 => {
            return row.invalid("the probe counts no bytes: annotate it with `bytes = …`");
        }
        Quantity::BytesPerSecond => return rate(row, figures, figures.bytes),
    };
    match metric {
        metric if is_counter(metric) && !figures.alloc_tracking => Row { exact: true, ..row }.invalid(UNCOUNTED),
        Metric::Allocs => per_call(row, i128::from(figures.allocs), figures.calls),
        Metric::AllocBytes => per_call(row, i128::from(figures.alloc_bytes), figures.calls),
        Metric::NetBytes => per_call(row, i128::from(figures.net_bytes), figures.calls),
        Metric::PeakBytes => per_call(row, i128::from(figures.peak_bytes), 1).because("the greatest of any call"),
        Metric::Errors => {
            let (errors, calls) = (figures.errors, figures.calls);
            let row = share(row, bound, (errors, errors), calls, 1);
            let actual = if calls == 0 { f64::NAN } else { errors as f64 / calls as f64 };
            let row = Row { actual, reason: format!("{errors} of {calls} calls returned an error"), ..row };
            if figures.errors_unseen && !row.verdict.is_fail() { row.invalid(UNSEEN) } else { row }
        }
        Metric::Instructions => row.invalid("a probe counts no instructions: that takes a test"),
        Metric::Max => greatest(row, figures),
        Metric::Mean => average(row, figures, bound),
        Metric::Throughput => rate(row, figures, if figures.items > 0 { figures.items } else { well(figures) }),
        metric => match metric.quantile() {
            Some(p) => {
                let (least, most) = figures.over(limit(bound));
                let row = share(row, 1.0 - p, (least, most), figures.timed, BURST);
                let reason = format!("{least} to {most} of {} calls took longer", figures.timed);
                Row { actual: figures.quantile_ns(p), reason, ..row }
            }
            None => row.invalid("this version cannot judge it"),
        },
    }
}

/// Checks the live bytes of a process against a bound.
#[must_use]
pub fn hold_live_bytes(live_bytes: i64, alloc_tracking: bool, bound: f64) -> Row {
    let row = Row::new("live_bytes", Unit::Bytes, bound);
    if alloc_tracking {
        per_call(row, i128::from(live_bytes), 1).because("")
    } else {
        Row { exact: true, ..row }.invalid(UNCOUNTED)
    }
}

/// Checks a figure that is known as it is, with nothing to estimate: a share of two counters, the rate that a search found.
/// One that is not finite was not measured.
///
/// ```
/// use perf_exporters::judge::{Side, Unit, hold_known};
///
/// let row = hold_known("hit rate", Unit::Share, Side::AtLeast, 0.9, 0.95);
/// assert!(row.verdict.is_pass());
/// ```
#[must_use]
pub fn hold_known(metric: &str, unit: Unit, side: Side, bound: f64, actual: f64) -> Row {
    let row = Row { side, exact: true, ..Row::new(metric, unit, bound) };
    if !actual.is_finite() {
        return row.invalid("it was not measured");
    }
    let kept = match side {
        Side::AtMost => actual <= bound,
        Side::AtLeast => actual >= bound,
    };
    row.evidence(actual, 1, 0.0).verdict(if kept { Verdict::Pass } else { Verdict::Fail }, "")
}

const UNSEEN: &str = "errors are not looked for: write `#[perf_probe(errors)]` on the function";
const UNCOUNTED: &str = "allocations are not counted: make `perf_core::PerfAlloc` the global allocator";

/// Times are whole nanoseconds: a time over the bound is over its whole part.
fn limit(bound: f64) -> u64 {
    floor(bound) as u64
}

/// Whether at most the share `allowed` of the calls is over a limit, of which it is known how many are for certain and how
/// many at most; so many may count as one for a FAIL.
fn share(row: Row, allowed: f64, (least, most): (u64, u64), calls: u64, burst: u64) -> Row {
    let fail_p = binomial_at_least(calls.div_ceil(burst), least / burst, allowed);
    let verdict = if calls > 0 && (allowed <= 0.0 && least > 0 || fail_p <= FAIL_LEVEL) {
        Verdict::Fail
    } else if calls > 0 && (allowed <= 0.0 && most == 0 || binomial_at_most(calls, most, allowed) <= PASS_LEVEL) {
        Verdict::Pass
    } else {
        undecided(calls, minimal_samples(1.0 - allowed))
    };
    row.evidence(f64::NAN, calls, fail_p).verdict(verdict, "")
}

fn undecided(have: u64, need: u64) -> Verdict {
    Verdict::Inconclusive(match need {
        // Where the allowance is nothing, one call proves as much as many.
        u64::MAX if have == 0 => Reason::TooFewSamples { have, need: 1 },
        need if have < need && need < u64::MAX => Reason::TooFewSamples { have, need },
        _ => Reason::Undecided,
    })
}

/// Checks a sum over all calls against the bound for as many.
pub(super) fn per_call(row: Row, sum: i128, calls: u64) -> Row {
    // The whole part in whole numbers, so that no sum is too large to be exact; a fraction can only come from a file.
    let whole = row.bound.trunc();
    let part = floor((row.bound - whole) * calls as f64 + 1e-6) as i128;
    let verdict = if sum > floor(whole) as i128 * i128::from(calls) + part { Verdict::Fail } else { Verdict::Pass };
    let row = row.evidence(sum as f64 / calls.max(1) as f64, calls, 0.0);
    Row { exact: true, ..row }.verdict(verdict, "on average over all calls")
}

fn greatest(row: Row, figures: &Figures) -> Row {
    let (least, most) = figures.over(limit(row.bound));
    let timed = figures.timed;
    if timed == 0 {
        return row.verdict(undecided(0, 1), "no call was timed");
    }
    let fail_p = binomial_at_least(timed.div_ceil(BURST), least / BURST, max::DISTURBED);
    let verdict = if figures.max_ns as f64 <= row.bound {
        Verdict::Pass
    } else if fail_p <= FAIL_LEVEL {
        Verdict::Fail
    } else {
        Verdict::Inconclusive(Reason::FewLate)
    };
    let reason =
        if verdict.is_pass() { String::new() } else { format!("{least} to {most} of {timed} calls took longer") };
    row.evidence(figures.max_ns as f64, timed, fail_p).verdict(verdict, reason)
}

/// Calls that count as work done: of a drive, those that its callers were content with.
fn well(figures: &Figures) -> u64 {
    if figures.drive_ns.is_some() { figures.calls.saturating_sub(figures.errors) } else { figures.calls }
}

/// Work per second of the drive; where there is none, of time in calls, by the mean time of a call with its share of the work.
fn rate(row: Row, figures: &Figures, work: u64) -> Row {
    if let Some(ns) = figures.drive_ns {
        let known = hold_known(&row.metric, row.unit, row.side, row.bound, 1e9 * work as f64 / ns as f64);
        return Row { samples: figures.calls, exact: false, ..known };
    }
    let each = work as f64 / figures.calls.max(1) as f64;
    let slowest = 1e9 * each / row.bound;
    let row = average(row, figures, slowest);
    Row { actual: 1e9 * each / figures.mean_ns().max(f64::MIN_POSITIVE), ..row }
}

/// Whether the mean time of a call is at most `bound`.
fn average(row: Row, figures: &Figures, bound: f64) -> Row {
    let (n, mean) = (figures.timed, figures.mean_ns());
    let row = row.evidence(if n == 0 { f64::NAN } else { mean }, n, 1.0);
    if n < mean::LEAST as u64 {
        return row.verdict(undecided(n, mean::LEAST as u64), "");
    }
    let deviation = |value: f64| (value - mean).powi(2);
    let buckets = figures.histogram.buckets();
    let squares: f64 = buckets.map(|b| deviation(b.low.midpoint(b.high) as f64) * b.count as f64).sum();
    let variance = squares / figures.histogram.count().max(1) as f64 * n as f64 / (n - 1) as f64;
    let error = (variance / n.div_ceil(BURST) as f64).sqrt();
    let fail_p = if error > 0.0 { normal_above((mean - bound) / error) } else { f64::from(u8::from(mean <= bound)) };
    let verdict = if fail_p <= FAIL_LEVEL {
        Verdict::Fail
    } else if mean + normal_quantile_above(PASS_LEVEL) * error <= bound {
        Verdict::Pass
    } else {
        Verdict::Inconclusive(Reason::Undecided)
    };
    Row { error: fail_p, ..row }.verdict(verdict, "")
}

#[cfg(test)]
#[path = "bound_tests.rs"]
mod tests;
