//! Compares runs with a baseline.

use std::collections::{BTreeMap, BTreeSet};

use super::judge::{judge, spread};
use super::neighbours::Neighbours;
use super::{
    Baseline, Change, Difference, Entry, Figure, Kind, Level, Metric, Options, Proof, RegressionReport, Section, show,
};
use crate::Report;
use crate::judge::instructions::PROCESSES;
use crate::judge::{Side, diff};
use crate::stats::relabel::{self, Series};

/// Compares one run with a baseline, with the usual [`Options`].
///
/// ```
/// use perf_exporters::{Report, baseline::{Baseline, compare}};
///
/// let report = Report::from(perf_core::snapshot()).of_this_process();
/// let found = compare(&Baseline::from_runs([&report]), &report);
/// assert!(found.changes.iter().all(|change| !change.moved()));
/// ```
#[must_use]
pub fn compare(baseline: &Baseline, current: &Report) -> RegressionReport {
    compare_runs(baseline, [current], &Options::default())
}

/// Compares several runs with a baseline: five of each can prove what one of each cannot.
#[must_use]
pub fn compare_runs<'a>(
    baseline: &Baseline,
    current: impl IntoIterator<Item = &'a Report>,
    options: &Options,
) -> RegressionReport {
    compare_baselines(baseline, &Baseline::from_runs(current), options)
}

/// Compares two baselines: an old one with a new one.
#[must_use]
pub fn compare_baselines(old: &Baseline, new: &Baseline, options: &Options) -> RegressionReport {
    let mut comparison = Comparison { old, new, options, found: RegressionReport::default(), ranked: Vec::new() };
    let names: BTreeSet<&String> = old.entries.keys().chain(new.entries.keys()).collect();
    let of_tests = new.entries.values().any(|entry| entry.of_test);
    for name in names {
        match (old.entries.get(name), new.entries.get(name)) {
            (Some(before), Some(after)) => comparison.entry(name, before, after),
            (Some(before), None) if before.of_test && !of_tests => {}
            (Some(_), None) => comparison.found.gone.push(name.clone()),
            (None, _) => comparison.found.new.push(name.clone()),
        }
    }
    comparison.hold_back_chance();
    comparison.found
}

/// All figures of a comparison that are judged by the ranks of several runs fail wrongly together at most this often: of five runs of
/// each, where no other division of the ten moves a figure as far.
const TOGETHER: f64 = 0.005;

/// Where one side ran as a whole before the other, a time fails only from here on: +100 %. The machine's own states were seen to be
/// half as slow again, for as long as five runs took.
const APART: f64 = 1.0;

/// How the times of two classes of machines compare.
struct Footing {
    /// Whether times gate.
    same_class: bool,
    /// Old times are multiplied by this.
    scale: f64,
}

struct Comparison<'a> {
    old: &'a Baseline,
    new: &'a Baseline,
    options: &'a Options,
    found: RegressionReport,
    /// The changes that were judged by several runs, by their places in the report, with the values of these.
    ranked: Vec<(usize, Series)>,
}

