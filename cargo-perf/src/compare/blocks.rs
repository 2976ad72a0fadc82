//! The measurements of blocks of ABBA runs, and the verdict that follows.

use std::collections::{BTreeMap, BTreeSet};

use perf_exporters::Report;
use perf_exporters::baseline::{Baseline, Figure, Metric, Options, RegressionReport, compare_baselines};
use perf_exporters::gate_log;
use perf_exporters::judge::relative::{self, COMPARISON_LEVEL, Judgement, Order};
use perf_exporters::judge::{Reason, Verdict};
use perf_exporters::report::{Machine, ProbeReport};
use perf_exporters::stats::order;
use serde::Serialize;

use super::{UNFIT, median, scatter};
use crate::cli::CompareArgs;
use crate::program::{BudgetTest, Run};

/// The run as a whole, seen from outside.
const WHOLE: &str = "(whole program)";

/// The figure of a probe that is compared: its mean call follows every slow one, its median none, its p95 those that come often; its
/// lower quartile is what calls take that nothing disturbed, where the machine disturbs half of them; its processor time leaves out
/// the time in which other processes had the processor, and what the code itself waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Estimator {
    Mean,
    P25,
    P50,
    P95,
    Cpu,
}

impl Estimator {
    /// All of them.
    const ALL: [Self; 5] = [Self::Mean, Self::P25, Self::P50, Self::P95, Self::Cpu];

    /// The share of calls within it, and the fewest calls of a run that show it reliably; none of a mean.
    fn quantile(self) -> Option<(f64, u64)> {
        match self {
            Self::Mean | Self::Cpu => None,
            Self::P25 => Some((0.25, 20)),
            Self::P50 => Some((0.5, 10)),
            Self::P95 => Some((0.95, 200)),
        }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Mean => "mean",
            Self::P25 => "p25",
            Self::P50 => "p50",
            Self::P95 => "p95",
            Self::Cpu => "cpu",
        }
    }

    /// Its value for a probe of a report, nanoseconds a call; processor time is that of the calls' own.
    fn of(self, probe: &ProbeReport, report: &Report) -> Option<f64> {
        let a_call = |ns: u64| ns as f64 / probe.timed() as f64;
        match (self, self.quantile()) {
            (Self::Cpu, _) => report.meta.waiting_told.then(|| a_call(probe.working_ns())).filter(|ns| *ns > 0.0),
            (_, None) => Some(a_call(probe.sum_ns)),
            (_, Some((q, least))) => {
                let ns = probe.histogram.quantile(q).filter(|ns| probe.timed() >= least && *ns > 0);
                ns.map(|ns| ns as f64)
            }
        }
    }
}

/// Times of one thing, slot by slot: nanoseconds a call.
#[derive(Default)]
struct Series {
    /// ln(new ÷ old) of each block.
    d: Vec<f64>,
    old: Vec<f64>,
    new: Vec<f64>,
}

/// The counts of budget tests, run by run, by the name of the test or of the probe inside it.
type Counts = BTreeMap<(String, Metric), Vec<f64>>;

/// All measurements so far.
#[derive(Default)]
pub(super) struct Collected {
    series: BTreeMap<(String, Estimator), Series>,
    blocks: usize,
    old_reports: Vec<Report>,
    new_reports: Vec<Report>,
    /// The counts of budget tests per call.
    old_counts: Counts,
    new_counts: Counts,
    /// Whether these are runs of budget tests.
    of_tests: bool,
    /// Budget tests that this tree does not have, and that the other one does not have.
    pub(super) only_old: Vec<String>,
    pub(super) only_new: Vec<String>,
    /// Metrics that shall not decide.
    pub(super) skip: Vec<Metric>,
    /// The most blocks that there may be.
    most: usize,
}

/// The result for one probe.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Compared {
    pub(super) probe: String,
    /// The figure of all numbers in the row.
    pub(super) estimator: Estimator,
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
    /// Whether it decides.
    pub(super) gates: bool,
    /// It does not, since passing time scatters and the processor time of the probe decides.
    pub(super) scatters: bool,
    pub(super) verdict: String,
    #[serde(skip)]
    pub(super) judged: Verdict,
}

