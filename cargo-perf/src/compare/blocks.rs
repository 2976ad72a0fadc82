//! What blocks of ABBA runs measured, and what that proves.

use std::collections::{BTreeMap, BTreeSet};

use perf_exporters::Report;
use perf_exporters::baseline::{Baseline, Figure, Metric, Options, RegressionReport, compare_baselines};
use perf_exporters::gate_log;
use perf_exporters::judge::relative::{self, Judgement, Order};
use perf_exporters::judge::{Reason, Verdict};
use perf_exporters::report::Machine;
use perf_exporters::stats::order::median;
use serde::Serialize;

use crate::cli::CompareArgs;
use crate::program::{BudgetTest, Run};

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

/// What budget tests counted, run by run, by the name of the test or of the probe inside it.
type Counts = BTreeMap<(String, Metric), Vec<f64>>;

/// All that was measured so far.
#[derive(Default)]
pub(super) struct Collected {
    series: BTreeMap<String, Series>,
    blocks: usize,
    old_reports: Vec<Report>,
    new_reports: Vec<Report>,
    /// What budget tests counted per call.
    old_counts: Counts,
    new_counts: Counts,
    /// They are runs of budget tests.
    of_tests: bool,
    /// Budget tests that this tree does not have, and that the other one does not have.
    pub(super) only_old: Vec<String>,
    pub(super) only_new: Vec<String>,
    /// What shall not decide.
    pub(super) skip: Vec<Metric>,
}

/// What became of one probe.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Compared {
    pub(super) probe: String,
    /// Nanoseconds a call: the middle of both medians over the runs, and the paired estimate to both sides of it.
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
    /// Budget tests that could not be compared: this tree does not have them, or the other one.
    pub(super) only_old: Vec<String>,
    pub(super) only_new: Vec<String>,
}

impl Collected {
    /// Nothing yet, of budget tests or of a program.
    pub(super) fn new(of_tests: bool) -> Self {
        Self { of_tests, ..Self::default() }
    }

    /// Adds the four runs of a block.
    pub(super) fn add(&mut self, order: Order, runs: Vec<Run>) {
        let of = if self.of_tests { times_of_tests } else { times };
        let times: Vec<BTreeMap<String, f64>> = runs.iter().map(of).collect();
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
            for budget in &run.budgets {
                for (key, actual) in counts_of(budget) {
                    counts.entry(key).or_default().push(actual);
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
        // The whole program decides only where nothing else was measured: it starts, and ends, and loads.
        let only_whole = self.series.len() == 1;
        let probes: Vec<Compared> = self
            .series
            .iter()
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
            only_old: self.only_old.clone(),
            only_new: self.only_new.clone(),
        };
        comparison.verdict = comparison.verdict().to_string();
        comparison
    }

    /// Counts of both sides; times were judged better here.
    fn counts(&self) -> RegressionReport {
        let side = |reports: &[Report], counts: &Counts| {
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
        let Judgement { verdict, ratio: shift, upper95, fail_p, blocks, .. } = relative::judge(&self.d, ratio);
        let (old_ns, new_ns) = (median(&self.old).unwrap_or(0.0), median(&self.new).unwrap_or(0.0));
        let tiny = (new_ns - old_ns * ratio).abs() < LEAST_NS;
        let judged = if verdict.is_fail() && tiny { Verdict::Pass } else { verdict };
        let known = |value: f64| value.is_finite().then_some(value);
        // Before the first look there is no estimate but the plain one.
        let shift = known(shift).or_else(|| median(&self.d).map(f64::exp));
        // The medians of both sides differ by what the machine did as well. What is shown is their middle, and to both sides
        // of it the paired estimate: before, after and change say the same.
        let (middle, half) = ((old_ns * new_ns).sqrt(), shift.unwrap_or(1.0).sqrt());
        Compared {
            probe: name.to_owned(),
            old_ns: middle / half,
            new_ns: middle * half,
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
    times
}

/// What budget tests took, by name: the mean call.
fn times_of_tests(run: &Run) -> BTreeMap<String, f64> {
    let mean = |budget: &BudgetTest| {
        let mean = budget.rows.iter().find(|row| row.metric == "mean")?;
        Some((budget.budget.clone(), mean.actual.filter(|ns| *ns > 0.0)?))
    };
    run.budgets.iter().filter_map(mean).collect()
}

/// What a budget test counted in one call, and how often it called the probes inside it.
fn counts_of(budget: &BudgetTest) -> impl Iterator<Item = ((String, Metric), f64)> {
    let of = |row: &gate_log::Figure| {
        let inside = row.metric.strip_prefix("calls(").and_then(|rest| rest.strip_suffix(')'));
        let key = match inside.map(serde_json::from_str::<String>) {
            Some(probe) => (format!("{}: {}", budget.budget, probe.ok()?), Metric::Calls),
            None => (budget.budget.clone(), Metric::from_key(&row.metric).filter(|metric| !metric.is_time())?),
        };
        Some((key, row.actual?))
    };
    let one = ((budget.budget.clone(), Metric::Calls), 1.0);
    budget.rows.iter().filter_map(of).chain([one])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn before_after_and_change_say_the_same() {
        // The machine was slow in half of the old runs, which a median of all does not forgive and pairs do.
        let pairs = [(100.0, 110.0), (100.0, 110.0), (300.0, 330.0), (300.0, 330.0), (300.0, 330.0)];
        let series = Series {
            d: pairs.iter().cycle().take(14).map(|(old, new): &(f64, f64)| (new / old).ln()).collect(),
            old: vec![100.0, 100.0, 300.0],
            new: vec![110.0, 330.0, 330.0],
        };
        let judged = series.judge("probe", 1.0, true);
        let ratio = judged.ratio.unwrap();
        assert!((ratio - 1.1).abs() < 1e-9, "{judged:?}");
        assert!((judged.new_ns / judged.old_ns - ratio).abs() < 1e-9, "{judged:?}");
        assert!(100.0 < judged.old_ns && judged.new_ns < 330.0, "{judged:?}");
        let nothing = Series::default().judge("probe", 1.0, true);
        assert!(nothing.ratio.is_none() && nothing.old_ns.to_bits() == 0, "{nothing:?}");
    }
}
