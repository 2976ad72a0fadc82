//! Holds reports against budgets.
//!
//! A report holds sums and histograms: the order of the calls is lost, and every time is known to a bucket. So a call in
//! the bucket that straddles a limit counts as over it for a PASS and as within it for a FAIL, and ten calls over the
//! limit count as one for a FAIL, since they may have been one disturbance. Of several runs each is judged by itself:
//! FAIL needs all of them, as a budget test needs its later epochs.

use perf_exporters::Report;
use perf_exporters::judge::quantile::minimal_samples;
use perf_exporters::judge::{FAIL_LEVEL, PASS_LEVEL, Reason, Verdict, max};
use perf_exporters::report::ProbeReport;
use perf_exporters::stats::dist::{binomial_at_least, binomial_at_most, normal_above, normal_quantile_above};

use super::{Bound, Budgets, Figure, Held, Row, Rule, fits};

/// So many calls over a limit may have been one disturbance.
const BURST: u64 = 10;
/// Fewer calls than this have no mean to speak of.
const LEAST: u64 = 20;

impl Budgets {
    /// Every rule, for every probe that it fits.
    pub(crate) fn hold(&self, runs: &[Report]) -> Held {
        let mut held = Held::default();
        for rule in &self.rules {
            match &rule.probe {
                None => held.rows.extend(rule.rows("process", runs, process)),
                Some(pattern) => {
                    let mut names: Vec<&str> = runs
                        .iter()
                        .flat_map(|run| &run.probes)
                        .filter(|probe| probe.calls > 0)
                        .map(|probe| probe.name.as_str())
                        .filter(|name| fits(pattern, name))
                        .collect();
                    names.sort_unstable();
                    names.dedup();
                    if names.is_empty() {
                        held.rows.extend(rule.rows(pattern, runs, |_, _, _, _| absent()));
                    }
                    for name in names {
                        held.rows.extend(rule.rows(name, runs, probe));
                    }
                }
            }
        }
        held
    }
}

/// What one run says of one bound.
struct Said {
    verdict: Verdict,
    actual: Option<f64>,
    calls: u64,
}

fn inconclusive(why: Reason) -> Said {
    Said { verdict: Verdict::Inconclusive(why), actual: None, calls: 0 }
}

fn absent() -> Said {
    inconclusive(Reason::Invalid("no call of such a probe; is the name right, and the feature on?".into()))
}

impl Rule {
    fn rows(
        &self,
        name: &str,
        runs: &[Report],
        judge: impl Fn(&Report, &str, Figure, f64) -> Said,
    ) -> impl Iterator<Item = Row> {
        let row = |bound: &Bound, target: bool| {
            let said: Vec<Said> = runs.iter().map(|run| judge(run, name, self.figure, bound.value)).collect();
            let actual = worst(&said, self.figure);
            Row {
                probe: name.to_owned(),
                figure: self.figure.key(),
                target,
                bound: bound.text.clone(),
                actual: actual.map(|actual| self.figure.text(actual)),
                used: actual.and_then(|actual| self.figure.used(actual, bound.value)),
                calls: said.iter().map(|said| said.calls).sum(),
                verdict: together(&said),
            }
        };
        let rows =
            [self.target.as_ref().map(|bound| row(bound, true)), self.limit.as_ref().map(|bound| row(bound, false))];
        rows.into_iter().flatten()
    }
}

/// The value furthest on the bad side.
fn worst(said: &[Said], figure: Figure) -> Option<f64> {
    let values = said.iter().filter_map(|said| said.actual);
    if figure.is_minimum() { values.reduce(f64::min) } else { values.reduce(f64::max) }
}

/// FAIL where every run fails; where only some do, it was not confirmed.
fn together(said: &[Said]) -> Verdict {
    let failed = u32::try_from(said.iter().filter(|said| said.verdict.is_fail()).count()).unwrap_or(u32::MAX);
    let epochs = u32::try_from(said.len()).unwrap_or(u32::MAX);
    if failed > 0 && failed < epochs {
        return Verdict::Inconclusive(Reason::Unconfirmed { failed, epochs });
    }
    said.iter().map(|said| said.verdict.clone()).fold(Verdict::Pass, Verdict::and)
}