impl Comparison<'_> {
    fn entry(&mut self, name: &str, before: &Entry, after: &Entry) {
        self.counts(name, before, after);
        for (class, after) in &after.instructions {
            let Some((old_class, before)) = self.like(class, &before.instructions) else { continue };
            self.instructions(name, (&old_class, &before), (class, after));
        }
        for (class, after) in &after.times {
            let Some((old_class, before)) = self.like(class, &before.times) else { continue };
            let footing = self.footing(&old_class, class);
            self.times(name, &before, after, &footing);
        }
    }

    fn counts(&mut self, name: &str, before: &Entry, after: &Entry) {
        let work = |entry: &Entry| entry.counts.get(Metric::Calls).and_then(Figure::agreed);
        let same_work = work(before).is_some() && work(before) == work(after);
        let calls = |entry: &Entry| entry.counts.get(Metric::Calls).map_or(0.0, Figure::value);
        let elsewhere = self.differences(&before.counted_on, &after.counted_on);
        for (metric, old) in &before.counts.figures {
            let Some(new) = after.counts.get(*metric) else { continue };
            // Where runs have other numbers of calls, allocations are compared per call.
            let (old, new) = match metric {
                Metric::Allocs | Metric::AllocBytes if !same_work && calls(before) > 0.0 && calls(after) > 0.0 => {
                    (old.scaled(1.0 / calls(before)), new.scaled(1.0 / calls(after)))
                }
                _ => (old.clone(), new.clone()),
            };
            let exact = same_work || *metric == Metric::Calls;
            let mut change = self.judged(name, *metric, (&old, before.counts.runs), (&new, after.counts.runs), exact);
            if change.moved() {
                change.note = count_note(&change, same_work, &elsewhere);
            }
            self.keep(change, &old, &new);
        }
        self.remember(elsewhere);
    }

    fn instructions(&mut self, name: &str, (old_class, before): (&str, &Section), (class, after): (&str, &Section)) {
        let metric = Metric::Instructions;
        let Some((old, new)) = before.get(metric).zip(after.get(metric)) else { return };
        let mut change = self.judged(name, metric, (old, before.runs), (new, after.runs), false);
        let elsewhere = self.differences(old_class, class);
        let same_source = before.counted_by == after.counted_by;
        change.gates &= old_class == class && same_source;
        // A figure that all processes agree on is read back as one value: the section knows how many there were.
        if change.level == Level::Fail && before.runs.min(after.runs) < PROCESSES as u64 {
            change.level = Level::Unproven;
        }
        if change.moved() {
            let apart = 100.0 * spread(old).max(spread(new));
            let by = change.ratio.map_or_else(String::new, show::fine_change);
            let mut notes = vec![format!("{by}, processes of one side apart by {apart:.2} % at most")];
            let sources = [before, after].map(|section| section.counted_by.as_deref().unwrap_or("an unknown source"));
            if !same_source {
                notes.push(format!("counted by another source, {} → {}", sources[0], sources[1]));
            }
            if change.level == Level::Unproven {
                notes.push(format!("a FAIL takes {PROCESSES} processes of each side"));
            }
            change.note = Some(notes.join("; "));
        }
        self.remember(elsewhere);
        self.found.changes.push(change);
    }

    fn times(&mut self, name: &str, before: &Section, after: &Section, footing: &Footing) {
        let around = Neighbours { before, after, scale: footing.scale, options: self.options };
        for (metric, old) in &before.figures {
            let Some(new) = after.get(*metric) else { continue };
            let old = match metric.as_diff() {
                diff::Metric::Throughput => old.scaled(1.0 / footing.scale),
                _ => old.scaled(footing.scale),
            };
            let mut change = self.judged(name, *metric, (&old, before.runs), (new, after.runs), false);
            change.gates &= footing.same_class;
            if change.moved() && self.is_tiny(&change, before, after, footing) {
                change.level = Level::Same;
            }
            if change.level == Level::Fail
                && let Some(why) = around.objection(change.metric)
            {
                change.level = Level::Unproven;
                change.note = Some(why.to_owned());
            }
            let apart = self.options.one_after_the_other;
            if change.level == Level::Fail && apart && !self.lies_beyond(&change, (&old, new), (before, after), footing)
            {
                change.level = Level::Unproven;
                change.note = Some(NOT_IN_TURN.to_owned());
            }
            if footing.same_class && self.found.disturbed && change.is_worse() && change.moved() {
                change.level = Level::Unproven;
                change.note = Some("environment: the machine itself is slower than it was for the baseline".to_owned());
            } else if change.level == Level::Unproven && change.note.is_none() {
                change.note = Some(doubt(&change));
            }
            self.keep(change, &old, new);
        }
    }

    fn keep(&mut self, change: Change, old: &Figure, new: &Figure) {
        if change.proof == Proof::Runs && change.gates {
            let (old, new) = (old.in_turn().to_vec(), new.in_turn().to_vec());
            let series = match change.metric.as_diff().side() {
                Side::AtMost => Series { old, new },
                // Less is worse: that the old ones are greater is looked for.
                Side::AtLeast => Series { old: inverse(&old), new: inverse(&new) },
            };
            self.ranked.push((self.found.changes.len(), series));
        }
        self.found.changes.push(change);
    }

    /// Makes each FAIL undecided that one of so many figures shows by chance more often than [`TOGETHER`].
    fn hold_back_chance(&mut self) {
        let mut groups: BTreeMap<(usize, usize), Vec<(usize, Series)>> = BTreeMap::new();
        for (at, series) in std::mem::take(&mut self.ranked) {
            groups.entry((series.old.len(), series.new.len())).or_default().push((at, series));
        }
        let level = TOGETHER / groups.len().max(1) as f64;
        for group in groups.values() {
            // Relabelling takes time, and only a FAIL asks for it.
            if !group.iter().any(|(at, _)| self.found.changes[*at].level == Level::Fail) {
                continue;
            }
            let series: Vec<Series> = group.iter().map(|(_, series)| series.clone()).collect();
            for ((at, _), p) in group.iter().zip(relabel::p_greater(&series)) {
                let change = &mut self.found.changes[*at];
                // A rise from zero has no logarithm, and needs none.
                if change.level == Level::Fail && p > level && change.old > 0.0 && change.new > 0.0 {
                    change.level = Level::Unproven;
                    change.note = Some(by_chance(group.len(), p));
                }
            }
        }
    }

    /// Whether the best of the new runs is beyond the worst of the old ones by as much as fails there, and the median call's is: a tail,
    /// or a mean with it, follows what the machine did for as long as one side ran.
    fn lies_beyond(
        &self,
        change: &Change,
        (old, new): (&Figure, &Figure),
        (before, after): (&Section, &Section),
        footing: &Footing,
    ) -> bool {
        let fail = self.options.thresholds(change.metric).fail.max(APART);
        // Of a single run its own range stands for the runs that there might have been.
        let ends = |figure: &Figure| match figure.runs() {
            [_] => Some((figure.low(), figure.high())),
            runs => runs.first().copied().zip(runs.last().copied()),
        };
        let quotients = |old: &Figure, new: &Figure| {
            let ((old_least, old_most), (new_least, new_most)) = ends(old).zip(ends(new))?;
            Some((new_least / old_most, old_least / new_most))
        };
        let Some((slower, fewer)) = quotients(old, new) else { return false };
        let itself = match change.metric.as_diff().side() {
            Side::AtMost => slower >= 1.0 + fail,
            Side::AtLeast => fewer >= 1.0 + fail,
        };
        let medians = before.get(Metric::P50Ns).zip(after.get(Metric::P50Ns));
        let median = medians.and_then(|(old, new)| quotients(&old.scaled(footing.scale), new));
        // Where there are no medians, the figure decides alone.
        itself && median.is_none_or(|(slower, _)| slower >= 1.0 + fail / 2.0)
    }

    fn judged(&self, probe: &str, metric: Metric, old: (&Figure, u64), new: (&Figure, u64), exact: bool) -> Change {
        let judged = judge(metric, old.0, new.0, self.options.thresholds(metric), exact);
        let known = |ratio: f64| ratio.is_finite().then_some(ratio);
        Change {
            probe: probe.to_owned(),
            metric,
            old: old.0.value(),
            new: new.0.value(),
            ratio: known(judged.ratio),
            low: known(judged.low),
            high: known(judged.high),
            level: judged.level,
            proof: judged.proof,
            old_runs: old.1,
            new_runs: new.1,
            gates: self.options.gating.contains(&metric),
            note: None,
        }
    }

    /// Whether times changed by too little to matter; of a throughput it is the mean call that counts.
    fn is_tiny(&self, change: &Change, before: &Section, after: &Section, footing: &Footing) -> bool {
        let mean = |section: &Section| section.get(Metric::MeanNs).map(Figure::value);
        let by = match change.metric.as_diff() {
            diff::Metric::Throughput => mean(before).zip(mean(after)).map(|(old, new)| new - old * footing.scale),
            _ => Some(change.new - change.old),
        };
        by.is_some_and(|by| by.abs() < self.options.least_ns)
    }

    /// The old figures of this class, or of the class most like it.
    fn like(&self, class: &str, before: &BTreeMap<String, Section>) -> Option<(String, Section)> {
        let of = |class: &str| Some((class.to_owned(), before.get(class)?.clone()));
        let nearest = || {
            let distance = |other: &&String| self.differences(other, class).len();
            of(before.keys().min_by_key(distance)?)
        };
        of(class).or_else(nearest)
    }

    fn footing(&mut self, old: &str, new: &str) -> Footing {
        let then = self.old.machines.get(old).and_then(|class| class.kernels.as_ref());
        let recorded = self.new.machines.get(new).and_then(|class| class.kernels.as_ref());
        let now = self.options.kernels.as_ref().or(recorded);
        let ratio = then.zip(now).and_then(|(then, now)| now.ratio_to(then));
        if old == new {
            self.found.kernels = ratio.or(self.found.kernels);
            self.found.disturbed = ratio.is_some_and(|ratio| ratio > 1.0 + self.options.disturbance);
            return Footing { same_class: true, scale: 1.0 };
        }
        self.remember(self.differences(old, new));
        self.found.scale = ratio.or(self.found.scale);
        Footing { same_class: false, scale: ratio.unwrap_or(1.0) }
    }

    fn differences(&self, old: &str, new: &str) -> Vec<Difference> {
        let machines = self.old.machines.get(old).zip(self.new.machines.get(new));
        machines.map_or_else(Vec::new, |(old, new)| Difference::between(&old.machine, &new.machine))
    }

    fn remember(&mut self, differences: Vec<Difference>) {
        for difference in differences {
            if !self.found.differences.contains(&difference) {
                self.found.differences.push(difference);
            }
        }
    }
}

