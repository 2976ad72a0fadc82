//! Budget tests and the baseline file: an entry of the test's name, and one per probe inside it, named `test: probe`.
//!
//! An entry has the counts of one call of the test, and where the budget limits time in a build that gates it, how long
//! calls take. A test is compared with its entries in the file. Only an update writes entries.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::OnceLock;

use perf_core::{ProbeStats, Snapshot};

use super::scope::inside;
use crate::Report;
use crate::baseline::{
    Baseline, Change, Entry, Error, Figure, Kernels, Level, Metric, Options, Proof, RegressionReport, Section,
    compare_baselines, default_path, show, times_of_runs, update_asked,
};
use crate::judge::diff::Thresholds;
use crate::judge::{Counters, Reason, Row, Severity, Side, Unit, Verdict};

/// The task that the file sets for a test.
pub(crate) enum Task {
    /// To record its measurements.
    Record,
    /// To be compared with these entries.
    Hold(Baseline),
    /// The file cannot be used, for this reason.
    Broken(Verdict),
}

/// The task that this package's baseline file sets for a test; `None` where the file does not have the test.
pub(crate) fn task(test: &str) -> Option<Task> {
    /// The file as it was when the first test of this process looked.
    static FILE: OnceLock<Option<Result<Baseline, Error>>> = OnceLock::new();
    if update_asked() {
        return Some(Task::Record);
    }
    let read = || match Baseline::load(default_path()) {
        Err(error) if error.is_not_found() => None,
        loaded => Some(loaded),
    };
    match FILE.get_or_init(read).as_ref()? {
        Err(error) => Some(Task::Broken(error.verdict())),
        Ok(baseline) => baseline.get(test).map(|_| Task::Hold(baseline.of_test(test))),
    }
}

/// The counts of single calls of a test and the times of calls, in several runs, as the entries of a baseline.
pub(crate) fn measured(test: &str, calls: &[Snapshot], runs: &[Vec<f64>]) -> Baseline {
    let mut baseline = Baseline::default();
    let counted: Vec<Counters> = calls.iter().map(|call| Counters::of(call, 1, &[])).collect();
    let Some(last) = calls.last().filter(|_| counted.iter().all(|call| call.calls > 0)) else { return baseline };
    let machine = Report::from(last).of_this_process().meta.machine;
    let tracked = calls.iter().all(|call| call.meta().alloc_tracking);
    let figures = |of: &[(Metric, &dyn Fn(usize) -> u64)]| {
        let wanted = of.iter().filter(|(metric, _)| tracked || matches!(metric, Metric::Calls | Metric::Errors));
        let of_calls = |(metric, value): &(Metric, &dyn Fn(usize) -> u64)| {
            // Where calls of one process differ, the least is what counts, as it is for a budget.
            Some((*metric, Figure::exact((0..calls.len()).map(value).min()?)))
        };
        wanted.filter_map(of_calls).collect::<Vec<_>>()
    };
    let own = figures(&[
        (Metric::Calls, &|call| counted[call].calls),
        (Metric::Allocs, &|call| counted[call].allocs),
        (Metric::AllocBytes, &|call| counted[call].alloc_bytes),
        (Metric::PeakBytes, &|call| counted[call].peak_bytes),
    ]);
    baseline.put(test, &machine, own.into_iter().chain(times_of_runs(runs)));
    let probes: BTreeSet<&str> = calls.iter().flat_map(inside).map(ProbeStats::name).collect();
    for probe in probes {
        let of = |value: fn(&ProbeStats) -> u64| move |call: usize| calls[call].get(probe).map_or(0, value);
        // A number of errors that nothing looked for would be compared with one that was counted.
        let unseen = calls.iter().filter_map(|call| call.get(probe)).any(ProbeStats::errors_unseen);
        let mut figures = figures(&[
            (Metric::Calls, &of(ProbeStats::calls)),
            (Metric::Errors, &of(ProbeStats::errors)),
            (Metric::Allocs, &of(ProbeStats::allocs)),
            (Metric::AllocBytes, &of(ProbeStats::alloc_bytes)),
            (Metric::PeakBytes, &of(ProbeStats::peak_bytes)),
        ]);
        figures.retain(|(metric, _)| *metric != Metric::Errors || !unseen);
        baseline.put(&format!("{test}: {probe}"), &machine, figures);
    }
    for entry in baseline.entries.values_mut() {
        entry.of_test = true;
    }
    baseline
}

