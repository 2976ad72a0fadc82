//! Reports to test with: a program of a few probes, one with a hostile name, at two moments.

use std::time::{Duration, Instant, SystemTime};

use perf_exporters::Report;
use perf_exporters::report::{BudgetReport, BudgetVerdict, CalleeTime, Exemplar, ProbeReport, Quantiles};

use super::TopArgs;
use super::app::App;
use super::input::Action;

/// A name that would clear the screen, turn the direction of writing and ring the bell.
pub(super) const HOSTILE: &str = "evil\u{1b}[2J\u{202e}::\u{7}数え上げ";

pub(super) fn args() -> TopArgs {
    TopArgs {
        address: "9080".into(),
        interval: Duration::from_secs(1),
        sort: super::figure::Figure::OwnTime,
        filter: String::new(),
        totals: false,
        once: false,
        top: 30,
    }
}

/// A probe with calls of these durations, each so often.
fn probe(name: &str, times: &[(u64, u64)]) -> ProbeReport {
    let mut probe = ProbeReport::new(name);
    let all = || times.iter().flat_map(|(ns, count)| std::iter::repeat_n(*ns, usize::try_from(*count).unwrap()));
    probe.histogram = all().collect();
    (probe.calls, probe.sum_ns) = (all().count() as u64, all().sum());
    (probe.total_ns, probe.self_ns) = (probe.sum_ns, probe.sum_ns / 2);
    probe.mean_ns = probe.sum_ns.checked_div(probe.calls).unwrap_or(0);
    (probe.min_ns, probe.max_ns) = (all().min().unwrap_or(0), all().max().unwrap_or(0));
    probe.quantiles = Quantiles::from_fn(|q| probe.histogram.quantile(q).unwrap_or(0));
    "src/shop/orders.rs".clone_into(&mut probe.file);
    probe.line = 42;
    probe
}

/// The report after so many seconds of even work.
pub(super) fn report(seconds: u64) -> Report {
    let mut report = Report::default();
    let n = seconds;
    report.probes = vec![
        probe("shop::cache::Cache<Key, Value>::get", &[(900, 700 * n), (4_000, 30 * n)]),
        probe("shop::db::query", &[(900_000, 40 * n), (7_000_000, n)]),
        probe("shop::orders::Orders::handle", &[(1_000_000, 40 * n), (9_000_000, n)]),
        probe("shop::started", &[(2_000_000, 1)]),
        probe(HOSTILE, &[(5_000, 10 * n)]),
    ];
    let handle = &mut report.probes[2];
    (handle.errors, handle.allocs, handle.alloc_bytes) = (n, 12 * 41 * n, 4096 * 41 * n);
    (handle.self_allocs, handle.self_alloc_bytes) = (handle.allocs / 2, handle.alloc_bytes / 2);
    (handle.peak_bytes, handle.net_bytes) = (70_000, 512 * i64::try_from(n).unwrap());
    for ns in [9_100_000, 9_000_000] {
        let mut query = CalleeTime::default();
        (query.name, query.ns) = ("shop::db::query".to_owned(), ns / 100 * 83);
        let mut call = Exemplar::default();
        (call.duration_ns, call.self_ns, call.thread) = (ns, ns / 100 * 17, 3);
        call.start = moment(seconds) - Duration::from_millis(ns / 10_000);
        call.callees = vec![query];
        handle.exemplars.push(call);
    }
    report.budgets = vec![
        budget("shop::db::query", "p99", Some(1e6), Some(5e6), 6.9e6, BudgetVerdict::Fail),
        budget("shop::orders::Orders::handle", "p99", Some(5e6), Some(2e7), 8.9e6, BudgetVerdict::Warn),
        budget(HOSTILE, "mean", None, Some(1e4), 5e3, BudgetVerdict::Pass),
    ];
    let meta = &mut report.meta;
    "shopd".clone_into(&mut meta.program);
    (meta.pid, meta.processes, meta.threads) = (Some(4711), 1, 5);
    (meta.time, meta.duration_ns) = (moment(seconds), seconds * 1_000_000_000);
    (meta.alloc_tracking, meta.live_bytes) = (true, 1_000_000 + 30_000 * i64::try_from(n).unwrap());
    (meta.observer_ns, meta.observer_effect_pct) = (400_000 * n, 0.9);
    report
}

fn budget(
    probe: &str,
    metric: &str,
    target: Option<f64>,
    limit: Option<f64>,
    actual: f64,
    verdict: BudgetVerdict,
) -> BudgetReport {
    let mut budget = BudgetReport::default();
    (budget.probe, budget.metric, budget.unit) = (probe.to_owned(), metric.to_owned(), "ns".to_owned());
    (budget.target, budget.limit, budget.actual, budget.verdict) = (target, limit, Some(actual), verdict);
    if verdict == BudgetVerdict::Fail {
        "131 of 820 calls took longer".clone_into(&mut budget.reason);
    }
    budget
}

fn moment(seconds: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000 + seconds)
}

/// The state after two reports, two seconds apart.
pub(super) fn app() -> App {
    let mut app = App::new(&args());
    let now = Instant::now();
    app.feed.received(report(18), now);
    app.feed.received(report(20), now + Duration::from_secs(2));
    app
}

pub(super) fn press(app: &mut App, actions: &[Action]) {
    for action in actions {
        app.act(*action);
    }
}