/// The result of the whole comparison.
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
    /// No measurements yet, of budget tests or of a program.
    pub(super) fn new(of_tests: bool, most: usize) -> Self {
        Self { of_tests, most, ..Self::default() }
    }

    /// Adds the four runs of a block.
    pub(super) fn add(&mut self, order: Order, runs: Vec<Run>) {
        let of = if self.of_tests { times_of_tests } else { times };
        let times: Vec<BTreeMap<(String, Estimator), f64>> = runs.iter().map(of).collect();
        // A probe that one side alone has cannot be compared.
        let names: BTreeSet<&(String, Estimator)> =
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
        let scattering = self.scattering();
        self.deciding().zip(self.judged(ratio)).all(|((key, _), judgement)| {
            matches!(judgement.verdict, Verdict::Pass | Verdict::Fail) || scattering.contains(key)
        })
    }

    /// Figures of passing time that scatter too far on this machine, while the processor time of their probe scatters less: undecided
    /// they do not count. One of them that fails does: all figures together keep the level of a FAIL.
    fn scattering(&self) -> BTreeSet<&(String, Estimator)> {
        let figures = self.deciding().count();
        let shows = |series: &Series| scatter::shows(&series.d, self.most, COMPARISON_LEVEL / figures as f64);
        let scatters = |(key, series): &(&(String, Estimator), &Series)| {
            let cpu = self.series.get(&(key.0.clone(), Estimator::Cpu));
            let (of_wall, of_cpu) = (shows(series), cpu.map_or(f64::INFINITY, shows));
            key.1 != Estimator::Cpu && of_wall > UNFIT && of_cpu < of_wall
        };
        self.deciding().filter(scatters).map(|(key, _)| key).collect()
    }

    /// The series that decide: the whole program, with its start and end, decides only where nothing else was measured.
    fn deciding(&self) -> impl Iterator<Item = (&(String, Estimator), &Series)> {
        let only_whole = self.series.keys().all(|(name, _)| name == WHOLE);
        self.series.iter().filter(move |((name, _), _)| only_whole || name != WHOLE)
    }

    /// All series that decide, judged together.
    fn judged(&self, ratio: f64) -> Vec<Judgement> {
        let series: Vec<&[f64]> = self.deciding().map(|(_, series)| series.d.as_slice()).collect();
        relative::judge_comparison(&series, ratio, self.most)
    }

    /// The least change that each probe can be expected to show in so many blocks, by the better of its figures; the worst first.
    pub(super) fn shows(&self, blocks: usize) -> Vec<(String, f64)> {
        let figures = self.deciding().count();
        let mut shows: BTreeMap<&str, f64> = BTreeMap::new();
        for ((name, _), series) in self.deciding() {
            let change = scatter::shows(&series.d, blocks, COMPARISON_LEVEL / figures as f64);
            let best = shows.entry(name).or_insert(f64::INFINITY);
            *best = best.min(change);
        }
        let mut shows: Vec<(String, f64)> = shows.into_iter().map(|(name, change)| (name.to_owned(), change)).collect();
        shows.sort_by(|a, b| b.1.total_cmp(&a.1));
        shows
    }

    pub(super) fn judge(&self, args: &CompareArgs, commit: &str) -> Comparison {
        let mut together = self.deciding().map(|(key, _)| key).zip(self.judged(args.ratio)).collect::<BTreeMap<_, _>>();
        let scattering = self.scattering();
        let row = |(key, series): (&(String, Estimator), &Series)| {
            let judged = together.remove(key);
            let gates = judged.is_some();
            let judged = judged.unwrap_or_else(|| relative::judge(&series.d, args.ratio));
            let row = series.row(key, args.ratio, judged, gates);
            let scatters = scattering.contains(key) && matches!(row.judged, Verdict::Inconclusive(_));
            Compared { scatters, gates: gates && !scatters, ..row }
        };
        let mut probes: Vec<Compared> = self.series.iter().map(row).collect();
        median::hold_back(&mut probes);
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
    fn row(&self, key: &(String, Estimator), ratio: f64, judged: Judgement, gates: bool) -> Compared {
        /// The placement of code alone moves a call by as much.
        const LEAST_NS: f64 = 3.0;
        let Judgement { verdict, ratio: shift, upper95, fail_p, blocks, .. } = judged;
        let (old_ns, new_ns) = (order::median(&self.old).unwrap_or(0.0), order::median(&self.new).unwrap_or(0.0));
        let tiny = (new_ns - old_ns * ratio).abs() < LEAST_NS;
        let judged = if verdict.is_fail() && tiny { Verdict::Pass } else { verdict };
        let known = |value: f64| value.is_finite().then_some(value);
        // Before the first look the only estimate is the plain one.
        let shift = known(shift).or_else(|| order::median(&self.d).map(f64::exp));
        // The medians of both sides also differ by disturbances of the machine. The row shows their middle, and to both sides
        // of it the paired estimate: before, after and change say the same.
        let (middle, half) = ((old_ns * new_ns).sqrt(), shift.unwrap_or(1.0).sqrt());
        Compared {
            probe: key.0.clone(),
            estimator: key.1,
            old_ns: middle / half,
            new_ns: middle * half,
            ratio: shift,
            upper: known(upper95),
            p: fail_p,
            blocks: blocks.max(self.d.len().min(13)),
            gates,
            scatters: false,
            verdict: judged.to_string(),
            judged,
        }
    }
}

