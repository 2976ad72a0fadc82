//! Code with limits at twice its usual time.

use std::time::{Duration, Instant};

use perf_core::budget::{Bound, BudgetSpec, Limit, Metric};
use perf_exporters::gate::order;

use super::bodies::Body;
use super::usage::{Usage, Used};

/// The figures that are limited, by the places of their budgets.
pub(crate) const LIMITS: [&str; 2] = ["p95", "mean"];

/// A body with a budget for each of [`LIMITS`].
pub(crate) struct Subject {
    pub(crate) body: Body,
    pub(crate) budgets: [&'static BudgetSpec; 2],
}

/// Twice the usual: the least of several batches, for a batch that something disturbed says nothing. The slowest calls of each are
/// left out of its mean, for those may have been interrupted in all batches.
pub(crate) fn subject(mut body: Body, patience: Duration) -> Subject {
    const LEAST: usize = 20;
    let began = Instant::now();
    let mut usual = [f64::INFINITY; 2];
    let (mut batches, mut calls, before) = (0, 0, Usage::now());
    while batches < 5 || (batches < 40 && began.elapsed() < patience) {
        let (start, mut times) = (Instant::now(), Vec::new());
        while times.len() < LEAST || start.elapsed() < Duration::from_millis(20) {
            let start = Instant::now();
            (body.1)();
            times.push(start.elapsed().as_secs_f64());
        }
        calls += times.len();
        times.sort_unstable_by(f64::total_cmp);
        let fast = &times[..times.len() - times.len() / LEAST];
        let mean = fast.iter().sum::<f64>() / fast.len() as f64;
        let p95 = order::quantile(&times, 0.95).unwrap_or(mean);
        usual = [usual[0].min(p95), usual[1].min(mean)];
        batches += 1;
    }
    if let Some((before, after)) = before.zip(Usage::now()) {
        let [p95, mean] = usual.map(|seconds| seconds * 1e6);
        eprintln!("{}: usual p95 {p95:.2} µs, mean {mean:.2} µs; {}", body.0, Used { before, after, calls });
    }
    let spec = |metric, usual: f64| -> &'static BudgetSpec {
        let limits = vec![Limit { metric, bound: Bound::Time(Duration::from_secs_f64(2.0 * usual)) }];
        Box::leak(Box::new(BudgetSpec { limits: limits.leak(), ..BudgetSpec::EMPTY }))
    };
    Subject { body, budgets: [spec(Metric::P95, usual[0]), spec(Metric::Mean, usual[1])] }
}
