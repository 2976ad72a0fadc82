//! Several processes' reports as one.
//!
//! Merging is associative and commutative, and loses no count: sums add, extremes stay extremes, histograms of the
//! same buckets add bucket by bucket, and quantiles are taken anew from the result. Values that cannot be added (program,
//! machine, clock) stay where all agree, and become `(several)` where they do not.

use std::collections::BTreeMap;
use std::mem;

use super::{Machine, Meta, ProbeReport, Quantiles, Report, exemplar, place, time, track};

/// Stands for values that differ between the reports merged.
const SEVERAL: &str = "(several)";

impl Report {
    /// Adds the measurements of another process, or more of the same.
    ///
    /// ```
    /// use perf_exporters::report::{ProbeReport, Report};
    ///
    /// let mut one = Report::default();
    /// one.probes.push(ProbeReport::new("parse"));
    /// one.probes[0].calls = 2;
    /// let mut sum = Report::default();
    /// sum.merge(&one);
    /// sum.merge(&one);
    /// assert_eq!(sum.probe("parse").unwrap().calls, 4);
    /// ```
    pub fn merge(&mut self, other: &Self) {
        self.meta.merge(&other.meta);
        self.probes.extend(other.probes.iter().cloned());
        self.join_same_probes();
        self.tree.merge(&other.tree);
        self.merge_budgets(other);
        track::merge(&mut self.monitor, &other.monitor);
        self.compute_observer_effect();
    }

    /// Joins probes to one entry per name, in that order. The name distinguishes probes, as it does in a snapshot.
    fn join_same_probes(&mut self) {
        let mut joined: BTreeMap<String, ProbeReport> = BTreeMap::new();
        for probe in mem::take(&mut self.probes) {
            match joined.get_mut(&probe.name) {
                Some(same) => same.merge(&probe),
                None => drop(joined.insert(probe.name.clone(), probe)),
            }
        }
        self.probes = joined.into_values().collect();
    }
}

impl FromIterator<Report> for Report {
    /// All of them merged.
    fn from_iter<I: IntoIterator<Item = Report>>(reports: I) -> Self {
        reports.into_iter().fold(Self::default(), |mut sum, report| {
            sum.merge(&report);
            sum
        })
    }
}

impl ProbeReport {
    /// Adds the measurements of a probe of the same name from elsewhere. Of two places the first by file and line stays,
    /// and [`places`](Self::places) has both.
    ///
    /// ```
    /// # use perf_exporters::report::ProbeReport;
    /// let mut here = ProbeReport::new("parse");
    /// let mut there = here.clone();
    /// (here.peak_bytes, there.peak_bytes) = (100, 300);
    /// here.merge(&there);
    /// assert_eq!(here.peak_bytes, 300);
    /// ```
    pub fn merge(&mut self, other: &Self) {
        self.places = place::several(self.known_places().chain(other.known_places()));
        if (&other.file, other.line) < (&self.file, self.line) {
            self.file.clone_from(&other.file);
            self.line = other.line;
        }
        // A probe that timed nothing has no least time either, only a zero in its place.
        self.min_ns = match (self.timed(), other.timed()) {
            (0, 1..) => other.min_ns,
            (1.., 0) => self.min_ns,
            _ => self.min_ns.min(other.min_ns),
        };
        self.max_ns = self.max_ns.max(other.max_ns);
        self.peak_bytes = self.peak_bytes.max(other.peak_bytes);
        self.net_bytes = self.net_bytes.saturating_add(other.net_bytes);
        self.errors_unseen |= other.errors_unseen;
        for (sum, more) in [
            (&mut self.calls, other.calls),
            (&mut self.timed_calls, other.timed_calls),
            (&mut self.errors, other.errors),
            (&mut self.panics, other.panics),
            (&mut self.cancelled, other.cancelled),
            (&mut self.polls, other.polls),
            (&mut self.items, other.items),
            (&mut self.bytes, other.bytes),
            (&mut self.total_ns, other.total_ns),
            (&mut self.self_ns, other.self_ns),
            (&mut self.waiting_ns, other.waiting_ns),
            (&mut self.busy_ns, other.busy_ns),
            (&mut self.sum_ns, other.sum_ns),
            (&mut self.allocs, other.allocs),
            (&mut self.alloc_bytes, other.alloc_bytes),
            (&mut self.self_allocs, other.self_allocs),
            (&mut self.self_alloc_bytes, other.self_alloc_bytes),
        ] {
            *sum = sum.saturating_add(more);
        }
        exemplar::merge(&mut self.exemplars, &other.exemplars);
        match (&mut self.driven, &other.driven) {
            (Some(mine), Some(others)) => mine.merge(others),
            (mine @ None, Some(others)) => *mine = Some(others.clone()),
            (_, None) => {}
        }
        self.histogram.merge(&other.histogram);
        self.mean_ns = self.sum_ns.checked_div(self.timed()).unwrap_or(0);
        let (least, greatest) = (self.min_ns.min(self.max_ns), self.max_ns);
        let within = |q| self.histogram.quantile(q).map_or(0, |ns| ns.clamp(least, greatest));
        self.quantiles = Quantiles::from_fn(within);
    }
}