impl Figure {
    fn key(self) -> String {
        match self {
            Self::Quantile(p) => {
                // 0.5 is p50, 0.999 is p999.
                let digits = format!("{p:.2}");
                let exact = format!("{p}");
                let digits = if exact.len() > digits.len() { exact } else { digits };
                format!("p{}", digits.trim_start_matches("0."))
            }
            Self::Mean => "mean".to_owned(),
            Self::Max => "max".to_owned(),
            Self::Allocs => "allocs".to_owned(),
            Self::AllocBytes => "alloc_bytes".to_owned(),
            Self::PeakBytes => "peak_bytes".to_owned(),
            Self::NetBytes => "net_bytes".to_owned(),
            Self::Errors => "errors".to_owned(),
            Self::Items | Self::Bytes => "throughput".to_owned(),
            Self::LiveBytes => "live_bytes".to_owned(),
        }
    }

    fn used(self, actual: f64, bound: f64) -> Option<f64> {
        let used = if self.is_minimum() { bound / actual } else { actual / bound };
        used.is_finite().then_some(used)
    }
}

fn process(run: &Report, _: &str, _: Figure, bound: f64) -> Said {
    if !run.meta.alloc_tracking {
        return uncounted();
    }
    exactly(run.meta.live_bytes as f64, bound, 0)
}

fn uncounted() -> Said {
    inconclusive(Reason::Invalid("allocations were not counted: make PerfAlloc the global allocator".into()))
}

fn exactly(actual: f64, bound: f64, calls: u64) -> Said {
    let verdict = if actual <= bound { Verdict::Pass } else { Verdict::Fail };
    Said { verdict, actual: Some(actual), calls }
}

fn probe(run: &Report, name: &str, figure: Figure, bound: f64) -> Said {
    let Some(probe) = run.probe(name).filter(|probe| probe.calls > 0) else { return absent() };
    let calls = probe.calls;
    let per_call = |sum: f64| exactly(sum / calls as f64, bound, calls);
    match figure {
        Figure::Allocs | Figure::AllocBytes | Figure::PeakBytes | Figure::NetBytes | Figure::LiveBytes
            if !run.meta.alloc_tracking =>
        {
            uncounted()
        }
        Figure::Allocs => per_call(probe.allocs as f64),
        Figure::AllocBytes => per_call(probe.alloc_bytes as f64),
        Figure::NetBytes => per_call(probe.net_bytes as f64),
        Figure::PeakBytes => exactly(probe.peak_bytes as f64, bound, calls),
        Figure::LiveBytes => exactly(run.meta.live_bytes as f64, bound, 0),
        Figure::Errors => {
            let errors = Over { n: calls, surely: probe.errors, perhaps: probe.errors };
            let verdict = if bound == 0.0 && probe.errors > 0 { Verdict::Fail } else { errors.share(bound, 1) };
            Said { verdict, actual: Some(probe.errors as f64 / calls as f64), calls }
        }
        Figure::Quantile(p) => {
            let verdict = Over::of(probe, bound).share(1.0 - p, BURST);
            let actual = probe.histogram.quantile(p).map(|ns| ns.clamp(probe.min_ns, probe.max_ns) as f64);
            Said { verdict, actual, calls: probe.evidence() }
        }
        Figure::Max => greatest(probe, bound),
        Figure::Mean => mean(probe, bound, 1.0),
        Figure::Items | Figure::Bytes => {
            let items = if probe.items > 0 { probe.items } else { calls };
            let work = if figure == Figure::Bytes { probe.bytes } else { items };
            if work == 0 {
                return inconclusive(Reason::Invalid("the probe counts no bytes: annotate it with `bytes = …`".into()));
            }
            // At least `bound` per second: a call with its share of the work may take so long.
            let work = 1e9 * work as f64 / calls as f64;
            mean(probe, work / bound, work)
        }
    }
}

