//! The baseline as a value.

use std::collections::{BTreeMap, BTreeSet};

use toml_edit::Item;

use super::{Entry, Figure, Kernels, Metric, class, entry};
use crate::Report;
use crate::report::{Machine, ProbeReport};

/// Earlier measurements: an entry per budget or probe, and the machines that measured.
#[derive(Clone, Debug, Default)]
pub struct Baseline {
    pub(crate) machines: BTreeMap<String, Class>,
    pub(crate) entries: BTreeMap<String, Entry>,
    pub(crate) unknown: Vec<(String, Item)>,
}

/// A class of machines.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Class {
    /// The fingerprint that they have in common.
    pub machine: Machine,
    /// How fast they are.
    pub kernels: Option<Kernels>,
    pub(super) unknown: Vec<(String, Item)>,
}

impl Baseline {
    /// The baseline of these runs, and of nothing else.
    ///
    /// ```
    /// use perf_exporters::baseline::{Baseline, Metric};
    /// use perf_exporters::report::{ProbeReport, Report};
    ///
    /// let mut report = Report::default();
    /// report.probes.push(ProbeReport::new("parse"));
    /// report.probes[0].calls = 3;
    /// let baseline = Baseline::from_runs([&report, &report]);
    /// let parse = baseline.get("parse").unwrap();
    /// assert_eq!(parse.counts.get(Metric::Calls).unwrap().agreed(), Some(3.0));
    /// assert_eq!(parse.counts.runs, 2);
    /// ```
    #[must_use]
    pub fn from_runs<'a>(runs: impl IntoIterator<Item = &'a Report>) -> Self {
        let mut baseline = Self::default();
        baseline.record(runs, None);
        baseline
    }

    /// Records these runs: their probes' counts, and their times for the classes of machines they ran on. Other entries,
    /// and times of other classes, stay as they are.
    pub fn record<'a>(&mut self, runs: impl IntoIterator<Item = &'a Report>, kernels: Option<&Kernels>) {
        let runs: Vec<&Report> = runs.into_iter().collect();
        let mut by_name: BTreeMap<&str, Vec<(&Report, &ProbeReport)>> = BTreeMap::new();
        for run in &runs {
            for probe in &run.probes {
                by_name.entry(&probe.name).or_default().push((run, probe));
            }
        }
        for (name, probes) in by_name {
            self.record_one(name, &probes);
        }
        for run in &runs {
            let class = self.machines.entry(class::id(&run.meta.machine)).or_default();
            class.machine.clone_from(&run.meta.machine);
            if let Some(kernels) = kernels {
                class.kernels = Some(kernels.clone());
            }
        }
        self.forget_unused_machines();
    }

    /// Sets figures that come from elsewhere than a [`Report`]: another tool's estimates, a budget's measurements.
    ///
    /// ```
    /// use perf_exporters::baseline::{Baseline, Figure, Metric};
    /// use perf_exporters::report::Machine;
    ///
    /// let mut baseline = Baseline::default();
    /// let mean = Figure::new(&[120.0], 118.0, 123.0).unwrap();
    /// baseline.put("bench/sort", &Machine::current(), [(Metric::MeanNs, mean)]);
    /// assert!(baseline.get("bench/sort").is_some());
    /// ```
    pub fn put(&mut self, name: &str, machine: &Machine, figures: impl IntoIterator<Item = (Metric, Figure)>) {
        let id = class::id(machine);
        let entry = self.entries.entry(name.to_owned()).or_default();
        let (counts, of_class): (BTreeMap<_, _>, BTreeMap<_, _>) =
            figures.into_iter().partition(|(metric, _)| metric.is_count());
        let (times, instructions): (BTreeMap<_, _>, BTreeMap<_, _>) =
            of_class.into_iter().partition(|(metric, _)| metric.is_time());
        if let Some(figure) = instructions.values().next() {
            let section = entry.instructions.entry(id.clone()).or_default();
            (section.runs, section.figures) = (figure.runs().len() as u64, instructions);
        }
        if !times.is_empty() {
            let section = entry.times.entry(id.clone()).or_default();
            section.runs = times.values().map(|figure| figure.runs().len() as u64).max().unwrap_or(0);
            section.figures = times.into_iter().map(|(metric, figure)| (metric, figure.rounded())).collect();
        }
        if !counts.is_empty() || entry.counted_on.is_empty() {
            entry.counts.runs = counts.values().map(|figure| figure.runs().len() as u64).max().unwrap_or(0);
            entry.counts.figures = counts;
            entry.counted_on.clone_from(&id);
        }
        self.machines.entry(id).or_default().machine.clone_from(machine);
        self.forget_unused_machines();
    }

    /// Sets the instructions of a call in several processes, and the source that counted them.
    ///
    /// ```
    /// use perf_exporters::baseline::{Baseline, Metric};
    /// use perf_exporters::report::Machine;
    ///
    /// let mut baseline = Baseline::default();
    /// baseline.put_instructions("sort", &Machine::current(), "callgrind", &[50_025.0, 50_031.0]);
    /// let sort = baseline.get("sort").unwrap().instructions.values().next().unwrap();
    /// assert_eq!(sort.get(Metric::Instructions).unwrap().low(), 50_025.0);
    /// ```
    pub fn put_instructions(&mut self, name: &str, machine: &Machine, counted_by: &str, processes: &[f64]) {
        let (low, high) = processes.iter().fold((f64::INFINITY, 0.0_f64), |(l, h), v| (l.min(*v), h.max(*v)));
        let Some(figure) = Figure::new(processes, low, high) else { return };
        self.put(name, machine, [(Metric::Instructions, figure)]);
        let section = self.entries.get_mut(name).and_then(|entry| entry.instructions.get_mut(&class::id(machine)));
        if let Some(section) = section {
            section.counted_by = Some(counted_by.to_owned());
        }
    }

    /// The same with the runs of others beside its own: a probe that did not run in one of them has zero counts there.
    #[cfg(feature = "gate")]
    pub(crate) fn with(&self, others: &[Self]) -> Self {
        let sides: Vec<&Self> = std::iter::once(self).chain(others).collect();
        let mut joined = Self { machines: self.machines.clone(), ..Self::default() };
        for side in others {
            joined.machines.extend(side.machines.iter().map(|(id, class)| (id.clone(), class.clone())));
        }
        for (name, entry) in sides.iter().flat_map(|side| &side.entries) {
            joined.entries.entry(name.clone()).or_insert_with(|| {
                let of = |side: &&Self| side.entries.get(name).map_or_else(Entry::default, Clone::clone);
                entry.joined(&sides.iter().map(of).collect::<Vec<_>>())
            });
        }
        joined
    }

    /// Runs in which calls of this name were timed.
    #[cfg(feature = "gate")]
    pub(crate) fn runs_of_times(&self, name: &str) -> usize {
        let runs = self.get(name).into_iter().flat_map(|entry| entry.times.values()).map(|times| times.runs);
        usize::try_from(runs.max().unwrap_or(0)).unwrap_or(usize::MAX)
    }

    /// Removes times, and keeps counts.
    #[cfg(feature = "gate")]
    pub(crate) fn forget_times(&mut self) {
        self.entries.values_mut().for_each(|entry| entry.times.clear());
    }

    fn record_one(&mut self, name: &str, runs: &[(&Report, &ProbeReport)]) {
        let entry = self.entries.entry(name.to_owned()).or_default();
        let mut classes: BTreeMap<String, Vec<&ProbeReport>> = BTreeMap::new();
        for (run, probe) in runs {
            classes.entry(class::id(&run.meta.machine)).or_default().push(probe);
        }
        let mut counts =
            entry::counts(runs.iter().map(|(run, probe)| (*probe, run.meta.alloc_tracking || probe.allocs > 0)));
        counts.unknown = std::mem::take(&mut entry.counts.unknown);
        entry.counts = counts;
        if let Some(class) = classes.keys().next() {
            entry.counted_on.clone_from(class);
        }
        for (class, probes) in classes {
            if let Some(mut times) = entry::times(probes.into_iter()) {
                if let Some(before) = entry.times.remove(&class) {
                    times.unknown = before.unknown;
                }
                entry.times.insert(class, times);
            }
        }
    }

    pub(crate) fn forget_unused_machines(&mut self) {
        let times = self.entries.values().flat_map(|entry| entry.times.keys().chain(entry.instructions.keys()));
        let used: BTreeSet<String> =
            self.entries.values().map(|entry| &entry.counted_on).chain(times).cloned().collect();
        self.machines.retain(|class, _| used.contains(class));
    }

    /// Removes an entry with its earlier measurements.
    pub fn remove(&mut self, name: &str) -> Option<Entry> {
        let removed = self.entries.remove(name);
        self.forget_unused_machines();
        removed
    }

    /// The entries with their names, in the order of the names.
    #[must_use]
    pub fn entries(&self) -> impl ExactSizeIterator<Item = (&str, &Entry)> {
        self.entries.iter().map(|(name, entry)| (name.as_str(), entry))
    }

    /// The entry of that name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Entry> {
        self.entries.get(name)
    }

    /// The classes of machines with their names.
    #[must_use]
    pub fn classes(&self) -> impl ExactSizeIterator<Item = (&str, &Class)> {
        self.machines.iter().map(|(id, class)| (id.as_str(), class))
    }

    /// Whether nothing was recorded.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}
