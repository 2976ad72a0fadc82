//! The report, and the figures of it that several rules ask for.

use std::collections::BTreeMap;

use crate::Report;
use crate::report::{ProbeReport, Track};

/// The least number of calls for a useful mean or quantile.
pub(super) const ENOUGH_CALLS: u64 = 100;
/// Seconds that a process was watched for, at least.
const ENOUGH_SECONDS: f64 = 0.5;

pub(super) struct Case<'a> {
    pub(super) report: &'a Report,
    /// The processes that were watched for long enough.
    pub(super) watched: Vec<Watched<'a>>,
}

/// A process that was watched.
pub(super) struct Watched<'a> {
    pub(super) track: &'a Track,
    pub(super) seconds: f64,
    /// The mean of levels, and the growth of sums in a second.
    means: BTreeMap<&'static str, f64>,
    growth: BTreeMap<&'static str, f64>,
}

impl<'a> Case<'a> {
    pub(super) fn of(report: &'a Report) -> Self {
        let watched = report.monitor.iter().map(Watched::of).filter(|watched| watched.seconds >= ENOUGH_SECONDS);
        Self { report, watched: watched.collect() }
    }

    /// The subject of a finding about a process: empty where there is only one.
    pub(super) fn subject(&self, watched: &Watched<'_>) -> String {
        if self.report.monitor.len() > 1 { format!("process {}", watched.track.pid) } else { String::new() }
    }

    /// Seconds that the report covers.
    pub(super) fn seconds(&self) -> Option<f64> {
        let told = (self.report.meta.duration_ns > 0).then(|| self.report.meta.duration_ns as f64 / 1e9);
        told.or_else(|| self.watched.first().map(|watched| watched.seconds))
    }

    /// Probes `NAME::what` of a load run, with the name.
    pub(super) fn of_load(&self, what: &str) -> impl Iterator<Item = (&'a str, &'a ProbeReport)> {
        let what = format!("::{what}");
        self.report
            .probes
            .iter()
            .filter_map(move |probe| Some((probe.name.strip_suffix(what.as_str())?, probe)))
            .filter(|(name, probe)| !name.is_empty() && probe.evidence() >= ENOUGH_CALLS)
    }

    /// The probe `NAME::what` of a load run.
    pub(super) fn beside(&self, name: &str, what: &str) -> Option<&'a ProbeReport> {
        self.report.probe(&format!("{name}::{what}")).filter(|probe| probe.evidence() > 0)
    }
}

impl<'a> Watched<'a> {
    fn of(track: &'a Track) -> Self {
        let summary = track.summary();
        Self {
            track,
            seconds: track.watched_ns() as f64 / 1e9,
            means: summary.iter().map(|figure| (figure.name, figure.mean)).collect(),
            growth: summary.iter().map(|figure| (figure.name, figure.growth)).collect(),
        }
    }

    /// The mean of a level, or the growth of a sum in a second.
    pub(super) fn mean(&self, figure: &str) -> Option<f64> {
        self.means.get(figure).copied()
    }

    /// The growth of a figure.
    pub(super) fn growth(&self, figure: &str) -> Option<f64> {
        self.growth.get(figure).copied()
    }

    /// The sum of several means, of which at least one is known.
    pub(super) fn sum(&self, figures: &[&str]) -> Option<f64> {
        let known: Vec<f64> = figures.iter().filter_map(|figure| self.mean(figure)).collect();
        (!known.is_empty()).then(|| known.iter().sum())
    }
}
