//! A budget, its measurements, and the verdict that follows: no clock, no printing.

use std::time::Duration;

use perf_core::budget::{Bound, BudgetSpec, CallLimit, Limit, Metric};

use super::bound::{is_counter, is_sampled, unit};
use super::findings::{Findings, Row};
use super::instructions::Instructions;
use super::measurements::{Counters, Disturbance, Measurements};
use super::quantile::{Exceedances, minimal_samples};
use super::verdict::{Reason, Severity, Side, Unit, Verdict};
use super::{exact, instructions, max, mean, plan, quantile};

/// Without a key that asks for more, so many calls are measured at least.
const USUAL_LEAST: u64 = 60;

/// So many for `max`, which says nothing about calls that were not measured.
const LEAST_FOR_MAX: u64 = 300;

/// A [`BudgetSpec`] with the other inputs of a verdict.
///
/// ```
/// use std::time::Duration;
/// use perf_core::budget::{Bound, BudgetSpec, Limit, Metric};
/// use perf_exporters::judge::{Budget, Measurements};
///
/// const SPEC: BudgetSpec = BudgetSpec {
///     limits: &[Limit { metric: Metric::P95, bound: Bound::Time(Duration::from_micros(2)) }],
///     ..BudgetSpec::EMPTY
/// };
/// let mut measured = Measurements::default();
/// measured.times = vec![1_500.0; 100];
/// assert!(Budget::new(&SPEC).judge(&measured).verdict().is_pass());
/// measured.times = vec![2_500.0; 100];
/// assert!(Budget::new(&SPEC).judge(&measured).verdict().is_fail());
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Budget<'a> {
    spec: &'a BudgetSpec,
    debug_build: bool,
}

impl<'a> Budget<'a> {
    /// A budget in an optimised build.
    #[must_use]
    pub const fn new(spec: &'a BudgetSpec) -> Self {
        Self { spec, debug_build: false }
    }

    /// Sets whether the measured code was built without optimisation: a missed limit on time is then
    /// [`Reason::DebugBuild`](super::Reason::DebugBuild), unless the budget says `debug = true`.
    #[must_use]
    pub const fn debug_build(self, debug_build: bool) -> Self {
        Self { debug_build, ..self }
    }

    /// Does a missed limit on time fail?
    #[must_use]
    pub const fn gates_time(self) -> bool {
        !self.debug_build || self.spec.debug
    }

    /// Does it promise anything about time, or the share of errors?
    #[must_use]
    pub fn needs_times(self) -> bool {
        self.bounds().any(|(limit, _)| is_sampled(limit.metric))
    }

    /// Does it promise anything about counters?
    #[must_use]
    pub fn needs_counters(self) -> bool {
        !self.spec.calls.is_empty() || self.bounds().any(|(limit, _)| is_counter(limit.metric))
    }

    /// Does it limit the number of instructions?
    #[must_use]
    pub fn needs_instructions(self) -> bool {
        self.bounds().any(|(limit, _)| limit.metric == Metric::Instructions)
    }

    /// Whether so many instructions keep every limit and target on them.
    #[must_use]
    pub fn keeps_instructions(self, seen: &Instructions) -> bool {
        let bounds = self.bounds().filter(|(limit, _)| limit.metric == Metric::Instructions);
        bounds.into_iter().all(|(limit, _)| instructions::judge(seen, amount(limit.bound)).verdict.is_pass())
    }

    /// The fewest calls that can decide every promise on time.
    #[must_use]
    pub fn least_calls(self) -> u64 {
        let of = |limit: &Limit| match (limit.metric, limit.bound) {
            (Metric::Max, _) => LEAST_FOR_MAX,
            (Metric::Errors, bound) => minimal_samples(1.0 - amount(bound)).min(100_000),
            (metric, _) => metric.least_calls().unwrap_or(USUAL_LEAST),
        };
        self.spec.limits.iter().map(of).max().unwrap_or(0).max(USUAL_LEAST)
    }

    /// The fewest calls that can decide every limit on a quantile.
    #[must_use]
    pub fn least_calls_of_quantiles(self) -> u64 {
        let quantiles = self.spec.limits.iter().filter_map(|limit| limit.metric.quantile());
        quantiles.map(minimal_samples).max().unwrap_or(0)
    }

    /// Whether the measurements are on the good side of every limit on time, proven or not.
    #[must_use]
    pub fn seems_kept(self, measured: &Measurements) -> bool {
        let rows = self.judge(measured).rows;
        rows.iter().filter(|row| !row.exact && row.severity == Severity::Limit).all(|row| match row.side {
            Side::AtMost => row.actual <= row.bound,
            Side::AtLeast => row.actual >= row.bound,
        })
    }

