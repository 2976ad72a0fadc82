//! Reports to test with.
#![allow(dead_code, reason = "every test binary uses its own part of this")]

use std::path::PathBuf;
use std::time::{Duration, SystemTime};
use std::{env, fs};

use perf_exporters::Report;
use perf_exporters::report::{
    BudgetReport, BudgetVerdict, CallTree, Exemplar, Histogram, ProbeReport, Quantiles, TreeNode,
};

/// What was rendered is what the file of that name holds.
pub(crate) fn golden(name: &str, text: &str) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    if env::var_os("PERF_EXPORTERS_BLESS").is_some() {
        fs::write(&path, text).unwrap();
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    assert!(text == expected, "{} differs (PERF_EXPORTERS_BLESS=1 accepts):\n{text}", path.display());
}

/// These values, each so many times.
pub(crate) fn histogram(values: &[(u64, u64)]) -> Histogram {
    let mut sum = Histogram::default();
    for &(value, count) in values {
        let bucket = Histogram::from_iter([value]).to_pairs()[0].0;
        sum.merge(&Histogram::from_pairs([(bucket, count)]).unwrap());
    }
    sum
}

/// A probe whose calls took these times, all of them its own.
pub(crate) fn probe(name: &str, times: &[(u64, u64)]) -> ProbeReport {
    let mut probe = ProbeReport::new(name);
    probe.histogram = histogram(times);
    probe.calls = times.iter().map(|(_, count)| count).sum();
    probe.total_ns = times.iter().map(|(ns, count)| ns * count).sum();
    (probe.self_ns, probe.busy_ns) = (probe.total_ns, probe.total_ns);
    probe.sum_ns = probe.total_ns;
    probe.mean_ns = probe.sum_ns.checked_div(probe.calls).unwrap_or(0);
    probe.min_ns = times.iter().map(|(ns, _)| *ns).min().unwrap_or(0);
    probe.max_ns = times.iter().map(|(ns, _)| *ns).max().unwrap_or(0);
    probe.quantiles = quantiles(&probe.histogram, probe.min_ns, probe.max_ns);
    probe
}

pub(crate) fn quantiles(histogram: &Histogram, min: u64, max: u64) -> Quantiles {
    Quantiles::from_fn(|q| histogram.quantile(q).map_or(0, |ns| ns.clamp(min.min(max), max)))
}

/// Calls around a time: a bell on the logarithmic axis as wide as `spread` says, and a second, slower mode with a
/// `slow`th of them, ten times as long.
fn around(center: u64, calls: u64, spread: u64, slow: u64) -> Vec<(u64, u64)> {
    let bell = [1, 3, 8, 16, 24, 20, 12, 8, 5, 3, 2, 1];
    let mode = |center: u64, calls: u64| {
        let at = move |step: usize| center + center * spread * step as u64 / 48;
        bell.iter().enumerate().map(move |(step, part)| (at(step), part * calls / 103))
    };
    let tail = calls.checked_div(slow).unwrap_or(0);
    let times = mode(center, calls - tail).chain(mode(center * 10, tail));
    times.filter(|(_, count)| *count > 0).collect()
}

/// A report with one of everything that a table can show, the same every time.
pub(crate) fn sample() -> Report {
    let mut report = Report::default();
    report.probes = [
        probe("codescan::walk::directory", &around(2_400_000, 200, 9, 0)),
        probe("codescan::index::Index::insert", &around(310, 1_250_000, 4, 50)),
        probe("codescan::index::Index::merge_shards", &around(31_000_000, 96, 2, 3)),
        probe("codescan::tokens::split_into_lines_and_tokens", &around(3_300, 96_000, 30, 0)),
        probe("codescan::hash::digest", &around(11_000, 20_000, 1, 400)),
        probe("codescan::compress::deflate<alloc::vec::Vec<u8>>", &around(88_000, 19_200, 60, 20)),
        probe("codescan::language::is_identifier_start", &around(8, 24_000_000, 3, 0)),
        probe("read file", &around(140_000, 9_600, 5, 2)),
        probe("codescan::progress::tick", &[(2_100, 96)]),
    ]
    .into();
    for (at, probe) in report.probes.iter_mut().enumerate() {
        "/home/someone/codescan/src/index.rs".clone_into(&mut probe.file);
        probe.line = 17 + 31 * u32::try_from(at).unwrap();
    }
    report.probes[0].total_ns = 19_800_000_000;
    report.probes[2].total_ns = 11_900_000_000;
    let read = &mut report.probes[7];
    (read.errors, read.cancelled, read.polls, read.bytes) = (37, 2, 28_800, 812_345_678);
    (read.busy_ns, read.self_ns) = (read.total_ns / 50, read.total_ns / 40);
    report.probes[4].items = 20_000;
    report.tree = tree(&report.probes);
    let meta = &mut report.meta;
    "codescan".clone_into(&mut meta.program);
    (meta.pid, meta.processes, meta.threads) = (Some(4711), 1, 5);
    meta.time = SystemTime::UNIX_EPOCH + Duration::from_nanos(1_700_000_000_123_456_789);
    meta.duration_ns = 9_870_000_000;
    "tsc".clone_into(&mut meta.clock);
    meta.ticks_per_second = 2_593_906_123.456_789;
    (meta.probe_cost_ns, meta.probe_resolution_ns) = (21, 12);
    meta.observer_ns = 21 * 25_400_000;
    let measured = report.measured_ns();
    report.meta.observer_effect_pct = 100.0 * report.meta.observer_ns as f64 / measured as f64;
    report
}