impl Meta {
    fn merge(&mut self, other: &Self) {
        if self.processes == 0 {
            *self = other.clone();
            return;
        }
        if other.processes == 0 {
            return;
        }
        let start_of = |meta: &Self| time::to_nanos(meta.time).saturating_sub(meta.duration_ns);
        let start = start_of(self).min(start_of(other));
        let end = time::to_nanos(self.time).max(time::to_nanos(other.time));
        self.time = time::from_nanos(end);
        self.duration_ns = end - start;
        let known = self.identities.len() + other.identities.len();
        self.identities.extend(other.identities.iter().cloned());
        let in_both = (known - self.identities.len()) as u64;
        self.processes = self.processes.saturating_add(other.processes).saturating_sub(in_both);
        agree(&mut self.program, &other.program);
        agree(&mut self.clock, &other.clock);
        if self.args != other.args {
            self.args = None;
        }
        if self.pid != other.pid {
            self.pid = None;
        }
        self.machine.merge(&other.machine);
        self.ticks_per_second = self.ticks_per_second.max(other.ticks_per_second);
        self.probe_cost_ns = self.probe_cost_ns.max(other.probe_cost_ns);
        self.probe_resolution_ns = self.probe_resolution_ns.max(other.probe_resolution_ns);
        self.observer_ns = self.observer_ns.saturating_add(other.observer_ns);
        self.observer_longer_ns = self.observer_longer_ns.saturating_add(other.observer_longer_ns);
        self.waiting_told &= other.waiting_told;
        self.processor_ns = self.processor_ns.zip(other.processor_ns).map(|(mine, others)| mine.saturating_add(others));
        self.lost = self.lost.saturating_add(other.lost);
        self.backward_steps = self.backward_steps.saturating_add(other.backward_steps);
        self.dropped_nodes = self.dropped_nodes.saturating_add(other.dropped_nodes);
        self.live_bytes = self.live_bytes.saturating_add(other.live_bytes);
        self.threads = self.threads.saturating_add(other.threads);
        self.alloc_tracking |= other.alloc_tracking;
    }
}

impl Machine {
    fn merge(&mut self, other: &Self) {
        agree(&mut self.arch, &other.arch);
        agree(&mut self.cpu_model, &other.cpu_model);
        agree(&mut self.os, &other.os);
        agree(&mut self.rustc, &other.rustc);
        agree(&mut self.profile, &other.profile);
        agree(&mut self.allocator, &other.allocator);
        if self.cores != other.cores {
            self.cores = 0;
        }
    }
}

/// Keeps a value that both have, else sets `(several)`.
fn agree(mine: &mut String, other: &str) {
    if mine != other {
        SEVERAL.clone_into(mine);
    }
}