/// The times of a run, by name: nanoseconds a call.
fn times(run: &Run) -> BTreeMap<(String, Estimator), f64> {
    let mut times = BTreeMap::from([((WHOLE.to_owned(), Estimator::Mean), run.wall.as_secs_f64() * 1e9)]);
    let Some(report) = &run.report else { return times };
    times.extend(report.meta.processor_ns.map(|ns| ((WHOLE.to_owned(), Estimator::Cpu), ns as f64)));
    for probe in report.probes.iter().filter(|probe| probe.timed() > 0 && probe.sum_ns > 0) {
        let of = |estimator: Estimator| Some(((probe.name.clone(), estimator), estimator.of(probe, report)?));
        times.extend(Estimator::ALL.into_iter().filter_map(of));
    }
    times
}

/// The times of budget tests, by name.
fn times_of_tests(run: &Run) -> BTreeMap<(String, Estimator), f64> {
    let of = |budget: &BudgetTest, estimator: Estimator| {
        let enough = |samples| estimator.quantile().is_none_or(|(_, least)| samples >= least);
        let row = budget.rows.iter().find(|row| row.metric == estimator.name() && enough(row.samples))?;
        Some(((budget.budget.clone(), estimator), row.actual.filter(|ns| *ns > 0.0)?))
    };
    let all = |budget| Estimator::ALL.into_iter().filter_map(move |one| of(budget, one));
    run.budgets.iter().flat_map(all).collect()
}