/// The same, with allocations counted and with losses.
pub(crate) fn sample_with_allocations() -> Report {
    let mut report = sample();
    let meta = &mut report.meta;
    (meta.alloc_tracking, meta.live_bytes) = (true, 123_456_789);
    (meta.lost, meta.backward_steps, meta.dropped_nodes) = (3, 1, 12_345);
    for (at, probe) in report.probes.iter_mut().enumerate() {
        let factor = at as u64 % 4;
        (probe.allocs, probe.self_allocs) = (probe.calls * factor, probe.calls * factor / 2);
        (probe.alloc_bytes, probe.self_alloc_bytes) = (probe.allocs * 100, probe.self_allocs * 90);
        probe.peak_bytes = 4096 * factor;
        probe.net_bytes = if at == 2 { -77_000 } else { 1000 * i64::try_from(factor).unwrap() };
    }
    report
}

/// Two probes whose slowest calls have traces, and budgets with each of the verdicts.
pub(crate) fn judged() -> Report {
    let mut report = sample();
    report.probes.truncate(2);
    let probe = &mut report.probes[1];
    let calls = [(80_000, Some(7)), (31_000, Some(u128::MAX)), (3_300, None), (3_200, Some(11)), (310, Some(13))];
    for (at, (nanos, trace)) in calls.into_iter().enumerate() {
        let mut call = Exemplar::default();
        // Not in the order in which they began.
        call.start = report.meta.time - Duration::from_millis(1_000 - 200 * (at as u64 * 3 % 5));
        call.duration_ns = nanos;
        call.self_ns = nanos;
        call.trace = trace.map(|trace: u128| format!("{trace:032x}"));
        probe.exemplars.push(call);
    }
    let mut broken = Exemplar::default();
    (broken.duration_ns, broken.trace) = (700, Some("\"} 1 # EOF".to_owned()));
    probe.exemplars.push(broken);
    for (metric, unit, [target, limit, actual], verdict) in [
        ("p99", "ns", [Some(2e6), Some(5e6), Some(7.31e6)], BudgetVerdict::Fail),
        ("p50", "ns", [Some(300.0), None, Some(312.5)], BudgetVerdict::Warn),
        ("alloc_bytes", "bytes", [None, Some(4096.0), Some(0.0)], BudgetVerdict::Pass),
        ("calls(\"db\")", "count", [None, Some(1.0), None], BudgetVerdict::Inconclusive),
        ("errors", "ratio", [None, Some(0.01), Some(0.002)], BudgetVerdict::Pass),
        ("throughput", "per_second", [None, Some(5_000.0), Some(f64::NAN)], BudgetVerdict::Inconclusive),
    ] {
        let mut budget = BudgetReport::default();
        budget.probe.clone_from(&report.probes[1].name);
        (budget.metric, budget.unit, budget.verdict) = (metric.to_owned(), unit.to_owned(), verdict);
        (budget.target, budget.limit, budget.actual) = (target, limit, actual);
        report.budgets.push(budget);
    }
    report
}

/// Names are given by their place among the probes; figures in calls and microseconds.
fn tree(probes: &[ProbeReport]) -> CallTree {
    let rows: [(usize, usize, u64, u64, u64); 10] = [
        (0, 0, 192, 19_800_000, 86_700),
        (7, 1, 2_400, 17_900_000, 276_000),
        (5, 2, 19_200, 16_900_000, 16_900_000),
        (3, 1, 96_000, 1_260_000, 1_020_000),
        (6, 4, 24_000_000, 243_000, 243_000),
        (4, 1, 20_000, 246_000, 246_000),
        (8, 1, 96, 202, 202),
        (2, 0, 81, 11_900_000, 11_300_000),
        (1, 8, 1_250_000, 638_000, 638_000),
        (6, 9, 12, 1, 1),
    ];
    let node = |(probe, parent, calls, total, own): (usize, usize, u64, u64, u64)| {
        let mut node = TreeNode::new(&probes[probe].name, parent);
        (node.calls, node.total_ns, node.self_ns) = (calls, total * 1000, own * 1000);
        node
    };
    std::iter::once(TreeNode::new("", 0)).chain(rows.map(node)).collect()
}