/// The changes since the baseline.
///
/// The median of the times decides: a stall moves a mean, and a busy machine a tail, as far as a regression does. A FAIL has to
/// lie beyond the band: twice the worst that was recorded, in the best of the runs now, and more where the kernels take
/// longer than they did. Two processes of the same code differ by half where memory lies unluckily for one of them, and all
/// runs of a test are in one process.
pub(crate) fn compare(before: &Baseline, now: &Baseline, kernels: Option<&Kernels>) -> RegressionReport {
    let mut options = Options { kernels: kernels.cloned(), disturbance: f64::INFINITY, ..Options::default() };
    options.gating.retain(|metric| !metric.is_time() || *metric == Metric::P50Ns);
    options.thresholds.extend(Metric::ALL.into_iter().filter(|metric| metric.is_time()).map(|metric| (metric, WIDE)));
    let mut found = compare_baselines(before, now, &options);
    let slower = found.kernels.unwrap_or(1.0).max(1.0);
    for change in found.changes.iter_mut().filter(|change| change.metric.is_time() && change.level == Level::Fail) {
        if !is_beyond_the_band(change, before, now, slower) {
            change.level = Level::Unproven;
            let machine = match show::change(Some(slower)) {
                by if slower > 1.05 => format!(", on a machine that takes {by} longer for fixed work"),
                _ => String::new(),
            };
            change.note = Some(format!("not beyond all that was recorded{machine}"));
        }
    }
    found
}

/// The changes of a time from which to warn, and to fail: twice the usual value, as a written limit should be.
const WIDE: Thresholds = Thresholds { warn: 0.5, fail: 1.0 };

fn is_beyond_the_band(change: &Change, before: &Baseline, now: &Baseline, slower: f64) -> bool {
    let (Some(before), Some(now)) = (before.get(&change.probe), now.get(&change.probe)) else { return false };
    // The times of its own class of machines count, or the change would not gate.
    let beyond = |(class, now): (&String, &Section)| {
        let (old, new) = (before.times.get(class)?.get(change.metric)?, now.get(change.metric)?);
        Some(*new.runs().first()? >= old.runs().last()? * (1.0 + WIDE.fail) * slower)
    };
    now.times.iter().filter_map(beyond).all(|beyond| beyond)
}

/// The changes of a test's counted instructions, from so many processes, since the baseline.
pub(crate) fn instructions_moved(before: &Baseline, test: &str, now: &Baseline) -> Vec<Change> {
    let own = |change: &Change| change.probe == test && change.metric == Metric::Instructions;
    compare(before, now, None).changes.into_iter().filter(own).collect()
}

/// A row for instructions that the file has, and that cannot be counted here.
pub(crate) fn uncounted(why: Cow<'static, str>) -> Row {
    let row = Row::new(format!("{FILE}: instructions"), Unit::Instructions, f64::NAN);
    Row { exact: true, ..row.verdict(Verdict::Inconclusive(Reason::Unsupported(why)), "") }
}

/// Attributes slower times to the machine, which kept the thread waiting.
pub(crate) fn excuse_times(found: &mut RegressionReport) {
    let slower = |change: &&mut Change| change.metric.is_time() && change.gates && change.is_worse() && change.moved();
    for change in found.changes.iter_mut().filter(slower) {
        change.level = Level::Unproven;
        change.note = Some("environment: the thread was kept waiting in too many of the calls".to_owned());
    }
}

/// Makes these the test's entries in the file, and returns what changed by that.
///
/// Figures that did not move stay as they are, so that the file changes where something changed.
pub(crate) fn record(
    path: &Path,
    test: &str,
    now: &Baseline,
    kernels: Option<&Kernels>,
) -> Result<Option<String>, Error> {
    let mut changed = None;
    Baseline::update(path, |baseline| changed = baseline.take_over(test, now, kernels))?;
    Ok(changed)
}

impl Baseline {
    /// Sets the counted instructions of a test that this has the counts of: for the same machine.
    pub(crate) fn count_instructions(&mut self, test: &str, counted_by: &str, processes: &[f64]) {
        let class = self.get(test).and_then(|entry| self.machines.get(&entry.counted_on));
        if let Some(machine) = class.map(|class| class.machine.clone()) {
            self.put_instructions(test, &machine, counted_by, processes);
        }
    }