/// The counts of a budget test in one call, and how often it called the probes inside it.
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
        let key = ("probe".to_owned(), Estimator::P50);
        let judged = series.row(&key, 1.0, relative::judge(&series.d, 1.0), true);
        let ratio = judged.ratio.unwrap();
        assert!((ratio - 1.1).abs() < 1e-9, "{judged:?}");
        assert!((judged.new_ns / judged.old_ns - ratio).abs() < 1e-9, "{judged:?}");
        assert!(100.0 < judged.old_ns && judged.new_ns < 330.0, "{judged:?}");
        let nothing = Series::default().row(&key, 1.0, relative::judge(&[], 1.0), true);
        assert!(nothing.ratio.is_none() && nothing.old_ns.to_bits() == 0, "{nothing:?}");
    }

    fn collected(probes: usize, blocks: usize, rng: &mut fastrand::Rng, slower: &dyn Fn(usize) -> f64) -> Collected {
        let mut collected = Collected::new(false, blocks);
        for at in 0..probes {
            for estimator in [Estimator::Mean, Estimator::P50] {
                // In one run of five, a preemption makes the mean many times its value.
                let scatter = |rng: &mut fastrand::Rng| match estimator {
                    Estimator::Mean if rng.u8(0..5) == 0 => 3.0 * rng.f64(),
                    _ => 0.02 * (rng.f64() - 0.5),
                };
                let d = (0..blocks).map(|_| slower(at).ln() + scatter(rng) - scatter(rng)).collect();
                let series = Series { d, old: vec![1000.0], new: vec![1000.0 * slower(at)] };
                collected.series.insert((format!("probe {at:02}"), estimator), series);
            }
        }
        collected
    }

    /// The test goes by the code's own verdicts: a change of medians is found, and a comparison of forty probes keeps its claim.
    #[test]
    fn a_slower_probe_is_found_by_its_median_and_an_unchanged_one_never_fails() {
        let mut rng = fastrand::Rng::with_seed(3);
        for _ in 0..20 {
            let collected = collected(6, 30, &mut rng, &|at| if at == 2 { 1.1 } else { 1.0 });
            let failed: Vec<&(String, Estimator)> = collected
                .deciding()
                .zip(collected.judged(1.0))
                .filter(|(_, judgement)| judgement.verdict.is_fail())
                .map(|((key, _), _)| key)
                .collect();
            assert_eq!(failed, [&("probe 02".to_owned(), Estimator::P50)]);
        }
        for _ in 0..25 {
            let collected = collected(40, 30, &mut rng, &|_| 1.0);
            assert!(collected.judged(1.0).iter().all(|judgement| !judgement.verdict.is_fail()));
        }
        let pilot = collected(6, 5, &mut rng, &|_| 1.0).shows(30);
        assert!(pilot.len() == 6 && pilot[0].1 < 0.2, "{pilot:?}");
    }

    /// Six probes beside load: passing time scatters by half, and processor time by two per cent.
    fn beside_load(rng: &mut fastrand::Rng, slower: f64) -> Collected {
        const BLOCKS: usize = 30;
        let mut collected = Collected::new(false, BLOCKS);
        for at in 0..6 {
            for (estimator, by) in [(Estimator::Mean, 1.0), (Estimator::P50, 0.5), (Estimator::Cpu, 0.02)] {
                let shift = if at == 2 { slower.ln() } else { 0.0 };
                let d = (0..BLOCKS).map(|_| shift + by * (rng.f64() - 0.5)).collect();
                let series = Series { d, old: vec![1000.0], new: vec![1000.0] };
                collected.series.insert((format!("probe {at:02}"), estimator), series);
            }
        }
        collected
    }

    #[test]
    fn where_passing_time_scatters_processor_time_decides() {
        let mut rng = fastrand::Rng::with_seed(7);
        for _ in 0..20 {
            let unchanged = beside_load(&mut rng, 1.0);
            let scattering = unchanged.scattering();
            assert_eq!(scattering.len(), 12, "{scattering:?}");
            assert!(scattering.iter().all(|key| key.1 != Estimator::Cpu));
            assert!(unchanged.is_decided(1.05), "what scatters decides nothing");
            let slower = beside_load(&mut rng, 1.2);
            let judged = slower.deciding().zip(slower.judged(1.0));
            let failed: Vec<_> =
                judged.filter(|(_, judged)| judged.verdict.is_fail()).map(|((key, _), _)| key).collect();
            assert!(failed.iter().all(|key| key.0 == "probe 02"), "{failed:?}");
            assert!(failed.iter().any(|key| key.1 == Estimator::Cpu), "{failed:?}");
        }
        let mut without = beside_load(&mut rng, 1.0);
        without.series.retain(|key, _| key.1 != Estimator::Cpu);
        assert!(without.scattering().is_empty() && !without.is_decided(1.05), "nothing else decides");
    }
}
