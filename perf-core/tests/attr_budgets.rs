//! `#[perf_budget]`: what it declares is on the probe, in its final units; the function runs as before.
#![cfg(feature = "enabled")]
#![allow(clippy::unnecessary_wraps, clippy::unused_self)]

use std::time::Duration;

use perf_core::budget::{Bound, BudgetSpec, CallLimit, Clock, Limit, Metric};
use perf_core::{Session, perf_budget, perf_probe};

/// The one budget of a probe.
fn budget_of(name: &str, work: impl FnOnce()) -> BudgetSpec {
    let session = Session::new();
    session.run(work);
    let snapshot = session.snapshot();
    let name = format!("{}::{name}", module_path!());
    let probe = snapshot.get(&name).unwrap_or_else(|| panic!("no probe {name}"));
    assert_eq!(probe.budgets().len(), 1);
    *probe.budgets()[0]
}

const fn limit(metric: Metric, bound: Bound) -> Limit {
    Limit { metric, bound }
}

#[perf_budget(
    p50 = "800ns",
    p90 = "250us",
    p95 = "5ms",
    p99 = "1.5s",
    p999 = "2min",
    max = "1h",
    mean = "10µs",
    allocs = 3,
    alloc_bytes = "4KiB",
    peak_bytes = 100,
    net_bytes = "1MB",
    errors = "0.5%",
    throughput = "5000/s",
    calls("db::query" = 1, "db::begin" = 0),
    target(p95 = "1ms", throughput = "6000/s"),
    clock = "cpu",
    debug = true
)]
fn everything() -> Result<(), ()> {
    Ok(())
}

#[test]
fn every_key_arrives() {
    const EXPECTED: BudgetSpec = BudgetSpec {
        limits: &[
            limit(Metric::P50, Bound::Time(Duration::from_nanos(800))),
            limit(Metric::P90, Bound::Time(Duration::from_micros(250))),
            limit(Metric::P95, Bound::Time(Duration::from_millis(5))),
            limit(Metric::P99, Bound::Time(Duration::from_millis(1500))),
            limit(Metric::P999, Bound::Time(Duration::from_mins(2))),
            limit(Metric::Max, Bound::Time(Duration::from_hours(1))),
            limit(Metric::Mean, Bound::Time(Duration::from_micros(10))),
            limit(Metric::Allocs, Bound::Count(3)),
            limit(Metric::AllocBytes, Bound::Bytes(4096)),
            limit(Metric::PeakBytes, Bound::Bytes(100)),
            limit(Metric::NetBytes, Bound::Bytes(1_000_000)),
            limit(Metric::Errors, Bound::PartsPerMillion(5_000)),
            limit(Metric::Throughput, Bound::PerThousandSeconds(5_000_000)),
        ],
        targets: &[
            limit(Metric::P95, Bound::Time(Duration::from_millis(1))),
            limit(Metric::Throughput, Bound::PerThousandSeconds(6_000_000)),
        ],
        calls: &[CallLimit { probe: "db::query", calls: 1 }, CallLimit { probe: "db::begin", calls: 0 }],
        clock: Clock::Cpu,
        debug: true,
        ..BudgetSpec::EMPTY
    };
    assert_eq!(budget_of("everything", || everything().unwrap()), EXPECTED);
}

#[perf_budget(allocs = 1, name = "attr_budgets::given")]
#[perf_probe(items = 7)]
fn under_a_probe() {}

#[perf_probe(bytes = 9)]
#[perf_budget(allocs = 2)]
async fn above_a_probe() {}

struct Type;

#[perf_probe]
impl Type {
    #[perf_budget(allocs = 3)]
    fn method(&self) {}
}

#[test]
fn both_attributes_make_one_probe() {
    let session = Session::new();
    session.run(|| {
        under_a_probe();
        tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(above_a_probe());
        Type.method();
    });
    let snapshot = session.snapshot();
    let mut seen = Vec::new();
    for probe in snapshot.probes().filter(|probe| probe.calls() > 0) {
        let allocs = probe.budgets()[0].limit(Metric::Allocs);
        seen.push((probe.name().to_owned(), probe.calls(), probe.items(), probe.bytes(), allocs));
    }
    seen.sort_by(|a, b| a.0.cmp(&b.0));
    let expected = [
        ("attr_budgets::Type::method".to_owned(), 1, 0, 0, Some(Bound::Count(3))),
        ("attr_budgets::above_a_probe".to_owned(), 1, 0, 9, Some(Bound::Count(2))),
        ("attr_budgets::given".to_owned(), 1, 7, 0, Some(Bound::Count(1))),
    ];
    assert_eq!(seen, expected);
}