    /// The entries of a test, with all machines.
    fn of_test(&self, test: &str) -> Self {
        let own = self.entries.iter().filter(|(name, _)| belongs(name, test));
        Self {
            machines: self.machines.clone(),
            entries: own.map(|(name, entry)| (name.clone(), entry.clone())).collect(),
            unknown: Vec::new(),
        }
    }

    fn take_over(&mut self, test: &str, now: &Self, kernels: Option<&Kernels>) -> Option<String> {
        let before = self.of_test(test);
        let found = compare(&before, now, kernels);
        self.entries.retain(|name, _| !belongs(name, test) || now.entries.contains_key(name));
        for (name, entry) in &now.entries {
            let moved = |change: &Change| change.probe == *name && !change.metric.is_count() && is_real(change);
            let moved = |of: fn(Metric) -> bool| found.changes.iter().any(|change| of(change.metric) && moved(change));
            let (times, instructions) = (moved(Metric::is_time), moved(|metric| metric == Metric::Instructions));
            self.entries.entry(name.clone()).or_default().take_over(entry, times, instructions);
        }
        for (id, new) in &now.machines {
            let class = self.machines.entry(id.clone()).or_insert_with(|| new.clone());
            // The fastest kernels are kept: slower ones later are a disturbance.
            let slower = |old: &Kernels| kernels?.ratio_to(old).map(|ratio| ratio > FASTER);
            if !class.kernels.as_ref().and_then(slower).unwrap_or(false) {
                class.kernels = kernels.cloned().or(class.kernels.take());
            }
        }
        self.forget_unused_machines();
        told(test, &before, now, &found)
    }
}

/// Kernels that take this share of their time before, or more, are no faster.
const FASTER: f64 = 0.95;

impl Entry {
    fn take_over(&mut self, new: &Self, times_moved: bool, instructions_moved: bool) {
        self.of_test = true;
        if self.counted_on.is_empty() || self.counts.figures != new.counts.figures {
            self.counts.figures.clone_from(&new.counts.figures);
            self.counts.runs = new.counts.runs;
            self.counted_on.clone_from(&new.counted_on);
        }
        for (class, times) in &new.times {
            let old = self.times.entry(class.clone()).or_default();
            if times_moved || old.figures.is_empty() {
                old.figures.clone_from(&times.figures);
                old.runs = times.runs;
            }
        }
        for (class, counted) in &new.instructions {
            let old = self.instructions.entry(class.clone()).or_default();
            if instructions_moved || old.figures.is_empty() || old.counted_by != counted.counted_by {
                old.figures.clone_from(&counted.figures);
                (old.runs, old.counted_by) = (counted.runs, counted.counted_by.clone());
            }
        }
    }
}

fn belongs(name: &str, test: &str) -> bool {
    name.strip_prefix(test).is_some_and(|rest| rest.is_empty() || rest.starts_with(": "))
}

fn is_real(change: &Change) -> bool {
    matches!(change.level, Level::Fail | Level::Warn | Level::Improved)
}

/// The changes by an update, as text; `None` where there are none.
fn told(test: &str, before: &Baseline, now: &Baseline, found: &RegressionReport) -> Option<String> {
    if before.get(test).is_none() {
        let probes = now.entries.len().saturating_sub(1);
        return Some(match probes {
            0 => "recorded".to_owned(),
            1 => "recorded, with the probe inside".to_owned(),
            _ => format!("recorded, with {probes} probes inside"),
        });
    }
    let mut parts: Vec<String> =
        found.changes.iter().filter(|change| is_real(change)).map(|c| moved(test, c)).collect();
    parts.extend(found.new.iter().map(|probe| format!("{} is new", short(test, probe))));
    parts.extend(found.gone.iter().map(|probe| format!("{} is gone", short(test, probe))));
    (!parts.is_empty()).then(|| format!("updated: {}", parts.join(", ")))
}

/// Counts that are better than in the file, as text: a file that promises less would let them rise again.
pub(crate) fn gain(test: &str, found: &RegressionReport) -> Option<String> {
    let is_sure = |change: &Change| change.proof == Proof::Exact || change.metric == Metric::Instructions;
    let gained = |change: &&Change| change.gates && change.level == Level::Improved && is_sure(change);
    let gained: Vec<String> = found.changes.iter().filter(gained).map(|change| moved(test, change)).collect();
    (!gained.is_empty()).then(|| format!("better than recorded: {}; `PERF_UPDATE=1` keeps the gain", gained.join(", ")))
}