/// One side was run as a whole before the other.
const NOT_IN_TURN: &str =
    "not interleaved: one side ran as a whole before the other, and the machine may have changed in between by as much";

fn inverse(values: &[f64]) -> Vec<f64> {
    values.iter().map(|value| 1.0 / value).collect()
}

fn by_chance(figures: usize, p: f64) -> String {
    format!(
        "one of {figures} figures moves as far in {:.0} of 100 divisions of these runs: more runs can tell",
        100.0 * p
    )
}

fn count_note(change: &Change, same_work: bool, elsewhere: &[Difference]) -> Option<String> {
    let mut notes = Vec::new();
    if !same_work && matches!(change.metric, Metric::Allocs | Metric::AllocBytes) {
        notes.push("per call, since the number of calls differs".to_owned());
    }
    if !elsewhere.is_empty() {
        let fields: Vec<&str> = elsewhere.iter().map(|difference| difference.field.as_str()).collect();
        notes.push(format!("counted elsewhere: {} differ", fields.join(", ")));
    }
    if change.metric.kind() == Kind::Count && change.proof == Proof::Ranges && change.old_runs + change.new_runs > 2 {
        notes.push("runs disagree".to_owned());
    }
    (!notes.is_empty()).then(|| notes.join("; "))
}

fn doubt(change: &Change) -> String {
    match (change.old_runs, change.new_runs) {
        (1, 1) => "the ranges of one run of each overlap; five of each can tell".to_owned(),
        (old, new) if old < 5 || new < 5 => format!("{old} and {new} runs cannot tell; five of each can"),
        _ => "runs scatter too much to tell".to_owned(),
    }
}