    /// The number of calls that would show slowness in runs of [`RUN`](super::plan::RUN) calls.
    #[must_use]
    pub fn calls_for_runs(self) -> u64 {
        let share = |limit: &Limit| match (limit.metric, limit.bound) {
            (Metric::Errors, bound) => amount(bound),
            (metric, _) => metric.quantile().map_or(0.01, |p| 1.0 - p),
        };
        let timed = self.spec.limits.iter().filter(|limit| is_sampled(limit.metric));
        timed.map(|limit| plan::calls_for_runs(share(limit))).max().unwrap_or(0)
    }

    /// Does it promise nothing at all?
    #[must_use]
    pub fn is_empty(self) -> bool {
        let BudgetSpec { limits, targets, calls, relative, growth, .. } = self.spec;
        limits.is_empty() && targets.is_empty() && calls.is_empty() && relative.is_none() && growth.is_none()
    }

    fn bounds(self) -> impl Iterator<Item = (&'a Limit, Severity)> {
        let limits = self.spec.limits.iter().map(|limit| (limit, Severity::Limit));
        let targets = self.spec.targets.iter().map(|limit| (limit, Severity::Target));
        limits.chain(targets)
    }

    /// Checks every limit and target against the measurements. Comparisons and growth are judged elsewhere.
    #[must_use]
    pub fn judge(self, measured: &Measurements) -> Findings {
        let mut findings: Findings = self
            .bounds()
            .map(|(limit, severity)| Row { severity, ..judge(limit, measured).or_without_others(limit, measured) })
            .chain(self.spec.calls.iter().enumerate().map(|(at, limit)| calls(at, limit, &measured.batches)))
            .collect();
        if !self.gates_time() {
            findings.soften_time();
        }
        findings
    }

    /// Whether some limit on time fails even without the time in which others had the processor, if the machine spoiled as
    /// many calls as it did of its own reference, and made each figure so many times what it is.
    #[must_use]
    pub fn fails_beyond(
        self,
        measured: &Measurements,
        disturbance: Disturbance,
        slower: &dyn Fn(Metric) -> f64,
    ) -> bool {
        self.spec.limits.iter().filter(|limit| is_sampled(limit.metric)).any(|limit| {
            let slower = slower(limit.metric).max(1.0);
            let bound = match limit.metric {
                Metric::Throughput => amount(limit.bound) / slower,
                Metric::Errors => amount(limit.bound),
                _ => amount(limit.bound) * slower,
            };
            match limit.metric {
                Metric::Max => max::judge(measured.own(), bound, disturbance.spoiled()).verdict.is_fail(),
                Metric::Mean => mean::judge(measured.own(), bound * disturbance.slowdown).verdict.is_fail(),
                Metric::Throughput => {
                    let work = work(measured.own(), measured);
                    mean::judge_throughput(&work, bound / disturbance.slowdown).verdict.is_fail()
                }
                Metric::Errors => judge(limit, measured).fails(),
                metric => metric.quantile().is_some_and(|p| {
                    let allowed = (1.0 - p + disturbance.spoiled()).min(1.0);
                    let seen = Exceedances::of(measured.own(), bound);
                    quantile::judge_share(seen, allowed).verdict.is_fail()
                }),
            }
        })
    }
}

/// A bound as a number in the unit of its metric: nanoseconds, bytes, events, a share, events per second.
pub(super) fn amount(bound: Bound) -> f64 {
    match bound {
        Bound::Time(time) => nanoseconds(time),
        Bound::Count(number) | Bound::Bytes(number) => number as f64,
        Bound::PartsPerMillion(parts) => f64::from(parts) / 1e6,
        Bound::PerThousandSeconds(events) => events as f64 / 1e3,
        _ => f64::NAN,
    }
}

fn nanoseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e9
}

fn work(times: &[f64], measured: &Measurements) -> Vec<(f64, f64)> {
    let items = measured.items.iter().copied().chain(std::iter::repeat(1.0));
    times.iter().zip(items).map(|(ns, items)| (items, ns / 1e9)).collect()
}

impl Row {
    /// A PASS by the times without what other processes took, where the whole times show none or show it less surely. A FAIL
    /// rests on whole times, and is confirmed.
    fn or_without_others(self, limit: &Limit, measured: &Measurements) -> Self {
        let is_sure = self.verdict.is_pass() && self.pass_error <= 0.0;
        if is_counter(limit.metric) || limit.metric == Metric::Errors || is_sure {
            return self;
        }
        let interrupted = measured.interrupted();
        if interrupted == 0 || measured.without_others.len() != measured.times.len() {
            return self;
        }
        let without = judge_times(limit, &measured.without_others, measured);
        let is_better = !self.verdict.is_pass() || without.pass_error < self.pass_error;
        if !without.verdict.is_pass() || !is_better {
            return self;
        }
        let reason = format!("{}; without the time that other processes took of {interrupted} calls", without.reason);
        without.because(reason)
    }
}