/// `allocs +4 per call (11, was 7)`; of a time `p50 1.20 ms, was 1.00 ms`.
fn moved(test: &str, change: &Change) -> String {
    let figure = figure(test, change);
    if change.metric.is_time() {
        return format!("{figure} {}, was {}", change.metric.figure(change.new), change.metric.figure(change.old));
    }
    format!("{figure} {}", per_call(change))
}

/// `+4 per call (11, was 7)`: entries of tests are per call.
fn per_call(change: &Change) -> String {
    let value = |value| change.metric.figure(value);
    let by = show::difference(change.metric, change.new - change.old);
    format!("{by} per call ({}, was {})", value(change.new), value(change.old))
}

/// `allocs`, or `db::query: allocs` where it is that of a probe inside.
fn figure(test: &str, change: &Change) -> String {
    let key = change.metric.key().trim_end_matches("_ns");
    if change.probe == test { key.to_owned() } else { format!("{}: {key}", short(test, &change.probe)) }
}

fn short<'a>(test: &str, probe: &'a str) -> &'a str {
    probe.strip_prefix(test).and_then(|rest| rest.strip_prefix(": ")).unwrap_or(probe)
}

/// A row for every figure that moved and for every missing entry; one that says so where nothing moved.
pub(crate) fn rows(test: &str, found: &RegressionReport) -> Vec<Row> {
    let mut rows: Vec<Row> = found.moved().into_iter().map(|change| row(test, found, change)).collect();
    if !found.gone.is_empty() {
        let gone: Vec<String> = found.gone.iter().map(|probe| short(test, probe).to_owned()).collect();
        let why = format!("not called any more: {}; `PERF_UPDATE=1` records what is", show::names(&gone));
        rows.push(undecided(Verdict::Inconclusive(Reason::Invalid(why.into()))));
    }
    if rows.is_empty() {
        let figures = found.changes.iter().filter(|change| change.gates).count();
        rows.push(undecided(Verdict::Pass).because(format!("nothing moved, of {figures} figures")));
    }
    rows
}

/// The file as a whole.
pub(crate) fn undecided(verdict: Verdict) -> Row {
    let row = Row::new(FILE, Unit::Count, f64::NAN).verdict(verdict, "");
    Row { exact: true, ..row }
}

const FILE: &str = "perf.lock";

fn row(test: &str, found: &RegressionReport, change: &Change) -> Row {
    let (exact, counted) = (change.proof == Proof::Exact, !change.metric.is_time());
    let thresholds = if counted { change.metric.thresholds() } else { WIDE };
    let limit = if change.level == Level::Warn { thresholds.warn } else { thresholds.fail };
    let side = change.metric.as_diff().side();
    let allowed = match side {
        _ if exact => 1.0,
        Side::AtMost => 1.0 + limit,
        Side::AtLeast => 1.0 - limit,
    };
    let (verdict, severity) = match change.level {
        Level::Warn if change.gates => (Verdict::Fail, Severity::Target),
        _ => (change.verdict(), Severity::Limit),
    };
    let metric = format!("{FILE}: {}", figure(test, change));
    let row = Row { exact: counted, side, severity, ..Row::new(metric, change.metric.unit(), change.old * allowed) };
    let error = if counted { 0.0 } else { crate::judge::diff::LEVEL };
    row.evidence(change.new, change.new_runs, error).verdict(verdict, reason(found, change))
}

fn reason(found: &RegressionReport, change: &Change) -> String {
    let mut parts = vec![if change.metric.is_time() {
        let was = change.metric.figure(change.old);
        format!("{was} in {FILE}, {}, surely {}", show::change(change.ratio), show::surely(change))
    } else {
        format!("{}, by {FILE}", per_call(change))
    }];
    parts.extend(change.note.clone());
    if !change.gates && !found.differences.is_empty() {
        let fields: Vec<&str> = found.differences.iter().map(|difference| difference.field.as_str()).collect();
        parts.push(format!("advisory: measured on another footing, {} differ", fields.join(", ")));
    }
    match change.level {
        Level::Improved => parts.push("better; `PERF_UPDATE=1` keeps the gain".to_owned()),
        Level::Fail | Level::Warn if change.gates => {
            parts.push("`PERF_UPDATE=1` records it, if it is meant".to_owned());
        }
        _ => {}
    }
    parts.join("; ")
}

#[cfg(test)]
#[path = "tested_tests.rs"]
mod tests;
