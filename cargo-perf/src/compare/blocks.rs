//! What blocks of ABBA runs measured, and what that proves.

use std::collections::{BTreeMap, BTreeSet};

use perf_exporters::Report;
use perf_exporters::baseline::{Baseline, Figure, Metric, Options, RegressionReport, compare_baselines};
use perf_exporters::gate::order::median;
use perf_exporters::gate::relative::{self, Judgement, Order};
use perf_exporters::gate::{Reason, Verdict};
use perf_exporters::report::Machine;
use serde::Serialize;

use crate::cli::CompareArgs;
use crate::program::Run;

/// The run as a whole, seen from outside.
const WHOLE: &str = "(whole program)";

/// Times of one thing, slot by slot: nanoseconds a call.
#[derive(Default)]
struct Series {
    /// ln(new ÷ old) of each block.
    d: Vec<f64>,
    old: Vec<f64>,
    new: Vec<f64>,
}

/// All that was measured so far.
#[derive(Default)]
pub(super) struct Collected {
    series: BTreeMap<String, Series>,
    blocks: usize,
    old_reports: Vec<Report>,
    new_reports: Vec<Report>,
    /// What budget tests counted per call.
    old_counts: BTreeMap<(String, Metric), Vec<f64>>,
    new_counts: BTreeMap<(String, Metric), Vec<f64>>,
    /// What shall not decide.
    pub(super) skip: Vec<Metric>,
}

/// What became of one probe.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Compared {
    pub(super) probe: String,
    /// Median over the runs, nanoseconds a call.
    pub(super) old_ns: f64,
    pub(super) new_ns: f64,
    /// new ÷ old by the paired estimate.
    pub(super) ratio: Option<f64>,
    /// 95 % sure that it is not above this.
    pub(super) upper: Option<f64>,
    /// The chance of such a difference although there is none beyond the ratio allowed.
    pub(super) p: f64,
    pub(super) blocks: usize,
    /// It decides.
    pub(super) gates: bool,
    pub(super) verdict: String,
    #[serde(skip)]
    pub(super) judged: Verdict,
}

/// The result of it all.
#[derive(Serialize)]
pub(super) struct Comparison {
    pub(super) revision: String,
    pub(super) commit: String,
    pub(super) ratio: f64,
    pub(super) blocks: usize,
    pub(super) verdict: String,
    pub(super) probes: Vec<Compared>,
    /// Calls, allocations and memory.
    pub(super) counts: RegressionReport,
}

impl Collected {
    /// Adds the four runs of a block.
    pub(super) fn add(&mut self, order: Order, runs: Vec<Run>) {
        let times: Vec<BTreeMap<String, f64>> = runs.iter().map(times).collect();
        // What one side alone has cannot be compared.
        let names: BTreeSet<&String> =
            times[0].keys().filter(|name| times.iter().all(|slot| slot.contains_key(*name))).collect();
        for name in names {
            let slots = [0, 1, 2, 3].map(|slot| times[slot][name]);
            let Some(d) = relative::block(order, slots) else { continue };
            let series = self.series.entry(name.clone()).or_default();
            series.d.push(d);
            for (slot, time) in slots.into_iter().enumerate() {
                if order.runs_b(slot) { &mut series.new } else { &mut series.old }.push(time);
            }
        }
        for (slot, run) in runs.into_iter().enumerate() {
            let (reports, counts) = if order.runs_b(slot) {
                (&mut self.new_reports, &mut self.new_counts)
            } else {
                (&mut self.old_reports, &mut self.old_counts)
            };
            reports.extend(run.report);
            for (budget, row) in run.budgets {
                if let (Some(metric), Some(actual)) =
                    (Metric::from_key(&row.metric).filter(|m| !m.is_time()), row.actual)
                {
                    counts.entry((budget, metric)).or_default().push(actual);
                }
            }
        }
        self.blocks += 1;
    }

    /// Whether further blocks could not change any verdict.
    pub(super) fn is_decided(&self, ratio: f64) -> bool {
        self.series.iter().all(|(name, series)| {
            name == WHOLE || matches!(relative::judge(&series.d, ratio).verdict, Verdict::Pass | Verdict::Fail)
        })
    }