fn judge(limit: &Limit, measured: &Measurements) -> Row {
    judge_times(limit, &measured.times, measured)
}

fn judge_times(limit: &Limit, times: &[f64], measured: &Measurements) -> Row {
    let bound = amount(limit.bound);
    let n = times.len() as u64;
    let row = Row::new(limit.metric.key(), unit(limit.metric), bound);
    match limit.metric {
        metric if is_counter(metric) => counter(row, metric, measured),
        Metric::Instructions => of_instructions(row, &measured.instructions),
        Metric::Max => {
            let judged = max::judge(times, bound, 0.0);
            let reason = if judged.verdict.is_fail() {
                let k = judged.seen.k;
                format!("{k} of {n} calls took longer than the limit: more than a disturbed machine explains")
            } else {
                String::new()
            };
            row.evidence(judged.actual, n, judged.fail_p).verdict(judged.verdict, reason)
        }
        Metric::Mean => {
            let judged = mean::judge(times, bound);
            let reason = confidence(&judged, "at most", n);
            let row = Row { wanted: mean::plan(&judged, n, bound), pass_error: judged.pass_p, ..row };
            row.evidence(judged.actual, n, judged.fail_p).verdict(judged.verdict, reason)
        }
        Metric::Throughput => {
            let judged = mean::judge_throughput(&work(times, measured), bound);
            let reason = confidence(&judged, "at least", n);
            let wanted = mean::plan(&judged, n, bound);
            let row = Row { side: Side::AtLeast, wanted, pass_error: judged.pass_p, ..row };
            row.evidence(judged.actual, n, judged.fail_p).verdict(judged.verdict, reason)
        }
        Metric::Errors => {
            let judged = quantile::judge_share(Exceedances::from_blocks(&measured.errors), bound);
            let seen = judged.seen;
            let share = seen.k as f64 / seen.n.max(1) as f64;
            let row = Row { pass_error: if bound > 0.0 { judged.pass_p } else { 0.0 }, ..row };
            row.evidence(share, seen.n, judged.fail_p)
                .verdict(judged.verdict, format!("{} of {} calls returned an error", seen.k, seen.n))
        }
        metric => match metric.quantile() {
            Some(p) => of_quantile(row, p, times),
            None => row.invalid("this version cannot judge it"),
        },
    }
}

fn of_quantile(row: Row, p: f64, times: &[f64]) -> Row {
    let judged = quantile::judge(times, p, row.bound);
    let (n, k) = (judged.seen.n, judged.seen.k);
    let may = (n as f64 * (1.0 - p)).round();
    let bursts = if judged.seen.phi > 1.5 {
        format!(", in bursts: they tell as much as {} calls", judged.seen.effective_calls())
    } else {
        String::new()
    };
    let speaks = match (&judged.verdict, plan::longest_run(n, 1.0 - p)) {
        (Verdict::Pass, 2..) => format!("; speaks for runs of up to {} slow calls", plan::longest_run(n, 1.0 - p)),
        (Verdict::Pass, _) => "; speaks for slow calls that come one by one".to_owned(),
        _ => String::new(),
    };
    let reason = format!("{k} of {n} calls took longer; {may} may{bursts}{speaks}");
    let row = row.evidence(judged.observed.unwrap_or(f64::NAN), n, judged.fail_p).verdict(judged.verdict, reason);
    Row { wanted: judged.plan.as_before, pass_error: judged.pass_p, ..row }
}

fn of_instructions(row: Row, seen: &Instructions) -> Row {
    let judged = instructions::judge(seen, row.bound);
    let reason = seen.range().map_or_else(String::new, |range| spread_of(seen, range, judged.spread));
    let row = Row { exact: true, ..row };
    row.evidence(judged.value, seen.calls(), 0.0).verdict(judged.verdict, reason)
}

/// `15 calls in 3 processes: 119,870 to 121,002, processes apart by 0.02 %`.
fn spread_of(seen: &Instructions, (least, greatest): (u64, u64), spread: f64) -> String {
    let processes = match seen.processes.len() {
        1 => "one process".to_owned(),
        several => format!("{several} processes"),
    };
    let shown = |count: u64| super::findings::Shown(count as f64, Unit::Instructions);
    let calls = if least == greatest {
        "the same every time".to_owned()
    } else {
        format!("{} to {}", shown(least), shown(greatest))
    };
    let apart = match seen.processes.len() {
        1 => String::new(),
        _ => format!(", processes apart by {:.2} %", 100.0 * spread),
    };
    format!("{} calls in {processes}: {calls}{apart}", seen.calls())
}

