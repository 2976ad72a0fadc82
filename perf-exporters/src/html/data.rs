//! What the page knows: a report without what nobody would see, in a form that stays small.
//!
//! Zeros are left out, histograms are differences of bucket numbers, and the call tree is rows of numbers. A page of
//! many probes gets coarser histograms and fewer of the small nodes; figures in the table stay exact.

use std::collections::{BTreeMap, HashMap};
use std::time::SystemTime;

use serde::Serialize;

use super::prune::{Pruned, pruned};
use crate::label;
use crate::report::{BudgetReport, Histogram, Machine, Meta, ProbeReport, Report};

/// Buckets of all histograms together; twice as many would be a page that is slow to load.
const MOST_BUCKETS: usize = 100_000;
/// Halvings of the resolution after which there is nothing left to draw.
const COARSEST: u32 = 4;

#[derive(Serialize)]
pub(super) struct Data<'a> {
    now: Run<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    before: Option<Run<'a>>,
    tree: Tree,
    /// Bits by which bucket numbers were shortened.
    coarse: u32,
    budgets: Vec<BudgetReport>,
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
    duration: u64,
    measured: u64,
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

/// Fields are named as in the page; those that are missing are zero.
#[derive(Serialize)]
struct Probe {
    name: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    file: String,
    #[serde(flatten)]
    counts: BTreeMap<&'static str, u64>,
    #[serde(skip_serializing_if = "is_zero")]
    net: i64,
    /// Bucket number, less the one before, and count, in turns.
    hist: Vec<u64>,
}

#[derive(Serialize)]
struct Tree {
    names: Vec<String>,
    /// Name, parent, calls, total, self, allocations, bytes, own allocations, own bytes.
    rows: Vec<[u64; 9]>,
    hidden: usize,
}

/// The same with harmless names.
fn shown(budget: &BudgetReport) -> BudgetReport {
    let mut budget = budget.clone();
    for text in [&mut budget.probe, &mut budget.metric, &mut budget.reason] {
        *text = label::escaped(text);
    }
    budget
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "what serde asks for")]
fn is_zero(number: &i64) -> bool {
    *number == 0
}

impl<'a> Data<'a> {
    pub(super) fn new(report: &'a Report, before: Option<&'a Report>) -> Self {
        let runs = || std::iter::once(report).chain(before);
        let buckets = |coarse| runs().flat_map(|run| &run.probes).map(|p| buckets(&p.histogram, coarse).len()).sum();
        let fits = |coarse: &u32| -> bool { MOST_BUCKETS >= buckets(*coarse) };
        let coarse = (0..COARSEST).find(fits).unwrap_or(COARSEST);
        Self {
            now: Run::new(report, coarse),
            before: before.map(|before| Run::new(before, coarse)),
            tree: Tree::new(report),
            coarse,
            budgets: report.budgets.iter().map(shown).collect(),
        }
    }
}

impl<'a> Run<'a> {
    fn new(report: &'a Report, coarse: u32) -> Self {
        let probes = report.probes.iter().map(|probe| Probe::new(probe, coarse)).collect();
        Self { meta: About::new(&report.meta, report.measured_ns()), probes }
    }
}

impl<'a> About<'a> {
    fn new(meta: &'a Meta, measured: u64) -> Self {
        let numbers = Numbers {
            duration: meta.duration_ns,
            measured,
            cost: meta.probe_cost_ns,
            resolution: meta.probe_resolution_ns,
            observer: meta.observer_ns,
            effect: meta.observer_effect_pct,
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

impl Probe {
    fn new(probe: &ProbeReport, coarse: u32) -> Self {
        let quantiles = &probe.quantiles;
        let counts = [
            ("line", u64::from(probe.line)),
            ("calls", probe.calls),
            ("errors", probe.errors),
            ("panics", probe.panics),
            ("cancelled", probe.cancelled),
            ("polls", probe.polls),
            ("items", probe.items),
            ("bytes", probe.bytes),
            ("total", probe.total_ns),
            ("self", probe.self_ns),
            ("busy", probe.busy_ns),
            ("mean", probe.mean_ns),
            ("min", probe.min_ns),
            ("max", probe.max_ns),
            ("p50", quantiles.p50),
            ("p90", quantiles.p90),
            ("p95", quantiles.p95),
            ("p99", quantiles.p99),
            ("p999", quantiles.p999),
            ("allocs", probe.allocs),
            ("allocBytes", probe.alloc_bytes),
            ("selfAllocs", probe.self_allocs),
            ("selfAllocBytes", probe.self_alloc_bytes),
            ("peak", probe.peak_bytes),
        ];
        Self {
            name: label::shown(&probe.name),
            file: label::escaped(&probe.file),
            counts: counts.into_iter().filter(|(_, count)| *count > 0).collect(),
            net: probe.net_bytes,
            hist: differences(&buckets(&probe.histogram, coarse)),
        }
    }
}

/// Bucket numbers without their last bits, and counts. A bucket of the coarser scale is some whole ones of the finer.
fn buckets(histogram: &Histogram, coarse: u32) -> Vec<(u64, u64)> {
    let mut kept: Vec<(u64, u64)> = Vec::new();
    for (bucket, count) in histogram.to_pairs() {
        let bucket = u64::from(bucket >> coarse);
        match kept.last_mut() {
            Some((last, sum)) if *last == bucket => *sum = sum.saturating_add(count),
            _ => kept.push((bucket, count)),
        }
    }
    kept
}

fn differences(buckets: &[(u64, u64)]) -> Vec<u64> {
    let before = std::iter::once(0).chain(buckets.iter().map(|(bucket, _)| *bucket));
    buckets.iter().zip(before).flat_map(|((bucket, count), before)| [bucket - before, *count]).collect()
}

impl Tree {
    fn new(report: &Report) -> Self {
        let Pruned { nodes, hidden } = pruned(&report.tree);
        let mut numbers: HashMap<&str, u64> = HashMap::new();
        let mut names = Vec::new();
        let mut rows = Vec::with_capacity(nodes.len());
        for (node, parent) in nodes {
            let name = *numbers.entry(&node.probe).or_insert_with(|| {
                names.push(label::shown(&node.probe));
                names.len() as u64 - 1
            });
            rows.push([
                name,
                parent as u64,
                node.calls,
                node.total_ns,
                node.self_ns,
                node.allocs,
                node.alloc_bytes,
                node.self_allocs,
                node.self_alloc_bytes,
            ]);
        }
        Self { names, rows, hidden }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn coarser_histograms_lose_no_call() {
        let histogram: Histogram = (0..5_000_u64).map(|at| at * at).collect();
        for coarse in 0..=COARSEST {
            let buckets = buckets(&histogram, coarse);
            assert_eq!(buckets.iter().map(|(_, count)| count).sum::<u64>(), 5_000);
            assert!(buckets.is_sorted_by(|a, b| a.0 < b.0));
        }
        assert_eq!(differences(&[(3, 7), (10, 1)]), [3, 7, 7, 1]);
    }

    #[test]
    fn zeros_take_no_room() {
        let mut probe = ProbeReport::new("f");
        probe.calls = 1;
        let json = serde_json::to_string(&Probe::new(&probe, 0)).unwrap();
        assert_eq!(json, r#"{"name":"f","calls":1,"hist":[]}"#);
    }
}