    pub(super) fn judge(&self, args: &CompareArgs, commit: &str) -> Comparison {
        let only_whole = self.series.len() == 1;
        let probes: Vec<Compared> = self
            .series
            .iter()
            // The whole program decides only where nothing else was measured: it starts, and ends, and loads.
            .map(|(name, series)| series.judge(name, args.ratio, name != WHOLE || only_whole))
            .collect();
        let mut comparison = Comparison {
            revision: args.revision.clone(),
            commit: commit.to_owned(),
            ratio: args.ratio,
            blocks: self.blocks,
            verdict: String::new(),
            probes,
            counts: self.counts(),
        };
        comparison.verdict = comparison.verdict().to_string();
        comparison
    }

    /// Counts of both sides; times were judged better here.
    fn counts(&self) -> RegressionReport {
        let side = |reports: &[Report], counts: &BTreeMap<(String, Metric), Vec<f64>>| {
            let mut side = Baseline::from_runs(reports);
            let mut by_name: BTreeMap<&String, Vec<(Metric, Figure)>> = BTreeMap::new();
            for ((name, metric), values) in counts {
                let (low, high) = values.iter().fold((f64::INFINITY, 0.0_f64), |(l, h), v| (l.min(*v), h.max(*v)));
                let figure = Figure::new(values, low, high);
                by_name.entry(name).or_default().extend(figure.map(|figure| (*metric, figure)));
            }
            for (name, figures) in by_name {
                side.put(name, &Machine::current(), figures);
            }
            side
        };
        let mut options = Options::default();
        for metric in &self.skip {
            options.gating.remove(metric);
        }
        let (old, new) = (side(&self.old_reports, &self.old_counts), side(&self.new_reports, &self.new_counts));
        let mut found = compare_baselines(&old, &new, &options);
        found.changes.retain(|change| !change.metric.is_time());
        found
    }
}

impl Comparison {
    /// All probes and all counts together.
    pub(super) fn verdict(&self) -> Verdict {
        if self.probes.is_empty() {
            return Verdict::Inconclusive(Reason::Invalid("nothing was measured on both sides".into()));
        }
        let probes = self.probes.iter().filter(|probe| probe.gates).map(|probe| probe.judged.clone());
        let counts = self.counts.changes.iter().map(perf_exporters::baseline::Change::verdict);
        probes.chain(counts).fold(Verdict::Pass, Verdict::and)
    }
}

impl Series {
    fn judge(&self, name: &str, ratio: f64, gates: bool) -> Compared {
        /// The placement of code alone moves a call by as much.
        const LEAST_NS: f64 = 3.0;
        let Judgement { verdict, ratio: shift, upper95, fail_p, blocks } = relative::judge(&self.d, ratio);
        let (old_ns, new_ns) = (median(&self.old).unwrap_or(0.0), median(&self.new).unwrap_or(0.0));
        let tiny = (new_ns - old_ns * ratio).abs() < LEAST_NS;
        let judged = if verdict.is_fail() && tiny { Verdict::Pass } else { verdict };
        let known = |value: f64| value.is_finite().then_some(value);
        // Before the first look there is no estimate but the plain one.
        let shift = known(shift).or_else(|| median(&self.d).map(f64::exp));
        Compared {
            probe: name.to_owned(),
            old_ns,
            new_ns,
            ratio: shift,
            upper: known(upper95),
            p: fail_p,
            blocks: blocks.max(self.d.len().min(13)),
            gates,
            verdict: judged.to_string(),
            judged,
        }
    }
}

/// What a run took, by name: nanoseconds a call.
fn times(run: &Run) -> BTreeMap<String, f64> {
    let mut times = BTreeMap::from([(WHOLE.to_owned(), run.wall.as_secs_f64() * 1e9)]);
    for probe in run.report.iter().flat_map(|report| &report.probes) {
        if probe.timed() > 0 && probe.sum_ns > 0 {
            times.insert(probe.name.clone(), probe.sum_ns as f64 / probe.timed() as f64);
        }
    }
    for (budget, row) in &run.budgets {
        if let (Some(actual), "nanoseconds") = (row.actual, row.unit.as_str()) {
            times.insert(format!("{budget}: {}", row.metric), actual);
        }
    }
    times
}