/// Calls beyond a bound.
struct Over {
    n: u64,
    /// In buckets that lie beyond it as a whole.
    surely: u64,
    /// Those, and the ones in the bucket that straddles it.
    perhaps: u64,
}

impl Over {
    /// Of the calls that were really timed; where a probe is sampled, each stands for several in the histogram.
    fn of(probe: &ProbeReport, bound: f64) -> Self {
        let over = |edge: fn(&perf_exporters::report::Bucket) -> u64| {
            let beyond = probe.histogram.buckets().filter(|bucket| edge(bucket) as f64 > bound);
            u128::from(beyond.map(|bucket| bucket.count).sum::<u64>()) * u128::from(probe.evidence())
        };
        let all = u128::from(probe.timed().max(1));
        let count = |scaled: u128| u64::try_from(scaled).unwrap_or(u64::MAX);
        let (surely, perhaps) = (over(|bucket| bucket.low) / all, over(|bucket| bucket.high).div_ceil(all));
        Self { n: probe.evidence(), surely: count(surely), perhaps: count(perhaps) }
    }

    /// Whether at most this share is beyond; so many may count as one for a FAIL.
    fn share(&self, allowed: f64, burst: u64) -> Verdict {
        let fail_p = binomial_at_least(self.n.div_ceil(burst), self.surely / burst, allowed);
        let need = minimal_samples(1.0 - allowed);
        if self.n > 0 && self.surely > 0 && fail_p <= FAIL_LEVEL {
            Verdict::Fail
        } else if self.n > 0
            && (self.perhaps == 0 && allowed <= 0.0 || binomial_at_most(self.n, self.perhaps, allowed) <= PASS_LEVEL)
        {
            Verdict::Pass
        } else if self.n < need {
            Verdict::Inconclusive(Reason::TooFewSamples { have: self.n, need })
        } else {
            Verdict::Inconclusive(Reason::Undecided)
        }
    }
}

/// No call over the bound is a PASS; more than disturbances explain are a FAIL.
fn greatest(probe: &ProbeReport, bound: f64) -> Said {
    let over = Over::of(probe, bound);
    let verdict = if probe.max_ns as f64 <= bound {
        Verdict::Pass
    } else if binomial_at_least(over.n.div_ceil(BURST), over.surely / BURST, max::DISTURBED) <= FAIL_LEVEL {
        Verdict::Fail
    } else {
        Verdict::Inconclusive(Reason::Environment)
    };
    Said { verdict, actual: Some(probe.max_ns as f64), calls: over.n }
}

/// Whether the mean is at most `bound`, by the scatter of the histogram with ten calls taken for one. `work` ÷ mean is
/// what is shown, where it is not the mean itself.
fn mean(probe: &ProbeReport, bound: f64, work: f64) -> Said {
    let (n, weight) = (probe.evidence(), probe.timed().max(1) as f64);
    let mean = probe.sum_ns as f64 / weight;
    #[allow(clippy::float_cmp)]
    let actual = Some(if work == 1.0 { mean } else { work / mean });
    if n < LEAST {
        return Said {
            verdict: Verdict::Inconclusive(Reason::TooFewSamples { have: n, need: LEAST }),
            actual,
            calls: n,
        };
    }
    let deviation = |value: f64| (value - mean).powi(2);
    let squares: f64 =
        probe.histogram.buckets().map(|b| deviation(b.low.midpoint(b.high) as f64) * b.count as f64).sum();
    let variance = squares / weight * n as f64 / (n - 1) as f64;
    let error = (variance / n.div_ceil(BURST) as f64).sqrt();
    let fail_p = if error > 0.0 { normal_above((mean - bound) / error) } else { f64::from(u8::from(mean <= bound)) };
    let verdict = if fail_p <= FAIL_LEVEL {
        Verdict::Fail
    } else if mean + normal_quantile_above(PASS_LEVEL) * error <= bound {
        Verdict::Pass
    } else {
        Verdict::Inconclusive(Reason::Undecided)
    };
    Said { verdict, actual, calls: n }
}
