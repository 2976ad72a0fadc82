//! The data of the page: a report without the parts that the page does not show, in a form that stays small.
//!
//! Zeros are left out, histograms are differences of bucket numbers, names are numbers of a list, and the call tree is
//! rows of numbers. A page of many probes gets coarser histograms and fewer of the slow calls and of the small nodes;
//! figures in the table stay exact.

mod findings;
mod names;
mod probe;
#[cfg(feature = "serve")]
mod recent;
mod resources;
mod slow;
mod tracks;
mod tree;
mod trend;

use std::time::SystemTime;

use serde::Serialize;

use super::Options;
use crate::label;
use crate::report::{BudgetReport, Machine, Report, nanos};
use names::Names;
use probe::{Probe, coarseness};
use slow::Slow;
use tracks::Tracks;
use tree::Tree;
use trend::Trend;

/// Buckets of all histograms together; twice as many would be a page that is slow to load.
const MOST_BUCKETS: usize = 100_000;
/// The same of a page that gets them anew every few seconds.
#[cfg(feature = "serve")]
const MOST_LIVE_BUCKETS: usize = 25_000;
/// Sentences about repeated calls.
const MOST_REPEATED: usize = 3;

#[derive(Serialize)]
pub(super) struct Data<'a> {
    now: Run<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    before: Option<Run<'a>>,
    tree: Tree,
    slow: Slow,
    /// Bits by which bucket numbers were shortened.
    coarse: u32,
    budgets: Vec<BudgetReport>,
    /// Sentences about probes that are called many times for each call of their caller.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    repeated: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    findings: Vec<findings::Found>,
    tracks: Tracks,
    #[serde(skip_serializing_if = "Option::is_none")]
    trend: Option<Trend>,
    #[cfg(feature = "serve")]
    #[serde(skip_serializing_if = "Option::is_none")]
    recent: Option<recent::Recent>,
    names: Names<'a>,
}

#[derive(Serialize)]
struct Run<'a> {
    meta: About<'a>,
    probes: Vec<Probe>,
}

#[derive(Serialize)]
struct About<'a> {
    program: String,
    time: String,
    #[serde(flatten)]
    numbers: Numbers,
    clock: String,
    machine: &'a Machine,
    tracking: bool,
}

#[derive(Serialize)]
struct Numbers {
    /// Milliseconds since 1970 when the measurement ended.
    end: u64,
    duration: u64,
    measured: u64,
    /// The same without what is known to be waiting.
    working: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    processor: Option<u64>,
    cost: u64,
    resolution: u64,
    observer: u64,
    effect: f64,
    lost: u64,
    backward: u64,
    dropped: u64,
    live: i64,
    threads: u64,
    processes: u64,
}

impl<'a> Data<'a> {
    /// Of a page that is looked at later.
    pub(super) fn kept(report: &'a Report, options: &Options<'a>) -> Self {
        let mut data = Self::new(report, options.compare, MOST_BUCKETS);
        data.trend = Trend::of(report, options.history, &mut data.names);
        data
    }

    /// Of a page that shows what is going on, beside what was counted in so much time lately.
    #[cfg(feature = "serve")]
    pub(super) fn live(report: &'a Report, (span, recent): (std::time::Duration, &'a Report)) -> Self {
        let mut data = Self::new(report, None, MOST_LIVE_BUCKETS);
        data.recent = Some(recent::Recent::new(span, recent, &mut data.names));
        data
    }

    fn new(report: &'a Report, before: Option<&'a Report>, most_buckets: usize) -> Self {
        let coarse = coarseness(&std::iter::once(report).chain(before), most_buckets);
        let mut names = Names::default();
        Self {
            now: Run::new(report, coarse),
            before: before.map(|before| Run::new(before, coarse)),
            tree: Tree::new(&report.tree, &mut names),
            slow: Slow::new(&report.probes, &mut names),
            coarse,
            budgets: report.budgets.iter().map(shown).collect(),
            repeated: report.repeated().iter().take(MOST_REPEATED).map(ToString::to_string).collect(),
            findings: findings::all(report),
            tracks: Tracks::new(&report.monitor),
            trend: None,
            #[cfg(feature = "serve")]
            recent: None,
            names,
        }
    }
}

/// The same with harmless names.
fn shown(budget: &BudgetReport) -> BudgetReport {
    let mut budget = budget.clone();
    budget.probe = label::shown(&budget.probe);
    for text in [&mut budget.metric, &mut budget.reason] {
        *text = label::escaped(text);
    }
    budget
}

/// Milliseconds since 1970.
fn millis(time: SystemTime) -> u64 {
    nanos(time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default()) / 1_000_000
}

impl<'a> Run<'a> {
    fn new(report: &'a Report, coarse: u32) -> Self {
        let probes = report.probes.iter().map(|probe| Probe::new(probe, coarse)).collect();
        Self { meta: About::new(report), probes }
    }
}

impl<'a> About<'a> {
    fn new(report: &'a Report) -> Self {
        let meta = &report.meta;
        let numbers = Numbers {
            end: millis(meta.time),
            duration: meta.duration_ns,
            measured: report.measured_ns(),
            working: report.working_ns(),
            processor: meta.processor_ns,
            cost: meta.probe_cost_ns,
            resolution: meta.probe_resolution_ns,
            observer: meta.observer_ns,
            effect: report.observer_effect(),
            lost: meta.lost,
            backward: meta.backward_steps,
            dropped: meta.dropped_nodes,
            live: meta.live_bytes,
            threads: meta.threads,
            processes: meta.processes,
        };
        let known = meta.time > SystemTime::UNIX_EPOCH;
        Self {
            program: label::escaped(&meta.program),
            time: if known { humantime::format_rfc3339_seconds(meta.time).to_string() } else { String::new() },
            numbers,
            clock: label::escaped(&meta.clock),
            machine: &meta.machine,
            tracking: meta.alloc_tracking,
        }
    }
}