fn confidence(judged: &mean::Judgement, word: &str, n: u64) -> String {
    if judged.bound95.is_finite() {
        let unit = if word == "at most" { Unit::Nanoseconds } else { Unit::PerSecond };
        let speaks = if judged.verdict.is_pass() {
            format!("; speaks for what one call in {} does, or more of them", plan::rarest(n))
        } else {
            String::new()
        };
        format!("95 % sure that it is {word} {}{speaks}", super::findings::Shown(judged.bound95, unit))
    } else {
        String::new()
    }
}

const UNCOUNTED: &str = "allocations are not counted: make `perf_core::PerfAlloc` the global allocator of this test";
const NOTHING_COUNTED: &str = "nothing was counted: is recording switched off?";

fn counter(row: Row, metric: Metric, measured: &Measurements) -> Row {
    let row = Row { exact: true, ..row };
    if !measured.alloc_tracking {
        return row.invalid(UNCOUNTED);
    }
    let value = |batch: &Counters| match metric {
        Metric::Allocs => i128::from(batch.allocs),
        Metric::AllocBytes => i128::from(batch.alloc_bytes),
        Metric::PeakBytes => i128::from(batch.peak_bytes),
        _ => i128::from(batch.net_bytes),
    };
    // A peak is that of one call; the others are sums over the batch.
    let per_call = metric != Metric::PeakBytes;
    counted(row, &measured.batches, value, per_call)
}

fn calls(at: usize, limit: &CallLimit, batches: &[Counters]) -> Row {
    let row = Row { exact: true, ..Row::new(format!("calls({:?})", limit.probe), Unit::Count, limit.calls as f64) };
    let ran = |batch: &Counters| batch.calls == 0 || batch.probes.get(at).is_some_and(|calls| *calls > 0);
    if limit.calls > 0 && !batches.is_empty() && !batches.iter().any(ran) {
        let mut names: Vec<&str> = batches.iter().flat_map(|batch| &batch.ran).map(String::as_str).collect();
        names.sort_unstable();
        names.dedup();
        return never_ran(row, names.into_iter());
    }
    let value = |batch: &Counters| i128::from(batch.probes.get(at).copied().unwrap_or(0));
    counted(row, batches, value, true)
}

/// A bound on calls of a probe that never ran is kept by every program, also by one that spells the name wrongly.
pub(super) fn never_ran<'a>(row: Row, ran: impl Iterator<Item = &'a str>) -> Row {
    const SHOWN: usize = 5;
    let ran: Vec<&str> = ran.collect();
    let shown = ran[..ran.len().min(SHOWN)].join(", ");
    let why = match ran.len() {
        0 => "no probe of this name ran, nor any other: is the name right, and the library on?".to_owned(),
        1..=SHOWN => format!("no probe of this name ran; these did: {shown}"),
        all => format!("no probe of this name ran; these did: {shown} and {} more", all - SHOWN),
    };
    row.evidence(0.0, 0, 1.0).verdict(Verdict::Inconclusive(Reason::Invalid(why.into())), "")
}

/// Judges a counter by the batches: their sums against the bound for as many calls.
fn counted(row: Row, batches: &[Counters], value: impl Fn(&Counters) -> i128, per_call: bool) -> Row {
    let calls = batches.first().map_or(0, |batch| batch.calls);
    if batches.iter().any(|batch| batch.calls == 0 || batch.calls != calls) {
        return row.invalid(NOTHING_COUNTED);
    }
    let share = if per_call { calls.max(1) } else { 1 };
    let values: Vec<i128> = batches.iter().map(value).collect();
    let limit = crate::stats::order::floor(row.bound) as i128 * i128::from(share);
    let judged = exact::judge(&values, limit);
    let one = |sum: i128| sum as f64 / share as f64;
    let (least, greatest) = (one(judged.least), one(judged.greatest));
    let shown = |value| super::findings::Shown(value, row.unit);
    let reason = if judged.nondeterministic {
        format!("nondeterministic: between {} and {}, the least is judged", shown(least), shown(greatest))
    } else {
        "the same every time".to_owned()
    };
    let samples = batches.iter().map(|batch| batch.calls).sum();
    row.evidence(least, samples, 0.0).verdict(judged.verdict, reason)
}

#[cfg(test)]
#[path = "budget_tests.rs"]
mod tests;
